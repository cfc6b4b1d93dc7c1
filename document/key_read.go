package document

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
)

// A key compares, but does not tell an int from a float or missing from null.
// An index entry therefore keeps a kind byte for each component and for the
// id, with which a covering read gives back exactly what the record holds.
const (
	exactMissing   = 0
	exactNull      = 1
	exactInt       = 2
	exactFloat     = 3
	exactMinusZero = 4
	exactString    = 5
	exactBytes     = 6
	exactBool      = 7
	exactTimestamp = 8
	exactPackedID  = 9
	exactCut       = 0xFE // the key is cut: read the record
	exactCompound  = 0xFF // an array or object: read the record
)

// KindByte returns the kind byte of a value whose key was or was not cut.
func KindByte(v Value, cut bool) byte {
	if cut {
		return exactCut
	}
	switch v.kind {
	case KindMissing:
		return exactMissing
	case KindNull:
		return exactNull
	case KindInt:
		return exactInt
	case KindFloat:
		if f := v.AsFloat(); f == 0 && math.Signbit(f) {
			return exactMinusZero
		}
		return exactFloat
	case KindString:
		return exactString
	case KindBytes:
		return exactBytes
	case KindBool:
		return exactBool
	case KindTimestamp:
		return exactTimestamp
	}
	return exactCompound
}

// KindByteID returns the kind byte of an _id as AppendID writes it.
func KindByteID(id Value) byte {
	if PackedID(id) {
		return exactPackedID
	}
	return KindByte(id, false)
}

// KindByteInexact reports whether a kind byte is that of an array or object, or of a cut
// component: one that only the record can answer for.
func KindByteInexact(kind byte) bool { return kind >= exactCut }

// SkipKey returns the length of the component at the front of b, 0 when it is
// damaged.
func SkipKey(b []byte, desc bool) int {
	flip := byte(0)
	if desc {
		flip = 0xFF
	}
	whole := b[:min(len(b), MaxKeyComponent)]
	if n := skipKey(whole, flip, 0); n > 0 {
		return n
	}
	// It does not end within the limit: a cut one, if all of it is there.
	if len(b) >= MaxKeyComponent+cutHash {
		return MaxKeyComponent + cutHash
	}
	return 0
}

// SkipID returns the length of an _id at the front of b, 0 when it is damaged.
func SkipID(b []byte) int {
	if IsPackedID(b) {
		if len(b) < 17 {
			return 0
		}
		return 17
	}
	return skipKey(b, 0, 0)
}

// skipKey returns the length of a whole component, 0 when it does not end in b.
func skipKey(b []byte, flip byte, depth int) int {
	if len(b) == 0 || depth > maxReadDepth {
		return 0
	}
	fixed := func(n int) int {
		if len(b) < n {
			return 0
		}
		return n
	}
	switch b[0] ^ flip {
	case keyNull, keyFalse, keyTrue:
		return 1
	case keyTimestamp:
		return fixed(13)
	case keyNumber:
		if len(b) < 10 || b[9]^flip == numberExact {
			return fixed(10)
		}
		if len(b) < 15 {
			return 0
		}
		end := byte(0) ^ flip
		if b[10]^flip == 0 {
			end = ^end
		}
		if n := bytes.IndexByte(b[15:], end); n >= 0 {
			return 15 + n + 1
		}
		return 0
	case keyString, keyBytes:
		if n := skipText(b[1:], flip); n > 0 {
			return 1 + n
		}
		return 0
	case keyArray, keyObject:
		for at := 1; at < len(b); {
			switch b[at] ^ flip {
			case keyEnd:
				return at + 1
			case keyField:
				n := skipText(b[at+1:], flip)
				if n == 0 {
					return 0
				}
				at += 1 + n
				fallthrough
			default:
				n := skipKey(b[at:], flip, depth+1)
				if n == 0 {
					return 0
				}
				at += n
			}
		}
	}
	return 0
}

// skipText returns the length of escaped text with its end, 0 when it has none.
func skipText(b []byte, flip byte) int {
	for i := 0; i+1 < len(b); i++ {
		if b[i]^flip != 0 {
			continue
		}
		if b[i+1]^flip == 0x01 {
			return i + 2
		}
		i++
	}
	return 0
}

// DecodeComponent returns the value of a component of length SkipKey, which
// with its kind byte is exactly what was stored; ok is false when only the record tells, or the
// bytes are damaged. Text borrows from b where it can.
func DecodeComponent(kind byte, b []byte, desc bool) (v Value, ok bool) {
	switch kind {
	case exactMissing:
		return Missing(), true
	case exactNull:
		return Null(), true
	case exactCut, exactCompound:
		return Value{}, false
	}
	if desc {
		b = append([]byte(nil), b...)
		invert(b)
	}
	if len(b) == 0 {
		return Value{}, false
	}
	tag, b := b[0], b[1:]
	switch {
	case kind == exactPackedID && tag == keyPackedID && len(b) == 16:
		return StringBytes(appendUUID(make([]byte, 0, 36), b)), true
	case kind == exactString && tag == keyString:
		return StringBytes(unescape(b)), true
	case kind == exactBytes && tag == keyBytes:
		return Bytes(unescape(b)), true
	case kind == exactBool && (tag == keyFalse || tag == keyTrue):
		return Bool(tag == keyTrue), true
	case kind == exactTimestamp && tag == keyTimestamp && len(b) == 12:
		return UnixTimestamp(int64(binary.BigEndian.Uint64(b)^1<<63), binary.BigEndian.Uint32(b[8:])), true
	case kind == exactMinusZero:
		return Float(math.Copysign(0, -1)), true
	case tag == keyNumber && len(b) >= 9:
		f := unflipFloat(binary.BigEndian.Uint64(b))
		if kind == exactFloat {
			return Float(f), true
		}
		if kind == exactInt && b[8] == numberExact {
			return Int(int64(f)), true
		}
		if kind == exactInt {
			return decodeDecimal(b[9:])
		}
	}
	return Value{}, false
}

// unescape drops the end of escaped text and its escapes, in place of a copy
// where there are none.
func unescape(b []byte) []byte {
	b = b[:max(0, len(b)-2)]
	if bytes.IndexByte(b, 0) < 0 {
		return b[:len(b):len(b)]
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		out = append(out, b[i])
		if b[i] == 0 {
			i++
		}
	}
	return out
}

// decodeDecimal reads what appendDecimalKey wrote.
func decodeDecimal(b []byte) (Value, bool) {
	if len(b) < 6 {
		return Value{}, false
	}
	text := make([]byte, 0, 24)
	b = append([]byte(nil), b...)
	if b[0] == 0 {
		invert(b[1:])
		text = append(text, '-')
	}
	digits := int(binary.BigEndian.Uint32(b[1:])) - biasExponent
	first := len(text)
	for _, pair := range b[5 : len(b)-1] {
		text = append(text, '0'+(pair-1)/10, '0'+(pair-1)%10)
	}
	if digits < 0 || digits > 19 {
		return Value{}, false
	}
	for len(text)-first < digits {
		text = append(text, '0')
	}
	i, err := strconv.ParseInt(string(text[:first+digits]), 10, 64)
	return Int(i), err == nil
}
