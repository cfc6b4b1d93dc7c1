package pebble

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

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
//	build the batch, in the order of its keys; of a large transaction, tables
//	lock s.mu
//	  wait while another transaction is exclusive
//	  check the read and write sets against the commits since the snapshot
//	  add the counters' new values
//	  fix the snapshot of those who began since the last commit; outdate the cached values of what is written
//	  apply the batch to log and memtable, without waiting for the disk; ingest the tables, which waits
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
	c := change{store: s}
	err := t.commit(ctx, &c)
	t.finish()
	return c.end(err)
}

// commit does everything but wait for the disk.
func (t *txn) commit(ctx context.Context, c *change) error {
	if err := t.check(ctx); err != nil {
		return err
	}
	if t.readOnly || t.writes.empty() && len(t.onCommit) == 0 && !t.locked {
		return nil // a snapshot is consistent: nothing to check
	}
	t.closeIters()
	if err := c.build(ctx, &t.writes); err != nil {
		return err
	}
	s := t.store
	if err := s.lockCommit(ctx, t); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return err
	}
	keys, deleted, spilled := t.written()
	spans := slices.Concat(deleted, spilled)
	if err := s.window.check(t.version, &t.reads, keys, spans); err != nil {
		t.lost(errors.Is(err, storage.ErrTxTooOld))
		return err
	}
	if t.writes.empty() && len(t.onCommit) == 0 {
		return nil
	}
	sums, err := s.sumCounters(t.writes.adds)
	if err != nil {
		return err
	}
	if err := c.count(sums); err != nil {
		return err
	}
	version := s.version.Load() + 1
	s.retire(t, c.slow() || s.stalling) // from here on nothing fails but the store
	s.cache.raise(version, &t.writes, spans)
	begun := time.Now()
	if err := c.apply(); err != nil {
		s.unchanged()
		return err
	}
	s.stalling = time.Since(begun) > stallTime
	s.keepSums(sums)
	for _, fn := range t.onCommit {
		fn(version)
	}
	s.remember(version, s.publish(version, t), keys, deleted, spilled)
	t.decided = true
	s.counts.commits.Add(1)
	return nil
}

// stallTime is how long applying a change takes when the library makes writers wait for its flushes. Then the next will
// wait too, and who begins meanwhile should not wait with it.
const stallTime = time.Millisecond

// written is what the transaction writes: keys, the ranges that it deletes, and ranges that hold the keys
// of its runs, and others.
func (t *txn) written() (keys map[string]int32, deleted, spilled []span) {
	return t.writes.point, t.writes.cover.spans(), t.writes.spilled.ranges(nil)
}

// remember puts the write set into the window, unless no other writing
// transaction is open that could conflict with it. The texts are copied: those of the
// buffer would keep the values too.
func (s *Store) remember(version, oldest uint64, keys map[string]int32, deleted, spilled []span) {
	defer func() { s.counts.window.Store(s.window.bytes) }()
	if oldest >= version {
		s.window.prune(oldest)
		return
	}
	c := commitRecord{version: version}
	var texts arena
	rough := keySet{spans: spilled, collapsed: map[string]span{}}
	for _, sp := range deleted {
		sp = span{texts.copy(bytesOf(sp.lo)), texts.copy(bytesOf(sp.hi))}
		if len(deleted) <= maxKeys {
			c.spans = append(c.spans, sp)
		} else {
			rough.addSpan(sp.lo, sp.hi)
		}
	}
	if s.window.fits(keys) {
		c.keys = make([]string, 0, len(keys))
		for key := range keys {
			c.keys = append(c.keys, texts.copy(bytesOf(key)))
		}
	} else {
		for key := range keys {
			rough.widen(key)
		}
	}
	c.rough = rough.ranges(nil)
	s.window.add(c, oldest)
}

// sumCounters returns the new value of each counter that changes. Counters that were written once
// are known in memory.
func (s *Store) sumCounters(adds map[string]sum) (map[string]int64, error) {
	if len(adds) == 0 {
		return nil, nil
	}
	sums := make(map[string]int64, len(adds))
	for key, add := range adds {
		if add.delta == 0 {
			continue
		}
		var n int64
		if known := s.counters[key]; known != nil {
			n = *known
		} else {
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
		sums[key] = n + add.delta
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
		switch known := s.counters[key]; {
		case n == 0:
			delete(s.counters, key)
		case known != nil:
			*known = n // an assignment would keep the transaction's text of the key
		default:
			first := n
			s.counters[strings.Clone(key)] = &first
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
