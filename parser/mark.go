package parser

import (
	"slices"

	"github.com/fluxdb/fluxdb/document"
)

// marker finds the literals of a tree that may become parameters: where the planner does the same with
// both, but for what it knows of the value.
type marker struct {
	lifter  *Lifter
	marked  []*Literal // by the order in which they were lifted
	refused bool
}

// maxListed is the longest IN list of which literals are lifted: a longer one becomes a hash table when
// it is planned.
const maxListed = 7

func (m *marker) statement(st Statement) {
	switch st := st.(type) {
	case *Query:
		if sel, ok := st.Body.(*Select); ok && st.With == nil {
			m.where(sel.Where)
		}
		m.value(st.Limit)
		m.value(st.Offset)
	case *Insert:
		for i := range st.Rows {
			for _, v := range st.Rows[i].Values {
				m.value(v)
			}
		}
		if c := st.Conflict; c != nil {
			for i := range c.Sets {
				m.value(c.Sets[i].Expr)
			}
			m.where(c.Where)
		}
	case *Update:
		for i := range st.Sets {
			m.value(st.Sets[i].Expr)
		}
		m.where(st.Where)
	case *Delete:
		m.where(st.Where)
	}
}

// literal marks e if it is a literal that was lifted.
func (m *marker) literal(e Expr) {
	lit, ok := e.(*Literal)
	if !ok {
		return
	}
	i, found := slices.BinarySearch(m.lifter.at, lit.Pos())
	if !found {
		return
	}
	if !document.Identical(lit.Value, m.lifter.Values[i]) {
		m.refused = true
	}
	m.marked[i] = lit
}

// value marks a value that is stored, or counted to.
func (m *marker) value(e Expr) {
	switch e := e.(type) {
	case *Literal:
		m.literal(e)
	case *Array:
		for _, item := range e.Items {
			m.value(item)
		}
	case *Object:
		for i := range e.Fields {
			m.value(e.Fields[i].Value)
		}
	}
}

// where marks the operands of comparisons in a condition; nil is none.
func (m *marker) where(e Expr) {
	var limited []limited
	m.condition(e, &limited)
}

// limited is a path that a comparison with a literal limits, in the conditions joined by one AND.
type limited struct {
	path         document.Path
	lower, upper bool
}

func (m *marker) condition(e Expr, all *[]limited) {
	switch e := e.(type) {
	case *Binary:
		switch e.Op {
		case "AND":
			m.condition(e.A, all)
			m.condition(e.B, all)
		case "OR":
			m.where(e.A)
			m.where(e.B)
		case "=", "<>", "<", "<=", ">", ">=":
			m.comparison(e, all)
		}
	case *Unary:
		if e.Op == "NOT" {
			m.where(e.X)
		}
	case *Between:
		if !e.Not {
			m.limit(e.X, true, true, all)
		}
		m.literal(e.Lo)
		m.literal(e.Hi)
	case *In:
		if len(e.List) <= maxListed {
			for _, item := range e.List {
				m.literal(item)
			}
		}
	}
}

func (m *marker) comparison(e *Binary, all *[]limited) {
	x, y, turned := e.A, e.B, false
	if _, ok := x.(*Literal); ok {
		x, y, turned = y, x, true
	}
	if _, ok := y.(*Literal); !ok {
		return
	}
	if _, ok := x.(*Literal); ok {
		return // a constant
	}
	if e.Op != "<>" {
		below := e.Op[0] == '<'
		m.limit(x, e.Op == "=" || below == turned, e.Op == "=" || below != turned, all)
	}
	m.literal(y)
}

// limit notes that a path is limited. Where two literals limit it from one side the planner keeps only
// what both allow, which it can't do with parameters.
func (m *marker) limit(x Expr, lower, upper bool, all *[]limited) {
	p, ok := x.(*Path)
	if !ok {
		return
	}
	for _, other := range *all {
		if (lower && other.lower || upper && other.upper) && other.path.Equal(p.Steps) {
			m.refused = true
		}
	}
	const most = 64 // conditions, which are compared with each other
	if len(*all) == most {
		m.refused = true
		return
	}
	*all = append(*all, limited{p.Steps, lower, upper})
}
