package expr

import (
	"math"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

func TestPrinting(t *testing.T) {
	a, b, c := NewField(0, document.FieldPath("a"), ""), NewField(0, document.FieldPath("b"), ""), NewField(0, document.FieldPath("c"), "")
	eq := func(x Expr, n int) Expr { return NewComparison(Eq, x, lit(t, n)) }
	yes := true
	reg := func(text string) Expr { return &Register{Text: text} }
	for _, e := range []struct {
		e    Expr
		want string
	}{
		{NewArith("*", NewArith("+", a, lit(t, 1)), lit(t, 2)), "(a + 1) * 2"},
		{NewArith("*", reg("a + 1"), lit(t, 2)), "(a + 1) * 2"},
		{NewArith("+", reg("a * 1"), lit(t, 2)), "a * 1 + 2"},
		{NewArith("*", reg("COUNT(*)"), lit(t, 2)), "COUNT(*) * 2"},
		{NewArith("*", reg("MIN(a + 'x) + y')"), lit(t, 2)), "MIN(a + 'x) + y') * 2"},
		{&And{[]Expr{reg("a = 1 OR b = 2"), c}}, "(a = 1 OR b = 2) AND c"},
		{NewArith("+", NewArith("+", a, lit(t, 1)), lit(t, 1)), "a + 1 + 1"},
		{NewArith("+", a, NewArith("+", lit(t, 1), lit(t, 1))), "a + (1 + 1)"},
		{NewArith("-", a, NewArith("*", b, c)), "a - b * c"},
		{NewArith("-", a, lit(t, -1)), "a - -1"},
		{&Negate{lit(t, -1)}, "-(-1)"},
		{&Negate{&Negate{a}}, "-(-a)"},
		{&BitNot{&Negate{a}}, "~-a"},
		{NewArith("||", NewArith("+", a, b), c), "(a + b) || c"},
		{NewArith("+", NewArith("||", a, b), c), "(a || b) + c"},
		{NewArith("||", NewArith("||", a, b), c), "a || b || c"},
		{NewArith("|", NewArith("&", a, b), c), "(a & b) | c"},
		{&And{[]Expr{&Or{[]Expr{eq(a, 1), eq(b, 2)}}, eq(c, 3)}}, "(a = 1 OR b = 2) AND c = 3"},
		{&Or{[]Expr{&And{[]Expr{eq(a, 1), eq(b, 2)}}, eq(c, 3)}}, "a = 1 AND b = 2 OR c = 3"},
		{&Not{eq(a, 1)}, "NOT a = 1"},
		{&Not{&And{[]Expr{a, b}}}, "NOT (a AND b)"},
		{NewComparison(Eq, &Not{a}, b), "(NOT a) = b"},
		{NewComparison(Lt, NewComparison(Lt, a, b), c), "(a < b) < c"},
		{NewComparison(Ge, NewArith("+", a, b), c), "a + b >= c"},
		{&IsNull{&Or{[]Expr{a, b}}, true}, "(a OR b) IS NOT NULL"},
		{&IsMissing{a, false}, "a IS MISSING"},
		{&IsTruth{a, &yes, true}, "a IS NOT TRUE"},
		{&IsTruth{a, nil, false}, "a IS UNKNOWN"},
		{&Distinct{a, b, false}, "a IS DISTINCT FROM b"},
		{&Distinct{a, b, true}, "a IS NOT DISTINCT FROM b"},
		{NewIn(a, []Expr{lit(t, 1), &Param{Ordinal: 2}}, true), "a NOT IN (1, ?2)"},
		{&InArray{a, &Param{Ordinal: 1}, false}, "a IN ?1"},
		{NewLike(a, lit(t, "x%"), lit(t, "!"), true, true), "a NOT ILIKE 'x%' ESCAPE '!'"},
		{&Case{Operand: a, Whens: []When{{lit(t, 1), b}}, Else: c}, "CASE a WHEN 1 THEN b ELSE c END"},
		{NewCast(NewArith("+", a, b), "TEXT", nil, 0, true), "TRY_CAST(a + b AS TEXT)"},
		{NewCoerced(&Param{Ordinal: 1}, nil, "INTEGER"), "?1"},
		{NewComparison(Eq, a, NewCoerced(&Param{Ordinal: 1}, nil, "INTEGER")), "a = ?1"},
		{NewArith("*", reg("-a"), reg(`"a + b"`)), `-a * "a + b"`},
		{NewArith("*", reg("'open + "), lit(t, 1)), "'open +  * 1"},
		{call(t, "substr", a, 1, 2), "SUBSTR(a, 1, 2)"},
		{call(t, "NOW"), "NOW()"},
		{&Array{[]Expr{a, lit(t, 1)}}, "[a, 1]"},
		{&Object{[]string{"x", "y z"}, []Expr{a, &Or{[]Expr{b, c}}}}, `{x: a, "y z": b OR c}`},
		{NewStep(call(t, "NOW"), document.FieldPath("x", "y")), "NOW().x.y"},
		{NewStep(NewArith("+", a, b), document.Path{{Kind: document.StepIndex, Index: -1}}), "(a + b)[-1]"},
		{&Subscript{a, NewArith("+", b, lit(t, 1))}, "a[b + 1]"},
		{&Slice{a, nil, lit(t, 2)}, "a[:2]"},
		{&Slice{a, lit(t, 1), nil}, "a[1:]"},
		{&Quantifier{Every: true, Var: "v", List: a, Cond: b}, "EVERY v IN a SATISFIES b END"},
		{NewField(0, document.FieldPath("x", "y"), "u"), "u.x.y"},
		{NewField(0, document.Path{{Kind: document.StepWildcard}}, "a b"), `"a b"[*]`},
		{&Document{}, "document"},
		{lit(t, "it's"), "'it''s'"}, {lit(t, 3.0), "3.0"}, {lit(t, []byte{1}), "x'01'"}, {lit(t, null), "NULL"}, {lit(t, missing), "MISSING"}, {lit(t, true), "TRUE"},
		{lit(t, math.Inf(-1)), "CAST('-Infinity' AS FLOAT)"}, {lit(t, []any{"a", map[string]any{"b c": nil}}), `['a', {"b c": NULL}]`},
	} {
		if got := e.e.String(); got != e.want {
			t.Errorf("%s, want %s", got, e.want)
		}
	}
}

// TestPrintingDeepExpressionsTakesLinearTime: a level more must not copy all below it.
func TestPrintingDeepExpressionsTakesLinearTime(t *testing.T) {
	var e Expr = lit(t, 1)
	for range 50000 {
		e = NewArith("+", e, lit(t, 1))
	}
	if n := len(e.String()); n != 200001 {
		t.Errorf("%d bytes", n)
	}
	if got := eval(t, e); got != "50001" {
		t.Errorf("%s", got)
	}
}
