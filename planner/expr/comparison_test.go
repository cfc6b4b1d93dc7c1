package expr

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

// compareBySpec is the rules of the design written down once more, as plainly as can be.
func compareBySpec(op CompareOp, a, b document.Value, aLiteral, bLiteral bool) document.Value {
	if a.IsNull() || b.IsNull() {
		return document.Null()
	}
	asStamp := func(v, other document.Value, literal bool) document.Value {
		if literal && v.Kind() == document.KindString && other.Kind() == document.KindTimestamp {
			if t, err := document.ParseTimestamp(v.AsString()); err == nil {
				return t
			}
		}
		return v
	}
	asInt := func(v, other document.Value, literal bool) document.Value {
		if v.Kind() == document.KindBool && other.Kind().IsNumber() && literal {
			n := map[bool]int64{true: 1}
			return document.Int(n[v.AsBool()])
		}
		return v
	}
	a, b = asStamp(a, b, aLiteral), asStamp(b, a, bLiteral)
	a, b = asInt(a, b, bLiteral), asInt(b, a, aLiteral)
	if !document.Comparable(a.Kind(), b.Kind()) {
		switch op {
		case Eq:
			return document.Bool(false)
		case Ne:
			return document.Bool(true)
		}
		return document.Null()
	}
	c := document.Compare(a, b)
	return document.Bool(map[CompareOp]bool{Eq: c == 0, Ne: c != 0, Lt: c < 0, Le: c <= 0, Gt: c > 0, Ge: c >= 0}[op])
}

// side is a way in which a value can stand in an expression.
type side struct {
	name    string
	literal bool
	make    func(v document.Value) Expr
}

var sides = []side{
	{"stored", false, stored},
	{"constant", true, func(v document.Value) Expr { return NewConst(v) }},
	{"parameter 1", true, func(document.Value) Expr { return &Param{Ordinal: 1} }},
	{"parameter 2", true, func(document.Value) Expr { return &Param{Ordinal: 2} }},
	{"coerced", true, func(document.Value) Expr {
		return NewCoerced(&Param{Ordinal: 2}, func(v document.Value) document.Value { return v }, "ANY")
	}},
	{"field a", false, func(document.Value) Expr { return NewField(0, document.FieldPath("a"), "") }},
	{"field b", false, func(document.Value) Expr { return NewField(0, document.FieldPath("b", "c"), "") }},
}

// TestComparisonsOfEveryKindPair compares values of all kinds in all ways they can stand on
// both sides with the rules of the design.
func TestComparisonsOfEveryKindPair(t *testing.T) {
	dict := document.NewDictionary("")
	for _, a := range samples(t) {
		for _, b := range samples(t) {
			f := frame(t, "", a, b)
			f.Docs = []document.Record{record(t, dict, document.Object(append([]document.Field{{Name: "_id", Value: document.Int(1)}}, objectOf(a, b)...)))}
			for _, x := range sides {
				for _, y := range sides {
					if strings.HasSuffix(x.name, "2") || x.name == "coerced" || x.name == "field b" || strings.HasSuffix(y.name, "1") || y.name == "field a" {
						continue
					}
					for op := Eq; op <= Ge; op++ {
						want := compareBySpec(op, a, b, x.literal, y.literal)
						e := NewComparison(op, x.make(a), y.make(b))
						check(t, f, e, want, fmt.Sprintf("%s %s %s, %s and %s", literalText(a), op, literalText(b), x.name, y.name))
						check(t, f, &Comparison{Op: op, A: e.A, B: e.B}, want, "the same as a literal struct")
						check(t, f, e.With(e.Children()), want, "the same with its own operands")
					}
					equal := compareBySpec(Eq, a, b, x.literal, y.literal)
					what := fmt.Sprintf("%s and %s, %s and %s", literalText(a), literalText(b), x.name, y.name)
					check(t, f, NewIn(x.make(a), []Expr{y.make(b)}, false), equal, what+": IN")
					distinct := a.IsNull() != b.IsNull() || !a.IsNull() && !equal.AsBool()
					check(t, f, &Distinct{x.make(a), y.make(b), false}, document.Bool(distinct), what+": IS DISTINCT FROM")
					check(t, f, &Distinct{x.make(a), y.make(b), true}, document.Bool(!distinct), what+": IS NOT DISTINCT FROM")
					cases := &Case{Operand: x.make(a), Whens: []When{{y.make(b), NewConst(document.Int(7))}}}
					chosen := document.Null()
					if equal.AsBool() {
						chosen = document.Int(7)
					}
					check(t, f, cases, chosen, what+": CASE")
				}
			}
		}
	}
}

// objectOf returns the fields a and b.c, without what is MISSING.
func objectOf(a, b document.Value) []document.Field {
	var out []document.Field
	if !a.IsMissing() {
		out = append(out, document.Field{Name: "a", Value: a})
	}
	if !b.IsMissing() {
		out = append(out, document.Field{Name: "b", Value: document.Object([]document.Field{{Name: "c", Value: b}})})
	}
	return out
}

func check(t *testing.T, f *Frame, e Expr, want document.Value, what string) {
	t.Helper()
	got, err := e.Eval(f)
	if err != nil || !document.Identical(got, want) {
		t.Errorf("%s: %s = %s, %v, want %s", what, e, literalText(got), err, literalText(want))
	}
	if again, err := e.Eval(f); err != nil || !document.Identical(again, got) {
		t.Errorf("%s: %s = %s the second time, %v", what, e, literalText(again), err)
	}
}

// TestComparisonExamples are the cases of the design, by hand.
func TestComparisonExamples(t *testing.T) {
	day := stored(ts(t, "2024-05-01"))
	for _, c := range []struct {
		a    Expr
		op   CompareOp
		b    Expr
		want string
	}{
		{lit(t, 1), Eq, lit(t, 1.0), "TRUE"},
		{lit(t, 1), Eq, lit(t, "1"), "FALSE"},
		{lit(t, 1), Ne, lit(t, "1"), "TRUE"},
		{lit(t, 1), Lt, lit(t, "1"), "NULL"},
		{lit(t, null), Ne, lit(t, 1), "NULL"},
		{lit(t, missing), Eq, lit(t, missing), "NULL"},
		{stored(document.Bool(true)), Eq, lit(t, 1), "TRUE"},
		{stored(document.Bool(true)), Lt, lit(t, 1.5), "TRUE"},
		{stored(document.Bool(true)), Eq, stored(document.Int(1)), "FALSE"},
		{lit(t, true), Eq, stored(document.Int(1)), "FALSE"},
		{lit(t, 0), Eq, stored(document.Bool(false)), "TRUE"},
		{day, Eq, lit(t, "2024-05-01"), "TRUE"},
		{lit(t, "2024-05-02"), Gt, day, "TRUE"},
		{day, Eq, stored(document.String("2024-05-01")), "FALSE"},
		{day, Lt, lit(t, "tomorrow"), "NULL"},
		{stored(document.String("2024-05-01")), Eq, lit(t, "2024-05-01"), "TRUE"},
		{lit(t, []any{1, map[string]any{"a": 1}}), Eq, lit(t, []any{1.0, map[string]any{"a": 1.0}}), "TRUE"},
		{lit(t, []any{1, 2}), Lt, lit(t, []any{1, 3}), "TRUE"},
		{lit(t, int64(9007199254740993)), Eq, lit(t, 9007199254740992.0), "FALSE"},
	} {
		e := NewComparison(c.op, c.a, c.b)
		if got := eval(t, e); got != c.want {
			t.Errorf("%s = %s, want %s", e, got, c.want)
		}
	}
}

// TestParametersAreReadAnew: what a frame remembers of one parameter must not be taken for another's.
func TestParametersAreReadAnew(t *testing.T) {
	day := stored(ts(t, "2024-05-01"))
	e := NewComparison(Eq, day, &Param{Ordinal: 1})
	coerced := NewCoerced(&Param{Ordinal: 1}, func(v document.Value) document.Value {
		if s := parseStamp(v.AsString()); !s.IsMissing() {
			return s
		}
		return v
	}, "TIMESTAMP")
	text := []byte("2024-05-01")
	f := frame(t, "", document.StringBytes(text))
	for i := range 100 {
		text[9] = '0' + byte(i%10)
		check(t, f, e, document.Bool(i%10 == 1), string(text))
		check(t, f, NewComparison(Eq, day, coerced), document.Bool(i%10 == 1), string(text)+" coerced")
		check(t, f, NewLike(stored(document.String("2024-05-01")), &Param{Ordinal: 1}, nil, false, false), document.Bool(i%10 == 1), string(text)+" LIKE")
	}
	if _, err := (&Param{Ordinal: 2}).Eval(f); err == nil {
		t.Error("a parameter without a value")
	}
}
