package document

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// encodeBoth encodes a text along the last shape and by way of a Value. It fails when the first succeeds and they
// differ, and returns whether it succeeded.
func encodeBoth(t testing.TB, e *Encoder, d *Dictionary, text string) bool {
	t.Helper()
	e.skip = 0
	rec, id, made, ok := e.EncodeJSON([]byte("x"), []byte(text), d)
	if !ok {
		if string(rec) != "x" {
			t.Fatalf("%s: appended %q without success", text, rec)
		}
		return false
	}
	doc, err := ParseJSON([]byte(text))
	if err != nil {
		t.Fatalf("%s was encoded, but %v", text, err)
	}
	fields := doc.AsObject()
	if made {
		fields = append([]Field{{IDField, id}}, fields...)
	} else if fields[0].Name == d.IDName() {
		fields[0].Name = IDField
	}
	if !Identical(fields[0].Value, id) || CheckID(id) != nil {
		t.Fatalf("%s: _id %s", text, show(id))
	}
	doc = Object(fields)
	if err := Validate(doc); err != nil {
		t.Fatalf("%s was encoded, but %v", text, err)
	}
	want, miss, err := new(Encoder).Encode([]byte("x"), doc, d)
	if err != nil || miss != 0 || !bytes.Equal(rec, want) {
		t.Fatalf("%s:\nalong the shape % x\nby its value    % x, %v", text, rec, want, err)
	}
	return true
}

// learn has the dictionary know the structure of a text.
func learn(t testing.TB, e *Encoder, d *Dictionary, text string) {
	t.Helper()
	doc := mustJSON(t, text)
	for range 2 {
		_, miss, err := e.Encode(nil, doc, d)
		if err != nil {
			t.Fatal(err)
		}
		if miss != 0 {
			if _, err := d.Add(uint32(d.Len()+1), e.Def()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestATextAlongTheLastShapeEncodesAsItsValue(t *testing.T) {
	r := newRand(t)
	d := NewDictionary("")
	var e Encoder
	fits, shaped := 0, 0
	for range 500 {
		doc := randomDocument(r)
		text := string(AppendJSON(nil, doc, Exact))
		learn(t, &e, d, text)
		if d.last.Load() == nil {
			continue
		}
		for range 3 {
			// The same structure with other values, and what is nearly the same.
			other := reroll(r, doc)
			text := string(AppendJSON(nil, other, Form(r.IntN(2))))
			shaped++
			if encodeBoth(t, &e, d, text) {
				fits++
			}
			encodeBoth(t, &e, d, mangle(r, text))
		}
	}
	if fits < shaped/4 {
		t.Errorf("%d of %d texts were encoded along the shape", fits, shaped)
	}
}

// reroll gives a document other scalars and arrays.
func reroll(r *rand.Rand, v Value) Value {
	if v.kind != KindObject || v.n == 0 {
		if v.kind == KindArray {
			return randomValue(r, 2)
		}
		return randomScalar(r)
	}
	fields := make([]Field, 0, v.n)
	for i, f := range v.AsObject() {
		if f.Name == IDField {
			if r.IntN(3) == 0 {
				continue
			}
			for f.Value = randomScalar(r); CheckID(f.Value) != nil; f.Value = randomScalar(r) {
			}
		} else if i > 0 && r.IntN(12) == 0 {
			continue // an optional field
		} else {
			f.Value = reroll(r, f.Value)
		}
		fields = append(fields, f)
	}
	return Object(fields)
}

// mangle changes a byte or repeats, drops or moves a part of a text.
func mangle(r *rand.Rand, text string) string {
	i := r.IntN(len(text))
	j := min(len(text), i+1+r.IntN(12))
	switch r.IntN(5) {
	case 0:
		return text[:i] + string(`{}[],:" \1e.-`[r.IntN(13)]) + text[i+1:]
	case 1:
		return text[:i] + text[j:]
	case 2:
		return text[:j] + text[i:j] + text[j:]
	case 3:
		return strings.ReplaceAll(strings.ReplaceAll(text, ",", " ,\n"), ":", ": ")
	}
	return text + text[i:j]
}

func TestWhichTextsAreEncodedAlongAShape(t *testing.T) {
	const like = `{"_id":1,"a":"x","o":{"p":1,"q":{"r":2}},"l":[1],"z":null}`
	for _, tt := range []struct {
		text string
		want bool
	}{
		{like, true},
		{` { "_id" : 1 }`, false}, // a space before the colon: left to the parser
		{`{"_id": "01890a5d-ac96-774b-bcce-b302099a8057", "a": "\u00e9\n", "o": {"p": -1.5e3, "q": {"r": true}}, "l": [[], {"a": 1}, "s", null], "z": {}}` + "\n", true},
		{`{"a":1,"o":{"p":1,"q":{"r":2}},"l":[],"z":{"$date":"2024-01-01"}}`, true},
		{`{"_id":1,"a":1,"o":{"p":1,"q":{"r":2}},"l":[]}`, true}, // z is left out
		{`{"_id":1,"a":1,"o":{"p":1,"q":{"r":2}},"l":[],"z":[9223372036854775807]}`, true},
		{`{"_id":1}`, true},
		{`{"_id":1,"a":1,"o":{"p":1,"q":{"r":2}},"l":[],"z":[9223372036854775808]}`, false},
		{`{"_id":null,"a":1,"o":{"p":1,"q":{"r":2}},"l":[],"z":1}`, false},
		{`{"_id":[1],"a":1}`, false},
		{`{"_id":{"$numberDouble":"NaN"},"a":1}`, false},
		{`{"a":1,"_id":1}`, false},
		{`{"_id":1,"a":1,"a":1}`, false},
		{`{"_id":1,"a":1,"o":{"p":1,"p":1}}`, false},
		{`{"_id":1,"a":1,"o":{}}`, false},
		{`{"_id":1,"a":1,"o":null}`, false},
		{`{"_id":1,"a":{"b":1}}`, false},
		{`{"_id":1,"a":"` + "\xff" + `"}`, false},
		{`{"_id":1,"a":"x`, false},
		{`{"_id":1,"a":1,}`, false},
		{`{"_id":1,"a":1}}`, false},
		{`{"_id":1,"new":1}`, false},
		{`{"_id":1,"l":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, false},
		{`[]`, false},
		{``, false},
		{`{`, false},
		{`{"_id":1`, false},
		{`{"a":`, false},
		{`{"l":[`, false},
		{`{"l":[1,`, false},
		{`{}`, false},
	} {
		d := NewDictionary("")
		var e Encoder
		learn(t, &e, d, like)
		// The dictionary remembers which shape a structure is stored with.
		if doc, err := ParseJSON([]byte(tt.text)); err == nil && doc.kind == KindObject {
			fields := doc.AsObject()
			if len(fields) == 0 || fields[0].Name != IDField {
				fields = append([]Field{{IDField, Int(1)}}, fields...)
			}
			if _, _, err := e.Encode(nil, Object(fields), d); err != nil {
				t.Fatal(err)
			}
		}
		if got := encodeBoth(t, &e, d, tt.text); got != tt.want {
			t.Errorf("%s: encoded along the shape %v, want %v", tt.text, got, tt.want)
		}
	}
	// A key of Extended JSON may make a value of the object, whatever the shape says.
	d := NewDictionary("")
	var e Encoder
	learn(t, &e, d, `{"_id":1,"d":{"$date":1,"b":1}}`)
	if encodeBoth(t, &e, d, `{"_id":1,"d":{"$date":1}}`) {
		t.Error("a date became an object")
	}
}

func TestTheIDHasTheNameOfTheCollection(t *testing.T) {
	d := NewDictionary("sku")
	var e Encoder
	learn(t, &e, d, `{"_id":1,"n":1}`)
	if !encodeBoth(t, &e, d, `{"sku":"x","n":2}`) {
		t.Error("the id under its declared name does not fit")
	}
	if encodeBoth(t, &e, d, `{"_id":"x","n":2}`) {
		t.Error("_id became a field of its own")
	}
}

func TestLostBetsAreNotRepeatedForLong(t *testing.T) {
	d := NewDictionary("")
	var e Encoder
	learn(t, &e, d, `{"_id":1,"a":1}`)
	tried := 0
	for range 1000 {
		if e.skip == 0 {
			tried++
		}
		e.EncodeJSON(nil, []byte(`{"_id":1,"b":1}`), d)
	}
	if tried > 30 {
		t.Errorf("tried %d times of 1000", tried)
	}
	for range maxDoubt {
		e.EncodeJSON(nil, []byte(`{"_id":1,"a":1}`), d)
	}
	for i := range 3 {
		if _, _, _, ok := e.EncodeJSON(nil, []byte(`{"_id":1,"a":1}`), d); !ok {
			t.Errorf("text %d after the doubt does not fit", i)
		}
	}
}

func FuzzEncodeJSON(f *testing.F) {
	const like = `{"_id":1,"a":"x","o":{"p":1,"q":{"r":2}},"l":[1,"a",{"b":[]}],"z":null,"$y":1}`
	f.Add(like)
	f.Add(`{"a":1}`)
	f.Add(fmt.Sprintf(`{"_id":"%s","o":{"q":{"r":{"$date":1}}}}`, NewID().AsString()))
	f.Fuzz(func(t *testing.T, text string) {
		d := NewDictionary("")
		var e Encoder
		learn(t, &e, d, like)
		if doc, err := ParseJSON([]byte(text)); err == nil && doc.kind == KindObject && Validate(doc) == nil {
			if fields := doc.AsObject(); len(fields) > 0 && fields[0].Name == IDField {
				if _, _, err := e.Encode(nil, doc, d); err != nil {
					t.Fatal(err)
				}
			}
		}
		encodeBoth(t, &e, d, text)
	})
}

func BenchmarkEncodeJSON(b *testing.B) {
	d := NewDictionary("")
	var e Encoder
	learn(b, &e, d, sampleJSON)
	text := []byte(sampleJSON)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var ok bool
		if buf, _, _, ok = e.EncodeJSON(buf[:0], text, d); !ok {
			b.Fatal("does not fit")
		}
	}
}

// TestRecordsOfNoUseAreNotMadeForLong has the caller drop every record: soon few are made, though each text fits.
func TestRecordsOfNoUseAreNotMadeForLong(t *testing.T) {
	d := NewDictionary("")
	var e Encoder
	learn(t, &e, d, `{"_id":1,"a":1}`)
	made := 0
	for range 1000 {
		if _, _, _, ok := e.EncodeJSON(nil, []byte(`{"_id":1,"a":1}`), d); ok {
			made++
			e.Lost()
		}
	}
	if made > 30 {
		t.Errorf("%d records of 1000 texts, all of no use", made)
	}
	for range maxDoubt {
		e.EncodeJSON(nil, []byte(`{"_id":1,"a":1}`), d)
	}
	for i := range 3 {
		if _, _, _, ok := e.EncodeJSON(nil, []byte(`{"_id":1,"a":1}`), d); !ok {
			t.Errorf("no record of text %d after the doubt", i)
		}
	}
}
