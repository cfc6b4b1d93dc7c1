package document

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"strconv"
)

// Ordered keys: bytes.Compare of two keys is Compare of their values. A key
// component is one tag byte in the total order and a content that tells its own end:
//
//	null, missing  10
//	number         20  float64 nearest to it, order-flipped, 8 bytes BE
//	                   80 if that is exact, else 7F or 81 as the number lies below or
//	                   above it, followed by the number as a decimal:
//	                   sign (00 negative, 01 positive), exponent of ten (4 bytes BE,
//	                   biased by 2^31), digits two a byte as 1 to 100, end 00; exponent,
//	                   digits and end are inverted for a negative number
//	string         30  its bytes, 00 as 00 FF, end 00 01
//	packed _id     31  16 bytes of UUID; in primary keys and id suffixes only
//	object         40  for each field, sorted by name: 02, name like a string, value; end 01
//	array          50  elements; end 01
//	bytes          60  like a string
//	false, true    70, 71
//	timestamp      80  unix seconds + 2^63, 8 bytes BE, nanoseconds, 4 bytes BE
//
// Reserved: 78 uuid, 79 date, 7A time, 90 interval. Descending inverts every
// byte of a component. A component of more than MaxKeyComponent bytes is cut
// there and followed by the first 16 bytes of the SHA-256 of the whole.
const (
	keyNull      = 0x10
	keyNumber    = 0x20
	keyString    = 0x30
	keyPackedID  = 0x31
	keyObject    = 0x40
	keyArray     = 0x50
	keyBytes     = 0x60
	keyFalse     = 0x70
	keyTrue      = 0x71
	keyTimestamp = 0x80

	keyEnd   = 0x01
	keyField = 0x02

	numberExact = 0x80
	numberBelow = 0x7F
	numberAbove = 0x81

	biasExponent = 1 << 31

	// MaxKeyComponent is the size beyond which a component is cut.
	MaxKeyComponent = 1024
	cutHash         = 16
)

// AppendKey appends the key component of v, cut when it is too long, and
// reports whether it was. Values that Compare calls equal have one key.
func AppendKey(dst []byte, v Value, desc bool) (key []byte, cut bool) {
	begin := len(dst)
	dst = appendKey(dst, v)
	if len(dst)-begin > MaxKeyComponent {
		sum := sha256.Sum256(dst[begin:])
		dst = append(dst[:begin+MaxKeyComponent], sum[:cutHash]...)
		cut = true
	}
	if desc {
		invert(dst[begin:])
	}
	return dst, cut
}

func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

func appendKey(dst []byte, v Value) []byte {
	switch v.kind {
	case KindInt, KindFloat:
		return appendNumberKey(append(dst, keyNumber), v)
	case KindString:
		return appendTextKey(append(dst, keyString), v.AsBytes())
	case KindBytes:
		return appendTextKey(append(dst, keyBytes), v.AsBytes())
	case KindBool:
		return append(dst, keyFalse+byte(v.n))
	case KindTimestamp:
		dst = binary.BigEndian.AppendUint64(append(dst, keyTimestamp), v.n^1<<63)
		return binary.BigEndian.AppendUint32(dst, v.aux)
	case KindArray:
		dst = append(dst, keyArray)
		for _, e := range v.AsArray() {
			dst = appendKey(dst, e)
		}
		return append(dst, keyEnd)
	case KindObject:
		dst = append(dst, keyObject)
		for _, f := range sorted(v.AsObject()) {
			dst = appendTextKey(append(dst, keyField), []byte(f.Name))
			dst = appendKey(dst, f.Value)
		}
		return append(dst, keyEnd)
	}
	return append(dst, keyNull)
}

func appendTextKey(dst, text []byte) []byte {
	for _, c := range text {
		dst = append(dst, c)
		if c == 0 {
			dst = append(dst, 0xFF)
		}
	}
	return append(dst, 0x00, 0x01)
}

// flipFloat maps float64 bits to integers of the same order: -0 is 0, NaN is
// above +Inf.
func flipFloat(f float64) uint64 {
	switch {
	case f == 0:
		f = 0
	case math.IsNaN(f):
		return math.MaxUint64
	}
	bits := math.Float64bits(f)
	if bits>>63 != 0 {
		return ^bits
	}
	return bits | 1<<63
}

func unflipFloat(n uint64) float64 {
	switch {
	case n == math.MaxUint64:
		return math.NaN()
	case n>>63 != 0:
		return math.Float64frombits(n &^ (1 << 63))
	}
	return math.Float64frombits(^n)
}

func appendNumberKey(dst []byte, v Value) []byte {
	if v.kind == KindFloat {
		return append(binary.BigEndian.AppendUint64(dst, flipFloat(v.AsFloat())), numberExact)
	}
	i := v.AsInt()
	f := float64(i) // nearest, ties to even
	dst = binary.BigEndian.AppendUint64(dst, flipFloat(f))
	c := compareIntFloat(i, f)
	if c == 0 {
		return append(dst, numberExact)
	}
	if c < 0 {
		dst = append(dst, numberBelow)
	} else {
		dst = append(dst, numberAbove)
	}
	return appendDecimalKey(dst, i)
}

// appendDecimalKey appends an integer as sign, exponent and digits: 0.d1d2d3... times ten to
// the exponent, without zeros at the end.
func appendDecimalKey(dst []byte, i int64) []byte {
	negative := i < 0
	magnitude := uint64(i)
	if negative {
		magnitude = -magnitude
	}
	var text [20]byte
	digits := strconv.AppendUint(text[:0], magnitude, 10)
	exponent := len(digits)
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	sign := byte(1)
	if negative {
		sign = 0
	}
	dst = append(dst, sign)
	begin := len(dst)
	dst = binary.BigEndian.AppendUint32(dst, uint32(biasExponent+exponent))
	for k := 0; k < len(digits); k += 2 {
		pair := (digits[k] - '0') * 10
		if k+1 < len(digits) {
			pair += digits[k+1] - '0'
		}
		dst = append(dst, pair+1)
	}
	dst = append(dst, 0)
	if negative {
		invert(dst[begin:])
	}
	return dst
}

// AppendID appends an _id as the last part of a key: the packed form of a
// string that is a canonical UUID, else the component, never cut.
func AppendID(dst []byte, id Value) []byte {
	if packed, ok := packable(id); ok {
		return append(append(dst, keyPackedID), packed[:]...)
	}
	return appendKey(dst, id)
}

// IsPackedID reports whether an appended _id has the packed form.
func IsPackedID(key []byte) bool { return len(key) > 0 && key[0] == keyPackedID }

// PackedID reports whether AppendID packs this _id.
func PackedID(id Value) bool {
	_, ok := packable(id)
	return ok
}

// The two regions of primary keys: every packed _id lies in [PackedIDFirst, PackedIDLimit),
// all others outside it.
const (
	PackedIDFirst = keyPackedID
	PackedIDLimit = keyPackedID + 1
)

// KeyLimit returns the least key above all keys with this prefix, nil when
// there is none.
func KeyLimit(prefix []byte) []byte { return RaiseKey(bytes.Clone(prefix)) }

// RaiseKey is KeyLimit in the place of the prefix.
func RaiseKey(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xFF {
			prefix[i]++
			return prefix[:i+1]
		}
	}
	return nil
}
