package tests

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"
)

// historyKeys is how many documents a history is about: few, so that transactions meet.
const historyKeys = 6

// historyState is the value of each document, 0 where there is none.
type historyState [historyKeys]int

// history is one transaction: what it did and was answered, in that order.
type history struct {
	steps []historyStep
	// undone is a transaction that was rolled back or lost to another one: it has seen one state
	// as any other has, and changed nothing.
	undone bool
}

// historyStep is a statement and its answer.
type historyStep struct {
	kind   stepKind
	key    int   // of one document
	value  int   // that is written
	lo, hi int   // a range of keys or of values, both ends in it
	got    []int // the answer: values, pairs of key and value, a number of documents
}

type stepKind uint8

const (
	stepRead   stepKind = iota // the value of key
	stepPut                    // key = value, whether or not there is such a document
	stepDelete                 // key; got is how many documents that were
	stepRange                  // pairs of the keys from lo to hi
	stepIndex                  // pairs of the values from lo to hi, in the order of values
	stepCount                  // how many documents
	stepSum                    // of the values from lo to hi
	stepMax                    // greatest value, 0 for none
	stepAdd                    // value is added to the values from lo to hi; got is how many
	stepPurge                  // the values from lo to hi are deleted; got is how many
	stepSave                   // a savepoint
	stepUndo                   // back to it
)

// historyModel takes the whole database as one object on which a transaction is one operation: a
// history is linearizable in it exactly if the transactions are strictly serializable.
var historyModel = porcupine.Model{
	Init: func() any { return historyState{} },
	Step: func(state, input, _ any) (bool, any) {
		was := state.(historyState)
		now, saved := was, was
		h := input.(history)
		for i := range h.steps {
			switch st := &h.steps[i]; st.kind {
			case stepSave:
				saved = now
			case stepUndo:
				now = saved
			default:
				if !slices.Equal(now.apply(st), st.got) {
					return false, was
				}
			}
		}
		if h.undone {
			now = was
		}
		return true, now
	},
	Equal: func(a, b any) bool { return a.(historyState) == b.(historyState) },
}

// apply does a step and returns the right answer.
func (s *historyState) apply(st *historyStep) (got []int) {
	within := func(v int) bool { return v != 0 && v >= st.lo && v <= st.hi }
	n := 0
	switch st.kind {
	case stepRead:
		return []int{s[st.key]}
	case stepPut:
		s[st.key] = st.value
		return nil
	case stepDelete:
		if s[st.key] != 0 {
			n = 1
		}
		s[st.key] = 0
	case stepRange:
		for key := st.lo; key <= st.hi; key++ {
			if s[key] != 0 {
				got = append(got, key, s[key])
			}
		}
		return got
	case stepIndex:
		var found []int
		for _, v := range s {
			if within(v) {
				found = append(found, v)
			}
		}
		slices.Sort(found) // no value is written twice
		for _, v := range found {
			got = append(got, slices.Index(s[:], v), v)
		}
		return got
	case stepCount:
		for _, v := range s {
			if v != 0 {
				n++
			}
		}
	case stepSum:
		for _, v := range s {
			if within(v) {
				n += v
			}
		}
	case stepMax:
		n = slices.Max(s[:])
	case stepAdd, stepPurge:
		for key, v := range s {
			if !within(v) {
				continue
			}
			n++
			if s[key] += st.value; st.kind == stepPurge {
				s[key] = 0
			}
		}
	}
	return []int{n}
}

func (h history) String() string {
	var b strings.Builder
	for _, st := range h.steps {
		fmt.Fprintf(&b, "%+v ", st)
	}
	if h.undone {
		b.WriteString("undone")
	}
	return b.String()
}

// TestTheModelKnowsAnomalies shows that the checker finds each anomaly that a history could hold, and nothing
// in the same history put right.
func TestTheModelKnowsAnomalies(t *testing.T) {
	read := func(key, v int) historyStep { return historyStep{kind: stepRead, key: key, got: []int{v}} }
	put := func(key, v int) historyStep { return historyStep{kind: stepPut, key: key, value: v} }
	count := func(n int) historyStep { return historyStep{kind: stepCount, got: []int{n}} }
	del := func(key, n int) historyStep { return historyStep{kind: stepDelete, key: key, got: []int{n}} }
	index := func(got ...int) historyStep { return historyStep{kind: stepIndex, lo: 1, hi: 99, got: got} }
	keys := func(got ...int) historyStep { return historyStep{kind: stepRange, hi: historyKeys - 1, got: got} }
	add := func(n int) historyStep {
		return historyStep{kind: stepAdd, lo: 1, hi: 99, value: 100, got: []int{n}}
	}
	purge := func(n int) historyStep { return historyStep{kind: stepPurge, lo: 1, hi: 99, got: []int{n}} }
	save, undo := historyStep{kind: stepSave}, historyStep{kind: stepUndo}
	tx := func(steps ...historyStep) history { return history{steps: steps} }
	undone := func(steps ...historyStep) history { return history{steps, true} }
	// Each transaction overlaps all others of its group; groups come one after another.
	type groups [][]history
	for name, tt := range map[string]struct{ bad, good groups }{
		"lost update": {
			groups{{tx(read(1, 0), put(1, 1)), tx(read(1, 0), put(1, 2))}},
			groups{{tx(read(1, 0), put(1, 1)), tx(read(1, 1), put(1, 2))}}},
		"dirty write": {
			groups{{tx(put(1, 1), put(2, 2)), tx(put(1, 3), put(2, 4))}, {tx(read(1, 1), read(2, 4))}},
			groups{{tx(put(1, 1), put(2, 2)), tx(put(1, 3), put(2, 4))}, {tx(read(1, 1), read(2, 2))}}},
		"aborted read": {
			groups{{undone(put(1, 1)), tx(read(1, 1))}},
			groups{{undone(put(1, 1)), tx(read(1, 0))}}},
		"intermediate read": {
			groups{{tx(put(1, 1), put(1, 2)), tx(read(1, 1))}},
			groups{{tx(put(1, 1), put(1, 2)), tx(read(1, 2))}}},
		"read skew": {
			groups{{tx(put(1, 1), put(2, 2)), tx(read(1, 0), read(2, 2))}},
			groups{{tx(put(1, 1), put(2, 2)), tx(read(1, 1), read(2, 2))}}},
		"read skew of a transaction that lost": {
			groups{{tx(put(1, 1), put(2, 2)), undone(read(1, 0), read(2, 2))}},
			groups{{tx(put(1, 1), put(2, 2)), undone(read(1, 0), read(2, 0))}}},
		"write skew": {
			groups{{tx(read(1, 0), put(2, 1)), tx(read(2, 0), put(1, 2))}},
			groups{{tx(read(1, 0), put(2, 1)), tx(read(2, 1), put(1, 2))}}},
		"long fork": {
			groups{{tx(put(1, 1)), tx(put(2, 2)), tx(read(1, 1), read(2, 0)), tx(read(1, 0), read(2, 2))}},
			groups{{tx(put(1, 1)), tx(put(2, 2)), tx(read(1, 1), read(2, 0)), tx(read(1, 1), read(2, 2))}}},
		"phantom in a counter": {
			groups{{tx(count(0), put(1, 1)), tx(count(0), put(2, 2))}},
			groups{{tx(count(0), put(1, 1)), tx(count(1), put(2, 2))}}},
		"phantom in an index": {
			groups{{tx(index(), put(1, 1)), tx(index(), put(2, 2))}},
			groups{{tx(index(2, 2), put(1, 1)), tx(index(), put(2, 2))}}},
		"index and documents differ": {
			groups{{tx(put(1, 1))}, {tx(index(1, 1), keys())}},
			groups{{tx(put(1, 1))}, {tx(index(1, 1), keys(1, 1))}}},
		"stale read": {
			groups{{tx(put(1, 1))}, {tx(read(1, 0))}},
			groups{{tx(put(1, 1))}, {tx(read(1, 1))}}},
		"deletion comes back": {
			groups{{tx(put(1, 1))}, {tx(del(1, 1))}, {tx(count(1))}},
			groups{{tx(put(1, 1))}, {tx(del(1, 1))}, {tx(count(0))}}},
		"deleted twice": {
			groups{{tx(put(1, 1))}, {tx(del(1, 1)), tx(del(1, 1))}},
			groups{{tx(put(1, 1))}, {tx(del(1, 1)), tx(del(1, 0))}}},
		"changed and purged": {
			groups{{tx(put(1, 1))}, {tx(add(1)), tx(purge(1))}},
			groups{{tx(put(1, 1))}, {tx(add(0)), tx(purge(1))}}},
		"savepoint": {
			groups{{tx(put(1, 1), save, put(1, 2), undo, read(1, 2))}},
			groups{{tx(put(1, 1), save, put(1, 2), read(1, 2), undo, read(1, 1))}, {tx(read(1, 1))}}},
	} {
		for _, side := range []struct {
			groups groups
			ok     bool
		}{{tt.bad, false}, {tt.good, true}} {
			var ops []porcupine.Operation
			for at, group := range side.groups {
				for client, h := range group {
					ops = append(ops, porcupine.Operation{ClientId: client, Input: h, Call: int64(10 * at), Return: int64(10*at + 9)})
				}
			}
			if ok := porcupine.CheckOperations(historyModel, ops); ok != side.ok {
				t.Errorf("%s: %v is called serializable: %v", name, side.groups, ok)
			}
		}
	}
}
