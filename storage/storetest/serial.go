package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

// step is one operation of a recorded transaction and, of a read, what it returned.
type step struct {
	op     string // get, scan, set, delete, range
	lo, hi string
	most   int // entries a scan reads; 0 is all
	back   bool
	result string // of a read; the value of a set
}

// history is a committed transaction.
type history struct {
	version uint64
	steps   []step
}

// apply replays the transaction on a state and returns the first read that the state contradicts.
func (h *history) apply(state map[string]string) string {
	for _, st := range h.steps {
		got := st.result
		switch st.op {
		case "set":
			state[st.lo] = st.result
		case "delete":
			delete(state, st.lo)
		case "range":
			maps.DeleteFunc(state, func(name, _ string) bool { return name >= st.lo && name < st.hi })
		case "get":
			got = "-"
			if v, ok := state[st.lo]; ok {
				got = v
			}
		case "scan":
			got = first(state, st)
		}
		if got != st.result {
			return fmt.Sprintf("%+v, in serial order %q", st, got)
		}
	}
	return ""
}

// first is the scan of st on a state.
func first(state map[string]string, st step) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(state)) {
		if name >= st.lo && name < st.hi {
			names = append(names, name)
		}
	}
	if st.back {
		slices.Reverse(names)
	}
	if st.most > 0 {
		names = names[:min(len(names), st.most)]
	}
	out := ""
	for _, name := range names {
		out += name + "=" + state[name] + " "
	}
	return out
}

// serialHistories runs random transactions on many goroutines and replays those that
// committed in the order of their versions: each must have read what that order says.
// It is the whole promise of serializability, whatever the store does to keep it.
func serialHistories(t *testing.T, s storage.Store) {
	if s.Info().Isolation != storage.Serializable {
		return
	}
	const workers, each = 6, 150
	seed := rand.Uint64()
	var mu sync.Mutex
	var done []history
	lost := 0
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(w)))
			for i := range each {
				h, err := randomTxn(s, rng, fmt.Sprintf("%d.%d", w, i))
				mu.Lock()
				switch {
				case errors.Is(err, storage.ErrConflict):
					lost++
				case err != nil:
					t.Error(err)
				case h.version > 0:
					done = append(done, h)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.SortFunc(done, func(a, b history) int { return int(a.version) - int(b.version) })
	state := map[string]string{}
	for i, h := range done {
		if i > 0 && h.version <= done[i-1].version {
			t.Fatalf("seed %d: version %d twice", seed, h.version)
		}
		if wrong := h.apply(state); wrong != "" {
			t.Fatalf("seed %d: transaction %d of %d read %s", seed, i, len(done), wrong)
		}
	}
	want(t, "the final state", dump(t, begin(t, s), "", "z", false), show(state, "", "z", false))
	if lost == 0 || len(done) < each {
		t.Errorf("%d commits and %d conflicts: not much of a test", len(done), lost)
	}
}

// randomTxn runs one transaction of a few operations on few keys.
func randomTxn(s storage.Store, rng *rand.Rand, value string) (h history, err error) {
	txn, err := s.Begin(ctx, storage.TxnOptions{Exclusive: rng.IntN(40) == 0})
	if err != nil {
		return h, err
	}
	defer txn.Rollback()
	txn.OnCommit(func(version uint64) { h.version = version })
	key := func() string { return fmt.Sprintf("%02d", rng.IntN(30)) }
	for n := range 1 + rng.IntN(6) {
		st := step{lo: key()}
		switch rng.IntN(10) {
		case 0, 1, 2:
			st.op, st.result = "set", fmt.Sprint(value, ".", n)
			err = txn.Set(k(st.lo), []byte(st.result))
		case 3:
			st.op = "delete"
			err = txn.Delete(k(st.lo))
		case 4:
			st.op, st.hi = "range", fmt.Sprintf("%02d", rng.IntN(30))
			if rng.IntN(3) > 0 {
				continue
			}
			err = txn.DeleteRange(k(st.lo), k(st.hi))
		case 5, 6, 7:
			st.op, st.result = "get", "-"
			var v []byte
			if v, err = txn.Get(ctx, k(st.lo)); err == nil {
				st.result = string(v)
			} else if errors.Is(err, storage.ErrNotFound) {
				err = nil
			}
		default:
			st.op, st.hi, st.back, st.most = "scan", key(), rng.IntN(2) == 0, rng.IntN(4)
			st.result, err = randomScan(ctx, txn, st, rng)
		}
		if err != nil {
			return h, err
		}
		h.steps = append(h.steps, st)
	}
	err = txn.Commit(ctx)
	return h, err
}

// randomScan reads st's entries; the iterator may stay open until the commit.
func randomScan(ctx context.Context, txn storage.Txn, st step, rng *rand.Rand) (out string, err error) {
	it := txn.Scan(ctx, storage.ScanOptions{Lower: k(st.lo), Upper: k(st.hi), Reverse: st.back, Limit: st.most})
	for n := 0; (st.most == 0 || n < st.most) && it.Next(); n++ {
		out += string(it.Key()[len(k("")):]) + "=" + string(it.Value()) + " "
	}
	if rng.IntN(2) == 0 {
		return out, it.Close()
	}
	return out, it.Err()
}
