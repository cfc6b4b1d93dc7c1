package executor

import (
	"cmp"
	"slices"
)

// sorter sorts rows of bytes, keeping equal ones in the order in which they came. Rows beyond the work memory
// go to a file in sorted runs.
type sorter struct {
	x    *execution
	keys *sortKeys
	// wanted is how many rows are needed at most: no run is longer.
	wanted int64
	share  share

	entries []sortEntry
	// blocks hold the rows of entries one after another.
	blocks [][]byte
	block  int // the block that is filled
	at     int // the next entry given out
	// canceled says that sorting was given up.
	canceled bool
	compared int

	file  *spillFile
	runs  []*stream
	merge *runMerge
}

// sortEntry is a row: where it lies, and enough of its key to compare most rows without looking there.
type sortEntry struct {
	prefix uint64
	block  uint32
	at     uint32
	size   uint32
}

const (
	sortEntrySize  = 24
	sortFirstBlock = 4 << 10
	sortBlock      = 256 << 10
)

func newSorter(x *execution, keys *sortKeys, wanted int64) *sorter {
	return &sorter{x: x, keys: keys, wanted: wanted, share: x.memory.share()}
}

// add adds a row, which is copied.
func (s *sorter) add(row []byte) error {
	if !s.fits(row) {
		if err := s.spill(); err != nil {
			return err
		}
		s.provide(row, true)
	}
	b := &s.blocks[s.block]
	s.entries = append(s.entries, sortEntry{rowPrefix(row), uint32(s.block), uint32(len(*b)), uint32(len(row))})
	*b = append(*b, row...)
	return nil
}

// fits makes room for a row; false when there is no memory for it.
func (s *sorter) fits(row []byte) bool {
	if len(s.entries) == cap(s.entries) {
		grown := max(64, cap(s.entries))
		if !s.share.take(int64(grown) * sortEntrySize) {
			return false
		}
		s.entries = slices.Grow(s.entries, grown)
	}
	return s.provide(row, false)
}

// provide makes the block that is filled one with room for a row. must makes it do so whatever the memory.
func (s *sorter) provide(row []byte, must bool) bool {
	for ; s.block < len(s.blocks); s.block++ {
		if b := s.blocks[s.block]; cap(b)-len(b) >= len(row) {
			return true
		}
	}
	size := max(min(sortFirstBlock<<min(len(s.blocks), 10), sortBlock), len(row))
	if !s.share.take(int64(size)) {
		if size = max(len(row), 1<<10); must {
			s.share.must(int64(size))
		} else if !s.share.take(int64(size)) {
			s.block = max(len(s.blocks)-1, 0)
			return false
		}
	}
	s.block = len(s.blocks)
	s.blocks = append(s.blocks, make([]byte, 0, size))
	return true
}

func (s *sorter) row(e *sortEntry) []byte { return s.blocks[e.block][e.at : e.at+e.size] }

// sort ends adding.
func (s *sorter) sort() error {
	if len(s.runs) == 0 {
		return s.sortEntries()
	}
	if err := s.spill(); err != nil {
		return err
	}
	s.entries, s.blocks = nil, nil
	s.share.free()
	return s.mergeRuns()
}

// next returns the next row in order, valid until the call after; nil at the end.
func (s *sorter) next() ([]byte, error) {
	if s.merge != nil {
		return s.merge.next()
	}
	if s.at == len(s.entries) {
		return nil, nil
	}
	s.at++
	return s.row(&s.entries[s.at-1]), nil
}

// checkCompared is how many comparisons pass between two looks at the context: sorting the
// work memory at once takes longer than a cancelled statement may.
const checkCompared = 1 << 12

// sortEntries sorts what is in memory.
func (s *sorter) sortEntries() error {
	slices.SortFunc(s.entries, func(a, b sortEntry) int {
		if s.compared++; s.compared&(checkCompared-1) == 0 && s.x.ctx.Err() != nil {
			s.canceled = true
		}
		switch {
		case s.canceled:
			return 0 // all is equal: the rest is quick
		case a.prefix != b.prefix:
			return cmp.Compare(a.prefix, b.prefix)
		}
		if c := s.keys.compare(s.row(&a), s.row(&b)); c != 0 {
			return c
		}
		// Rows lie in the order in which they came.
		if c := cmp.Compare(a.block, b.block); c != 0 {
			return c
		}
		return cmp.Compare(a.at, b.at)
	})
	if s.canceled {
		return s.x.ctx.Err()
	}
	return nil
}

// spill writes what is in memory as a sorted run.
func (s *sorter) spill() (err error) {
	if len(s.entries) == 0 {
		return nil
	}
	if err := s.sortEntries(); err != nil {
		return err
	}
	if s.file == nil {
		if s.file, err = s.x.newSpillFile(); err != nil {
			return err
		}
	}
	run := newStream(s.file, s.x.memory.buffer(mergeWidth))
	for i := range s.entries[:min(int64(len(s.entries)), s.wanted)] {
		if err := s.x.interrupted(); err != nil {
			return err
		}
		if err := run.append(s.row(&s.entries[i])); err != nil {
			return err
		}
	}
	s.runs = append(s.runs, run)
	s.entries, s.block = s.entries[:0], 0
	kept := s.blocks[:0] // but for what others may wait for
	for _, b := range s.blocks {
		if cap(b) > sortBlock || s.x.memory.greedy() {
			s.share.give(int64(cap(b)))
		} else {
			kept = append(kept, b[:0])
		}
	}
	clear(s.blocks[len(kept):])
	s.blocks = kept
	return run.seal()
}

// close frees everything.
func (s *sorter) close() {
	s.entries, s.blocks, s.merge, s.runs, s.at = nil, nil, nil, nil, 0
	s.file.remove()
	s.file = nil
	s.share.free()
}
