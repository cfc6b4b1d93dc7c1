package pebble

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// A key set may hold more than was put in, never less, and stays small.
func TestKeySetsStaySmallAndHoldAll(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var set keySet
	var keys, ends []string
	for i := range 5 * maxKeys {
		key := fmt.Sprintf("%c%08d", 'a'+rng.IntN(26), rng.IntN(1e8))
		keys = append(keys, key)
		set.addKey([]byte(key))
		hi := key + "x"
		if i == 4*maxKeys {
			hi = ""
		}
		ends = append(ends, hi)
		set.addSpan(key, hi)
	}
	if n := len(set.keys) + len(set.collapsed) + len(set.spans); n > 3*maxKeys {
		t.Errorf("%d parts", n)
	}
	all := set.ranges(nil)
	if !slices.IsSortedFunc(all, func(a, b span) int {
		if a.hi == "" || a.hi >= b.lo {
			return 1
		}
		return -1
	}) {
		t.Error("the ranges are not in order and apart")
	}
	for i, key := range keys {
		if !containsKey(all, key) {
			t.Fatalf("key %s is lost", key)
		}
		if within := (span{key, ends[i]}); !slices.ContainsFunc(all, func(s span) bool {
			return s.lo <= within.lo && (s.hi == "" || within.hi != "" && within.hi <= s.hi)
		}) {
			t.Fatalf("range %q is lost", within)
		}
	}
}

// A cover agrees with looking at all range deletes.
func TestCoversAgreeWithTheirRanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	key := func() string { return fmt.Sprintf("%02d", rng.IntN(100)) }
	for range 200 {
		var c *cover
		var covers []*cover
		var spans []span
		for at := range 20 {
			lo, hi := key(), key()
			if lo >= hi {
				continue
			}
			c = c.with(lo, hi, at)
			for len(spans) < at {
				spans = append(spans, span{"x", "x"})
			}
			spans = append(spans, span{lo, hi})
			covers = append(covers, c)
		}
		for _, c := range covers[max(0, len(covers)-1):] {
			for i := range 90 {
				name, want := fmt.Sprintf("%02d", i), -1
				for at, s := range spans {
					if s.contains(name) {
						want = at
					}
				}
				if got := c.newest(name); got != want {
					t.Fatalf("%s: %d, want %d of %v", name, got, want, spans)
				}
				hi := fmt.Sprintf("%02d", i+1+rng.IntN(5))
				touched := slices.ContainsFunc(spans, span{name, hi}.overlaps)
				if got := c.touches(name, hi); got != touched {
					t.Fatalf("touches [%s, %s) %v of %v", name, hi, got, spans)
				}
			}
		}
	}
}

// The window stays within its limit, and checking does not depend on how long it is over it.
func TestWindowsCollapseOnce(t *testing.T) {
	w := window{limit: 1 << 20}
	var reads keySet
	reads.addKey([]byte("space0001.5"))
	for v := uint64(1); v <= 50_000; v++ {
		c := commitRecord{version: v}
		for i := range 5 {
			c.keys = append(c.keys, fmt.Sprintf("space%04d.%08d", v%100, i))
		}
		w.add(c, 0)
		if w.bytes > w.limit {
			t.Fatalf("version %d: %d bytes", v, w.bytes)
		}
	}
	sum := int64(0)
	for _, c := range w.commits[w.dead:] {
		sum += c.bytes
	}
	if sum != w.bytes || w.floor == 0 || w.len() == 0 {
		t.Errorf("%d bytes, counted %d; floor %d, %d commits", w.bytes, sum, w.floor, w.len())
	}
	if !w.conflicts(w.floor, &reads, nil, []span{{"space0007.", "space0008"}}) {
		t.Error("no conflict with a range that was written")
	}
	w.prune(none)
	if w.len() != 0 || w.bytes != 0 || len(w.newest) != 0 {
		t.Errorf("pruned: %d commits, %d bytes, %d keys", w.len(), w.bytes, len(w.newest))
	}
}
