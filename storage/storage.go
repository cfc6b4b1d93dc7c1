// Package storage is the contract between FluxDB and whatever keeps its bytes:
// an ordered map of byte keys to byte values with snapshots, serializable
// optimistic transactions and commutative counters.
//
// Keys are bytes, compared bytewise. Those given to a store begin with a byte of at least
// MinKeyByte: what lies below is the store's own (its counters, its pending
// range drops). Counter keys are of a space apart and may be any bytes.
//
// Nothing above this package may assume a particular store. storage/pebble is
// the embedded one; storage/storetest proves that a store keeps the contract.
//
// The model, after FoundationDB: a transaction reads from a snapshot fixed when
// it begins, plus its own buffered writes. It records the keys and ranges it
// read. Commit succeeds only if nothing it read was written by another
// transaction that committed since the snapshot; otherwise it returns
// ErrConflict and nothing was applied. Readers never wait, but to begin while a small commit
// is just being applied, and never abort.
package storage

import "context"

// MinKeyByte is the least first byte of a key.
const MinKeyByte = 0x10

// Store is an open store. It is safe for use by many goroutines.
type Store interface {
	// Begin starts a transaction. Its snapshot is fixed here.
	// ErrClosed once the store is closed; ErrUndecided (wrapped) after a failed sync.
	Begin(ctx context.Context, opts TxnOptions) (Txn, error)

	// Get returns a copy of the newest committed value of key, outside any
	// transaction, or ErrNotFound.
	Get(ctx context.Context, key []byte) ([]byte, error)

	// Load bulk-loads [lo, hi), a range that nobody reads yet (a new index, a
	// restore). The source must yield strictly ascending keys within the range.
	// Not transactional: an error can leave part of the range filled; the
	// caller then drops it. When it returns nil the pairs are as durable as a commit, and so is what was committed before.
	Load(ctx context.Context, lo, hi []byte, source Source) error

	// DropRange removes [lo, hi) outside any transaction. The caller first
	// commits whatever makes the range unreachable. The store delays the
	// removal until no transaction older than that commit is open, and
	// finishes it after a crash. DropRange returns at once. Nothing may be written
	// into the range afterwards: it could be removed as well.
	DropRange(ctx context.Context, lo, hi []byte) error

	// Info describes the store.
	Info() Info

	// Stats returns figures of the store. It is cheap: it reads no data and does not wait
	// for commits. A closed store has none.
	Stats() Stats

	// Close waits for running calls, rolls back open transactions, flushes and
	// releases the store. Later calls return ErrClosed. Idempotent. Slices that a
	// transaction or iterator returned must not be used any more.
	Close() error
}

// Source yields key/value pairs in strictly ascending key order.
type Source interface {
	// Next moves to the next pair; false at the end or on an error.
	Next() bool
	// Key and Value are valid until the next call of Next.
	Key() []byte
	Value() []byte
	// Err returns what ended the iteration early.
	Err() error
}

// Isolation names what a store's transactions guarantee.
type Isolation uint8

const (
	// Serializable: committed transactions are equivalent to a serial order.
	Serializable Isolation = iota
	// Snapshot: write skew is possible unless the keys are locked with Txn.Lock.
	Snapshot
)

// Info describes a store and its limits, all sizes in bytes.
type Info struct {
	Name         string    // "pebble"
	Isolation    Isolation // of its transactions
	MaxKeySize   int
	MaxValueSize int
	TxnMemory    int  // bytes of a transaction's writes that it keeps in memory; 0 is all
	Remote       bool // a round trip per call: the planner must batch
}

// TxnOptions say how a transaction begins; the zero value is a read-write one.
type TxnOptions struct {
	// ReadOnly transactions record no reads, refuse writes with ErrReadOnly
	// and always commit.
	ReadOnly bool
	// Exclusive makes other commits wait until this transaction ends, so that it
	// cannot lose to a conflict. The engine uses it after a few failed tries.
	Exclusive bool
}

// Reader reads from the snapshot of a transaction and the writes of its own.
type Reader interface {
	// Get returns the value of key or ErrNotFound. The slice is valid until the
	// next call on the transaction and must not be changed. The key joins the read set.
	Get(ctx context.Context, key []byte) ([]byte, error)

	// MultiGet calls fn once for each key, in the order of keys, with found
	// false where there is no value. Values are valid during the call of fn.
	// An error of fn ends it and is returned.
	MultiGet(ctx context.Context, keys [][]byte, fn func(i int, value []byte, found bool) error) error

	// Scan opens an iterator. It sees the transaction as it was at this call;
	// later writes of the same transaction do not show. The range read (as far
	// as the iterator went) joins the read set when the iterator is closed or
	// exhausted, or at commit. The bounds are copied.
	Scan(ctx context.Context, opts ScanOptions) Iter
}

// Txn is one transaction. It belongs to one goroutine; the iterators that it
// opened may each be used by another one (parallel scans).
type Txn interface {
	// Reader reads the transaction as it is at each call.
	Reader

	// Version is the version of the last commit this transaction sees, never
	// higher than what the snapshot really holds.
	Version() uint64

	// View returns a reader of the transaction as it is now: later writes, and returns to
	// a savepoint, do not show. What it reads joins the transaction's read set. It ends with the
	// transaction and is used by its goroutine; a call of it is a call on the transaction.
	View() Reader

	// Set stores a value. Key and value are copied.
	// ErrReadOnly; ErrTxnTooLarge when there are more writes than the store can number, or the
	// disk's error when a transaction over its share of memory can't move to the disk: nothing was written then,
	// and the transaction may go on.
	Set(key, value []byte) error
	// Delete removes key; removing what is not there is no error.
	Delete(key []byte) error
	// DeleteRange removes [lo, hi).
	DeleteRange(lo, hi []byte) error

	// Add adds delta to the counter at key, a key of the store's own counter
	// space. Adds never conflict with one another or with anything.
	Add(key []byte, delta int64) error
	// Counter returns the counter at the snapshot plus this transaction's own
	// Adds; 0 where there is none. It records nothing in the read set.
	Counter(ctx context.Context, key []byte) (int64, error)

	// ScanCounters calls fn for each counter with a key in [lo, hi), in order, at
	// the snapshot; own Adds are not in it. The key is valid during the call.
	ScanCounters(ctx context.Context, lo, hi []byte, fn func(key []byte, n int64) error) error

	// Observe puts [lo, hi) in the read set without reading it.
	Observe(lo, hi []byte)
	// Lock makes Commit fail with ErrConflict if one of the keys has been
	// changed since the snapshot, also on stores that only offer Snapshot, and
	// also when the transaction wrote nothing.
	Lock(ctx context.Context, keys ...[]byte) error

	// Ingest adds sorted runs of key/value pairs that join the commit as one
	// atomic unit with the other writes. Runs must not overlap each other. After an
	// error nothing of them is in the transaction.
	Ingest(runs ...Source) error

	// Savepoint marks the present state of writes, Adds and range deletes.
	Savepoint() int
	// RollbackTo undoes everything since the savepoint, which stays usable; later
	// savepoints are gone. The read set is never undone.
	RollbackTo(savepoint int) error

	// OnCommit registers fn to be called once, in commit order, after the commit
	// was applied and before its version is published. fn must not block and
	// must not call the store. It is not called when the transaction fails or is
	// read-only.
	OnCommit(fn func(version uint64))

	// Commit ends the transaction, whatever it returns. nil means durable as far as the store's sync
	// level promises; ErrConflict that nothing was applied; ErrUndecided that the outcome
	// is unknown and the store refuses everything until it is reopened.
	Commit(ctx context.Context) error
	// Rollback ends the transaction without applying anything. Idempotent, and
	// a no-op after Commit.
	Rollback()
}

// Renewer is a Txn that can be begun again. A store may offer it: most transactions are short reads, of which one follows
// the other.
type Renewer interface {
	// Renew begins a read-only transaction that has ended again, as Store.Begin does. Nobody else may use it any more, not
	// even by Rollback, and its iterators are closed. After an error it stays ended.
	Renew(ctx context.Context) error
}

// ScanOptions bound a scan to [Lower, Upper); nil means unbounded.
type ScanOptions struct {
	Lower, Upper []byte
	Reverse      bool
	// KeysOnly promises that Value is not called.
	KeysOnly bool
	// Hint promises that no answer depends on what is read: it need not join the read set.
	Hint bool
	// Limit is a hint of how many entries will be read; 0 is none.
	Limit int
	// Spent is a closed iterator of the same store that nobody will use again, not even by Close: the store may make the
	// new one of its memory. nil is none.
	Spent Iter
}

// Iter walks a range. It starts before the first entry.
type Iter interface {
	// Next moves to the next entry in scan direction; false at the end or on an error.
	Next() bool
	// Seek moves to the first entry at or after key in scan direction (at or
	// before it, when the scan is reversed).
	Seek(key []byte) bool
	// Key and Value are valid until the next move and must not be changed.
	Key() []byte
	Value() []byte
	// Err returns what ended the iteration early: a store error or the context's.
	Err() error
	// Close releases the iterator; idempotent. It returns Err.
	Close() error
}
