package pebble

import (
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// compactions lets the library compact as its own scheduler does, but not before the database is
// open: the library's Open waits for compactions that are running, and after a large load
// the first one takes much longer than all the rest of opening.
type compactions struct {
	db   pebble.DBForCompaction
	poke chan struct{} // something may be allowed now
	stop chan struct{}
	done chan struct{}

	mu      sync.Mutex // taken after the library's locks; nothing of it is called within
	opened  bool
	stopped bool
	running int
}

var (
	_ pebble.CompactionScheduler   = (*compactions)(nil)
	_ pebble.CompactionGrantHandle = (*compactions)(nil)
)

// grantInterval is how often the library's backlog is looked at: not every change of it is told.
const grantInterval = 100 * time.Millisecond

func newCompactions() *compactions {
	return &compactions{poke: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

// begin allows compactions from now on.
func (c *compactions) begin() {
	c.mu.Lock()
	c.opened = true
	c.mu.Unlock()
	c.UpdateGetAllowedWithoutPermission()
}

// Register is called by the library while it opens.
func (c *compactions) Register(_ int, db pebble.DBForCompaction) {
	c.db = db
	go func() {
		defer close(c.done)
		tick := time.NewTicker(grantInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-c.poke:
			case <-c.stop:
				return
			}
			c.grant()
		}
	}()
}

// Unregister returns when the library is no longer called.
func (c *compactions) Unregister() {
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	close(c.stop)
	<-c.done
}

// TrySchedule reports whether one more compaction may run.
func (c *compactions) TrySchedule() (bool, pebble.CompactionGrantHandle) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// How many the library wants is read without locks of its.
	if !c.opened || c.stopped || c.db.GetAllowedWithoutPermission() <= c.running {
		return false, nil
	}
	c.running++
	return true, c
}

// grant starts the compactions that were refused before and may run now.
func (c *compactions) grant() {
	for {
		if ok, _ := c.TrySchedule(); !ok {
			return
		}
		if waiting, _ := c.db.GetWaitingCompaction(); !waiting || !c.db.Schedule(c) {
			c.mu.Lock()
			c.running--
			c.mu.Unlock()
			return
		}
	}
}

// UpdateGetAllowedWithoutPermission says that more compactions may be allowed.
func (c *compactions) UpdateGetAllowedWithoutPermission() {
	select {
	case c.poke <- struct{}{}:
	default:
	}
}

// Done says that a compaction ended.
func (c *compactions) Done() {
	c.mu.Lock()
	c.running--
	c.mu.Unlock()
	c.UpdateGetAllowedWithoutPermission()
}

// Started, MeasureCPU and CumulativeStats are for schedulers that ration the processor.
func (c *compactions) Started() {}

// MeasureCPU does nothing.
func (c *compactions) MeasureCPU(pebble.CompactionGoroutineKind) {}

// CumulativeStats does nothing.
func (c *compactions) CumulativeStats(pebble.CompactionGrantHandleStats) {}
