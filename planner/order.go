package planner

import (
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// simplifyOrder drops order keys that decide nothing.
func simplifyOrder(b *block) error {
	var kept []SortKey
next:
	for _, key := range b.order {
		if rowless(key.Expr) {
			continue
		}
		for i := range kept {
			if same(kept[i].Expr, key.Expr) && (key.NoCase || !kept[i].NoCase) {
				continue next
			}
		}
		path, ok := b.sourcePath(key.Expr)
		if ok && b.tied(path) {
			continue
		}
		kept = append(kept, key)
		if ok && isID(b.source.collection, path) && !key.NoCase {
			break // no two documents have one _id
		}
	}
	b.order = kept
	return nil
}

// tied reports whether where ties a path of the source to one place of the total order.
func (b *block) tied(path document.Path) bool {
	for _, cond := range b.where {
		switch cond := cond.(type) {
		case *expr.IsNull:
			if x, ok := b.sourcePath(cond.X); ok && !cond.Not && x.Equal(path) {
				return true
			}
		case *expr.Comparison:
			c := compared{cond.Op, cond.A, cond.B}.pathFirst()
			if x, ok := b.sourcePath(c.a); ok && c.op == expr.Eq && x.Equal(path) && b.placed(path, c.b) {
				return true
			}
		}
	}
	return false
}

// placed reports whether all stored values at path that equal v stand at one
// place of the total order: TRUE equals 1, and '2024-05-01' a timestamp, but not where
// the path is declared to hold one kind.
func (b *block) placed(path document.Path, e expr.Expr) bool {
	if b.typeOf(path) != def.Any {
		return bindable(e)
	}
	v, ok := sample(e)
	if !ok || asTimestamp(v) {
		return false
	}
	return !v.Kind().IsNumber() || v.AsFloat() != 0 && v.AsFloat() != 1
}

// ordering is how a scan of an index yields rows in a wanted order.
type ordering struct {
	from    int // the component that the order begins with
	reverse bool
}

// orderedBy reports whether reading an index with these keys, its first equal components
// bound to values, yields rows in the order of wanted. The order may begin at the
// first component or at any up to the one after the bound ones.
func (b *block) orderedBy(wanted []SortKey, keys []def.Key, equal int, unique bool) (ordering, bool) {
	for from := equal; from >= 0; from-- {
		if o, ok := b.orderedFrom(wanted, keys, from, unique); ok {
			return o, true
		}
	}
	return ordering{}, false
}

// orderedFrom compares the order of the components from one on with wanted. A component that
// where ties to one value may stand between.
func (b *block) orderedFrom(wanted []SortKey, keys []def.Key, from int, unique bool) (ordering, bool) {
	o := ordering{from: from}
	turned := 0
	for at := from; len(wanted) > 0; at++ {
		if at == len(keys) {
			// The entries so far are all different if one value each precedes them.
			return o, unique && b.neverNull(keys) && b.tiedAll(keys[:from])
		}
		key, want := keys[at], wanted[0]
		path, ok := b.sourcePath(want.Expr)
		if !ok || want.NoCase {
			return o, false
		}
		if !path.Equal(key.Path) {
			if !b.tied(key.Path) {
				return o, false
			}
			continue
		}
		if want.NullsFirst == want.Desc && !b.neverNull(keys[at:at+1]) {
			return o, false // an index has NULL before all values
		}
		reverse := want.Desc != key.Desc
		if turned > 0 && reverse != o.reverse {
			return o, false
		}
		o.reverse = reverse
		turned++
		wanted = wanted[1:]
	}
	return o, true
}

func (b *block) tiedAll(keys []def.Key) bool {
	for i := range keys {
		if !b.tied(keys[i].Path) {
			return false
		}
	}
	return true
}

// neverNull reports whether the paths of keys are never NULL in the rows that where keeps.
func (b *block) neverNull(keys []def.Key) bool {
	for i := range keys {
		path := keys[i].Path
		if !required(b.source.collection, path) &&
			!slices.ContainsFunc(b.where, func(cond expr.Expr) bool { return b.excludesNull(cond, path) }) {
			return false
		}
	}
	return true
}

// excludesNull reports whether a condition is never TRUE where path is NULL.
func (b *block) excludesNull(cond expr.Expr, path document.Path) bool {
	reads := func(e expr.Expr) bool {
		p, ok := b.sourcePath(e)
		return ok && p.Equal(path)
	}
	switch cond := cond.(type) {
	case *expr.Comparison:
		return reads(cond.A) || reads(cond.B)
	case *expr.RowComparison:
		return reads(cond.A[0]) || reads(cond.B[0])
	case *expr.In:
		return reads(cond.X) && !(cond.Not && len(cond.List) == 0)
	case *expr.InArray:
		return reads(cond.X) && !cond.Not // NULL NOT IN [] is TRUE
	case *expr.Like:
		return reads(cond.X)
	case *expr.IsNull:
		return reads(cond.X) && cond.Not
	}
	return false
}

// sortedGroups takes groups one by one where the chosen path yields equal keys together, and
// the order that they then come in.
func sortedGroups(b *block) error {
	if b.path == nil {
		return nil
	}
	run, ok := b.groupRun(b.path)
	if !ok {
		return nil
	}
	b.sortedGroups, b.sorted = true, run.inOrder
	b.path.ordered, b.path.order = true, ordering{run.from, run.reverse}
	return nil
}

// groupRun is how a path yields the rows of groups.
type groupRun struct {
	from    int  // the component that the keys begin with
	reverse bool // the path is read backwards
	inOrder bool // groups come in the wanted order
}

// groupRun reports whether it is best that p yields equal group keys together: when they are a run of
// its components, in any sequence, and reading documents in that order costs nothing, or pays
// because only the first groups are wanted.
func (b *block) groupRun(p *path) (groupRun, bool) {
	if !b.grouped || len(b.keys) == 0 || b.sets != nil {
		return groupRun{}, false
	}
	keys := p.keys(b.source.collection)
	for from := p.equalities(); from >= 0; from-- {
		end := from + len(b.keys)
		if end > len(keys) || !b.groupsBy(keys[from:end]) || !p.mergeable(from) {
			continue
		}
		run := groupRun{from: from}
		run.reverse, run.inOrder = b.groupOrder(keys[from:end])
		return run, p.index == nil || p.covering || run.inOrder && b.limit != nil
	}
	return groupRun{}, false
}

// groupOrder reports whether groups that come in the order of keys, or its
// reverse, come in the order that the block wants.
func (b *block) groupOrder(keys []def.Key) (reverse, ok bool) {
	if len(b.order) > len(keys) || len(b.windows) > 0 {
		return false, false
	}
	for i, want := range b.order {
		path, ok := b.groupPath(want.Expr)
		if !ok || want.NoCase || want.NullsFirst == want.Desc || !path.Equal(keys[i].Path) {
			return false, false
		}
		if r := want.Desc != keys[i].Desc; i == 0 {
			reverse = r
		} else if r != reverse {
			return false, false
		}
	}
	return reverse, true
}

// groupPath returns the path whose values a group key's register holds.
func (b *block) groupPath(e expr.Expr) (document.Path, bool) {
	reg, ok := register(e)
	if !ok {
		return nil, false
	}
	for i := range b.keys {
		if b.keys[i].Reg == reg {
			return b.sourcePath(b.keys[i].Expr)
		}
	}
	return nil, false
}

// groupsBy reports whether the group keys are these components, in any sequence.
func (b *block) groupsBy(keys []def.Key) bool {
next:
	for i := range b.keys {
		path, ok := b.sourcePath(b.keys[i].Expr)
		if !ok {
			return false
		}
		for _, key := range keys {
			if key.Path.Equal(path) {
				continue next
			}
		}
		return false
	}
	return true
}
