package storetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

// model runs random operations in transactions beside a map that is copied at every
// savepoint, and compares gets and scans of all kinds.
func model(t *testing.T, s storage.Store) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	committed := map[string]string{}
	key := func() string { return fmt.Sprintf("%02d", rng.IntN(40)) }
	for round := range 60 {
		txn := begin(t, s)
		state := maps.Clone(committed)
		var saved []map[string]string
		var points []int
		for op := range 60 {
			switch rng.IntN(9) {
			case 0, 1, 2:
				name, value := key(), fmt.Sprint(round, ".", op)
				set(t, txn, name, value)
				state[name] = value
			case 3:
				name := key()
				if err := txn.Delete(k(name)); err != nil {
					t.Fatal(err)
				}
				delete(state, name)
			case 4:
				lo, hi := key(), key()
				if rng.IntN(3) > 0 || lo >= hi {
					continue
				}
				if err := txn.DeleteRange(k(lo), k(hi)); err != nil {
					t.Fatal(err)
				}
				maps.DeleteFunc(state, func(name, _ string) bool { return name >= lo && name < hi })
			case 5:
				saved = append(saved, maps.Clone(state))
				points = append(points, txn.Savepoint())
			case 6:
				if len(saved) == 0 {
					continue
				}
				i := rng.IntN(len(saved))
				if err := txn.RollbackTo(points[i]); err != nil {
					t.Fatal(err)
				}
				state = maps.Clone(saved[i])
				saved, points = saved[:i+1], points[:i+1]
			case 7:
				name := key()
				w, ok := state[name]
				if !ok {
					w = "-"
				}
				want(t, "get "+name, get(t, txn, name), w)
			case 8:
				lo, hi := key(), key()
				reverse := rng.IntN(2) == 0
				want(t, fmt.Sprintf("scan [%s, %s) reverse %v", lo, hi, reverse), dump(t, txn, lo, max(lo, hi), reverse), show(state, lo, max(lo, hi), reverse))
			}
			if t.Failed() {
				return
			}
		}
		if rng.IntN(4) == 0 {
			txn.Rollback()
			continue
		}
		commit(t, txn)
		committed = state
		want(t, "after commit", dump(t, begin(t, s), "", "z", false), show(committed, "", "z", false))
	}
}

func show(state map[string]string, lo, hi string, reverse bool) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(state)) {
		if name >= lo && name < hi {
			out = append(out, name+"="+state[name])
		}
	}
	if reverse {
		slices.Reverse(out)
	}
	return strings.Join(out, " ")
}
