package pebble

import (
	"testing"

	"github.com/cockroachdb/pebble/v2"
)

// backlog is a database that wants a compaction as long as none was started.
type backlog struct {
	started chan pebble.CompactionGrantHandle
}

func (b *backlog) GetAllowedWithoutPermission() int { return 1 }

func (b *backlog) GetWaitingCompaction() (bool, pebble.WaitingCompaction) {
	return true, pebble.WaitingCompaction{}
}

func (b *backlog) Schedule(h pebble.CompactionGrantHandle) bool {
	b.started <- h
	return true
}

func TestCompactionsBeginWhenTheStoreIsOpen(t *testing.T) {
	db := &backlog{started: make(chan pebble.CompactionGrantHandle)}
	c := newCompactions()
	c.Register(2, db)
	c.UpdateGetAllowedWithoutPermission()
	if ok, _ := c.TrySchedule(); ok {
		t.Fatal("a compaction may run while the store opens")
	}
	c.begin()
	h := <-db.started // what was refused runs by itself
	if ok, _ := c.TrySchedule(); ok {
		t.Fatal("two compactions where one is allowed")
	}
	h.Done()
	h = <-db.started
	c.Unregister()
	h.Done() // a running one ends later
	if ok, _ := c.TrySchedule(); ok {
		t.Fatal("a compaction may run in a closed store")
	}
}
