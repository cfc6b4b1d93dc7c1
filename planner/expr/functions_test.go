package expr

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

// TestFunctions has at least one row for each function; the arguments are constants.
func TestFunctions(t *testing.T) {
	at := func(s string) document.Value { return ts(t, s) }
	moment := at("2024-05-06T07:08:09.123456Z")
	for _, c := range []struct {
		name string
		args []any
		want string
	}{
		{"LENGTH", []any{"äb"}, "2"},
		{"LENGTH", []any{[]byte("äb")}, "3"},
		{"LENGTH", []any{null}, "NULL"},
		{"CHAR_LENGTH", []any{"𝄞"}, "1"},
		{"OCTET_LENGTH", []any{"äb"}, "3"},
		{"UPPER", []any{"äb"}, "'ÄB'"},
		{"LOWER", []any{"ÄB"}, "'äb'"},
		{"INITCAP", []any{"hello wORLD, x2y"}, "'Hello World, X2y'"},
		{"TRIM", []any{"  x "}, "'x'"},
		{"TRIM", []any{"xxaxx", "x"}, "'a'"},
		{"LTRIM", []any{"xxa", "x"}, "'a'"},
		{"RTRIM", []any{"axx", "x"}, "'a'"},
		{"SUBSTR", []any{"hello", 2, 3}, "'ell'"},
		{"SUBSTR", []any{"hello", -3}, "'llo'"},
		{"SUBSTR", []any{"hello", 0, 2}, "'h'"},
		{"SUBSTR", []any{"hello", -7, 4}, "'he'"},
		{"SUBSTR", []any{"hello", 3, -2}, "'he'"},
		{"SUBSTR", []any{"hello", 10}, "''"},
		{"SUBSTR", []any{"hello", 2.0, 1.0}, "'e'"},
		{"SUBSTR", []any{"hello", int64(math.MinInt64), int64(math.MaxInt64)}, "'hello'"},
		{"SUBSTR", []any{"hello", int64(math.MaxInt64), int64(math.MinInt64)}, "'hello'"},
		{"SUBSTR", []any{[]byte("hello"), 2, 2}, "x'656c'"},
		{"SUBSTRING", []any{"日本語", 2, 1}, "'本'"},
		{"LEFT", []any{"hello", 2}, "'he'"},
		{"LEFT", []any{"hello", -2}, "'hel'"},
		{"RIGHT", []any{"hello", 2}, "'lo'"},
		{"RIGHT", []any{"hello", -2}, "'llo'"},
		{"RIGHT", []any{"hello", int64(math.MinInt64)}, "''"},
		{"INSTR", []any{"hello", "l"}, "3"},
		{"INSTR", []any{"äl", "l"}, "2"},
		{"INSTR", []any{"hello", "z"}, "0"},
		{"STRPOS", []any{"hello", ""}, "1"},
		{"STARTS_WITH", []any{"hello", "he"}, "TRUE"},
		{"ENDS_WITH", []any{"hello", "lo"}, "TRUE"},
		{"CONTAINS", []any{"hello", "xx"}, "FALSE"},
		{"UNICODE", []any{"äb"}, "228"},
		{"ASCII", []any{""}, "NULL"},
		{"REPLACE", []any{"aXbX", "X", "-"}, "'a-b-'"},
		{"REPLACE", []any{"abc", "", "-"}, "'abc'"},
		{"REPEAT", []any{"ab", 3}, "'ababab'"},
		{"REPEAT", []any{"ab", -1}, "''"},
		{"REVERSE", []any{"abä"}, "'äba'"},
		{"LPAD", []any{"7", 3, "0"}, "'007'"},
		{"LPAD", []any{"hello", 2}, "'he'"},
		{"LPAD", []any{"a", 6, "xyz"}, "'xyzxya'"},
		{"RPAD", []any{"ä", 3}, "'ä  '"},
		{"RPAD", []any{"a", 3, ""}, "'a'"},
		{"CONCAT", []any{"a", 1, null, true, 1.5, []any{1}}, "'a1true1.5[1]'"},
		{"CONCAT_WS", []any{"-", "a", null, "b"}, "'a-b'"},
		{"CONCAT_WS", []any{null, "a"}, "NULL"},
		{"SPLIT", []any{"a,b,", ","}, "['a', 'b', '']"},
		{"SPLIT", []any{"äb", ""}, "['ä', 'b']"},
		{"SPLIT_PART", []any{"a,b,c", ",", 2}, "'b'"},
		{"SPLIT_PART", []any{"a,b,c", ",", -1}, "'c'"},
		{"SPLIT_PART", []any{"a,b,c", ",", 4}, "''"},
		{"SPLIT_PART", []any{"a", "", 1}, "'a'"},
		{"SPLIT_PART", []any{"a", ",", int64(math.MinInt64)}, "''"},
		{"CHAR", []any{97, 228}, "'aä'"},
		{"CHR", []any{0xD800}, "error: CHAR: 55296 is no code point"},
		{"HEX", []any{"ab"}, "'6162'"},
		{"UNHEX", []any{"6162"}, "x'6162'"},
		{"UNHEX", []any{"616"}, "NULL"},
		{"QUOTE", []any{"it's"}, "'''it''''s'''"},
		{"QUOTE", []any{null}, "'NULL'"},
		{"QUOTE", []any{missing}, "'NULL'"},

		{"ABS", []any{-3}, "3"},
		{"ABS", []any{-3.5}, "3.5"},
		{"ABS", []any{int64(math.MinInt64)}, "error: integer overflow: ABS(-9223372036854775808)"},
		{"SIGN", []any{-4}, "-1"},
		{"SIGN", []any{0.0}, "0"},
		{"ROUND", []any{2.5}, "3.0"},
		{"ROUND", []any{-2.5}, "-3.0"},
		{"ROUND", []any{7}, "7"},
		{"ROUND", []any{2.345, 2}, "2.35"},
		{"ROUND", []any{-2.345, 2}, "-2.35"},
		{"ROUND", []any{9.99, 1}, "10.0"},
		{"ROUND", []any{0.05, 1}, "0.1"},
		{"ROUND", []any{0.04, 1}, "0.0"},
		{"ROUND", []any{1234.5, -2}, "1200.0"},
		{"ROUND", []any{1250, -2}, "1300"},
		{"ROUND", []any{-1250, -2}, "-1300"},
		{"ROUND", []any{5, -25}, "0"},
		{"ROUND", []any{int64(math.MaxInt64), -1}, "error: integer overflow: ROUND(9223372036854775807)"},
		{"ROUND", []any{int64(math.MinInt64), -19}, "error: integer overflow: ROUND(-9223372036854775808)"},
		{"ROUND", []any{1e300, 2}, literalText(document.Float(1e300))},
		{"ROUND", []any{1.5, int64(math.MaxInt64)}, "1.5"},
		{"ROUND", []any{1.5, int64(math.MinInt64)}, "0.0"},
		{"TRUNC", []any{-1.5}, "-1.0"},
		{"FLOOR", []any{-1.5}, "-2.0"},
		{"CEIL", []any{1.2}, "2.0"},
		{"CEILING", []any{3}, "3"},
		{"MOD", []any{7, 3}, "1"},
		{"MOD", []any{7, 0}, "NULL"},
		{"MOD", []any{-7.5, 2}, "-1.5"},
		{"POWER", []any{2, 10}, "1024.0"},
		{"POW", []any{-8, 1.0 / 3}, "NULL"},
		{"SQRT", []any{16}, "4.0"},
		{"SQRT", []any{-1}, "NULL"},
		{"EXP", []any{0}, "1.0"},
		{"LN", []any{1}, "0.0"},
		{"LN", []any{0}, "NULL"},
		{"LOG", []any{1000}, "3.0"},
		{"LOG", []any{2, 8}, "3.0"},
		{"LOG", []any{1, 8}, "NULL"},
		{"LOG2", []any{8}, "3.0"},
		{"LOG10", []any{100}, "2.0"},
		{"SIN", []any{0}, "0.0"},
		{"COS", []any{0}, "1.0"},
		{"TAN", []any{0}, "0.0"},
		{"ATAN2", []any{0, 1}, "0.0"},
		{"PI", nil, "3.141592653589793"},

		{"COALESCE", []any{null, missing, 3}, "3"},
		{"IFNULL", []any{null, "x"}, "'x'"},
		{"NULLIF", []any{1, 1.0}, "NULL"},
		{"NULLIF", []any{1, 2}, "1"},
		{"NULLIF", []any{1, null}, "1"},
		{"IIF", []any{true, "yes", "no"}, "'yes'"},
		{"IF", []any{null, "yes"}, "NULL"},
		{"GREATEST", []any{1, 3, 2, null}, "3"},
		{"LEAST", []any{"b", "a"}, "'a'"},
		{"MAX", []any{1, 2.5}, "2.5"},
		{"MIN", []any{null, null}, "NULL"},

		{"NOW", nil, "TIMESTAMP '2024-05-06T07:08:09.123456789Z'"},
		{"CURRENT_DATE", nil, "TIMESTAMP '2024-05-06T00:00:00Z'"},
		{"CURRENT_TIME", nil, "'07:08:09'"},
		{"DATE", []any{"2024-05-06 07:08:09"}, "TIMESTAMP '2024-05-06T00:00:00Z'"},
		{"DATE", []any{"x"}, "NULL"},
		{"DATE_TRUNC", []any{"month", moment}, "TIMESTAMP '2024-05-01T00:00:00Z'"},
		{"DATE_TRUNC", []any{"Weeks", moment}, "TIMESTAMP '2024-05-06T00:00:00Z'"},
		{"DATE_TRUNC", []any{"week", "2024-05-05"}, "TIMESTAMP '2024-04-29T00:00:00Z'"},
		{"DATE_TRUNC", []any{"quarter", moment}, "TIMESTAMP '2024-04-01T00:00:00Z'"},
		{"DATE_TRUNC", []any{"year", moment}, "TIMESTAMP '2024-01-01T00:00:00Z'"},
		{"DATE_TRUNC", []any{"hour", moment}, "TIMESTAMP '2024-05-06T07:00:00Z'"},
		{"DATE_TRUNC", []any{"minute", moment}, "TIMESTAMP '2024-05-06T07:08:00Z'"},
		{"DATE_TRUNC", []any{"second", moment}, "TIMESTAMP '2024-05-06T07:08:09Z'"},
		{"DATE_TRUNC", []any{"millisecond", moment}, "TIMESTAMP '2024-05-06T07:08:09.123Z'"},
		{"DATE_TRUNC", []any{"eon", moment}, "error: DATE_TRUNC: unknown unit 'eon', expected second, minute, hour, day, week, month, quarter or year"},
		{"DATE_PART", []any{"dow", moment}, "1"},
		{"DATE_PART", []any{"isodow", "2024-05-05"}, "7"},
		{"DATE_PART", []any{"doy", moment}, "127"},
		{"DATE_PART", []any{"week", moment}, "19"},
		{"DATE_PART", []any{"quarter", moment}, "2"},
		{"DATE_PART", []any{"milliseconds", moment}, "9123"},
		{"DATE_PART", []any{"microsecond", moment}, "9123456"},
		{"EXTRACT", []any{"EPOCH", "2024-05-01"}, "1714521600"},
		{"EXTRACT", []any{"s", "2024-05-01"}, "error: DATE_PART: unknown part 's', expected second, minute, hour, day, week, month, quarter, year, dow, doy or epoch"},
		{"DATE_ADD", []any{at("2024-01-31"), 1, "month"}, "TIMESTAMP '2024-02-29T00:00:00Z'"},
		{"DATE_ADD", []any{at("2024-02-29"), 1, "year"}, "TIMESTAMP '2025-02-28T00:00:00Z'"},
		{"DATE_ADD", []any{at("2024-01-31"), -1, "quarter"}, "TIMESTAMP '2023-10-31T00:00:00Z'"},
		{"DATE_ADD", []any{at("2024-01-31"), 36, "hours"}, "TIMESTAMP '2024-02-01T12:00:00Z'"},
		{"DATE_ADD", []any{at("2024-01-31"), -1, "microsecond"}, "TIMESTAMP '2024-01-30T23:59:59.999999Z'"},
		{"DATE_ADD", []any{at("2024-01-31"), 3000000, "day"}, "error: timestamp 10237-10-21T00:00:00Z is outside years 1 to 9999"},
		{"DATE_ADD", []any{at("2024-01-31"), int64(math.MaxInt64), "week"}, "error: timestamp overflow: 9223372036854775807 units of time"},
		{"DATE_ADD", []any{at("2024-01-31"), int64(300000000000000000), "week"}, "error: timestamp overflow: 300000000000000000 units of time"},
		{"DATE_ADD", []any{at("2024-01-31"), int64(300000000000000000), "year"}, "error: timestamp overflow: 3600000000000000000 months"},
		{"DATE_SUB", []any{"2024-03-31", 1, "month"}, "TIMESTAMP '2024-02-29T00:00:00Z'"},
		{"DATE_DIFF", []any{"day", "2024-05-01", "2024-05-06"}, "5"},
		{"DATE_DIFF", []any{"day", "2024-05-01 23:59", "2024-05-02 00:01"}, "1"},
		{"DATE_DIFF", []any{"month", "2024-05-01", "2023-12-31"}, "-5"},
		{"DATE_DIFF", []any{"year", "0001-01-01", "9999-12-31"}, "9998"},
		{"DATE_DIFF", []any{"microsecond", "0001-01-01", "9999-12-31"}, "315537811200000000"},
		{"DATE_DIFF", []any{"week", "2024-05-05", "2024-05-06"}, "1"},
		{"STRFTIME", []any{"%Y-%m-%d %H:%M:%S %j %w %% %s", moment}, "'2024-05-06 07:08:09 127 1 % 1714979289'"},
		{"STRFTIME", []any{"%f %V %G %b %A%", moment}, "'09.123 19 2024 May Monday%'"},
		{"STRFTIME", []any{"%Q", moment}, `error: STRFTIME: unknown form "%Q"`},
		{"TO_TIMESTAMP", []any{1714979289}, "TIMESTAMP '2024-05-06T07:08:09Z'"},
		{"TO_TIMESTAMP", []any{-0.5}, "TIMESTAMP '1969-12-31T23:59:59.5Z'"},
		{"TO_TIMESTAMP", []any{"2024-05-01"}, "TIMESTAMP '2024-05-01T00:00:00Z'"},
		{"TO_TIMESTAMP", []any{1e300}, "error: timestamp overflow: 1e+300 seconds after 1970"},
		{"TO_TIMESTAMP", []any{math.NaN()}, "error: timestamp overflow: CAST('NaN' AS FLOAT) seconds after 1970"},
		{"UNIXEPOCH", []any{moment}, "1714979289"},
		{"YEAR", []any{moment}, "2024"},
		{"MONTH", []any{moment}, "5"},
		{"DAY", []any{moment}, "6"},
		{"HOUR", []any{moment}, "7"},
		{"MINUTE", []any{moment}, "8"},
		{"SECOND", []any{moment}, "9"},
		{"SECOND", []any{"never"}, "NULL"},

		{"ARRAY_LENGTH", []any{[]any{1, 2}}, "2"},
		{"CARDINALITY", []any{[]any{}}, "0"},
		{"ARRAY_CONTAINS", []any{[]any{1, 2}, 2.0}, "TRUE"},
		{"ARRAY_CONTAINS", []any{[]any{1, nil}, null}, "NULL"},
		{"ARRAY_POSITION", []any{[]any{"a", "b"}, "b"}, "1"},
		{"ARRAY_POSITION", []any{[]any{"a", "b"}, "c"}, "NULL"},
		{"ARRAY_APPEND", []any{[]any{1}, 2, missing}, "[1, 2, NULL]"},
		{"ARRAY_APPEND", []any{null, 2}, "NULL"},
		{"ARRAY_PREPEND", []any{0, []any{1}}, "[0, 1]"},
		{"ARRAY_PREPEND", []any{0, null}, "NULL"},
		{"ARRAY_CONCAT", []any{[]any{1}, []any{2, 3}}, "[1, 2, 3]"},
		{"ARRAY_REMOVE", []any{[]any{1, nil, 1.0, 2}, 1}, "[NULL, 2]"},
		{"ARRAY_REMOVE", []any{[]any{1, nil}, null}, "[1]"},
		{"ARRAY_DISTINCT", []any{[]any{1, 1.0, nil, 2, nil}}, "[1, NULL, 2]"},
		{"ARRAY_SORT", []any{[]any{"a", 2, nil, 1.5}}, "[NULL, 1.5, 2, 'a']"},
		{"ARRAY_REVERSE", []any{[]any{1, 2}}, "[2, 1]"},
		{"ARRAY_JOIN", []any{[]any{1, nil, "b"}, "-"}, "'1-b'"},
		{"ARRAY_SUM", []any{[]any{1, 2.5, "x", true}}, "4.5"},
		{"ARRAY_AVG", []any{[]any{1, 2}}, "1.5"},
		{"ARRAY_MIN", []any{[]any{nil, "a", 3}}, "3"},
		{"ARRAY_MAX", []any{[]any{nil, "a", 3}}, "'a'"},
		{"SLICE", []any{[]any{10, 20, 30}, 0, 2}, "[10, 20]"},
		{"ARRAY_SLICE", []any{[]any{10, 20, 30}, -1}, "[30]"},
		{"SLICE", []any{[]any{10}, int64(math.MinInt64), int64(math.MaxInt64)}, "[10]"},

		{"OBJECT_LENGTH", []any{map[string]any{"a": 1}}, "1"},
		{"OBJECT_KEYS", []any{map[string]any{"a": 1, "b": 2}}, "['a', 'b']"},
		{"OBJECT_VALUES", []any{map[string]any{"a": 1, "b": 2}}, "[1, 2]"},
		{"OBJECT_PAIRS", []any{map[string]any{"a": 1}}, "[{name: 'a', value: 1}]"},
		{"OBJECT_MERGE", []any{map[string]any{"a": 1, "b": 2}, map[string]any{"b": 3, "c": 4}}, "{a: 1, b: 3, c: 4}"},
		{"OBJECT_GET", []any{map[string]any{"a b": 1}, "a b"}, "1"},
		{"OBJECT_GET", []any{map[string]any{}, "a"}, "MISSING"},
		{"OBJECT_HAS", []any{map[string]any{"a": nil}, "a"}, "TRUE"},

		{"TYPE_OF", []any{missing}, "'missing'"},
		{"TYPE_OF", []any{null}, "'null'"},
		{"TYPEOF", []any{1.0}, "'float'"},
		{"TO_JSON", []any{map[string]any{"a": []any{1, nil}}}, `'{"a":[1,null]}'`},
		{"TO_JSON", []any{null}, "'null'"},
		{"EXACT_JSON", []any{[]byte("a")}, `'{"$binary":{"base64":"YQ==","subType":"00"}}'`},
		{"PARSE_JSON", []any{`{"a": [1, 2.5]}`}, "{a: [1, 2.5]}"},
		{"REGEXP", []any{"^a+$", "aaa"}, "TRUE"},
		{"REGEXP", []any{"b", "aaa"}, "FALSE"},
		{"GLOB", []any{"*.[ch]", "main.c"}, "TRUE"},
		{"GLOB", []any{"*.[^ch]", "main.c"}, "FALSE"},
		{"GLOB", []any{"a?c", "aäc"}, "TRUE"},
		{"GLOB", []any{"[[]]*", "[]x"}, "TRUE"},
		{"GLOB", []any{"a[", "a["}, "TRUE"},
		{"GLOB", []any{"a.c", "abc"}, "FALSE"},
	} {
		args := make([]string, len(c.args))
		for i, a := range c.args {
			args[i] = literalText(val(t, a))
		}
		if got := eval(t, call(t, c.name, c.args...)); got != c.want {
			t.Errorf("%s(%s) = %s, want %s", c.name, strings.Join(args, ", "), got, c.want)
		}
		delete(untested, c.name)
		if fn, _ := Lookup(c.name); fn.Alias != "" {
			delete(untested, fn.Alias)
		}
	}
	for name := range untested {
		t.Errorf("%s is not tested", name)
	}
}

// untested are the functions, under their first name, that TestFunctions has to come by.
var untested = func() map[string]bool {
	m := map[string]bool{}
	for _, fn := range Functions() {
		m[fn.Name] = fn.Alias == "" && !fn.Volatile
		if !m[fn.Name] {
			delete(m, fn.Name)
		}
	}
	return m
}()

func TestVolatileFunctionsGiveNewValues(t *testing.T) {
	for _, name := range []string{"RANDOM", "UUID"} {
		e := call(t, name)
		first, second := eval(t, e), eval(t, e)
		if !Volatile(e) || first == second {
			t.Errorf("%s gives the same twice", name)
		}
	}
	if Volatile(call(t, "NOW")) {
		t.Error("NOW is the same for a whole statement")
	}
}

func TestFunctionsGivenAWrongStoredKindAreNull(t *testing.T) {
	for _, fn := range Functions() {
		if len(fn.Args) == 0 || fn.lazy != nil {
			continue
		}
		for _, v := range samples(t) {
			if v.IsNull() || fn.takes(0).Has(v.Kind()) {
				continue
			}
			if i, ok := wholeNumber(v); ok && fn.takes(0).Has(document.KindInt) && i == 0 {
				continue
			}
			args := []Expr{stored(v)}
			for len(args) < fn.MinArgs {
				args = append(args, stored(v))
			}
			f := frame(t, "")
			got, err := NewCall(fn, args).Eval(f)
			if _, whole := wholeNumber(v); whole && fn.takes(0).Has(document.KindInt) {
				continue
			}
			if err != nil || got.Kind() != document.KindNull || f.Run.WrongKind != 1 || len(f.args) != 0 {
				t.Errorf("%s(%s) = %s, %v, %d wrong kinds", fn.Name, literalText(v), literalText(got), err, f.Run.WrongKind)
			}
		}
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name string
		args []Expr
		want string
	}{
		{"UPPER", nil, "UPPER takes 1 argument, found 0"},
		{"UPPER", []Expr{lit(t, 1)}, "UPPER: expected a string as argument 1, found int"},
		{"SUBSTR", []Expr{lit(t, "a")}, "SUBSTR takes 2 to 3 arguments, found 1"},
		{"CONCAT", nil, "CONCAT takes at least 1 argument, found 0"},
		{"ARRAY_APPEND", nil, "ARRAY_APPEND takes at least 2 arguments, found 0"},
		{"PI", []Expr{lit(t, 1)}, "PI takes no arguments, found 1"},
		{"LENGTH", []Expr{lit(t, []any{})}, "LENGTH: expected a string or bytes as argument 1, found array"},
		{"SUBSTR", []Expr{lit(t, "a"), NewArith("+", &Param{Ordinal: 1}, lit(t, 1))}, ""},
		{"LENGTH", []Expr{NewArith("+", &Param{Ordinal: 1}, lit(t, 1))}, "LENGTH: expected a string or bytes as argument 1, found number"},
		{"TO_TIMESTAMP", []Expr{lit(t, true)}, "TO_TIMESTAMP: expected a number, a string or a timestamp as argument 1, found bool"},
		{"UPPER", []Expr{lit(t, null)}, ""},
		{"REPEAT", []Expr{lit(t, "a"), lit(t, 2.0)}, ""},
		{"REPEAT", []Expr{lit(t, "a"), lit(t, 2.5)}, "REPEAT: expected a whole number as argument 2, found float"},
		{"UPPER", []Expr{&Param{Ordinal: 1}}, ""},
		{"REPEAT", []Expr{lit(t, "a"), lit(t, "b")}, "REPEAT: expected a whole number as argument 2, found string"},
	} {
		fn, _ := Lookup(c.name)
		got := ""
		if err := fn.Check(c.args); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestResultsAreBounded(t *testing.T) {
	big := stored(document.String(long(maxResult)))
	for _, e := range []Expr{
		call(t, "REPEAT", "ab", maxResult),
		call(t, "REPEAT", "ab", int64(math.MaxInt64)),
		call(t, "LPAD", "a", int64(math.MaxInt64)),
		call(t, "RPAD", "a", maxResult/2, "日本"),
		call(t, "CONCAT", big, "x"),
		call(t, "CONCAT_WS", big, "x", "y"),
		call(t, "REPLACE", big, "x", "xy"),
		call(t, "HEX", big),
		call(t, "QUOTE", big),
		call(t, "TO_JSON", big),
		call(t, "SPLIT", big, ""),
		NewArith("||", big, lit(t, "x")),
	} {
		v, err := e.Eval(frame(t, ""))
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("%.40s gave %s, %v", e, v.Kind(), err)
		}
	}
}

func TestFunctionsAreDocumented(t *testing.T) {
	list := Functions()
	if len(list) < 60 {
		t.Errorf("%d functions", len(list))
	}
	for _, fn := range list {
		if fn.Doc == "" || !strings.HasPrefix(fn.Usage, fn.Name) || fn.Result == nil || fn.Family == "" || (fn.eval == nil) == (fn.lazy == nil) {
			t.Errorf("%s lacks something: %+v", fn.Name, fn)
		}
		if same, ok := Lookup(strings.ToLower(fn.Name)); !ok || same != fn {
			t.Errorf("%s is not found in lower case", fn.Name)
		}
	}
	for _, a := range Aggregates() {
		if a.Doc == "" || a.Usage == "" {
			t.Errorf("%s lacks something", a.Name)
		}
	}
}
