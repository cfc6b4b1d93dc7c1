package planner

import (
	"slices"

	"github.com/fluxdb/fluxdb/planner/expr"
)

// normalizePredicates makes where, and having, flat lists of conditions in
// forms that access paths understand, and finds conditions that are never TRUE.
func normalizePredicates(b *block) error {
	b.where = b.decide(normalizeAll(b.where))
	b.having = normalizeAll(b.having)
	b.from.normalize()
	return nil
}

func normalizeAll(list []expr.Expr) []expr.Expr {
	var out []expr.Expr
	for _, e := range list {
		out = appendConjuncts(out, normalize(e, false))
	}
	return out
}

// appendConjuncts appends the operands of nested ANDs. Only TRUE matters of them: IS TRUE goes
// without saying, and IS NOT DISTINCT FROM a value that is not NULL is =.
func appendConjuncts(out []expr.Expr, e expr.Expr) []expr.Expr {
	if list, ok := conjunction(e); ok {
		for _, c := range list {
			out = appendConjuncts(out, c)
		}
		return out
	}
	switch t := e.(type) {
	case *expr.IsTruth:
		if t.Want != nil && *t.Want && !t.Not {
			return appendConjuncts(out, normalize(t.X, false))
		}
	case *expr.Distinct:
		if t.Not && (t.A.Static().NotNull || t.B.Static().NotNull) {
			return append(out, expr.NewComparison(expr.Eq, t.A, t.B))
		}
	}
	return append(out, e)
}

// pushDownHaving moves conditions of HAVING on a key to WHERE. Only comparisons of the key itself
// can: they are the same for all rows of a group, while 1 and 1.0, or NULL and
// MISSING, are one group and yet differ for other operators.
func pushDownHaving(b *block) error {
	if len(b.keys) == 0 || b.sets != nil {
		return nil // one group, even of no rows; groups of other sets
	}
	var kept []expr.Expr
	for _, cond := range b.having {
		if key, ok := b.comparedKey(cond); ok {
			b.where = append(b.where, replace(cond, func(e expr.Expr) expr.Expr {
				if reg, ok := register(e); ok && reg == key.Reg {
					return key.Expr
				}
				return nil
			}))
		} else {
			kept = append(kept, cond)
		}
	}
	if len(kept) < len(b.having) && !b.never {
		b.having, b.where = kept, b.decide(b.where)
	}
	return nil
}

// comparedKey returns the group key that a condition compares with what needs no row.
func (b *block) comparedKey(cond expr.Expr) (Out, bool) {
	var operands []expr.Expr
	switch cond := cond.(type) {
	case *expr.Comparison:
		operands = []expr.Expr{cond.A, cond.B}
	case *expr.In:
		operands = append([]expr.Expr{cond.X}, cond.List...)
	case *expr.InArray:
		operands = []expr.Expr{cond.X, cond.Array}
	case *expr.IsNull:
		operands = []expr.Expr{cond.X}
	}
	var key Out
	keys := 0
	for _, e := range operands {
		if reg, ok := register(e); ok {
			for _, k := range b.keys {
				if k.Reg == reg && !volatile(k.Expr) {
					key = k
					keys++
				}
			}
		} else if !rowless(e) {
			return key, false
		}
	}
	return key, keys == 1
}

// decide drops the conditions of where that are TRUE for every document, and sets never when
// one can't be for any.
func (b *block) decide(list []expr.Expr) []expr.Expr {
	out := list[:0:0]
	for _, e := range list {
		kept, always := b.decided(e)
		switch {
		case always:
			continue
		case kept == nil:
			b.never = true
			return nil
		}
		out = append(out, kept)
	}
	return out
}

// decided returns a condition that is TRUE for the same documents as e; nil when there
// are none, always when all are.
func (b *block) decided(e expr.Expr) (kept expr.Expr, always bool) {
	switch e := e.(type) {
	case *expr.Const:
		return nil, expr.IsTrue(e.Value)
	case *expr.Comparison:
		if isNullConst(e.A) || isNullConst(e.B) {
			return nil, false
		}
	case *expr.In:
		// x IN (1, NULL) is TRUE or NULL, x NOT IN (1, NULL) FALSE or NULL.
		var values []expr.Expr
		for _, v := range e.List {
			if !isNullConst(v) {
				values = append(values, v)
			}
		}
		switch {
		case len(values) == len(e.List):
		case e.Not || len(values) == 0:
			return nil, false
		default:
			return simplify(expr.NewIn(e.X, values, false)), false
		}
	case *expr.IsNull:
		if path, ok := b.sourcePath(e.X); ok && required(b.source.collection, path) {
			return nil, e.Not
		}
	}
	return e, false
}

// normalize returns e, or its negation, with NOT pushed to the leaves. It has the same
// truth value for every row, NULL included:
//
//	NOT (a AND b)   NOT a OR NOT b          NOT (a < b)    a >= b
//	NOT (a OR b)    NOT a AND NOT b         NOT (a = b)    a <> b
//	NOT NOT a       a (as a truth value)    NOT a IN (..)  a NOT IN (..)
//
// The comparisons hold between kinds too: there = is FALSE and <> TRUE, while < and >= are both NULL.
func normalize(e expr.Expr, negate bool) expr.Expr {
	switch e := e.(type) {
	case *expr.Not:
		return normalize(e.X, !negate)
	case *expr.And:
		return joinNormal(e.List, negate, negate)
	case *expr.Or:
		return joinNormal(e.List, negate, !negate)
	}
	if !negate {
		return e
	}
	if n, ok := negated(e); ok {
		return n
	}
	return &expr.Not{X: e}
}

// joinNormal joins the normal forms of list by OR or AND.
func joinNormal(list []expr.Expr, negate, or bool) expr.Expr {
	var out []expr.Expr
	for _, e := range list {
		n := normalize(e, negate)
		inner, same := conjunction(n)
		if or {
			inner, same = disjunction(n)
		}
		if same {
			out = append(out, inner...)
		} else {
			out = append(out, n)
		}
	}
	if !or {
		return allOf(out...)
	}
	if out = mergeEqualities(out); len(out) == 1 {
		return out[0]
	}
	return anyOf(out...)
}

// mergeEqualities merges equalities of one path with values among the operands of an OR
// into one IN: x = 1 OR y = 2 OR x = 3 becomes x IN (1, 3) OR y = 2.
func mergeEqualities(list []expr.Expr) []expr.Expr {
	type member struct {
		at     int // in out
		x      expr.Expr
		values []expr.Expr
		merged bool
	}
	var members []member
	out := list[:0:0]
next:
	for _, e := range list {
		x, values, ok := equalsAny(e)
		if !ok || len(members) == maxPairs {
			out = append(out, e)
			continue
		}
		for i := range members {
			if m := &members[i]; sameField(m.x, x) {
				m.values, m.merged = append(m.values, values...), true
				continue next
			}
		}
		members = append(members, member{len(out), x, slices.Clip(values), false})
		out = append(out, e)
	}
	for _, m := range members {
		if m.merged {
			out[m.at] = expr.NewIn(m.x, m.values, false)
		}
	}
	return out
}

// maxPairs is how many conditions, or paths, are compared with each other: a statement may have
// many more, but planning it must not take quadratic time.
const maxPairs = 256

// equalsAny takes apart path = value and path IN (value, ...).
func equalsAny(e expr.Expr) (x expr.Expr, values []expr.Expr, ok bool) {
	if c, is := comparison(e); is {
		c = c.pathFirst()
		if c.op != expr.Eq || !isField(c.a) || !bindable(c.b) {
			return nil, nil, false
		}
		return c.a, []expr.Expr{c.b}, true
	}
	in, is := e.(*expr.In)
	if !is || in.Not || !isField(in.X) {
		return nil, nil, false
	}
	for _, v := range in.List {
		if !bindable(v) {
			return nil, nil, false
		}
	}
	return in.X, in.List, true
}
