package fluxdb

import (
	"time"

	"github.com/fluxdb/fluxdb/storage"
)

// MemoryShare is a part of the memory budget: what it holds in bytes, and the most that it may.
type MemoryShare = storage.Share

// CacheStats are how often a cache had what it was asked for.
type CacheStats = storage.CacheStats

// Stats are figures of an open database: sizes in bytes, counts since it was opened. What is said to
// be of the handle concerns one DB, everything else all handles of the path in this process.
type Stats struct {
	// MemoryBudget is what the database may hold in memory, the option Memory. Memory is its shares,
	// which together are the budget:
	//
	//	block cache      blocks of the files on disk, and commits not yet in files (memtables)
	//	record cache     documents read lately
	//	write buffers    writes of open transactions
	//	recent commits   which keys they wrote, to find conflicts
	//	work memory      sorts, groupings, results of statements, index builds
	//	statement cache  texts, parsed and planned (of the handle)
	//	catalog          definitions, shapes and field names
	MemoryBudget int64
	Memory       []MemoryShare
	BlockCache   CacheStats
	RecordCache  CacheStats
	// Statements is how often the text of a statement was in the statement cache of the handle.
	Statements CacheStats

	Commits   uint64 // of transactions that wrote
	Conflicts uint64 // commits refused because another transaction was first
	Retries   uint64 // statements that the handle ran again after a conflict
	Aborted   uint64 // transactions that wrote and were rolled back

	ReadTransactions  int // open transactions that only read, statements that are read from among them
	WriteTransactions int // other open transactions
	Iterators         int // open iterators of cursors and statements, of MaxIterators
	MaxIterators      int
	Sessions          int // open sessions of the handle: its connections
	Rows              int // results of the handle neither read to the end nor closed
	Helpers           int // goroutines that read for statements beside those that run them, at most one less than cores

	// Version is the number of the newest commit. The oldest open transaction sees OldestVersion; since
	// OldestAge there is a newer one, so that what was replaced since can't be removed.
	Version, OldestVersion uint64
	OldestAge              time.Duration

	// Spills are temporary files of sorts, groupings and index builds that outgrew their memory, TransactionSpills
	// runs of transactions that did; with the bytes written to them.
	Spills, TransactionSpills           uint64
	SpilledSize, TransactionSpilledSize uint64

	LogSize   int64 // the log of commits
	TableSize int64 // files of sorted data
	DiskSize  int64 // all of the folder's
	TempFiles int   // temporary files that are open
	TempSize  int64

	// LogSyncs are those of the log: CommitsPerSync is how many commits shared one.
	LogSyncs       uint64
	CommitsPerSync float64
	Flushes        uint64
	Ingests        uint64
	Compactions    uint64
	Compacting     int // that run now
	WriteStalls    uint64
	WriteStallTime time.Duration // how long commits waited for flushes and compactions

	Collections, Indexes int
	IndexesBuilding      int
	Shapes               int // known structures of documents
}

// Stats returns figures of the database. It is cheap, some microseconds, and waits for nothing. Those of
// a closed database are zero.
func (db *DB) Stats() Stats {
	if db.closed.Load() {
		return Stats{}
	}
	eng, work := db.shared.engine.Stats(), db.queries.Stats()
	store := eng.Store
	st := Stats{
		MemoryBudget: store.Budget,
		Memory: append(store.Shares,
			MemoryShare{Name: "work memory", Used: work.WorkMemory, Limit: work.WorkMemoryLimit},
			MemoryShare{Name: "statement cache", Used: work.StatementBytes, Limit: work.StatementLimit},
			eng.Catalog),
		BlockCache:  store.BlockCache,
		RecordCache: store.RecordCache,
		Statements:  CacheStats{Hits: work.StatementHits, Misses: work.StatementMisses},

		Commits:   store.Commits,
		Conflicts: store.Conflicts,
		Retries:   work.Retries,
		Aborted:   store.Aborted,

		ReadTransactions:  store.Readers,
		WriteTransactions: store.Writers,
		Iterators:         store.Iterators,
		MaxIterators:      store.MaxIters,
		Sessions:          work.Sessions,
		Rows:              work.Rows,
		Helpers:           work.Helpers,

		Version:       store.Version,
		OldestVersion: store.OldestVersion,
		OldestAge:     store.OldestAge,

		Spills:                 work.Spills,
		TransactionSpills:      store.Spills,
		SpilledSize:            work.SpilledSize,
		TransactionSpilledSize: store.SpilledSize,

		LogSize:   store.LogSize,
		TableSize: store.TableSize,
		DiskSize:  store.DiskSize,
		TempFiles: work.TempFiles,
		TempSize:  work.TempSize,

		LogSyncs:       store.Syncs,
		Flushes:        store.Flushes,
		Ingests:        store.Ingests,
		Compactions:    store.Compactions,
		Compacting:     store.Compacting,
		WriteStalls:    store.Stalls,
		WriteStallTime: store.StallTime,

		Collections:     eng.Collections,
		Indexes:         eng.Indexes,
		IndexesBuilding: eng.Building,
		Shapes:          eng.Shapes,
	}
	if store.Syncs > 0 {
		st.CommitsPerSync = float64(store.Commits) / float64(store.Syncs)
	}
	return st
}
