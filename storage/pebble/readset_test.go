package pebble

import (
	"errors"
	"fmt"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

// lookUpAndSet writes n keys of one space, each after it was looked up, as an insert does.
func lookUpAndSet(t *testing.T, txn storage.Txn, from, step, n int) {
	t.Helper()
	for i := range n {
		key := spaceKey(from + i*step)
		if _, err := txn.Get(ctx, key); err != nil && !errors.Is(err, storage.ErrNotFound) {
			t.Fatal(err)
		}
		if err := txn.Set(key, key); err != nil {
			t.Fatal(err)
		}
	}
}

func spaceKey(i int) []byte { return fmt.Appendf(nil, "\x10spaceAA.%08d", i) }

func TestLargeWritersOfDifferentKeysDoNotMeet(t *testing.T) {
	s := mustOpen(t, "", Options{InMemory: true, Memory: 64 << 20})
	var txns []storage.Txn
	for range 3 {
		txn, err := s.Begin(ctx, storage.TxnOptions{})
		if err != nil {
			t.Fatal(err)
		}
		txns = append(txns, txn)
	}
	for i, tx := range txns {
		lookUpAndSet(t, tx, i, len(txns), 3*maxKeys)
		if n := len(tx.(*txn).reads.keys); n > maxKeys {
			t.Errorf("%d keys are kept as read", n)
		}
	}
	for i, txn := range txns {
		if err := txn.Commit(ctx); err != nil {
			t.Errorf("transaction %d: %v", i, err)
		}
	}
}

func TestWhatWasReadAndIsNotWrittenAnyMoreIsChecked(t *testing.T) {
	for _, tt := range []struct {
		name     string
		written  int // keys, in two parts
		undone   int // of the second part
		again    bool
		key      int // that another transaction writes
		conflict bool
	}{
		{"a key that was rolled back", 3 * maxKeys, maxKeys, false, 3*maxKeys - 7, true},
		{"a key that is still written", 3 * maxKeys, maxKeys, false, 7, true},
		{"a key that was rolled back and written again", 3 * maxKeys, maxKeys, true, 3*maxKeys - 7, true},
		{"another key", 3 * maxKeys, 0, false, 4 * maxKeys, false},
		{"another key, with some rolled back", 3 * maxKeys, 10, false, 4 * maxKeys, false},
		{"all were rolled back", 3 * maxKeys, 3 * maxKeys, false, 11, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := mustOpen(t, "", Options{InMemory: true, Memory: 64 << 20})
			txn, err := s.Begin(ctx, storage.TxnOptions{})
			if err != nil {
				t.Fatal(err)
			}
			lookUpAndSet(t, txn, 0, 1, tt.written-tt.undone)
			savepoint := txn.Savepoint()
			lookUpAndSet(t, txn, tt.written-tt.undone, 1, tt.undone)
			if tt.undone > 0 {
				if err := txn.RollbackTo(savepoint); err != nil {
					t.Fatal(err)
				}
			}
			if tt.again {
				lookUpAndSet(t, txn, tt.written-tt.undone, 1, tt.undone)
			}
			other, err := s.Begin(ctx, storage.TxnOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(other.Set(spaceKey(tt.key), nil), other.Commit(ctx), txn.Set([]byte("\x10own"), nil)); err != nil {
				t.Fatal(err)
			}
			if err := txn.Commit(ctx); errors.Is(err, storage.ErrConflict) != tt.conflict {
				t.Errorf("commit returned %v", err)
			}
		})
	}
}
