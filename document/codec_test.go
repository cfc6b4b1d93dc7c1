package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestValueRoundTripIsIdentical(t *testing.T) {
	r := newRand(t)
	for range 3000 {
		v := randomValue(r, 4)
		b := AppendValue([]byte("x"), v)
		back, rest, err := ReadValue(append(b, 'y')[1:])
		if err != nil || string(rest) != "y" || !Identical(v, back) {
			t.Fatalf("%s came back as %s, rest %q, %v", show(v), show(back), rest, err)
		}
	}
}

func show(v Value) string { return string(AppendJSON(nil, v, Exact)) }

// encodeAll stores documents as the engine does: every structure becomes a shape once seen.
func encodeAll(t testing.TB, d *Dictionary, docs []Value) [][]byte {
	t.Helper()
	var e Encoder
	var out [][]byte
	for _, doc := range docs {
		rec, miss, err := e.Encode(nil, doc, d)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, rec)
		if miss != 0 && d.Len() < 200 {
			if _, err := d.Add(uint32(d.Len()+1), e.Def()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out
}

func TestRecordRoundTripIsIdenticalSelfDescribedAndShaped(t *testing.T) {
	r := newRand(t)
	d := NewDictionary("")
	var docs []Value
	for range 400 {
		docs = append(docs, randomDocument(r))
	}
	docs = append(docs, docs...) // the second time with shapes
	shaped := 0
	for i, rec := range encodeAll(t, d, docs) {
		var view Record
		if err := view.Reset(rec, d); err != nil {
			t.Fatal(err)
		}
		if view.Shape() != nil {
			shaped++
		}
		doc := docs[i]
		if got := view.Decode(); !Identical(doc, got) {
			t.Fatalf("shape %v:\n%s\n%s", view.Shape() != nil, show(doc), show(got))
		}
		if err := view.Verify(); err != nil {
			t.Fatalf("%s: %v", show(doc), err)
		}
		for _, form := range []Form{Plain, Exact} {
			want := string(AppendJSON(nil, doc, form))
			if got := string(view.AppendJSON(nil, form)); got != want {
				t.Fatalf("JSON of the record:\n%s\nwant\n%s", got, want)
			}
		}
		if !Identical(view.ID(), doc.AsObject()[0].Value) {
			t.Fatalf("ID = %s", show(view.ID()))
		}
		var names []string
		view.EachTopLevel(func(name string) { names = append(names, name) })
		for k, f := range doc.AsObject() {
			if k >= len(names) || names[k] != f.Name {
				t.Fatalf("top-level names %q of %s", names, show(doc))
			}
		}
		eachPath(doc, nil, func(p Path, want Value) {
			if got := view.Lookup(NewAccessor(p)); !Identical(got, want) {
				t.Fatalf("%s of %s = %s, want %s", p, show(doc), show(got), show(want))
			}
		})
		if got := view.Lookup(NewAccessor(FieldPath("nowhere", "at", "all"))); !got.IsMissing() {
			t.Fatalf("a path to nowhere found %s", show(got))
		}
	}
	if shaped < 300 {
		t.Errorf("only %d of %d records have a shape", shaped, len(docs))
	}
}

// eachPath calls fn for every part of v.
func eachPath(v Value, at Path, fn func(Path, Value)) {
	at = at[:len(at):len(at)]
	if len(at) > 0 {
		fn(at, v)
	}
	for i, e := range v.AsArray() {
		eachPath(e, append(at, Step{Kind: StepIndex, Index: i}), fn)
		fn(append(at, Step{Kind: StepIndex, Index: i - len(v.AsArray())}), e)
	}
	for _, f := range v.AsObject() {
		eachPath(f.Value, append(at, Step{Name: f.Name}), fn)
	}
}

func mustJSON(t testing.TB, text string) Value {
	t.Helper()
	v, err := ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOptionalFieldsDoNotCostAShape(t *testing.T) {
	d := NewDictionary("")
	docs := []Value{
		mustJSON(t, `{"_id":1,"a":1,"b":{"c":2,"d":3},"e":4}`),
		mustJSON(t, `{"_id":2,"a":1,"e":4}`),
		mustJSON(t, `{"_id":3,"b":{"d":3}}`),
	}
	recs := encodeAll(t, d, docs)
	if d.Len() != 1 {
		t.Fatalf("%d shapes, want 1", d.Len())
	}
	var r Record
	if err := r.Reset(recs[2], d); err != nil {
		t.Fatal(err)
	}
	if got := show(r.Decode()); got != `{"_id":3,"b":{"d":3}}` {
		t.Errorf("got %s", got)
	}
	var absent []string
	r.EachAbsent(func(i int) { absent = append(absent, r.Shape().TopLevel()[i]) })
	if fmt.Sprint(absent) != "[a e]" {
		t.Errorf("absent %v, want [a e]", absent)
	}
	// Another order, an empty object and an array where the shape has leaves need their own.
	for _, other := range []string{`{"_id":4,"e":1,"a":1}`, `{"_id":5,"a":1,"b":{}}`, `{"_id":6,"a":1,"b":[]}`} {
		rec, miss, err := new(Encoder).Encode(nil, mustJSON(t, other), d)
		if err != nil || miss == 0 {
			t.Errorf("%s fits a shape that it should not fit (%v)", other, err)
		}
		if err := r.Reset(rec, d); err != nil || show(r.Decode()) != other {
			t.Errorf("%s came back as %s, %v", other, show(r.Decode()), err)
		}
	}
}

func TestIDNameStandsForID(t *testing.T) {
	d := NewDictionary("sku")
	for pass, rec := range encodeAll(t, d, []Value{mustJSON(t, `{"_id":"x","n":1}`), mustJSON(t, `{"_id":"x","n":1}`)}) {
		var r Record
		if err := r.Reset(rec, d); err != nil {
			t.Fatal(err)
		}
		if got := string(r.AppendJSON(nil, Plain)); got != `{"sku":"x","n":1}` {
			t.Errorf("pass %d: JSON %s", pass, got)
		}
		if got := show(r.Decode()); got != `{"sku":"x","n":1}` {
			t.Errorf("pass %d: Decode %s", pass, got)
		}
		for _, name := range []string{"sku", IDField} {
			if got := r.Lookup(NewAccessor(FieldPath(name))); got.AsString() != "x" {
				t.Errorf("pass %d: %s = %s", pass, name, show(got))
			}
		}
	}
}

func TestShapeDefRoundTrip(t *testing.T) {
	def := ShapeDef{Leaves: [][]string{{"_id"}, {"a", "b", "c"}, {"a", "d"}, {""}, {"é"}}}
	back, err := ParseShapeDef(def.AppendBinary(nil))
	if err != nil || fmt.Sprint(back) != fmt.Sprint(def) || back.hash() != def.hash() {
		t.Errorf("came back as %v, %v", back, err)
	}
	for i := range def.AppendBinary(nil) {
		if _, err := ParseShapeDef(def.AppendBinary(nil)[:i]); !errors.Is(err, ErrCorrupt) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
}

func TestWideAndDeepDocumentsAreStoredWhole(t *testing.T) {
	wide := []Field{{IDField, Int(1)}}
	for i := range 300 {
		wide = append(wide, Field{fmt.Sprintf("f%d", i), Int(int64(i))})
	}
	inner := Object(append([]Field(nil), wide[1:]...))
	docs := []Value{
		Object(wide),
		Object([]Field{{IDField, Int(1)}, {"in", inner}, {"x", String("y")}}),
		mustJSON(t, `{"_id":1,"a":{"b":{"c":{"d":{"e":{"f":{"g":1}}}}}}}`),
	}
	for _, doc := range docs {
		d := NewDictionary("")
		for pass, rec := range encodeAll(t, d, []Value{doc, doc}) {
			var r Record
			if err := r.Reset(rec, d); err != nil || !Identical(r.Decode(), doc) {
				t.Errorf("pass %d: %v: %s", pass, err, clip(show(r.Decode())))
			}
		}
	}
}

func TestRecordOverTheSizeLimitIsRefused(t *testing.T) {
	doc := Object([]Field{{IDField, Int(1)}, {"s", String(strings.Repeat("x", MaxSize))}})
	_, _, err := new(Encoder).Encode(nil, doc, NewDictionary(""))
	if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "at most 16777216 bytes") {
		t.Errorf("error %v", err)
	}
}

func TestUnknownFormatsAreErrors(t *testing.T) {
	d := NewDictionary("")
	for _, data := range [][]byte{nil, {1}, {2, 0}, {1, 1, 0}, {1 | 3<<6, 0}, {1, 0x80}} {
		var r Record
		if err := r.Reset(data, d); err == nil && r.Shape() == nil {
			if err := r.Verify(); !errors.Is(err, ErrCorrupt) {
				t.Errorf("% x: %v", data, err)
			}
		} else if !errors.Is(err, ErrCorrupt) {
			t.Errorf("% x: %v", data, err)
		}
	}
}

func FuzzRecord(f *testing.F) {
	d := NewDictionary("")
	for _, rec := range encodeAll(f, d, []Value{
		mustJSON(f, `{"_id":"01890a5d-ac96-774b-bcce-b302099a8057","a":[1,{"b":"c"}],"o":{"p":1.5,"q":null}}`),
		mustJSON(f, `{"_id":"01890a5d-ac96-774b-bcce-b302099a8057","a":[1,{"b":"c"}],"o":{"p":1.5,"q":null}}`),
	}) {
		f.Add(rec)
	}
	accessors := []*Accessor{NewAccessor(FieldPath("a")), NewAccessor(FieldPath("o", "p")), NewAccessor(Path{{Name: "a"}, {Kind: StepWildcard}, {Name: "b"}})}
	f.Fuzz(func(t *testing.T, data []byte) {
		var r Record
		if r.Reset(data, d) != nil {
			return
		}
		r.ID()
		r.EachTopLevel(func(string) {})
		r.EachAbsent(func(int) {})
		for _, a := range accessors {
			r.Lookup(a)
		}
		if text := r.AppendJSON(nil, Exact); r.Verify() == nil && !json.Valid(text) {
			t.Fatalf("the JSON of a record that verifies is %q", text)
		}
		r.AppendAbsent(nil)
		r.Clone()
		doc := r.Decode()
		if r.Verify() == nil && r.Shape() != nil && !r.ID().IsMissing() {
			rec, _, err := new(Encoder).Encode(nil, doc, d)
			if err != nil {
				t.Fatal(err)
			}
			var again Record
			if err := again.Reset(rec, d); err != nil || !Identical(doc, again.Decode()) {
				t.Fatalf("%s came back as %s, %v", show(doc), show(again.Decode()), err)
			}
		}
	})
}

const sampleJSON = `{"_id":"7f8a1c1e-93f1-4d5c-8a51-3b0d9f0a8f11","name":"Ada Keller","email":"Ada.Keller17@example.com","group":1,"age":42,"balance":5120.331,"active":true,"country":"CH","address":{"city":"Geneva","zip":"12044","geo":{"lat":46.2044,"lon":6.1432}},"tags":["amber","birch","cobalt"],"created":"2024-05-01T12:30:00Z","bio":"amber birch cobalt delta ember fjord granite harbor indigo juniper kestrel lagoon meadow nectar"}`

// sampleRecord is a record of the benchmark's document, with its shape.
func sampleRecord(t testing.TB) *Record {
	d := NewDictionary("")
	doc := mustJSON(t, sampleJSON)
	recs := encodeAll(t, d, []Value{doc, doc})
	r := new(Record)
	if err := r.Reset(recs[1], d); err != nil || r.Shape() == nil {
		t.Fatal("no shape", err)
	}
	return r
}

func TestReadingARecordDoesNotAllocate(t *testing.T) {
	r := sampleRecord(t)
	lat := NewAccessor(FieldPath("address", "geo", "lat"))
	city := NewAccessor(FieldPath("address", "city"))
	buf := make([]byte, 0, 1024)
	data, d := r.Data(), r.Dictionary()
	for name, fn := range map[string]func(){
		"Lookup number": func() { r.Lookup(lat) },
		"Lookup string": func() { r.Lookup(city) },
		"AppendJSON":    func() { buf = r.AppendJSON(buf[:0], Plain) },
		"Reset": func() {
			if err := r.Reset(data, d); err != nil {
				t.Fatal(err)
			}
		},
	} {
		if n := testing.AllocsPerRun(100, fn); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
	if len(data) >= len(sampleJSON)*9/10 {
		t.Errorf("the record has %d bytes, its JSON %d", len(data), len(sampleJSON))
	}
}

func BenchmarkLookupNested(b *testing.B) {
	r := sampleRecord(b)
	a := NewAccessor(FieldPath("address", "geo", "lat"))
	b.ReportAllocs()
	for b.Loop() {
		r.Lookup(a)
	}
}

// BenchmarkRecordJSON renders documents of one shape that differ in the length of their texts and numbers, as those of a
// collection do.
func BenchmarkRecordJSON(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	docs := make([]Value, 1000)
	for i := range docs {
		words := strings.Repeat("amber birch fjord ", 5)
		docs[i] = mustJSON(b, fmt.Sprintf(`{"_id":"7f8a1c1e-93f1-4d5c-8a51-3b0d9f%06x","name":"Ada %s","email":"Ada.Keller%d@example.com","group":%d,"age":%d,`+
			`"balance":%.3f,"active":%t,"country":"CH","address":{"city":"%s","zip":"12044","geo":{"lat":%.4f,"lon":%.4f}},"tags":["%s","birch","%s"],`+
			`"created":"2024-05-01T12:30:00Z","bio":"%s"}`, i, words[:3+rng.IntN(6)], i, rng.IntN(10_000), rng.IntN(80), rng.Float64()*10_000, i%3 == 0, words[:4+rng.IntN(5)],
			rng.Float64()*180-90, rng.Float64()*360-180, words[:3+rng.IntN(6)], words[:3+rng.IntN(6)], words[:rng.IntN(len(words))]))
	}
	d := NewDictionary("")
	recs := make([]Record, len(docs))
	for i, data := range encodeAll(b, d, docs) {
		if err := recs[i].Reset(data, d); err != nil {
			b.Fatal(err)
		}
	}
	var buf []byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		buf = recs[1+i%(len(recs)-1)].AppendJSON(buf[:0], Plain)
	}
}

func BenchmarkEncode(b *testing.B) {
	r := sampleRecord(b)
	doc := mustJSON(b, sampleJSON)
	var e Encoder
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _, _ = e.Encode(buf[:0], doc, r.Dictionary())
	}
}

func BenchmarkParseJSON(b *testing.B) {
	text := []byte(sampleJSON)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseJSON(text); err != nil {
			b.Fatal(err)
		}
	}
}
