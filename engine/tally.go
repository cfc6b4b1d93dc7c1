package engine

import (
	"maps"
	"slices"
)

// A transaction sums up its changes to counters here and adds them to the store's
// when it commits. A savepoint is a length of the log, in which each counter's
// value is kept once for each savepoint since which it changed.

// tally is the change of one counter.
type tally struct {
	id    counterID
	index *indexState // of countEntries and countArrays
	value int64
	mark  int // the savepoint it was last logged for
}

// tallyRef names a tally from 1; 0 is one that is not made yet.
type tallyRef int32

type tallyUndo struct {
	ref   tallyRef
	value int64
}

type tallies struct {
	list []tally
	refs map[counterID]tallyRef
	log  []tallyUndo
	mark int
	// changes counts calls of add and undo: as long as it is the same, so are the values.
	changes int
}

// add adds to the counter that ref names, naming it first if need be.
func (t *tallies) add(ref *tallyRef, id counterID, index *indexState, delta int64) {
	if *ref == 0 {
		*ref = t.ref(id, index)
	}
	c := &t.list[*ref-1]
	if c.mark != t.mark {
		t.log = append(t.log, tallyUndo{*ref, c.value})
		c.mark = t.mark
	}
	c.value += delta
	t.changes++
}

// ref returns the name of a counter, giving it one if need be.
func (t *tallies) ref(id counterID, index *indexState) tallyRef {
	ref, ok := t.refs[id]
	if !ok {
		if t.refs == nil {
			t.refs = map[counterID]tallyRef{}
		}
		t.list = append(t.list, tally{id: id, index: index, mark: -1})
		ref = tallyRef(len(t.list))
		t.refs[id] = ref
	}
	return ref
}

// clone returns the present values, to be read only.
func (t *tallies) clone() tallies {
	return tallies{list: slices.Clone(t.list), refs: maps.Clone(t.refs), changes: t.changes}
}

func (t *tallies) value(ref tallyRef) int64 {
	if ref == 0 {
		return 0
	}
	return t.list[ref-1].value
}

func (t *tallies) savepoint() int {
	t.mark++
	return len(t.log)
}

// forget drops what returning to the savepoints made so far would need.
func (t *tallies) forget() {
	t.log = t.log[:0]
	t.mark++
}

func (t *tallies) rollbackTo(savepoint int) {
	for i := len(t.log) - 1; i >= savepoint; i-- {
		t.list[t.log[i].ref-1].value = t.log[i].value
	}
	t.log = t.log[:savepoint]
	t.mark++
	t.changes++
}
