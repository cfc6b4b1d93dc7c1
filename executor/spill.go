package executor

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// spillCounts are figures of temporary files.
type spillCounts struct {
	made    atomic.Uint64 // files since the start
	written atomic.Uint64 // bytes since the start
	open    atomic.Int64
	bytes   atomic.Int64 // in open files
}

// count tells of files made and of bytes written to them; of those removed the numbers are negative.
func (c *spillCounts) count(files int, size int64) {
	c.open.Add(int64(files))
	c.bytes.Add(size)
	c.made.Add(uint64(max(files, 0)))
	c.written.Add(uint64(max(size, 0)))
}

// spillFile is a temporary file that streams of rows are appended to. It has no name
// as soon as it is open, where the system allows that, so that not even a crash
// leaves it behind. It belongs to one goroutine.
type spillFile struct {
	x    *execution
	file *os.File
	name string // "" once it is unlinked
	end  int64
	// share is the memory of the buffers of its streams.
	share share
}

// newSpillFile creates a file that lives at most as long as the execution.
func (x *execution) newSpillFile() (*spillFile, error) {
	file, err := os.CreateTemp("", "fluxdb-spill-*")
	if err != nil {
		return nil, fmt.Errorf("spill: %w", err)
	}
	f := &spillFile{x: x, file: file, name: file.Name(), share: x.memory.share()}
	if os.Remove(f.name) == nil {
		f.name = ""
	}
	x.memory.pool.spill.count(1, 0)
	x.memory.keep(f)
	return f, nil
}

// remove frees the file; a nil or removed one is fine.
func (f *spillFile) remove() {
	if f == nil || f.file == nil {
		return
	}
	f.file.Close()
	if f.name != "" {
		os.Remove(f.name)
	}
	f.file = nil
	f.x.memory.pool.spill.count(-1, -f.end)
	f.share.free()
	f.x.memory.drop(f)
}

// write appends b and returns where it stands.
func (f *spillFile) write(b []byte) (segment, error) {
	if err := f.x.ctx.Err(); err != nil {
		return segment{}, err
	}
	at := f.end
	if _, err := f.file.WriteAt(b, at); err != nil {
		return segment{}, fmt.Errorf("spill: %w", err)
	}
	f.end += int64(len(b))
	f.x.memory.pool.spill.count(0, int64(len(b)))
	return segment{at, len(b)}, nil
}

// read fills b, of the segment's size.
func (f *spillFile) read(b []byte, at segment) error {
	if n, err := f.file.ReadAt(b, at.at); n < at.size {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("spill: %w", err)
	}
	return nil
}

// segment is a part of a spill file that is written and read at once.
type segment struct {
	at   int64
	size int
}

// stream is a sequence of records in a spill file, written once and then read. Many streams
// share one file.
type stream struct {
	file *spillFile
	// flushAt is the size at which buf becomes a segment. A record is never divided.
	flushAt  int
	buf      []byte
	held     int64 // what the file's share holds for buf
	segments []segment
	records  int64
}

func newStream(file *spillFile, flushAt int) *stream {
	return &stream{file: file, flushAt: flushAt}
}

// append adds a record that is made of parts.
func (s *stream) append(parts ...[]byte) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if len(s.buf) > 0 && len(s.buf)+n > s.flushAt {
		if err := s.flush(); err != nil {
			return err
		}
	}
	if s.buf == nil {
		s.buf = make([]byte, 0, s.flushAt+binary.MaxVarintLen64)
	}
	s.buf = binary.AppendUvarint(s.buf, uint64(n))
	for _, p := range parts {
		s.buf = append(s.buf, p...)
	}
	s.file.share.hold(&s.held, cap(s.buf))
	s.records++
	return nil
}

func (s *stream) flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	seg, err := s.file.write(s.buf)
	s.segments = append(s.segments, seg)
	if s.buf = s.buf[:0]; cap(s.buf) > 4*s.flushAt {
		s.buf = nil // it grew for one large record
		s.file.share.hold(&s.held, 0)
	}
	return err
}

// seal ends writing and frees the buffer.
func (s *stream) seal() error {
	err := s.flush()
	s.buf = nil
	s.file.share.hold(&s.held, 0)
	return err
}

// reader reads a sealed stream from its start.
func (s *stream) reader() *streamReader {
	return &streamReader{file: s.file, segments: s.segments}
}

// streamReader reads the records of a stream in order.
type streamReader struct {
	file     *spillFile
	segments []segment
	buf      []byte
	held     int64  // what the file's share holds for buf
	rest     []byte // of buf
}

// next returns the next record, which is valid until the call after; nil at the end.
func (r *streamReader) next() ([]byte, error) {
	if len(r.rest) == 0 {
		if len(r.segments) == 0 {
			r.buf = nil
			r.file.share.hold(&r.held, 0)
			return nil, nil
		}
		if err := r.load(); err != nil {
			return nil, err
		}
	}
	n, k := binary.Uvarint(r.rest)
	if k <= 0 || n > uint64(len(r.rest)-k) {
		return nil, fmt.Errorf("spill: temporary file is damaged")
	}
	rec := r.rest[k : k+int(n) : k+int(n)]
	r.rest = r.rest[k+int(n):]
	return rec, nil
}

func (r *streamReader) load() error {
	if err := r.file.x.ctx.Err(); err != nil {
		return err
	}
	seg := r.segments[0]
	r.segments = r.segments[1:]
	if cap(r.buf) < seg.size {
		r.buf = make([]byte, seg.size)
	}
	r.file.share.hold(&r.held, cap(r.buf))
	r.buf = r.buf[:seg.size]
	if err := r.file.read(r.buf, seg); err != nil {
		return err
	}
	r.rest = r.buf
	return nil
}

// fanOut is how many partitions a spilled table divides into; the next level of division
// takes the next bits of the hash.
const (
	fanOutBits = 4
	fanOut     = 1 << fanOutBits
	// maxLevel is the last level with bits left. What still does not fit there has
	// equal hashes and is held in memory.
	maxLevel = 64/fanOutBits - 1
)

// partitions divides records by their hash.
type partitions struct {
	level   int
	streams [fanOut]*stream
	file    *spillFile
}

func (x *execution) newPartitions(level int) (*partitions, error) {
	file, err := x.newSpillFile()
	if err != nil {
		return nil, err
	}
	p := &partitions{level: level, file: file}
	for i := range p.streams {
		p.streams[i] = newStream(file, x.memory.buffer(fanOut))
	}
	return p, nil
}

// of returns the stream for a hash.
func (p *partitions) of(hash uint64) *stream {
	return p.streams[hash>>(64-fanOutBits*(p.level+1))&(fanOut-1)]
}

// seal ends writing.
func (p *partitions) seal() error {
	for _, s := range p.streams {
		if err := s.seal(); err != nil {
			return err
		}
	}
	return nil
}
