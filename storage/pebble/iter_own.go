package pebble

import "github.com/tidwall/btree"

// ownIter walks the entries of a view within the bounds of a scan.
type ownIter struct {
	*view
	bounds span
	tree   btree.IterG[place]
	at     place
	valid  bool
}

func newOwnIter(v *view, bounds span) *ownIter {
	return &ownIter{view: v, bounds: bounds, tree: v.tree.Iter()}
}

func (o *ownIter) start(reverse bool) {
	switch {
	case !reverse:
		o.seek(o.bounds.lo)
	case o.bounds.hi != "":
		o.set(o.before(o.bounds.hi))
	default:
		o.set(o.tree.Last())
	}
}

// before moves to the last key below key.
func (o *ownIter) before(key string) bool {
	if !o.tree.Seek(place{key: key}) {
		return o.tree.Last()
	}
	return o.tree.Prev()
}

func (o *ownIter) seek(key string) { o.set(o.tree.Seek(place{key: max(key, o.bounds.lo)})) }

func (o *ownIter) seekReverse(key string) {
	switch {
	case o.bounds.hi != "" && key >= o.bounds.hi:
		o.set(o.before(o.bounds.hi))
	case o.tree.Seek(place{key: key}) && o.tree.Item().key == key:
		o.set(true)
	default:
		o.set(o.before(key))
	}
}

func (o *ownIter) step(reverse bool) {
	if reverse {
		o.set(o.tree.Prev())
	} else {
		o.set(o.tree.Next())
	}
}

// set takes the tree's position if it is there and within the bounds.
func (o *ownIter) set(ok bool) {
	o.valid = false
	if ok {
		o.at = o.tree.Item()
		o.valid = o.bounds.contains(o.at.key)
	}
}
