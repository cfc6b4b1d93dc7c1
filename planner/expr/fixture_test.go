package expr

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/fluxdb/fluxdb/document"
)

// now is the time of all statements of the tests.
var now = time.Date(2024, 5, 6, 7, 8, 9, 123456789, time.UTC)

// null and missing stand for those values in tables of Go values.
type absence int

const (
	null absence = iota
	missing
)

func val(t testing.TB, x any) document.Value {
	t.Helper()
	switch x {
	case nil, null:
		return document.Null()
	case missing:
		return document.Missing()
	}
	v, err := document.FromGo(x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func lit(t testing.TB, x any) *Const {
	t.Helper()
	return NewConst(val(t, x))
}

func ts(t testing.TB, text string) document.Value {
	t.Helper()
	v, err := document.ParseTimestamp(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// stored returns v as a statement sees what it reads: neither a literal nor a parameter.
func stored(v document.Value) Expr { return &reading{v} }

// reading is a value that is no literal and no parameter.
type reading struct{ v document.Value }

func (r *reading) Eval(*Frame) (document.Value, error) { return r.v, nil }
func (r *reading) Static() Static                      { return Static{} }
func (r *reading) Children() []Expr                    { return nil }
func (r *reading) With([]Expr) Expr                    { return r }
func (r *reading) String() string                      { return "stored" }

// record encodes a document, with a shape of its own or self-described.
func record(t testing.TB, d *document.Dictionary, doc document.Value) document.Record {
	t.Helper()
	var e document.Encoder
	data, miss, err := e.Encode(nil, doc, d)
	if err != nil {
		t.Fatal(err)
	}
	if miss != 0 && d.Len() < 100 {
		if _, err := d.Add(uint32(d.Len()+1), e.Def()); err != nil {
			t.Fatal(err)
		}
		if data, _, err = e.Encode(nil, doc, d); err != nil {
			t.Fatal(err)
		}
	}
	var r document.Record
	if err := r.Reset(data, d); err != nil {
		t.Fatal(err)
	}
	return r
}

// frame returns a frame whose present document is the JSON text.
func frame(t testing.TB, json string, params ...document.Value) *Frame {
	t.Helper()
	f := &Frame{Run: &Run{Context: context.Background(), Now: now, Params: params}, Vals: make([]document.Value, 8)}
	if json == "" {
		return f
	}
	doc, err := document.ParseJSONString(json)
	if err != nil {
		t.Fatal(err)
	}
	f.Docs = []document.Record{record(t, document.NewDictionary(""), doc)}
	return f
}

// eval evaluates e without a row and prints the result as a literal, or the error.
func eval(t testing.TB, e Expr) string {
	t.Helper()
	v, err := e.Eval(frame(t, ""))
	if err != nil {
		return "error: " + err.Error()
	}
	return literalText(v)
}

// call returns the call of a function with constants, Exprs among them as they are.
func call(t testing.TB, name string, args ...any) Expr {
	t.Helper()
	fn, ok := Lookup(name)
	if !ok {
		t.Fatalf("no function %s", name)
	}
	list := make([]Expr, len(args))
	for i, a := range args {
		if e, ok := a.(Expr); ok {
			list[i] = e
		} else {
			list[i] = lit(t, a)
		}
	}
	if err := fn.Check(list); err != nil {
		t.Fatalf("%s(%v): %v", name, args, err)
	}
	return NewCall(fn, list)
}

// newRand returns a source whose seed the test prints when it fails.
func newRand(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 1))
}

// samples are values of every kind, with those that have an order or a meaning of their own.
func samples(t testing.TB) []document.Value {
	t.Helper()
	list := []document.Value{document.Missing(), document.Null(), ts(t, "2024-05-01"), ts(t, "2024-05-01T10:00:00.5Z"), document.Bytes([]byte("31"))}
	for _, x := range []any{false, true, 0, 1, 2, -1, int64(-1 << 63), 0.0, 1.0, 1.5, "", "1", "true", "2024-05-01", "2024-05-01T10:00:00.5Z", "a%_",
		[]any{}, []any{1, "a"}, map[string]any{}, map[string]any{"a": 1}} {
		list = append(list, val(t, x))
	}
	return list
}

func long(n int) string { return strings.Repeat("x", n) }
