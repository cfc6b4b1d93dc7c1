package index

import (
	"bytes"
	"slices"
)

// Sorter collects entries in memory and yields them in key order: a chunk of an
// index that is being built. It is a storage.Source.
type Sorter struct {
	data    []byte
	entries []sorted
	at      int // the present entry, counted from 1
}

// sorted is where one entry lies in data.
type sorted struct{ begin, key, end int }

// Add copies an entry.
func (s *Sorter) Add(key, value []byte) {
	begin := len(s.data)
	s.data = append(append(s.data, key...), value...)
	s.entries = append(s.entries, sorted{begin, begin + len(key), len(s.data)})
}

// Size returns the bytes held.
func (s *Sorter) Size() int { return len(s.data) + 24*len(s.entries) }

// Len returns the number of entries.
func (s *Sorter) Len() int { return len(s.entries) }

// Reset empties the sorter and keeps its memory.
func (s *Sorter) Reset() { s.data, s.entries, s.at = s.data[:0], s.entries[:0], 0 }

// Sort puts the entries in order and goes before the first. It returns false when two have one
// key; the sorter then stands on the second of them.
func (s *Sorter) Sort() bool {
	slices.SortFunc(s.entries, func(a, b sorted) int {
		return bytes.Compare(s.data[a.begin:a.key], s.data[b.begin:b.key])
	})
	for s.at = 2; s.at <= len(s.entries); s.at++ {
		a := s.entries[s.at-2]
		if bytes.Equal(s.data[a.begin:a.key], s.Key()) {
			return false
		}
	}
	s.at = 0
	return true
}

// Next moves to the next entry.
func (s *Sorter) Next() bool {
	s.at++
	return s.at <= len(s.entries)
}

// Key returns the key of the present entry.
func (s *Sorter) Key() []byte {
	e := s.entries[s.at-1]
	return s.data[e.begin:e.key:e.key]
}

// Value returns the value of the present entry.
func (s *Sorter) Value() []byte {
	e := s.entries[s.at-1]
	return s.data[e.key:e.end:e.end]
}

// Err returns nil: memory does not fail.
func (s *Sorter) Err() error { return nil }
