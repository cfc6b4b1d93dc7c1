//go:build !race

// Under the race detector pools drop what is put into them at random.

package expr

import (
	"fmt"
	"sync"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

const person = `{"_id": "6f1c", "name": "Ann Smith", "age": 31, "balance": 1234.5, "active": true, "email": "ann@example.com", "address": {"city": "Rome", "zip": "00100"}, "made": "2024-05-01T10:00:00Z"}`

func hot(t testing.TB) (*Frame, map[string]Expr) {
	cities := make([]document.Value, 100)
	for i := range cities {
		cities[i] = document.String(fmt.Sprintf("city %d", i))
	}
	f := frame(t, person, document.Int(30), document.String("Rome"), document.Array(cities))
	field := func(names ...string) Expr { return NewField(0, document.FieldPath(names...), "") }
	many := make([]Expr, 100)
	for i := range many {
		many[i] = NewConst(cities[i])
	}
	copied := NewCoerced(&Param{Ordinal: 3}, document.Value.Clone, "TEXT[]")
	age := NewComparison(Gt, field("age"), lit(t, 30))
	city := NewComparison(Eq, field("address", "city"), lit(t, "Rome"))
	day := NewCast(lit(t, "2024-05-01T10:00:00Z"), "TIMESTAMP", toStamp, document.KindTimestamp, false)
	stamp := NewConst(mustEval(t, f, day))
	return f, map[string]Expr{
		"field":                field("age"),
		"field > constant":     age,
		"field = text":         city,
		"field < float":        NewComparison(Lt, field("balance"), lit(t, 2000)),
		"field > param":        NewComparison(Gt, field("age"), &Param{Ordinal: 1}),
		"and":                  &And{[]Expr{age, city}},
		"or":                   &Or{[]Expr{&Not{age}, city}},
		"bool = 1":             NewComparison(Eq, field("active"), lit(t, 1)),
		"timestamp = text":     NewComparison(Eq, stored(stamp.Value), lit(t, "2024-05-01T10:00:00Z")),
		"timestamp = param":    NewComparison(Eq, stored(stamp.Value), &Param{Ordinal: 2}),
		"in 3":                 NewIn(field("age"), []Expr{lit(t, 1), lit(t, 2), lit(t, 31)}, false),
		"in 100":               NewIn(field("address", "city"), many, false),
		"in param":             &InArray{field("address", "city"), &Param{Ordinal: 3}, false},
		"in coerced param":     &InArray{field("address", "city"), copied, false},
		"field = coerced":      NewComparison(Eq, field("address", "city"), NewCoerced(&Param{Ordinal: 2}, document.Value.Clone, "TEXT")),
		"like prefix":          NewLike(field("name"), lit(t, "Ann%"), nil, false, false),
		"like inside":          NewLike(field("name"), lit(t, "%Sm%"), nil, false, false),
		"ilike":                NewLike(field("name"), lit(t, "%sm_th"), nil, true, false),
		"age + 1":              NewArith("+", field("age"), lit(t, 1)),
		"length":               call(t, "LENGTH", field("name")),
		"coalesce":             call(t, "COALESCE", field("nick"), field("name")),
		"year of text":         call(t, "YEAR", field("made")),
		"case":                 &Case{Whens: []When{{age, lit(t, 1)}}, Else: lit(t, 0)},
		"is null":              &IsNull{field("nick"), false},
		"nested calls":         call(t, "ABS", call(t, "MOD", field("age"), call(t, "LENGTH", field("name")))),
		"step of the document": NewStep(&Document{Doc: 0}, document.FieldPath("address", "city")),
	}
}

func TestHotExpressionsDoNotAllocate(t *testing.T) {
	f, exprs := hot(t)
	for name, e := range exprs {
		mustEval(t, f, e) // scratch and memory of parameters grow once
		if n := testing.AllocsPerRun(100, func() { mustEval(t, f, e) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestAccumulatorsDoNotAllocate(t *testing.T) {
	values := []document.Value{document.Int(3), document.Float(1.5), document.Bool(true), document.String("abc"), document.Null(), document.String("a")}
	for _, name := range []string{"COUNT", "SUM", "AVG", "TOTAL", "MIN", "MAX"} {
		acc := accumulator(t, name)
		add := func() {
			for _, v := range values {
				if err := acc.Add(v); err != nil {
					t.Fatal(err)
				}
			}
		}
		add()
		if n := testing.AllocsPerRun(100, add); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestExpressionsAreSharedByGoroutines is for the race detector: each has a frame of its own.
func TestExpressionsAreSharedByGoroutines(t *testing.T) {
	f, exprs := hot(t)
	wrong := NewArith("+", NewField(0, document.FieldPath("name"), ""), lit(t, 1))
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			own := &Frame{Docs: f.Docs, Run: f.Run}
			for range 50 {
				for _, e := range exprs {
					if _, err := e.Eval(own); err != nil {
						t.Error(err)
					}
				}
				if _, err := wrong.Eval(own); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	if f.Run.WrongKind != 200 {
		t.Errorf("%d wrong kinds", f.Run.WrongKind)
	}
}

func BenchmarkEval(b *testing.B) {
	f, exprs := hot(b)
	b.Run("lookup alone", func(b *testing.B) {
		a := document.NewAccessor(document.FieldPath("age"))
		for b.Loop() {
			f.Docs[0].Lookup(a)
		}
	})
	for name, e := range exprs {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Eval(f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAdd(b *testing.B) {
	for _, name := range []string{"COUNT", "SUM", "AVG", "MIN"} {
		for _, v := range []document.Value{document.Int(3), document.Float(1.5), document.String("abc")} {
			b.Run(name+" "+v.Kind().String(), func(b *testing.B) {
				acc := accumulator(b, name)
				for b.Loop() {
					if err := acc.Add(v); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
