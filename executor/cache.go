package executor

import (
	"hash/maphash"
	"sync"
)

// The statement cache holds the texts used last, parsed and planned. It is
// split by the hash of the text, so that sessions seldom wait for one another.
const (
	cacheShards = 16
	// shardBytes bounds each shard, whatever the budget; with all of them that is 8 MiB.
	shardBytes = 512 << 10
	// maxCachedText is the longest text kept: a long one is not run twice.
	maxCachedText = 16 << 10
)

// cache is a cache of scripts by exact text. The zero value is ready for use.
type cache struct {
	shards [cacheShards]cacheShard
	// limit bounds what they hold together; 0 is no bound but shardBytes.
	limit int64
}

func (c *cache) shardLimit() int {
	if c.limit == 0 {
		return shardBytes
	}
	return int(min(c.limit/cacheShards, shardBytes))
}

type cacheShard struct {
	mu    sync.Mutex
	texts map[string]*script
	// last is the head of a ring from the script used last to the one used
	// longest ago, which is last.after.
	last         *script
	bytes        int
	hits, misses uint64
}

var cacheSeed = maphash.MakeSeed()

func (c *cache) shard(text string) *cacheShard {
	return &c.shards[maphash.String(cacheSeed, text)%cacheShards]
}

// get returns the script of a text, nil when it is not cached.
func (c *cache) get(text string) *script {
	if len(text) > maxCachedText {
		return nil
	}
	sh := c.shard(text)
	sh.mu.Lock()
	s := sh.texts[text]
	if s != nil {
		sh.hits++
	} else {
		sh.misses++
	}
	if s != nil && s != sh.last {
		sh.unlink(s)
		sh.link(s)
	}
	sh.mu.Unlock()
	return s
}

// put adds a script and drops those used longest ago beyond the shard's bytes.
func (c *cache) put(s *script) {
	if len(s.text) > maxCachedText {
		return
	}
	sh := c.shard(s.text)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.texts == nil {
		sh.texts = make(map[string]*script)
	}
	if sh.texts[s.text] != nil {
		return // another session was first
	}
	sh.texts[s.text] = s
	sh.link(s)
	sh.bytes += s.size()
	for sh.bytes > c.shardLimit() && sh.last.after != sh.last {
		oldest := sh.last.after
		sh.unlink(oldest)
		delete(sh.texts, oldest.text)
		sh.bytes -= oldest.size()
	}
}

// clear drops all scripts.
func (c *cache) clear() {
	for i := range c.shards {
		sh := &c.shards[i]
		sh.mu.Lock()
		sh.texts, sh.last, sh.bytes = nil, nil, 0
		sh.mu.Unlock()
	}
}

// link makes s the one used last.
func (sh *cacheShard) link(s *script) {
	if sh.last == nil {
		s.before, s.after = s, s
	} else {
		s.before, s.after = sh.last, sh.last.after
		s.before.after, s.after.before = s, s
	}
	sh.last = s
}

// unlink takes s out of the ring.
func (sh *cacheShard) unlink(s *script) {
	if s.after == s {
		sh.last = nil
	} else {
		s.before.after, s.after.before = s.after, s.before
		if sh.last == s {
			sh.last = s.before
		}
	}
	s.before, s.after = nil, nil
}
