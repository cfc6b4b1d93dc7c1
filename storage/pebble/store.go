package pebble

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/errors/assert"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// The store's own keys, below storage.MinKeyByte:
//
//	00 'd' number(8, BE)   a range drop that is not finished: lo length (4, BE) lo hi
//	00 'b'                 nothing; the first key of a store, which is never empty
//	01 key                 a counter: int64, 8 bytes, LE
const (
	ownPrefix     = 0x00
	counterPrefix = 0x01
)

// Limits of keys and values, in bytes.
const (
	maxKeySize   = 64 << 10
	maxValueSize = 64 << 20
)

// Store is a storage.Store in a folder or in memory.
type Store struct {
	db     *pebble.DB
	dir    string // where it lies in files
	files  vfs.FS // without the fence
	tables string // the folder for tables that are not part of the database
	lock   io.Closer
	noted  *notesFS // nil where nothing is written
	lazy   *lazyFS  // nil but with sync=normal
	fence  *fence
	log    *logger
	opts   Options
	write  *pebble.WriteOptions
	budget int64 // of memory
	txnMax int64 // bytes of transactions' writes that stay in memory

	ingestFrom   int64 // size of a transaction's writes from which they are ingested
	tableOptions sstable.WriterOptions
	readOptions  sstable.ReaderOptions
	hasTables    atomic.Bool   // their folder is there
	tableSeq     atomic.Uint64 // names tables
	ingests      atomic.Int64  // tables that went in at once, counted by the ingest
	spills       atomic.Int64  // runs that large transactions wrote
	spilledBytes atomic.Int64  // their size

	closed   atomic.Bool
	stuck    atomic.Bool           // the library holds locks that nobody will release
	poison   atomic.Pointer[error] // why everything is refused
	version  atomic.Uint64         // of the newest published commit
	layout   atomic.Uint64         // how many flushes and compactions have ended
	closing  chan struct{}         // closed when Close begins
	calls    sync.RWMutex          // read-locked by calls that Close waits for
	closeErr error
	once     sync.Once

	// mu is the commit mutex: checking, applying and publishing one commit.
	mu        sync.Mutex
	window    window
	counters  map[string]*int64
	stalling  bool          // the last change took long to apply
	exclusive *txn          // other commits wait while it is open
	released  chan struct{} // closed when exclusive ends

	reg     registry
	buffers bufferPool
	counts  counts
	cache   *cache // nil when no keys are marked
}

var _ storage.Store = (*Store)(nil)

// Open opens the store in the folder at path, creating it if it is missing. It returns
// a *storage.LockedError at once when another process has it open,
// storage.ErrFormat for the format of a newer version, and storage.ErrCorrupt when the
// folder is damaged or holds something else.
func Open(path string, opts Options) (_ storage.Store, err error) {
	defer func() { err = advised(err) }()
	files := opts.FS
	switch {
	case files != nil:
	case opts.InMemory:
		files, path = vfs.NewMem(), "memory"
	default:
		files = vfs.Default
		if path, err = resolved(path); err != nil {
			return nil, err
		}
	}
	s := &Store{opts: opts, dir: path, files: files, closing: make(chan struct{}), counters: map[string]*int64{}, write: pebble.Sync}
	s.reg.ended.L = &s.reg.mu
	s.tableSeq.Store(rand.Uint64() >> 24 << 20)
	s.tables = files.PathJoin(path, tablesFolder)
	if opts.InMemory || opts.Sync == SyncOff {
		s.write = pebble.NoSync
	}
	budget := opts.budget()
	s.budget = budget
	s.txnMax = min(budget/txnShare, maxTxnSize)
	s.buffers.limit = s.txnMax
	s.counts.maxIters = maxIters(budget)
	s.ingestFrom = min(ingestSize, s.txnMax/2)
	s.window.limit = budget / windowShare
	var fresh bool
	if s.lock, fresh, err = claim(path, files, opts.ReadOnly); err != nil {
		return nil, err
	}
	s.fence = newFence(files, func(err error) { _ = s.fail(err) })
	s.log = &logger{fence: s.fence}
	if err := s.prepare(fresh); err != nil {
		return nil, errors.Join(err, s.release())
	}
	err = s.openDB(path, fresh)
	if errors.Is(err, storage.ErrCorrupt) && strings.Contains(err.Error(), "replaying WAL") && !opts.ReadOnly {
		if cut, cutErr := cutTail(path, files); cut || cutErr != nil {
			if err = cutErr; err == nil {
				err = s.openDB(path, fresh)
			}
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.abandon())
	}
	if err := s.born(fresh); err != nil {
		return nil, errors.Join(err, s.abandon())
	}
	if s.lazy == nil && !opts.InMemory && !opts.ReadOnly {
		if err := files.Remove(files.PathJoin(path, syncedFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(err, s.abandon())
		}
	}
	s.cache = newCache(budget/recordShare, opts.Cached)
	if err := errors.Join(s.clearTables(), s.resumeDrops()); err != nil {
		return nil, errors.Join(err, s.abandon())
	}
	return s, nil
}

// prepare checks the folder as far as the library does not, and puts between the library and
// the files what notes how far they were synced.
func (s *Store) prepare(fresh bool) error {
	closed, err := checkClosed(s.dir, s.files)
	if err != nil || s.opts.InMemory {
		return err
	}
	line := -1
	if !fresh {
		if line, err = checkNotes(s.dir, s.files, closed); err != nil {
			return err
		}
		if !closed {
			if err := checkLogs(s.dir, s.files); err != nil {
				return err
			}
		}
	}
	if s.opts.ReadOnly {
		return nil
	}
	if closed {
		if err := unmarkClosed(s.dir, s.files); err != nil {
			return fmt.Errorf("remove %s: %w", closedFile, err)
		}
	}
	if s.noted, err = newNotesFS(s.dir, aheadFS{s.files}, line); err != nil {
		return err
	}
	s.fence.FS = s.noted
	if s.opts.Sync != SyncNormal {
		return nil
	}
	if err := replaceFile(s.files, s.dir, syncedFile, ""); err != nil {
		return err
	}
	s.lazy = newLazyFS(s.noted, syncInterval, func(err error) { _ = s.fail(fmt.Errorf("sync the log: %w", err)) })
	s.fence.FS = s.lazy
	return nil
}

// openDB opens the library's database; damage is an error that matches ErrCorrupt.
func (s *Store) openDB(path string, fresh bool) error {
	po := s.opts.pebbleOptions(s.fence, s.log)
	// In a folder that was finished the library must find its own: left to itself it would take one
	// without its marker for empty, begin anew and remove the data.
	po.ErrorIfNotExists = !fresh
	po.EventListener = &pebble.EventListener{
		FlushEnd:        func(info pebble.FlushInfo) { s.relaid(info.Err) },
		CompactionEnd:   func(info pebble.CompactionInfo) { s.relaid(info.Err) },
		WriteStallBegin: func(pebble.WriteStallBeginInfo) { s.counts.stall() },
		WriteStallEnd:   func() { s.counts.resume() },
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			s.log.refuse(damaged(fmt.Errorf("%s: %w", info.Path, info.Details)))
		},
	}
	po.EnsureDefaults()
	s.readOptions = po.MakeReaderOptions()
	s.tableOptions = po.MakeWriterOptions(0, formatVersion.MaxTableFormat())
	later := newCompactions()
	po.Experimental.CompactionScheduler = later
	err := guarded(func() (err error) {
		if s.db, err = pebble.Open(path, po); err == nil {
			err = checkBlobs(s.db, path, s.files)
		}
		return err
	})
	later.begin()
	if p := s.poison.Load(); p != nil {
		err = *p // what the library says then is about the void
	} else if reason := s.log.failed(); reason != nil && err == nil {
		err = reason
	}
	return diagnosed(err)
}

// diagnosed tells damage from a newer format and from a failing disk, in an error of the library's opening.
func diagnosed(err error) error {
	var system syscall.Errno
	switch {
	case err == nil:
		return nil
	case strings.Contains(err.Error(), "format major version"):
		return fmt.Errorf("%w: %w", storage.ErrFormat, err)
	case errors.As(err, &system) && system != syscall.ENOENT, errors.Is(err, fs.ErrPermission):
		return err // the disk's fault, not the data's
	case errors.Is(err, storage.ErrCorrupt):
		return err
	}
	return damaged(err)
}

// born makes sure that a store that is done is not empty: the library takes a folder whose
// manifest it cannot read for one that was never written to. The first key of a fresh store is on the disk
// before the folder is marked as finished.
func (s *Store) born(fresh bool) error {
	if s.opts.InMemory {
		return nil
	}
	key := []byte{ownPrefix, 'b'}
	if !fresh {
		it, err := s.db.NewIter(nil)
		if err != nil {
			return wrap(err)
		}
		found := it.First()
		switch err := it.Close(); {
		case err != nil:
			return wrap(err)
		case !found:
			return fmt.Errorf("%w: the database in folder %s reads as empty, which it never is: its manifest or log is damaged or not its own", storage.ErrCorrupt, s.dir)
		}
		return nil
	}
	batch := s.db.NewBatch()
	if err := errors.Join(batch.Set(key, nil, nil), s.writeNow(batch, pebble.Sync, key, append(key, 0))); err != nil {
		return err
	}
	if s.lazy != nil {
		s.lazy.syncDirty()
	}
	if err := s.usable(); err != nil {
		return err
	}
	return finish(s.dir, s.files)
}

// abandon ends a store that could not be opened. What the library says does not count any more.
func (s *Store) abandon() error {
	s.closed.Store(true)
	s.fence.shut()
	if s.db != nil && !s.stuck.Load() {
		_ = guarded(s.db.Close)
	}
	return s.release()
}

// guarded returns a panic of the library as an error: it panics on damaged files and failing disks.
func guarded(fn func() error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			err = fmt.Errorf("panic: %w", r)
		default:
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return fn()
}

// release gives back what Open took beside the database.
func (s *Store) release() (err error) {
	if s.lazy != nil {
		s.lazy.close()
	}
	if s.noted != nil {
		err = s.noted.notes.Close()
	}
	return errors.Join(err, s.cache.release(), s.lock.Close())
}

// Info describes the store.
func (s *Store) Info() storage.Info {
	return storage.Info{
		Name: "pebble", Isolation: storage.Serializable,
		MaxKeySize: maxKeySize, MaxValueSize: maxValueSize, TxnMemory: int(s.txnMax),
	}
}

// usable returns why the store takes no calls, or nil.
func (s *Store) usable() error {
	if s.closed.Load() {
		return storage.ErrClosed
	}
	if err := s.poisoned(); err != nil {
		return err
	}
	if reason := s.log.failed(); reason != nil {
		return s.fail(reason)
	}
	return nil
}

// fail makes the store refuse everything, and write nothing, from now on.
func (s *Store) fail(cause error) error {
	s.poison.CompareAndSwap(nil, &cause) // before the fence is shut
	s.fence.shut()
	return s.poisoned()
}

// poisoned returns why the store refuses everything, or nil.
func (s *Store) poisoned() error {
	if cause := s.poison.Load(); cause != nil {
		if errors.Is(*cause, storage.ErrCorrupt) {
			return &refusedError{*cause}
		}
		return advised(fmt.Errorf("%w: %w", storage.ErrUndecided, *cause))
	}
	return nil
}

// hold begins a call that Close has to wait for; false when it has begun. A
// transaction's gate is entered after it.
func (s *Store) hold() bool {
	s.calls.RLock()
	if s.closed.Load() {
		s.calls.RUnlock()
		return false
	}
	return true
}

// enter is hold for calls that need the store to be usable.
func (s *Store) enter() error {
	if !s.hold() {
		return storage.ErrClosed
	}
	if err := s.usable(); err != nil {
		s.leave()
		return err
	}
	return nil
}

func (s *Store) leave() { s.calls.RUnlock() }

// Get returns a copy of the newest committed value.
func (s *Store) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	if len(key) == 0 || key[0] < storage.MinKeyByte {
		return nil, storage.ErrNotFound // the store's own are nobody's
	}
	return copyOf(s.db.Get(key))
}

func copyOf(v []byte, closer io.Closer, err error) ([]byte, error) {
	if err != nil {
		return nil, wrap(err)
	}
	out := append([]byte(nil), v...)
	return out, closer.Close()
}

// Close rolls back what is open, flushes and releases the folder.
func (s *Store) Close() error {
	s.once.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Store) close() (err error) {
	s.closed.Store(true)
	close(s.closing) // whoever waits for an exclusive transaction gives up
	s.calls.Lock()
	defer s.calls.Unlock()
	for _, t := range s.reg.open() {
		t.kill()
	}
	s.renew()
	broken := s.poison.Load() != nil || s.log.failed() != nil
	if !broken && !s.opts.ReadOnly && !s.opts.InMemory {
		err = s.flush() // so that the next open has no log to replay
		if p := s.poisoned(); p != nil {
			err, broken = p, true
		}
	}
	if !s.stuck.Load() {
		// A poisoned database complains of what it could not finish, and that is known.
		if closeErr := guarded(s.db.Close); !broken {
			err = errors.Join(err, closeErr)
		}
	}
	if s.hasTables.Load() {
		_ = s.clearTables() // what is left, the next open removes
	}
	s.fence.shut()
	// Closing writes too: what is written down must be what is on the disk.
	if err == nil && s.poison.Load() == nil && s.log.failed() == nil && !s.opts.ReadOnly && !s.opts.InMemory {
		err = markClosed(s.dir, s.files)
	}
	return errors.Join(err, s.release())
}

// flush flushes and waits, but not for a flush that the library repeats for ever because the disk failed.
func (s *Store) flush() error {
	done, err := s.db.AsyncFlush()
	if err != nil {
		return err
	}
	select {
	case <-done:
	case <-s.fence.down:
	}
	return nil
}

// wrap names Pebble's errors by the contract's.
func wrap(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pebble.ErrNotFound):
		return storage.ErrNotFound
	case errors.Is(err, pebble.ErrClosed):
		return storage.ErrClosed
	case errors.Is(err, pebble.ErrReadOnly):
		return storage.ErrReadOnly
	case pebble.IsCorruptionError(err), assert.HasAssertionFailure(err):
		return damaged(err) // what cannot be comes of files that say it
	}
	return err
}
