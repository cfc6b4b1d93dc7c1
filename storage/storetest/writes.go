package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

func counter(t testing.TB, txn storage.Txn, key string) int64 {
	t.Helper()
	n, err := txn.Counter(ctx, []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func counters(t *testing.T, s storage.Store) {
	add := func(txn storage.Txn, key string, n int64) {
		t.Helper()
		if err := txn.Add([]byte(key), n); err != nil {
			t.Fatal(err)
		}
	}
	a, b := begin(t, s), begin(t, s)
	add(a, "n", 5)
	add(b, "n", -2)
	add(b, "m", 1)
	if n := counter(t, a, "n"); n != 5 {
		t.Errorf("own Adds: %d", n)
	}
	commit(t, a)
	if n := counter(t, b, "n"); n != -2 {
		t.Errorf("the snapshot sees another's Add: %d", n)
	}
	commit(t, b)
	txn := begin(t, s)
	if n := counter(t, txn, "n"); n != 3 {
		t.Errorf("the sum is %d, want 3", n)
	}
	sp := txn.Savepoint()
	add(txn, "n", 10)
	add(txn, "n", 10)
	if err := txn.RollbackTo(sp); err != nil {
		t.Fatal(err)
	}
	if n := counter(t, txn, "n"); n != 3 {
		t.Errorf("after rolling back %d, want 3", n)
	}
	var all string
	if err := txn.ScanCounters(ctx, nil, nil, func(key []byte, n int64) error {
		all += fmt.Sprintf("%s=%d ", key, n)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want(t, "all counters", all, "m=1 n=3 ")
}

func savepoints(t *testing.T, s storage.Store) {
	put(t, s, "a", "0", "b", "0")
	txn := begin(t, s)
	rollback := func(sp int) {
		t.Helper()
		if err := txn.RollbackTo(sp); err != nil {
			t.Fatal(err)
		}
	}
	set(t, txn, "a", "1")
	first := txn.Savepoint()
	set(t, txn, "a", "2")
	set(t, txn, "c", "2")
	second := txn.Savepoint()
	if err := txn.DeleteRange(k("a"), k("z")); err != nil {
		t.Fatal(err)
	}
	set(t, txn, "b", "3")
	want(t, "all", dump(t, txn, "a", "z", false), "b=3")
	rollback(second)
	want(t, "to the second", dump(t, txn, "a", "z", false), "a=2 b=0 c=2")
	rollback(second)
	rollback(first)
	want(t, "to the first", dump(t, txn, "a", "z", false), "a=1 b=0")
	want(t, "get", get(t, txn, "c"), "-")
	set(t, txn, "d", "4")
	commit(t, txn)
	want(t, "committed", dump(t, begin(t, s), "a", "z", false), "a=1 b=0 d=4")
	if err := begin(t, s).RollbackTo(99); err == nil {
		t.Error("a savepoint that was never taken is accepted")
	}
}

// slice is a Source of pairs.
type slice struct {
	pairs []string
	at    int
}

func (s *slice) Next() bool    { s.at += 2; return s.at <= len(s.pairs) }
func (s *slice) Key() []byte   { return k(s.pairs[s.at-2]) }
func (s *slice) Value() []byte { return []byte(s.pairs[s.at-1]) }
func (s *slice) Err() error    { return nil }

func loadAndIngest(t *testing.T, s storage.Store) {
	if err := s.Load(ctx, k("a"), k("m"), &slice{pairs: []string{"a", "1", "b", "2"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Load(ctx, k("a"), k("m"), &slice{pairs: []string{"d", "1", "c", "2"}}); err == nil {
		t.Error("Load takes keys out of order")
	}
	if err := s.Load(ctx, k("a"), k("m"), &slice{pairs: []string{"x", "1"}}); err == nil {
		t.Error("Load takes a key outside its range")
	}
	txn := begin(t, s)
	set(t, txn, "c", "own")
	if err := txn.Ingest(&slice{pairs: []string{"n", "1", "o", "2"}}, &slice{pairs: []string{"x", "1"}}); err != nil {
		t.Fatal(err)
	}
	want(t, "before", dump(t, begin(t, s), "n", "z", false), "")
	commit(t, txn)
	want(t, "after", dump(t, begin(t, s), "n", "z", false), "n=1 o=2 x=1")
	want(t, "loaded", dump(t, begin(t, s), "a", "c", false), "a=1 b=2")
}

func dropRange(t *testing.T, s storage.Store) {
	put(t, s, "a", "1", "b", "2", "z", "3")
	old := begin(t, s)
	put(t, s, "gone", "yes") // the commit that makes [a, c) unreachable
	if err := s.DropRange(ctx, k("a"), k("c")); err != nil {
		t.Fatal(err)
	}
	want(t, "an older transaction", dump(t, old, "a", "c", false), "a=1 b=2")
	old.Rollback()
	want(t, "after it ended", dump(t, begin(t, s), "a", "c", false), "")
	want(t, "outside the range", get(t, begin(t, s), "z"), "3")
	if err := s.DropRange(ctx, k("c"), k("a")); err == nil {
		t.Error("a range the wrong way round is accepted")
	}
}

func tooLarge(t *testing.T, s storage.Store) {
	most := s.Info().MaxTxnSize
	if most == 0 || most > 64<<20 {
		return // larger than a test should make one
	}
	txn := begin(t, s)
	set(t, txn, "small", "1")
	sp := txn.Savepoint()
	value := make([]byte, 1<<20)
	var err error
	for i := 0; i <= most>>20+1 && err == nil; i++ {
		err = txn.Set(k(fmt.Sprint(i)), value)
	}
	if !errors.Is(err, storage.ErrTxnTooLarge) {
		t.Fatalf("error %v, want ErrTxnTooLarge", err)
	}
	if err := txn.RollbackTo(sp); err != nil {
		t.Fatal(err)
	}
	set(t, txn, "after", "2")
	commit(t, txn)
	want(t, "what fits", dump(t, begin(t, s), "a", "z", false), "after=2 small=1")

	// A transaction that is full, to the last write that fits, still commits.
	txn = begin(t, s)
	for n, part := 0, 1<<20; part > 0; {
		if err := txn.Set(k(fmt.Sprint(n)), value[:part]); err == nil {
			n++
			continue
		} else if !errors.Is(err, storage.ErrTxnTooLarge) {
			t.Fatal(err)
		}
		part /= 2
	}
	if err := txn.Add(k("counter"), 1); err != nil {
		t.Fatal(err)
	}
	commit(t, txn)
}
