package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"

	"github.com/fluxdb/fluxdb/storage"
)

// A scan of all documents, or of a range, may be divided: several scans of the same range, each used by a
// goroutine of its own, read it part by part. Nothing is known beforehand of how documents lie
// in the space of keys, so a part that proves long while it is read is cut again.

// Part is a run of documents in the order of _id, as the keys [lo, hi) around it.
type Part struct {
	lo, hi []byte // nil is the end of the scan
	// end is where the last document of the part lies at the latest, for dividing it.
	end []byte
}

// Divisible reports whether the scan can be cut: it reads one range of keys upwards.
func (s *Scan) Divisible() bool {
	return !s.merge && !s.reverse && s.plain != nil && s.err == nil
}

// Another opens a scan of the same documents. It sees the transaction as it is now.
func (t *Tx) Another(ctx context.Context, s *Scan) *Scan {
	return &Scan{entry: s.entry, lo: s.lo, hi: s.hi, plain: t.scanRange(ctx, s.lo, s.hi, false)}
}

// Reach finds the last document of a scan, which must be known before it is cut for the first time. It only tells where to
// cut, so a transaction does not conflict with who adds documents behind what it reads.
func (t *Tx) Reach(ctx context.Context, s *Scan) error {
	it := t.reader.Scan(ctx, storage.ScanOptions{Lower: s.lo, Upper: s.hi, Reverse: true, KeysOnly: true, Hint: true})
	if it.Next() {
		s.part.end = successor(it.Key())
	}
	return it.Close()
}

// successor returns the first key after another one.
func successor(key []byte) []byte { return append(append(make([]byte, 0, len(key)+1), key...), 0) }

// Enter moves the scan to before the first document of a part. Next then ends with the part, after which another
// may be entered.
func (s *Scan) Enter(p Part) {
	s.part, s.seek = p, true
	s.mark = append(s.mark[:0], p.lo...)
}

// move moves an iterator within the part.
func (s *Scan) move(it storage.Iter) bool {
	ok := false
	if s.seek {
		s.seek = false
		ok = it.Seek(s.part.lo)
	} else {
		ok = it.Next()
	}
	return ok && (s.part.hi == nil || bytes.Compare(it.Key(), s.part.hi) < 0)
}

// Cut ends the part that is read with the present document and returns what comes after it, in at most n
// parts of about the same space of keys; none when nothing does.
func (s *Scan) Cut(n int) []Part {
	lo := successor(s.plain.Key())
	if bytes.Compare(lo, s.part.end) >= 0 {
		return nil
	}
	cuts := between(lo, s.part.end, n)
	parts := make([]Part, 0, len(cuts)+1)
	for _, key := range cuts {
		parts = append(parts, Part{lo, key, key})
		lo = key
	}
	parts = append(parts, Part{lo, s.part.hi, s.part.end})
	s.part.hi = parts[0].lo
	return parts
}

// Left estimates how many documents follow in the part that is read, from how far the
// keys went since the last call, in which so many were read. Only the last stretch counts: documents
// whose ids tell the time lie in heaps.
func (s *Scan) Left(read int) float64 {
	key := s.plain.Key()
	since := s.mark
	if len(since) == 0 {
		since = s.lo
	}
	at := common(since, s.part.end)
	from, here, end := word(since, at), word(key, at), word(s.part.end, at)
	s.mark = append(s.mark[:0], key...)
	if end <= here {
		return 0
	}
	if here <= from {
		return math.MaxInt32
	}
	return float64(read) * (float64(end-here) / float64(here-from))
}

// between returns up to n-1 keys in order that divide [lo, hi) evenly.
func between(lo, hi []byte, n int) [][]byte {
	at := common(lo, hi)
	from, to := word(lo, at), word(hi, at)
	if n < 2 || to <= from {
		return nil
	}
	step := (to - from) / uint64(n)
	if step == 0 {
		return nil
	}
	cuts := make([][]byte, n-1)
	for i := range cuts {
		key := append(make([]byte, 0, at+8), hi[:at]...)
		cuts[i] = binary.BigEndian.AppendUint64(key, from+uint64(i+1)*step)
	}
	return cuts
}

// common returns how many bytes two keys begin with alike.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// word returns the eight bytes of a key from one on as a number, zeros behind its end.
func word(key []byte, at int) uint64 {
	if at >= len(key) {
		return 0
	}
	var b [8]byte
	copy(b[:], key[at:])
	return binary.BigEndian.Uint64(b[:])
}
