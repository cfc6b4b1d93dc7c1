package expr

import (
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

func TestInExamples(t *testing.T) {
	list := func(xs ...any) []Expr {
		out := make([]Expr, len(xs))
		for i, x := range xs {
			out[i] = lit(t, x)
		}
		return out
	}
	for _, c := range []struct {
		e    Expr
		want string
	}{
		{NewIn(lit(t, 1), nil, false), "FALSE"},
		{NewIn(lit(t, 1), nil, true), "TRUE"},
		{NewIn(lit(t, null), nil, false), "FALSE"},
		{NewIn(lit(t, null), list(1), false), "NULL"},
		{NewIn(lit(t, 1), list(1, null), false), "TRUE"},
		{NewIn(lit(t, 2), list(1, null), false), "NULL"},
		{NewIn(lit(t, 2), list(1, null), true), "NULL"},
		{NewIn(lit(t, 2), list(1, "2"), true), "TRUE"},
		{NewIn(stored(document.Bool(true)), list(0, 1), false), "TRUE"},
		{&InArray{lit(t, 1), lit(t, []any{1.0}), false}, "TRUE"},
		{&InArray{lit(t, 2), lit(t, []any{1.0, nil}), true}, "NULL"},
		{&InArray{lit(t, 1), lit(t, null), false}, "NULL"},
		{&InArray{lit(t, null), lit(t, []any{}), true}, "TRUE"},
		{&InArray{lit(t, 1), lit(t, "text"), false}, "error: IN 'text': expected an array, found string"},
	} {
		if got := eval(t, c.e); got != c.want {
			t.Errorf("%s = %s, want %s", c.e, got, c.want)
		}
	}
}

// TestInIsAnOrOfEqualities compares all forms of IN, with few and with many members, with the OR that
// it stands for.
func TestInIsAnOrOfEqualities(t *testing.T) {
	r := newRand(t)
	values := samples(t)
	for range 2000 {
		members := make([]document.Value, r.IntN(24))
		exprs := make([]Expr, len(members))
		for i := range members {
			members[i] = values[r.IntN(len(values))]
			if members[i].IsMissing() {
				members[i] = document.Null() // an array has no MISSING elements
			}
			exprs[i] = NewConst(members[i])
		}
		x := values[r.IntN(len(values))]
		array := document.Array(members)
		f := frame(t, "", array, x)
		for _, left := range []Expr{stored(x), NewConst(x), &Param{Ordinal: 2}} {
			for _, not := range []bool{false, true} {
				var or Or
				var and And
				for _, m := range exprs {
					or.List = append(or.List, NewComparison(Eq, left, m))
					and.List = append(and.List, NewComparison(Ne, left, m))
				}
				want := mustEval(t, f, &or)
				if not {
					want = mustEval(t, f, &and)
				}
				in := NewIn(left, exprs, not)
				check(t, f, in, want, in.String())
				check(t, f, &In{X: left, List: exprs, Not: not}, want, in.String())
				check(t, f, &InArray{left, &Param{Ordinal: 1}, not}, want, in.String())
				check(t, f, &InArray{left, NewConst(array), not}, want, in.String())
				if len(exprs) > 0 {
					mixed := append([]Expr{&Coerced{X: exprs[0], convert: func(v document.Value) document.Value { return v }}}, exprs[1:]...)
					check(t, f, NewIn(left, mixed, not), want, in.String())
				}
			}
		}
	}
}

func TestInArrayOfStoredValuesComparesThemAsStored(t *testing.T) {
	day := stored(ts(t, "2024-05-01"))
	list := make([]any, 12)
	for i := range list {
		list[i] = "2024-05-01"
	}
	f := frame(t, "")
	check(t, f, &InArray{day, stored(val(t, list)), false}, document.Bool(false), "a stored array")
	check(t, f, &InArray{day, lit(t, list), false}, document.Bool(true), "a literal array")
}
