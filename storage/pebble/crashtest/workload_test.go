package crashtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/fluxdb/fluxdb/storage"
)

var ctx = context.Background()

// Key spaces of the workload.
const (
	commits = "\x10commits/" // one key for each commit
	values  = "\x11values../"
	dropped = "\x12dropped./" // ranges that are dropped
	loaded  = "\x13loaded../"
	bulk    = "\x14bulk..../" // written whole by large commits
)

// Sizes of large commits with the budget of small: one that is ingested, and one that spills before.
const (
	ingested = 1_300
	spilled  = 2_400
)

// write is one write of a commit.
type write struct {
	op     string // set, delete, range, add; bulk replaces all keys of bulk by delta new ones
	lo, hi string
	value  string
	delta  int64
}

// writesOf returns what commit i writes; the commits of every seed differ.
func writesOf(seed uint64, i int) (out []write) {
	rng := rand.New(rand.NewPCG(seed, uint64(i)))
	key := func() string { return fmt.Sprintf("%s%02d", values, rng.IntN(60)) }
	out = append(out, write{op: "set", lo: fmt.Sprintf("%s%05d", commits, i)}, write{op: "add", lo: "commits", delta: 1})
	switch i % 60 {
	case 7:
		out = append(out, write{op: "bulk", value: fmt.Sprint(i), delta: ingested + rng.Int64N(100)})
	case 37:
		out = append(out, write{op: "bulk", value: fmt.Sprint(i), delta: spilled + rng.Int64N(800)})
	}
	for range 1 + rng.IntN(4) {
		switch rng.IntN(8) {
		case 0:
			out = append(out, write{op: "delete", lo: key()})
		case 1:
			if lo, hi := key(), key(); lo < hi && rng.IntN(3) == 0 {
				out = append(out, write{op: "range", lo: lo, hi: hi})
			}
		case 2:
			out = append(out, write{op: "add", lo: fmt.Sprint("n", rng.IntN(3)), delta: rng.Int64N(5) - 2})
		default:
			out = append(out, write{op: "set", lo: key(), value: fmt.Sprint(i, ":", strings.Repeat("x", rng.IntN(1500)))})
		}
	}
	return out
}

// commit runs commit i until it does not conflict.
func commit(s storage.Store, seed uint64, i int, onCommit func(uint64)) error {
	for {
		txn, err := s.Begin(ctx, storage.TxnOptions{})
		if err != nil {
			return err
		}
		for _, w := range writesOf(seed, i) {
			switch w.op {
			case "set":
				err = txn.Set([]byte(w.lo), []byte(w.value))
			case "delete":
				err = txn.Delete([]byte(w.lo))
			case "range":
				err = txn.DeleteRange([]byte(w.lo), []byte(w.hi))
			case "add":
				err = txn.Add([]byte(w.lo), w.delta)
			case "bulk":
				err = writeBulk(txn, w)
			}
			if err != nil {
				txn.Rollback()
				return err
			}
		}
		txn.OnCommit(onCommit)
		if err = txn.Commit(ctx); !errors.Is(err, storage.ErrConflict) {
			return err
		}
	}
}

// writeBulk writes w.delta keys in no order, and on its way some that it takes back.
func writeBulk(txn storage.Txn, w write) error {
	if err := txn.DeleteRange([]byte(bulk), []byte(bulk+"~")); err != nil {
		return err
	}
	for i := range w.delta {
		if i == w.delta/2 {
			sp := txn.Savepoint()
			for j := range ingested {
				if err := txn.Set(bulkKey(int64(j)), []byte("taken back")); err != nil {
					return err
				}
			}
			if err := txn.RollbackTo(sp); err != nil {
				return err
			}
		}
		if err := txn.Set(bulkKey(i*7919%w.delta), []byte(w.value)); err != nil {
			return err
		}
	}
	return nil
}

func bulkKey(i int64) []byte { return fmt.Appendf(nil, "%s%05d", bulk, i) }

// state is what a store holds: keys, and counters with a # before their names.
type state map[string]string

// replay returns the state after commits in their order.
func replay(seed uint64, order []int) state {
	keys, counters := state{}, map[string]int64{}
	for _, i := range order {
		for _, w := range writesOf(seed, i) {
			switch w.op {
			case "set":
				keys[w.lo] = short(w.value)
			case "delete":
				delete(keys, w.lo)
			case "add":
				counters[w.lo] += w.delta
			case "bulk":
				keys.take(bulk)
				for i := range w.delta {
					keys[string(bulkKey(i))] = short(w.value)
				}
			case "range":
				for key := range keys {
					if key >= w.lo && key < w.hi {
						// A set of the same commit that came before is hidden as well.
						delete(keys, key)
					}
				}
			}
		}
	}
	for name, n := range counters {
		if n != 0 {
			keys["#"+name] = fmt.Sprint(n)
		}
	}
	return keys
}

// short stands for a value: its first bytes and its length.
func short(v string) string { return fmt.Sprintf("%.8s %d", v, len(v)) }

// read returns the state of a store.
func read(s storage.Store) (state, error) {
	txn, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer txn.Rollback()
	out := state{}
	it := txn.Scan(ctx, storage.ScanOptions{})
	for it.Next() {
		out[string(it.Key())] = short(string(it.Value()))
	}
	err = txn.ScanCounters(ctx, nil, nil, func(key []byte, n int64) error {
		out["#"+string(key)] = fmt.Sprint(n)
		return nil
	})
	return out, errors.Join(it.Err(), it.Close(), err)
}

// differ returns the first difference of the keys with one of the prefixes.
func differ(got, want state) string {
	for key := range maps.Keys(got) {
		if _, ok := want[key]; !ok {
			return fmt.Sprintf("%q is %q and should not be", key, got[key])
		}
	}
	for key, v := range want {
		if got[key] != v {
			return fmt.Sprintf("%q is %q, want %q", key, got[key], v)
		}
	}
	return ""
}

// take removes the keys with a prefix from a state.
func (s state) take(prefix string) state {
	out := state{}
	for key, v := range s {
		if strings.HasPrefix(key, prefix) {
			out[key] = v
			delete(s, key)
		}
	}
	return out
}

// log notes what happened, in order.
type log struct {
	mu    sync.Mutex
	order []int // commits, as OnCommit reported them
	acked []int // commits that returned nil
	// refused are commits that returned an error by which nothing was applied.
	refused []int
	loads   int // loads that returned
	drops   int // range drops that returned
}

func (l *log) note(fn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fn()
}

// pairs is a Source of the keys of one loaded or dropped range.
type pairs struct {
	prefix string
	n, at  int
	value  []byte
}

const rangeSize = 40

func rangeKeys(space string, number int) *pairs {
	value := []byte("v")
	if space == loaded && number%2 == 1 {
		value = make([]byte, 60<<10) // so that the range is ingested
	}
	return &pairs{prefix: fmt.Sprintf("%s%03d.", space, number), n: rangeSize, value: value}
}

func (p *pairs) Next() bool    { p.at++; return p.at <= p.n }
func (p *pairs) Key() []byte   { return fmt.Appendf(nil, "%s%03d", p.prefix, p.at) }
func (p *pairs) Value() []byte { return p.value }
func (p *pairs) Err() error    { return nil }
