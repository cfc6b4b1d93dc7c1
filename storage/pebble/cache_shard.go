package pebble

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
)

// cacheShard is a part of the cache: a ring of entries, of which the newest overwrites the oldest, and an
// index of sets of places. A position counts all bytes ever written and only grows, so that it tells by itself
// whether its entry is still there. An entry lies at its position modulo the ring and never wraps.
//
//	place:  tag of the hash (16 bits)  position (48); 0 is none
//	entry:  version(8)  length of key(4)  length of value(4)  key  value
//
// Of the hash, bits 56 up choose the shard, 32 to 47 are the tag, bit 31 is the slot and the low ones
// are the set.
type cacheShard struct {
	mu     sync.Mutex
	ring   []byte
	sets   []cacheSet
	head   uint64 // where the next entry goes
	base   uint64 // entries before it are gone
	hits   uint64
	misses uint64
	_      [32]byte // shards share no cache line
}

// cacheSet is where the entries of some hashes are, and when their keys were last written: a line of the
// processor's cache, since most of the cost of a hit is to wait for memory.
type cacheSet struct {
	written [2]atomic.Uint64
	places  [6]atomic.Uint64 // written, and believed, under cacheShard.mu only
}

func (s *cacheSet) slot(h uint64) *atomic.Uint64 { return &s.written[h>>31&1] }

const (
	entryHeader = 16
	tagShift    = 48
	maxPosition = 1<<tagShift - 1
)

func position(place uint64) uint64 { return place & maxPosition }

func tagOf(h uint64) uint64 { return h >> 32 << tagShift }

// cacheEntry is an entry and what follows it in the ring.
type cacheEntry []byte

func (e cacheEntry) version() uint64 { return binary.LittleEndian.Uint64(e) }

func (e cacheEntry) valueAt() int { return entryHeader + int(binary.LittleEndian.Uint32(e[8:])) }

func (e cacheEntry) size() int { return e.valueAt() + int(binary.LittleEndian.Uint32(e[12:])) }

func (e cacheEntry) key() []byte { return e[entryHeader:e.valueAt()] }

func (e cacheEntry) value() []byte { return e[e.valueAt():e.size()] }

func (s *cacheShard) entry(position uint64) cacheEntry {
	return cacheEntry(s.ring[position%uint64(len(s.ring)):])
}

// holds reports whether the entry at a position is still there.
func (s *cacheShard) holds(position uint64) bool {
	return position >= s.base && position+uint64(len(s.ring)) >= s.head
}

// empty forgets all entries.
func (s *cacheShard) empty() {
	s.head = max(s.head, uint64(len(s.ring))) // a position is never 0
	s.base = s.head
}

func (s *cacheShard) set(h uint64) *cacheSet { return &s.sets[h&uint64(len(s.sets)-1)] }

// find returns the place of key's entry, or nil.
func (s *cacheShard) find(h uint64, key []byte) *atomic.Uint64 {
	places := &s.set(h).places
	for i := range places {
		if p := places[i].Load(); p&^maxPosition == tagOf(h) && s.holds(position(p)) {
			if string(s.entry(position(p)).key()) == string(key) {
				return &places[i]
			}
		}
	}
	return nil
}

// add writes an entry over the oldest ones, in the place of the key's last one, a free one or the oldest.
func (s *cacheShard) add(h uint64, key, value []byte, version uint64) {
	place := s.find(h, key)
	if place == nil {
		places := &s.set(h).places
		place = &places[0]
		for i := range places {
			if position(places[i].Load()) < position(place.Load()) {
				place = &places[i]
			}
		}
	}
	at := s.room(entryHeader + len(key) + len(value))
	e := s.entry(at)
	binary.LittleEndian.PutUint64(e, version)
	binary.LittleEndian.PutUint32(e[8:], uint32(len(key)))
	binary.LittleEndian.PutUint32(e[12:], uint32(len(value)))
	copy(e[entryHeader:], key)
	copy(e[entryHeader+len(key):], value)
	place.Store(tagOf(h) | at)
}

// room makes room for an entry of n bytes, which is less than the ring.
func (s *cacheShard) room(n int) (at uint64) {
	ring := uint64(len(s.ring))
	if s.head > maxPosition-2*ring { // after 256 TiB
		for i := range s.sets {
			for j := range s.sets[i].places {
				s.sets[i].places[j].Store(0)
			}
		}
		s.head, s.base = ring, ring
	}
	if rest := ring - s.head%ring; rest < uint64(n) {
		s.head += rest
	}
	at = s.head
	s.head += uint64(n)
	return at
}

// keep writes the entry in a place anew when it is among the oldest quarter, since it is in use.
func (s *cacheShard) keep(place *atomic.Uint64) {
	old, ring := position(place.Load()), uint64(len(s.ring))
	if s.head < old+ring/4*3 {
		return
	}
	e := s.entry(old)
	e = e[:e.size()]
	at := s.room(len(e))
	if place.Load() == 0 {
		return // room began anew
	}
	copy(s.entry(at), e) // they may overlap
	place.Store(place.Load()&^maxPosition | at)
}

// entries counts what the shard holds. An entry that was outdated by a commit counts until somebody asks for it.
func (s *cacheShard) entries() (n int64) {
	for i := range s.sets {
		for j := range s.sets[i].places {
			if p := s.sets[i].places[j].Load(); p != 0 && s.holds(position(p)) {
				n++
			}
		}
	}
	return n
}

// used is how many bytes of the ring hold entries.
func (s *cacheShard) used() int64 { return int64(min(s.head-s.base, uint64(len(s.ring)))) }
