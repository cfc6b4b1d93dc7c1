package document

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"math"
	"slices"
	"strings"
)

// rank is a kind's place in the total order; kinds that compare by content share one.
var rank = [kindCount]uint8{
	KindMissing: 0, KindNull: 0,
	KindInt: 1, KindFloat: 1, KindDecimal: 1,
	KindString: 2, KindObject: 3, KindArray: 4, KindBytes: 5, KindBool: 6,
	KindUUID: 7, KindDate: 8, KindTime: 9, KindTimestamp: 10, KindInterval: 11,
}

// Comparable reports whether two kinds share a place in the total order, so
// that values of them compare by content: all numbers do, null and missing do.
func Comparable(a, b Kind) bool { return rank[a] == rank[b] }

// Compare orders any two values: -1, 0 or 1. The order is
//
//	missing = null < numbers < string < object < array < bytes < bool < timestamp
//
// Numbers compare exactly across kinds (-0 = 0, NaN = NaN above +Inf), strings
// and bytes bytewise, objects as their fields sorted by name, arrays element by element.
func Compare(a, b Value) int {
	if c := cmp.Compare(rank[a.kind], rank[b.kind]); c != 0 {
		return c
	}
	switch a.kind {
	case KindInt:
		if b.kind == KindInt {
			return cmp.Compare(int64(a.n), int64(b.n))
		}
		return compareIntFloat(int64(a.n), b.AsFloat())
	case KindFloat:
		if b.kind == KindInt {
			return -compareIntFloat(int64(b.n), a.AsFloat())
		}
		return compareFloats(a.AsFloat(), b.AsFloat())
	case KindString:
		return strings.Compare(a.AsString(), b.AsString())
	case KindBytes:
		return bytes.Compare(a.AsBytes(), b.AsBytes())
	case KindBool:
		return cmp.Compare(a.n, b.n)
	case KindTimestamp:
		if c := cmp.Compare(int64(a.n), int64(b.n)); c != 0 {
			return c
		}
		return cmp.Compare(a.aux, b.aux)
	case KindArray:
		return slices.CompareFunc(a.AsArray(), b.AsArray(), Compare)
	case KindObject:
		return compareObjects(a.AsObject(), b.AsObject())
	}
	return 0
}

// compareFloats orders NaN above everything and equal to itself.
func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	return cmp.Compare(b2i(math.IsNaN(a)), b2i(math.IsNaN(b)))
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// compareIntFloat compares without rounding the integer.
func compareIntFloat(i int64, f float64) int {
	switch {
	case math.IsNaN(f) || f >= 1<<63:
		return -1
	case f < -1<<63:
		return 1
	}
	whole := math.Trunc(f) // within int64 here
	if c := cmp.Compare(i, int64(whole)); c != 0 {
		return c
	}
	return cmp.Compare(whole, f)
}

// sorted returns the fields in order of their names, without copying when they are.
func sorted(fs []Field) []Field {
	byName := func(a, b Field) int { return strings.Compare(a.Name, b.Name) }
	if slices.IsSortedFunc(fs, byName) {
		return fs
	}
	out := slices.Clone(fs)
	slices.SortFunc(out, byName)
	return out
}

func compareObjects(a, b []Field) int {
	return slices.CompareFunc(sorted(a), sorted(b), func(x, y Field) int {
		if c := strings.Compare(x.Name, y.Name); c != 0 {
			return c
		}
		return Compare(x.Value, y.Value)
	})
}

// Equal reports whether two values are one in the total order: 1 and 1.0 are,
// and so are null and missing.
func Equal(a, b Value) bool { return Compare(a, b) == 0 }

// Identical reports whether two values are the same in kind, content and field
// order; -0 differs from 0, and all NaN are one.
func Identical(a, b Value) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case KindFloat:
		return a.n == b.n || math.IsNaN(a.AsFloat()) && math.IsNaN(b.AsFloat())
	case KindArray:
		return slices.EqualFunc(a.AsArray(), b.AsArray(), Identical)
	case KindObject:
		return slices.EqualFunc(a.AsObject(), b.AsObject(), func(x, y Field) bool {
			return x.Name == y.Name && Identical(x.Value, y.Value)
		})
	}
	return Compare(a, b) == 0
}

var hashSeed = maphash.MakeSeed()

// Hash returns a hash of v that is the same for all values that Compare calls
// equal. It is stable within one process only.
func Hash(v Value, seed uint64) uint64 {
	switch v.kind {
	case KindMissing, KindNull:
		return mix(seed, 1)
	case KindInt:
		// An integer that a float64 holds exactly hashes as that float.
		if i := int64(v.n); int64(float64(i)) == i && float64(i) < 1<<63 {
			return mix(seed, math.Float64bits(float64(i))^2)
		}
		return mix(seed, v.n^3)
	case KindFloat:
		f := v.AsFloat()
		switch {
		case f == 0:
			f = 0 // -0 is 0
		case math.IsNaN(f):
			f = math.NaN()
		}
		return mix(seed, math.Float64bits(f)^2)
	case KindString:
		return mix(seed, maphash.String(hashSeed, v.AsString()))
	case KindBytes:
		return mix(seed, maphash.Bytes(hashSeed, v.AsBytes())^4)
	case KindBool:
		return mix(seed, v.n^5)
	case KindTimestamp:
		return mix(mix(seed, v.n^6), uint64(v.aux))
	case KindArray:
		h := mix(seed, v.n^7)
		for _, e := range v.AsArray() {
			h = Hash(e, h)
		}
		return h
	case KindObject:
		// A sum is the same in any field order.
		var sum uint64
		for _, f := range v.AsObject() {
			sum += Hash(f.Value, maphash.String(hashSeed, f.Name))
		}
		return mix(seed, sum^8)
	}
	return seed
}

// mix is the 64-bit finalizer of MurmurHash3 over both words.
func mix(seed, x uint64) uint64 {
	x ^= seed*0x9E3779B97F4A7C15 + 0x7F4A7C15
	x ^= x >> 33
	x *= 0xFF51AFD7ED558CCD
	x ^= x >> 33
	x *= 0xC4CEB9FE1A85EC53
	return x ^ x>>33
}
