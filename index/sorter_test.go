package index

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

// metered is memory that remembers.
type metered struct {
	limited
	most, files, bytes int64
}

func (m *metered) Take(n int64) bool {
	ok := m.limited.Take(n)
	m.most = max(m.most, m.held)
	return ok
}

func (m *metered) Must(n int64) {
	m.limited.Must(n)
	m.most = max(m.most, m.held)
}

func (m *metered) Spilled(files int, size int64) {
	m.files += int64(files)
	m.bytes += size
}

// A sorter yields its entries in order and finds two of one key, in memory and out of a file, merged once or several times.
func TestSorter(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const n = 5000
	for _, limit := range []int64{2 << 20, 20_000, 1} {
		memory := &metered{limited: limited{limit: limit}}
		s := NewSorter(memory)
		add := func(i int) {
			if err := s.Add(fmt.Appendf(nil, "21 ix 42.%05d", i*7919%n), fmt.Append(nil, "value ", i*7919%n)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range n {
			add(i)
		}
		for i := range n {
			key, value := fmt.Sprintf("21 ix 42.%05d", i), fmt.Sprint("value ", i)
			if !s.Next() || string(s.Key()) != key || string(s.Value()) != value {
				t.Fatalf("limit %d, entry %d: %q with %q, %v", limit, i, s.Key(), s.Value(), s.Err())
			}
		}
		if s.Next() || s.Err() != nil || s.Len() != n {
			t.Errorf("limit %d: after the last of %d: %v", limit, s.Len(), s.Err())
		}
		if spilled := memory.files > 0; spilled != (limit < 1<<20) {
			t.Errorf("limit %d: spilled is %v", limit, spilled)
		}
		if atMost := limit + (mergeWidth+2)*leastBuffer + 64*entrySize; memory.most > atMost {
			t.Errorf("limit %d: held %d bytes, want %d at most", limit, memory.most, atMost)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if memory.held != 0 || memory.files != 0 || memory.bytes != 0 {
			t.Errorf("limit %d: %d bytes are held after the close, %d files of %d bytes", limit, memory.held, memory.files, memory.bytes)
		}

		s = NewSorter(memory)
		defer s.Close()
		for i := range n {
			add(i)
		}
		add(3)
		for s.Next() {
		}
		if want := fmt.Sprint("value ", 3*7919%n); !errors.Is(s.Err(), ErrSameKey) || string(s.Value()) != want {
			t.Errorf("limit %d: %v at %q, want %q", limit, s.Err(), s.Value(), want)
		}
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
}

// What is over its part is given back by a spill, since others wait for it.
func TestASorterGivesBackWhatOthersWaitFor(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	memory := &metered{limited: limited{limit: 1 << 20}}
	s := NewSorter(memory)
	defer s.Close()
	at := 0
	for memory.files == 0 {
		if memory.held > 600<<10 {
			memory.limit = 100 << 10
		}
		at++
		if err := s.Add(fmt.Appendf(nil, "21 ix 42.%09d", at), nil); err != nil {
			t.Fatal(err)
		}
	}
	if memory.held > memory.limit+mostBlock || memory.held != s.held {
		t.Errorf("holds %d bytes after a spill, knows of %d", memory.held, s.held)
	}
}

// A folder for temporary files that is not there is an error, and all memory comes back.
func TestASorterWithoutAFolder(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/gone")
	memory := &metered{limited: limited{limit: 1}}
	s := NewSorter(memory)
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		err = s.Add(fmt.Appendf(nil, "21 ix 42.%05d", i), nil)
	}
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("add: %v", err)
	}
	if err := s.Close(); err != nil || memory.held != 0 {
		t.Errorf("close: %v, %d bytes are held", err, memory.held)
	}
}
