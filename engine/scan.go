package engine

import (
	"bytes"
	"context"
	"encoding/hex"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
)

// IndexScan walks a range of an index.
type IndexScan struct {
	index.Scan
	// What an ordered scan reads documents with.
	tx    *Tx
	ctx   context.Context
	entry *entry
}

// ScanOptions say how an index is scanned.
type ScanOptions struct {
	Reverse bool
	// Ordered has the entries in the order of their values even where
	// components are cut (over 1,024 bytes), which takes reading documents.
	Ordered bool
	// Limit is a hint of how many entries will be read; 0 is none.
	Limit int
	// Spent is a closed scan that nobody will use again, not even by Close: the new one is made of it. nil is none.
	Spent *IndexScan
}

// Scan walks documents in the order of their _id. It starts before the first.
type Scan struct {
	entry *entry
	// plain goes over the ids that are not packed and packed over those that
	// are, or plain over both when the order of keys is that of ids, and may be divided. Either has no iterator
	// when there is nothing.
	plain     storage.Stretch
	packed    storage.Iter
	reverse   bool
	merge     bool
	skip      []byte // merging: where plain goes on when it meets the packed ids
	begun     bool
	atPlain   bool // merging: the iterators stand on entries
	atPacked  bool
	usePacked bool // merging: the present document is that of packed
	rec       document.Record
	to        *document.Record // where the present document goes, nil for rec
	err       error
}

// Scan opens a scan of the documents whose _id is in r; nil is all of them. It sees the transaction
// as it is now.
func (t *Tx) Scan(ctx context.Context, c *def.Collection, r *Range, reverse bool) *Scan {
	s := &Scan{reverse: reverse}
	if s.entry, s.err = t.entry(c); s.err != nil {
		return s
	}
	var b idBounds
	if b, s.err = boundIDs(r); s.err != nil {
		return s
	}
	base := s.entry.space.prefix
	at := func(bound ...byte) []byte { return append(base[:len(base):len(base)], bound...) }
	region, regionEnd := at(document.PackedIDFirst), at(document.PackedIDLimit)
	lo, hi := at(b.lo...), document.KeyLimit(base)
	if b.hi != nil {
		hi = at(b.hi...)
	}
	packedLo, packedHi := at(b.packedLo...), at(b.packedHi...)
	packed, text, err := t.idKinds(ctx, s.entry)
	if err != nil {
		s.err = err
		return s
	}
	within := overlap(lo, hi, region, regionEnd) // of the packed ids, in the range of plain
	same := within == [2]string{string(packedLo), string(packedHi)} ||
		within == [2]string{} && bytes.Compare(packedLo, packedHi) >= 0
	if same && !(packed && text) {
		// Without the one or the other the order of keys is the order of ids. That
		// there are none must still hold when this commits.
		switch {
		case within == [2]string{}: // nor does it matter
		case packed:
			t.txn.Observe(at(stringTag), region)
		default:
			t.txn.Observe(region, regionEnd)
		}
		s.plain = storage.Stretch{Iter: t.scanRange(ctx, lo, hi, reverse), Lower: lo, Upper: hi}
		return s
	}
	s.merge = true
	s.plain.Iter = t.scanRange(ctx, lo, hi, reverse)
	s.packed = t.scanRange(ctx, packedLo, packedHi, reverse)
	if s.skip = regionEnd; reverse {
		s.skip = region
	}
	return s
}

// overlap returns what two ranges have in common, the zero value when nothing.
func overlap(lo, hi, lo2, hi2 []byte) [2]string {
	l, h := max(string(lo), string(lo2)), min(string(hi), string(hi2))
	if l >= h {
		return [2]string{}
	}
	return [2]string{l, h}
}

func (t *Tx) scanRange(ctx context.Context, lo, hi []byte, reverse bool) storage.Iter {
	if bytes.Compare(lo, hi) >= 0 {
		return nil
	}
	return t.reader.Scan(ctx, storage.ScanOptions{Lower: lo, Upper: hi, Reverse: reverse})
}

// idKinds reports whether the collection may have packed ids, and plain strings.
func (t *Tx) idKinds(ctx context.Context, e *entry) (packed, text bool, err error) {
	if v := e.space.live.at(t.txn.Version()); v != nil {
		packed, text = v.packed, v.text
	} else {
		_, plain, err := e.space.readCounters(ctx, t.txn)
		if err != nil {
			return false, false, err
		}
		packed, text = plain[countPacked] > 0, plain[countText] > 0
	}
	if w := t.writers[e.ID]; w != nil {
		packed = packed || t.tallies.value(t.tallies.refs[counterID{e.ID, countPacked, 0}]) > 0
		text = text || t.tallies.value(t.tallies.refs[counterID{e.ID, countText, 0}]) > 0
	}
	return packed, text, nil
}

// Next moves to the next document; false at the end or on an error.
func (s *Scan) Next() bool {
	switch {
	case s.err != nil:
		return false
	case !s.merge:
		return s.plain.Iter != nil && s.plain.Next() && s.take(s.plain.Iter)
	case !s.begun:
		s.begun = true
		s.movePlain()
		s.movePacked()
	case s.usePacked:
		s.movePacked()
	default:
		s.movePlain()
	}
	switch {
	case s.failed() || !s.atPlain && !s.atPacked:
		return false
	case s.atPlain && s.atPacked:
		c := comparePacked(s.plain.Key()[prefixSize:], s.packed.Key()[prefixSize:])
		s.usePacked = (c > 0) != s.reverse
	default:
		s.usePacked = s.atPacked
	}
	if s.usePacked {
		return s.take(s.packed)
	}
	return s.take(s.plain.Iter)
}

func (s *Scan) movePacked() { s.atPacked = s.packed != nil && s.packed.Next() }

// movePlain moves to the next id that is not packed.
func (s *Scan) movePlain() {
	s.atPlain = s.plain.Iter != nil && s.plain.Iter.Next()
	if s.atPlain && document.IsPackedID(s.plain.Key()[prefixSize:]) {
		s.atPlain = s.plain.Seek(s.skip)
	}
}

// comparePacked compares the keys of a plain id and of a packed one as ids.
func comparePacked(plain, packed []byte) int {
	if len(plain) == 0 || plain[0] != stringTag || len(packed) < 17 {
		return bytes.Compare(plain, packed)
	}
	var text [36]byte
	at := 0
	for i, n := range []int{4, 2, 2, 2, 6} {
		if i > 0 {
			text[at-1] = '-'
		}
		hex.Encode(text[at:], packed[1:1+n])
		packed = packed[n:]
		at += 2*n + 1
	}
	return bytes.Compare(plain[1:], append(text[:], 0x00, 0x01)) // the end of a string in keys
}

// failed looks for the error that ended an iterator.
func (s *Scan) failed() bool {
	for _, it := range []storage.Iter{s.plain.Iter, s.packed} {
		if it != nil && s.err == nil {
			s.err = it.Err()
		}
	}
	return s.err != nil
}

func (s *Scan) take(it storage.Iter) bool {
	if err := s.Record().Reset(it.Value(), s.entry.space.dict); err != nil {
		s.err = damaged(s.entry, err)
		return false
	}
	return true
}

// Record returns the present document, valid until the next move.
func (s *Scan) Record() *document.Record {
	if s.to != nil {
		return s.to
	}
	return &s.rec
}

// Fill has Next set rec to the present document, as Record then returns.
func (s *Scan) Fill(rec *document.Record) { s.to = rec }

// Err returns what ended the scan early.
func (s *Scan) Err() error {
	s.failed()
	return s.err
}

// Close releases the scan; idempotent. It returns Err.
func (s *Scan) Close() error {
	for _, it := range []storage.Iter{s.plain.Iter, s.packed} {
		if it == nil {
			continue
		}
		if err := it.Close(); s.err == nil {
			s.err = err
		}
	}
	return s.err
}

// ScanIndex opens a scan of a range of an index. It sees the transaction as it is now.
// An entry whose component is cut at a bound may lie outside r. Moving an ordered scan may read
// documents, so it counts as a call of the transaction.
func (t *Tx) ScanIndex(ctx context.Context, c *def.Collection, ix *def.Index, r Range, opts ScanOptions) *IndexScan {
	s := opts.Spent
	if s == nil {
		s = new(IndexScan)
	}
	x, err := t.index(c, ix)
	if err != nil {
		s.Fail(err)
		return s
	}
	s.tx, s.ctx, s.entry = t, ctx, t.seen
	s.Open(ctx, x.Index, t.reader, &r, index.ScanOptions{Reverse: opts.Reverse, Ordered: opts.Ordered, Limit: opts.Limit, Fetcher: s})
	return s
}

// Fetch reads a document of the scan's transaction: not by Get, whose record the caller may hold.
func (s *IndexScan) Fetch(idKey []byte) (*document.Record, error) {
	prefix := s.entry.space.prefix
	data, found, err := s.tx.get(s.ctx, append(prefix[:prefixSize:prefixSize], idKey...))
	if err != nil || !found {
		return nil, err
	}
	rec := new(document.Record)
	if err := rec.Reset(data, s.entry.space.dict); err != nil {
		return nil, damaged(s.entry, err)
	}
	return rec, nil
}

// Close releases the scan; idempotent. It returns Err.
func (s *IndexScan) Close() error {
	err := s.Scan.Close()
	s.tx, s.ctx, s.entry = nil, nil, nil
	return err
}
