package executor

import (
	"math/rand/v2"

	"github.com/fluxdb/fluxdb/document"
)

// joinTable keeps rows of one side of a join by their keys. Rows without a key, one of which is NULL, are kept but not
// found.
type joinTable struct {
	width int // keys a row
	// nullsEqual has NULL equal NULL.
	nullsEqual bool
	share      share
	seed       uint64

	rows  []joinRow
	keys  []document.Value
	data  arena
	slots []uint32 // first row with a hash, by its low bits, plus one
}

type joinRow struct {
	hash   uint64
	bytes  []byte // registers
	next   uint32 // the row after it in the slot, plus one
	paired bool
}

// joinRowSize is the memory of a row beside its keys and bytes, with its slot.
const joinRowSize = 8 + 24 + 8 + 8

func newJoinTable(x *execution, width int) *joinTable {
	return &joinTable{width: width, share: x.memory.share(), seed: rand.Uint64()}
}

// hash returns the hash of keys; ok is false when one of them is NULL, which equals nothing.
func (t *joinTable) hash(keys []document.Value) (h uint64, ok bool) {
	h = t.seed
	for _, k := range keys {
		if k.IsNull() && !t.nullsEqual {
			return 0, false
		}
		h = document.Hash(k, h)
	}
	return h, true
}

// add adds a row; false when there is no memory for it, unless it must.
func (t *joinTable) add(hash uint64, keys []document.Value, row []byte, must bool) bool {
	n := int64(joinRowSize+24*t.width+len(row)) + keysSize(keys)
	if !t.share.take(n) {
		if !must {
			return false
		}
		t.share.must(n)
	}
	t.rows = append(t.rows, joinRow{hash: hash, bytes: t.data.copy(row)})
	for _, k := range keys {
		copied, _ := t.data.value(k)
		t.keys = append(t.keys, copied)
	}
	return true
}

// seal makes the rows findable: those with equal keys in the order in which they were added.
func (t *joinTable) seal() {
	n := 16
	for 3*n < 4*len(t.rows) {
		n *= 2
	}
	t.slots = make([]uint32, n)
	for i := len(t.rows) - 1; i >= 0; i-- {
		if t.found(i) {
			slot := &t.slots[t.rows[i].hash&uint64(n-1)]
			t.rows[i].next, *slot = *slot, uint32(i+1)
		}
	}
}

// found reports whether a row has keys that can be equal to others.
func (t *joinTable) found(row int) bool {
	for _, k := range t.keys[row*t.width : (row+1)*t.width] {
		if k.IsNull() && !t.nullsEqual {
			return false
		}
	}
	return true
}

// first returns the first row with these keys, and after the one that follows a row; -1 for none.
func (t *joinTable) first(hash uint64, keys []document.Value) int {
	return t.match(t.slots[hash&uint64(len(t.slots)-1)], hash, keys)
}

func (t *joinTable) after(row int, keys []document.Value) int {
	return t.match(t.rows[row].next, t.rows[row].hash, keys)
}

func (t *joinTable) match(at uint32, hash uint64, keys []document.Value) int {
	for ; at != 0; at = t.rows[at-1].next {
		row := int(at - 1)
		if t.rows[row].hash == hash && equalKeys(t.keys[row*t.width:(row+1)*t.width], keys) {
			return row
		}
	}
	return -1
}

// reset removes all rows and frees their memory.
func (t *joinTable) reset() {
	t.slots, t.rows, t.keys, t.data = nil, nil, nil, arena{}
	t.share.free()
}
