// Package pebble is the embedded store: FluxDB's transactions over one Pebble
// database in a folder, or in memory.
//
// Pebble gives ordered bytes, snapshots and atomic durable batches. Built here are the
// optimistic serializable transactions (txn.go, readset.go, window.go,
// commit.go), the write buffer with savepoints (buffer.go, iter.go), which spills to sorted files (spill.go,
// run.go), large commits and loads as tables (change.go, tables.go), the record cache (cache.go), counters
// and range drops.
//
// Lock order: Store.calls (which Close takes whole), then a transaction's or
// iterator's gate, then Store.mu (the commit mutex), then txn.mu, then Store.reg.mu (the registry of
// transactions). A lock of the cache's shards is held for one look-up and never with another taken
// under it.
package pebble

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// SyncLevel is what Commit waits for.
type SyncLevel uint8

const (
	SyncFull   SyncLevel = iota // the log is on the disk
	SyncNormal                  // the log is with the operating system; on the disk within 100 ms
	SyncOff                     // nothing: a crash of the process loses what is not written yet
)

// Compression is the codec of blocks on disk.
type Compression uint8

const (
	MinLZ Compression = iota
	Zstd
	NoCompression
)

// Options of Open; the zero value works.
type Options struct {
	// InMemory keeps everything in memory; the path is only a name.
	InMemory bool
	// ReadOnly refuses writes and needs an existing store.
	ReadOnly    bool
	Sync        SyncLevel
	Compression Compression
	// Memory is the budget in bytes; 0 is a quarter of the memory available, within 64 MiB and 4 GiB.
	Memory int64
	// Cached are the first bytes of the keys whose values the record cache keeps: those that are
	// read one by one. It has a quarter of the budget, and without any there is none.
	Cached []byte
	// FS replaces the operating system's files, for tests.
	FS vfs.FS
}

// formatVersion is pinned, so that a newer Pebble does not silently write what
// an older FluxDB cannot read.
const formatVersion = pebble.FormatValueSeparation

// pebbleOptions returns the library's options for a budget.
func (o *Options) pebbleOptions(fs vfs.FS, log *logger) *pebble.Options {
	budget := o.budget()
	memtables := min(budget/memtableShare, maxMemtables)
	po := &pebble.Options{
		FS:                          fs,
		ReadOnly:                    o.ReadOnly,
		DisableWAL:                  o.InMemory,
		Logger:                      log,
		FormatMajorVersion:          formatVersion,
		CacheSize:                   budget / cacheShare,
		MemTableSize:                uint64(memtables / memtableCount),
		MemTableStopWritesThreshold: memtableCount,
		L0CompactionThreshold:       2,
		L0StopWritesThreshold:       32,
		LBaseMaxBytes:               64 << 20,
		MaxOpenFiles:                1000,
		BytesPerSync:                512 << 10,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 2 },
	}
	po.Experimental.ValueSeparationPolicy = func() pebble.ValueSeparationPolicy {
		// The library never rewrites a file of large values for the garbage in it: one that meets an error, or is cancelled, panics
		// in a goroutine of its own. What is garbage goes with the file, or with the compactions that give up references.
		return pebble.ValueSeparationPolicy{Enabled: true, MinimumSize: largeValueSize, MaxBlobReferenceDepth: 10, TargetGarbageRatio: 1}
	}
	compression := map[Compression]*sstable.CompressionProfile{
		MinLZ: sstable.MinLZCompression, Zstd: sstable.ZstdCompression, NoCompression: sstable.NoCompression,
	}[o.Compression]
	for i := range po.Levels {
		po.Levels[i] = pebble.LevelOptions{
			BlockSize:      8 << 10,
			IndexBlockSize: 256 << 10,
			FilterPolicy:   bloom.FilterPolicy(10),
			FilterType:     pebble.TableFilter,
			Compression:    func() *sstable.CompressionProfile { return compression },
		}
	}
	return po
}
