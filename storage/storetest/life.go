package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

func afterTheEnd(t *testing.T, s storage.Store) {
	put(t, s, "a", "1")
	txn := begin(t, s)
	it := txn.Scan(ctx, storage.ScanOptions{Lower: k(""), Upper: k("z")})
	it.Next()
	commit(t, txn)
	txn.Rollback()
	if it.Next() || !errors.Is(it.Err(), storage.ErrClosed) {
		t.Errorf("an iterator goes on after Commit: %v", it.Err())
	}
	it.Close()
	it.Close()
	for name, err := range map[string]error{
		"Set": txn.Set(k("a"), nil), "Commit": txn.Commit(ctx), "RollbackTo": txn.RollbackTo(0),
		"Get": func() error { _, err := txn.Get(ctx, k("a")); return err }(),
	} {
		if !errors.Is(err, storage.ErrClosed) {
			t.Errorf("%s after Commit: %v", name, err)
		}
	}
}

func closeWhileInUse(t *testing.T, s storage.Store) {
	txn := begin(t, s)
	for i := range 2000 {
		set(t, txn, fmt.Sprintf("%05d", i), "x")
	}
	commit(t, txn)
	var wg sync.WaitGroup
	started := make(chan struct{}, 8)
	for i := range 8 {
		wg.Go(func() {
			started <- struct{}{}
			for {
				txn, err := s.Begin(ctx, storage.TxnOptions{})
				if err == nil {
					it := txn.Scan(ctx, storage.ScanOptions{Lower: k(""), Upper: k("z")})
					for it.Next() {
					}
					err = errors.Join(it.Err(), it.Close(), txn.Set(k(fmt.Sprint(i)), nil))
				}
				if err == nil {
					err = txn.Commit(ctx)
				}
				if err != nil && !errors.Is(err, storage.ErrConflict) {
					if !errors.Is(err, storage.ErrClosed) {
						t.Errorf("a call while the store closes: %v", err)
					}
					return
				}
			}
		})
	}
	for range 8 {
		<-started
	}
	idle := begin(t, s)
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	wg.Wait()
	if _, err := idle.Get(ctx, k("a")); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("Get after Close: %v", err)
	}
	if _, err := s.Get(ctx, k("a")); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("Store.Get after Close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}
