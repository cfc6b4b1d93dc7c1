package pebble

import "github.com/tidwall/btree"

// cover tells which range delete of a buffer is the newest one over a key. It is an ordered
// map of edges: from an edge up to the next, the range delete at entry at covers, or none where at is -1.
// A cover never changes once it is made, so views and savepoints just keep it.
type cover struct{ edges *btree.BTreeG[place] }

var edgeOptions = btree.Options{NoLocks: true, Degree: 16}

// newest returns the entry of the newest range delete over key, or -1.
func (c *cover) newest(key string) int {
	at := -1
	if c != nil {
		c.edges.Descend(place{key: key}, func(p place) bool {
			at = int(p.at)
			return false
		})
	}
	return at
}

// with returns a cover in which the range delete at entry at, newer than all
// others, covers [lo, hi).
func (c *cover) with(lo, hi string, at int) *cover {
	next := &cover{}
	after := c.newest(hi)
	if c == nil {
		next.edges = btree.NewBTreeGOptions(less, edgeOptions)
	} else {
		next.edges = c.edges.Copy()
		var inside []place
		next.edges.Ascend(place{key: lo}, func(p place) bool {
			if p.key > hi {
				return false
			}
			inside = append(inside, p)
			return true
		})
		for _, p := range inside {
			next.edges.Delete(p)
		}
	}
	next.edges.Set(place{lo, int32(at)})
	next.edges.Set(place{hi, int32(after)})
	return next
}

// touches reports whether a range delete covers a part of [lo, hi); an empty hi is unbounded.
func (c *cover) touches(lo, hi string) bool {
	if c == nil {
		return false
	}
	found := c.newest(lo) >= 0
	if !found {
		c.edges.Ascend(place{key: lo}, func(p place) bool {
			if hi != "" && p.key >= hi {
				return false
			}
			found = p.at >= 0
			return !found
		})
	}
	return found
}

// spans returns what is covered, in order and apart.
func (c *cover) spans() (spans []span) {
	if c == nil {
		return nil
	}
	open := false
	c.edges.Scan(func(p place) bool {
		switch {
		case open && p.at >= 0:
			return true // one range follows another
		case open:
			spans[len(spans)-1].hi = p.key
		case p.at >= 0:
			spans = append(spans, span{lo: p.key})
		}
		open = p.at >= 0
		return true
	})
	return spans
}
