package index

import (
	"bytes"
	"context"
	"fmt"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/storage"
)

// ScanOptions say how a range is scanned.
type ScanOptions struct {
	Reverse bool
	// Ordered makes entries come in the order of their values even where a component
	// is cut, which takes reading documents; otherwise those of equal beginning
	// come in the order of their hashes.
	Ordered bool
	// Limit is a hint of how many entries will be read; 0 is none.
	Limit int
	// Fetcher reads the documents that Ordered needs.
	Fetcher Fetcher
}

// Fetcher reads documents for a scan.
type Fetcher interface {
	// Fetch reads a document by the key of its _id. The record is valid until the next call.
	Fetch(idKey []byte) (*document.Record, error)
}

// Scan walks the entries of a range. It starts before the first one.
type Scan struct {
	x     *Index
	it    storage.Stretch
	opts  ScanOptions
	key   []byte // of the present entry
	value []byte
	ends  []int // where the components end in key, as far as they were looked for
	known int   // how many of ends hold
	runs  []run // sorted parts of runs of cut components that the scan is within
	err   error

	bounds [80]byte     // room for the bounds of most scans
	short  [4]int       // room for ends
	spent  storage.Iter // the closed iterator of the range before, whose memory the next may use
}

// Scan opens a scan of r. An invalid range shows in Err.
func (x *Index) Scan(ctx context.Context, from storage.Reader, r *Range, opts ScanOptions) *Scan {
	s := new(Scan)
	s.Open(ctx, x, from, r, opts)
	return s
}

// Open makes s, which is new or closed, a scan as Index.Scan returns.
func (s *Scan) Open(ctx context.Context, x *Index, from storage.Reader, r *Range, opts ScanOptions) {
	s.Fail(nil)
	s.x, s.opts = x, opts
	if s.ends = s.short[:]; len(x.paths) > len(s.short) {
		s.ends = make([]int, len(x.paths))
	}
	s.ends = s.ends[:len(x.paths)]
	_, lo, hi, err := x.bounds(s.bounds[:0], r)
	if err != nil {
		s.err = err
		return
	}
	if bytes.Compare(lo, hi) < 0 {
		s.it.Iter = from.Scan(ctx, storage.ScanOptions{Lower: lo, Upper: hi, Reverse: opts.Reverse, Limit: opts.Limit, Spent: s.spent})
		s.it.Lower, s.it.Upper = lo, hi
		s.spent = nil
	}
}

// OpenBeside makes s, which is new, a scan of the same entries as another one that is Divisible.
func (s *Scan) OpenBeside(ctx context.Context, other *Scan, from storage.Reader) {
	s.x = other.x
	s.ends = make([]int, len(other.ends))
	s.it = other.it.Another(ctx, from)
}

// Divisible reports whether the scan can be cut: it reads upwards, and the order of equal beginnings does not matter.
func (s *Scan) Divisible() bool {
	return s.it.Iter != nil && s.err == nil && !s.opts.Reverse && !s.opts.Ordered
}

// Stretch is the range that the scan reads, for dividing it.
func (s *Scan) Stretch() *storage.Stretch { return &s.it }

// Fail makes s, which is new or closed, a scan that yields nothing but an error.
func (s *Scan) Fail(err error) {
	s.x, s.it, s.opts, s.key, s.value, s.known, s.runs, s.err = nil, storage.Stretch{}, ScanOptions{}, nil, nil, 0, nil, err
}

// Next moves to the next entry; false at the end or on an error.
func (s *Scan) Next() bool {
	if s.it.Iter == nil || s.err != nil {
		return false
	}
	if s.opts.Ordered {
		return s.nextOrdered()
	}
	return s.it.Next() && s.take()
}

// take reads the entry the iterator stands on.
func (s *Scan) take() bool {
	s.key, s.value, s.known = s.it.Key(), s.it.Value(), 0
	if len(s.value) <= len(s.ends) {
		return s.damaged()
	}
	return true
}

func (s *Scan) damaged() bool {
	s.err = fmt.Errorf("%w: entry %x of index %s", storage.ErrCorrupt, s.key, s.x.Def.Name)
	return false
}

// end returns where component i ends in the key, 0 when the entry is damaged.
func (s *Scan) end(i int) int {
	for s.known <= i {
		begin := len(s.x.prefix)
		if s.known > 0 {
			begin = s.ends[s.known-1]
		}
		n := document.SkipKey(s.key[begin:], s.x.Def.Keys[s.known].Desc)
		if n == 0 {
			s.damaged()
			return 0
		}
		s.ends[s.known] = begin + n
		s.known++
	}
	return s.ends[i]
}

func (s *Scan) begin(i int) int {
	if i == 0 {
		return len(s.x.prefix)
	}
	return s.end(i - 1)
}

// Len returns the number of components.
func (s *Scan) Len() int { return len(s.ends) }

// Component returns the value of component i, valid until the next move. exact is false for
// an array, an object or a cut value: the document has to be read.
func (s *Scan) Component(i int) (v document.Value, exact bool) {
	kind := s.value[i]
	if document.KindByteInexact(kind) {
		return document.Value{}, false
	}
	begin, end := s.begin(i), s.end(i)
	if s.err != nil {
		return document.Value{}, false
	}
	if v, exact = document.DecodeComponent(kind, s.key[begin:end], s.x.Def.Keys[i].Desc); !exact {
		s.damaged()
	}
	return v, exact
}

// IDKey returns the document's _id in the form of document.AppendID, valid
// until the next move.
func (s *Scan) IDKey() []byte {
	if id := s.x.OwnerID(s.value); id != nil {
		return id
	}
	end := s.end(len(s.ends) - 1)
	if s.err != nil {
		return nil
	}
	return s.key[end:]
}

// ID returns the document's _id, valid until the next move.
func (s *Scan) ID() document.Value {
	id := s.IDKey()
	v, ok := document.DecodeComponent(s.value[len(s.ends)], id, false)
	if !ok && s.err == nil {
		s.damaged()
	}
	return v
}

// Verify reports whether the present entry is well-formed; if not, Err says so.
func (s *Scan) Verify() bool {
	if s.end(len(s.ends)-1) == 0 {
		return false
	}
	s.ID()
	return s.err == nil
}

// Key returns the key of the entry as it is stored, valid until the next move.
func (s *Scan) Key() []byte { return s.key }

// Value returns the value of the entry as it is stored, valid until the next move.
func (s *Scan) Value() []byte { return s.value }

// Err returns what ended the scan early.
func (s *Scan) Err() error {
	if s.err == nil && s.it.Iter != nil {
		return s.it.Err()
	}
	return s.err
}

// Close releases the scan; idempotent. It returns Err.
func (s *Scan) Close() error {
	if s.it.Iter == nil {
		return s.err
	}
	if err := s.it.Close(); s.err == nil {
		s.err = err
	}
	s.it.Iter, s.spent = nil, s.it.Iter
	s.key, s.value = nil, nil
	return s.err
}
