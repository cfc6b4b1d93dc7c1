package engine

import "github.com/fluxdb/fluxdb/storage"

// Errors of the store that pass through the engine, named for the floors above it, which
// do not know the store.
var (
	// ErrConflict is matched when a transaction lost to another one: nothing was done, run it again.
	ErrConflict = storage.ErrConflict
	// ErrClosed is matched when a database or transaction is used after its end.
	ErrClosed = storage.ErrClosed
	// ErrReadOnly is matched when a database or transaction that is read-only is written to.
	ErrReadOnly = storage.ErrReadOnly
)
