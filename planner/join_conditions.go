package planner

import (
	"slices"

	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// propagated returns conditions with those that follow from them and from inner joins: where a.x = b.y and a.x = 1,
// b.y is 1 too. Where a declared type has its say in how a literal is compared, nothing is said of others.
func (p *joiner) propagated(conds []expr.Expr) []expr.Expr {
	all := slices.Clone(conds)
	var inner func(r *relation)
	inner = func(r *relation) {
		if r.leaf == nil && r.kind == innerJoin {
			all = append(all, r.on...)
			inner(r.left)
			inner(r.right)
		}
	}
	inner(p.from)
	out := conds
	for i := 0; i < min(len(all), maxPairs); i++ {
		c, ok := comparison(all[i])
		if !ok || c.op != expr.Eq {
			continue
		}
		if c = c.pathFirst(); !p.undeclared(c.a) || !bindable(c.b) {
			continue
		}
		for j := 0; j < min(len(all), maxPairs); j++ {
			tie, ok := comparison(all[j])
			if !ok || tie.op != expr.Eq || !p.undeclared(tie.a) || !p.undeclared(tie.b) {
				continue
			}
			other := tie.b
			if sameField(tie.b, c.a) {
				other = tie.a
			} else if !sameField(tie.a, c.a) {
				continue
			}
			more := expr.NewComparison(expr.Eq, other, c.b)
			if !slices.ContainsFunc(all, func(e expr.Expr) bool { return same(e, more) }) {
				all, out = append(all, more), append(out, more)
			}
		}
	}
	return out
}

// undeclared reports whether e reads a path that no type is declared for.
func (p *joiner) undeclared(e expr.Expr) bool {
	doc, path, ok := field(e)
	if !ok {
		return false
	}
	i, ok := p.docs[doc]
	return ok && p.leaves[i].typeOf(path) == def.Any
}

// narrowKinds makes outer joins inner ones where a condition is never TRUE for the rows that they add.
func (p *joiner) narrowKinds(r *relation, conds []expr.Expr) {
	if r.leaf != nil {
		return
	}
	left, right := p.set(r.left), p.set(r.right)
	rejects := func(set sources) bool {
		return slices.ContainsFunc(conds, func(cond expr.Expr) bool { return p.rejectsNull(cond, set) })
	}
	if (r.kind == leftJoin || r.kind == fullJoin) && rejects(right) {
		r.kind = map[joinKind]joinKind{leftJoin: innerJoin, fullJoin: rightJoin}[r.kind]
	}
	if (r.kind == rightJoin || r.kind == fullJoin) && rejects(left) {
		r.kind = map[joinKind]joinKind{rightJoin: innerJoin, fullJoin: leftJoin}[r.kind]
	}
	// What is asked of the whole is asked of the sides that are always there; ON is asked of the other one.
	inLeft, inRight := conds, conds
	switch r.kind {
	case innerJoin:
		inLeft = slices.Concat(conds, r.on)
		inRight = inLeft
	case leftJoin, semiJoin, antiJoin:
		inRight = slices.Concat(conds, r.on)
	case rightJoin:
		inLeft = slices.Concat(conds, r.on)
	case fullJoin:
		inLeft, inRight = nil, nil
	}
	p.narrowKinds(r.left, inLeft)
	p.narrowKinds(r.right, inRight)
}

// rejectsNull reports whether cond is never TRUE where all that is read of set is NULL.
func (p *joiner) rejectsNull(cond expr.Expr, set sources) bool {
	reads := func(e expr.Expr) bool {
		for {
			s, ok := e.(*expr.Step)
			if !ok {
				break
			}
			e = s.X
		}
		switch e.(type) {
		case *expr.Field, *expr.Register:
			s := p.reads(e)
			return s != 0 && s.within(set)
		}
		return false
	}
	switch cond := cond.(type) {
	case *expr.Comparison:
		return reads(cond.A) || reads(cond.B)
	case *expr.In:
		return reads(cond.X) && !(cond.Not && len(cond.List) == 0)
	case *expr.InArray:
		return reads(cond.X) && !cond.Not
	case *expr.Like:
		return reads(cond.X)
	case *expr.IsNull:
		return reads(cond.X) && cond.Not
	case *expr.Or:
		return !slices.ContainsFunc(cond.List, func(e expr.Expr) bool { return !p.rejectsNull(e, set) })
	case *expr.And:
		return slices.ContainsFunc(cond.List, func(e expr.Expr) bool { return p.rejectsNull(e, set) })
	}
	return false
}
