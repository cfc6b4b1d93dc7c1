package planner

import (
	"fmt"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// isRow reports whether e is (a, b).
func isRow(e parser.Expr) bool {
	_, ok := e.(*parser.Tuple)
	return ok
}

// collates reports whether one of list says that text is compared without case.
func collates(list ...parser.Expr) bool {
	for _, e := range list {
		if c, ok := e.(*parser.Collate); ok && c.Name == "NOCASE" {
			return true
		}
	}
	return false
}

// uncollated is what a known collation stands at, all else as it is.
func uncollated(e parser.Expr) parser.Expr {
	if c, ok := e.(*parser.Collate); ok && (c.Name == "NOCASE" || c.Name == "BINARY") {
		return c.X
	}
	return e
}

// special reports whether one of two operands of a comparison is no plain value: a row, or one with a collation.
func special(x, y parser.Expr) bool {
	for _, e := range [...]parser.Expr{x, y} {
		switch e.(type) {
		case *parser.Tuple, *parser.Collate:
			return true
		}
	}
	return false
}

// comparable binds what is compared with each other: rows of as many values each, of one mostly.
func (b *builder) comparable(s *scope, list ...parser.Expr) ([][]expr.Expr, error) {
	width := 1
	for _, e := range list {
		if row, ok := e.(*parser.Tuple); ok {
			width = len(row.Items)
			break
		}
	}
	rows := make([][]expr.Expr, len(list))
	for i, e := range list {
		var err error
		if rows[i], err = b.rowOf(s, e, width); err != nil {
			return nil, err
		}
		if collates(list...) {
			for j := range rows[i] {
				rows[i][j] = fold(&expr.NoCase{X: rows[i][j]})
			}
		}
	}
	return rows, nil
}

// rowOf binds a row of width values: (a, b), a query with as many columns, or, of one value, any expression.
func (b *builder) rowOf(s *scope, e parser.Expr, width int) ([]expr.Expr, error) {
	switch e := e.(type) {
	case *parser.Tuple:
		if width == 1 {
			break // an error
		}
		if len(e.Items) != width {
			return nil, b.fail(e.Pos(), fmt.Sprintf("a row of %d values for one of %d", len(e.Items), width), "")
		}
		return b.exprs(s, e.Items)
	case *parser.Collate:
		if uncollated(e) != e {
			return b.rowOf(s, e.X, width)
		}
		width = 1 // an error
	case *parser.Subquery:
		if width == 1 {
			break
		}
		q, err := b.operandQuery(s, e.Query, e.Pos(), width)
		if err != nil {
			return nil, err
		}
		row := make([]expr.Expr, width)
		for i := range row {
			row[i] = expr.NewStep(q, document.Path{{Kind: document.StepIndex, Index: i}})
		}
		return row, nil
	}
	if width > 1 {
		return nil, b.fail(e.Pos(), fmt.Sprintf("expected a row of %d values", width), "(a, b) is one, and so is a query with as many columns")
	}
	x, err := b.expr(s, e)
	return []expr.Expr{x}, err
}

// compareRows compares rows of one width: the first values that differ decide.
func (b *builder) compareRows(s *scope, op expr.CompareOp, x, y []expr.Expr) expr.Expr {
	if len(x) == 1 {
		return b.compare(s, op, x[0], y[0])
	}
	if op > expr.Ne {
		rows := &expr.RowComparison{Op: op}
		for i := range x {
			rows.A, rows.B = append(rows.A, b.coerced(s, y[i], x[i])), append(rows.B, b.coerced(s, x[i], y[i]))
		}
		return rows
	}
	list := make([]expr.Expr, len(x))
	for i := range x {
		list[i] = b.compare(s, op, x[i], y[i])
	}
	if op == expr.Eq {
		return allOf(list...)
	}
	return anyOf(list...)
}

// rowsDistinct binds (a, b) IS [NOT] DISTINCT FROM (x, y).
func (b *builder) rowsDistinct(s *scope, e *parser.IsDistinct) (expr.Expr, error) {
	rows, err := b.comparable(s, e.A, e.B)
	if err != nil {
		return nil, err
	}
	list := make([]expr.Expr, len(rows[0]))
	for i, x := range rows[0] {
		y := rows[1][i]
		list[i] = &expr.Distinct{A: b.coerced(s, y, x), B: b.coerced(s, x, y), Not: e.Not}
	}
	if e.Not {
		return allOf(list...), nil
	}
	return anyOf(list...), nil
}

// rowIn binds (a, b) [NOT] IN.
func (b *builder) rowIn(s *scope, row *parser.Tuple, e *parser.In) (expr.Expr, error) {
	if e.Query != nil {
		q, err := b.rowQuantified(s, row, expr.Eq, &parser.Quantified{At: e.At, Query: e.Query})
		if err == nil && e.Not {
			q = &expr.Not{X: q}
		}
		return q, err
	}
	if e.Array != nil {
		return nil, b.fail(e.Array.Pos(), fmt.Sprintf("expected a list of rows of %d values, or a query", len(row.Items)), "(a, b) IN ((1, 2), (3, 4))")
	}
	rows, err := b.comparable(s, append([]parser.Expr{row}, e.List...)...)
	if err != nil {
		return nil, err
	}
	equal := make([]expr.Expr, 0, len(e.List))
	plain := true
	for i, y := range rows[1:] {
		plain = plain && isRow(e.List[i])
		equal = append(equal, b.compareRows(s, expr.Eq, rows[0], y))
	}
	in := anyOf(equal...)
	if plain && len(equal) > 1 {
		// Each value is in a list of its own, too, which an index may serve.
		var all []expr.Expr
		for i, x := range rows[0] {
			values := make([]expr.Expr, len(equal))
			for j := range values {
				values[j] = b.coerced(s, x, rows[1+j][i])
			}
			all = append(all, expr.NewIn(x, values, false))
		}
		in = allOf(append(all, in)...)
	}
	if e.Not {
		in = &expr.Not{X: in}
	}
	return in, nil
}

// rowQuantified binds (a, b) op ANY | ALL (query).
func (b *builder) rowQuantified(s *scope, row *parser.Tuple, op expr.CompareOp, e *parser.Quantified) (expr.Expr, error) {
	x, err := b.exprs(s, row.Items)
	if err != nil {
		return nil, err
	}
	q, err := b.operandQuery(s, e.Query, e.Pos(), max(len(x), 2))
	if err != nil {
		return nil, err
	}
	q.Kind, q.X, q.Op, q.Row = expr.AnySubquery, &expr.Array{Items: x}, op, true
	if e.All {
		q.Kind = expr.AllSubquery
	}
	return q, nil
}

// comparedRows compares what a subquery is asked for with a row that it gives.
func comparedRows(q *expr.Subquery, y expr.Expr) expr.Expr {
	if !q.Row {
		return expr.NewComparison(q.Op, q.X, y)
	}
	a, c := rowItems(q.X), rowItems(y)
	if q.Op > expr.Ne {
		return &expr.RowComparison{Op: q.Op, A: a, B: c}
	}
	list := make([]expr.Expr, len(a))
	for i := range a {
		list[i] = expr.NewComparison(q.Op, a[i], c[i])
	}
	if q.Op == expr.Eq {
		return allOf(list...)
	}
	return anyOf(list...)
}

// rowItems are the values of a row. One of constants was folded into one.
func rowItems(e expr.Expr) []expr.Expr {
	if array, ok := e.(*expr.Array); ok {
		return array.Items
	}
	v, _ := constant(e)
	items := make([]expr.Expr, len(v.AsArray()))
	for i, item := range v.AsArray() {
		items[i] = expr.NewConst(item)
	}
	return items
}

// asRow makes the results of a block one value, an array. Where rows are made distinct, or come from several queries,
// the block is read by another one.
func (b *builder) asRow(blk *block) *block {
	if blk.distinct || blk.compound != nil || blk.leafNode != nil {
		inner := blk
		blk = &block{b: b, from: &relation{leaf: inner, sources: []*source{{}}}}
		for _, o := range inner.outs {
			reg := &expr.Register{Reg: o.Reg, Text: o.Expr.String(), Known: o.Expr.Static()}
			blk.from.sources[0].columns = append(blk.from.sources[0].columns, sourceColumn{reg: o.Reg, known: reg.Known})
			blk.outs = append(blk.outs, Out{o.Reg, reg})
		}
	}
	row := &expr.Array{}
	for _, o := range blk.outs {
		row.Items = append(row.Items, o.Expr)
	}
	blk.outs = []Out{{b.val(), row}}
	return blk
}

// inCollection takes a name after IN that is no field, but that of a collection, for all of its rows, as SQLite does.
func (b *builder) inCollection(s *scope, e *parser.In) *parser.In {
	p, ok := e.Array.(*parser.Path)
	if !ok || len(p.Steps) > 1 || s.aliased(p.Steps[0].Name) != nil && s.aliased(p.Steps[0].Name).renamed {
		return e
	}
	name := p.Steps[0].Name
	if found, err := s.lookup(name, nil, p.Pos(), true); err != nil || found != nil && s.aliased(name) == nil {
		return e
	}
	if s.env.named(name) == nil {
		if _, err := b.catalog.Collection(name); err != nil {
			return e
		}
	}
	all := &parser.Select{Items: []parser.SelectItem{{Star: true, Pos: p.Pos()}}, From: []parser.TableExpr{&parser.TableName{Name: name, At: p.Pos()}}}
	rows := *e
	rows.Array, rows.Query = nil, &parser.Query{Body: all}
	return &rows
}
