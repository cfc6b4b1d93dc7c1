package crashtest

import (
	"errors"
	"syscall"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// Where the disk is full while a transaction moves to it, or while its tables are written, the transaction says so and
// is lost at most itself: nothing of it is applied, its files are removed, and the store goes on.
func TestAFullDiskEndsALargeTransactionAlone(t *testing.T) {
	disk := New()
	s, err := disk.Open(small(pebble.SyncFull))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	full := func(int64) error { return syscall.ENOSPC }
	begin := func() storage.Txn {
		t.Helper()
		txn, err := s.Begin(ctx, storage.TxnOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return txn
	}
	fill := func(txn storage.Txn, from, n int64) (int64, error) {
		for i := from; i < n; i++ {
			if err := txn.Set(bulkKey(i), nil); err != nil {
				return i, err
			}
		}
		return n, nil
	}
	check := func(what string, want int) {
		t.Helper()
		got, err := read(s)
		if n := len(got.take(bulk)); n != want || err != nil {
			t.Errorf("%s: %d keys, %v; want %d", what, n, err, want)
		}
		if left := disk.List(Path + "/runs"); len(left) > 0 {
			t.Errorf("%s: files %v are left", what, left)
		}
	}

	txn := begin()
	disk.BeforeWrite(full)
	at, err := fill(txn, 0, spilled)
	if !errors.Is(err, syscall.ENOSPC) || errors.Is(err, storage.ErrUndecided) {
		t.Fatalf("write %d: %v", at, err)
	}
	disk.BeforeWrite(nil)
	if _, err := fill(txn, at, spilled); err != nil { // goes on where it was
		t.Fatal(err)
	}
	txn.Rollback()
	check("rolled back", 0)

	failing := int64(1) // which of the next writes fails: creating a table, or writing it
	full = func(int64) error {
		if failing--; failing == 0 {
			return syscall.ENOSPC
		}
		return nil
	}
	for _, n := range []int64{ingested, spilled} {
		for which := range int64(2) {
			txn = begin()
			if _, err := fill(txn, 0, n); err != nil {
				t.Fatal(err)
			}
			failing = 1 + which
			disk.BeforeWrite(full)
			err = txn.Commit(ctx)
			disk.BeforeWrite(nil)
			if !errors.Is(err, syscall.ENOSPC) || errors.Is(err, storage.ErrUndecided) {
				t.Errorf("commit of %d: %v", n, err)
			}
			check("after a commit that failed", 0)
		}
	}

	failing = 1
	disk.BeforeWrite(full)
	err = s.Load(ctx, []byte(loaded), []byte(loaded+"~"), rangeKeys(loaded, 1))
	disk.BeforeWrite(nil)
	if !errors.Is(err, syscall.ENOSPC) || errors.Is(err, storage.ErrUndecided) {
		t.Errorf("load: %v", err)
	}
	check("after a load that failed", 0)

	txn = begin()
	if _, err := fill(txn, 0, spilled); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(txn.Commit(ctx), put(s, values+"after")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	check("committed", spilled)
}
