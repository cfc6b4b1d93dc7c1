package pebble

import (
	"fmt"
	"sync/atomic"

	"github.com/fluxdb/fluxdb/storage"
)

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

// makeRoom makes room for a write of size bytes in the write buffer.
func (t *txn) makeRoom(size int) error {
	n := int64(size) + entryOverhead
	if size == unlimited || t.claim(n) {
		return nil
	}
	p := &t.store.buffers
	return fmt.Errorf("%w: %d bytes with this write; the share is %d for all transactions, of which others hold %d",
		storage.ErrTxnTooLarge, t.writes.bytes+n, p.limit, p.used.Load()-t.granted)
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
	case t.granted == 0 && need <= bufferBlock:
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
