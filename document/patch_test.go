package document

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestAPatchIsWhatEncodingAnewGives patches records with random scalars.
func TestAPatchIsWhatEncodingAnewGives(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	scalar := func() Value {
		switch rng.IntN(9) {
		case 0:
			return Null()
		case 1:
			return Bool(rng.IntN(2) == 0)
		case 2:
			return Int(int64(rng.Uint64()) >> rng.IntN(64))
		case 3:
			return Float(rng.NormFloat64())
		case 4:
			return Float(float64(rng.IntN(10)))
		case 5:
			return Bytes([]byte(strings.Repeat("\xff", rng.IntN(5))))
		case 6:
			return String(strings.Repeat("long ", rng.IntN(60)))
		}
		return String(strings.Repeat("x", rng.IntN(6)))
	}
	paths := []string{"a", "b", "o.p", "o.q.r", "z"}
	patched, refused := 0, 0
	for range 3000 {
		id := []Value{Int(int64(rng.IntN(300))), String(""), String("k"), String("0190f5fe-7c00-7a22-8000-1234567890ab")}[rng.IntN(4)]
		o := Object([]Field{{"p", scalar()}, {"q", Object([]Field{{"r", scalar()}, {"list", Array([]Value{scalar()})}})}})
		doc := Object([]Field{{IDField, id}, {"a", scalar()}, {"b", scalar()}, {"o", o}, {"z", scalar()}})
		dict, enc := NewDictionary(""), Encoder{}
		if _, _, err := enc.Encode(nil, doc, dict); err != nil {
			t.Fatal(err)
		}
		if _, err := dict.Add(1, enc.Def()); err != nil {
			t.Fatal(err)
		}
		data, _, err := enc.Encode(nil, doc, dict)
		if err != nil {
			t.Fatal(err)
		}
		var rec Record
		if err := rec.Reset(data, dict); err != nil || rec.Shape() == nil {
			t.Fatal("no shape", err)
		}
		var values []LeafValue
		want := rec.Decode()
		for _, i := range rng.Perm(len(paths))[:rng.IntN(len(paths)+1)] {
			p, err := ParsePath(paths[i])
			if err != nil {
				t.Fatal(err)
			}
			v := scalar()
			values = append(values, LeafValue{NewAccessor(p), v})
			if want, err = p.Set(want, v); err != nil {
				t.Fatal(err)
			}
		}
		anew, _, err := enc.Encode(nil, want, dict)
		if err != nil {
			t.Fatal(err)
		}
		before := bytes.Clone(data)
		got, ok := rec.Patch([]byte("head"), values)
		if !bytes.Equal(data, before) {
			t.Fatal("the record was changed")
		}
		if !ok {
			refused++
			if string(got) != "head" || len(anew) == len(data) {
				t.Fatalf("%v refused, with %q", values, got)
			}
			continue
		}
		patched++
		if string(got[:4]) != "head" || !bytes.Equal(got[4:], anew) {
			t.Fatalf("%s patched with %v:\n got %x\nwant %x", AppendJSON(nil, doc, Exact), values, got[4:], anew)
		}
	}
	if patched < 1000 || refused < 100 {
		t.Errorf("%d patched, %d refused", patched, refused)
	}
}

func TestAPatchIsRefusedWhereMoreIsNeeded(t *testing.T) {
	doc := Object([]Field{{IDField, Int(1)}, {"a", Int(1)}, {"o", Object([]Field{{"p", Int(1)}})}, {"list", Array([]Value{Int(1)})}, {"gone", Int(1)}})
	dict, enc := NewDictionary(""), Encoder{}
	self, _, err := enc.Encode(nil, doc, dict)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dict.Add(1, enc.Def()); err != nil {
		t.Fatal(err)
	}
	doc.AsObject()[4].Value = Missing()
	shaped, _, err := enc.Encode(nil, doc, dict)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		data  []byte
		path  string
		value Value
	}{
		{self, "a", Int(2)},
		{shaped, IDField, Int(2)},
		{shaped, "o", Int(2)},
		{shaped, "a.b", Int(2)},
		{shaped, "list[0]", Int(2)},
		{shaped, "nope", Int(2)},
		{shaped, "gone", Int(2)},
		{shaped, "a", Missing()},
		{shaped, "a", Array(nil)},
		{shaped, "a", Object([]Field{{"b", Int(1)}})},
		{shaped, "a", String("\xff")},
		{shaped, "a", String(strings.Repeat("x", math.MaxUint8))},
	} {
		var rec Record
		if err := rec.Reset(c.data, dict); err != nil {
			t.Fatal(err)
		}
		p, err := ParsePath(c.path)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := rec.Patch(nil, []LeafValue{{NewAccessor(p), c.value}}); ok {
			t.Errorf("%s = %s made %x", c.path, fmt.Sprint(c.value.Kind()), got)
		}
	}
	// Damaged offsets are no reason to panic.
	for i := range shaped {
		for _, b := range []byte{0, 0x7f, 0xff} {
			data := bytes.Clone(shaped)
			data[i] = b
			var rec Record
			if rec.Reset(data, dict) == nil {
				rec.Patch(nil, []LeafValue{{NewAccessor(FieldPath("a")), Int(300)}})
			}
		}
	}
}

func BenchmarkPatch(b *testing.B) {
	fields := []Field{{IDField, Int(1)}}
	for i := range 20 {
		fields = append(fields, Field{fmt.Sprint("field", i), String("a value of some bytes")})
	}
	dict, enc := NewDictionary(""), Encoder{}
	if _, _, err := enc.Encode(nil, Object(fields), dict); err != nil {
		b.Fatal(err)
	}
	if _, err := dict.Add(1, enc.Def()); err != nil {
		b.Fatal(err)
	}
	data, _, err := enc.Encode(nil, Object(fields), dict)
	if err != nil {
		b.Fatal(err)
	}
	var rec Record
	if err := rec.Reset(data, dict); err != nil {
		b.Fatal(err)
	}
	values := []LeafValue{{NewAccessor(FieldPath("field7")), Int(5)}}
	b.ReportAllocs()
	var ok bool
	var buf []byte
	for b.Loop() {
		if buf, ok = rec.Patch(buf[:0], values); !ok {
			b.Fatal("refused")
		}
	}
}
