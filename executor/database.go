package executor

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
)

// Star is what SELECT * yields.
type Star = planner.Star

// Options are those of one handle on a database; several may share its engine.
type Options struct {
	// Star is what SELECT * yields.
	Star Star
	// Timeout bounds how long one statement retries conflicts; 0 is for ever.
	Timeout time.Duration
	// Autocreate lets a Mongo-style write create a missing collection.
	Autocreate bool
	// ReadOnly refuses statements that write.
	ReadOnly bool
	// Memory is what the statements of all handles on the engine share; nil gives this one its own.
	Memory *WorkMemory
}

// Database is a handle on an open engine: its options and its statement cache.
// It is safe for use by many goroutines.
type Database struct {
	engine  *engine.DB
	options Options
	cache   cache
	// memory is what the running statements may hold together.
	memory  *WorkMemory
	crewing crewing
	closed  atomic.Bool
	// rows are the open result sets, retries the statements run again.
	rows    atomic.Int64
	retries atomic.Uint64
	// closing is over when Close begins; calls is read-locked by what Run runs.
	closing context.Context
	shut    context.CancelFunc
	calls   sync.RWMutex

	mu       sync.Mutex
	sessions map[*Session]struct{} // those not closed
}

// statementShare is the part of work memory that the statement cache may hold beside it.
const statementShare = 4

// Open returns a handle on db, which stays the caller's to close, after the handle.
func Open(db *engine.DB, options Options) *Database {
	d := &Database{engine: db, options: options, memory: options.Memory, crewing: defaultCrewing, sessions: map[*Session]struct{}{}}
	if d.memory == nil {
		d.memory = NewWorkMemory(db.WorkMemory())
	}
	d.cache.limit = d.memory.limit / statementShare
	d.closing, d.shut = context.WithCancel(context.Background())
	return d
}

// Close ends what the handle's sessions have open, each when the call that is running in it
// returns, and makes all further use of them return ErrClosed. A statement that is running notices within
// milliseconds. Idempotent.
func (db *Database) Close() error {
	db.closed.Store(true)
	db.shut()
	db.cache.clear()
	db.mu.Lock()
	sessions := slices.Collect(maps.Keys(db.sessions))
	db.mu.Unlock()
	for _, s := range sessions {
		s.busy.Lock()
		s.end(ErrClosed)
		s.busy.Unlock()
		db.forget(s)
	}
	db.calls.Lock() // nothing is running any more, and nothing begins
	defer db.calls.Unlock()
	return nil
}

// Run runs fn, which works on the engine for long, with a context that Close cancels. Close waits for it:
// what fn reads must not be pulled away.
func (db *Database) Run(ctx context.Context, fn func(ctx context.Context) error) error {
	db.calls.RLock()
	defer db.calls.RUnlock()
	if db.closed.Load() {
		return ErrClosed
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(db.closing, cancel)()
	err := fn(ctx)
	if err != nil && db.closed.Load() && errors.Is(err, context.Canceled) {
		return ErrClosed
	}
	return err
}

// NewSession returns a session.
func (db *Database) NewSession() *Session {
	s := &Session{db: db}
	db.mu.Lock()
	db.sessions[s] = struct{}{}
	db.mu.Unlock()
	db.memory.sessions.Add(1)
	return s
}

// forget drops a session that was closed.
func (db *Database) forget(s *Session) {
	db.mu.Lock()
	_, open := db.sessions[s]
	delete(db.sessions, s)
	db.mu.Unlock()
	if open {
		db.memory.sessions.Add(-1)
	}
}

// begin starts a transaction of the engine, a read-only one where the handle is.
func (db *Database) begin(ctx context.Context, options engine.TxOptions) (*engine.Tx, error) {
	if db.closed.Load() {
		return nil, ErrClosed
	}
	options.ReadOnly = options.ReadOnly || db.options.ReadOnly
	return db.engine.Begin(ctx, options)
}

// beginRead starts a read-only transaction, of one that is spent if there is any.
func (db *Database) beginRead(ctx context.Context, spent *engine.Tx) (*engine.Tx, error) {
	if db.closed.Load() {
		return nil, ErrClosed
	}
	return db.engine.BeginRead(ctx, spent)
}
