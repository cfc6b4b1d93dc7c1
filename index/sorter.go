package index

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// ErrSameKey is returned by a Sorter that was given two entries with one key.
var ErrSameKey = errors.New("two index entries have one key")

// Sorter collects the entries of one index and yields them in key order. It is a storage.Source. What is over
// its limit goes to a temporary file in sorted runs:
//
//	key length(uvarint) value length(uvarint) key value ...
//
// which are merged while reading. The file has no name where the system allows that, so that a crash leaves none.
type Sorter struct {
	limit   int
	data    []byte
	entries []sorted
	file    *os.File
	name    string // of the file, where it still has one
	end     int64  // of the file
	runs    []io.Reader
	heads   heads
	key     []byte // the present entry
	value   []byte
	count   int
	began   bool
	err     error
}

// sorted is where one entry lies in data. All keys of an index begin with the same bytes; head holds those after
// them, and decides most comparisons.
type sorted struct {
	head            uint64
	begin, key, end uint32
}

// commonPrefix is the size of what all keys of an index begin with: tag and id.
const commonPrefix = 9

// NewSorter returns a sorter that holds up to limit bytes in memory.
func NewSorter(limit int) *Sorter { return &Sorter{limit: min(limit, 1<<30)} }

// Add copies an entry.
func (s *Sorter) Add(key, value []byte) error {
	if len(s.entries) > 0 && len(s.data)+len(key)+len(value)+entrySize*(len(s.entries)+1) > s.limit {
		if err := s.spill(); err != nil {
			return err
		}
	}
	begin := len(s.data)
	s.data = append(append(s.data, key...), value...)
	var head [8]byte
	if len(key) > commonPrefix {
		copy(head[:], key[commonPrefix:])
	}
	s.entries = append(s.entries, sorted{binary.BigEndian.Uint64(head[:]), uint32(begin), uint32(begin + len(key)), uint32(len(s.data))})
	s.count++
	return nil
}

const entrySize = 24 // bytes of a sorted

// Len returns how many entries there are.
func (s *Sorter) Len() int { return s.count }

func (s *Sorter) sort() {
	slices.SortFunc(s.entries, func(a, b sorted) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return bytes.Compare(s.data[a.begin:a.key], s.data[b.begin:b.key])
	})
}

// spill moves what is in memory to the file.
func (s *Sorter) spill() error {
	if s.file == nil {
		file, err := os.CreateTemp("", "fluxdb-sort-*")
		if err != nil {
			return fmt.Errorf("sort index entries: %w", err)
		}
		s.file, s.name = file, file.Name()
		if os.Remove(s.name) == nil {
			s.name = ""
		}
	}
	s.sort()
	w := bufio.NewWriterSize(io.NewOffsetWriter(s.file, s.end), 64<<10)
	size := int64(0)
	var lengths []byte
	for _, e := range s.entries {
		lengths = binary.AppendUvarint(lengths[:0], uint64(e.key-e.begin))
		lengths = binary.AppendUvarint(lengths, uint64(e.end-e.key))
		_, _ = w.Write(lengths) // Flush tells of any write that failed
		_, _ = w.Write(s.data[e.begin:e.end])
		size += int64(len(lengths)) + int64(e.end-e.begin)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("sort index entries: %w", err)
	}
	s.runs = append(s.runs, io.NewSectionReader(s.file, s.end, size))
	s.end += size
	s.data, s.entries = s.data[:0], s.entries[:0]
	return nil
}

// Next moves to the next entry; the first call sorts. Nothing may be added afterwards.
func (s *Sorter) Next() bool {
	if !s.began {
		s.began = true
		s.sort()
		s.heads = append(s.heads, &head{memory: s})
		for _, r := range s.runs {
			s.heads = append(s.heads, &head{file: bufio.NewReaderSize(r, 64<<10)})
		}
		s.heads = slices.DeleteFunc(s.heads, func(h *head) bool { return !s.advance(h) })
		heap.Init(&s.heads)
	}
	if s.err != nil || len(s.heads) == 0 {
		return false
	}
	h := s.heads[0]
	same := s.key != nil && bytes.Equal(s.key, h.key)
	s.key, s.value = append(s.key[:0], h.key...), append(s.value[:0], h.value...)
	if same {
		s.err = ErrSameKey
		return false
	}
	if s.advance(h) {
		heap.Fix(&s.heads, 0)
	} else {
		heap.Pop(&s.heads)
	}
	return s.err == nil
}

// advance moves a head; false at its end or after an error.
func (s *Sorter) advance(h *head) bool {
	ok, err := h.next()
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("sort index entries: %w", err)
	}
	return ok && err == nil
}

// Key returns the key of the present entry.
func (s *Sorter) Key() []byte { return s.key }

// Value returns the value of the present entry. When Err is ErrSameKey it is that of the second one.
func (s *Sorter) Value() []byte { return s.value }

// Err returns what ended the iteration early: ErrSameKey, or what happened to the file.
func (s *Sorter) Err() error { return s.err }

// Close removes the file.
func (s *Sorter) Close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.name != "" {
		err = errors.Join(err, os.Remove(s.name))
	}
	s.file = nil
	return err
}

// head is the first entry that is left of a run, or of what is in memory.
type head struct {
	memory     *Sorter
	at         int
	file       *bufio.Reader
	room       []byte
	key, value []byte
}

func (h *head) next() (bool, error) {
	if s := h.memory; s != nil {
		if h.at == len(s.entries) {
			return false, nil
		}
		e := s.entries[h.at]
		h.key, h.value = s.data[e.begin:e.key], s.data[e.key:e.end]
		h.at++
		return true, nil
	}
	key, err := binary.ReadUvarint(h.file)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	value, err2 := binary.ReadUvarint(h.file)
	if err := errors.Join(err, err2); err != nil {
		return false, err
	}
	if key > maxSortedPart || value > maxSortedPart {
		return false, fmt.Errorf("temporary file is damaged: an entry of %d and %d bytes", key, value)
	}
	h.room = slices.Grow(h.room[:0], int(key+value))[:key+value]
	if _, err := io.ReadFull(h.file, h.room); err != nil {
		return false, err
	}
	h.key, h.value = h.room[:key], h.room[key:]
	return true, nil
}

// maxSortedPart is larger than any key or value of an entry.
const maxSortedPart = 1 << 20

// heads is a heap.
type heads []*head

func (h heads) Len() int           { return len(h) }
func (h heads) Less(i, j int) bool { return bytes.Compare(h[i].key, h[j].key) < 0 }
func (h heads) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *heads) Push(x any)        { *h = append(*h, x.(*head)) }
func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
