package index

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
)

// ErrSameKey is returned by a Sorter that was given two entries with one key.
var ErrSameKey = errors.New("two index entries have one key")

// Sorter collects the entries of one index and yields them in key order. It is a storage.Source. What its memory does
// not hold goes to a temporary file in sorted runs, which are merged while reading; then only their buffers are held.
type Sorter struct {
	memory Memory
	held   int64 // of the memory, by blocks and entries
	// blocks hold the keys and values of entries one after another.
	blocks  [][]byte
	block   int // the one that is filled
	entries []sorted
	at      int // the next entry given out
	file    *sortFile
	runs    []fileRun
	merge   *merge
	key     []byte // the present entry
	value   []byte
	count   int
	began   bool
	err     error
}

// sorted is where one entry lies: its key from begin to key in a block, its value up to end. All keys of an index begin
// with the same bytes; head holds those after them, and decides most comparisons.
type sorted struct {
	head                   uint64
	block, begin, key, end uint32
}

const (
	entrySize    = 24 // bytes of a sorted
	commonPrefix = 9  // bytes that all keys of an index begin with: tag and id
	firstBlock   = 4 << 10
	mostBlock    = 256 << 10
)

// NewSorter returns a sorter that draws from memory.
func NewSorter(memory Memory) *Sorter { return &Sorter{memory: memory} }

// Add copies an entry.
func (s *Sorter) Add(key, value []byte) error {
	n := len(key) + len(value)
	if !s.fits(n, false) {
		if err := s.spill(); err != nil {
			return err
		}
		s.fits(n, true)
	}
	b := &s.blocks[s.block]
	begin := len(*b)
	*b = append(append(*b, key...), value...)
	var head [8]byte
	if len(key) > commonPrefix {
		copy(head[:], key[commonPrefix:])
	}
	s.entries = append(s.entries, sorted{
		binary.BigEndian.Uint64(head[:]), uint32(s.block), uint32(begin), uint32(begin + len(key)), uint32(len(*b)),
	})
	s.count++
	return nil
}

// Len returns how many entries there are.
func (s *Sorter) Len() int { return s.count }

// fits makes room for an entry of n bytes; false when there is no memory for it, but if it must be there.
func (s *Sorter) fits(n int, must bool) bool {
	if len(s.entries) == cap(s.entries) {
		grown := max(64, cap(s.entries))
		if !s.take(grown*entrySize, must && grown == 64) {
			return false
		}
		s.entries = append(make([]sorted, 0, cap(s.entries)+grown), s.entries...)
	}
	for ; s.block < len(s.blocks); s.block++ {
		if b := s.blocks[s.block]; cap(b)-len(b) >= n {
			return true
		}
	}
	size := max(min(firstBlock<<min(len(s.blocks), 10), mostBlock), n)
	if !s.take(size, false) {
		if size = max(n, 1<<10); !s.take(size, must) {
			return false
		}
	}
	s.blocks = append(s.blocks, make([]byte, 0, size))
	return true
}

func (s *Sorter) take(n int, must bool) bool {
	switch {
	case s.memory.Take(int64(n)):
	case must:
		s.memory.Must(int64(n))
	default:
		return false
	}
	s.held += int64(n)
	return true
}

func (s *Sorter) sort() {
	slices.SortFunc(s.entries, func(a, b sorted) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return bytes.Compare(s.blocks[a.block][a.begin:a.key], s.blocks[b.block][b.begin:b.key])
	})
}

// spill moves what is in memory to the file, as a run.
func (s *Sorter) spill() error {
	if len(s.entries) == 0 {
		return nil
	}
	s.sort()
	if s.file == nil {
		file, err := newSortFile(s.memory)
		if err != nil {
			return err
		}
		s.file = file
	}
	w := s.file.newRun()
	for _, e := range s.entries {
		b := s.blocks[e.block]
		w.put(b[e.begin:e.key], b[e.key:e.end])
	}
	run, err := w.end()
	if err != nil {
		return err
	}
	s.runs = append(s.runs, run)
	// All is kept but for what others may wait for.
	s.entries, s.block = s.entries[:0], 0
	if s.memory.Greedy() {
		s.give(int64(cap(s.entries)) * entrySize)
		s.entries = nil
	}
	kept := s.blocks[:0]
	for _, b := range s.blocks {
		if cap(b) > mostBlock || s.memory.Greedy() {
			s.give(int64(cap(b)))
		} else {
			kept = append(kept, b[:0])
		}
	}
	clear(s.blocks[len(kept):])
	s.blocks = kept
	return nil
}

func (s *Sorter) give(n int64) {
	s.memory.Give(n)
	s.held -= n
}

// begin ends adding.
func (s *Sorter) begin() error {
	if len(s.runs) == 0 {
		s.sort()
		return nil
	}
	if err := s.spill(); err != nil {
		return err
	}
	s.entries, s.blocks = nil, nil
	s.give(s.held)
	var err error
	if s.file, s.runs, err = mergeDown(s.memory, s.file, s.runs); err != nil {
		return err
	}
	s.merge, err = newMerge(s.file, s.runs)
	return err
}

// Next moves to the next entry; the first call sorts. Nothing may be added afterwards.
func (s *Sorter) Next() bool {
	if !s.began {
		s.began = true
		s.err = s.begin()
	}
	if s.err != nil {
		return false
	}
	key, value, err := s.next()
	if err != nil || key == nil {
		s.err = err
		return false
	}
	same := s.key != nil && bytes.Equal(s.key, key)
	s.key, s.value = append(s.key[:0], key...), append(s.value[:0], value...)
	if same {
		s.err = ErrSameKey
	}
	return !same
}

// next returns the next entry, valid until the call after; a nil key at the end.
func (s *Sorter) next() (key, value []byte, err error) {
	if s.merge != nil {
		return s.merge.next()
	}
	if s.at == len(s.entries) {
		return nil, nil, nil
	}
	e := s.entries[s.at]
	s.at++
	b := s.blocks[e.block]
	return b[e.begin:e.key], b[e.key:e.end], nil
}

// Key returns the key of the present entry.
func (s *Sorter) Key() []byte { return s.key }

// Value returns the value of the present entry. When Err is ErrSameKey it is that of the second one.
func (s *Sorter) Value() []byte { return s.value }

// Err returns what ended the iteration early: ErrSameKey, or what happened to the file.
func (s *Sorter) Err() error { return s.err }

// Close gives all memory back and removes the file.
func (s *Sorter) Close() error {
	s.entries, s.blocks, s.runs, s.at = nil, nil, nil, 0
	s.give(s.held)
	if s.merge != nil {
		s.merge.close()
		s.merge = nil
	}
	file := s.file
	s.file = nil
	return file.remove()
}
