package document

import (
	"fmt"
	"math"
	"time"
	"unsafe"
)

// Value is one immutable value of any kind. The zero Value is MISSING.
// It is 24 bytes and is passed by value.
//
// Layout by kind:
//
//	kind       ref                 n                 aux
//	int        -                   the int64         -
//	float      -                   IEEE 754 bits     -
//	bool       -                   0 or 1            -
//	timestamp  -                   unix seconds      nanoseconds
//	string     bytes               length            -
//	bytes      bytes               length            -
//	array      first Value         length            -
//	object     first Field         length            0
//	object     *Record             -                 lazyRecord
//
// A value that was read out of a Record borrows its bytes: it is valid as long as
// the record's data is. Clone makes it independent.
type Value struct {
	ref  unsafe.Pointer
	n    uint64
	aux  uint32
	kind Kind
}

// lazyRecord marks an object that is decoded from a record only when its
// fields are asked for.
const lazyRecord = 1

// Field is one named value of an object.
type Field struct {
	Name  string
	Value Value
}

// Missing returns the value of a field that is not there; it is the zero Value.
func Missing() Value { return Value{} }

// Null returns an explicit null.
func Null() Value { return Value{kind: KindNull} }

// Bool returns a boolean.
func Bool(b bool) Value {
	if b {
		return Value{kind: KindBool, n: 1}
	}
	return Value{kind: KindBool}
}

// Int returns an int64.
func Int(i int64) Value { return Value{kind: KindInt, n: uint64(i)} }

// Float returns a float64.
func Float(f float64) Value { return Value{kind: KindFloat, n: math.Float64bits(f)} }

// String returns a string, which must be valid UTF-8 to be stored.
func String(s string) Value {
	return Value{kind: KindString, ref: unsafe.Pointer(unsafe.StringData(s)), n: uint64(len(s))}
}

// StringBytes returns a string that borrows b, which must not change afterwards.
func StringBytes(b []byte) Value {
	return Value{kind: KindString, ref: unsafe.Pointer(unsafe.SliceData(b)), n: uint64(len(b))}
}

// Bytes returns a byte string that borrows b, which must not change afterwards.
func Bytes(b []byte) Value {
	return Value{kind: KindBytes, ref: unsafe.Pointer(unsafe.SliceData(b)), n: uint64(len(b))}
}

// Array returns an array that borrows vs, which must not change afterwards.
func Array(vs []Value) Value {
	return Value{kind: KindArray, ref: unsafe.Pointer(unsafe.SliceData(vs)), n: uint64(len(vs))}
}

// Object returns an object with the fields in this order. It borrows fs, which
// must not change afterwards; the names must be distinct.
func Object(fs []Field) Value {
	return Value{kind: KindObject, ref: unsafe.Pointer(unsafe.SliceData(fs)), n: uint64(len(fs))}
}

// Bounds of a timestamp in unix seconds: the first second of year 1 and the last of year 9999, UTC.
const (
	MinTimestamp = -62135596800
	MaxTimestamp = 253402300799
)

// Timestamp returns t as a UTC timestamp; an error outside years 1 to 9999.
func Timestamp(t time.Time) (Value, error) {
	s := t.Unix()
	if s < MinTimestamp || s > MaxTimestamp {
		return Value{}, fmt.Errorf("timestamp %s is outside years 1 to 9999", t.UTC().Format(time.RFC3339))
	}
	return Value{kind: KindTimestamp, n: uint64(s), aux: uint32(t.Nanosecond())}, nil
}

// UnixTimestamp returns the timestamp sec seconds and nsec nanoseconds after
// the Unix epoch; sec must lie within MinTimestamp and MaxTimestamp, nsec below 1e9.
func UnixTimestamp(sec int64, nsec uint32) Value {
	return Value{kind: KindTimestamp, n: uint64(sec), aux: nsec}
}

// Kind returns the value's kind.
func (v Value) Kind() Kind { return v.kind }

// IsMissing reports whether there is no value at all.
func (v Value) IsMissing() bool { return v.kind == KindMissing }

// IsNull reports whether the value is null or missing, SQL's IS NULL.
func (v Value) IsNull() bool { return v.kind <= KindNull }

// The As accessors return the content of a value of exactly that kind and the
// zero of it for any other.

// AsBool returns a bool's content.
func (v Value) AsBool() bool { return v.kind == KindBool && v.n != 0 }

// AsInt returns an int's content.
func (v Value) AsInt() int64 {
	if v.kind != KindInt {
		return 0
	}
	return int64(v.n)
}

// AsFloat returns a number as float64: a float's content or an int converted.
func (v Value) AsFloat() float64 {
	switch v.kind {
	case KindFloat:
		return math.Float64frombits(v.n)
	case KindInt:
		return float64(int64(v.n))
	}
	return 0
}

// AsString returns a string's content without copying.
func (v Value) AsString() string {
	if v.kind != KindString {
		return ""
	}
	return unsafe.String((*byte)(v.ref), int(v.n))
}

// AsBytes returns the content of bytes, or of a string, without copying; it
// must not be changed.
func (v Value) AsBytes() []byte {
	if v.kind != KindBytes && v.kind != KindString {
		return nil
	}
	return unsafe.Slice((*byte)(v.ref), int(v.n))
}

// AsArray returns an array's elements, which must not be changed.
func (v Value) AsArray() []Value {
	if v.kind != KindArray {
		return nil
	}
	return unsafe.Slice((*Value)(v.ref), int(v.n))
}

// AsObject returns an object's fields in order, which must not be changed.
// A value that stands for a record is decoded here.
func (v Value) AsObject() []Field {
	if v.kind != KindObject {
		return nil
	}
	if v.aux == lazyRecord {
		return (*Record)(v.ref).Decode().AsObject()
	}
	return unsafe.Slice((*Field)(v.ref), int(v.n))
}

// AsTime returns a timestamp as a UTC time.
func (v Value) AsTime() time.Time {
	if v.kind != KindTimestamp {
		return time.Time{}
	}
	return time.Unix(int64(v.n), int64(v.aux)).UTC()
}

// AsUnix returns a timestamp's seconds since the Unix epoch and nanoseconds.
func (v Value) AsUnix() (sec int64, nsec uint32) {
	if v.kind != KindTimestamp {
		return 0, 0
	}
	return int64(v.n), v.aux
}

// RecordOf returns the record behind a lazily decoded object, nil for others.
func (v Value) RecordOf() *Record {
	if v.kind == KindObject && v.aux == lazyRecord {
		return (*Record)(v.ref)
	}
	return nil
}

// RecordValue returns the whole document of r as an object that is decoded
// only when its fields are asked for. It is valid as long as *r is unchanged.
func RecordValue(r *Record) Value {
	return Value{kind: KindObject, ref: unsafe.Pointer(r), aux: lazyRecord}
}

// Get returns the field called name of an object, else MISSING.
func (v Value) Get(name string) Value {
	for _, f := range v.AsObject() {
		if f.Name == name {
			return f.Value
		}
	}
	return Value{}
}

// Clone returns a value that shares no memory with v's source.
func (v Value) Clone() Value {
	switch v.kind {
	case KindString:
		return String(string(v.AsBytes()))
	case KindBytes:
		return Bytes(append([]byte(nil), v.AsBytes()...))
	case KindArray:
		vs := make([]Value, v.n)
		for i, e := range v.AsArray() {
			vs[i] = e.Clone()
		}
		return Array(vs)
	case KindObject:
		src := v.AsObject()
		fs := make([]Field, len(src))
		for i, f := range src {
			fs[i] = Field{Name: string(append([]byte(nil), f.Name...)), Value: f.Value.Clone()}
		}
		return Object(fs)
	}
	return v
}
