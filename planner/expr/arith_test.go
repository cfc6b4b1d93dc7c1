package expr

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

func TestArithmeticExamples(t *testing.T) {
	const most, least = int64(math.MaxInt64), int64(math.MinInt64)
	for _, c := range []struct {
		a    any
		op   string
		b    any
		want string
	}{
		{7, "/", 2, "3"}, {-7, "/", 2, "-3"}, {7, "%", 3, "1"}, {-7, "%", 3, "-1"}, {7, "/", 2.0, "3.5"},
		{7, "/", 0, "NULL"}, {7, "%", 0, "NULL"}, {7.0, "/", 0, "NULL"}, {7, "%", 0.0, "NULL"}, {1.5, "%", 1, "0.5"},
		{most, "+", 1, "error: integer overflow: 9223372036854775807 + 1"},
		{least, "-", 1, "error: integer overflow: -9223372036854775808 - 1"},
		{least, "/", -1, "error: integer overflow: -9223372036854775808 / -1"},
		{least, "%", -1, "0"},
		{least, "*", -1, "error: integer overflow: -9223372036854775808 * -1"},
		{int64(1 << 32), "*", int64(-1 << 31), "-9223372036854775808"},
		{most, "+", 1.0, literalText(document.Float(9223372036854775808))},
		{true, "+", 1, "2"}, {true, "+", true, "2"}, {false, "-", 0.5, "-0.5"},
		{null, "+", 1, "NULL"}, {1, "*", missing, "NULL"}, {null, "||", "a", "NULL"},
		{5, "&", 3, "1"}, {5, "|", 3, "7"}, {1, "<<", 4, "16"}, {256, ">>", 4, "16"}, {-1, ">>", 70, "-1"}, {1, "<<", 64, "0"}, {16, "<<", -2, "4"}, {1, ">>", least, "0"},
		{1.5, "&", 1, "NULL"},
		{"a", "||", "b", "'ab'"}, {"a", "||", 1, "'a1'"}, {1, "||", 2, "'12'"}, {1.0, "||", true, "'1.0true'"},
		{[]any{1}, "||", []any{2}, "[1, 2]"}, {[]any{1}, "||", "a", "[1, 'a']"}, {"a", "||", []any{1}, "['a', 1]"},
		{[]byte("a"), "||", []byte("b"), "x'6162'"}, {[]byte("a"), "||", "b", "NULL"}, {map[string]any{}, "||", "b", "NULL"},
		{"a", "+", 1, "NULL"}, {"5", "*", 1, "NULL"},
	} {
		e := NewArith(c.op, lit(t, c.a), lit(t, c.b))
		if got := eval(t, e); got != c.want {
			t.Errorf("%s = %s, want %s", e, got, c.want)
		}
	}
	for _, c := range []struct {
		e    Expr
		want string
	}{
		{&Negate{lit(t, 3)}, "-3"}, {&Negate{lit(t, 1.5)}, "-1.5"}, {&Negate{lit(t, true)}, "-1"}, {&Negate{lit(t, null)}, "NULL"}, {&Negate{lit(t, "a")}, "NULL"},
		{&Negate{lit(t, least)}, "error: integer overflow: 0 - -9223372036854775808"},
		{&BitNot{lit(t, 5)}, "-6"}, {&BitNot{lit(t, 1.5)}, "NULL"}, {&BitNot{lit(t, missing)}, "NULL"},
	} {
		if got := eval(t, c.e); got != c.want {
			t.Errorf("%s = %s, want %s", c.e, got, c.want)
		}
	}
}

// TestIntegersAreExactOrOverflow compares with numbers of any size.
func TestIntegersAreExactOrOverflow(t *testing.T) {
	r := newRand(t)
	edges := []int64{0, 1, -1, 2, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1, 1 << 31, 1 << 32, -1 << 32, 3037000500, -3037000500}
	random := func() int64 {
		if r.IntN(2) == 0 {
			return edges[r.IntN(len(edges))]
		}
		return int64(r.Uint64()) >> r.IntN(64)
	}
	for range 20000 {
		a, b := random(), random()
		x, y := big.NewInt(a), big.NewInt(b)
		for op, want := range map[ArithOp]*big.Int{Add: new(big.Int).Add(x, y), Subtract: new(big.Int).Sub(x, y), Multiply: new(big.Int).Mul(x, y)} {
			got, err := op.ints(a, b)
			switch {
			case want.IsInt64() && (err != nil || got.AsInt() != want.Int64()):
				t.Errorf("%d %s %d = %s, %v", a, op, b, literalText(got), err)
			case !want.IsInt64() && !errors.Is(err, ErrOverflow):
				t.Errorf("%d %s %d = %s, %v", a, op, b, literalText(got), err)
			}
		}
	}
}

func TestWrongStoredKindsAreCounted(t *testing.T) {
	f := frame(t, `{"_id": 1, "s": "x", "n": 4, "b": true}`)
	field := func(name string) Expr { return NewField(0, document.FieldPath(name), "") }
	check := func(e Expr, want string, count int64) {
		t.Helper()
		f.Run.WrongKind = 0
		if got := literalText(mustEval(t, f, e)); got != want || f.Run.WrongKind != count {
			t.Errorf("%s = %s with %d wrong kinds, want %s with %d", e, got, f.Run.WrongKind, want, count)
		}
	}
	check(NewArith("+", field("s"), lit(t, 1)), "NULL", 1)
	check(NewArith("+", field("n"), field("b")), "5", 0)
	check(call(t, "UPPER", field("n")), "NULL", 1)
	check(call(t, "UPPER", field("none")), "NULL", 0)
	check(NewArith("+", &Negate{field("s")}, &BitNot{field("s")}), "NULL", 2)
}

func TestCheckArith(t *testing.T) {
	for _, c := range []struct {
		op   string
		a, b any
		want string
	}{
		{"+", "a", 1, "+: expected a number or a boolean, found string"},
		{"*", 1, []any{}, "*: expected a number or a boolean, found array"},
		{"&", 1.5, 1, "&: expected a whole number or a boolean, found float"},
		{"+", true, null, ""},
		{"||", 1, []any{}, ""},
	} {
		got := ""
		if err := CheckArith(c.op, lit(t, c.a), lit(t, c.b)); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%v %s %v: %q, want %q", c.a, c.op, c.b, got, c.want)
		}
	}
}
