package planner

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// restriction is a condition of where on one path of the source, in the form of a bound.
// Its values are known when a scan opens.
type restriction struct {
	path      document.Path
	condition int // in where
	// Exactly one of them is set; a range has lower or upper.
	eq           *EqBound
	lower, upper *Bound
	// row, when not nil, is what lower, or upper, is the first value of, and paths those of all its values.
	row   *RowBound
	paths []document.Path
	// exact says that the bound is the whole condition, which then needs no
	// evaluation of its own.
	exact       bool
	selectivity float64
	// ranges is how many ranges an equality is at least.
	ranges float64
}

// restrictions finds the conditions of where that can bound a scan of the source.
func (b *block) restrictions() []restriction {
	var list []restriction
	for i, e := range b.where {
		n := len(list)
		list = b.appendRestrictions(list, e)
		for j := n; j < len(list); j++ {
			list[j].condition = i
		}
	}
	return list
}

func (b *block) appendRestrictions(list []restriction, e expr.Expr) []restriction {
	switch e := e.(type) {
	case *expr.Comparison:
		return b.appendComparison(list, compared{e.Op, e.A, e.B}.pathFirst())
	case *expr.RowComparison:
		return b.appendRow(list, e)
	case *expr.In:
		if !e.Not {
			return b.appendMembership(list, e.X, e.List)
		}
	case *expr.InArray:
		if path, ok := b.sourcePath(e.X); ok && !e.Not && b.fixed(e.Array) {
			eq := &EqBound{List: e.Array, Type: b.typeOf(path)}
			list = append(list, restriction{path: path, eq: eq, exact: bindable(e.Array),
				selectivity: selEqual * plannedValues, ranges: plannedValues})
		}
	case *expr.IsNull:
		return b.appendNullTest(list, e)
	case *expr.IsMissing:
		// An index has one place for NULL and MISSING.
		if path, ok := b.sourcePath(e.X); ok && !e.Not {
			list = append(list, restriction{path: path, eq: &EqBound{Null: true}, selectivity: selNull, ranges: 1})
		}
	case *expr.Like:
		if prefix, ok := e.Prefix(); ok && !e.Not {
			return b.appendPrefix(list, e.X, prefix)
		}
	}
	return list
}

func (b *block) appendComparison(list []restriction, c compared) []restriction {
	path, ok := b.sourcePath(c.a)
	if !ok {
		c = compared{flipped[c.op], c.b, c.a} // paths of two sources
		path, ok = b.sourcePath(c.a)
	}
	if !ok || !b.fixed(c.b) {
		return list
	}
	r := restriction{path: path, exact: bindable(c.b), selectivity: selBound, ranges: 1}
	bound := &Bound{Value: c.b, Type: b.typeOf(path)}
	switch c.op {
	case expr.Eq:
		r.eq, r.selectivity = &EqBound{Values: []expr.Expr{c.b}, Type: bound.Type}, selEqual
	case expr.Lt, expr.Le:
		bound.Inclusive, r.upper = c.op == expr.Le, bound
	case expr.Gt, expr.Ge:
		bound.Inclusive, r.lower = c.op == expr.Ge, bound
	default:
		return list
	}
	return append(list, r)
}

// appendRow bounds (a, b) < (x, y) by a <= x, or, where an index has the paths one after the other, by the whole row.
func (b *block) appendRow(list []restriction, c *expr.RowComparison) []restriction {
	op, left, right := c.Op, c.A, c.B
	if _, ok := b.sourcePath(left[0]); !ok {
		op, left, right = flipped[op], right, left
	}
	row := &RowBound{Upper: op == expr.Lt || op == expr.Le, Inclusive: op == expr.Le || op == expr.Ge}
	r := restriction{selectivity: selBound, ranges: 1, row: row}
	exact := true
	for i := range left {
		path, ok := b.sourcePath(left[i])
		if !ok || !b.fixed(right[i]) {
			break
		}
		exact = exact && bindable(right[i])
		r.paths = append(r.paths, path)
		row.Values, row.Types = append(row.Values, right[i]), append(row.Types, b.typeOf(path))
	}
	if len(r.paths) == 0 {
		return list
	}
	first := &Bound{Value: row.Values[0], Type: row.Types[0], Inclusive: true}
	if r.path = r.paths[0]; row.Upper {
		r.upper = first
	} else {
		r.lower = first
	}
	row.Inclusive = row.Inclusive || len(r.paths) < len(left)
	r.exact = exact && len(r.paths) == len(left)
	return append(list, r)
}

// rowOn returns the first restriction of a row that begins with the paths of two or more of keys, as far as these have them.
func rowOn(keys []def.Key, list []restriction) *restriction {
	for i := range list {
		r, n := list[i], 0
		for r.row != nil && n < len(keys) && n < len(r.paths) && r.paths[n].Equal(keys[n].Path) {
			n++
		}
		if n < 2 {
			continue
		}
		if n < len(r.paths) {
			row := *r.row
			row.Values, row.Types, row.Inclusive = row.Values[:n], row.Types[:n], true
			r.row, r.exact = &row, false
		}
		return &r
	}
	return nil
}

func (b *block) appendMembership(list []restriction, x expr.Expr, values []expr.Expr) []restriction {
	path, ok := b.sourcePath(x)
	if !ok {
		return list
	}
	exact := true
	for _, v := range values {
		if !b.fixed(v) {
			return list
		}
		exact = exact && bindable(v)
	}
	n := float64(len(values))
	return append(list, restriction{path: path, eq: &EqBound{Values: values, Type: b.typeOf(path)},
		exact: exact, selectivity: min(n*selEqual, selOther), ranges: n})
}

func (b *block) appendNullTest(list []restriction, e *expr.IsNull) []restriction {
	path, ok := b.sourcePath(e.X)
	switch {
	case !ok:
		return list
	case e.Not:
		return append(list, restriction{path: path, lower: &Bound{NotNull: true}, exact: true, selectivity: 1 - selNull})
	}
	return append(list, restriction{path: path, eq: &EqBound{Null: true}, exact: true, selectivity: selNull, ranges: 1})
}

// appendPrefix bounds LIKE 'abc%' by 'abc' and the least string after all
// that begin so. The condition stays: a bound may take in more.
func (b *block) appendPrefix(list []restriction, x expr.Expr, prefix string) []restriction {
	path, ok := b.sourcePath(x)
	if !ok || prefix == "" {
		return list
	}
	typ := b.typeOf(path)
	low := &Bound{Value: expr.NewConst(document.String(prefix)), Inclusive: true, Type: typ}
	list = append(list, restriction{path: path, lower: low, selectivity: selPrefix})
	if after := afterPrefix(prefix); after != "" {
		high := &Bound{Value: expr.NewConst(document.String(after)), Type: typ}
		list = append(list, restriction{path: path, upper: high, selectivity: 1})
	}
	return list
}

// afterPrefix returns the least string of valid UTF-8 that is greater than all that begin with
// prefix, or "" when there is none.
func afterPrefix(prefix string) string {
	runes := []rune(prefix)
	for i := len(runes) - 1; i >= 0; i-- {
		switch r := runes[i]; {
		case r == 0xD7FF: // surrogates are no characters
			runes[i] = 0xE000
		case r < 0x10FFFF:
			runes[i] = r + 1
		default:
			continue
		}
		return string(runes[:i+1])
	}
	return ""
}

// fixed reports whether e is the same for all documents that the source is read for: it reads no row, or, where
// the block reads a collection for a join, those of other sources only.
func (b *block) fixed(e expr.Expr) bool {
	return rowless(e) || b.outer != nil && b.outer.from.elsewhere(b, e)
}

// sourcePath returns the path when e reads a path of the block's source.
func (b *block) sourcePath(e expr.Expr) (document.Path, bool) {
	f, ok := e.(*expr.Field)
	if !ok || b.source == nil || f.Doc != b.source.doc {
		return nil, false
	}
	return f.Path, true
}

// typeOf returns the declared type of a path of the source.
func (b *block) typeOf(path document.Path) def.Type {
	if f := declared(b.source.collection, path); f != nil {
		return f.Type
	}
	return def.Any
}

// required reports whether a path is never NULL: the primary key, and what is declared NOT NULL.
func required(c *def.Collection, path document.Path) bool {
	if isID(c, path) {
		return true
	}
	f := declared(c, path)
	return f != nil && f.NotNull
}

// declared returns the declaration of exactly this path, or nil.
func declared(c *def.Collection, path document.Path) *def.Field {
	for i := range c.Fields {
		if f := &c.Fields[i]; f.Path.Equal(path) || isID(c, path) && isID(c, f.Path) {
			return f
		}
	}
	return nil
}

// serve builds the bounds on the leading components keys from the
// restrictions: equalities as far as they go, then one range. served are the restrictions used.
func serve(keys []def.Key, list []restriction) (bounds *Bounds, served []*restriction) {
	bounds = &Bounds{}
	ranges := 1.0
	at := 0
	for ; at < len(keys); at++ {
		r := equalityOn(keys[at].Path, list)
		if r == nil || ranges > 1 && r.ranges > 1 && ranges*r.ranges > maxRanges {
			break
		}
		ranges *= r.ranges
		bounds.Eq = append(bounds.Eq, *r.eq)
		served = append(served, r)
	}
	if at == len(keys) {
		return bounds, served
	}
	if r := rowOn(keys[at:], list); r != nil {
		bounds.Row = r.row
		return bounds, append(served, r)
	}
	for i := range list {
		r := &list[i]
		if r.row != nil {
			plain := *r
			plain.exact, r = false, &plain
		}
		switch {
		case r.eq != nil || !r.path.Equal(keys[at].Path):
			continue
		case r.lower != nil && (bounds.Lower == nil || bounds.Lower.NotNull):
			// Any lower bound excludes NULL, so it replaces IS NOT NULL, which is then served too.
			bounds.Lower = r.lower
		case r.upper != nil && bounds.Upper == nil:
			bounds.Upper = r.upper
		case r.lower == nil || !r.lower.NotNull:
			continue
		}
		served = append(served, r)
	}
	if bounds.Lower != nil && bounds.Lower.NotNull && bounds.Upper != nil {
		bounds.Lower = nil // an upper bound excludes NULL too
	}
	if len(served) == 0 {
		return nil, nil
	}
	return bounds, served
}

// maxRanges is how many ranges the lists of IN on several components may
// multiply to; a further list is a filter.
const maxRanges = 1000

// equalityOn returns the restriction of path to the fewest values.
func equalityOn(path document.Path, list []restriction) *restriction {
	var best *restriction
	for i := range list {
		r := &list[i]
		if r.eq != nil && r.path.Equal(path) && (best == nil || r.selectivity < best.selectivity) {
			best = r
		}
	}
	return best
}
