package index

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// sortFile is a temporary file of sorted runs of entries:
//
//	key length(uvarint) value length(uvarint) key value ...
//
// It has no name where the system allows that, so that a crash leaves none.
type sortFile struct {
	memory Memory
	file   *os.File
	name   string // where it still has one
	end    int64
}

// fileRun is where a run lies.
type fileRun struct{ at, size int64 }

const (
	mergeWidth    = 64 // runs are merged at a time: each takes a buffer
	leastBuffer   = 1 << 10
	mostBuffer    = 64 << 10
	maxSortedPart = 1 << 20 // larger than any key or value of an entry
)

// sortError says what an error happened to.
func sortError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("sort index entries: %w", err)
}

func newSortFile(memory Memory) (*sortFile, error) {
	file, err := os.CreateTemp("", "fluxdb-sort-*")
	if err != nil {
		return nil, sortError(err)
	}
	f := &sortFile{memory: memory, file: file, name: file.Name()}
	if os.Remove(f.name) == nil {
		f.name = ""
	}
	memory.Spilled(1, 0)
	return f, nil
}

// remove frees the file; a nil one is fine.
func (f *sortFile) remove() error {
	if f == nil {
		return nil
	}
	err := f.file.Close()
	if f.name != "" {
		err = errors.Join(err, os.Remove(f.name))
	}
	f.memory.Spilled(-1, -f.end)
	return err
}

// runWriter appends a run to a file.
type runWriter struct {
	file    *sortFile
	w       *bufio.Writer
	run     fileRun
	lengths []byte
}

func (f *sortFile) newRun() *runWriter {
	size := f.memory.Buffer(mergeWidth)
	f.memory.Must(int64(size))
	return &runWriter{file: f, w: bufio.NewWriterSize(io.NewOffsetWriter(f.file, f.end), size), run: fileRun{at: f.end}}
}

// put adds an entry; end tells of any write that failed.
func (r *runWriter) put(key, value []byte) {
	r.lengths = binary.AppendUvarint(r.lengths[:0], uint64(len(key)))
	r.lengths = binary.AppendUvarint(r.lengths, uint64(len(value)))
	_, _ = r.w.Write(r.lengths)
	_, _ = r.w.Write(key)
	_, _ = r.w.Write(value)
	r.run.size += int64(len(r.lengths) + len(key) + len(value))
}

func (r *runWriter) end() (fileRun, error) {
	f := r.file
	f.memory.Give(int64(r.w.Size()))
	if err := r.w.Flush(); err != nil {
		return fileRun{}, sortError(err)
	}
	f.end += r.run.size
	f.memory.Spilled(0, r.run.size)
	return r.run, nil
}

// mergeDown merges runs, in new files, until they are few enough to be merged at once. It returns the file that is to be
// removed, after an error too.
func mergeDown(memory Memory, file *sortFile, runs []fileRun) (*sortFile, []fileRun, error) {
	for len(runs) > mergeWidth {
		next, err := newSortFile(memory)
		if err != nil {
			return file, nil, err
		}
		var merged []fileRun
		for part := range slices.Chunk(runs, mergeWidth) {
			run, err := file.mergeInto(next, part)
			if err != nil {
				return next, nil, errors.Join(err, file.remove())
			}
			merged = append(merged, run)
		}
		if err := file.remove(); err != nil {
			return next, nil, err
		}
		file, runs = next, merged
	}
	return file, runs, nil
}

// mergeInto writes runs of the file as one run of another.
func (f *sortFile) mergeInto(to *sortFile, runs []fileRun) (fileRun, error) {
	m, err := newMerge(f, runs)
	if err != nil {
		return fileRun{}, err
	}
	defer m.close()
	w := to.newRun()
	for {
		key, value, err := m.next()
		if key == nil {
			run, ended := w.end()
			return run, errors.Join(err, ended)
		}
		w.put(key, value)
	}
}

// merge yields the entries of sorted runs in order.
type merge struct {
	file  *sortFile
	heads heads
	held  int64
	given bool // the first head's entry was given out, and has to be passed
}

func newMerge(f *sortFile, runs []fileRun) (*merge, error) {
	m := &merge{file: f}
	size := f.memory.Buffer(len(runs))
	m.held = int64(size * len(runs))
	f.memory.Must(m.held)
	for _, r := range runs {
		h := &head{file: bufio.NewReaderSize(io.NewSectionReader(f.file, r.at, r.size), size)}
		ok, err := h.next()
		if err != nil {
			m.close()
			return nil, sortError(err)
		}
		if ok {
			m.heads = append(m.heads, h)
		}
	}
	heap.Init(&m.heads)
	return m, nil
}

// next returns the next entry, valid until the call after; a nil key at the end.
func (m *merge) next() (key, value []byte, err error) {
	if m.given {
		switch ok, err := m.heads[0].next(); {
		case err != nil:
			return nil, nil, sortError(err)
		case ok:
			heap.Fix(&m.heads, 0)
		default:
			heap.Pop(&m.heads)
		}
	}
	if m.given = len(m.heads) > 0; !m.given {
		return nil, nil, nil
	}
	return m.heads[0].key, m.heads[0].value, nil
}

func (m *merge) close() {
	m.file.memory.Give(m.held)
	m.held, m.heads = 0, nil
}

// head is the first entry that is left of a run.
type head struct {
	file       *bufio.Reader
	room       []byte
	key, value []byte
}

func (h *head) next() (bool, error) {
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
