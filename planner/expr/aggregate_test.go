package expr

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

func accumulator(t testing.TB, name string) Accumulator {
	t.Helper()
	a, ok := LookupAggregate(name)
	if !ok {
		t.Fatalf("no aggregate %s", name)
	}
	return a.New()
}

func result(t testing.TB, acc Accumulator) string {
	t.Helper()
	v, err := acc.Result()
	if err != nil {
		return "error: " + err.Error()
	}
	return literalText(v)
}

func TestAggregates(t *testing.T) {
	const most = int64(math.MaxInt64)
	for _, c := range []struct {
		name   string
		values []any
		want   string
	}{
		{"count", nil, "0"},
		{"COUNT", []any{1, null, missing, "x", false}, "3"},
		{"SUM", nil, "NULL"},
		{"SUM", []any{null, "x", []any{1}}, "NULL"},
		{"SUM", []any{1, 2.5, true, "x"}, "4.5"},
		{"SUM", []any{1, true}, "2"},
		{"SUM", []any{most, most, -most}, "9223372036854775807"},
		{"SUM", []any{most, 1}, "error: integer overflow in SUM"},
		{"SUM", []any{int64(math.MinInt64), -1}, "error: integer overflow in SUM"},
		{"SUM", []any{int64(math.MinInt64), -1, 1}, "-9223372036854775808"},
		{"SUM", []any{most, 1, 0.5}, literalText(document.Float(9223372036854775808))},
		{"SUM", []any{1e100, 1, -1e100}, "1.0"},
		{"SUM", []any{1.0, 1e100, 1.0, -1e100}, "2.0"},
		{"SUM", []any{math.Inf(1), 1}, "CAST('Infinity' AS FLOAT)"},
		{"SUM", []any{math.Inf(1), math.Inf(-1)}, "CAST('NaN' AS FLOAT)"},
		{"TOTAL", nil, "0.0"},
		{"TOTAL", []any{1, 2}, "3.0"},
		{"AVG", nil, "NULL"},
		{"AVG", []any{1, 2, "x", null}, "1.5"},
		{"AVG", []any{most, most}, literalText(document.Float(math.MaxInt64))},
		{"MIN", []any{"b", null, 3, 2.5, "a"}, "2.5"},
		{"MAX", []any{"b", null, 3, "a", missing}, "'b'"},
		{"MIN", []any{null}, "NULL"},
		{"MAX", []any{[]any{1}, []any{2}, map[string]any{"a": 1}}, "[2]"},
		{"GROUP_CONCAT", []any{"a", null, 1, true}, "'a,1,true'"},
		{"STRING_AGG", nil, "NULL"},
		{"STRING_AGG", []any{""}, "''"},
		{"ARRAY_AGG", []any{"a", null, 1, map[string]any{"b": 1}}, "['a', 1, {b: 1}]"},
		{"ARRAY_AGG", nil, "NULL"},
	} {
		whole := accumulator(t, c.name)
		for _, x := range c.values {
			if err := whole.Add(val(t, x)); err != nil {
				t.Fatal(err)
			}
		}
		if got := result(t, whole); got != c.want {
			t.Errorf("%s of %v = %s, want %s", c.name, c.values, got, c.want)
		}
		// In every division in two, the states merged give the same.
		for cut := range len(c.values) + 1 {
			parts := [2]Accumulator{accumulator(t, c.name), accumulator(t, c.name)}
			for i, x := range c.values {
				part := parts[0]
				if i >= cut {
					part = parts[1]
				}
				if err := part.Add(val(t, x)); err != nil {
					t.Fatal(err)
				}
			}
			merged := accumulator(t, c.name)
			for _, p := range parts {
				if err := merged.Merge(p.Append([]byte("xyz"))[3:]); err != nil {
					t.Fatal(err)
				}
			}
			if got := result(t, merged); got != c.want {
				t.Errorf("%s of %v merged at %d = %s, want %s", c.name, c.values, cut, got, c.want)
			}
		}
	}
}

func TestSumIsExactIn128Bits(t *testing.T) {
	r := newRand(t)
	for range 200 {
		acc, want := accumulator(t, "SUM"), new(big.Int)
		for range r.IntN(50) + 1 {
			i := int64(r.Uint64()) >> r.IntN(64)
			want.Add(want, big.NewInt(i))
			if err := acc.Add(document.Int(i)); err != nil {
				t.Fatal(err)
			}
		}
		got, err := acc.Result()
		switch {
		case want.IsInt64() && (err != nil || got.AsInt() != want.Int64()):
			t.Errorf("%s, %v, want %s", literalText(got), err, want)
		case !want.IsInt64() && !errors.Is(err, ErrOverflow):
			t.Errorf("%s, %v for %s", literalText(got), err, want)
		}
	}
}

func TestMeansOfNegativeIntegers(t *testing.T) {
	for _, c := range []struct {
		values []int64
		want   float64
	}{
		{[]int64{-4, -2}, -3},
		{[]int64{-1}, -1},
		{[]int64{math.MinInt64, math.MinInt64, 0, 0}, math.MinInt64 / 2},
		{[]int64{math.MaxInt64, math.MinInt64}, -0.5},
		{[]int64{1 << 62, -(1 << 62), -7}, -7.0 / 3},
	} {
		agg, _ := LookupAggregate("AVG")
		mean := agg.New()
		for _, v := range c.values {
			if err := mean.Add(document.Int(v)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := mean.Result(); err != nil || got.AsFloat() != c.want {
			t.Errorf("AVG of %v = %v, %v, want %v", c.values, got.AsFloat(), err, c.want)
		}
	}
}

func TestAccumulatorsKeepNothingBorrowed(t *testing.T) {
	for _, name := range []string{"MIN", "MAX", "GROUP_CONCAT", "ARRAY_AGG"} {
		acc := accumulator(t, name)
		text := []byte("hello")
		if err := acc.Add(document.Array([]document.Value{document.StringBytes(text)})); err != nil {
			t.Fatal(err)
		}
		before := result(t, acc)
		copy(text, "XXXXX")
		if after := result(t, acc); after != before || acc.Size() == 0 {
			t.Errorf("%s: %s became %s; size %d", name, before, after, acc.Size())
		}
	}
}

func TestDamagedStatesAreErrors(t *testing.T) {
	for _, a := range Aggregates() {
		acc := a.New()
		if err := acc.Merge([]byte{0xFE, 1, 2}); err == nil {
			t.Errorf("%s took a damaged state", a.Name)
		}
	}
}

func TestSizesTellWhatIsHeld(t *testing.T) {
	for name, least := range map[string]int{"COUNT": 0, "SUM": 0, "MIN": 1000, "MAX": 1000, "GROUP_CONCAT": 1000, "ARRAY_AGG": 1000} {
		acc := accumulator(t, name)
		for _, x := range []any{long(1000), []any{map[string]any{"a": long(1000)}}, []byte(long(1000)), 1} {
			if err := acc.Add(val(t, x)); err != nil {
				t.Fatal(err)
			}
		}
		if acc.Size() < least || least == 0 && acc.Size() != 0 {
			t.Errorf("%s holds %d bytes", name, acc.Size())
		}
	}
}

func TestCollectingAggregatesAreBounded(t *testing.T) {
	big := document.String(long(maxResult / 4))
	for _, name := range []string{"GROUP_CONCAT", "ARRAY_AGG"} {
		acc := accumulator(t, name)
		var err error
		for range 5 {
			if err == nil {
				err = acc.Add(big)
			}
		}
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAggregateChecksAndResults(t *testing.T) {
	for _, c := range []struct {
		name string
		arg  Expr
		err  string
		want Static
	}{
		{"COUNT", nil, "", Static{Kind: document.KindInt, Numeric: true, NotNull: true}},
		{"SUM", lit(t, "x"), "SUM: expected a number or a boolean, found string", Static{Numeric: true}},
		{"SUM", lit(t, 1), "", Static{Kind: document.KindInt, Numeric: true}},
		{"SUM", lit(t, 1.5), "", Static{Kind: document.KindFloat, Numeric: true}},
		{"SUM", &Param{Ordinal: 1}, "", Static{Numeric: true}},
		{"AVG", lit(t, 1), "", Static{Kind: document.KindFloat, Numeric: true}},
		{"MIN", lit(t, "x"), "", Static{Kind: document.KindString}},
		{"GROUP_CONCAT", lit(t, []byte("x")), "GROUP_CONCAT: expected a number, a string, a boolean, a timestamp, an array or an object, found bytes", Static{Kind: document.KindString}},
	} {
		a, _ := LookupAggregate(c.name)
		got := ""
		if err := a.Check(c.arg); err != nil {
			got = err.Error()
		}
		if got != c.err || a.Result(c.arg) != c.want {
			t.Errorf("%s(%v): %q and %+v", c.name, c.arg, got, a.Result(c.arg))
		}
	}
}

func TestSeparatedText(t *testing.T) {
	plain, _ := LookupAggregate("string_agg")
	for by, want := range map[string]string{",": "'a,b,c'", "": "'abc'", "; ": "'a; b; c'"} {
		parts := [2]Accumulator{plain.Separated(by).New(), plain.Separated(by).New()}
		for i, text := range []string{"a", "b", "c"} {
			if err := parts[i/2].Add(document.String(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := parts[0].Merge(parts[1].Append(nil)); err != nil {
			t.Fatal(err)
		}
		if got := result(t, parts[0]); got != want {
			t.Errorf("separated by %q: %s, want %s", by, got, want)
		}
	}
	if got := plain.Separated("'").Call("x"); got != "STRING_AGG(x, '''')" || plain.Separated(",").Call("x") != "STRING_AGG(x)" {
		t.Errorf("printed as %s and %s", got, plain.Separated(",").Call("x"))
	}
}
