package pebble

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/fluxdb/fluxdb/storage"
)

// txn is one transaction. Its gate lets Store.Close end it between two calls.
type txn struct {
	gate
	store    *Store
	snap     *snapshot
	point    pooledIter // for point reads after the first; empty until then
	version  uint64
	readOnly bool
	excl     bool
	over     bool      // committed, rolled back or killed
	decided  bool      // commit has counted its outcome
	locked   bool      // Lock was called
	*changes           // nil for a read-only one
	value    io.Closer // holds the value that Get returned last
	record   *[]byte   // holds one that came from the cache; from records
	next     *txn      // in the registry
	prev     *txn

	// mu guards the open iterators and the ranges that closed ones have read:
	// iterators may be closed by other goroutines. reads.keys is the owner's alone.
	mu    sync.Mutex
	iters *iter // the first of a list
}

// changes are what only a writing transaction has.
type changes struct {
	reads    keySet
	writes   buffer
	onCommit []func(uint64)
	granted  int64 // what the store's bufferPool lends for writes
}

// records are buffers for values from the cache.
var records = sync.Pool{New: func() any { return new([]byte) }}

// Begin starts a transaction on the state of now.
func (s *Store) Begin(ctx context.Context, opts storage.TxnOptions) (storage.Txn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	t := &txn{store: s, readOnly: opts.ReadOnly || s.opts.ReadOnly}
	if !t.readOnly {
		t.changes = &changes{}
	}
	if opts.Exclusive && !t.readOnly {
		if err := s.lockExclusive(ctx, t); err != nil {
			return nil, err
		}
		t.excl = true
		defer s.mu.Unlock() // no commit between here and the snapshot
	}
	s.register(t)
	return t, nil
}

// Renew begins a read-only transaction that has ended again.
func (t *txn) Renew(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := t.store.enter(); err != nil {
		return err
	}
	defer t.store.leave()
	if !t.enter() {
		return storage.ErrClosed
	}
	defer t.leave()
	if !t.readOnly || !t.over {
		return errNotOver
	}
	t.over = false
	t.store.register(t)
	return nil
}

var errNotOver = errors.New("only a read-only transaction that has ended can be begun again")

// use enters a call; the caller must leave.
func (t *txn) use(ctx context.Context) error {
	if !t.enter() {
		return storage.ErrClosed
	}
	err := t.check(ctx)
	if err != nil {
		t.leave()
	}
	return err
}

func (t *txn) check(ctx context.Context) error {
	if t.over {
		return errOver
	}
	if err := t.store.poisoned(); err != nil {
		return err
	}
	return ctx.Err()
}

// errOver is returned by calls on a transaction after Commit or Rollback.
var errOver = fmt.Errorf("transaction has ended: %w", storage.ErrClosed)

// Version is the version of the newest commit that is surely in the snapshot.
func (t *txn) Version() uint64 { return t.version }

// Observe adds a range to the read set.
func (t *txn) Observe(lo, hi []byte) {
	if t.use(context.Background()) != nil {
		return
	}
	defer t.leave()
	if !t.readOnly {
		t.mu.Lock()
		t.reads.addSpan(string(lo), string(hi))
		t.mu.Unlock()
	}
}

// Lock adds keys to the read set, and has Commit check it also when nothing was written.
func (t *txn) Lock(ctx context.Context, keys ...[]byte) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	defer t.leave()
	if t.readOnly {
		return storage.ErrReadOnly
	}
	t.locked = t.locked || len(keys) > 0
	for _, key := range keys {
		t.readKey(key)
	}
	return nil
}

// OnCommit registers a function, which a read-only transaction will not call.
func (t *txn) OnCommit(fn func(version uint64)) {
	if !t.readOnly {
		t.onCommit = append(t.onCommit, fn)
	}
}

// Rollback ends the transaction. When the store is closing, Close does it.
func (t *txn) Rollback() {
	if !t.store.hold() {
		return
	}
	defer t.store.leave()
	if t.enter() {
		t.finish()
		t.leave()
	}
}

// kill ends the transaction from outside, when the store closes.
func (t *txn) kill() {
	if t.shut() {
		t.finish()
	}
}

// finish releases everything; the gate is held, and the store is not closed meanwhile.
func (t *txn) finish() {
	if t.over {
		return
	}
	t.over = true
	t.releaseValue()
	t.closeIters()
	s := t.store
	ready := s.unregister(t)
	if t.record != nil {
		records.Put(t.record)
		t.record = nil
	}
	if !t.readOnly {
		if !t.decided && !t.writes.empty() {
			s.counts.aborted.Add(1)
		}
		t.settle()
		t.writes.free(s)
		*t.changes = changes{}
	}
	if t.excl {
		s.unlockExclusive()
	}
	s.runDrops(ready)
}
