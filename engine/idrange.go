package engine

import (
	"bytes"
	"fmt"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index"
)

// An _id that is a canonical UUID is packed in keys, under a tag of its own just
// behind the strings it stands among in the total order. A range of _id
// is therefore two ranges of keys: that of the plain ones and that of the packed ones.

// Range is a part of an index, or of a collection by _id, in value order.
type Range = index.Range

// Limit is one end of a Range.
type Limit = index.Limit

// stringTag is the first byte of the key of a plain string.
var stringTag, _ = index.Tags(document.String(""))

// idBounds are ranges of keys below a collection's prefix; nil bounds are open.
type idBounds struct {
	lo, hi             []byte // of plain ids
	packedLo, packedHi []byte // of packed ones
}

// boundIDs returns the keys of the ids in a range.
func boundIDs(r *Range) (b idBounds, err error) {
	b.packedLo, b.packedHi = []byte{document.PackedIDFirst}, []byte{document.PackedIDLimit}
	if r == nil {
		return b, nil
	}
	if len(r.Eq) > 1 || len(r.Eq) == 1 && (r.Lower != nil || r.Upper != nil) {
		return b, fmt.Errorf("range over several components, _id is one")
	}
	lower, upper := r.Lower, r.Upper
	if len(r.Eq) == 1 {
		lower = &Limit{Value: r.Eq[0], Inclusive: true}
		upper = lower
	}
	if lower != nil {
		b.lo, b.packedLo = idEdge(lower, false)
	}
	if upper != nil {
		b.hi, b.packedHi = idEdge(upper, true)
	}
	return b, nil
}

// idEdge returns, among plain and among packed ids, the first key of a range that begins at the
// limit, or with end the first one after a range that ends there.
func idEdge(l *Limit, end bool) (plain, packed []byte) {
	lo, hi := index.Tags(l.Value)
	if l.WholeKind || l.Value.Kind() != document.KindString {
		// The packed ids are in a range as a whole, or not at all.
		packed = []byte{document.PackedIDFirst}
		if lo > stringTag || lo == stringTag && end {
			packed = []byte{document.PackedIDLimit}
		}
		if l.WholeKind {
			if end {
				return []byte{hi}, packed
			}
			return []byte{lo}, packed
		}
		return after(document.AppendID(nil, l.Value), l.Inclusive == end), packed
	}
	text := l.Value.AsBytes()
	plain, _ = document.AppendKey(nil, l.Value, false)
	if !document.PackedID(l.Value) {
		plain = document.AppendID(nil, l.Value) // never cut
	}
	packed = []byte{document.PackedIDLimit}
	if id, ok := leastUUID(text); ok {
		packed = append([]byte{document.PackedIDFirst}, id[:]...)
		if document.PackedID(l.Value) {
			packed = after(packed, l.Inclusive == end)
		}
	}
	return after(plain, l.Inclusive == end), packed
}

// after returns the first key after all ids with this key, or the key itself.
func after(key []byte, yes bool) []byte {
	if yes {
		return document.KeyLimit(key)
	}
	return key
}

// leastUUID returns the least UUID whose canonical text is not less than text; ok is false when all
// are less.
func leastUUID(text []byte) (id [16]byte, ok bool) {
	const digits = "0123456789abcdef"
	var nibbles [32]byte
	n, i := 0, 0
	carry := false // the result must be more than all that begins with the nibbles so far
fill:
	for ; i < 36 && i < len(text); i++ {
		c := text[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				carry = c > '-'
				break fill
			}
			continue
		}
		switch at := bytes.IndexByte([]byte(digits), c); {
		case at >= 0:
			nibbles[n] = byte(at)
			n++
		case c > 'f':
			carry = true
			break fill
		default:
			// The first digit above c; the rest is zeros.
			for at = 0; digits[at] < c; at++ {
			}
			nibbles[n] = byte(at)
			n++
			break fill
		}
	}
	if i == 36 && len(text) > 36 {
		carry = true
	}
	for i := n - 1; carry; i-- {
		if i < 0 {
			return id, false
		}
		nibbles[i]++
		carry = nibbles[i] > 15
		nibbles[i] &= 15
	}
	for i := range id {
		id[i] = nibbles[2*i]<<4 | nibbles[2*i+1]
	}
	return id, true
}
