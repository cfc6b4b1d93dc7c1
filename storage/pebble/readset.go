package pebble

import (
	"cmp"
	"slices"
)

// span is a range of keys, [lo, hi); an empty hi is unbounded.
type span struct{ lo, hi string }

func (s span) contains(key string) bool { return key >= s.lo && (s.hi == "" || key < s.hi) }

func (s span) overlaps(t span) bool {
	return (t.hi == "" || s.lo < t.hi) && (s.hi == "" || t.lo < s.hi)
}

// maxKeys is how many keys, and how many ranges, a read set lists before it collapses.
const maxKeys = 4096

// prefixSize is the part of a key that names its key space: a tag and an id.
// A set collapses to one range for each, so that one large scan of a collection does not
// make the transaction conflict with writes to another.
const prefixSize = 9

func prefixOf(key string) string { return key[:min(len(key), prefixSize)] }

// inSpace reports whether all keys of s are in the key space of the first; they are as long as to name one.
func (s span) inSpace() bool {
	if len(s.lo) < prefixSize || s.hi == "" {
		return false
	}
	space := prefixOf(s.lo)
	if prefixOf(s.hi) == space {
		return true
	}
	next := []byte(space) // what follows all keys of the space
	for i := len(next) - 1; i >= 0; i-- {
		if next[i]++; next[i] != 0 {
			return s.hi <= string(next[:i+1])
		}
	}
	return true
}

// keySet is a set of keys and ranges. Collapsed, it keeps the least range around the keys of each key space instead of them, and
// a single one around everything when the key spaces are too many: it may then hold more than was put in, never less.
type keySet struct {
	keys      map[string]struct{}
	spans     []span
	collapsed map[string]span // by prefix; nil until the keys are too many
	texts     arena
}

func (s *keySet) addKey(key []byte) {
	if s.collapsed != nil {
		s.widen(textOf(key))
		return
	}
	if _, ok := s.keys[string(key)]; ok {
		return
	}
	if s.keys == nil {
		s.keys = map[string]struct{}{}
	}
	s.keys[s.texts.copy(key)] = struct{}{}
}

// collapse gives up the single keys.
func (s *keySet) collapse() {
	s.collapsed = map[string]span{}
	for key := range s.keys {
		s.widen(key)
	}
	s.keys, s.texts = nil, arena{}
}

// readKey adds a key to the read set. When the keys are many, those that the transaction has written since are left to the write set,
// which is checked as well: a load of a million documents has looked each _id up, and keeps none. What it only read is
// kept key by key up to half of maxKeys, so that sorting out costs each key little.
func (c *changes) readKey(key []byte) {
	c.reads.addKey(key)
	c.sortOut()
}

func (c *changes) sortOut() {
	if len(c.reads.keys) <= maxKeys {
		return
	}
	if c.reads.keys, c.reads.texts = c.writes.takeOver(c.reads.keys); len(c.reads.keys) > maxKeys/2 {
		c.reads.collapse()
	}
}

// takeOver notes which of the keys are in the log, and returns the others.
func (b *buffer) takeOver(keys map[string]struct{}) (rest map[string]struct{}, texts arena) {
	rest = map[string]struct{}{}
	for key := range keys {
		at, ok := b.point[key]
		if !ok {
			rest[texts.copy(bytesOf(key))] = struct{}{}
			continue
		}
		e := b.entry(at)
		for e.prev >= 0 {
			e = b.entry(e.prev)
		}
		e.read = true
	}
	return rest, texts
}

// rollbackTo returns to a savepoint. Keys that were read, and are not written any more, are in the read set again.
func (c *changes) rollbackTo(savepoint int) {
	for i := len(c.writes.entries) - 1; i >= 0 && int(c.writes.base)+i >= savepoint; i-- {
		if e := &c.writes.entries[i]; e.read {
			c.reads.addKey(bytesOf(e.key))
		}
	}
	c.writes.rollbackTo(savepoint)
	c.sortOut()
}

// widen makes the range of key's space hold it. The key is copied.
func (s *keySet) widen(key string) {
	old, ok := s.collapsed[prefixOf(key)]
	if ok && old.contains(key) {
		return
	}
	next := key + "\x00"
	key = next[:len(key)]
	switch {
	case !ok && len(s.collapsed) >= maxKeys:
		all := span{key, next}
		for _, sp := range s.collapsed {
			all = span{min(all.lo, sp.lo), max(all.hi, sp.hi)}
		}
		s.collapsed = map[string]span{prefixOf(key): all}
	case !ok:
		s.collapsed[prefixOf(key)] = span{key, next}
	default:
		s.collapsed[prefixOf(key)] = span{min(old.lo, key), max(old.hi, next)}
	}
}

// addSpan adds [lo, hi); an empty hi is unbounded.
func (s *keySet) addSpan(lo, hi string) {
	add := span{lo, hi}
	if hi != "" && lo >= hi {
		return
	}
	if n := len(s.spans); n > 0 && s.spans[n-1] == add {
		return
	}
	s.spans = append(s.spans, add)
	if len(s.spans) > maxKeys {
		s.spans = merge(s.spans)
	}
}

// merge puts ranges in order and joins those that touch; if they are still
// many, also those of one key space, and at last all of them.
func merge(spans []span) []span {
	for _, together := range []func(a, b span) bool{
		func(a, b span) bool { return a.hi == "" || b.lo <= a.hi },
		func(a, b span) bool { return a.hi == "" || b.lo <= a.hi || prefixOf(a.lo) == prefixOf(b.lo) },
		func(a, b span) bool { return true },
	} {
		slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
		out := spans[:min(1, len(spans))]
		for _, next := range spans[len(out):] {
			last := &out[len(out)-1]
			switch {
			case !together(*last, next):
				out = append(out, next)
			case last.hi != "" && (next.hi == "" || next.hi > last.hi):
				last.hi = next.hi
			}
		}
		spans = out
		if len(out) <= maxKeys/2 {
			break
		}
	}
	return spans
}

// ranges returns all ranges of the set and of more, in order and apart.
func (s *keySet) ranges(more []span) []span {
	all := make([]span, 0, len(s.spans)+len(s.collapsed)+len(more))
	all = append(append(all, s.spans...), more...)
	for _, sp := range s.collapsed {
		all = append(all, sp)
	}
	return merge(all)
}
