package planner

import (
	"slices"

	"github.com/fluxdb/fluxdb/planner/expr"
)

// unnestSubqueries makes joins of conditions that ask for rows which depend on the row outside: for each document one
// run of the subquery would be the same as a loop, while a join may also go through a table. A subquery that
// depends on nothing runs once as it is.
func unnestSubqueries(b *block) error {
	if b.never {
		return nil
	}
	before := len(b.where)
	for i := 0; i < len(b.where); i++ {
		if b.unnest(b.where[i]) {
			b.where = slices.Delete(slices.Clone(b.where), i, i+1)
			i--
		}
	}
	if len(b.where) < before {
		b.rewrite(b.withSource)
	}
	return nil
}

// withSource has fields say of which source they are, now that there are several.
func (b *block) withSource(e expr.Expr) expr.Expr {
	return replace(e, func(e expr.Expr) expr.Expr {
		f, ok := e.(*expr.Field)
		if !ok || f.Source != "" {
			return nil
		}
		src := b.sourceOf(f.Doc)
		if src == nil {
			return nil
		}
		named := *f
		named.Source = src.alias
		return &named
	})
}

// unnest makes a join of one condition; false where it stays.
func (b *block) unnest(cond expr.Expr) bool {
	kind := semiJoin
	if not, ok := cond.(*expr.Not); ok {
		cond, kind = not.X, antiJoin
	}
	q, ok := cond.(*expr.Subquery)
	if !ok || len(q.Args) == 0 && !q.Row || q.Unstable || b.source == nil && b.from == nil {
		return false
	}
	sub := b.b.subqueries[q.ID].blk
	if sub == nil || !sub.joinable() || slices.ContainsFunc(sub.from.leaves(), func(leaf *block) bool { return leaf.inside(q.Regs) }) {
		return false
	}
	inside := func(e expr.Expr) expr.Expr {
		return replace(e, func(e expr.Expr) expr.Expr {
			if reg, ok := register(e); ok {
				if i := slices.Index(q.Regs, reg); i >= 0 {
					return q.Args[i]
				}
			}
			return nil
		})
	}
	var on []expr.Expr
	for _, cond := range sub.where {
		on = append(on, inside(cond))
	}
	switch {
	case q.Kind == expr.ExistsSubquery:
	case q.X == nil || bindable(q.X) || volatile(q.X) || bindable(sub.outs[0].Expr):
		return false
	default:
		compared := comparedRows(q, inside(sub.outs[0].Expr))
		kind, cond = decidingRow(kind, q.Kind, compared)
		on = append(on, cond)
	}
	if b.from == nil {
		b.from = b.relationOf(b.source)
		b.source = nil
	}
	right := sub.from
	if right == nil {
		right = b.relationOf(sub.source)
	}
	for _, leaf := range right.leaves() {
		if leaf.outer != nil {
			leaf.outer = b
		}
	}
	right.rewrite(inside)
	b.from = &relation{kind: kind, left: b.from, right: right, on: normalizeAll(on), sources: b.from.sources, merged: b.from.merged}
	b.b.subqueries[q.ID].blk = nil
	return true
}

// inside reports whether a block that is a query in FROM reads one of regs, which are arguments of a subquery: there is no
// way to put what they stand for in their place.
func (b *block) inside(regs []int) bool {
	return b.outer == nil && b.array == nil && b.reads(func(e expr.Expr) bool {
		reg, ok := register(e)
		return ok && slices.Contains(regs, reg)
	})
}

// reads reports whether fn holds for a part of an expression anywhere in a block.
func (b *block) reads(fn func(expr.Expr) bool) bool {
	found := func(e expr.Expr) bool { return e != nil && contains(e, fn) }
	lists := [][]expr.Expr{b.where, b.having, {b.array, b.limit, b.offset}}
	if b.outer == nil {
		lists = append(lists, b.inputs(), b.from.conditions())
	}
	if values, ok := b.leafNode.(*Values); ok {
		lists = append(lists, values.Rows...)
	}
	for _, o := range b.outs {
		lists = append(lists, []expr.Expr{o.Expr})
	}
	for _, key := range b.order {
		lists = append(lists, []expr.Expr{key.Expr})
	}
	for _, list := range lists {
		if slices.ContainsFunc(list, found) {
			return true
		}
	}
	if b.compound != nil && slices.ContainsFunc(b.compound.arms, func(arm *block) bool { return arm.reads(fn) }) {
		return true
	}
	return slices.ContainsFunc(b.from.leaves(), func(leaf *block) bool { return leaf.reads(fn) })
}

// decidingRow is how one row decides whether rows are kept where x op ANY (query) or x op ALL (query) is TRUE, or FALSE where
// kind is an antiJoin:
//
//	x op ANY      a row for which x op y is TRUE
//	x op ALL      none for which it is FALSE or NULL
//	NOT x op ANY  none for which it is TRUE or NULL
//	NOT x op ALL  a row for which it is FALSE
func decidingRow(kind joinKind, of expr.SubqueryKind, compared expr.Expr) (joinKind, expr.Expr) {
	yes, no := true, false
	switch {
	case of == expr.AnySubquery && kind == semiJoin:
		return semiJoin, compared
	case of == expr.AllSubquery && kind == semiJoin:
		return antiJoin, &expr.IsTruth{X: compared, Want: &yes, Not: true}
	case of == expr.AnySubquery:
		return antiJoin, &expr.IsTruth{X: compared, Want: &no, Not: true}
	}
	return semiJoin, &expr.IsTruth{X: compared, Want: &no}
}

// joinable reports whether all that counts of a block is which rows of its FROM pass its WHERE.
func (b *block) joinable() bool {
	return (b.source != nil || b.from != nil) && b.compound == nil && !b.grouped && b.on == nil && len(b.windows) == 0 && b.limit == nil && b.offset == nil &&
		len(b.having) == 0 && !b.never
}

// relationOf is a relation of one collection.
func (b *block) relationOf(src *source) *relation {
	return &relation{leaf: &block{b: b.b, source: src, outer: b}, sources: []*source{src}}
}
