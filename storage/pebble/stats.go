package pebble

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/fluxdb/fluxdb/storage"
)

// counts are what happened since the store was opened, and the iterators that are open.
type counts struct {
	commits, conflicts, tooOld, aborted atomic.Uint64

	window atomic.Int64 // bytes of recent commits

	iters    atomic.Int64
	maxIters int64
	// pinned are bytes of memtables that were flushed and that open iterators still read, as they
	// were measured when so many flushes and compactions had ended.
	pinned   atomic.Int64
	measured atomic.Uint64

	stalls     atomic.Uint64
	stallTime  atomic.Int64 // nanoseconds, of those that are over
	stallBegan atomic.Int64 // Unix nanoseconds; 0 when commits do not wait
}

// stall and resume are told by the library, one after the other.
func (c *counts) stall() {
	c.stalls.Add(1)
	c.stallBegan.Store(time.Now().UnixNano())
}

func (c *counts) resume() {
	if began := c.stallBegan.Swap(0); began != 0 {
		c.stallTime.Add(time.Now().UnixNano() - began)
	}
}

func (c *counts) stalled() time.Duration {
	total := c.stallTime.Load()
	if began := c.stallBegan.Load(); began != 0 {
		total += time.Now().UnixNano() - began
	}
	return time.Duration(total)
}

// lost counts a commit that was refused.
func (t *txn) lost(tooOld bool) {
	t.decided = true
	t.store.counts.conflicts.Add(1)
	if tooOld {
		t.store.counts.tooOld.Add(1)
	}
}

// Limits of open iterators. Each may hold a block of every level of the store, whatever the block cache
// wants; what they read is uncompressed.
const (
	iterSize  = 32 << 10
	mostIters = 10_000
	leastIter = 512
)

// maxIters is how many iterators may be open under a budget.
func maxIters(budget int64) int64 { return min(max(budget/iterSize, leastIter), mostIters) }

// claimIter counts an iterator that is about to be opened, unless there are too many: iters goes down when one is closed.
// Each keeps the memtables of the time it was opened, also after they were flushed: old iterators
// may together keep as much as the budget.
func (s *Store) claimIter() error {
	c := &s.counts
	if n := c.iters.Add(1); n > c.maxIters {
		c.iters.Add(-1)
		return fmt.Errorf("%w: %d are open, with this memory budget at most that many may be; close rows that are no longer read", storage.ErrTooManyCursors, n-1)
	}
	layout := s.layout.Load()
	if (c.measured.Swap(layout) != layout || c.pinned.Load() > s.budget) && s.measurePinned() > s.budget {
		n := c.iters.Add(-1)
		return fmt.Errorf("%w: the %d that are open keep %d bytes of older writes in memory, the budget is %d; close rows that are no longer read",
			storage.ErrTooManyCursors, n, c.pinned.Load(), s.budget)
	}
	return nil
}

func (s *Store) measurePinned() int64 {
	n := int64(s.db.Metrics().MemTable.ZombieSize)
	s.counts.pinned.Store(n)
	return n
}

// Stats returns figures of the store.
func (s *Store) Stats() storage.Stats {
	if !s.hold() {
		return storage.Stats{}
	}
	defer s.leave()
	c, m, records := &s.counts, s.db.Metrics(), s.cache.stats()
	memtables := int64(m.MemTable.Size + m.MemTable.ZombieSize)
	log := max(m.WAL.PhysicalSize, m.WAL.Size) // the log in use counts as empty in the former
	st := storage.Stats{
		Budget:      s.budget,
		BlockCache:  storage.CacheStats{Hits: uint64(m.BlockCache.Hits), Misses: uint64(m.BlockCache.Misses)},
		RecordCache: storage.CacheStats{Hits: records.hits, Misses: records.misses},
		Commits:     c.commits.Load(),
		Conflicts:   c.conflicts.Load(),
		TooOld:      c.tooOld.Load(),
		Aborted:     c.aborted.Load(),
		Iterators:   int(c.iters.Load()),
		MaxIters:    int(c.maxIters),

		Spills:      uint64(s.spills.Load()),
		SpilledSize: uint64(s.spilledBytes.Load()),
		Ingests:     uint64(s.ingests.Load()),
		Syncs:       s.fence.logSyncs.Load(),
		LogSize:     int64(log + m.WAL.ObsoletePhysicalSize),
		DiskSize:    int64(m.DiskSpaceUsage() - m.WAL.PhysicalSize + log),
		Flushes:     uint64(m.Flush.Count),
		Compactions: uint64(m.Compact.Count),
		Compacting:  int(m.Compact.NumInProgress),
		Stalls:      c.stalls.Load(),
		StallTime:   c.stalled(),
	}
	tables, blobs := &m.Table.Local, &m.BlobFiles.Local
	st.TableSize = int64(tables.LiveSize + tables.ObsoleteSize + tables.ZombieSize +
		blobs.LiveSize + blobs.ObsoleteSize + blobs.ZombieSize)
	s.reg.stats(&st, s.version.Load())
	st.Shares = []storage.Share{
		// The library takes the memtables out of the block cache.
		{Name: "block cache", Used: m.BlockCache.Size + memtables, Limit: s.budget / cacheShare},
		{Name: "record cache", Used: records.bytes, Limit: records.limit},
		{Name: "write buffers", Used: s.buffers.used.Load(), Limit: s.buffers.limit},
		{Name: "recent commits", Used: c.window.Load(), Limit: s.window.limit},
	}
	return st
}

// stats counts the open transactions.
func (r *registry) stats(st *storage.Stats, version uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	st.Version, st.OldestVersion = version, version
	var oldest *txn
	for _, l := range []*txnList{&r.readers, &r.writers} {
		if t := l.first; t != nil && (oldest == nil || t.version < oldest.version) {
			oldest = t
		}
	}
	st.Readers, st.Writers = r.readers.count, r.writers.count
	if oldest == nil || oldest.version == version {
		return
	}
	st.OldestVersion = oldest.version
	if snap := oldest.snap; snap != nil && !snap.stale.IsZero() { // it may be registered and have none yet
		st.OldestAge = time.Since(snap.stale)
	}
}
