package executor

import (
	"fmt"
	"hash/maphash"
	"strings"
	"sync"
	"testing"
)

// textEntry is the entry of a text without statements.
func textEntry(text string) *entry { return &entry{key: text, script: newScript(text, nil)} }

// cached returns the entry of a text.
func cached(c *cache, text string) *entry {
	e, _ := c.get(text)
	return e
}

func shardOf(c *cache, key string) *cacheShard {
	return &c.shards[maphash.String(cacheSeed, key)%cacheShards]
}

func TestCacheDropsTheTextsUsedLongestAgo(t *testing.T) {
	var c cache
	c.put(textEntry("kept"))
	shard := shardOf(&c, "kept")
	var texts []string
	for i := 0; len(texts) < 2*shardBytes/2048; i++ {
		if text := fmt.Sprint("text ", i); shardOf(&c, text) == shard {
			texts = append(texts, text)
		}
	}
	for _, text := range texts {
		c.put(textEntry(text))
		if cached(&c, "kept") == nil {
			t.Fatalf("the text used all the time was dropped before %q", text)
		}
	}
	if cached(&c, texts[0]) != nil {
		t.Error("the text used longest ago is still there")
	}
	if last := texts[len(texts)-1]; cached(&c, last) == nil {
		t.Error("the text added last was dropped")
	}
	bytes, n := 0, 0
	for s := shard.last; ; s = s.after {
		bytes, n = bytes+s.size(), n+1
		if s.after == shard.last {
			break
		}
	}
	if bytes != shard.bytes || bytes > shardBytes || n != len(shard.entries) {
		t.Errorf("%d bytes in %d scripts, accounted %d in %d, at most %d", bytes, n, shard.bytes, len(shard.entries), shardBytes)
	}
	c.clear()
	if cached(&c, "kept") != nil {
		t.Error("a text survived clear")
	}
}

func TestCacheKeepsNoLongText(t *testing.T) {
	var c cache
	text := strings.Repeat("x", maxCachedText+1)
	c.put(textEntry(text))
	if cached(&c, text) != nil {
		t.Error("a long text was kept")
	}
}

func TestCacheConcurrently(t *testing.T) {
	var c cache
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				text := fmt.Sprint(w%4, " ", i%700)
				if e := cached(&c, text); e == nil {
					c.put(textEntry(text))
				} else if e.key != text {
					t.Errorf("%q gave the entry of %q", text, e.key)
				}
			}
		})
	}
	wg.Wait()
}

func TestCacheHitDoesNotAllocate(t *testing.T) {
	var c cache
	c.put(textEntry("SELECT 1"))
	if n := testing.AllocsPerRun(100, func() { c.get("SELECT 1") }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkCacheHit(b *testing.B) {
	var c cache
	const text = "SELECT name, age FROM users WHERE _id = ?"
	c.put(textEntry(text))
	c.put(textEntry("SELECT 2"))
	for b.Loop() {
		c.get(text)
	}
}
