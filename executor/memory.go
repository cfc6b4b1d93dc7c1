package executor

import (
	"sync"
	"sync/atomic"
)

// WorkMemory is what all statements on an engine may hold together in sorts, tables, row
// buffers and index builds. Each draws from it through an account of its own.
//
// A statement that is alone may draw all of it. Of several each may draw an equal part, and more only while
// half of the whole is free: who holds more than its part gets nothing, spills, and gives back.
type WorkMemory struct {
	limit int64
	used  atomic.Int64
	// accounts counts those that have drawn something.
	accounts atomic.Int64
	// sessions are those that are open.
	sessions atomic.Int64
	spill    spillCounts
	// helpers are the goroutines that read for statements beside those of their sessions.
	helpers atomic.Int64
}

// defaultWorkMemory is the limit where the engine names none.
const defaultWorkMemory = 16 << 20

// NewWorkMemory returns the work memory of an engine, limit bytes; 0 is a default.
func NewWorkMemory(limit int64) *WorkMemory {
	if limit <= 0 {
		limit = defaultWorkMemory
	}
	return &WorkMemory{limit: limit}
}

// account returns the account of one statement.
func (w *WorkMemory) account() *account { return &account{pool: w} }

// part is what each account may hold in any case.
func (w *WorkMemory) part() int64 { return w.limit / max(w.accounts.Load(), 1) }

// kept is how many bytes of buffers a session may keep between two statements. They are not drawn: all
// sessions together keep a part of the limit.
func (w *WorkMemory) kept() int {
	return int(min(w.limit/(4*max(w.sessions.Load(), 1)), maxKept))
}

// hire makes room for one more helper among at most so many; false, at once, when there is none. Each of them holds
// buffers, and more than there are cores would only take turns.
func (w *WorkMemory) hire(most int) bool {
	for {
		n := w.helpers.Load()
		if n >= int64(most) {
			return false
		}
		if w.helpers.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// dismiss gives back what hire gave.
func (w *WorkMemory) dismiss() { w.helpers.Add(-1) }

// shared reports whether several statements draw from the pool.
func (w *WorkMemory) shared() bool { return w.accounts.Load() > 1 }

// draw takes n bytes for an account that holds so much already; false when it may not have them.
func (w *WorkMemory) draw(n, held int64) bool {
	for {
		used := w.used.Load()
		if used+n > w.limit || held+n > w.part() && used+n > w.limit/2 {
			return false
		}
		if w.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// account is what one statement holds: work memory and temporary files. The goroutines that run the
// statement may use it at the same time; each has shares of its own.
type account struct {
	pool *WorkMemory

	mu sync.Mutex
	// granted is drawn from the pool, in blocks; used is part of it.
	granted, used int64
	files         map[*spillFile]struct{}
}

// grantBlock is how much an account draws from the pool at a time.
const grantBlock = 64 << 10

// reserve takes n bytes; false when the pool has none for it. must takes them in any case.
func (a *account) reserve(n int64, must bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if need := a.used + n - a.granted; need > 0 && !a.extend(need, must) {
		return false
	}
	a.used += n
	return true
}

// extend draws at least n bytes from the pool, a block where it has one.
func (a *account) extend(n int64, must bool) bool {
	if a.granted == 0 {
		a.pool.accounts.Add(1)
	}
	block := (n + grantBlock - 1) / grantBlock * grantBlock
	switch {
	case a.pool.draw(block, a.granted):
		n = block
	case a.pool.draw(n, a.granted):
	case must:
		a.pool.used.Add(n)
	default:
		if a.granted == 0 {
			a.pool.accounts.Add(-1)
		}
		return false
	}
	a.granted += n
	return true
}

// release gives n bytes back, to the pool once they are more than a few blocks, or others want them.
func (a *account) release(n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.used -= n
	if idle := a.granted - a.used; idle > 4*grantBlock || a.granted > a.pool.part() {
		a.yield(idle)
	}
}

func (a *account) yield(n int64) {
	if n == 0 {
		return
	}
	a.pool.used.Add(-n)
	if a.granted -= n; a.granted == 0 {
		a.pool.accounts.Add(-1)
	}
}

// keep makes the account remove a file when it is closed; drop forgets one that is removed.
func (a *account) keep(f *spillFile) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.files == nil {
		a.files = map[*spillFile]struct{}{}
	}
	a.files[f] = struct{}{}
}

func (a *account) drop(f *spillFile) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.files, f)
}

// greedy reports whether the account holds more than its part, which others may wait for.
func (a *account) greedy() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.granted > a.pool.part()
}

// close gives back all, and removes the files that are left.
func (a *account) close() {
	a.mu.Lock()
	files := a.files
	a.files = nil
	a.mu.Unlock()
	for f := range files {
		f.remove()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.yield(a.granted)
	a.used = 0
}

// share returns what one operator of the statement holds, nothing yet.
func (a *account) share() share { return share{account: a} }

// share is the part of an account that one operator holds. It belongs to one goroutine.
type share struct {
	account *account
	held    int64
}

// floor is what an operator may hold in any case, so that it makes headway while others hold
// everything. All floors together are a small part of the limit, unless the statements are very many.
func (w *WorkMemory) floor() int64 {
	return min(max(min(w.limit/64, w.part()/16), 1<<10), 256<<10)
}

// take adds n bytes to what is held; false when it should spill instead.
func (s *share) take(n int64) bool {
	if !s.account.reserve(n, s.held+n <= s.account.pool.floor()) {
		return false
	}
	s.held += n
	return true
}

// must adds n bytes that are held whatever the limit is: a single row may be large.
func (s *share) must(n int64) {
	s.account.reserve(n, true)
	s.held += n
}

// hold makes held, a part of the share, the size of a buffer.
func (s *share) hold(held *int64, buffer int) {
	switch size := int64(buffer); {
	case size > *held:
		s.must(size - *held)
		*held = size
	case size < *held:
		s.give(*held - size)
		*held = size
	}
}

// give returns n bytes.
func (s *share) give(n int64) {
	s.account.release(n)
	s.held -= n
}

// free returns everything.
func (s *share) free() {
	if s.held != 0 {
		s.give(s.held)
	}
}

// buffer returns the size for each of count buffers of one operator, from 1 to 64 KiB.
func (a *account) buffer(count int) int {
	return int(min(max(a.pool.part()/int64(4*count), 1<<10), 64<<10))
}
