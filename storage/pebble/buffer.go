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
// When the log is over its share of memory its entries move to a run, a sorted file, and the log goes on
// empty with the next number. Newer runs hide older ones, and the log hides all:
//
//	run [0, 1000)   run [1000, 2500)   log: entries[0] is number 2500
//
// A run holds all that its entries were, so rolling back into one leaves it with the entries
// below the savepoint. Range deletes and sums of counters are few and stay in memory.
//
// Views read entries from other goroutines: an entry's kind, key and value never change (its read is the owner's alone), and no
// array that a view holds is written below the view's length.
type buffer struct {
	entries []entry
	base    int32            // number of the first entry; those before it are in runs
	point   map[string]int32 // key to newest entry, of those in the log
	runs    []run            // older first; views hold it, so it is not changed but made anew
	files   []*runFile       // of all runs there ever were: views may still read them
	spilled keySet           // holds the keys of all runs there ever were
	ranges  []rangeDelete
	cover   *cover // of all ranges; nil without any
	tree    *btree.BTreeG[place]
	adds    map[string]sum
	addLog  []addUndo
	names   arena // of counters
	mark    int   // the newest savepoint: entries before it keep their meaning
	bytes   int64 // of the log
	views   bool  // a view may hold entries: do not overwrite them
	texts   arena
}

// place is where the newest entry of a key is.
type place struct {
	key string
	at  int32
}

// rangeDelete is an entry that deletes a range, and the cover before it.
type rangeDelete struct {
	span
	at     int
	before *cover
}

// sum is what is added to a counter, and the entry of the newest Add. key is the counter's, in memory of the buffer: a map takes
// over the text of the key that it is assigned by, also where it has the key.
type sum struct {
	delta int64
	at    int32
	key   string
}

// addUndo is the sum of a counter before an entry.
type addUndo struct {
	key    string
	before sum // of entry -1: there was none
	at     int
}

type entryKind uint8

const (
	entrySet entryKind = iota
	entryDelete
	entryRange
	entryAdd
)

// entry is one write. A range delete or an Add only takes up its number.
type entry struct {
	key   string
	value string
	prev  int32 // the entry of this key before it in the log, -1 for none
	kind  entryKind
	read  bool // the key's first entry in the log: the key was read, too, and is not in the read set (changes.readKey)
}

// own is a write as views tell of it.
type own struct {
	place
	kind  entryKind
	value string
}

const entryOverhead = 120 // bytes of an entry beside its text, with its share of the hash

// maxEntries keeps the numbers of entries within their type.
const maxEntries = 1<<31 - 1

func less(a, b place) bool { return a.key < b.key }

func (b *buffer) empty() bool { return b.next() == 0 }

// next is the number of the next entry.
func (b *buffer) next() int { return int(b.base) + len(b.entries) }

// entry returns an entry of the log.
func (b *buffer) entry(at int32) *entry { return &b.entries[at-b.base] }

// write appends a Set or Delete.
func (b *buffer) write(kind entryKind, key, value []byte) {
	if b.point == nil {
		b.point = map[string]int32{}
	}
	at := int32(b.next())
	e := entry{kind: kind, prev: -1, value: b.texts.copy(value)}
	if i, ok := b.point[string(key)]; ok {
		e.prev, e.key = i, b.entry(i).key
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
	e := entry{kind: entryRange, prev: -1, key: strings.Clone(textOf(lo)), value: strings.Clone(textOf(hi))}
	b.ranges = append(b.ranges, rangeDelete{span{e.key, e.value}, b.next(), b.cover})
	b.cover = b.cover.with(e.key, e.value, b.next())
	b.push(e)
}

func (b *buffer) add(key []byte, delta int64) {
	if b.adds == nil {
		b.adds = map[string]sum{}
	}
	old, ok := b.adds[string(key)]
	if ok && int(old.at) >= b.mark {
		// The same counter again since the last savepoint: one entry does.
		b.adds[old.key] = sum{old.delta + delta, old.at, old.key}
		return
	}
	if !ok {
		old.at = -1
	}
	e := entry{kind: entryAdd, prev: -1, key: b.names.copy(key)}
	if b.addLog == nil {
		b.addLog = make([]addUndo, 0, 8)
	}
	b.addLog = append(b.addLog, addUndo{e.key, old, b.next()})
	b.adds[e.key] = sum{old.delta + delta, int32(b.next()), e.key}
	b.push(e)
}

// savepoint returns the state to which rollbackTo can return.
func (b *buffer) savepoint() int {
	b.mark = b.next()
	return b.mark
}

// get returns what the buffer says about key: found means that the store need
// not be asked, and deleted that there is nothing. The value is valid until the next call.
func (b *buffer) get(key []byte) (value string, deleted, found bool, err error) {
	if len(b.point) == 0 && b.cover == nil && len(b.runs) == 0 {
		return "", false, false, nil
	}
	var newest own
	if i, ok := b.point[string(key)]; ok {
		e := b.entry(i)
		newest, found = own{place{e.key, i}, e.kind, e.value}, true
	} else if newest, found, err = find(b.runs, key); err != nil {
		return "", false, false, err
	}
	value, deleted, found = newest.answer(found, key, b.cover)
	return value, deleted, found, nil
}

// answer is what get returns for the newest write of a key, if one was found.
func (o *own) answer(found bool, key []byte, c *cover) (value string, deleted, _ bool) {
	switch {
	case !found:
		gone := c != nil && c.newest(textOf(key)) >= 0
		return "", gone, gone
	case o.kind == entryDelete || c != nil && c.newest(o.key) > int(o.at):
		return "", true, true
	}
	return o.value, false, true
}

// rollbackTo undoes the entries from n on.
func (b *buffer) rollbackTo(n int) {
	for i := len(b.addLog) - 1; i >= 0 && b.addLog[i].at >= n; i-- {
		if u := b.addLog[i]; u.before.at >= 0 {
			b.adds[u.key] = u.before
		} else {
			delete(b.adds, u.key)
		}
		b.addLog = b.addLog[:i]
	}
	for i := len(b.ranges) - 1; i >= 0 && b.ranges[i].at >= n; i-- {
		b.cover = b.ranges[i].before
		b.ranges = b.ranges[:i]
	}
	b.mark = n
	if n < int(b.base) {
		b.cutRuns(int32(n))
		return
	}
	rest := n - int(b.base)
	for i := len(b.entries) - 1; i >= rest; i-- {
		e := &b.entries[i]
		b.bytes -= e.size()
		switch {
		case e.kind > entryDelete:
		case e.prev >= 0:
			b.point[e.key] = e.prev
			if b.tree != nil {
				b.tree.Set(place{e.key, e.prev})
			}
		default:
			delete(b.point, e.key)
			if b.tree != nil {
				b.tree.Delete(place{key: e.key})
			}
		}
	}
	if b.views {
		// Later entries go to an array of their own.
		b.entries = b.entries[:rest:rest]
		return
	}
	clear(b.entries[rest:]) // let go of the texts
	b.entries = b.entries[:rest]
}

// view is the buffer as it was when an iterator was opened.
type view struct {
	entries []entry
	base    int32
	runs    []run
	cover   *cover
	tree    *btree.BTreeG[place]
}

// view returns the present state, or nil when nothing in [lo, hi) was written;
// an empty hi is unbounded.
func (b *buffer) view(lo, hi string) *view {
	if len(b.point) == 0 && len(b.ranges) == 0 && len(b.runs) == 0 {
		return nil
	}
	touched := b.cover.touches(lo, hi)
	for i := range b.runs {
		touched = touched || b.runs[i].keys.overlaps(span{lo, hi})
	}
	if b.tree == nil {
		b.tree = btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})
		for key, at := range b.point {
			b.tree.Set(place{key, at})
		}
	}
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
	return &view{entries: b.entries[:n:n], base: b.base, runs: b.runs, cover: b.cover, tree: b.tree.Copy()}
}

// get returns what the view says about key, as buffer.get does.
func (v *view) get(key []byte) (value string, deleted, found bool, err error) {
	var newest own
	p, found := v.tree.Get(place{key: textOf(key)})
	if found {
		e := &v.entries[p.at-v.base]
		newest = own{p, e.kind, e.value}
	} else if newest, found, err = find(v.runs, key); err != nil {
		return "", false, false, err
	}
	value, deleted, found = newest.answer(found, key, v.cover)
	return value, deleted, found, nil
}

// hidden reports whether a range delete of the view hides the store's key.
func (v *view) hidden(key []byte) bool { return v.cover != nil && v.cover.newest(textOf(key)) >= 0 }

// shows reports whether no later range delete hides the write.
func (v *view) shows(o own) bool { return v.cover == nil || v.cover.newest(o.key) < int(o.at) }

// sorted returns the newest entries of all keys in the log, in the order of the keys. Each key space is sorted by itself:
// the documents of a bulk insert, which are in order already, apart from its index entries.
func (b *buffer) sorted() []place {
	places := make([]place, 0, len(b.point))
	for i := range b.entries {
		e := &b.entries[i]
		if e.kind <= entryDelete && (len(b.point) == len(b.entries) || b.point[e.key] == b.base+int32(i)) {
			places = append(places, place{e.key, b.base + int32(i)})
		}
	}
	if len(places) < manyPlaces {
		slices.SortFunc(places, place.compare)
		return places
	}
	var spaces [][]place
	for _, space := range bySpace(places) {
		spaces = append(spaces, space)
	}
	_ = parallel(spaces, func(space []place) error {
		slices.SortFunc(space, place.compare)
		return nil
	})
	slices.SortFunc(spaces, func(a, b []place) int { return a[0].compare(b[0]) })
	return slices.Concat(spaces...)
}

// manyPlaces is from how many on key spaces are sorted apart, on all cores.
const manyPlaces = 4096

func (p place) compare(other place) int { return strings.Compare(p.key, other.key) }

// bySpace divides places by the prefix of their keys.
func bySpace(places []place) map[string][]place {
	spaces := map[string][]place{}
	for _, p := range places {
		prefix := prefixOf(p.key)
		spaces[prefix] = append(spaces[prefix], p)
	}
	return spaces
}
