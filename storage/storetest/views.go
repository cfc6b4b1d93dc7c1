package storetest

import (
	"errors"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

// stableViews writes after views were taken, and takes writes back: each goes on with the state it was taken at.
func stableViews(t *testing.T, s storage.Store) {
	put(t, s, "a", "1", "b", "2", "c", "3", "d", "4", "e", "5")
	txn := begin(t, s)
	untouched := txn.View()
	if err := txn.DeleteRange(k("c"), k("cc")); err != nil {
		t.Fatal(err)
	}
	set(t, txn, "a", "first")
	set(t, txn, "f", "soon gone")
	if err := errors.Join(txn.Delete(k("b")), txn.Delete(k("e")), txn.DeleteRange(k("f"), k("ff"))); err != nil {
		t.Fatal(err)
	}
	before := txn.Savepoint()
	set(t, txn, "b", "second")
	second := txn.View()
	put(t, s, "d", "another's", "e", "another's")
	check := func(when string) {
		t.Helper()
		for _, v := range []struct {
			name, entries string
			reader        storage.Reader
		}{
			{"of the snapshot", "a=1 b=2 c=3 d=4 e=5", untouched},
			{"in between", "a=first b=second d=4", second},
		} {
			want(t, when+": scan of the view "+v.name, dump(t, v.reader, "a", "z", false), v.entries)
			var points, many string
			keys := [][]byte{k("a"), k("b"), k("c"), k("d"), k("e"), k("f")}
			for _, key := range keys {
				name := string(key[len(k("")):])
				if value := get(t, v.reader, name); value != "-" {
					points += " " + name + "=" + value
				}
			}
			err := v.reader.MultiGet(ctx, keys, func(i int, value []byte, found bool) error {
				if found {
					many += " " + string(keys[i][len(k("")):]) + "=" + string(value)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want(t, when+": points of the view "+v.name, points, " "+v.entries)
			want(t, when+": many points of the view "+v.name, many, " "+v.entries)
		}
	}
	check("at first")
	set(t, txn, "a", "third")
	set(t, txn, "c", "third")
	if err := txn.DeleteRange(k("b"), k("z")); err != nil {
		t.Fatal(err)
	}
	check("after more writes")
	if err := txn.RollbackTo(before); err != nil {
		t.Fatal(err)
	}
	check("after a return")
	set(t, txn, "b", "fourth")
	set(t, txn, "d", "fourth")
	check("after other writes in their place")
	want(t, "the transaction itself", dump(t, txn, "a", "z", true), "d=fourth b=fourth a=first")
	txn.Rollback()
	if _, err := second.Get(ctx, k("a")); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("a view after the end of its transaction: got %v, want ErrClosed", err)
	}
}

// viewsCount has a transaction conflict over what it read through a view only.
func viewsCount(t *testing.T, s storage.Store) {
	put(t, s, "a", "1", "b", "2")
	for _, read := range []func(storage.Reader){
		func(r storage.Reader) { get(t, r, "b") },
		func(r storage.Reader) { dump(t, r, "b", "c", false) },
		func(r storage.Reader) {
			_ = r.MultiGet(ctx, [][]byte{k("b")}, func(int, []byte, bool) error { return nil })
		},
	} {
		txn := begin(t, s)
		view := txn.View()
		set(t, txn, "a", "x")
		read(view)
		put(t, s, "b", "new")
		conflict(t, "a write of what a view has read", txn)
	}
}
