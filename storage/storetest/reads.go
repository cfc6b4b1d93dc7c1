package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

func readYourWrites(t *testing.T, s storage.Store) {
	put(t, s, "a", "1", "b", "2", "d", "4")
	txn := begin(t, s)
	set(t, txn, "b", "two")
	set(t, txn, "c", "three")
	if err := txn.Delete(k("d")); err != nil {
		t.Fatal(err)
	}
	want(t, "a", get(t, txn, "a"), "1")
	want(t, "b", get(t, txn, "b"), "two")
	want(t, "d", get(t, txn, "d"), "-")
	want(t, "scan", dump(t, txn, "a", "z", false), "a=1 b=two c=three")
	want(t, "reverse", dump(t, txn, "a", "z", true), "c=three b=two a=1")
	var multi string
	err := txn.MultiGet(ctx, [][]byte{k("c"), k("d"), k("a"), k("x")}, func(i int, v []byte, found bool) error {
		multi += fmt.Sprintf("%d:%s:%v ", i, v, found)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "multi-get", multi, "0:three:true 1::false 2:1:true 3::false ")
	other := begin(t, s)
	want(t, "another transaction", dump(t, other, "a", "z", false), "a=1 b=2 d=4")
	commit(t, txn)
	want(t, "committed", dump(t, begin(t, s), "a", "z", false), "a=1 b=two c=three")
	v, err := s.Get(ctx, k("b"))
	if err != nil || string(v) != "two" {
		t.Errorf("Store.Get = %q, %v", v, err)
	}
	if _, err := s.Get(ctx, k("d")); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("Store.Get of a deleted key: %v", err)
	}
}

func setAfterDeleteRange(t *testing.T, s storage.Store) {
	put(t, s, "a", "1", "b", "2", "c", "3", "d", "4")
	txn := begin(t, s)
	set(t, txn, "bb", "own")
	if err := txn.DeleteRange(k("b"), k("d")); err != nil {
		t.Fatal(err)
	}
	want(t, "deleted", dump(t, txn, "a", "z", false), "a=1 d=4")
	want(t, "own write before it", get(t, txn, "bb"), "-")
	set(t, txn, "c", "new")
	for _, reverse := range []bool{false, true} {
		w := "a=1 c=new d=4"
		if reverse {
			w = "d=4 c=new a=1"
		}
		want(t, "set after it", dump(t, txn, "a", "z", reverse), w)
	}
	want(t, "get", get(t, txn, "c"), "new")
	want(t, "get deleted", get(t, txn, "b"), "-")
	commit(t, txn)
	want(t, "committed", dump(t, begin(t, s), "a", "z", false), "a=1 c=new d=4")
}

func stableSnapshots(t *testing.T, s storage.Store) {
	put(t, s, "a", "1")
	old := begin(t, s)
	v := old.Version()
	put(t, s, "a", "2", "b", "2")
	want(t, "old get", get(t, old, "a"), "1")
	want(t, "old scan", dump(t, old, "a", "z", false), "a=1")
	if now := begin(t, s); now.Version() <= v {
		t.Errorf("version %d after a commit, %d before", now.Version(), v)
	}
}

func stableIterators(t *testing.T, s storage.Store) {
	put(t, s, "a", "1", "b", "2", "c", "3")
	txn := begin(t, s)
	set(t, txn, "b", "own")
	it := txn.Scan(ctx, storage.ScanOptions{Lower: k(""), Upper: k("z")})
	defer it.Close()
	back := txn.Scan(ctx, storage.ScanOptions{Lower: k(""), Upper: k("z"), Reverse: true})
	defer back.Close()
	sp := txn.Savepoint()
	it.Next()
	set(t, txn, "bb", "later")
	set(t, txn, "c", "later")
	if err := txn.DeleteRange(k("a"), k("z")); err != nil {
		t.Fatal(err)
	}
	want(t, "while writing", drain(t, it), "b=own c=3")
	if err := txn.RollbackTo(sp); err != nil {
		t.Fatal(err)
	}
	set(t, txn, "aa", "after rollback")
	want(t, "reverse, after rolling back", drain(t, back), "c=3 b=own a=1")
	want(t, "a new scan", dump(t, txn, "a", "z", false), "a=1 aa=after rollback b=own c=3")
}

func seekAndReverse(t *testing.T, s storage.Store) {
	put(t, s, "b", "2", "d", "4", "f", "6")
	txn := begin(t, s)
	for _, own := range []bool{false, true} {
		if own {
			set(t, txn, "c", "own")
			if err := txn.Delete(k("f")); err != nil {
				t.Fatal(err)
			}
		}
		it := txn.Scan(ctx, storage.ScanOptions{Lower: k("a"), Upper: k("z")})
		back := txn.Scan(ctx, storage.ScanOptions{Lower: k("a"), Upper: k("z"), Reverse: true})
		at := func(it storage.Iter, ok bool) string {
			if !ok {
				return "-"
			}
			return string(it.Key()[len(k("")):])
		}
		forward := map[string]string{"a": "b", "b": "b", "c": "d", "e": "f", "g": "-"}
		reverse := map[string]string{"a": "-", "b": "b", "c": "b", "e": "d", "g": "f"}
		if own {
			forward["c"], forward["e"] = "c", "-"
			reverse["c"], reverse["g"] = "c", "d"
		}
		for key, w := range forward {
			want(t, "seek "+key, at(it, it.Seek(k(key))), w)
		}
		for key, w := range reverse {
			want(t, "reverse seek "+key, at(back, back.Seek(k(key))), w)
		}
		it.Seek(k("c"))
		it.Next()
		back.Seek(k("e"))
		back.Next()
		if own {
			want(t, "next after seek", at(it, true), "d")
			want(t, "next after reverse seek", at(back, true), "c")
		} else {
			want(t, "next after seek", at(it, true), "f")
			want(t, "next after reverse seek", at(back, true), "b")
		}
		it.Close()
		back.Close()
	}
	all := txn.Scan(ctx, storage.ScanOptions{})
	defer all.Close()
	want(t, "unbounded", drain(t, all), "b=2 c=own d=4")
}

func manyKeys(t *testing.T, s storage.Store) {
	const n = 100_000
	for range 2 {
		txn := begin(t, s)
		for i := range n / 2 {
			set(t, txn, fmt.Sprintf("%06d", 2*i), "v")
			if i%(n/5) == 0 {
				commit(t, txn)
				txn = begin(t, s)
			}
		}
		commit(t, txn)
	}
	txn := begin(t, s)
	for i := range n / 2 {
		set(t, txn, fmt.Sprintf("%06d", 2*i+1), "own")
	}
	it := txn.Scan(ctx, storage.ScanOptions{Lower: k(""), Upper: k("z")})
	defer it.Close()
	i := 0
	for ; it.Next(); i++ {
		if got := string(it.Key()[len(k("")):]); got != fmt.Sprintf("%06d", i) {
			t.Fatalf("key %d is %s", i, got)
		}
	}
	if i != n || it.Err() != nil {
		t.Errorf("%d keys, want %d (%v)", i, n, it.Err())
	}
	commit(t, txn)
}

func cancelled(t *testing.T, s storage.Store) {
	txn := begin(t, s)
	for i := range 5000 {
		set(t, txn, fmt.Sprintf("%05d", i), "x")
	}
	commit(t, txn)
	txn = begin(t, s)
	short, cancel := context.WithCancel(ctx)
	it := txn.Scan(short, storage.ScanOptions{Lower: k(""), Upper: k("z")})
	defer it.Close()
	for range 10 {
		it.Next()
	}
	cancel()
	n := 0
	for it.Next() {
		n++
	}
	if !errors.Is(it.Err(), context.Canceled) || n > 2000 {
		t.Errorf("%d more entries and %v after the context was cancelled", n, it.Err())
	}
	if _, err := txn.Get(short, k("1")); !errors.Is(err, context.Canceled) {
		t.Errorf("Get: %v", err)
	}
	if _, err := s.Begin(short, storage.TxnOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Begin: %v", err)
	}
}
