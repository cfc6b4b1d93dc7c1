package pebble

import "sync/atomic"

// bufferPool is what the write buffers of all open transactions may hold together. One alone
// may have all of it; each draws from it in blocks.
type bufferPool struct {
	limit int64
	used  atomic.Int64
}

// bufferBlock is how much a transaction draws at a time.
const bufferBlock = 64 << 10

// draw takes n bytes; false when there are not so many.
func (p *bufferPool) draw(n int64) bool {
	for {
		used := p.used.Load()
		if used+n > p.limit {
			return false
		}
		if p.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// makeRoom makes room in memory for a write of size bytes, moving those there are to the disk when there
// is none. What is not written yet never depends on others: it is taken over the limit then.
func (t *txn) makeRoom(size int) error {
	n := int64(size) + entryOverhead
	if t.claim(n) {
		return nil
	}
	if len(t.writes.entries) > 0 {
		if err := t.store.spill(&t.writes); err != nil {
			return err
		}
		t.settle()
		if t.claim(n) {
			return nil
		}
	}
	need := t.writes.bytes + n - t.granted
	t.store.buffers.used.Add(need)
	t.granted += need
	return nil
}

// claim draws what n more bytes in the write buffer need; false when the pool has not so much. A small
// transaction does not depend on the others: its first block is its own.
func (t *txn) claim(n int64) bool {
	need := t.writes.bytes + n - t.granted
	if need <= 0 {
		return true
	}
	p := &t.store.buffers
	block := (need + bufferBlock - 1) / bufferBlock * bufferBlock
	switch {
	case p.draw(block):
		need = block
	case p.draw(need):
	case t.granted == 0 && need <= bufferBlock && len(t.writes.runs) == 0:
		p.used.Add(need)
	default:
		return false
	}
	t.granted += need
	return true
}

// settle gives back what the write buffer no longer needs.
func (t *txn) settle() {
	spare := t.granted
	if !t.over {
		spare = max(spare-t.writes.bytes, 0) / bufferBlock * bufferBlock
	}
	t.granted -= spare
	t.store.buffers.used.Add(-spare)
}
