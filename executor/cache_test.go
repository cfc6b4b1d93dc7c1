package executor

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestCacheDropsTheTextsUsedLongestAgo(t *testing.T) {
	var c cache
	c.put(newScript("kept", nil))
	shard := c.shard("kept")
	var texts []string
	for i := 0; len(texts) < 2*shardBytes/2048; i++ {
		if text := fmt.Sprint("text ", i); c.shard(text) == shard {
			texts = append(texts, text)
		}
	}
	for _, text := range texts {
		c.put(newScript(text, nil))
		if c.get("kept") == nil {
			t.Fatalf("the text used all the time was dropped before %q", text)
		}
	}
	if c.get(texts[0]) != nil {
		t.Error("the text used longest ago is still there")
	}
	if last := texts[len(texts)-1]; c.get(last) == nil {
		t.Error("the text added last was dropped")
	}
	bytes, n := 0, 0
	for s := shard.last; ; s = s.after {
		bytes, n = bytes+s.size(), n+1
		if s.after == shard.last {
			break
		}
	}
	if bytes != shard.bytes || bytes > shardBytes || n != len(shard.texts) {
		t.Errorf("%d bytes in %d scripts, accounted %d in %d, at most %d", bytes, n, shard.bytes, len(shard.texts), shardBytes)
	}
	c.clear()
	if c.get("kept") != nil {
		t.Error("a text survived clear")
	}
}

func TestCacheKeepsNoLongText(t *testing.T) {
	var c cache
	text := strings.Repeat("x", maxCachedText+1)
	c.put(newScript(text, nil))
	if c.get(text) != nil {
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
				if s := c.get(text); s == nil {
					c.put(newScript(text, nil))
				} else if s.text != text {
					t.Errorf("%q gave the script of %q", text, s.text)
				}
			}
		})
	}
	wg.Wait()
}

func TestCacheHitDoesNotAllocate(t *testing.T) {
	var c cache
	c.put(newScript("SELECT 1", nil))
	if n := testing.AllocsPerRun(100, func() { c.get("SELECT 1") }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkCacheHit(b *testing.B) {
	var c cache
	const text = "SELECT name, age FROM users WHERE _id = ?"
	c.put(newScript(text, nil))
	c.put(newScript("SELECT 2", nil))
	for b.Loop() {
		c.get(text)
	}
}
