package executor

import "sync/atomic"

// workMemory is what all statements of an open database may hold together in sorts, tables
// and row buffers. Each draws from it through an account of its own.
type workMemory struct {
	limit int64
	used  atomic.Int64
}

// defaultWorkMemory is the limit where the engine names none.
const defaultWorkMemory = 16 << 20

func newWorkMemory(limit int64) *workMemory {
	if limit <= 0 {
		limit = defaultWorkMemory
	}
	return &workMemory{limit: limit}
}

// account returns the account of one statement.
func (w *workMemory) account() *account { return &account{pool: w} }

// account is the work memory of one statement. It belongs to one goroutine.
// What is granted is drawn from the pool in blocks; what is used may exceed it by
// the floors that its shares are allowed whatever others hold.
type account struct {
	pool          *workMemory
	granted, used int64
}

// grantBlock is how much an account draws from the pool at a time.
const grantBlock = 64 << 10

// reserve takes n bytes; false when the pool has no more.
func (a *account) reserve(n int64) bool {
	if a.used+n > a.granted && !a.extend(a.used+n-a.granted) {
		return false
	}
	a.used += n
	return true
}

// extend draws at least n bytes from the pool, a block where it has one.
func (a *account) extend(n int64) bool {
	for _, want := range [2]int64{(n + grantBlock - 1) / grantBlock * grantBlock, n} {
		for {
			used := a.pool.used.Load()
			if used+want > a.pool.limit {
				break
			}
			if a.pool.used.CompareAndSwap(used, used+want) {
				a.granted += want
				return true
			}
		}
	}
	return false
}

// release gives n bytes back, to the pool once they are more than a few blocks.
func (a *account) release(n int64) {
	a.used -= n
	if idle := a.granted - max(a.used, 0); idle > 4*grantBlock {
		a.granted -= idle
		a.pool.used.Add(-idle)
	}
}

// close gives back all.
func (a *account) close() {
	a.pool.used.Add(-a.granted)
	a.granted, a.used = 0, 0
}

// share returns what one operator of the statement holds, nothing yet.
func (a *account) share() share {
	return share{account: a, floor: min(max(a.pool.limit/64, 1<<10), 256<<10)}
}

// share is the part of an account that one operator holds.
type share struct {
	account *account
	held    int64
	// floor is what the operator may hold in any case, so that it makes headway
	// while others hold everything.
	floor int64
}

// take adds n bytes to what is held; false when it should spill instead.
func (s *share) take(n int64) bool {
	if s.account.reserve(n) {
		s.held += n
		return true
	}
	if s.held+n > s.floor {
		return false
	}
	s.must(n)
	return true
}

// must adds n bytes that are held whatever the limit is: a single row may be large.
func (s *share) must(n int64) {
	s.account.used += n
	s.held += n
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
	return int(min(max(a.pool.limit/int64(4*count), 1<<10), 64<<10))
}
