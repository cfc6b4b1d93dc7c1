package document

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrCorrupt is matched by errors about stored bytes that cannot be what they should be.
var ErrCorrupt = errors.New("corrupt record")

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// Stored type tags. The numbers are part of the format and never change; those
// marked reserved are for kinds to come.
//
//	tag           content
//	absent        -            a slot of a shape that this document leaves out
//	null          -
//	false, true   -
//	int8..int64   1, 2, 4 or 8 bytes, little endian
//	float64       8 bytes, little endian
//	float32       4 bytes: a float64 that a float32 holds exactly
//	string        UTF-8
//	object        see compound.go
//	array         see compound.go
//	bytes         as they are
//	packed id     16 bytes: the string is the canonical form of this UUID; only in the id slot
//	timestamp     8 bytes of unix seconds, little endian
//	timestampNs   the same and 4 bytes of nanoseconds
const (
	tagAbsent      = 0
	tagNull        = 1
	tagFalse       = 2
	tagTrue        = 3
	tagInt8        = 4
	tagInt16       = 5
	tagInt32       = 6
	tagInt64       = 7
	tagFloat64     = 8
	tagFloat32     = 9
	tagDecimal     = 10 // reserved
	tagString      = 11
	tagObject      = 12
	tagArray       = 13
	tagBytes       = 14
	tagPackedID    = 15
	tagUUID        = 16 // reserved
	tagDate        = 17 // reserved
	tagTime        = 18 // reserved
	tagTimestamp   = 19
	tagTimestampNs = 20
	tagInterval    = 21 // reserved
	tagCount       = 22
)

// fixedSize is the size of a tag's content, -1 where it varies or the tag is unknown.
var fixedSize = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for tag, size := range map[int]int8{
		tagAbsent: 0, tagNull: 0, tagFalse: 0, tagTrue: 0, tagInt8: 1, tagInt16: 2, tagInt32: 4, tagInt64: 8,
		tagFloat64: 8, tagFloat32: 4, tagPackedID: 16, tagTimestamp: 8, tagTimestampNs: 12,
	} {
		t[tag] = size
	}
	return t
}()

// varies reports whether a tag's content has a size of its own.
func varies(tag byte) bool {
	return tag == tagString || tag == tagObject || tag == tagArray || tag == tagBytes
}

// appendContent appends the content of v and returns its tag.
func appendContent(dst []byte, v Value) ([]byte, byte) {
	switch v.kind {
	case KindNull:
		return dst, tagNull
	case KindBool:
		return dst, tagFalse + byte(v.n)
	case KindInt:
		switch i := int64(v.n); {
		case i == int64(int8(i)):
			return append(dst, byte(i)), tagInt8
		case i == int64(int16(i)):
			return binary.LittleEndian.AppendUint16(dst, uint16(i)), tagInt16
		case i == int64(int32(i)):
			return binary.LittleEndian.AppendUint32(dst, uint32(i)), tagInt32
		}
		return binary.LittleEndian.AppendUint64(dst, v.n), tagInt64
	case KindFloat:
		f := v.AsFloat()
		if f32 := float32(f); float64(f32) == f { // false for NaN
			return binary.LittleEndian.AppendUint32(dst, math.Float32bits(f32)), tagFloat32
		}
		if math.IsNaN(f) {
			return binary.LittleEndian.AppendUint64(dst, math.Float64bits(math.NaN())), tagFloat64
		}
		return binary.LittleEndian.AppendUint64(dst, v.n), tagFloat64
	case KindString:
		return append(dst, v.AsBytes()...), tagString
	case KindBytes:
		return append(dst, v.AsBytes()...), tagBytes
	case KindTimestamp:
		dst = binary.LittleEndian.AppendUint64(dst, v.n)
		if v.aux == 0 {
			return dst, tagTimestamp
		}
		return binary.LittleEndian.AppendUint32(dst, v.aux), tagTimestampNs
	case KindArray:
		return appendArray(dst, v.AsArray()), tagArray
	case KindObject:
		return appendObject(dst, v.AsObject()), tagObject
	}
	return dst, tagAbsent
}

// readScalar returns the value of a tag that is neither array nor object;
// MISSING when the bytes cannot be its content.
func readScalar(tag byte, b []byte) Value {
	if size := fixedSize[tag]; size >= 0 && len(b) != int(size) {
		return Value{}
	}
	switch tag {
	case tagNull:
		return Value{kind: KindNull}
	case tagFalse:
		return Value{kind: KindBool}
	case tagTrue:
		return Value{kind: KindBool, n: 1}
	case tagInt8:
		return Int(int64(int8(b[0])))
	case tagInt16:
		return Int(int64(int16(binary.LittleEndian.Uint16(b))))
	case tagInt32:
		return Int(int64(int32(binary.LittleEndian.Uint32(b))))
	case tagInt64:
		return Value{kind: KindInt, n: binary.LittleEndian.Uint64(b)}
	case tagFloat64:
		return Value{kind: KindFloat, n: binary.LittleEndian.Uint64(b)}
	case tagFloat32:
		return Float(float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
	case tagString:
		return StringBytes(b)
	case tagBytes:
		return Bytes(b)
	case tagPackedID:
		return StringBytes(appendUUID(make([]byte, 0, 36), b))
	case tagTimestamp, tagTimestampNs:
		v := Value{kind: KindTimestamp, n: binary.LittleEndian.Uint64(b)}
		if tag == tagTimestampNs {
			v.aux = binary.LittleEndian.Uint32(b[8:])
		}
		if s := int64(v.n); s < MinTimestamp || s > MaxTimestamp || v.aux > 999_999_999 {
			return Value{}
		}
		return v
	}
	return Value{}
}
