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
		{"JSON_AGG", []any{"a", null, missing}, "['a', NULL, NULL]"},
		{"JSON_AGG", nil, "NULL"},
		{"JSON_GROUP_ARRAY", nil, "[]"},
		{"OBJECT_AGG", []any{[]any{"a", 1}, []any{nil, 2}, []any{3, nil}, []any{"a", 4}, []any{[]any{}, 5}}, "{a: 4, \"3\": NULL}"},
		{"OBJECT_AGG", nil, "NULL"},
		{"JSON_GROUP_OBJECT", nil, "{}"},
		{"ANY_VALUE", []any{null, "b", "a"}, "'b'"},
		{"BOOL_AND", nil, "NULL"},
		{"BOOL_AND", []any{true, null, 1}, "TRUE"},
		{"BOOL_AND", []any{true, 0}, "FALSE"},
		{"BOOL_OR", []any{null}, "NULL"},
		{"BOOL_OR", []any{false, 0.0}, "FALSE"},
		{"BOOL_OR", []any{false, true}, "TRUE"},
		{"BIT_AND", []any{7, null, 13, "x"}, "5"},
		{"BIT_OR", []any{1, 4.0}, "5"},
		{"BIT_OR", nil, "NULL"},
		{"APPROX_COUNT_DISTINCT", []any{1, 1.0, "1", null, true, 1}, "3"},
		{"APPROX_COUNT_DISTINCT", nil, "0"},
		{"VAR_POP", []any{1, 3, null, 5, 7, "x"}, "5.0"},
		{"STDDEV_POP", []any{1, 5, 1, 5}, "2.0"},
		{"VARIANCE", []any{1, 2, 3, 4}, "1.6666666666666667"},
		{"STDDEV", []any{1}, "NULL"},
		{"STDDEV_POP", []any{1}, "0.0"},
		{"VAR_SAMP", []any{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}, "30.0"},
		{"MEDIAN", []any{3, 1, null, 2, "x"}, "2.0"},
		{"MEDIAN", []any{4, 1, 2, 3}, "2.5"},
		{"MEDIAN", nil, "NULL"},
		{"PERCENTILE_CONT", []any{[]any{10, 0.25}, []any{30, 0.25}, []any{20, 0.25}}, "15.0"},
		{"PERCENTILE_DISC", []any{[]any{"c", 0.5}, []any{"a", 0.5}, []any{"b", 0.5}, []any{"d", 0.5}}, "'b'"},
		{"PERCENTILE_DISC", []any{[]any{2, 0}, []any{1, 0}}, "1"},
		{"PERCENTILE_DISC", []any{[]any{2, 1}, []any{1, 1}}, "2"},
		{"MODE", []any{3, 1, 3, 1, null, null, null, 2}, "1"},
		{"MODE", nil, "NULL"},
		{"CORR", []any{[]any{2, 1}, []any{4, 2}, []any{nil, 9}, []any{6, 3}}, "1.0"},
		{"CORR", []any{[]any{2, 1}, []any{2, 2}}, "NULL"},
		{"COVAR_POP", []any{[]any{1, 1}, []any{3, 3}}, "1.0"},
		{"COVAR_SAMP", []any{[]any{1, 1}, []any{3, 3}}, "2.0"},
		{"COVAR_SAMP", []any{[]any{1, 1}}, "NULL"},
		{"REGR_SLOPE", []any{[]any{3, 1}, []any{5, 2}, []any{7, 3}}, "2.0"},
		{"REGR_INTERCEPT", []any{[]any{3, 1}, []any{5, 2}, []any{7, 3}}, "1.0"},
		{"REGR_R2", []any{[]any{3, 1}, []any{5, 2}, []any{7, 3}}, "1.0"},
		{"REGR_AVGX", []any{[]any{3, 1}, []any{5, 3}}, "2.0"},
		{"REGR_AVGY", []any{[]any{3, 1}, []any{5, 3}}, "4.0"},
		{"REGR_COUNT", []any{[]any{3, 1}, []any{5, nil}}, "1"},
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
		if c.arg != nil {
			if _, err := a.Check([]Expr{c.arg}); err != nil {
				got = err.Error()
			}
		}
		if got != c.err || a.Result(c.arg) != c.want {
			t.Errorf("%s(%v): %q and %+v", c.name, c.arg, got, a.Result(c.arg))
		}
	}
}

func TestSeparatedText(t *testing.T) {
	plain, _ := LookupAggregate("string_agg")
	bind := func(by string) (*Aggregate, Expr) {
		agg, arg, err := plain.Bind([]Expr{NewField(0, document.FieldPath("x"), ""), lit(t, by)}, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		return agg, arg
	}
	for by, want := range map[string]string{",": "'a,b,c'", "": "'abc'", "; ": "'a; b; c'"} {
		agg, _ := bind(by)
		parts := [2]Accumulator{agg.New(), agg.New()}
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
	for by, want := range map[string]string{"'": "STRING_AGG(x, '''')", ",": "STRING_AGG(x)"} {
		agg, arg := bind(by)
		if got := agg.Call(arg, false); got != want {
			t.Errorf("printed as %s", got)
		}
	}
}
