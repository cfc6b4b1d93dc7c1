package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type address struct {
	City string `json:"city"`
	Zip  string `json:"zip,omitempty"`
}

type Base struct {
	ID   int `json:"_id"`
	Kind string
}

type hidden struct{ Note string }

type tone int

func (t tone) MarshalText() ([]byte, error) {
	if t < 0 {
		return nil, errors.New("no such tone")
	}
	return fmt.Appendf(nil, "tone %d", int(t)), nil
}

type pair struct{ A, B int }

func (p *pair) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, `[%d,%d]`, p.A, p.B), nil }

type person struct {
	Base
	hidden
	Name     string             `json:"name"`
	Home     *address           `json:"home"`
	Work     address            `json:"work"`
	Tags     []string           `json:"tags,omitempty"`
	Scores   map[string]float32 `json:"scores,omitempty"`
	ByNumber map[int]bool       `json:",omitempty"`
	Since    time.Time          `json:"since,omitzero"`
	Raw      json.RawMessage    `json:"raw,omitempty"`
	Any      any                `json:"any"`
	Tone     tone               `json:"tone"`
	Pair     *pair              `json:"pair,omitempty"`
	Blob     []byte             `json:"blob,omitempty"`
	Small    [2]uint8           `json:"small"`
	Secret   string             `json:"-"`
	Dash     int                `json:"-,"` //nolint:staticcheck // the name is "-"
	private  int
}

func TestFromGoTakesStructsAsEncodingJSONDoes(t *testing.T) {
	p := person{
		Base: Base{ID: 7, Kind: "human"}, hidden: hidden{"n"}, Name: "Ann", Home: &address{City: "Bern"},
		Tags: []string{"a", "b"}, Scores: map[string]float32{"z": 0.5, "a": 2}, ByNumber: map[int]bool{3: true},
		Raw: json.RawMessage(`{"x":[1,2.0]}`), Any: map[string]any{"k": nil}, Tone: 3, Pair: &pair{1, 2}, Secret: "s", private: 1,
	}
	v, err := FromGo(p)
	if err != nil {
		t.Fatal(err)
	}
	got := string(AppendJSON(nil, v, Plain))
	std, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	want := mustJSON(t, string(std))
	// Floats print with a point here, and bytes and times are kinds of their own.
	if !Equal(mustJSON(t, got), want) {
		t.Errorf("got  %s\nwant %s", got, std)
	}
	if names := strings.Join(topNames(v), " "); names != "_id Kind Note name home work tags scores ByNumber raw any tone pair small -" {
		t.Errorf("fields %s", names)
	}
	if v, err = FromGo(&person{Blob: []byte("x"), Since: time.Unix(1, 0)}); err != nil {
		t.Fatal(err)
	}
	if v.Get("blob").Kind() != KindBytes || v.Get("since").Kind() != KindTimestamp {
		t.Errorf("a blob is %s, a time %s", v.Get("blob").Kind(), v.Get("since").Kind())
	}
	if !v.Get("tags").IsMissing() || !v.Get("home").IsNull() {
		t.Errorf("empty fields: tags %s, home %s", v.Get("tags").Kind(), v.Get("home").Kind())
	}
}

func topNames(v Value) (names []string) {
	for _, f := range v.AsObject() {
		names = append(names, f.Name)
	}
	return names
}

func TestFromGoSaysWhatCannotBeStored(t *testing.T) {
	for _, tt := range []struct {
		in   any
		want string
	}{
		{map[string]any{"a": []any{1, "b\xff"}}, `path a[1]: expected valid UTF-8, found "b\xff"`},
		{map[string]any{"a\xff": 1}, ``},
		{[]uint64{1, math.MaxUint64}, `path [1]: expected an integer of 64 bits with sign, found 18446744073709551615`},
		{map[string]any{"f": func() {}}, `path f: expected a value that can be stored, found Go type func()`},
		{struct{ C chan int }{make(chan int)}, `path C: expected a value that can be stored, found Go type chan int`},
		{complex(1, 2), `document: expected a value that can be stored, found Go type complex128`},
		{map[bool]int{true: 1}, `document: expected a map with string keys, found Go type map[bool]int`},
		{time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), `document: expected a time in years 1 to 9999, found 12000-01-01T00:00:00Z`},
		{json.Number("1x"), `document: expected a number, found 1x`},
		{json.RawMessage(`{"a":`), `document: expected JSON, found json: line 1, column 6, path a: expected a value, found the end of the text`},
		{map[string]tone{"t": -1}, `path t: expected a value that marshals to text, found no such tone`},
	} {
		v, err := FromGo(tt.in)
		if tt.want == "" {
			if err == nil {
				err = Validate(v) // names are checked there
			}
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("%v: %v", tt.in, err)
			}
			continue
		}
		if !errors.Is(err, ErrInvalid) || err.Error() != tt.want {
			t.Errorf("%T: got %v, want %s", tt.in, err, tt.want)
		}
	}
}

type ring struct {
	Next *ring
	Any  any
}

type loop *loop

func TestCyclesAreErrorsNotOverflows(t *testing.T) {
	m := map[string]any{}
	m["self"] = m
	s := []any{nil}
	s[0] = s
	typed := map[string]map[string]any{"a": m}
	r := &ring{}
	r.Next = r
	other := &ring{}
	other.Any = []any{map[string]any{"back": other}}
	var p loop
	p = &p
	var boxed any
	boxed = &boxed
	for _, in := range []any{m, s, typed, r, other, p, boxed, []any{&boxed}, &s, &m} {
		if _, err := FromGo(in); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "deeper nesting") {
			t.Errorf("%T: %v", in, err)
		}
	}
	deep := any(1)
	for range MaxDepth {
		deep = []any{deep}
	}
	if _, err := FromGo(deep); err != nil {
		t.Errorf("nested as deep as allowed: %v", err)
	}
	if _, err := FromGo([]any{deep}); !errors.Is(err, ErrInvalid) {
		t.Errorf("one deeper: %v", err)
	}
}

func TestAnInterfaceGetsThePlainFormAndSharesNothing(t *testing.T) {
	at := time.Date(2024, 5, 1, 12, 0, 0, 5, time.UTC)
	in := map[string]any{
		"null": nil, "bool": true, "int": int64(math.MaxInt64), "float": 1.5, "string": "s", "bytes": []byte{1, 2},
		"time": at, "array": []any{int64(1), []any{}}, "object": map[string]any{"a": map[string]any{}},
	}
	v, err := FromGo(in)
	if err != nil {
		t.Fatal(err)
	}
	plain := func(v Value) (x any) {
		t.Helper()
		if err := v.DecodeInto(&x); err != nil {
			t.Fatal(err)
		}
		return x
	}
	if diff := cmp.Diff(any(in), plain(v)); diff != "" {
		t.Error(diff)
	}
	rec := AppendValue(nil, v)
	back, _, err := ReadValue(rec)
	if err != nil {
		t.Fatal(err)
	}
	out := plain(back)
	clear(rec)
	if diff := cmp.Diff(any(in), out); diff != "" {
		t.Errorf("after the bytes are gone: %s", diff)
	}
	if plain(Missing()) != nil {
		t.Error("MISSING is nil")
	}
}

func TestNilIsNullOfWhateverType(t *testing.T) {
	var bytes []byte
	type blob []byte
	for _, x := range []any{bytes, &bytes, blob(nil), []string(nil), []any(nil), map[string]any(nil), map[string]int(nil), (*int)(nil), json.RawMessage(nil)} {
		if v, err := FromGo(x); err != nil || v.Kind() != KindNull {
			t.Errorf("%T: %s, %v", x, v.Kind(), err)
		}
	}
	if v, err := FromGo([]byte{}); err != nil || v.Kind() != KindBytes {
		t.Errorf("no bytes: %s, %v", v.Kind(), err)
	}
}
