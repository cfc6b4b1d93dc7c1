package document

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

// What ParseJSON takes is JSON, and what it makes prints and reads back the same; what it refuses
// has a position within the text. A decoder agrees with it.
func FuzzParseJSON(f *testing.F) {
	for _, text := range []string{
		sampleJSON, `[]`, `{"a":1,"a":2}`, `"\ud83d\ude00\u00e9"`, "\"\xff\"", `{"$date":"2024-05-01T12:30:00Z"}`, `{"$numberDouble":"NaN"}`,
		`{"$binary":{"base64":"AQI=","subType":"00"}}`, `{"$numberLong":"5"}`, `[1,-0,1.0,1e3,9223372036854775807]`, "{\"a\":1}\n{\"a\":2}", "[{},[1]] x",
		`{"$date":{"$numberLong":"-62135596800001"}}`, `{"$oid":"507f1f77bcf86cd799439011"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := ParseJSON(text)
		d := NewDecoder(strings.NewReader(string(text)))
		for {
			_, err := d.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				checkPosition(t, text, err)
				break
			}
		}
		if err != nil {
			checkPosition(t, text, err)
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%q is taken for JSON", text)
		}
		if err := Validate(v); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for _, form := range []Form{Plain, Exact} {
			out := AppendJSON(nil, v, form)
			back, err := ParseJSON(out)
			if err != nil || !json.Valid(out) {
				t.Fatalf("%q printed as %q: %v", text, out, err)
			}
			if form == Exact && !Identical(back, v) {
				t.Fatalf("%q printed as %q, came back as %s", text, out, show(back))
			}
		}
		if again, rest, err := ReadValue(AppendValue(nil, v)); err != nil || len(rest) > 0 || !Identical(again, v) {
			t.Fatalf("%q encoded came back as %s, %v", text, show(again), err)
		}
		var plain any
		if err := v.DecodeInto(&plain); err != nil {
			t.Fatalf("%q into an interface: %v", text, err)
		}
		if goForm, err := FromGo(plain); err != nil || Compare(goForm, v) != 0 {
			t.Fatalf("%q as Go came back as %s, %v", text, show(goForm), err)
		}
	})
}

func checkPosition(t *testing.T, text []byte, err error) {
	t.Helper()
	var at *JSONError
	if !errors.As(err, &at) || !errors.Is(err, ErrInvalid) {
		t.Fatalf("%q: %v", text, err)
	}
	if at.Offset < 0 || at.Offset > int64(len(text)) || at.Line < 1 || at.Column < 1 || at.Line > 1+strings.Count(string(text), "\n") {
		t.Fatalf("%q: line %d, column %d, offset %d", text, at.Line, at.Column, at.Offset)
	}
}

// A path that reads prints so that it reads the same, and can be followed, set and unset.
func FuzzParsePath(f *testing.F) {
	for _, text := range []string{`a.b[0].c`, `[*]`, `"a.b"."c""d"`, "`x`[-1]", `tags[*].name`, ``, `.`, `a..b`, `a[`, `a[1]b`, `"`, `a."`} {
		f.Add(text)
	}
	doc := mustJSON(f, `{"a":{"b":[{"c":1},{"c":[1,2]}]},"tags":[{"name":"x"}],"":[[]]}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePath(text)
		if err != nil {
			var at *PathError
			if !errors.As(err, &at) || at.Offset < 0 || at.Offset > len(text) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		back, err := ParsePath(p.String())
		if err != nil || !back.Equal(p) {
			t.Fatalf("%q prints as %q: %v", text, p.String(), err)
		}
		rec := AppendValue(nil, doc)
		if found := p.Lookup(doc); !Identical(found, lookupContent(rec[0], rec[contentAt(rec):], p)) {
			t.Fatalf("%q finds another value in the encoded document than %s", text, show(found))
		}
		if set, err := p.Set(doc, Int(42)); err == nil && !p.HasWildcard() {
			if got := p.Lookup(set); !Identical(got, Int(42)) {
				t.Fatalf("%q set to 42 is %s", text, show(got))
			}
			if p[len(p)-1].Kind == StepField {
				if got := p.Lookup(p.Unset(set)); !got.IsMissing() {
					t.Fatalf("%q unset is %s", text, show(got))
				}
			}
		}
		p.Unset(doc)
	})
}

// contentAt is where the content of a self-described object begins.
func contentAt(rec []byte) int {
	_, content, rest, _ := splitValue(rec)
	return len(rec) - len(content) - len(rest)
}

// Keys of two values compare as the values do, ascending and descending, skip to their ends, and give
// scalars back exactly.
func FuzzKeyOrder(f *testing.F) {
	for _, pair := range [][2]string{
		{`1`, `1.0`}, {`9007199254740993`, `9007199254740992.0`}, {`"a"`, `"a\u0000"`}, {`{"a":1,"b":2}`, `{"b":2,"a":1}`},
		{`[1,[2]]`, `[1,{}]`}, {`null`, `[]`}, {`-0.0`, `0`}, {`{"$numberDouble":"NaN"}`, `{"$numberDouble":"Infinity"}`}, {`true`, `{"$date":"2024-05-01T12:30:00Z"}`},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, textA, textB string) {
		a, errA := ParseJSONString(textA)
		b, errB := ParseJSONString(textB)
		if errA != nil || errB != nil {
			return
		}
		order := Compare(a, b)
		if Compare(b, a) != -order || order == 0 && Hash(a, 1) != Hash(b, 1) {
			t.Fatalf("%s and %s: %d, the other way %d", textA, textB, order, Compare(b, a))
		}
		for _, desc := range []bool{false, true} {
			ka, cutA := AppendKey(nil, a, desc)
			kb, cutB := AppendKey(nil, b, desc)
			if n := SkipKey(append(ka[:len(ka):len(ka)], kb...), desc); n != len(ka) {
				t.Fatalf("the key of %s has %d bytes, SkipKey says %d", textA, len(ka), n)
			}
			if back, ok := DecodeComponent(KindByte(a, cutA), ka, desc); ok != (a.Kind().IsScalar() && !cutA) || ok && !Identical(a, back) {
				t.Fatalf("the key of %s gives back %s, %v", textA, show(back), ok)
			}
			if cutA && cutB && string(ka[:MaxKeyComponent]) == string(kb[:MaxKeyComponent]) {
				continue // compares by value
			}
			want := order
			if desc {
				want = -order
			}
			if got := strings.Compare(string(ka), string(kb)); got != want {
				t.Fatalf("keys of %s and %s, descending %v: %d, want %d", textA, textB, desc, got, want)
			}
		}
	})
}
