package pebble

import (
	"cmp"
	"slices"
)

// window remembers what recent commits wrote, so that a transaction can be
// checked against those since its snapshot. It is guarded by Store.mu.
//
// Commits older than every open writing transaction are dropped at once. When
// the rest is over the bound, the oldest are collapsed to ranges and then
// forgotten: a writing transaction that began before them cannot be checked
// any more and fails with ErrTxTooOld.
type window struct {
	commits []commitRecord    // in order of version
	dead    int               // commits before it are forgotten, their space is not yet reused
	ranged  int               // commits before it are collapsed
	newest  map[string]uint64 // key to the version that last wrote it, of commits not collapsed
	floor   uint64            // commits up to this version are forgotten
	bytes   int64
	limit   int64
}

// commitRecord is the write set of one commit.
type commitRecord struct {
	version uint64
	keys    []string
	spans   []span
	bytes   int64
}

const commitOverhead = 64 // bytes a remembered key costs beside its text

// conflicts reports whether a commit after version wrote something in the sets:
// what a transaction read, and what it wrote.
func (w *window) conflicts(version uint64, reads *keySet, written map[string]int32, writtenSpans []span) bool {
	if w.len() == 0 || w.commits[len(w.commits)-1].version <= version {
		return false
	}
	for key := range reads.keys {
		if w.newest[key] > version {
			return true
		}
	}
	for key := range written {
		if w.newest[key] > version {
			return true
		}
	}
	ours := reads.ranges(writtenSpans)
	var ourKeys []string // in order, made when a commit wrote ranges
	for i := len(w.commits) - 1; i >= w.dead && w.commits[i].version > version; i-- {
		c := &w.commits[i]
		if len(ours) > 0 {
			for _, key := range c.keys {
				if containsKey(ours, key) {
					return true
				}
			}
		}
		for _, theirs := range c.spans {
			if slices.ContainsFunc(ours, theirs.overlaps) {
				return true
			}
			if ourKeys == nil {
				ourKeys = sortedKeys(reads.keys, written)
			}
			if at, _ := slices.BinarySearch(ourKeys, theirs.lo); at < len(ourKeys) && theirs.contains(ourKeys[at]) {
				return true
			}
		}
	}
	return false
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

// add remembers a commit; oldest is the least version that an open writing
// transaction has as its snapshot.
func (w *window) add(c commitRecord, oldest uint64) {
	w.prune(oldest)
	if c.version <= oldest {
		return // nobody can conflict with it
	}
	if len(c.keys) > maxKeys {
		c.collapse()
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
	for ; w.bytes > w.limit && w.ranged < len(w.commits); w.ranged++ {
		old := &w.commits[w.ranged]
		w.forget(old)
		w.bytes -= old.bytes
		old.collapse()
		old.measure()
		w.bytes += old.bytes
	}
	for w.bytes > w.limit && w.len() > 0 {
		w.dropOldest()
	}
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

// collapse replaces the keys by one range for each key space.
func (c *commitRecord) collapse() {
	set := keySet{collapsed: map[string]span{}, spans: c.spans}
	for _, key := range c.keys {
		set.widen(key)
	}
	c.spans, c.keys = set.ranges(nil), nil
}

func (c *commitRecord) measure() {
	c.bytes = commitOverhead
	for _, key := range c.keys {
		c.bytes += int64(len(key)) + commitOverhead
	}
	for _, s := range c.spans {
		c.bytes += int64(len(s.lo)+len(s.hi)) + commitOverhead
	}
}
