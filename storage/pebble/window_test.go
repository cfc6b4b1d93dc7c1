package pebble

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

// What a window says is compared with one that has no limit: a conflict is one, and nil is none, whatever it had to forget.
// Where all commits since the transaction's snapshot are held exactly it is never in doubt, and the newest
// commits, up to half of the limit, always are.
func TestWindowsAreNeverWrong(t *testing.T) {
	for _, long := range []int{0, 1000} {
		rng := rand.New(rand.NewPCG(3, uint64(long)))
		pad := strings.Repeat("k", long)
		key := func() string { return fmt.Sprintf("space%04d.%s%03d", rng.IntN(12), pad, rng.IntN(60)) }
		limit := int64(40 * (long + commitOverhead + 16))
		w, all := window{limit: limit}, window{limit: 1 << 40}
		largest := int64(0)
		verdicts := map[error]int{}
		for version := uint64(1); version <= 10_000; version++ {
			c := commitRecord{version: version}
			for range 1 + rng.IntN(4)*rng.IntN(3) {
				c.keys = append(c.keys, key())
			}
			slices.Sort(c.keys)
			c.keys = slices.Compact(c.keys)
			if rng.IntN(5) == 0 {
				lo := key()
				c.spans = []span{{lo, lo[:len(lo)-1] + "x"}} // of ten keys at most
			}
			oldest := uint64(0)
			if rng.IntN(100) == 0 {
				oldest = version - min(version, 60)
			}
			c.measure()
			largest = max(largest, c.bytes)
			w.add(c, oldest)
			all.add(c, 0)
			checkWindow(t, &w, largest)

			// A transaction that began some commits ago.
			since := version - min(version, uint64(rng.IntN(80)))
			var reads keySet
			written := map[string]int32{}
			for range rng.IntN(3) {
				reads.addKey([]byte(key()))
			}
			for range 1 + rng.IntN(2) {
				written[key()] = 0
			}
			if rng.IntN(4) == 0 {
				lo := key()
				reads.addSpan(lo, lo[:len(lo)-1]+"x")
			}
			got, want := w.check(since, &reads, written, nil), all.check(since, &reads, written, nil)
			verdicts[got]++
			held := since >= w.floor && (w.ranged == w.dead || !slices.ContainsFunc(w.commits[w.dead:w.ranged], func(c commitRecord) bool {
				return c.version > since && len(c.rough) > 0
			}))
			switch {
			case errors.Is(got, storage.ErrTxTooOld) && !held: // it was not told
			case !errors.Is(got, want) || !errors.Is(want, got):
				t.Fatalf("version %d, a transaction of %d: %v, want %v", version, since, got, want)
			}
		}
		if verdicts[nil] < 100 || verdicts[storage.ErrConflict] < 100 || verdicts[storage.ErrTxTooOld] < 100 {
			t.Errorf("verdicts %v", verdicts)
		}
		w.prune(none)
		if w.len() != 0 || w.bytes != 0 || w.old != 0 || len(w.newest) != 0 {
			t.Errorf("pruned: %d commits, %d bytes, of which %d are old, %d keys", w.len(), w.bytes, w.old, len(w.newest))
		}
	}
}

// checkWindow counts what a window says that it holds.
func checkWindow(t *testing.T, w *window, largest int64) {
	t.Helper()
	sum, old, exact := int64(0), int64(0), int64(0)
	for i, c := range w.commits[w.dead:] {
		sum += c.bytes
		if i+w.dead < w.ranged {
			old += c.bytes
		} else if exact += c.bytes; len(c.rough) > 0 {
			t.Fatalf("commit %d is among the exact ones and has ranges %v", c.version, c.rough)
		}
	}
	if sum != w.bytes || old != w.old || sum > w.limit {
		t.Fatalf("%d bytes of %d, counted %d; %d of them old, counted %d", w.bytes, w.limit, sum, w.old, old)
	}
	if w.old > 0 && exact+largest < w.limit/2 {
		t.Fatalf("%d bytes are held exactly and %d are not: there is room for the half of %d", exact, w.old, w.limit)
	}
}

// One transaction that stays open for ever does not cost others their exact checks.
func TestALongTransactionLeavesRoomForOthers(t *testing.T) {
	w := window{limit: 1 << 20}
	for v := uint64(1); v <= 50_000; v++ {
		c := commitRecord{version: v}
		for i := range 5 {
			c.keys = append(c.keys, fmt.Sprintf("space%04d.%08d", v%100, i*2))
		}
		w.add(c, 0) // the long one sees version 0
		if w.bytes > w.limit {
			t.Fatalf("version %d: %d bytes", v, w.bytes)
		}
		between := map[string]int32{fmt.Sprintf("space%04d.%08d", (v-9)%100, 5): 0}
		if err := w.check(v-min(v, 100), &keySet{}, between, nil); err != nil {
			t.Fatalf("version %d: %v for one that began 100 commits ago", v, err)
		}
	}
	if w.floor == 0 || w.len() == 0 {
		t.Errorf("floor %d, %d commits", w.floor, w.len())
	}
	if err := w.check(0, &keySet{}, map[string]int32{"space9999.": 0}, nil); !errors.Is(err, storage.ErrTxTooOld) {
		t.Errorf("the long one: %v", err)
	}
}

// Large transactions into one collection do not conflict where they write different keys, be they between each other: neither with
// more keys than a read set lists, nor with long ones, as long as the window holds them.
func TestTransactionsThatInterleaveDoNotConflict(t *testing.T) {
	for _, tt := range []struct {
		name   string
		memory int64
		keys   int
		size   int
		want   error
	}{
		{"many keys", 64 << 20, 3 * maxKeys / 2, 20, nil},
		{"long keys", 64 << 20, 500, 1 << 10, nil},
		{"more than the window", 64 << 20, 1500, 1 << 10, storage.ErrTxTooOld},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := mustOpen(t, "", Options{InMemory: true, Memory: tt.memory})
			pad := strings.Repeat("k", tt.size)
			load := func(rest int) *txn {
				w := begun(t, s, storage.TxnOptions{})
				for i := range tt.keys {
					if err := w.Set(fmt.Appendf(nil, "\x20space01.%s%06d", pad, 2*i+rest), nil); err != nil {
						t.Fatal(err)
					}
				}
				return w
			}
			first, second, elsewhere := load(0), load(1), begun(t, s, storage.TxnOptions{})
			if err := elsewhere.Set([]byte("\x20space02.x"), nil); err != nil {
				t.Fatal(err)
			}
			if err := first.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			if s.window.bytes > s.window.limit {
				t.Errorf("the window holds %d bytes of %d", s.window.bytes, s.window.limit)
			}
			if err := second.Commit(ctx); !errors.Is(err, tt.want) {
				t.Errorf("the second: %v, want %v", err, tt.want)
			}
			if err := elsewhere.Commit(ctx); err != nil {
				t.Errorf("one in another key space: %v", err)
			}
			if err := load(1).Commit(ctx); err != nil {
				t.Errorf("again: %v", err)
			}
		})
	}
}

// What was deleted as many ranges is held like them.
func TestManyDeletedRangesAreNoConflictBetween(t *testing.T) {
	s := mustOpen(t, "", Options{InMemory: true, Memory: 64 << 20})
	w, between, within := begun(t, s, storage.TxnOptions{}), begun(t, s, storage.TxnOptions{}), begun(t, s, storage.TxnOptions{})
	for i := range maxKeys {
		if err := w.DeleteRange(fmt.Appendf(nil, "\x20space01.%06d", 2*i), fmt.Appendf(nil, "\x20space01.%06d", 2*i+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(between.Set([]byte("\x20space01.000003"), nil), within.Set([]byte("\x20space01.000004x"), nil), w.Commit(ctx)); err != nil {
		t.Fatal(err)
	}
	if err := between.Commit(ctx); err != nil {
		t.Errorf("between two ranges: %v", err)
	}
	if err := within.Commit(ctx); !errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrTxTooOld) {
		t.Errorf("within a range: %v", err)
	}
}
