package planner

import (
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// mergeRanges intersects the conditions that compare one path with constants. Only
// TRUE matters of a condition of WHERE, so of two the wider one is dropped, and two
// that exclude each other make the block empty.
func mergeRanges(b *block) error {
	b.mergeNullTests()
	for i := 0; i < min(len(b.where), maxPairs) && !b.never; i++ {
		first, ok := constantComparison(b.where[i])
		for j := i + 1; ok && j < min(len(b.where), maxPairs); j++ {
			second, comparable := constantComparison(b.where[j])
			if !comparable || !sameField(first.a, second.a) || !onePlace(first.value, second.value) {
				continue
			}
			switch intersect(first, second) {
			case keepFirst:
				b.where = without(b.where, j)
				j--
			case keepSecond:
				b.where[i], first = b.where[j], second
				b.where = without(b.where, j)
				j = i
			case keepNone:
				b.where, b.never = nil, true
				return nil
			}
		}
	}
	return nil
}

// mergeNullTests drops x IS NOT NULL where another condition says so too, and finds x IS NULL
// where another one excludes it.
func (b *block) mergeNullTests() {
	for i := 0; i < min(len(b.where), maxPairs); i++ {
		x, not, ok := nullTest(b.where[i])
		path, own := b.sourcePath(x)
		if !ok || !own {
			continue
		}
		others := without(b.where, i)
		if !slices.ContainsFunc(others, func(cond expr.Expr) bool { return b.excludesNull(cond, path) }) {
			continue
		}
		if !not {
			b.where, b.never = nil, true
			return
		}
		b.where = others
		i--
	}
}

// without returns list without element i, leaving list as it is.
func without(list []expr.Expr, i int) []expr.Expr {
	return append(list[:i:i], list[i+1:]...)
}

// ranged is path op value.
type ranged struct {
	compared
	value document.Value
}

func constantComparison(e expr.Expr) (ranged, bool) {
	c, ok := comparison(e)
	if !ok {
		return ranged{}, false
	}
	c = c.pathFirst()
	v, ok := constant(c.b)
	return ranged{c, v}, ok && isField(c.a) && c.op != expr.Ne
}

// onePlace reports whether stored values compare with a and b in the same way: with both as
// themselves, never with one as a string and with the other as a timestamp.
func onePlace(a, b document.Value) bool {
	return document.Comparable(a.Kind(), b.Kind()) && !a.IsNull() && a.Kind().IsScalar() &&
		!asTimestamp(a) && !asTimestamp(b)
}

// asTimestamp reports whether v is a string that is compared with timestamps as one.
func asTimestamp(v document.Value) bool {
	if v.Kind() != document.KindString {
		return false
	}
	_, err := document.ParseTimestamp(v.AsString())
	return err == nil
}

type keep uint8

const (
	keepBoth keep = iota
	keepFirst
	keepSecond
	keepNone
)

// intersect says which of two conditions on one path is implied by the other.
func intersect(a, b ranged) keep {
	c := document.Compare(a.value, b.value)
	switch {
	case a.op == expr.Eq:
		if !holds(b.op, c) {
			return keepNone
		}
		return keepFirst
	case b.op == expr.Eq:
		if !holds(a.op, -c) {
			return keepNone
		}
		return keepSecond
	case lower(a.op) == lower(b.op):
		// The tighter bound implies the other; of equal values the exclusive one.
		if c == 0 && (a.op == expr.Gt || a.op == expr.Lt) || c != 0 && lower(a.op) == (c > 0) {
			return keepFirst
		}
		return keepSecond
	case c == 0 && (a.op == expr.Gt || a.op == expr.Lt || b.op == expr.Gt || b.op == expr.Lt),
		c != 0 && lower(a.op) == (c > 0):
		return keepNone
	}
	return keepBoth
}

func lower(op expr.CompareOp) bool { return op == expr.Gt || op == expr.Ge }

// holds reports whether x op y, where c is Compare(x, y).
func holds(op expr.CompareOp, c int) bool {
	switch op {
	case expr.Eq:
		return c == 0
	case expr.Lt:
		return c < 0
	case expr.Le:
		return c <= 0
	case expr.Gt:
		return c > 0
	case expr.Ge:
		return c >= 0
	}
	return c != 0
}
