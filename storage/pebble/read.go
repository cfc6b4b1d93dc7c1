package pebble

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/fluxdb/fluxdb/storage"
)

// Get reads one key.
func (t *txn) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	defer t.leave()
	return t.get(key, false)
}

// get looks into the own writes, then into what was committed.
func (t *txn) get(key []byte, more bool) ([]byte, error) {
	t.releaseValue()
	if !t.readOnly {
		t.readKey(key)
		switch value, deleted, found, err := t.writes.get(key); {
		case err != nil:
			return nil, err
		case deleted:
			return nil, storage.ErrNotFound
		case found:
			return bytesOf(value), nil
		}
	}
	return t.committed(key, more)
}

// committed looks into the record cache, then into the snapshot. more says that other reads follow.
func (t *txn) committed(key []byte, more bool) ([]byte, error) {
	if len(key) == 0 || key[0] < storage.MinKeyByte {
		return nil, storage.ErrNotFound // the store's own are nobody's
	}
	if !t.store.cache.caches(key) {
		return t.read(key, more)
	}
	c := t.store.cache
	if t.record == nil {
		t.record = records.Get().(*[]byte)
	}
	var hit bool
	if *t.record, hit = c.get((*t.record)[:0], key, t.version); hit {
		return *t.record, nil
	}
	value, err := t.read(key, more)
	if err == nil {
		c.fill(key, value, t.version)
	}
	return value, err
}

// read looks into the snapshot. The first point read of a version asks the snapshot; those after it, and
// all when more follow, use an iterator that is kept, which is faster by a third.
func (t *txn) read(key []byte, more bool) ([]byte, error) {
	if t.point.Iterator == nil && (t.snap.asked.Swap(true) || more) {
		layout := t.store.layout.Load()
		// A writer often asks whether a key is free. The filters of the last level, where most keys are, tell
		// without reading a block; for who reads what is there they are a waste.
		it, err := t.snap.of(t.store.db).NewIter(&pebble.IterOptions{UseL6Filters: !t.readOnly})
		if err != nil {
			return nil, wrap(err)
		}
		t.point = pooledIter{it, layout}
	}
	if t.point.Iterator != nil {
		if !t.point.SeekPrefixGE(key) {
			if err := t.point.Error(); err != nil {
				return nil, wrap(err)
			}
			return nil, storage.ErrNotFound
		}
		value, err := t.point.ValueAndErr()
		return value, wrap(err)
	}
	v, closer, err := t.snap.of(t.store.db).Get(key)
	if err != nil {
		return nil, wrap(err)
	}
	t.value = closer
	return v, nil
}

func (t *txn) releaseValue() {
	if t.value != nil {
		t.value.Close()
		t.value = nil
	}
}

// MultiGet reads many keys.
func (t *txn) MultiGet(ctx context.Context, keys [][]byte, fn func(i int, value []byte, found bool) error) error {
	for i, key := range keys {
		if err := t.use(ctx); err != nil {
			return err
		}
		if i%fetchAhead == 0 {
			t.store.fetchAhead(keys[i:])
		}
		value, err := t.get(key, len(keys) > 1)
		t.leave()
		found := err == nil
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if err := fn(i, value, found); err != nil {
			return err
		}
	}
	return nil
}

// fetchAhead is how many keys of a MultiGet are looked for in the cache together: their entries have to fit the processor's own.
const fetchAhead = 16

func (s *Store) fetchAhead(keys [][]byte) {
	if len(keys) > 1 && s.cache.caches(keys[0]) {
		s.cache.fetch(keys[:min(len(keys), fetchAhead)])
	}
}

// Counter reads a counter at the snapshot and adds what this transaction adds.
func (t *txn) Counter(ctx context.Context, key []byte) (int64, error) {
	if err := t.use(ctx); err != nil {
		return 0, err
	}
	defer t.leave()
	var own int64
	if !t.readOnly {
		own = t.writes.adds[string(key)].delta
	}
	v, closer, err := t.snap.of(t.store.db).Get(counterKey(key))
	if errors.Is(err, pebble.ErrNotFound) {
		return own, nil
	}
	if err != nil {
		return 0, wrap(err)
	}
	defer closer.Close()
	n, err := decodeCounter(v)
	return n + own, err
}

func counterKey(key []byte) []byte {
	return append(append(make([]byte, 0, 1+len(key)), counterPrefix), key...)
}

func decodeCounter(v []byte) (int64, error) {
	if len(v) != 8 {
		return 0, fmt.Errorf("%w: counter of %d bytes", storage.ErrCorrupt, len(v))
	}
	return int64(binary.LittleEndian.Uint64(v)), nil
}

// ScanCounters calls fn for the counters of a range. The transaction may be used in fn; Close does not wait for it.
func (t *txn) ScanCounters(ctx context.Context, lo, hi []byte, fn func(key []byte, n int64) error) error {
	upper := []byte{counterPrefix + 1}
	if hi != nil {
		upper = counterKey(hi)
	}
	it := t.scan(ctx, counterKey(lo), upper, storage.ScanOptions{}, nil)
	defer it.Close()
	for it.Next() {
		n, err := decodeCounter(it.Value())
		if err != nil {
			return err
		}
		if err := fn(it.Key()[1:], n); err != nil {
			return err
		}
	}
	return it.Err()
}

// Scan opens an iterator over the snapshot and the own writes.
func (t *txn) Scan(ctx context.Context, opts storage.ScanOptions) storage.Iter {
	return t.scanKeys(ctx, opts, nil)
}

// scanKeys opens an iterator over keys that are not the store's own.
func (t *txn) scanKeys(ctx context.Context, opts storage.ScanOptions, at *frozen) storage.Iter {
	lower, upper := opts.Lower, opts.Upper
	if len(lower) == 0 || lower[0] < storage.MinKeyByte {
		lower = []byte{storage.MinKeyByte}
	}
	if len(upper) == 0 {
		upper = nil
	}
	return t.scan(ctx, lower, upper, opts, at)
}

// scan opens an iterator over [lower, upper); a nil upper is unbounded. It sees the own writes of now, or
// of then when at is given. The store's own keys are no part of the read set, and never among the own writes.
func (t *txn) scan(ctx context.Context, lower, upper []byte, opts storage.ScanOptions, at *frozen) *iter {
	if err := t.use(ctx); err != nil {
		it := &iter{err: err, ended: true}
		it.shut()
		return it
	}
	defer t.leave()
	if err := t.store.claimIter(); err != nil {
		it := &iter{err: err, ended: true}
		it.shut()
		return it
	}
	it, ok := opts.Spent.(*iter)
	if !ok || !it.isShut() {
		it = &iter{}
	}
	*it = iter{ctx: ctx, txn: t, reverse: opts.Reverse, values: !opts.KeysOnly}
	if upper != nil && string(lower) >= string(upper) {
		upper, it.ended = lower, true // nothing lies there, and nothing is read
	}
	var err error
	it.base, err = t.store.takeScan(t.snap, lower, upper)
	if err != nil {
		t.store.counts.iters.Add(-1)
		it.base = pooledIter{}
		it.err, it.ended = wrap(err), true
		it.shut()
		return it
	}
	if own := lower[0] < storage.MinKeyByte; !t.readOnly && !own && !it.ended {
		it.bounds, it.notes = span{string(lower), string(upper)}, !opts.Hint
		v := (*view)(nil)
		if at != nil {
			v = at.own
		} else {
			v = t.writes.view(it.bounds.lo, it.bounds.hi)
		}
		if v != nil {
			it.own = newOwnIter(v, it.bounds, it.reverse)
		}
	}
	t.mu.Lock()
	if it.after = t.iters; it.after != nil {
		it.after.before = it
	}
	t.iters = it
	t.mu.Unlock()
	return it
}

// forget takes an iterator out of the open ones; t.mu is held.
func (t *txn) forget(it *iter) {
	if it.before != nil {
		it.before.after = it.after
	} else {
		t.iters = it.after
	}
	if it.after != nil {
		it.after.before = it.before
	}
	it.after, it.before = nil, nil
}

// closeIters closes the open iterators and takes what they read into the read set.
func (t *txn) closeIters() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.iters != nil {
		it := t.iters
		it.shut()
		it.release() // which takes it out
	}
}
