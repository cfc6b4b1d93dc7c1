package pebble

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// registry knows the open transactions and the snapshot that those begun since
// the last commit share. A transaction registers and reads the version in one step, and
// a commit publishes its version and looks who is open in one step: so a commit
// is either remembered for a transaction or wholly in its snapshot.
type registry struct {
	mu      sync.Mutex
	readers txnList // both in the order of their versions
	writers txnList
	current *snapshot // of the newest version; nil when nothing began since
	// changing says that a commit is being applied: the state is no longer that of the newest
	// version, not yet that of the next. Who begins then gets current, made before, or waits for ended where there is none.
	changing bool
	ended    sync.Cond // of mu
	waiting  int
	drops    []drop // waiting for older transactions to end
	dropSeq  uint64
}

// txnList is a doubly linked list of transactions in the order they began.
type txnList struct {
	first, last *txn
	count       int
}

func (l *txnList) add(t *txn) {
	l.count++
	t.prev = l.last
	if l.last != nil {
		l.last.next = t
	} else {
		l.first = t
	}
	l.last = t
}

func (l *txnList) remove(t *txn) {
	l.count--
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		l.first = t.next
	}
	if t.next != nil {
		t.next.prev = t.prev
	} else {
		l.last = t.prev
	}
	t.next, t.prev = nil, nil
}

// none is the version that no transaction has.
const none = uint64(math.MaxUint64)

// oldest is the least version in the list, without that of one transaction.
func (l *txnList) oldest(without *txn) uint64 {
	t := l.first
	if t != nil && t == without {
		t = t.next
	}
	if t == nil {
		return none
	}
	return t.version
}

// maxIdle is how many iterators of each sort a snapshot keeps for the next transactions.
const maxIdle = 4

// snapshot is the state of one version, shared by the transactions that began at it. The library's
// snapshot is made when somebody first reads from it, at the latest by the commit that is about to
// change the state: making and closing one costs as much as a point read, and many
// transactions find all they want in the record cache, or read nothing. Its iterators are kept for the same
// reason. refs, idle and scans are guarded by registry.mu.
type snapshot struct {
	made    atomic.Pointer[pebble.Snapshot] // nil until it is made, under making
	making  sync.Mutex
	version uint64
	refs    int
	stale   time.Time    // when the state moved on; zero before
	asked   atomic.Bool  // there was a point read
	idle    []pooledIter // for point reads
	checks  []pooledIter // for those of writing transactions
	scans   []pooledIter // with bounds
}

// pooledIter is an iterator of the library, and how many flushes and compactions had
// ended when it was made: an older one holds memory and files that are replaced by now.
type pooledIter struct {
	*pebble.Iterator
	layout uint64
}

// relaid is told by the library that a flush or compaction ended; locks of the library may be
// held. One that could not write fails the store: the library would repeat it without end.
func (s *Store) relaid(err error) {
	if err != nil {
		harmless := errors.Is(err, pebble.ErrCancelledCompaction) || err.Error() == "pebble: empty table"
		if !harmless && !pebble.IsCorruptionError(err) {
			_ = s.fail(fmt.Errorf("flush or compact: %w", err))
		}
		return
	}
	if s.closed.Load() {
		return
	}
	s.layout.Add(1)
	go func() {
		if s.hold() {
			defer s.leave()
			s.reg.mu.Lock()
			var idle []pooledIter
			if c := s.reg.current; c != nil {
				idle = slices.Concat(c.idle, c.checks, c.scans)
				c.idle, c.checks, c.scans = nil, nil, nil
			}
			s.reg.mu.Unlock()
			for _, it := range idle {
				it.Close()
			}
		}
	}()
}

// register gives t the newest version, and a snapshot of exactly that state: what depends on versions, as
// the definitions of collections do, must fit the data. So it may wait for a commit to be applied, though not for one
// that is known to be slow.
func (s *Store) register(t *txn) {
	r := &s.reg
	r.mu.Lock()
	for r.changing && r.current == nil {
		r.waiting++
		r.ended.Wait()
		r.waiting--
	}
	t.version = s.version.Load()
	r.list(t).add(t)
	if c := r.current; c != nil {
		c.refs++
		idle := c.points(t)
		if n := len(*idle); n > 0 {
			t.point, *idle = (*idle)[n-1], (*idle)[:n-1]
		}
		t.snap = c
		r.mu.Unlock()
		return
	}
	t.snap = &snapshot{version: t.version, refs: 2}
	r.current = t.snap
	r.mu.Unlock()
}

// of returns the library's snapshot.
func (c *snapshot) of(db *pebble.DB) *pebble.Snapshot {
	if made := c.made.Load(); made != nil {
		return made
	}
	c.making.Lock()
	defer c.making.Unlock()
	made := c.made.Load()
	if made == nil {
		made = db.NewSnapshot()
		c.made.Store(made)
	}
	return made
}

func (r *registry) list(t *txn) *txnList {
	if t.readOnly {
		return &r.readers
	}
	return &r.writers
}

// retire begins a change of the state, which publish ends, or unchanged when the store fails: transactions that are open keep
// the state as it is, but for t, which is ending. Others that begin during the change share it, if somebody has it, or
// if the change is slow; else they wait. s.mu is held.
func (s *Store) retire(t *txn, slow bool) {
	r := &s.reg
	r.mu.Lock()
	r.changing = true
	c := r.current
	if c == nil && slow {
		c = &snapshot{version: s.version.Load(), refs: 1}
		r.current = c
	}
	var last *snapshot
	kept := c != nil && (slow || c.sharedBeside(t))
	if !kept {
		r.current, last = nil, c.unref()
	}
	r.mu.Unlock()
	if kept {
		c.of(s.db)
	}
	last.close()
}

// sharedBeside reports whether anyone but t has the current snapshot; reg.mu is held.
func (c *snapshot) sharedBeside(t *txn) bool {
	return c.refs > 2 || c.refs == 2 && (t == nil || t.snap != c)
}

// unchanged ends what retire began when the change failed, and the store with it.
func (s *Store) unchanged() {
	s.reg.mu.Lock()
	s.reg.changing = false
	s.reg.mu.Unlock()
	s.reg.ended.Broadcast()
}

// renew makes the next transaction take a snapshot of its own: keys that no open transaction reads were changed.
// The present one is made now if anyone has it. With s.mu held, since the state could change before.
func (s *Store) renew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.reg
	r.mu.Lock()
	c := r.current // nobody finds it any more
	shared := c != nil && c.sharedBeside(nil)
	r.current = nil
	if shared {
		c.stale = time.Now()
	}
	r.mu.Unlock()
	if shared {
		c.of(s.db)
	}
	r.mu.Lock()
	last := c.unref()
	r.mu.Unlock()
	last.close()
}

// points are the idle iterators for t's point reads.
func (c *snapshot) points(t *txn) *[]pooledIter {
	if t.readOnly {
		return &c.idle
	}
	return &c.checks
}

// unref gives back a share; it returns the snapshot when that was the last.
func (c *snapshot) unref() *snapshot {
	if c == nil {
		return nil
	}
	if c.refs--; c.refs > 0 {
		return nil
	}
	return c
}

// close closes a snapshot that nobody shares; nil is none.
func (c *snapshot) close() {
	if c == nil {
		return
	}
	for _, it := range slices.Concat(c.idle, c.checks, c.scans) {
		it.Close()
	}
	if made := c.made.Load(); made != nil {
		made.Close()
	}
}

// unregister takes t out and gives its snapshot back. It returns the range drops
// that waited for it.
func (s *Store) unregister(t *txn) (ready []drop) {
	r := &s.reg
	point := t.point
	r.mu.Lock()
	r.list(t).remove(t)
	if idle := t.snap.points(t); point.Iterator != nil && r.current == t.snap && len(*idle) < maxIdle &&
		point.layout == s.layout.Load() && point.Error() == nil {
		*idle = append(*idle, point)
		point = pooledIter{}
	}
	last := t.snap.unref()
	ready = r.readyDrops()
	r.mu.Unlock()
	if point.Iterator != nil {
		point.Close()
	}
	last.close()
	t.snap, t.point = nil, pooledIter{}
	return ready
}

// takeScan returns an iterator over [lower, upper) of a transaction's snapshot, one that was used
// before if there is one: opening the files of every level again costs more than the seek.
func (s *Store) takeScan(c *snapshot, lower, upper []byte) (pooledIter, error) {
	s.reg.mu.Lock()
	if n := len(c.scans); n > 0 {
		it := c.scans[n-1]
		c.scans = c.scans[:n-1]
		s.reg.mu.Unlock()
		it.SetBounds(lower, upper)
		return it, nil
	}
	s.reg.mu.Unlock()
	layout := s.layout.Load()
	it, err := c.of(s.db).NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	return pooledIter{it, layout}, err
}

// giveBack keeps a scan's iterator for the next one, or closes it. The transaction it was taken for
// still holds the snapshot.
func (s *Store) giveBack(c *snapshot, it pooledIter) {
	if it.Error() == nil && it.layout == s.layout.Load() {
		s.reg.mu.Lock()
		keep := s.reg.current == c && len(c.scans) < maxIdle
		if keep {
			c.scans = append(c.scans, it)
		}
		s.reg.mu.Unlock()
		if keep {
			return
		}
	}
	it.Close()
}

// publish makes a commit's version the newest and ends what retire began. It returns the least version that
// another open writing transaction has.
func (s *Store) publish(version uint64, t *txn) (oldest uint64) {
	r := &s.reg
	r.mu.Lock()
	oldest = r.writers.oldest(t)
	s.version.Store(version)
	r.changing = false
	c := r.current // made before the change, if it is there
	r.current = nil
	if c != nil && c.refs > 1 {
		c.stale = time.Now()
	}
	last := c.unref()
	r.mu.Unlock()
	r.ended.Broadcast()
	last.close()
	return oldest
}

// open returns the open transactions.
func (r *registry) open() (all []*txn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range []*txnList{&r.readers, &r.writers} {
		for t := l.first; t != nil; t = t.next {
			all = append(all, t)
		}
	}
	return all
}
