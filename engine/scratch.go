package engine

import (
	"sync"

	"github.com/fluxdb/fluxdb/document"
)

// scratch is memory that writing transactions hand on to one another, so that small ones
// do not begin by making it. Nothing a caller sees lies in it.
type scratch struct {
	enc     document.Encoder
	fields  []document.Field
	tallies tallies
}

var scratches = sync.Pool{New: func() any { return &scratch{} }}

// largeScratch is how many counters make a scratch too large to keep.
const largeScratch = 1024

// borrow gives the transaction its scratch.
func (t *Tx) borrow() {
	t.scratch = scratches.Get().(*scratch)
	if t.tallies.list == nil {
		s := &t.scratch.tallies
		t.tallies.list, t.tallies.refs, t.tallies.log = s.list, s.refs, s.log
	}
}

// giveBack ends the use of the scratch, and with it all writing.
func (t *Tx) giveBack() {
	t.ended = true
	s := t.scratch
	if s == nil {
		return
	}
	t.scratch = nil
	if len(t.tallies.list) > largeScratch || len(t.tallies.log) > largeScratch || cap(s.fields) > largeScratch {
		return
	}
	clear(s.fields[:cap(s.fields)]) // they may hold on to large documents
	clear(t.tallies.refs)
	clear(t.tallies.list)
	s.tallies = tallies{list: t.tallies.list[:0], refs: t.tallies.refs, log: t.tallies.log[:0]}
	t.tallies = tallies{}
	scratches.Put(s)
}
