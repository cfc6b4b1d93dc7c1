package storage

import (
	"errors"
	"fmt"
)

var (
	// ErrNotFound is returned when a key has no value.
	ErrNotFound = errors.New("key not found")
	// ErrClosed is returned when a store, transaction or iterator is used after its end.
	ErrClosed = errors.New("database is closed")
	// ErrConflict is returned by Commit when another transaction changed what
	// this one read or wrote. Nothing was applied; run it again.
	ErrConflict = errors.New("transaction conflict: another transaction changed what this one read or wrote; nothing was applied, run it again")
	// ErrTxTooOld is returned by Commit when it can't be told any more whether there is a conflict: more was committed
	// since the transaction began than is remembered. Nothing was applied. It matches ErrConflict.
	ErrTxTooOld = fmt.Errorf("transaction too old to be checked: %w", ErrConflict)
	// ErrUndecided is returned when a commit's fate is unknown because writing
	// the log failed. The store refuses everything until it is reopened.
	ErrUndecided = errors.New("commit outcome unknown after a failed sync; reopen the database")
	// ErrReadOnly is returned when a read-only transaction or store is written to.
	ErrReadOnly = errors.New("writes are refused")
	// ErrTxnTooLarge is returned when a transaction has more writes, or more range deletes and counters in
	// its share of memory, than a store can keep.
	ErrTxnTooLarge = errors.New("transaction too large")
	// ErrTooManyCursors is returned by an iterator when as many as may be are open in the store.
	ErrTooManyCursors = errors.New("too many open cursors")
	// ErrLocked is returned by Open when another process has the store open.
	// LockedError carries the holder.
	ErrLocked = errors.New("locked by another process")
	// ErrFormat is returned by Open when the store was written by a newer version of FluxDB.
	ErrFormat = errors.New("format of a newer version")
	// ErrCorrupt is returned when stored bytes are damaged or not a store of this kind.
	ErrCorrupt = errors.New("damaged data")
)

// LockedError is ErrLocked with the process that holds the store.
type LockedError struct {
	Path string
	PID  int // 0 when unknown
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("%s is locked by another process; a database is open in one process at a time", e.Path)
	}
	return fmt.Sprintf("%s is locked by process %d; a database is open in one process at a time", e.Path, e.PID)
}

// Unwrap makes errors.Is(err, ErrLocked) true.
func (e *LockedError) Unwrap() error { return ErrLocked }
