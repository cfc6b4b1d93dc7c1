package executor

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/storage"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// breakingStore is a store whose iterators over documents fail once they have yielded so many, together.
type breakingStore struct {
	storage.Store
	left atomic.Int64
}

type breakingTxn struct {
	storage.Txn
	store *breakingStore
}

type breakingIter struct {
	storage.Iter
	store *breakingStore
	err   error
}

var errBroken = errors.New("the disk is broken")

func (s *breakingStore) Begin(ctx context.Context, opts storage.TxnOptions) (storage.Txn, error) {
	txn, err := s.Store.Begin(ctx, opts)
	return &breakingTxn{txn, s}, err
}

func (t *breakingTxn) Scan(ctx context.Context, opts storage.ScanOptions) storage.Iter {
	it := t.Txn.Scan(ctx, opts)
	if len(opts.Lower) == 0 || opts.Lower[0] != 0x20 {
		return it
	}
	return &breakingIter{Iter: it, store: t.store}
}

func (it *breakingIter) moved(ok bool) bool {
	if ok && it.store.left.Add(-1) < 0 {
		it.err = errBroken
	}
	return ok && it.err == nil
}

func (it *breakingIter) Next() bool           { return it.err == nil && it.moved(it.Iter.Next()) }
func (it *breakingIter) Seek(key []byte) bool { return it.err == nil && it.moved(it.Iter.Seek(key)) }
func (it *breakingIter) Err() error           { return errors.Join(it.err, it.Iter.Err()) }
func (it *breakingIter) Close() error         { return errors.Join(it.err, it.Iter.Close()) }

// TestWhatBreaksAHelpersScanIsReported has the store fail anywhere in a scan that a crew reads: no query ends as if it had read all,
// though what closing a crew returns is dropped.
func TestWhatBreaksAHelpersScanIsReported(t *testing.T) {
	ctx := context.Background()
	store, err := pebble.Open(":memory:", pebble.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	breaking := &breakingStore{Store: store}
	breaking.left.Store(1 << 40)
	eng, err := engine.Open(ctx, breaking, engine.Options{Compiler: Compiler()})
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	s := Open(eng, Options{}).NewSession()
	defer s.Close()
	const documents = 600
	spread(t, s, newRand(t), documents, "even")
	for _, form := range crewForms {
		query := fmt.Sprintf(form, "n >= 0")
		helped(s)
		want := len(exactRows(t, s, query))
		for _, left := range []int64{3, 20, 100, 300, 550} {
			breaking.left.Store(left)
			rows, err := s.Query(ctx, query, nil)
			n := 0
			if err == nil {
				for rows.Next() {
					n++
				}
				err = rows.Err()
				rows.Close()
			}
			if !errors.Is(err, errBroken) && (err != nil || n < want) {
				t.Errorf("%s: %d rows of %d, %v, after %d documents", query, n, want, err, left)
			}
			if err == nil && want > 100 {
				t.Errorf("%s: no error after %d documents", query, left)
			}
		}
		breaking.left.Store(1 << 40)
	}
}
