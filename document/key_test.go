package document

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func TestCompareIsATotalOrderThatKeysAndHashesKeep(t *testing.T) {
	r := newRand(t)
	var vs []Value
	for range 300 {
		vs = append(vs, randomValue(r, 3))
	}
	vs = append(vs, Missing(), Null(), Array(nil), Object(nil), String(""), Bytes(nil))
	for _, a := range vs {
		ka, cutA := AppendKey(nil, a, false)
		da, _ := AppendKey(nil, a, true)
		if n := SkipKey(append(ka, 0xAB), false); n != len(ka) {
			t.Fatalf("SkipKey(%s) = %d, want %d", show(a), n, len(ka))
		}
		if n := SkipKey(append(da, 0xAB), true); n != len(da) {
			t.Fatalf("SkipKey(%s, desc) = %d, want %d", show(a), n, len(da))
		}
		for _, desc := range []bool{false, true} {
			k, cut := AppendKey(nil, a, desc)
			back, ok := DecodeComponent(KindByte(a, cut), k, desc)
			if exact := a.Kind().IsScalar() && !cut; ok != exact || ok && !Identical(a, back) {
				t.Fatalf("DecodeComponent of %s = %s, %v", show(a), show(back), ok)
			}
		}
		for _, b := range vs {
			c := Compare(a, b)
			if Compare(b, a) != -c {
				t.Fatalf("Compare(%s, %s) is not antisymmetric", show(a), show(b))
			}
			if c == 0 && Hash(a, 7) != Hash(b, 7) {
				t.Fatalf("%s = %s with different hashes", show(a), show(b))
			}
			kb, cutB := AppendKey(nil, b, false)
			db, _ := AppendKey(nil, b, true)
			if cutA && cutB && bytes.Equal(ka[:MaxKeyComponent], kb[:MaxKeyComponent]) {
				continue // compares by value
			}
			if got := bytes.Compare(ka, kb); got != c {
				t.Fatalf("keys of %s and %s compare %d, the values %d", show(a), show(b), got, c)
			}
			if got := bytes.Compare(da, db); got != -c {
				t.Fatalf("descending keys of %s and %s compare %d, the values %d", show(a), show(b), got, c)
			}
		}
	}
	for range 20000 {
		a, b, c := vs[r.IntN(len(vs))], vs[r.IntN(len(vs))], vs[r.IntN(len(vs))]
		if Compare(a, b) <= 0 && Compare(b, c) <= 0 && Compare(a, c) > 0 {
			t.Fatalf("not transitive: %s, %s, %s", show(a), show(b), show(c))
		}
	}
}

func TestCompareNumbersExactly(t *testing.T) {
	ascending := []Value{
		Null(), Float(math.Inf(-1)), Float(-1e300), Int(math.MinInt64), Int(math.MinInt64 + 1), Int(-1), Float(-0.5), Int(0),
		Float(0.5), Int(1), Int(1 << 53), Int(1<<53 + 1), Float(1<<53 + 2), Int(math.MaxInt64 - 1), Int(math.MaxInt64),
		Float(1 << 63), Float(math.Inf(1)), Float(math.NaN()), String(""),
	}
	for i, a := range ascending {
		for j, b := range ascending {
			if got, want := Compare(a, b), sign(i-j); got != want {
				t.Errorf("Compare(%s, %s) = %d, want %d", show(a), show(b), got, want)
			}
		}
	}
	if !Equal(Int(1), Float(1)) || Identical(Int(1), Float(1)) || !Equal(Float(0), Float(math.Copysign(0, -1))) {
		t.Error("1 and 1.0 are equal and not identical, 0 and -0 equal")
	}
}

func TestObjectsCompareByNameWhateverTheirOrder(t *testing.T) {
	a := mustJSON(t, `{"a":1,"b":2}`)
	b := mustJSON(t, `{"b":2,"a":1.0}`)
	if !Equal(a, b) || Identical(a, b) || Hash(a, 1) != Hash(b, 1) {
		t.Error("objects with the same fields in another order are equal and not identical")
	}
}

func TestIDsArePackedAndComeBack(t *testing.T) {
	ids := []Value{NewID(), Int(7), Float(1.5), String("x"), String(strings.Repeat("\x00", MaxIDSize)), Bytes([]byte{1}), Bool(true),
		String("01890A5D-AC96-774B-BCCE-B302099A8057"), String("01890a5d-ac96-774b-bcce-b302099a805g")}
	for _, id := range ids {
		k := AppendID(nil, id)
		if n := SkipID(append(k, 0x20)); n != len(k) {
			t.Errorf("SkipID(%s) = %d, want %d", show(id), n, len(k))
		}
		back, ok := DecodeComponent(KindByteID(id), k, false)
		if !ok || !Identical(id, back) {
			t.Errorf("%s came back as %s", show(id), show(back))
		}
	}
	if k := AppendID(nil, ids[0]); len(k) != 17 || !IsPackedID(k) {
		t.Errorf("a canonical UUID takes %d bytes", len(k))
	}
	if IsPackedID(AppendID(nil, ids[7])) {
		t.Error("an upper-case UUID is packed")
	}
}

func TestKeyLimit(t *testing.T) {
	for _, tt := range []struct{ in, want string }{{"a", "b"}, {"a\xff", "b"}, {"\xff\xff", ""}, {"ab", "ac"}} {
		if got := string(KeyLimit([]byte(tt.in))); got != tt.want {
			t.Errorf("KeyLimit(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzKey(f *testing.F) {
	f.Add([]byte{keyString, 'a', 0, 1}, byte(5), false)
	f.Add([]byte{keyNumber, 0xC3, 0x40, 0, 0, 0, 0, 0, 0, numberAbove, 1, 0x80, 0, 0, 0x13, 100, 0}, byte(2), false)
	f.Add([]byte{keyObject, keyField, 'a', 0, 1, keyNull, keyEnd}, byte(0xFF), true)
	f.Fuzz(func(t *testing.T, b []byte, kind byte, desc bool) {
		n := SkipKey(b, desc)
		if n < 0 || n > len(b) {
			t.Fatalf("SkipKey = %d of %d", n, len(b))
		}
		DecodeComponent(kind, b[:n], desc)
		SkipID(b)
	})
}
