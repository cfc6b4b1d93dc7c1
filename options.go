package fluxdb

import (
	"time"

	"github.com/fluxdb/fluxdb/storage"
)

// Options say how a database is opened. The zero value works; each field is
// also an option of the DSN, under the name given in its comment.
type Options struct {
	// ReadOnly refuses every write; the database must exist. DSN: mode=ro.
	ReadOnly bool
	// Sync is what a commit waits for. DSN: sync=full|normal|off.
	Sync Sync
	// Memory is the budget in bytes for caches, transactions, sorts and hashes; 0
	// is a quarter of the memory available, from 64 MiB to 4 GiB. DSN: memory=256MB.
	Memory int64
	// Compression of the data on disk. DSN: compression=minlz|zstd|none.
	Compression Compression
	// Timeout bounds how long one statement retries conflicts; 0 is 5 seconds. DSN: timeout=5s.
	Timeout time.Duration
	// NoAutocreate makes a Mongo-style write to a missing collection an error
	// instead of creating it. SQL writes never create one. DSN: autocreate=false.
	NoAutocreate bool
	// Star is what SELECT * yields. DSN: star=columns|flat|document.
	Star Star
	// Store, when not nil, keeps the bytes instead of a folder on disk; the path
	// is then only a name. Closing the database closes it.
	Store storage.Store
}

// Sync is what a commit waits for before it is acknowledged.
type Sync uint8

const (
	// SyncFull: the log is on the disk. Survives a power failure.
	SyncFull Sync = iota
	// SyncNormal: the log is with the operating system, synced every 100 ms.
	// Survives the end of the process, not of the machine.
	SyncNormal
	// SyncOff promises nothing.
	SyncOff
)

// Compression is the codec of the blocks on disk.
type Compression uint8

const (
	CompressMinLZ Compression = iota // fast, the default
	CompressZstd                     // smaller
	CompressNone
)

// Star is what SELECT * yields.
type Star uint8

const (
	StarColumns  Star = iota // a column for each top-level field
	StarFlat                 // nested objects expanded into leaf columns address.city
	StarDocument             // one JSON column with the whole document
)

const defaultTimeout = 5 * time.Second

// timeout returns the statement timeout in force.
func (o *Options) timeout() time.Duration {
	if o.Timeout == 0 {
		return defaultTimeout
	}
	return o.Timeout
}
