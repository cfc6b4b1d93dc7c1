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
		if set.addKey([]byte(key)); len(set.keys) > maxKeys {
			set.collapse()
		}
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
