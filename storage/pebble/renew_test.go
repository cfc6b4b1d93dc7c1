package pebble

import (
	"context"
	"errors"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

func TestARenewedTransactionIsANewOne(t *testing.T) {
	ctx := context.Background()
	s := mustOpen(t, t.TempDir(), Options{})
	defer s.Close()
	begin := func(readOnly bool) storage.Txn {
		t.Helper()
		txn, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: readOnly})
		if err != nil {
			t.Fatal(err)
		}
		return txn
	}
	set := func(value string) {
		t.Helper()
		w := begin(false)
		if err := errors.Join(w.Set([]byte("key"), []byte(value)), w.Commit(ctx)); err != nil {
			t.Fatal(err)
		}
	}
	renew := func(txn storage.Txn) error { return txn.(storage.Renewer).Renew(ctx) }

	set("one")
	txn := begin(true)
	if err := renew(txn); err == nil {
		t.Fatal("an open transaction was begun again")
	}
	before := txn.Scan(ctx, storage.ScanOptions{})
	if !before.Next() || string(before.Value()) != "one" {
		t.Fatal(before.Err())
	}
	before.Close()
	left := txn.Scan(ctx, storage.ScanOptions{}) // which the end closes
	txn.Rollback()
	if _, err := txn.Get(ctx, []byte("key")); !errors.Is(err, storage.ErrClosed) {
		t.Fatalf("a transaction that has ended reads: %v", err)
	}
	set("two")
	version := txn.Version()
	if err := renew(txn); err != nil {
		t.Fatal(err)
	}
	if txn.Version() <= version {
		t.Fatalf("version %d after %d", txn.Version(), version)
	}
	if v, err := txn.Get(ctx, []byte("key")); err != nil || string(v) != "two" {
		t.Fatalf("%q, %v", v, err)
	}
	if left.Next() || left.Close() != nil || before.Next() {
		t.Fatal("an iterator outlived its transaction")
	}
	again := txn.Scan(ctx, storage.ScanOptions{Spent: before})
	if again != before || !again.Next() || string(again.Value()) != "two" || again.Next() || again.Err() != nil {
		t.Fatalf("a scan of a spent iterator: %q, %v", again.Value(), again.Err())
	}
	if open := txn.Scan(ctx, storage.ScanOptions{Spent: again}); open == again {
		t.Fatal("an open iterator was taken for a spent one")
	}
	txn.Rollback()
	if writer := begin(false); true {
		writer.Rollback()
		if err := renew(writer); err == nil {
			t.Fatal("a writing transaction was begun again")
		}
	}
	s.Close()
	if err := renew(txn); !errors.Is(err, storage.ErrClosed) {
		t.Fatalf("begun again in a closed store: %v", err)
	}
}
