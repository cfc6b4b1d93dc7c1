package document

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// wrapped stands for what it holds.
type wrapped[T any] struct{ V T }

func (w *wrapped[T]) Wrapped() any { return &w.V }

func (w wrapped[T]) MarshalJSON() ([]byte, error) { return json.Marshal(w.V) }

type Embedded struct {
	Kind  string `json:"kind"`
	Extra *int   `json:"extra"`
}

type Behind struct {
	Deep string  `json:"deep"`
	Home address `json:"behind_home"`
}

type item struct {
	SKU   string            `json:"sku"`
	Count uint16            `json:"count"`
	More  map[string]string `json:"more,omitempty"`
}

type tree struct {
	Name string  `json:"name"`
	Kids []*tree `json:"kids,omitempty"`
}

// everything has a field for each way to decode.
type everything struct {
	ID string `json:"_id"`
	Embedded
	*Behind
	Bool     bool                       `json:"bool"`
	Int8     int8                       `json:"int8"`
	Int      int                        `json:"int"`
	Uint32   uint32                     `json:"uint32"`
	Float32  float32                    `json:"float32"`
	Float64  float64                    `json:"float64"`
	Text     string                     `json:"text"`
	Bytes    []byte                     `json:"bytes"`
	Time     time.Time                  `json:"time"`
	Home     address                    `json:"home"`
	Work     *address                   `json:"work"`
	Items    []item                     `json:"items"`
	Tags     []string                   `json:"tags"`
	Pair     [2]int16                   `json:"pair"`
	Scores   map[string]float64         `json:"scores"`
	ByNumber map[int][]string           `json:"by_number"`
	Any      any                        `json:"any"`
	Map      map[string]any             `json:"map"`
	Wrapped  wrapped[[]item]            `json:"wrapped"`
	Inner    wrapped[map[string]string] `json:"inner"`
	Null     sql.NullInt64              `json:"null"`
	NullOf   sql.Null[time.Time]        `json:"null_of"`
	UUID     uuid.UUID                  `json:"uuid"`
	Big      *big.Int                   `json:"big"`
	Raw      json.RawMessage            `json:"raw"`
	Number   json.Number                `json:"number"`
	Tree     tree                       `json:"tree"`
	Pointer  **string                   `json:"pointer"`
	Ignored  string                     `json:"-"`
	private  int
}

func sampleEverything() everything {
	extra, text := 5, "pointed"
	at := &text
	return everything{
		ID: "01890a5d-ac96-774b-bcce-b302099a8057", Embedded: Embedded{"k", &extra}, Behind: &Behind{"d", address{City: "Rome", Zip: "1"}},
		Bool: true, Int8: -128, Int: math.MinInt64, Uint32: math.MaxUint32, Float32: 1.5, Float64: 1e-7, Text: "größe", Bytes: []byte{0, 255},
		Time: time.Date(2024, 5, 1, 10, 0, 0, 7, time.UTC), Home: address{City: "Oslo"}, Work: &address{City: "Bern", Zip: "3000"},
		Items: []item{{"a", 1, nil}, {"b", 65535, map[string]string{"x": "y"}}}, Tags: []string{"", "t"}, Pair: [2]int16{1, -1},
		Scores: map[string]float64{"a": 0.5, "b": 2}, ByNumber: map[int][]string{-1: {"x"}, 7: {}},
		Any: []any{int64(1), 2.0, nil, "x", map[string]any{"k": true}}, Map: map[string]any{"a": map[string]any{"b": int64(1)}},
		Wrapped: wrapped[[]item]{[]item{{SKU: "w", Count: 3}}}, Inner: wrapped[map[string]string]{map[string]string{"in": "ner"}},
		Null: sql.NullInt64{Int64: 3, Valid: true}, NullOf: sql.Null[time.Time]{V: time.Unix(0, 0).UTC(), Valid: true},
		UUID: uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057"), Big: big.NewInt(77), Raw: json.RawMessage(`{"a":[1,null]}`), Number: "12.5",
		Tree: tree{"root", []*tree{{"leaf", nil}, {"twig", []*tree{{Name: "bud"}}}}}, Pointer: &at,
	}
}

// records returns the records of a document, self-described and with a shape.
func records(t testing.TB, doc Value) map[string]*Record {
	t.Helper()
	d := NewDictionary("")
	recs := encodeAll(t, d, []Value{doc, doc})
	out := map[string]*Record{}
	for i, name := range []string{"self-described", "shaped"} {
		r := new(Record)
		if err := r.Reset(recs[i], d); err != nil {
			t.Fatal(err)
		}
		if (r.Shape() != nil) != (i == 1) {
			t.Fatalf("the %s record has the shape %v", name, r.Shape())
		}
		out[name] = r
	}
	return out
}

var comparing = []cmp.Option{
	cmp.AllowUnexported(everything{}), cmp.Comparer(func(a, b *big.Int) bool { return a == b || a != nil && b != nil && a.Cmp(b) == 0 }),
}

func TestWhatFromGoStoresDecodesAsItWas(t *testing.T) {
	want := sampleEverything()
	doc, err := FromGo(want)
	if err != nil {
		t.Fatal(err)
	}
	want.Ignored, want.private = "kept", 9
	check := func(name string, decode func(any) error) {
		t.Helper()
		// Over what another document left behind.
		got := everything{Ignored: "kept", private: 9, Int8: 3, Text: "old", Tags: append(make([]string, 0, 9), "old"), Map: map[string]any{"old": 1}, Behind: &Behind{"old", address{"old", "old"}}}
		old := got
		if err := decode(&got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got, comparing...); diff != "" {
			t.Errorf("%s (-stored +decoded):\n%s", name, diff)
		}
		if old.Tags[0] != "old" || old.Map["old"] != 1 || old.Behind.Deep != "old" || len(old.Map) != 1 {
			t.Errorf("%s: the value of before has become %+v", name, old)
		}
	}
	for name, r := range records(t, doc) {
		check(name, r.DecodeInto)
		check("the value of a record", RecordValue(r).DecodeInto)
	}
	check("a value", doc.DecodeInto)
}

func TestWhatADocumentLacksBecomesZero(t *testing.T) {
	for _, text := range []string{`{"_id":"x"}`, `{"_id":"x","home":null,"int":null,"any":null,"items":null,"behind_home":null,"null":null,"wrapped":null,"pointer":null,"uuid":null}`} {
		for name, r := range records(t, mustJSON(t, text)) {
			got := sampleEverything()
			if err := r.DecodeInto(&got); err != nil {
				t.Fatal(err)
			}
			if got.Behind != nil && *got.Behind == (Behind{}) {
				got.Behind = nil // a null behind it
			}
			if diff := cmp.Diff(everything{ID: "x"}, got, comparing...); diff != "" {
				t.Errorf("%s %s:\n%s", name, text, diff)
			}
		}
	}
}

func TestNullIsAValueToThoseThatTellItApart(t *testing.T) {
	var got struct {
		Raw, None json.RawMessage
		V, W      Value
	}
	for name, r := range records(t, mustJSON(t, `{"_id":1,"raw":null,"v":null}`)) {
		if err := r.DecodeInto(&got); err != nil || string(got.Raw) != "null" || got.None != nil || !got.V.IsNull() || got.V.IsMissing() || !got.W.IsMissing() {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestDecodingAgreesWithEncodingJSON(t *testing.T) {
	r := newRand(t)
	for range 2000 {
		doc := randomDocument(r)
		text := AppendJSON(nil, doc, Plain)
		var want map[string]any
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&want); err != nil {
			t.Fatal(err)
		}
		for name, rec := range records(t, doc) {
			var asMap map[string]any
			if err := rec.DecodeInto(&asMap); err != nil {
				t.Fatal(err)
			}
			back, err := FromGo(asMap)
			if err != nil || !Equal(back, doc) {
				t.Fatalf("%s: %s decoded as %s, %v", name, text, show(back), err)
			}
			var raw json.RawMessage
			if err := rec.DecodeInto(&raw); err != nil || string(raw) != string(text) {
				t.Fatalf("%s: raw JSON %s, %v, want %s", name, raw, err, text)
			}
			var plain any
			var v Value
			if err := errors.Join(rec.DecodeInto(&plain), rec.DecodeInto(&v)); err != nil || !Identical(v, doc) || fmt.Sprint(plain) != fmt.Sprint(asMap) {
				t.Fatalf("%s: %v, %s, %v", name, plain, show(v), err)
			}
			var ours map[string]json.RawMessage
			if err := rec.DecodeInto(&ours); err != nil || len(ours) != len(want) {
				t.Fatalf("%s: %v, %v", name, ours, err)
			}
			for k, raw := range ours {
				var x any
				d := json.NewDecoder(bytes.NewReader(raw))
				d.UseNumber()
				if err := d.Decode(&x); err != nil || !reflect.DeepEqual(x, want[k]) {
					t.Fatalf("%s: field %q is %s, %v, want %v", name, k, raw, err, want[k])
				}
			}
		}
	}
}

func TestFieldsAreFoundByNameThenIgnoringCase(t *testing.T) {
	type both struct {
		Lower string `json:"name"`
		Upper string `json:"NAME"`
		Other string
		ID    int `json:"_id"`
	}
	for text, want := range map[string]both{
		`{"_id":1,"NAME":"u","name":"l"}`:              {"l", "u", "", 1},
		`{"_id":1,"name":"l"}`:                         {"l", "", "", 1}, // not of Upper too
		`{"_id":1,"Name":"x","other":"o","OTHER":"p"}`: {"x", "x", "o", 1},
		`{"_id":1,"other":"o","Other":"exact"}`:        {"", "", "exact", 1},
	} {
		for name, r := range records(t, mustJSON(t, text)) {
			var got both
			if err := r.DecodeInto(&got); err != nil || got != want {
				t.Errorf("%s %s: %+v, %v, want %+v", name, text, got, err, want)
			}
		}
	}
}

func TestTheIDDecodesUnderEitherName(t *testing.T) {
	d := NewDictionary("sku")
	doc := mustJSON(t, `{"_id":"x","n":1}`)
	for _, rec := range encodeAll(t, d, []Value{doc, doc}) {
		var r Record
		if err := r.Reset(rec, d); err != nil {
			t.Fatal(err)
		}
		var got struct {
			SKU string
			ID  string `json:"_id"`
			N   int
		}
		var m map[string]any
		var raw map[string]json.RawMessage
		if err := errors.Join(r.DecodeInto(&got), r.DecodeInto(&m), r.DecodeInto(&raw)); err != nil {
			t.Fatal(err)
		}
		if got.SKU != "x" || got.ID != "x" || got.N != 1 || m["sku"] != "x" || len(m) != 2 || string(raw["sku"]) != `"x"` {
			t.Errorf("%+v, %v, %s", got, m, raw)
		}
	}
}

func TestOtherKindsThatAGoTypeTakes(t *testing.T) {
	moment := time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)
	stamp, err := Timestamp(moment)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		v    Value
		into any
		want any
	}{
		{Float(3), new(int8), int8(3)},
		{Int(3), new(float32), float32(3)},
		{Int(1 << 40), new(uint64), uint64(1 << 40)},
		{String("2024-05-01T10:00:00Z"), new(time.Time), moment},
		{stamp, new(string), "2024-05-01T10:00:00Z"},
		{String("AP8="), new([]byte), []byte{0, 255}},
		{Array([]Value{Int(1), Int(2)}), new([]byte), []byte{1, 2}},
		{Array([]Value{Int(1), Int(2), Int(3)}), new([2]int), [2]int{1, 2}},
		{Array([]Value{Int(1)}), &[2]int{7, 7}, [2]int{1, 0}},
		{Array(nil), new([]int), []int{}},
		{Object(nil), new(map[string]int), map[string]int{}},
		{String("x"), new(sql.NullString), sql.NullString{String: "x", Valid: true}},
		{Array([]Value{Int(1)}), new(sql.NullString), sql.NullString{String: "[1]", Valid: true}},
		{Null(), &sql.NullString{String: "x", Valid: true}, sql.NullString{}},
		{Int(1), new(any), int64(1)},
		{Missing(), new(any), nil},
		{Int(5), new(json.Number), json.Number("5")},
		{Object([]Field{{"7", Int(1)}}), new(map[int8]int), map[int8]int{7: 1}},
		{Object([]Field{{"01890a5d-ac96-774b-bcce-b302099a8057", Int(1)}}), new(map[uuid.UUID]int), map[uuid.UUID]int{uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057"): 1}},
	} {
		err := tt.v.DecodeInto(tt.into)
		if got := reflect.ValueOf(tt.into).Elem().Interface(); err != nil || !cmp.Equal(tt.want, got) {
			t.Errorf("%s into %T: %v, %v, want %v", show(tt.v), tt.into, got, err, tt.want)
		}
	}
}

func TestWhatDoesNotFitNamesPathTypeAndKind(t *testing.T) {
	doc := mustJSON(t, `{"_id":"x","n":300,"f":1.5,"neg":-1,"s":"text","o":{"p":{"q":[1,{"r":"deep"}]}},"l":[1,"two"],"big":1e300,"t":true,"m":{"k":"v"}}`)
	for _, tt := range []struct {
		into any
		want string
	}{
		{&struct{ N int8 }{}, "path N: cannot decode int 300 into Go type int8"},
		{&struct{ N uint8 }{}, "path N: cannot decode int 300 into Go type uint8"},
		{&struct{ Neg uint }{}, "path Neg: cannot decode int -1 into Go type uint"},
		{&struct{ F int }{}, "path F: cannot decode float 1.5 into Go type int"},
		{&struct{ Big int }{}, "path Big: cannot decode float 1e+300 into Go type int"},
		{&struct{ Big float32 }{}, "path Big: cannot decode float 1e+300 into Go type float32"},
		{&struct{ S int }{}, "path S: cannot decode string into Go type int"},
		{&struct{ S bool }{}, "path S: cannot decode string into Go type bool"},
		{&struct{ T string }{}, "path T: cannot decode bool into Go type string"},
		{&struct{ O string }{}, "path O: cannot decode object into Go type string"},
		{&struct{ S address }{}, "path S: cannot decode string into Go type document.address"},
		{&struct{ S []int }{}, "path S: cannot decode string into Go type []int"},
		{&struct{ M struct{ K []byte } }{}, `path M.K: cannot decode string "v" into Go type []uint8: illegal base64`},
		{&struct{ S time.Time }{}, `path S: cannot decode string "text" into Go type time.Time: "text" is not a timestamp`},
		{&struct{ S uuid.UUID }{}, `path S: cannot decode string "text" into Go type uuid.UUID: invalid UUID`},
		{&struct{ N uuid.UUID }{}, "path N: cannot decode int into Go type uuid.UUID"},
		{&struct{ S sql.NullInt64 }{}, `path S: cannot decode string "text" into Go type sql.NullInt64: `},
		{&struct{ S *big.Int }{}, `path S: cannot decode string "text" into Go type big.Int: `},
		{&struct{ L []int }{}, "path L[1]: cannot decode string into Go type int"},
		{&struct{ L [2]int }{}, "path L[1]: cannot decode string into Go type int"},
		{&struct {
			O struct{ P struct{ Q []any } }
			L wrapped[[]int8]
		}{}, "path L[1]: cannot decode string into Go type int8"},
		{&struct {
			O struct{ P struct{ Q []struct{} } }
		}{}, "path O.P.Q[0]: cannot decode int into Go type struct {}"},
		{&struct{ O map[string]map[string]string }{}, "path O.p.q: cannot decode array into Go type string"},
		{&struct{ O *struct{ P map[string][]any } }{}, ""},
		{&struct{ M map[int]string }{}, `path M.k: cannot decode a key into Go type map[int]string: strconv.ParseInt: parsing "k": invalid syntax`},
		{&struct{ M map[bool]string }{}, `path M.k: cannot decode a key into Go type map[bool]string: a map with keys of Go type bool`},
		{&struct{ S chan int }{}, "path S: cannot decode string into Go type chan int"},
		{&struct{ S fmt.Stringer }{}, "path S: cannot decode string into Go type fmt.Stringer"},
		{new(int), "document: cannot decode object into Go type int"},
		{new([]string), "document: cannot decode object into Go type []string"},
	} {
		for name, r := range records(t, doc) {
			err := r.DecodeInto(tt.into)
			if tt.want == "" {
				if err != nil {
					t.Errorf("%s %T: %v", name, tt.into, err)
				}
				continue
			}
			var wrong *DecodeError
			if !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("%s %T: error %v, want %q", name, tt.into, err, tt.want)
			}
		}
	}
	for _, into := range []any{nil, 5, "x", address{}, (*address)(nil)} {
		if err := doc.DecodeInto(into); err == nil || !strings.Contains(err.Error(), "expected a pointer") {
			t.Errorf("%T: error %v", into, err)
		}
	}
}

func TestADecodedDocumentSharesNothingWithItsRecord(t *testing.T) {
	doc, err := FromGo(sampleEverything())
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range records(t, doc) {
		var e, want everything
		var m, wantMap map[string]any
		if err := errors.Join(r.DecodeInto(&e), r.DecodeInto(&m), r.DecodeInto(&want), r.DecodeInto(&wantMap)); err != nil {
			t.Fatal(err)
		}
		want, wantMap = sampleEverything(), nil
		c := r.Clone()
		if err := c.DecodeInto(&wantMap); err != nil {
			t.Fatal(err)
		}
		clear(r.data)
		if diff := cmp.Diff(want, e, comparing...); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if diff := cmp.Diff(wantMap, m); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func FuzzDecodeInto(f *testing.F) {
	doc, err := FromGo(sampleEverything())
	if err != nil {
		f.Fatal(err)
	}
	d := NewDictionary("")
	for _, rec := range encodeAll(f, d, []Value{doc, doc}) {
		f.Add(rec)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var r Record
		if r.Reset(data, d) != nil {
			return
		}
		// Whatever the bytes are: an error or a value, no panic.
		var e everything
		var m map[string]any
		var raw map[string]json.RawMessage
		_, _, _ = r.DecodeInto(&e), r.DecodeInto(&m), r.DecodeInto(&raw)
	})
}

// profile is the benchmark's document.
type profile struct {
	ID      string  `json:"_id"`
	Name    string  `json:"name"`
	Email   string  `json:"email"`
	Group   int     `json:"group"`
	Age     int     `json:"age"`
	Balance float64 `json:"balance"`
	Active  bool    `json:"active"`
	Country string  `json:"country"`
	Address struct {
		City string `json:"city"`
		Zip  string `json:"zip"`
		Geo  struct {
			Lat float64 `json:"lat"`
			Lon float64 `json:"lon"`
		} `json:"geo"`
	} `json:"address"`
	Tags    []string  `json:"tags"`
	Created time.Time `json:"created"`
	Bio     string    `json:"bio"`
}

func BenchmarkDecodeStruct(b *testing.B) {
	r := sampleRecord(b)
	b.ReportAllocs()
	for b.Loop() {
		var p profile
		if err := r.DecodeInto(&p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeMap(b *testing.B) {
	r := sampleRecord(b)
	b.ReportAllocs()
	for b.Loop() {
		var m map[string]any
		if err := r.DecodeInto(&m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeByEncodingJSON(b *testing.B) {
	r := sampleRecord(b)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var p profile
		buf = r.AppendJSON(buf[:0], Plain)
		if err := json.Unmarshal(buf, &p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFromGo(b *testing.B) {
	var p profile
	if err := sampleRecord(b).DecodeInto(&p); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := FromGo(&p); err != nil {
			b.Fatal(err)
		}
	}
}
