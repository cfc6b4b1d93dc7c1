package storage

import "time"

// Stats are figures of a store: sizes in bytes, counts since it was opened. A store leaves 0
// what it does not know or have.
type Stats struct {
	// Budget is the memory budget, of which Shares are parts.
	Budget      int64
	Shares      []Share
	BlockCache  CacheStats
	RecordCache CacheStats

	Commits   uint64 // of transactions that wrote
	Conflicts uint64 // commits that were refused, those too old to be checked among them
	TooOld    uint64
	Aborted   uint64 // transactions that wrote and were rolled back

	Readers   int // open transactions that are read-only
	Writers   int // other open transactions
	Iterators int // that are open, and how many may be
	MaxIters  int
	// Version is that of the newest commit, OldestVersion what the oldest open transaction sees, and
	// OldestAge for how long that has not been the newest.
	Version, OldestVersion uint64
	OldestAge              time.Duration

	Syncs       uint64 // of the log: commits that wait at the same time share one
	LogSize     int64
	TableSize   int64  // sorted tables, with what is obsolete and not removed yet
	DiskSize    int64  // everything
	Spills      uint64 // runs that large transactions wrote to temporary files
	SpilledSize uint64
	Ingests     uint64 // sorted runs that joined the store as they are
	Flushes     uint64
	Compactions uint64
	Compacting  int    // that run now
	Stalls      uint64 // times that commits had to wait for flushes or compactions
	StallTime   time.Duration
}

// Share is a part of the memory budget: what it holds, and the most it may; a limit of 0 is none of its own.
type Share struct {
	Name        string
	Used, Limit int64
}

// CacheStats are what a cache was asked for.
type CacheStats struct{ Hits, Misses uint64 }
