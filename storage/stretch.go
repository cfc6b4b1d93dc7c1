package storage

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
)

// Stretch reads a range of keys upwards, and can be divided: several iterators over the same range, each used by a goroutine of its
// own, read it part by part. Nothing is known beforehand of how keys lie in their space, so a part that proves long while it is
// read is cut again. The zero value is an empty range.
type Stretch struct {
	Iter         // nil when the range is empty
	Lower, Upper []byte

	part Part
	seek bool   // the first entry of the part is still to be sought
	mark []byte // the key up to which Left has looked
}

// Part is a run of entries, as the keys [lo, hi) around it.
type Part struct {
	lo, hi []byte // nil is the end of the range
	// end is where the last entry of the part lies at the latest, for dividing it.
	end []byte
}

// Next moves to the next entry of the part that was entered, of the range without one; false at its end or on an error.
func (s *Stretch) Next() bool {
	ok := false
	if s.seek {
		s.seek = false
		ok = s.Seek(s.part.lo)
	} else {
		ok = s.Iter.Next()
	}
	return ok && (s.part.hi == nil || bytes.Compare(s.Key(), s.part.hi) < 0)
}

// Another returns a stretch over the same range, of which from sees what this one's reader saw.
func (s *Stretch) Another(ctx context.Context, from Reader) Stretch {
	return Stretch{
		Iter: from.Scan(ctx, ScanOptions{Lower: s.Lower, Upper: s.Upper}), Lower: bytes.Clone(s.Lower), Upper: bytes.Clone(s.Upper),
	}
}

// Reach finds the last entry of the range, which must be known before it is cut for the first time. It only tells where to
// cut, so a transaction does not conflict with who adds entries behind what it reads.
func (s *Stretch) Reach(ctx context.Context, from Reader) error {
	it := from.Scan(ctx, ScanOptions{Lower: s.Lower, Upper: s.Upper, Reverse: true, KeysOnly: true, Hint: true})
	if it.Next() {
		s.part.end = successor(it.Key())
	}
	return it.Close()
}

// successor returns the first key after another one.
func successor(key []byte) []byte { return append(append(make([]byte, 0, len(key)+1), key...), 0) }

// Enter moves to before the first entry of a part. Next then ends with the part, after which another may be entered.
func (s *Stretch) Enter(p Part) {
	s.part, s.seek = p, true
	s.mark = append(s.mark[:0], p.lo...)
}

// Cut ends the part that is read with the present entry and returns what comes after it, in at most n
// parts of about the same space of keys; none when nothing does.
func (s *Stretch) Cut(n int) []Part {
	lo := successor(s.Key())
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

// Left estimates how many entries follow in the part that is read, from how far the
// keys went since the last call, in which so many were read. Only the last stretch counts: documents
// whose ids tell the time lie in heaps.
func (s *Stretch) Left(read int) float64 {
	key := s.Key()
	since := s.mark
	if len(since) == 0 {
		since = s.Lower
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
