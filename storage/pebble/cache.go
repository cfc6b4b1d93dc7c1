package pebble

import (
	"encoding/binary"
	"hash/maphash"
	"sync/atomic"
	"unsafe"
)

// cache is the record cache: values by key, for the keys whose first byte is marked. What it returns
// is what the transaction's snapshot holds. It is right without being told of snapshots, because
// versions decide:
//
//   - Three floors stand for the version of the last commit that wrote a key: written, by the hash of the key; that of
//     its key space, which rises when a range within the space is written, or dropped; and floor, of everything.
//     A commit raises one of them for each key it writes, under the commit mutex, to the version it will get, before it
//     is applied. They never fall. The key's last write is the highest of the three.
//   - An entry carries the version of the transaction that read its value.
//   - A hit counts only if the last write, read when the entry is there (under the lock it was written
//     under, so never before), is no higher than the entry's version and the reader's.
//
// Why that holds: say that a commit of version V wrote the key. A reader that sees V began after V was
// published, or its snapshot was taken while V was applied; either way one of the key's floors was V before. So a reader
// that finds the last write at or below its own version has a snapshot without any later write of the key. The same is
// true of the one who filled the entry, and so both snapshots hold the same value. A fill on its way when the commit
// raises the floor brings an entry of a lower version, which nobody believes; one that read the new value before it is
// published is found after the floor was raised. A commit that fails after raising, another key or key space with the
// same floor, and a reader older than the last write only cost a miss.
//
// A key space is what the first nine bytes of its keys name (readset.go), and its floor one of keySpaces, by the last two of
// them. So there is nothing to forget: the floor of a collection that was dropped, whose number does not come
// again, serves the next one that is as far ahead. Keys that are shorter are in no space, and a range that is not wholly within one
// raises the floor of everything.
//
// Removing entries would add nothing: they are left to be overwritten.
type cache struct {
	marked [256]bool
	hash   func(key []byte) uint64
	floor  atomic.Uint64
	spaces [keySpaces]atomic.Uint64
	slots  int
	shards []cacheShard
	memory []byte // off the heap: all sets, then all rings
}

// Sizes of the cache, in bytes.
const (
	recordShare = 4        // of the budget
	maxRecord   = 64 << 10 // of an entry; larger ones are not kept
	leastRing   = 4 * maxRecord
	maxShards   = 256
	setSpace    = 512 // of cache for each set: 1.5 records of usual size
)

// keySpaces is how many floors there are for key spaces: numbers of collections and indexes as far apart share one.
const keySpaces = 1024

// newCache makes a cache of size bytes for keys that begin with one of the marked bytes; nil when there
// are none.
func newCache(size int64, marked []byte) *cache {
	if len(marked) == 0 {
		return nil
	}
	seed := maphash.MakeSeed()
	c := &cache{hash: func(key []byte) uint64 { return maphash.Bytes(seed, key) }}
	for _, b := range marked {
		c.marked[b] = true
	}
	shards := min(powerOfTwo(size/leastRing), maxShards)
	perShard := powerOfTwo(size / setSpace / shards)
	setBytes := perShard * int64(unsafe.Sizeof(cacheSet{}))
	ring := size/shards - setBytes
	c.memory = offHeap(int(shards * (setBytes + ring)))
	sets := unsafe.Slice((*cacheSet)(unsafe.Pointer(unsafe.SliceData(c.memory))), shards*perShard)
	rings := c.memory[shards*setBytes:]
	c.slots = len(sets) * len(sets[0].written)
	c.shards = make([]cacheShard, shards)
	for i := range c.shards {
		s := &c.shards[i]
		s.sets, sets = sets[:perShard], sets[perShard:]
		s.ring, rings = rings[:ring], rings[ring:]
		s.empty()
	}
	return c
}

// powerOfTwo is the largest power of two up to n, at least 1.
func powerOfTwo(n int64) int64 {
	p := int64(1)
	for 2*p <= n {
		p *= 2
	}
	return p
}

// caches reports whether the key may be in the cache; a nil cache has none.
func (c *cache) caches(key []byte) bool { return c != nil && len(key) > 0 && c.marked[key[0]] }

// covers reports whether a key of [lo, hi) may be in the cache; an empty hi is unbounded.
func (c *cache) covers(lo, hi string) bool {
	if c == nil {
		return false
	}
	from := 0
	if lo != "" {
		from = int(lo[0])
	}
	for b := from; b < len(c.marked); b++ {
		if c.marked[b] && (hi == "" || hi > string([]byte{byte(b)})) {
			return true
		}
	}
	return false
}

func (c *cache) shard(h uint64) *cacheShard { return &c.shards[h>>56&uint64(len(c.shards)-1)] }

// space returns the floor of a key's space; nil when it is in none.
func (c *cache) space(key []byte) *atomic.Uint64 {
	if len(key) < prefixSize {
		return nil
	}
	return &c.spaces[binary.BigEndian.Uint16(key[prefixSize-2:])%keySpaces]
}

// lastWrite is no less than the version of the last commit that wrote the key, whose hash is h.
func (c *cache) lastWrite(s *cacheShard, h uint64, key []byte) uint64 {
	last := max(s.set(h).slot(h).Load(), c.floor.Load())
	if space := c.space(key); space != nil {
		last = max(last, space.Load())
	}
	return last
}

// get appends to dst the value that key has in the snapshot of a version.
func (c *cache) get(dst, key []byte, version uint64) (value []byte, ok bool) {
	h := c.hash(key)
	s := c.shard(h)
	s.mu.Lock()
	defer s.mu.Unlock()
	place := s.find(h, key)
	if place == nil {
		s.misses++
		return dst, false
	}
	e := s.entry(position(place.Load()))
	switch last := c.lastWrite(s, h, key); { // not before the lock was taken
	case last > e.version():
		place.Store(0) // for good
		fallthrough
	case last > version:
		s.misses++
		return dst, false
	}
	s.hits++
	dst = append(dst, e.value()...)
	s.keep(place)
	return dst, true
}

// fetch has the processor fetch the entries of up to fetchAhead keys that will be asked for one after the other. Most of the cost of a hit is to wait for
// memory, first for the set, then for the entry; here the waits are for all keys together. What it reads it does not believe.
func (c *cache) fetch(keys [][]byte) {
	var hashes [fetchAhead]uint64
	for i, key := range keys {
		hashes[i] = c.hash(key)
		prefetchLine(unsafe.Pointer(c.shard(hashes[i]).set(hashes[i])))
	}
	for _, h := range hashes[:len(keys)] {
		s := c.shard(h)
		places := &s.set(h).places
		for i := range places {
			if p := places[i].Load(); p != 0 && p&^maxPosition == tagOf(h) {
				prefetchRecord(unsafe.Pointer(&s.ring[position(p)%uint64(len(s.ring))]))
			}
		}
	}
}

// fill keeps what a transaction of this version has read.
func (c *cache) fill(key, value []byte, version uint64) {
	if entryHeader+len(key)+len(value) > maxRecord {
		return
	}
	h := c.hash(key)
	s := c.shard(h)
	if c.lastWrite(s, h, key) > version {
		return
	}
	s.mu.Lock()
	s.add(h, key, value, version)
	s.mu.Unlock()
}

// raise tells what a commit writes: what is in the buffer's log, and within spans. The commit mutex is held,
// and the commit is not applied yet.
func (c *cache) raise(version uint64, w *buffer, spans []span) {
	if c == nil {
		return
	}
	for _, sp := range spans {
		if c.covers(sp.lo, sp.hi) && !c.raiseRange(version, sp) {
			return
		}
	}
	raised := 0
	for i := range w.entries {
		if e := &w.entries[i]; e.kind <= entryDelete && c.marked[e.key[0]] {
			key := bytesOf(e.key)
			if raised++; raised > c.slots { // most slots have risen
				if !c.raiseRange(version, span{e.key, e.key}) {
					return
				}
				continue
			}
			h := c.hash(key)
			c.shard(h).set(h).slot(h).Store(version)
		}
	}
}

// raiseRange is raise for all keys of a range. It returns false when that was all keys there are, since the range is
// not within one space: then it has emptied the cache.
func (c *cache) raiseRange(version uint64, sp span) bool {
	space := c.space(bytesOf(sp.lo))
	if space == nil || !sp.inSpace() {
		c.raiseAll(version)
		return false
	}
	space.Store(version)
	return true
}

// raiseAll is raise for all keys. It empties the cache.
func (c *cache) raiseAll(version uint64) {
	c.floor.Store(version)
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		s.empty()
		s.mu.Unlock()
	}
}

// beside applies what changes [lo, hi) outside any transaction. Where the cache may hold keys of the range, it is
// a commit of its own, though one that nobody can conflict with.
func (s *Store) beside(lo, hi []byte, apply func() error) error {
	if !s.cache.covers(string(lo), string(hi)) {
		return apply()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	version := s.version.Load() + 1
	s.retire(nil, true)
	s.cache.raiseRange(version, span{string(lo), string(hi)})
	err := apply()
	s.publish(version, nil)
	return err
}

// cacheStats counts what the cache did and holds.
type cacheStats struct {
	hits, misses uint64
	entries      int64
	bytes, limit int64
}

// stats returns the counts; the caller has entered the store.
func (c *cache) stats() (st cacheStats) {
	if c == nil {
		return st
	}
	st.limit = int64(len(c.memory))
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		st.hits += s.hits
		st.misses += s.misses
		st.entries += s.entries()
		st.bytes += s.used()
		s.mu.Unlock()
	}
	return st
}

// release gives the memory back; nobody uses the cache any more.
func (c *cache) release() error {
	if c == nil {
		return nil
	}
	return freeOffHeap(c.memory)
}
