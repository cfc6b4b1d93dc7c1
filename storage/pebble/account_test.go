package pebble

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

// TestWriteBuffersShareOneLimit has many transactions write as much as they may.
func TestWriteBuffersShareOneLimit(t *testing.T) {
	const writers = 8
	s := mustOpen(t, "", Options{InMemory: true, Memory: 16 << 20})
	begin := func() storage.Txn {
		t.Helper()
		txn, err := s.Begin(ctx, storage.TxnOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return txn
	}
	value := make([]byte, 10_000)
	limit := s.buffers.limit + writers*bufferBlock
	var open []storage.Txn
	for i := range writers {
		txn := begin()
		open = append(open, txn)
		for n := range 300 {
			if err := txn.Set(fmt.Appendf(nil, "\x10%d %d", i, n), value); err != nil {
				t.Fatal(err)
			}
			if used := s.buffers.used.Load(); used > limit {
				t.Fatalf("write %d of transaction %d: %d bytes are in memory, at most %d may be", n, i, used, limit)
			}
		}
	}
	if st := s.Stats(); st.Spills < writers || st.SpilledSize == 0 {
		t.Errorf("%d spills of %d bytes for %d bytes and a limit of %d", st.Spills, st.SpilledSize, writers*300*len(value), s.buffers.limit)
	}
	small := begin() // is not kept from its work
	if err := errors.Join(small.Set([]byte("\x11"), value[:1000]), small.Commit(ctx)); err != nil {
		t.Errorf("a small transaction beside: %v", err)
	}
	for i, txn := range open {
		if i%2 == 0 {
			txn.Rollback()
		} else if err := txn.Commit(ctx); err != nil {
			t.Error(err)
		}
	}
	if used := s.buffers.used.Load(); used != 0 {
		t.Errorf("ended transactions hold %d bytes", used)
	}
	one := begin() // has all that the others gave back, and again after it went back itself
	defer one.Rollback()
	for range 2 {
		start := one.Savepoint()
		for n := range 300 {
			if err := one.Set(fmt.Appendf(nil, "\x10%d", n), value); err != nil {
				t.Fatal(err)
			}
		}
		if err := one.RollbackTo(start); err != nil {
			t.Fatal(err)
		}
		if used := s.buffers.used.Load(); used > bufferBlock {
			t.Errorf("a transaction that went back holds %d bytes", used)
		}
	}
}

func TestOpenIteratorsAreLimited(t *testing.T) {
	s := mustOpen(t, "", Options{InMemory: true, Memory: 16 << 20})
	txn, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer txn.Rollback()
	var open []storage.Iter
	for range int(maxIters(16 << 20)) {
		it := txn.Scan(ctx, storage.ScanOptions{})
		if err := it.Err(); err != nil {
			t.Fatal(err)
		}
		open = append(open, it)
	}
	for range 3 {
		it := txn.Scan(ctx, storage.ScanOptions{})
		if it.Next() || !errors.Is(it.Err(), storage.ErrTooManyCursors) || !errors.Is(it.Close(), storage.ErrTooManyCursors) {
			t.Fatalf("iterator %d: %v", len(open)+1, it.Err())
		}
	}
	if st := s.Stats(); st.Iterators != len(open) || st.MaxIters != len(open) {
		t.Errorf("%d iterators are open, at most %d; want %d", st.Iterators, st.MaxIters, len(open))
	}
	for _, it := range open {
		it.Close()
		it.Close()
	}
	it := txn.Scan(ctx, storage.ScanOptions{})
	if it.Next(); it.Err() != nil || s.Stats().Iterators != 1 {
		t.Errorf("afterwards: %v, %d are open", it.Err(), s.Stats().Iterators)
	}
	txn.Rollback() // closes it
	if n := s.Stats().Iterators; n != 0 {
		t.Errorf("%d iterators are open", n)
	}
}

// TestOldIteratorsKeepNoMoreThanTheBudget opens an iterator after each of many commits.
func TestOldIteratorsKeepNoMoreThanTheBudget(t *testing.T) {
	const budget = 4 << 20
	s := mustOpen(t, t.TempDir()+"/db", Options{Memory: budget, Sync: SyncOff})
	value := make([]byte, 2000)
	var open []storage.Iter
	for i := 0; ; i++ {
		if i == 2000 {
			t.Fatal("2000 iterators are open, each of another state")
		}
		txn, err := s.Begin(ctx, storage.TxnOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for n := range 100 {
			if err := txn.Set(fmt.Appendf(nil, "\x10%d %d", i, n), value); err != nil {
				t.Fatal(err)
			}
		}
		if err := txn.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		reader, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Rollback()
		it := reader.Scan(ctx, storage.ScanOptions{})
		if err := it.Err(); err != nil {
			if !errors.Is(err, storage.ErrTooManyCursors) || !strings.Contains(err.Error(), "older writes") {
				t.Fatal(err)
			}
			break
		}
		if !it.Next() {
			t.Fatal(it.Err())
		}
		open = append(open, it)
	}
	if n := s.measurePinned(); n > 2*budget || n < budget/2 {
		t.Errorf("%d iterators keep %d bytes", len(open), n)
	}
	for _, it := range open {
		it.Close()
	}
	txn, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer txn.Rollback()
	if it := txn.Scan(ctx, storage.ScanOptions{}); !it.Next() {
		t.Errorf("after they were closed: %v", it.Err())
	}
}
