package index

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/storage"
)

// Entries whose component is cut, and which are equal up to there, form a run.
// Within it they stand in the order of hashes, so that those of one value are
// together: a group. An ordered scan looks at one entry of each group, reads its
// document for the value, sorts the groups and then visits them one by one. A later
// component can be cut too: the runs within a group are the same thing one level down.
//
// What must stay true: the scan is within the groups of runs[0], within it
// within those of runs[1], and so on; the iterator stands in the present group of the last
// one, or is about to be moved there.

// run is the sorted groups of one run.
type run struct {
	component int
	groups    []group
	at        int
	after     []byte // prefix of the whole run
}

type group struct {
	prefix []byte // of its keys
	value  document.Value
}

// maxRunBytes bounds what the groups of one run hold in memory.
const maxRunBytes = 64 << 20

func (s *Scan) nextOrdered() bool {
	ok := s.it.Iter.Next()
	for {
		if s.err != nil {
			return false
		}
		if n := len(s.runs); n > 0 {
			r := &s.runs[n-1]
			if ok && bytes.HasPrefix(s.it.Key(), r.groups[r.at].prefix) {
				if !s.take() {
					return false
				}
				if next, cut := s.cutAfter(r.component); cut {
					ok = s.openRun(next)
					continue
				}
				return s.err == nil
			}
			if r.at++; r.at < len(r.groups) {
				ok = s.seekInto(r.groups[r.at].prefix)
				continue
			}
			// The run is over: on with what follows it.
			after := r.after
			s.runs = s.runs[:n-1]
			ok = s.seekPast(after)
			continue
		}
		if !ok || !s.take() {
			return false
		}
		next, cut := s.cutAfter(-1)
		if !cut {
			return s.err == nil
		}
		ok = s.openRun(next)
	}
}

// cutAfter returns the first cut component of the present entry after component i.
func (s *Scan) cutAfter(i int) (int, bool) {
	for i++; i < len(s.ends); i++ {
		// A compound may be cut as well, so the size tells, not the kind.
		begin, end := s.begin(i), s.end(i)
		if s.err != nil {
			return 0, false
		}
		if end-begin > document.MaxKeyComponent {
			return i, true
		}
	}
	return 0, false
}

// openRun gathers and sorts the groups of the run that the present entry
// begins at component i, and moves to the first of them.
func (s *Scan) openRun(i int) bool {
	runPrefix := bytes.Clone(s.key[:s.begin(i)+document.MaxKeyComponent])
	r := run{component: i, after: runPrefix}
	size := 0
	for ok := true; ok && bytes.HasPrefix(s.it.Key(), runPrefix); {
		if !s.take() {
			return false
		}
		end := s.end(i)
		if s.err != nil {
			return false
		}
		g := group{prefix: bytes.Clone(s.key[:end])}
		rec, err := s.opts.Fetcher.Fetch(bytes.Clone(s.IDKey()))
		if err == nil && rec == nil {
			err = fmt.Errorf("%w: entry %x of index %s has no document", storage.ErrCorrupt, s.key, s.x.Def.Name)
		}
		if err != nil {
			s.err = err
			return false
		}
		g.value = rec.Lookup(s.x.paths[i]).Clone()
		if size += len(rec.Data()); size > maxRunBytes {
			s.err = fmt.Errorf("index %s: too many values with the same first %d bytes to put in order", s.x.Def.Name, document.MaxKeyComponent)
			return false
		}
		r.groups = append(r.groups, g)
		ok = s.seekPast(g.prefix)
	}
	if err := s.it.Err(); err != nil {
		return false
	}
	slices.SortStableFunc(r.groups, func(a, b group) int {
		c := document.Compare(a.value, b.value)
		if s.x.Def.Keys[i].Desc != s.opts.Reverse {
			return -c
		}
		return c
	})
	s.runs = append(s.runs, r)
	return s.seekInto(r.groups[0].prefix)
}

// seekInto moves to the first entry with the prefix, in scan direction, or past it.
func (s *Scan) seekInto(prefix []byte) bool {
	if s.opts.Reverse {
		return s.seekBefore(document.KeyLimit(prefix))
	}
	return s.it.Seek(prefix)
}

// seekPast moves to the first entry after all with the prefix, in scan direction.
func (s *Scan) seekPast(prefix []byte) bool {
	if s.opts.Reverse {
		return s.seekBefore(prefix)
	}
	return s.it.Seek(document.KeyLimit(prefix))
}

// seekBefore moves a reverse scan to the greatest entry below key.
func (s *Scan) seekBefore(key []byte) bool {
	return s.it.Seek(key) && (!bytes.Equal(s.it.Key(), key) || s.it.Iter.Next())
}
