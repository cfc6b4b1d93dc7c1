package pebble

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/fluxdb/fluxdb/storage"
)

// Commit applies the transaction. What must hold:
//
//   - Commits are checked, applied and published one at a time, under s.mu, in
//     the order of their versions; so is the log, in which a later commit never
//     survives without an earlier one.
//   - A commit is visible once it is applied and acknowledged once its log
//     record is on the disk. Waiting for the disk happens outside s.mu, so that commits share a sync.
//   - In-memory state that depends on commits changes in onCommit only, before
//     the version is published: who sees version V sees what V made.
//
// In outline:
//
//	close the iterators, which completes the read set
//	build the batch, in the order of its keys
//	lock s.mu
//	  wait while another transaction is exclusive
//	  check the read and write sets against the commits since the snapshot
//	  add the counters' new values to the batch
//	  fix the snapshot of those who began since the last commit; outdate the cached values of what is written
//	  apply the batch to log and memtable, without waiting for the disk
//	  run onCommit; publish the version; remember the write set
//	unlock s.mu
//	wait for the disk
func (t *txn) Commit(ctx context.Context) error {
	s := t.store
	if !s.hold() {
		return storage.ErrClosed // Close ends the transaction
	}
	defer s.leave()
	if !t.enter() {
		return storage.ErrClosed
	}
	defer t.leave()
	if t.over {
		return errOver
	}
	batch, applied, err := t.commit(ctx)
	t.finish()
	if applied && err == nil && s.write.Sync {
		if err = batch.SyncWait(); err == nil {
			err = s.usable()
		} else {
			err = s.fail(err)
		}
	}
	if batch != nil && (!applied || err == nil) {
		batch.Close() // one that failed may still be in the library's hands
	}
	return err
}

// commit does everything but wait for the disk. It returns the batch, and whether it was applied.
func (t *txn) commit(ctx context.Context) (batch *pebble.Batch, applied bool, err error) {
	if err := t.check(ctx); err != nil {
		return nil, false, err
	}
	if t.readOnly || t.writes.empty() && len(t.onCommit) == 0 && !t.locked {
		return nil, false, nil // a snapshot is consistent: nothing to check
	}
	t.closeIters()
	if batch, err = t.batch(); err != nil {
		return batch, false, err
	}
	s := t.store
	if err := s.lockCommit(ctx, t); err != nil {
		return batch, false, err
	}
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return batch, false, err
	}
	spans := t.writtenSpans()
	if s.window.conflicts(t.version, &t.reads, t.writes.point, spans) {
		t.lost(false)
		return batch, false, storage.ErrConflict
	}
	if t.version < s.window.floor {
		t.lost(true)
		return batch, false, storage.ErrTxTooOld
	}
	if t.writes.empty() && len(t.onCommit) == 0 {
		return batch, false, nil
	}
	sums, err := s.sumCounters(batch, t.writes.adds)
	if err != nil {
		return batch, false, err
	}
	version := s.version.Load() + 1
	s.retire(t)
	s.cache.raise(version, &t.writes)
	if !batch.Empty() {
		applied = true
		if err := s.apply(batch, s.write); err != nil {
			return batch, true, err
		}
	}
	s.keepSums(sums)
	for _, fn := range t.onCommit {
		fn(version)
	}
	s.remember(t, version, s.publish(version, t), spans)
	t.decided = true
	s.counts.commits.Add(1)
	return batch, applied, nil
}

// batch turns the buffer's points and range deletes into a Pebble batch. Range
// deletes come first: a point hidden by a later one is left out. Points are in order,
// which more than halves the time the library takes under the commit mutex.
func (t *txn) batch() (*pebble.Batch, error) {
	b := t.store.db.NewBatchWithSize(int(min(t.writes.bytes+64, 1<<30)))
	w := &t.writes
	for _, r := range w.ranges {
		e := &w.entries[r.at]
		if err := b.DeleteRange(bytesOf(e.key), bytesOf(e.value), nil); err != nil {
			return b, wrap(err)
		}
	}
	for _, p := range w.sorted() {
		e := &w.entries[p.at]
		var err error
		switch {
		case w.cover != nil && w.cover.newest(p.key) > int(p.at):
		case e.kind == entrySet:
			err = b.Set(bytesOf(p.key), bytesOf(e.value), nil)
		default:
			err = b.Delete(bytesOf(p.key), nil)
		}
		if err != nil {
			return b, wrap(err)
		}
	}
	return b, nil
}

func (t *txn) writtenSpans() (spans []span) {
	for _, r := range t.writes.ranges {
		e := &t.writes.entries[r.at]
		spans = append(spans, span{e.key, e.value})
	}
	return spans
}

// remember puts the write set into the window, unless no other writing
// transaction is open that could conflict with it. The texts are copied: those of the
// buffer would keep the values too.
func (s *Store) remember(t *txn, version, oldest uint64, spans []span) {
	defer func() { s.counts.window.Store(s.window.bytes) }()
	if oldest >= version {
		s.window.prune(oldest)
		return
	}
	var texts arena
	keys := make([]string, 0, len(t.writes.point))
	for key := range t.writes.point {
		keys = append(keys, texts.copy(bytesOf(key)))
	}
	for i, sp := range spans {
		spans[i] = span{texts.copy(bytesOf(sp.lo)), texts.copy(bytesOf(sp.hi))}
	}
	s.window.add(commitRecord{version: version, keys: keys, spans: spans}, oldest)
}

// sumCounters adds the new value of each counter to the batch; one that is 0
// is removed. Counters that were written once are known in memory.
func (s *Store) sumCounters(batch *pebble.Batch, adds map[string]sum) (map[string]int64, error) {
	if len(adds) == 0 {
		return nil, nil
	}
	sums := make(map[string]int64, len(adds))
	for key, add := range adds {
		if add.delta == 0 {
			continue
		}
		n, known := s.counters[key]
		if !known {
			v, closer, err := s.db.Get(counterKey(bytesOf(key)))
			if err == nil {
				n, err = decodeCounter(v)
				closer.Close()
			} else if errors.Is(err, pebble.ErrNotFound) {
				err = nil
			}
			if err != nil {
				return nil, wrap(err)
			}
		}
		n += add.delta
		sums[key] = n
		if n == 0 {
			if err := batch.Delete(counterKey(bytesOf(key)), nil); err != nil {
				return nil, wrap(err)
			}
			continue
		}
		op := batch.SetDeferred(1+len(key), 8)
		op.Key[0] = counterPrefix
		copy(op.Key[1:], key)
		binary.LittleEndian.PutUint64(op.Value, uint64(n))
		if err := op.Finish(); err != nil {
			return nil, wrap(err)
		}
	}
	return sums, nil
}

// maxCounters is how many counters are known in memory.
const maxCounters = 1 << 16

// keepSums remembers the new values of counters.
func (s *Store) keepSums(sums map[string]int64) {
	if len(s.counters)+len(sums) > maxCounters {
		clear(s.counters)
	}
	for key, n := range sums {
		switch _, known := s.counters[key]; {
		case n == 0:
			delete(s.counters, key)
		case known:
			s.counters[key] = n
		default:
			s.counters[strings.Clone(key)] = n
		}
	}
}

// lockCommit takes the commit mutex for t, waiting while another transaction is
// exclusive.
func (s *Store) lockCommit(ctx context.Context, t *txn) error {
	for {
		s.mu.Lock()
		if s.exclusive == nil || s.exclusive == t {
			return nil
		}
		released := s.released
		s.mu.Unlock()
		select {
		case <-released:
		case <-s.closing:
			return storage.ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("wait for an exclusive transaction: %w", ctx.Err())
		}
	}
}

// lockExclusive makes t the exclusive transaction and returns with s.mu held.
func (s *Store) lockExclusive(ctx context.Context, t *txn) error {
	if err := s.lockCommit(ctx, t); err != nil {
		return err
	}
	s.exclusive, s.released = t, make(chan struct{})
	return nil
}

func (s *Store) unlockExclusive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exclusive = nil
	close(s.released)
}
