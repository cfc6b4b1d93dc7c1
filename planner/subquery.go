package planner

import (
	"fmt"
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// arguments are what a subquery reads of the rows that it stands in.
type arguments struct {
	args []expr.Expr // as the outer query evaluates them
	regs []int
}

// argument returns the register in which a subquery finds what e is outside of it.
func (a *arguments) argument(b *builder, e expr.Expr) expr.Expr {
	for i := range a.args {
		if same(a.args[i], e) {
			return &expr.Register{Reg: a.regs[i], Text: e.String(), Known: e.Static(), Fixed: true}
		}
	}
	reg := b.val()
	a.args, a.regs = append(a.args, e), append(a.regs, reg)
	return &expr.Register{Reg: reg, Text: e.String(), Known: e.Static(), Fixed: true}
}

// subquery is a query in an expression that is bound and not planned yet.
type subquery struct {
	blk  *block
	rows bool // only its rows count
}

// operandQuery binds a query that stands in an expression. columns is how many results it must have, 0 for any.
func (b *builder) operandQuery(s *scope, q *parser.Query, at, columns int) (*expr.Subquery, error) {
	args := &arguments{}
	blk, items, err := b.bindQuery(q, env{outer: s, args: args, ctes: s.env.ctes})
	switch {
	case err != nil:
		return nil, err
	case columns > 1 && len(items) != columns:
		return nil, b.fail(at, fmt.Sprintf("a subquery of %d columns for a row of %d values", len(items), columns), "")
	case columns > 1:
		blk = b.asRow(blk)
	case columns == 1 && len(items) != 1:
		return nil, b.fail(at, "a subquery in an expression has one column", "select only one, or make an object: {a: x, b: y}")
	}
	e := &expr.Subquery{ID: len(b.subqueries), Args: args.args, Regs: args.regs}
	if len(blk.outs) > 0 {
		e.Known = blk.outs[0].Expr.Static()
		e.Known.NotNull = false // there may be no row
	}
	e.Unstable = blk.unstable()
	b.subqueries = append(b.subqueries, &subquery{blk: blk, rows: columns == 0})
	return e, nil
}

// unstable reports whether a block may give other rows each time, for the same documents.
func (b *block) unstable() bool {
	for _, o := range b.outs {
		if volatile(o.Expr) {
			return true
		}
	}
	for _, cond := range b.where {
		if volatile(cond) {
			return true
		}
	}
	for _, w := range b.windows {
		unstable := false
		w.each(func(e *expr.Expr) { unstable = unstable || volatile(*e) })
		if unstable {
			return true
		}
	}
	if b.compound != nil && slices.ContainsFunc(b.compound.arms, (*block).unstable) {
		return true
	}
	if _, ok := b.leafNode.(*WorkScan); ok {
		return true
	}
	for _, leaf := range b.from.leaves() {
		if leaf.outer == nil && leaf.unstable() {
			return true
		}
	}
	return false
}

// planSubqueries plans the queries that stand in expressions, once it is known which are left.
func (b *builder) planSubqueries() error {
	for i := 0; i < len(b.subqueries); i++ { // planning one adds none, binding did
		q := b.subqueries[i]
		sub := Subplan{Reg: -1}
		if q.blk != nil {
			if q.rows && q.blk.limit == nil {
				q.blk.limit = expr.NewConst(document.Int(1))
			}
			if err := optimize(q.blk); err != nil {
				return err
			}
			sub.Root = q.blk.assemble()
			if !q.rows {
				sub.Reg = q.blk.outs[0].Reg
			}
		}
		b.plan.Subplans = append(b.plan.Subplans, sub)
	}
	return nil
}
