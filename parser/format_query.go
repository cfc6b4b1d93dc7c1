package parser

import (
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

func (f *formatter) inParens(q *Query) {
	// The rows of a query are in scope of its constructors: names are names again.
	constructors := f.constructors
	f.constructors = 0
	f.WriteByte('(')
	f.query(q)
	f.WriteByte(')')
	f.constructors = constructors
}

func (f *formatter) query(q *Query) {
	for i, c := range q.With {
		switch {
		case i > 0:
			f.WriteString(", ")
		case c.Recursive:
			f.WriteString("WITH RECURSIVE ")
		default:
			f.WriteString("WITH ")
		}
		f.name(c.Name)
		if c.Columns != nil {
			f.WriteString(" ")
			f.names(c.Columns)
		}
		f.WriteString(" AS ")
		f.inParens(c.Query)
		if i == len(q.With)-1 {
			f.WriteByte(' ')
		}
	}
	f.body(q.Body)
	for i := range q.OrderBy {
		if i == 0 {
			f.WriteString(" ORDER BY ")
		} else {
			f.WriteString(", ")
		}
		f.orderItem(&q.OrderBy[i])
	}
	f.clause(" LIMIT ", q.Limit)
	f.clause(" OFFSET ", q.Offset)
}

// clause prints a clause of one expression, nothing if that is nil.
func (f *formatter) clause(word string, e Expr) {
	if e != nil {
		f.WriteString(word)
		f.expr(e, precOr)
	}
}

func (f *formatter) names(list []string) {
	f.WriteByte('(')
	f.list(len(list), func(i int) { f.name(list[i]) })
	f.WriteByte(')')
}

func (f *formatter) orderItem(o *OrderItem) {
	f.expr(o.Expr, precOr)
	if o.Collate != "" {
		f.WriteString(" COLLATE ")
		f.name(o.Collate)
	}
	if o.Desc {
		f.WriteString(" DESC")
	}
	if o.NullsFirst != nil {
		if *o.NullsFirst {
			f.WriteString(" NULLS FIRST")
		} else {
			f.WriteString(" NULLS LAST")
		}
	}
}

func (f *formatter) body(b QueryBody) {
	switch b := b.(type) {
	case *Select:
		f.selectBody(b)
	case *Query:
		f.inParens(b)
	case *Values:
		f.WriteString("VALUES ")
		f.list(len(b.Rows), func(i int) {
			f.WriteByte('(')
			f.exprs(b.Rows[i])
			f.WriteByte(')')
		})
	case *Compound:
		// UNION and EXCEPT are of one rank, INTERSECT binds tighter; all lean to the left.
		left, _ := b.Left.(*Compound)
		f.operandBody(b.Left, left != nil && b.Op == "INTERSECT" && left.Op != "INTERSECT")
		f.write(" ", b.Op, " ")
		if b.All {
			f.WriteString("ALL ")
		}
		right, _ := b.Right.(*Compound)
		f.operandBody(b.Right, right != nil && (b.Op == "INTERSECT" || right.Op != "INTERSECT"))
	}
}

func (f *formatter) operandBody(b QueryBody, parens bool) {
	if parens {
		f.WriteByte('(')
		defer f.WriteByte(')')
	}
	f.body(b)
}

func (f *formatter) selectBody(s *Select) {
	f.WriteString("SELECT ")
	if s.Distinct {
		f.WriteString("DISTINCT ")
	}
	if s.DistinctOn != nil {
		f.WriteString("ON (")
		f.exprs(s.DistinctOn)
		f.WriteString(") ")
	}
	f.list(len(s.Items), func(i int) { f.item(&s.Items[i]) })
	if len(s.From) > 0 {
		f.WriteString(" FROM ")
		f.list(len(s.From), func(i int) { f.table(s.From[i]) })
	}
	f.clause(" WHERE ", s.Where)
	if s.GroupAll {
		f.WriteString(" GROUP BY ALL")
	}
	if len(s.GroupBy) > 0 {
		f.WriteString(" GROUP BY ")
		f.list(len(s.GroupBy), func(i int) { f.groupElement(s.GroupBy[i]) })
	}
	f.clause(" HAVING ", s.Having)
	for i := range s.Windows {
		word := ", "
		if i == 0 {
			word = " WINDOW "
		}
		f.WriteString(word)
		f.name(s.Windows[i].Name)
		f.WriteString(" AS ")
		f.window(s.Windows[i].Window)
	}
}

// groupElement prints an element of GROUP BY. An expression that begins like another kind of element needs parentheses.
func (f *formatter) groupElement(e Expr) {
	switch e := e.(type) {
	case *GroupingSets:
		f.write(e.Kind, " (")
		f.list(len(e.Items), func(i int) { f.groupElement(e.Items[i]) })
		f.WriteByte(')')
		return
	case *Tuple:
		if len(e.Items) == 0 {
			f.WriteString("()")
			return
		}
	}
	inner := formatter{constructors: f.constructors}
	inner.expr(e, precOr)
	s := inner.String()
	if w := upperASCII(s); strings.HasPrefix(w, "ROLLUP(") || strings.HasPrefix(w, "CUBE(") {
		s = "(" + s + ")"
	}
	f.WriteString(s)
}

func (f *formatter) item(it *SelectItem) {
	if it.Star {
		if it.Table != "" {
			f.name(it.Table)
			f.WriteByte('.')
		}
		f.WriteByte('*')
		if it.Flatten {
			f.WriteString(" FLATTEN")
		}
		if it.Exclude != nil {
			f.WriteString(" EXCLUDE (")
			f.list(len(it.Exclude), func(i int) { f.form(it.Exclude[i]) })
			f.WriteByte(')')
		}
		return
	}
	switch x, _ := it.Expr.(*Path); {
	case it.Value:
		f.WriteString("VALUE ")
		f.expr(it.Expr, precOr)
	case x != nil && len(x.Steps) == 1 && wordKind(x.Steps[0].Name) == wValue:
		f.quotedName(x.Steps[0].Name) // alone it might be read as SELECT VALUE
	default:
		f.expr(it.Expr, precOr)
	}
	if it.Alias != "" {
		f.WriteString(" AS ")
		f.label(it.Alias)
	}
}

// label prints an alias of a result, which after AS is any word.
func (f *formatter) label(n string) {
	if document.IsPlainName(n) {
		f.WriteString(n)
		return
	}
	f.quotedName(n)
}

func (f *formatter) table(t TableExpr) {
	switch t := t.(type) {
	case *TableName:
		f.name(t.Name)
		f.alias(t.Alias)
	case *DerivedTable:
		f.inParens(t.Query)
		f.alias(t.Alias)
		if t.Columns != nil {
			f.names(t.Columns)
		}
	case *Unnest:
		f.WriteString("UNNEST(")
		f.expr(t.Array, precOr)
		f.WriteByte(')')
		if t.Ordinality {
			f.WriteString(" WITH ORDINALITY")
		}
		f.alias(t.Alias)
		if t.Columns != nil {
			f.names(t.Columns)
		}
	case *Join:
		f.table(t.Left)
		if t.Natural {
			f.WriteString(" NATURAL")
		}
		if t.Kind != "INNER" {
			f.write(" ", t.Kind)
		}
		f.WriteString(" JOIN ")
		if _, ok := t.Right.(*Join); ok {
			f.WriteByte('(')
			f.table(t.Right)
			f.WriteByte(')')
		} else {
			f.table(t.Right)
		}
		f.clause(" ON ", t.On)
		if t.Using != nil {
			f.WriteString(" USING ")
			f.names(t.Using)
		}
	}
}

func (f *formatter) alias(n string) {
	if n != "" {
		f.WriteString(" AS ")
		f.name(n)
	}
}
