package expr

import (
	"errors"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

func TestThreeValuedLogic(t *testing.T) {
	truths := []any{true, false, null}
	and := [][]string{{"TRUE", "FALSE", "NULL"}, {"FALSE", "FALSE", "FALSE"}, {"NULL", "FALSE", "NULL"}}
	or := [][]string{{"TRUE", "TRUE", "TRUE"}, {"TRUE", "FALSE", "NULL"}, {"TRUE", "NULL", "NULL"}}
	not := []string{"FALSE", "TRUE", "NULL"}
	yes, no := true, false
	for i, a := range truths {
		for j, b := range truths {
			if got := eval(t, &And{[]Expr{lit(t, a), lit(t, b)}}); got != and[i][j] {
				t.Errorf("%v AND %v = %s", a, b, got)
			}
			if got := eval(t, &Or{[]Expr{lit(t, a), lit(t, b)}}); got != or[i][j] {
				t.Errorf("%v OR %v = %s", a, b, got)
			}
		}
		if got := eval(t, &Not{lit(t, a)}); got != not[i] {
			t.Errorf("NOT %v = %s", a, got)
		}
		for j, want := range []*bool{&yes, &no, nil} {
			for _, negated := range []bool{false, true} {
				if got := eval(t, &IsTruth{lit(t, a), want, negated}); got != literalText(document.Bool((i == j) != negated)) {
					t.Errorf("%v IS (NOT: %v) truth %d = %s", a, negated, j, got)
				}
			}
		}
	}
	if got := eval(t, &And{nil}) + eval(t, &Or{nil}); got != "TRUEFALSE" {
		t.Errorf("empty AND and OR: %s", got)
	}
}

func TestConditionsTakeNumbersAndCountOthers(t *testing.T) {
	for x, want := range map[any]string{2: "TRUE", 0: "FALSE", 0.5: "TRUE", 0.0: "FALSE", "x": "NULL"} {
		f := frame(t, "")
		v, err := (&And{[]Expr{stored(val(t, x))}}).Eval(f)
		if literalText(v) != want || err != nil || (f.Run.WrongKind == 1) != (want == "NULL") {
			t.Errorf("AND %v = %s, %v, %d wrong kinds", x, literalText(v), err, f.Run.WrongKind)
		}
		if IsTrue(val(t, x)) != (want == "TRUE") {
			t.Errorf("IsTrue(%v)", x)
		}
	}
}

// fails is an expression that must not be evaluated.
var fails = &Negate{NewConst(document.Int(-1 << 63))}

func TestWhatIsDecidedIsNotEvaluatedFurther(t *testing.T) {
	for _, e := range []Expr{
		&And{[]Expr{lit(t, false), fails}},
		&Or{[]Expr{lit(t, true), fails}},
		call(t, "COALESCE", 1, fails),
		call(t, "IIF", false, fails, 2),
		call(t, "IIF", true, 1, fails),
		call(t, "NULLIF", null, fails),
		&Case{Whens: []When{{lit(t, false), fails}, {lit(t, true), lit(t, 1)}, {fails, fails}}, Else: fails},
		NewIn(lit(t, 1), []Expr{lit(t, 1), fails}, false),
	} {
		if _, err := e.Eval(frame(t, "")); err != nil {
			t.Errorf("%s: %v", e, err)
		}
	}
	for _, e := range []Expr{
		&And{[]Expr{lit(t, true), fails}}, &Or{[]Expr{lit(t, null), fails}}, &Not{fails}, &IsNull{fails, false}, &IsMissing{fails, true},
		&IsTruth{fails, nil, false}, &Distinct{lit(t, 1), fails, false}, &Distinct{fails, lit(t, 1), false}, NewIn(fails, []Expr{lit(t, 1)}, false),
		&InArray{lit(t, 1), fails, false}, &InArray{fails, lit(t, []any{}), false}, NewComparison(Eq, fails, lit(t, 1)), NewComparison(Eq, stored(document.Int(1)), fails),
		NewLike(fails, lit(t, "a"), nil, false, false), NewLike(lit(t, "a"), fails, nil, false, false), NewLike(lit(t, "a"), lit(t, "b"), fails, false, false),
		NewArith("+", fails, lit(t, 1)), NewArith("+", lit(t, 1), fails), &Negate{fails}, &BitNot{fails}, call(t, "ABS", fails), call(t, "COALESCE", fails),
		call(t, "NULLIF", 1, fails), call(t, "IIF", fails, 1), &Array{[]Expr{fails}}, &Object{[]string{"a"}, []Expr{fails}},
		&Subscript{fails, lit(t, 1)}, &Subscript{lit(t, []any{}), fails}, &Slice{fails, nil, nil}, &Slice{lit(t, []any{}), fails, nil}, &Slice{lit(t, []any{}), nil, fails},
		NewStep(fails, document.FieldPath("a")), &Quantifier{List: fails, Cond: lit(t, true)}, &Quantifier{List: lit(t, []any{1}), Cond: fails},
		&Case{Operand: fails, Whens: []When{{lit(t, 1), lit(t, 1)}}}, &Case{Whens: []When{{fails, lit(t, 1)}}}, NewCoerced(fails, nil, ""),
		NewCast(fails, "TEXT", toText, document.KindString, true),
	} {
		if _, err := e.Eval(frame(t, "")); !errors.Is(err, ErrOverflow) {
			t.Errorf("%s: %v", e, err)
		}
	}
}

func TestNullTests(t *testing.T) {
	for x, want := range map[any][2]string{null: {"TRUE", "FALSE"}, missing: {"TRUE", "TRUE"}, 1: {"FALSE", "FALSE"}} {
		got := [2]string{eval(t, &IsNull{lit(t, x), false}), eval(t, &IsMissing{lit(t, x), false})}
		inverse := [2]string{eval(t, &Not{&IsNull{lit(t, x), true}}), eval(t, &Not{&IsMissing{lit(t, x), true}})}
		if got != want || inverse != want {
			t.Errorf("%v: %v and %v, want %v", x, got, inverse, want)
		}
	}
}

func TestQuantifiers(t *testing.T) {
	above := func(n any) Expr { return NewComparison(Gt, &Register{Reg: 2, Text: "x"}, lit(t, n)) }
	for _, c := range []struct {
		every bool
		list  any
		than  any
		want  string
	}{
		{false, []any{1, 2, 3}, 2, "TRUE"},
		{false, []any{1, 2}, 2, "FALSE"},
		{false, []any{1, nil}, 2, "NULL"},
		{false, []any{}, 2, "FALSE"},
		{true, []any{1, 2}, 0, "TRUE"},
		{true, []any{1, 2}, 1, "FALSE"},
		{true, []any{1, nil}, 0, "NULL"},
		{true, []any{0, nil}, 0, "FALSE"},
		{true, []any{}, 0, "TRUE"},
		{true, null, 0, "NULL"},
		{true, "text", 0, "NULL"},
	} {
		e := &Quantifier{Every: c.every, Var: "x", Reg: 2, List: lit(t, c.list), Cond: above(c.than)}
		if got := eval(t, e); got != c.want {
			t.Errorf("%s = %s, want %s", e, got, c.want)
		}
	}
}

func TestQuantifiersOfConstantsNeedNoRegisters(t *testing.T) {
	e := &Quantifier{Var: "x", Reg: 5, List: lit(t, []any{1}), Cond: lit(t, true)}
	check(t, &Frame{}, e, document.Bool(true), e.String())
}

func TestCaseConstructorsAndParts(t *testing.T) {
	object := lit(t, map[string]any{"a": map[string]any{"b": []any{1, 2}}})
	path, err := document.ParsePath("a.b[-1]")
	if err != nil {
		t.Fatal(err)
	}
	list := lit(t, []any{10, 20, 30})
	for _, c := range []struct {
		e    Expr
		want string
	}{
		{&Case{Whens: []When{{lit(t, null), lit(t, "b")}}, Else: lit(t, "c")}, "'c'"},
		{&Case{Operand: lit(t, 9), Whens: []When{{lit(t, 1), lit(t, "x")}}}, "NULL"},
		{&Array{[]Expr{lit(t, 1), lit(t, missing)}}, "[1, NULL]"},
		{&Object{[]string{"a", "b c", "d"}, []Expr{lit(t, 1), lit(t, missing), lit(t, null)}}, "{a: 1, d: NULL}"},
		{NewStep(object, path), "2"},
		{&Step{X: object, Path: path}, "2"},
		{NewStep(lit(t, 1), path), "MISSING"},
		{&Subscript{list, lit(t, -1)}, "30"},
		{&Subscript{list, lit(t, 1.0)}, "20"},
		{&Subscript{list, lit(t, 3)}, "MISSING"},
		{&Subscript{list, lit(t, int64(-1<<63))}, "MISSING"},
		{&Subscript{list, lit(t, "a")}, "NULL"},
		{&Subscript{object, lit(t, "a")}, "{b: [1, 2]}"},
		{&Subscript{lit(t, null), lit(t, "a")}, "NULL"},
		{&Slice{list, lit(t, 1), lit(t, 3)}, "[20, 30]"},
		{&Slice{list, nil, lit(t, -1)}, "[10, 20]"},
		{&Slice{list, lit(t, -2), nil}, "[20, 30]"},
		{&Slice{list, lit(t, 2), lit(t, 1)}, "[]"},
		{&Slice{list, lit(t, null), nil}, "NULL"},
		{&Slice{lit(t, "abc"), nil, nil}, "NULL"},
	} {
		if got := eval(t, c.e); got != c.want {
			t.Errorf("%s = %s, want %s", c.e, got, c.want)
		}
	}
}

func TestReadingDocuments(t *testing.T) {
	f := frame(t, `{"_id": 1, "a": {"b": "x"}, "tags": ["p", "q"]}`)
	whole := &Document{Doc: 0}
	path := document.FieldPath("a", "b")
	for _, c := range []struct {
		e    Expr
		want string
	}{
		{NewField(0, path, "u"), "'x'"},
		{NewField(0, document.FieldPath("no"), ""), "MISSING"},
		{NewStep(whole, path), "'x'"},
		{&Step{X: whole, Path: path}, "'x'"},
		{whole, "{_id: 1, a: {b: 'x'}, tags: ['p', 'q']}"},
		{call(t, "OBJECT_KEYS", whole), "['_id', 'a', 'tags']"},
		{&InArray{lit(t, "q"), NewField(0, document.FieldPath("tags"), ""), false}, "TRUE"},
	} {
		check(t, f, c.e, mustEval(t, f, c.e), c.e.String())
		if got := literalText(mustEval(t, f, c.e)); got != c.want {
			t.Errorf("%s = %s, want %s", c.e, got, c.want)
		}
	}
}

func mustEval(t testing.TB, f *Frame, e Expr) document.Value {
	t.Helper()
	v, err := e.Eval(f)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
