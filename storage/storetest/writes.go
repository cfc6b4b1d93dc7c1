package storetest

import (
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

// largerThanMemory has transactions of three times what the store keeps in memory of one.
func largerThanMemory(t *testing.T, s storage.Store) {
	most := s.Info().TxnMemory
	if most == 0 || most > 16<<20 {
		most = 1 << 20 // a test should not write more
	}
	value := make([]byte, min(max(16, most/40), 64<<10))
	rows := 3*most/len(value) + 1
	name := func(i int) string { return fmt.Sprintf("%05d", i*7919%rows) } // in no order
	fill := func() storage.Txn {
		txn := begin(t, s)
		set(t, txn, "first", "1")
		for i := range rows {
			copy(value, name(i))
			if err := txn.Set(k(name(i)), value); err != nil {
				t.Fatal(err)
			}
		}
		return txn
	}
	count := func(txn storage.Txn, reverse bool) (n int) {
		it := txn.Scan(ctx, storage.ScanOptions{Lower: k("0"), Upper: k("a"), Reverse: reverse})
		defer it.Close()
		for last := ""; it.Next(); n++ {
			key := string(it.Key()[len(k("")):])
			if last != "" && (key > last) == reverse || len(it.Value()) != len(value) || string(it.Value()[:5]) != key {
				t.Fatalf("%q with %.5q follows %q", key, it.Value(), last)
			}
			last = key
		}
		if err := it.Err(); err != nil {
			t.Fatal(err)
		}
		return n
	}
	whole := func(what string, txn storage.Txn, want int) {
		t.Helper()
		if a, b := count(txn, false), count(txn, true); a != want || b != want {
			t.Fatalf("%s: %d and %d rows, want %d", what, a, b, want)
		}
	}
	txn := fill()
	whole("before it is rolled back", txn, rows)
	txn.Rollback()
	whole("rolled back", begin(t, s), 0)

	txn = fill()
	sp := txn.Savepoint()
	if err := txn.DeleteRange(k("0"), k(fmt.Sprintf("%05d", rows/2))); err != nil {
		t.Fatal(err)
	}
	whole("after a range delete", txn, rows-rows/2)
	for i := range rows {
		if err := txn.Delete(k(name(i))); err != nil {
			t.Fatal(err)
		}
		if err := txn.Set(k("more"+name(i)), value); err != nil {
			t.Fatal(err)
		}
	}
	whole("after deletes", txn, 0)
	if err := txn.RollbackTo(sp); err != nil {
		t.Fatal(err)
	}
	whole("after rolling back to the savepoint", txn, rows)
	want(t, "of after the savepoint", get(t, txn, "more00000"), "-")
	if err := txn.Delete(k(name(0))); err != nil {
		t.Fatal(err)
	}
	if err := txn.Add(k("rows"), int64(rows-1)); err != nil {
		t.Fatal(err)
	}
	commit(t, txn)
	after := begin(t, s)
	whole("committed", after, rows-1)
	want(t, "the first", get(t, after, "first"), "1")
	if n, err := after.Counter(ctx, k("rows")); n != int64(rows-1) || err != nil {
		t.Errorf("counter %d, %v", n, err)
	}

	reader, writer := begin(t, s), fill()
	get(t, reader, name(1))
	set(t, reader, "other", "1")
	rival := begin(t, s)
	set(t, rival, name(2), "rival")
	commit(t, writer)
	conflict(t, "a read of what a large transaction wrote", reader)
	conflict(t, "a write of what a large transaction wrote", rival)
	late := fill()
	put(t, s, name(3), "x")
	conflict(t, "a large transaction that wrote what another one did", late)
}
