package executor

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/fluxdb/fluxdb/document"
)

// The statement cache holds the texts used last, parsed and planned. It is
// split by the hash of the key, so that sessions seldom wait for one another.
const (
	cacheShards = 16
	// shardBytes bounds each shard, whatever the budget; with all of them that is 8 MiB.
	shardBytes = 512 << 10
	// maxCachedText is the longest text kept: a long one is not run twice.
	maxCachedText = 16 << 10
	// recentTexts is of how many texts the cache remembers that they were run.
	recentTexts = 1024
)

// cache finds scripts by text, and by the key that a parser.Lifter gives to texts that differ in their
// literals only. The zero value is ready for use.
type cache struct {
	shards [cacheShards]cacheShard
	// limit bounds what they hold together; 0 is no bound but shardBytes.
	limit int64
	// recent has the hash of a text that was run, at a place that the hash chooses. A text that shares
	// the script of others gets an entry of its own when it is found here: when it is run again.
	recent [recentTexts]atomic.Uint64
}

func (c *cache) shardLimit() int {
	if c.limit == 0 {
		return shardBytes
	}
	return int(min(c.limit/cacheShards, shardBytes))
}

type cacheShard struct {
	mu      sync.Mutex
	entries map[string]*entry
	// last is the head of a ring from the entry used last to the one used
	// longest ago, which is last.after.
	last  *entry
	bytes int
	// hits are the texts of which a script was found, misses those that were parsed.
	hits, misses uint64
}

// entry is what the cache holds under a key.
type entry struct {
	key string
	// lifted says that the key is that of a Lifter. It is no text: a text that looks the same is not meant.
	lifted bool
	// script is nil where the texts of a lifted key can't share one.
	script *script
	// literals are those of the text that is the key, where its script has them lifted.
	literals []document.Value
	// before and after are the entry's place in the ring.
	before, after *entry
}

// size estimates the bytes that the entry holds, its plans included. What several entries
// share counts for each.
func (e *entry) size() int {
	n := 256 + 2*len(e.key) + 32*len(e.literals)
	if e.script != nil {
		n += e.script.size()
	}
	return n
}

var cacheSeed = maphash.MakeSeed()

// get returns the entry of a text, nil when it is not cached, and the text's hash.
func (c *cache) get(text string) (*entry, uint64) {
	hash := maphash.String(cacheSeed, text)
	sh := &c.shards[hash%cacheShards]
	sh.mu.Lock()
	e := sh.use(sh.entries[text], false)
	sh.mu.Unlock()
	return e, hash
}

// getLifted returns the entry of a Lifter's key, nil when it is not cached.
func (c *cache) getLifted(key []byte) *entry {
	sh := &c.shards[maphash.Bytes(cacheSeed, key)%cacheShards]
	sh.mu.Lock()
	e := sh.use(sh.entries[string(key)], true)
	sh.mu.Unlock()
	return e
}

// again reports whether the text of this hash was run before, not long ago.
func (c *cache) again(hash uint64) bool {
	place := &c.recent[hash/cacheShards%recentTexts]
	if place.Load() == hash {
		return true
	}
	place.Store(hash)
	return false
}

// put adds an entry and drops those used longest ago beyond the shard's bytes.
func (c *cache) put(e *entry) {
	if len(e.key) > maxCachedText {
		return
	}
	sh := &c.shards[maphash.String(cacheSeed, e.key)%cacheShards]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.entries == nil {
		sh.entries = make(map[string]*entry)
	}
	if sh.entries[e.key] != nil {
		return // another session was first
	}
	sh.entries[e.key] = e
	sh.link(e)
	sh.bytes += e.size()
	for sh.bytes > c.shardLimit() && sh.last.after != sh.last {
		oldest := sh.last.after
		sh.unlink(oldest)
		delete(sh.entries, oldest.key)
		sh.bytes -= oldest.size()
	}
}

// missed counts a text of this hash that was parsed.
func (c *cache) missed(hash uint64) {
	sh := &c.shards[hash%cacheShards]
	sh.mu.Lock()
	sh.misses++
	sh.mu.Unlock()
}

// clear drops all entries.
func (c *cache) clear() {
	for i := range c.shards {
		sh := &c.shards[i]
		sh.mu.Lock()
		sh.entries, sh.last, sh.bytes = nil, nil, 0
		sh.mu.Unlock()
	}
}

// use makes e the one used last, if its key is of the kind that was looked for.
func (sh *cacheShard) use(e *entry, lifted bool) *entry {
	if e == nil || e.lifted != lifted {
		return nil
	}
	if e.script != nil {
		sh.hits++
	}
	if e != sh.last {
		sh.unlink(e)
		sh.link(e)
	}
	return e
}

// link makes e the one used last.
func (sh *cacheShard) link(e *entry) {
	if sh.last == nil {
		e.before, e.after = e, e
	} else {
		e.before, e.after = sh.last, sh.last.after
		e.before.after, e.after.before = e, e
	}
	sh.last = e
}

// unlink takes e out of the ring.
func (sh *cacheShard) unlink(e *entry) {
	if e.after == e {
		sh.last = nil
	} else {
		e.before.after, e.after.before = e.after, e.before
		if sh.last == e {
			sh.last = e.before
		}
	}
	e.before, e.after = nil, nil
}
