package pebble

import (
	"cmp"
	"slices"

	"github.com/fluxdb/fluxdb/storage"
)

// window remembers what recent commits wrote, so that a transaction can be
// checked against those since its snapshot. It is guarded by Store.mu.
//
//	forgotten ...  | rough ...             | exact ...          newest
//	up to floor    | dead up to ranged     | from ranged on
//
// Commits older than every open writing transaction are dropped at once. When the rest is over the bound, the oldest of the
// exact ones become rough: of their keys the least range around those of each key space is kept, where that is smaller. When the
// rough ones take half of the bound, the oldest of them are forgotten, so that a transaction which stays open for long costs
// the others no more than that half. A commit whose keys alone would take half of the bound is rough from the beginning.
//
// A conflict is what the exact sets say. A writing transaction that began before the forgotten commits, or
// whose sets overlap rough ones, can't be told from one that conflicts: that is ErrTxTooOld, never ErrConflict.
type window struct {
	commits []commitRecord    // in order of version
	dead    int               // commits before it are forgotten, their space is not yet reused
	ranged  int               // commits before it are rough
	newest  map[string]uint64 // key to the version that last wrote it, of the keys that are held
	floor   uint64            // commits up to this version are forgotten
	bytes   int64
	old     int64 // of bytes, those of commits before ranged
	limit   int64
}

// commitRecord is the write set of one commit.
type commitRecord struct {
	version uint64
	keys    []string
	spans   []span // ranges that were deleted
	rough   []span // ranges that hold keys which are not in keys any more, and others
	bytes   int64
}

const commitOverhead = 64 // bytes a remembered key costs beside its text

// check tells whether a transaction that sees the commits up to version may commit what it read and
// wrote: nil, ErrConflict when a later commit wrote something in these sets, or ErrTxTooOld when that can't be told.
func (w *window) check(version uint64, reads *keySet, written map[string]int32, writtenSpans []span) error {
	doubt := version < w.floor
	if w.len() > 0 && w.commits[len(w.commits)-1].version > version {
		for key := range reads.keys {
			if w.newest[key] > version {
				return storage.ErrConflict
			}
		}
		for key := range written {
			if w.newest[key] > version {
				return storage.ErrConflict
			}
		}
		ours := checkedSet{spans: reads.ranges(writtenSpans), read: reads.keys, written: written}
		for i := len(w.commits) - 1; i >= w.dead && w.commits[i].version > version; i-- {
			c := &w.commits[i]
			if ours.holds(c.keys) || slices.ContainsFunc(c.spans, ours.overlaps) {
				return storage.ErrConflict
			}
			doubt = doubt || slices.ContainsFunc(c.rough, ours.overlaps)
		}
	}
	if doubt {
		return storage.ErrTxTooOld
	}
	return nil
}

// checkedSet is what a transaction read and wrote: ranges, in order and apart, and keys.
type checkedSet struct {
	spans   []span
	read    map[string]struct{}
	written map[string]int32
	keys    []string // in order, made when they are needed
}

// holds reports whether one of the keys is in a range of the set.
func (s *checkedSet) holds(keys []string) bool {
	return len(s.spans) > 0 && slices.ContainsFunc(keys, func(key string) bool { return containsKey(s.spans, key) })
}

// overlaps reports whether a range of the set overlaps sp, or a key of it lies there.
func (s *checkedSet) overlaps(sp span) bool {
	if slices.ContainsFunc(s.spans, sp.overlaps) {
		return true
	}
	if s.keys == nil {
		s.keys = sortedKeys(s.read, s.written)
	}
	at, _ := slices.BinarySearch(s.keys, sp.lo)
	return at < len(s.keys) && sp.contains(s.keys[at])
}

func sortedKeys(read map[string]struct{}, written map[string]int32) []string {
	keys := make([]string, 0, len(read)+len(written))
	for key := range read {
		keys = append(keys, key)
	}
	for key := range written {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// containsKey searches ranges that are in order and apart.
func containsKey(spans []span, key string) bool {
	i, found := slices.BinarySearchFunc(spans, key, func(s span, key string) int { return cmp.Compare(s.lo, key) })
	return found || i > 0 && spans[i-1].contains(key)
}

func (w *window) len() int { return len(w.commits) - w.dead }

// fits reports whether keys are few enough to be held.
func (w *window) fits(keys map[string]int32) bool {
	size := int64(0)
	for key := range keys {
		if size += int64(len(key)) + commitOverhead; size > w.limit/2 {
			return false
		}
	}
	return true
}

// add remembers a commit; oldest is the least version that an open writing
// transaction has as its snapshot.
func (w *window) add(c commitRecord, oldest uint64) {
	w.prune(oldest)
	if c.version <= oldest {
		return // nobody can conflict with it
	}
	if w.newest == nil {
		w.newest = map[string]uint64{}
	}
	for _, key := range c.keys {
		w.newest[key] = c.version
	}
	c.measure()
	w.bytes += c.bytes
	w.commits = append(w.commits, c)
	for w.bytes > w.limit && w.len() > 0 {
		if w.old <= w.limit/2 && w.ranged < len(w.commits) {
			w.roughen()
		} else {
			w.dropOldest()
		}
	}
}

// roughen makes the oldest exact commit a rough one.
func (w *window) roughen() {
	c := &w.commits[w.ranged]
	if r := c.collapsed(); r.bytes < c.bytes {
		w.forget(c)
		w.bytes += r.bytes - c.bytes
		*c = r
	}
	w.old += c.bytes
	w.ranged++
}

// prune drops the commits that every open writing transaction sees.
func (w *window) prune(oldest uint64) {
	for w.len() > 0 && w.commits[w.dead].version <= oldest {
		w.dropOldest()
	}
}

func (w *window) dropOldest() {
	c := &w.commits[w.dead]
	w.forget(c)
	w.bytes -= c.bytes
	if w.dead < w.ranged {
		w.old -= c.bytes
	}
	w.floor = c.version
	*c = commitRecord{}
	w.dead++
	w.ranged = max(w.ranged, w.dead)
	if w.dead == len(w.commits) || w.dead > 1024 && w.dead > len(w.commits)/2 {
		n := copy(w.commits, w.commits[w.dead:])
		clear(w.commits[n:])
		w.commits, w.ranged, w.dead = w.commits[:n], w.ranged-w.dead, 0
	}
}

// forget removes a commit's keys from the newest versions.
func (w *window) forget(c *commitRecord) {
	for _, key := range c.keys {
		if w.newest[key] == c.version {
			delete(w.newest, key)
		}
	}
}

// collapsed returns the commit with one range for each key space instead of its keys.
func (c *commitRecord) collapsed() commitRecord {
	set := keySet{collapsed: map[string]span{}}
	for _, key := range c.keys {
		set.widen(key)
	}
	r := commitRecord{version: c.version, spans: c.spans, rough: set.ranges(c.rough)}
	r.measure()
	return r
}

func (c *commitRecord) measure() {
	c.bytes = commitOverhead
	for _, key := range c.keys {
		c.bytes += int64(len(key)) + commitOverhead
	}
	for _, spans := range [][]span{c.spans, c.rough} {
		for _, s := range spans {
			c.bytes += int64(len(s.lo)+len(s.hi)) + commitOverhead
		}
	}
}
