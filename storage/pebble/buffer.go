package pebble

import (
	"slices"
	"strings"

	"github.com/tidwall/btree"
)

// buffer is a transaction's writes. It is a log: each write is an entry that
// knows the one it replaces, so that a savepoint is a length and rolling back is undoing
// entries from the end. A hash finds the newest entry of a key; an ordered tree
// of the keys is made when something first scans, and copied, in constant time, for each view.
//
// A range delete is an entry too. It covers the store's keys and the entries
// before it: an entry is visible when no covering range came after it.
//
// Views read entries from other goroutines: an entry's kind, key and value never change, and no
// array that a view holds is written below the view's length.
type buffer struct {
	entries []entry
	point   map[string]int32 // key to newest entry
	ranges  []rangeDelete
	cover   *cover // of all ranges; nil without any
	tree    *btree.BTreeG[place]
	adds    map[string]sum
	mark    int // the newest savepoint: entries before it keep their meaning
	bytes   int64
	views   bool // a view may hold entries: do not overwrite them
	texts   arena
}

// place is where the newest entry of a key is.
type place struct {
	key string
	at  int32
}

// rangeDelete is an entry that deletes a range, and the cover before it.
type rangeDelete struct {
	at     int
	before *cover
}

// sum is what is added to a counter, and the entry of the newest Add.
type sum struct {
	delta int64
	at    int32
}

type entryKind uint8

const (
	entrySet entryKind = iota
	entryDelete
	entryRange
	entryAdd
)

// entry is one write. A range runs from key to value.
type entry struct {
	key   string
	value string
	delta int64
	prev  int32 // the entry of this key before it, -1 for none
	kind  entryKind
}

const entryOverhead = 120 // bytes of an entry beside its text, with its share of the hash

// maxEntries keeps the numbers of entries within their type.
const maxEntries = 1<<31 - 1

func less(a, b place) bool { return a.key < b.key }

func (b *buffer) empty() bool { return len(b.entries) == 0 }

// write appends a Set or Delete.
func (b *buffer) write(kind entryKind, key, value []byte) {
	if b.point == nil {
		b.point = map[string]int32{}
	}
	at := int32(len(b.entries))
	e := entry{kind: kind, prev: -1, value: b.texts.copy(value)}
	if i, ok := b.point[string(key)]; ok {
		e.prev, e.key = i, b.entries[i].key
	} else {
		e.key = b.texts.copy(key)
	}
	b.point[e.key] = at
	if b.tree != nil {
		b.tree.Set(place{e.key, at})
	}
	b.push(e)
}

func (b *buffer) push(e entry) {
	b.entries = append(b.entries, e)
	b.bytes += e.size()
}

func (e *entry) size() int64 { return int64(len(e.key)+len(e.value)) + entryOverhead }

func (b *buffer) deleteRange(lo, hi []byte) {
	e := entry{kind: entryRange, prev: -1, key: b.texts.copy(lo), value: b.texts.copy(hi)}
	b.ranges = append(b.ranges, rangeDelete{len(b.entries), b.cover})
	b.cover = b.cover.with(e.key, e.value, len(b.entries))
	b.push(e)
}

func (b *buffer) add(key []byte, delta int64) {
	if b.adds == nil {
		b.adds = map[string]sum{}
	}
	old, ok := b.adds[string(key)]
	if ok && int(old.at) >= b.mark {
		// The same counter again since the last savepoint: one entry does.
		b.entries[old.at].delta += delta
		b.adds[b.entries[old.at].key] = sum{old.delta + delta, old.at}
		return
	}
	e := entry{kind: entryAdd, prev: -1, delta: delta}
	if ok {
		e.prev, e.key = old.at, b.entries[old.at].key
	} else {
		e.key = b.texts.copy(key)
	}
	b.adds[e.key] = sum{old.delta + delta, int32(len(b.entries))}
	b.push(e)
}

// savepoint returns the state to which rollbackTo can return.
func (b *buffer) savepoint() int {
	b.mark = len(b.entries)
	return b.mark
}

// get returns what the buffer says about key: found means that the store need
// not be asked, and deleted that there is nothing.
func (b *buffer) get(key []byte) (value string, deleted, found bool) {
	if len(b.point) == 0 && b.cover == nil {
		return "", false, false
	}
	i, ok := b.point[string(key)]
	if !ok {
		gone := b.cover != nil && b.cover.newest(textOf(key)) >= 0
		return "", gone, gone
	}
	e := &b.entries[i]
	if e.kind == entryDelete || b.cover != nil && b.cover.newest(e.key) > int(i) {
		return "", true, true
	}
	return e.value, false, true
}

// rollbackTo undoes the entries from n on.
func (b *buffer) rollbackTo(n int) {
	for i := len(b.entries) - 1; i >= n; i-- {
		e := &b.entries[i]
		switch e.kind {
		case entryAdd:
			if e.prev >= 0 {
				b.adds[e.key] = sum{b.adds[e.key].delta - e.delta, e.prev}
			} else {
				delete(b.adds, e.key)
			}
		case entryRange:
			last := len(b.ranges) - 1
			b.cover = b.ranges[last].before
			b.ranges = b.ranges[:last]
		default:
			if e.prev >= 0 {
				b.point[e.key] = e.prev
			} else {
				delete(b.point, e.key)
			}
			switch {
			case b.tree == nil:
			case e.prev >= 0:
				b.tree.Set(place{e.key, e.prev})
			default:
				b.tree.Delete(place{key: e.key})
			}
		}
		b.bytes -= e.size()
	}
	b.mark = n
	if b.views {
		// Later entries go to an array of their own.
		b.entries = b.entries[:n:n]
		return
	}
	clear(b.entries[n:]) // let go of the texts
	b.entries = b.entries[:n]
}

// view is the buffer as it was when an iterator was opened.
type view struct {
	entries []entry
	cover   *cover
	tree    *btree.BTreeG[place]
}

// view returns the present state, or nil when nothing in [lo, hi) was written;
// an empty hi is unbounded.
func (b *buffer) view(lo, hi string) *view {
	if len(b.point) == 0 && len(b.ranges) == 0 {
		return nil
	}
	if b.tree == nil {
		b.tree = btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})
		for key, at := range b.point {
			b.tree.Set(place{key, at})
		}
	}
	touched := b.cover.touches(lo, hi)
	if !touched {
		b.tree.Ascend(place{key: lo}, func(p place) bool {
			touched = hi == "" || p.key < hi
			return false
		})
	}
	if !touched {
		return nil
	}
	b.views = true
	n := len(b.entries)
	return &view{entries: b.entries[:n:n], cover: b.cover, tree: b.tree.Copy()}
}

// get returns what the view says about key, as buffer.get does.
func (v *view) get(key []byte) (value string, deleted, found bool) {
	p, ok := v.tree.Get(place{key: textOf(key)})
	switch {
	case !ok:
		gone := v.hidden(key)
		return "", gone, gone
	case !v.visible(p):
		return "", true, true
	}
	return v.entries[p.at].value, false, true
}

// hidden reports whether a range delete of the view hides the store's key.
func (v *view) hidden(key []byte) bool { return v.cover != nil && v.cover.newest(textOf(key)) >= 0 }

// visible reports whether the entry holds a value.
func (v *view) visible(p place) bool {
	return v.entries[p.at].kind == entrySet && (v.cover == nil || v.cover.newest(p.key) < int(p.at))
}

// sorted returns the newest entries of all keys, in the order of the keys.
func (b *buffer) sorted() []place {
	places := make([]place, 0, len(b.point))
	if b.tree != nil {
		b.tree.Scan(func(p place) bool {
			places = append(places, p)
			return true
		})
		return places
	}
	// In the order of writing, which often is nearly that of the keys.
	for i := range b.entries {
		e := &b.entries[i]
		if e.kind <= entryDelete && (len(b.point) == len(b.entries) || b.point[e.key] == int32(i)) {
			places = append(places, place{e.key, int32(i)})
		}
	}
	slices.SortFunc(places, func(a, b place) int { return strings.Compare(a.key, b.key) })
	return places
}
