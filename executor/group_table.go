package executor

import (
	"math/rand/v2"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// groupTable finds the groups by their keys. Group i has keys[i*width:], and so on: a few large
// slices instead of an object for each of a million groups.
type groupTable struct {
	agg   *aggregator
	width int // number of keys
	share share
	seed  uint64
	// slots are group numbers plus one, by the low bits of the hash; spilling divides by the high ones.
	slots        []uint32
	hashes       []uint64
	keys         []document.Value
	counts       []int64
	accumulators []expr.Accumulator
	texts        arena
}

func newGroupTable(memory *account, agg *aggregator, width int) *groupTable {
	return &groupTable{agg: agg, width: width, share: memory.share(), seed: rand.Uint64()}
}

// size is the memory of a group beside its texts. Slices have half of their length to spare on average.
func (t *groupTable) size() int64 {
	return int64(8+3*4+24*t.width+8*t.agg.counts+accumulatorSize*t.agg.accumulators) * 3 / 2
}

func (t *groupTable) len() int { return len(t.hashes) }

// hash returns the hash of keys. A random seed keeps data from being made for collisions.
func (t *groupTable) hash(keys []document.Value) uint64 {
	h := t.seed
	for _, k := range keys {
		h = document.Hash(k, h)
	}
	return h
}

// find returns the group with these keys, -1 when there is none.
func (t *groupTable) find(hash uint64, keys []document.Value) int {
	if len(t.slots) == 0 {
		return -1
	}
	mask := uint64(len(t.slots) - 1)
	for i := hash & mask; t.slots[i] != 0; i = (i + 1) & mask {
		g := int(t.slots[i] - 1)
		if t.hashes[g] == hash && equalKeys(t.keys[g*t.width:(g+1)*t.width], keys) {
			return g
		}
	}
	return -1
}

// add adds a group; false when there is no memory for it. must adds it in any case.
func (t *groupTable) add(hash uint64, keys []document.Value, must bool) (int, bool) {
	if n := t.size() + keysSize(keys); !t.share.take(n) {
		if !must {
			return -1, false
		}
		t.share.must(n)
	}
	g := len(t.hashes)
	t.hashes = append(t.hashes, hash)
	for _, k := range keys {
		copied, _ := t.texts.value(k)
		t.keys = append(t.keys, copied)
	}
	for range t.agg.counts {
		t.counts = append(t.counts, 0)
	}
	for range t.agg.accumulators {
		t.accumulators = append(t.accumulators, nil)
	}
	t.agg.begin(t.state(g))
	if 4*len(t.hashes) > 3*len(t.slots) {
		t.grow()
	} else {
		t.insert(g)
	}
	return g, true
}

func keysSize(keys []document.Value) (n int64) {
	for _, k := range keys {
		n += sizeOf(k)
	}
	return n
}

func (t *groupTable) insert(g int) {
	mask := uint64(len(t.slots) - 1)
	i := t.hashes[g] & mask
	for t.slots[i] != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = uint32(g + 1)
}

func (t *groupTable) grow() {
	t.slots = make([]uint32, max(16, 2*len(t.slots)))
	for g := range t.hashes {
		t.insert(g)
	}
}

// key returns the keys of a group.
func (t *groupTable) key(g int) []document.Value { return t.keys[g*t.width : (g+1)*t.width] }

// state returns the state of a group.
func (t *groupTable) state(g int) state {
	c, a := t.agg.counts, t.agg.accumulators
	return state{t.counts[g*c : (g+1)*c], t.accumulators[g*a : (g+1)*a]}
}

// reset removes all groups. The slices stay for the next ones, unless other statements may wait for their memory.
func (t *groupTable) reset() {
	if t.share.account.pool.shared() {
		t.slots, t.hashes, t.keys, t.counts, t.accumulators = nil, nil, nil, nil, nil
	}
	clear(t.slots)
	clear(t.keys)
	clear(t.accumulators)
	t.hashes, t.keys, t.counts, t.accumulators = t.hashes[:0], t.keys[:0], t.counts[:0], t.accumulators[:0]
	t.texts = arena{}
	t.share.free()
}
