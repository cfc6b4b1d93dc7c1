package pebble

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

// keyIn returns a key of the marked space of a number; spaceRange its bounds.
func keyIn(id uint64, name string) string {
	return string(append(binary.BigEndian.AppendUint64([]byte{0x20}, id), name...))
}

func spaceRange(id uint64) (lo, hi []byte) { return []byte(keyIn(id, "")), []byte(keyIn(id+1, "")) }

// What writes or removes a range within one key space outdates that space, for all who come, and no other.
func TestRangesOutdateTheirKeySpaceAlone(t *testing.T) {
	for name, change := range map[string]func(s *Store) error{
		"delete range": func(s *Store) error {
			w := begun(t, s, storage.TxnOptions{})
			lo, hi := spaceRange(5)
			return errors.Join(w.DeleteRange(lo, hi), w.Set([]byte(keyIn(5, "a")), []byte("two")), w.Commit(ctx))
		},
		"delete a part": func(s *Store) error {
			w := begun(t, s, storage.TxnOptions{})
			key := []byte(keyIn(5, "a"))
			return errors.Join(w.DeleteRange(key, []byte(keyIn(5, "b"))), w.Set(key, []byte("two")), w.Commit(ctx))
		},
		"load": func(s *Store) error {
			lo, hi := spaceRange(5)
			return s.Load(ctx, lo, hi, &list{pairs: []string{keyIn(5, "a"), "two"}})
		},
		"load tables": func(s *Store) error {
			lo, hi := spaceRange(5)
			return s.Load(ctx, lo, hi, &list{pairs: []string{keyIn(5, "a"), "two", keyIn(5, "b"), strings.Repeat("x", smallLoad)}})
		},
		"spilled": func(s *Store) error {
			w := begun(t, s, storage.TxnOptions{})
			for i := range 4 {
				if err := w.Set([]byte(keyIn(5, fmt.Sprint("x", i))), make([]byte, s.txnMax/3)); err != nil {
					return err
				}
			}
			err := w.Set([]byte(keyIn(5, "a")), []byte("two"))
			for i := range 4 {
				err = errors.Join(err, w.Set([]byte(keyIn(5, fmt.Sprint("y", i))), make([]byte, s.txnMax/3)))
			}
			if len(w.writes.runs) == 0 {
				t.Error("the transaction did not spill")
			}
			return errors.Join(err, w.Commit(ctx))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := cached(t, 0, allBits)
			keys := []string{keyIn(4, "a"), keyIn(5, "a"), keyIn(6, "a"), keyIn(5+keySpaces, "a"), "\x20short"}
			for _, key := range keys {
				commit(t, s, key, "one")
			}
			old := reader(t, s)
			for _, key := range keys {
				wants(t, old, key, "one", false)
			}
			late := func() { s.cache.fill([]byte(keyIn(5, "a")), []byte("one"), old.version) }
			if err := change(s); err != nil {
				t.Fatal(err)
			}
			late() // a fill that was on its way
			now := reader(t, s)
			for _, tx := range []*txn{now, old} {
				wants(t, tx, keyIn(4, "a"), "one", true)
				wants(t, tx, keyIn(6, "a"), "one", true)
				wants(t, tx, "\x20short", "one", true)
			}
			wants(t, now, keyIn(5, "a"), "two", false)
			wants(t, now, keyIn(5, "a"), "two", true)
			wants(t, old, keyIn(5, "a"), "one", false)
			wants(t, now, keyIn(5, "a"), "two", true)
			// Another space with the same floor has missed, and is right.
			wants(t, now, keyIn(5+keySpaces, "a"), "one", false)
			wants(t, now, keyIn(5+keySpaces, "a"), "one", true)
			wants(t, old, keyIn(5+keySpaces, "a"), "one", false)
		})
	}
}

// A range that is not within one key space outdates everything.
func TestRangesOverSeveralKeySpacesEmptyTheCache(t *testing.T) {
	for _, sp := range []span{
		{keyIn(5, ""), keyIn(6, "\x00")}, {keyIn(5, "x"), keyIn(7, "")}, {"\x20", keyIn(5, "a")}, {keyIn(5, ""), ""}, {"\x1f", "\x30"},
	} {
		s := cached(t, 0, allBits)
		commit(t, s, keyIn(9, "a"), "one")
		wants(t, reader(t, s), keyIn(9, "a"), "one", false)
		w := begun(t, s, storage.TxnOptions{})
		hi := []byte(sp.hi)
		if sp.hi == "" {
			hi = []byte{0xff}
		}
		if err := errors.Join(w.DeleteRange([]byte(sp.lo), hi), w.Commit(ctx)); err != nil {
			t.Fatal(err)
		}
		want := "one"
		if sp.contains(keyIn(9, "a")) {
			want = "-"
		}
		wants(t, reader(t, s), keyIn(9, "a"), want, false)
		if s.cache.floor.Load() != s.version.Load() {
			t.Errorf("%x to %x: the floor is %d at version %d", sp.lo, sp.hi, s.cache.floor.Load(), s.version.Load())
		}
	}
}

// A span is in a space exactly if no key of it is outside.
func TestSpansWithinASpace(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 7))
	keys := make([]string, 3000)
	for i := range keys {
		b := make([]byte, 7+rng.IntN(5))
		for j := range b {
			b[j] = []byte{0, 1, 0xfe, 0xff}[rng.IntN(4)]
			if j < 6 {
				b[j] = b[j] / 0x80 * 0xff // more that are close
			}
		}
		keys[i] = string(b)
	}
	in := 0
	for range 20_000 {
		s := span{keys[rng.IntN(len(keys))], keys[rng.IntN(len(keys))]}
		switch n := min(len(s.lo), prefixSize); rng.IntN(4) {
		case 0: // in the same space
			s.hi = s.lo[:n] + s.hi[len(s.hi)-rng.IntN(3):]
		case 1: // what follows it, as far as its last byte says
			s.hi = s.lo[:n-1] + string([]byte{s.lo[n-1] + 1})
		}
		if s.hi <= s.lo {
			continue
		}
		// The greatest keys below hi of at most 12 bytes, and all that were made.
		want := len(s.lo) >= prefixSize
		for _, key := range append(keys, s.lo, below(s.hi)) {
			if want && key >= s.lo && key < s.hi && (len(key) < prefixSize || prefixOf(key) != prefixOf(s.lo)) {
				want = false
			}
		}
		if got := s.inSpace(); got != want {
			t.Fatalf("%x to %x: in one space is %t, want %t", s.lo, s.hi, got, want)
		}
		if want {
			in++
		}
	}
	if in < 2000 {
		t.Errorf("%d spans were within a space", in)
	}
}

// below is the greatest key of up to 12 bytes that is less than key.
func below(key string) string {
	b := []byte(key)
	if last := len(b) - 1; b[last] == 0 {
		return string(b[:last])
	} else {
		b[last]--
	}
	for len(b) < 12 {
		b = append(b, 0xff)
	}
	return string(b)
}

// A write set of more keys than there are slots outdates the spaces that it writes to.
func TestAHugeWriteSetLeavesOtherKeySpaces(t *testing.T) {
	s := cached(t, leastRing, allBits)
	commit(t, s, keyIn(4, "a"), "one", keyIn(5, "000000"), "one", keyIn(5, "999999"), "one")
	wants(t, reader(t, s), keyIn(5, "999999"), "one", false)
	w := begun(t, s, storage.TxnOptions{})
	for i := range s.cache.slots * 8 {
		if err := w.Set([]byte(keyIn(5, fmt.Sprintf("%06d", i))), []byte("two")); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Set([]byte(keyIn(5, "999999")), []byte("two")), w.Commit(ctx)); err != nil {
		t.Fatal(err)
	}
	wants(t, reader(t, s), keyIn(5, "999999"), "two", false)
	if floor := s.cache.floor.Load(); floor != 0 {
		t.Errorf("the floor of everything is %d", floor)
	}
}

// A collection is cleared again and again: its next generation is loaded or written, becomes the current one by a commit, and
// the one before is dropped. Readers, old and new, find the generation that is current in their snapshot whole, all of them with one
// floor, and beside it a collection that stays.
func TestGenerationsComeAndGo(t *testing.T) {
	for _, tt := range []struct {
		name string
		size int64
		mask uint64
		step uint64 // from the number of one generation to the next
	}{{"roomy", 0, allBits, 1}, {"one floor", 0, allBits, keySpaces}, {"tiny", leastRing, allBits, keySpaces}, {"one hash", 0, 0, 1}} {
		t.Run(tt.name, func(t *testing.T) {
			s := cached(t, tt.size, tt.mask)
			const keys, generations = 6, 150
			current := "\x12current"
			stays := keyIn(500, "stays")
			number := func(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }
			next := func(g uint64) error {
				id := g * tt.step
				var pairs []string
				for i := range keys {
					pairs = append(pairs, keyIn(id, fmt.Sprint(i)), number(g))
				}
				lo, hi := spaceRange(id)
				w, err := s.Begin(ctx, storage.TxnOptions{})
				if err != nil {
					return err
				}
				defer w.Rollback()
				if g%3 == 0 {
					for i := range keys {
						err = errors.Join(err, w.Set([]byte(pairs[2*i]), []byte(pairs[2*i+1])))
					}
				} else {
					err = s.Load(ctx, lo, hi, &list{pairs: pairs})
				}
				if err = errors.Join(err, w.Set([]byte(current), []byte(number(g))), w.Commit(ctx)); err != nil || g == 1 {
					return err
				}
				lo, hi = spaceRange(id - tt.step)
				return s.DropRange(ctx, lo, hi)
			}
			commit(t, s, stays, "here")
			if err := next(1); err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			var done atomic.Bool
			wg.Go(func() {
				defer done.Store(true)
				for g := range uint64(generations) {
					if err := next(g + 2); err != nil {
						t.Error(err)
						return
					}
				}
			})
			for r := range 3 {
				wg.Go(func() {
					for !done.Load() && !t.Failed() {
						tx, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: r > 0})
						if err != nil {
							t.Error(err)
							return
						}
						v, err := tx.Get(ctx, []byte(current))
						if err != nil {
							t.Error(err)
							return
						}
						g := binary.BigEndian.Uint64(v)
						for range 1 + rand.IntN(3*keys) {
							v, err := tx.Get(ctx, []byte(keyIn(g*tt.step, fmt.Sprint(rand.IntN(keys)))))
							if err != nil || string(v) != number(g) {
								t.Errorf("generation %d at version %d: %x, %v", g, tx.Version(), v, err)
							}
							// What went before is gone by now, or is seen as it was.
							v, err = tx.Get(ctx, []byte(keyIn((g-1)*tt.step, "0")))
							if g > 1 && !errors.Is(err, storage.ErrNotFound) && string(v) != number(g-1) {
								t.Errorf("generation %d at version %d: %x, %v", g-1, tx.Version(), v, err)
							}
							if v, err = tx.Get(ctx, []byte(stays)); string(v) != "here" {
								t.Errorf("what stays: %q, %v", v, err)
							}
						}
						tx.Rollback()
					}
				})
			}
			wg.Wait()
			if floor := s.cache.floor.Load(); floor != 0 {
				t.Errorf("the floor of everything is %d", floor)
			}
		})
	}
}
