package engine

import (
	"sync"

	"github.com/fluxdb/fluxdb/document"
)

// scratch is memory that writing transactions hand on to one another, so that small ones
// do not begin by making it. All that a caller sees of it are the records that a transaction
// returned, which are valid until its next call: the end is one.
type scratch struct {
	enc      document.Encoder
	fields   []document.Field
	tallies  tallies
	versions [2]version
	writers  map[uint64]*writer // empty
	spare    *writer            // for the first collection that is written to
}

var scratches = sync.Pool{New: func() any { return &scratch{} }}

const (
	// largeScratch is how many counters make a scratch too large to keep.
	largeScratch = 1024
	// largeVersion is how long a record is whose memory is not kept.
	largeVersion = 64 << 10
)

// borrow gives the transaction its scratch.
func (t *Tx) borrow() {
	t.scratch = scratches.Get().(*scratch)
	if t.tallies.list == nil {
		s := &t.scratch.tallies
		t.tallies.list, t.tallies.refs, t.tallies.log = s.list, s.refs, s.log
	}
	s := t.scratch
	t.now, t.was = &s.versions[0], &s.versions[1]
	if t.writers, s.writers = s.writers, nil; t.writers == nil {
		t.writers = map[uint64]*writer{}
	}
}

// newWriter returns a writer of no collection yet.
func (s *scratch) newWriter() *writer {
	if w := s.spare; w != nil {
		s.spare = nil
		return w
	}
	return &writer{}
}

// giveBack ends the use of the scratch, and with it all writing.
func (t *Tx) giveBack() {
	t.ended = true
	s := t.scratch
	if s == nil {
		return
	}
	t.scratch, t.last, t.now, t.was = nil, nil, nil, nil
	if len(t.tallies.list) > largeScratch || len(t.tallies.log) > largeScratch || cap(s.fields) > largeScratch {
		return
	}
	clear(s.fields[:cap(s.fields)]) // they may hold on to large documents
	clear(t.tallies.refs)
	clear(t.tallies.list)
	s.tallies = tallies{list: t.tallies.list[:0], refs: t.tallies.refs, log: t.tallies.log[:0]}
	t.tallies = tallies{}
	for i := range s.versions {
		s.versions[i].reset()
	}
	for _, w := range t.writers {
		if w.reset() {
			s.spare = w
			break
		}
	}
	if !t.lent {
		clear(t.writers)
		s.writers = t.writers
	}
	t.writers = nil
	scratches.Put(s)
}

// reset lets go of what the version refers to, and keeps its memory if it is small.
func (v *version) reset() {
	*v = version{data: v.data[:0], key: v.key[:0], fields: v.fields[:0]}
	if cap(v.data) > largeVersion {
		v.data = nil
	}
}

// reset makes w a writer of no collection, and reports whether its memory is small enough to be kept.
func (w *writer) reset() bool {
	if len(w.byShape) > largeScratch || len(w.byField) > largeScratch || cap(w.indexes) > largeScratch {
		return false
	}
	for i := range w.indexes {
		x := &w.indexes[i]
		if cap(x.was.Key)+cap(x.now.Key) > largeVersion {
			return false
		}
		*x = indexWriter{was: x.was, now: x.now}
	}
	clear(w.byShape)
	clear(w.byField)
	*w = writer{indexes: w.indexes[:0], byShape: w.byShape, byField: w.byField}
	return true
}
