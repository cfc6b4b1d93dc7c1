package expr

import (
	"errors"
	"math"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

func TestCast(t *testing.T) {
	day := ts(t, "2024-05-01T10:00:00.5Z")
	for _, c := range []struct {
		x    any
		to   string
		want string
	}{
		{"12", "INTEGER", "12"}, {" -12 ", "int", "-12"}, {3.9, "INT", "3"}, {-3.9, "BIGINT", "-3"}, {true, "SMALLINT", "1"}, {"3.9", "INTEGER", "3"}, {"1e3", "INTEGER", "1000"},
		{"x", "INTEGER", "error: can't cast 'x' to INTEGER: it is not a number"},
		{"", "INTEGER", "error: can't cast '' to INTEGER: it is not a number"},
		{"0x10", "INTEGER", "error: can't cast '0x10' to INTEGER: it is not a number"},
		{"1_0", "FLOAT", "error: can't cast '1_0' to FLOAT: it is not a number"},
		{"9223372036854775808", "INTEGER", "error: can't cast '9223372036854775808' to INTEGER: it is out of range"},
		{1e300, "INTEGER", "error: can't cast " + literalText(document.Float(1e300)) + " to INTEGER: it is out of range"},
		{math.NaN(), "INTEGER", "error: can't cast CAST('NaN' AS FLOAT) to INTEGER: it is out of range"},
		{[]any{}, "INTEGER", "error: can't cast [] to INTEGER: values of kind array can't be converted"},
		{day, "INTEGER", "1714557600"},
		{"1.5", "FLOAT", "1.5"}, {12, "DOUBLE PRECISION", "12.0"}, {"NaN", "REAL", "CAST('NaN' AS FLOAT)"}, {"-inf", "FLOAT", "CAST('-Infinity' AS FLOAT)"},
		{"1e999", "FLOAT", "error: can't cast '1e999' to FLOAT: it is out of range"}, {"1e-999", "FLOAT", "0.0"}, {day, "FLOAT", "1714557600.5"},
		{12, "TEXT", "'12'"}, {1.0, "VARCHAR", "'1.0'"}, {true, "TEXT", "'true'"}, {[]any{1, nil}, "TEXT", "'[1,null]'"}, {day, "TEXT", "'2024-05-01T10:00:00.5Z'"},
		{[]byte("ab"), "TEXT", "'ab'"}, {[]byte{0xFF}, "TEXT", "error: can't cast x'ff' to TEXT: the bytes are not UTF-8"},
		{"ab", "BLOB", "x'6162'"}, {1, "BYTEA", "error: can't cast 1 to BYTEA: values of kind int can't be converted"},
		{"true", "BOOL", "TRUE"}, {"OFF", "BOOLEAN", "FALSE"}, {0.0, "BOOL", "FALSE"}, {2, "BOOL", "TRUE"}, {"maybe", "BOOL", "error: can't cast 'maybe' to BOOL: it is not a boolean"},
		{"2024-05-01T10:00:00Z", "TIMESTAMP", "TIMESTAMP '2024-05-01T10:00:00Z'"}, {0, "DATETIME", "TIMESTAMP '1970-01-01T00:00:00Z'"},
		{"soon", "TIMESTAMP", "error: can't cast 'soon' to TIMESTAMP: it is not a timestamp"},
		{1e18, "TIMESTAMP", "error: can't cast 1000000000000000000.0 to TIMESTAMP: timestamp overflow: 1000000000000000000.0 seconds after 1970"},
		{day, "DATE", "TIMESTAMP '2024-05-01T00:00:00Z'"},
		{`{"a": 1}`, "OBJECT", "{a: 1}"}, {`[1]`, "OBJECT", "error: can't cast '[1]' to OBJECT: the JSON text is of kind array"},
		{`[1]`, "ARRAY", "[1]"}, {1, "ARRAY", "error: can't cast 1 to ARRAY: values of kind int can't be converted"},
		{`"x"`, "JSON", "'x'"}, {1, "JSON", "1"}, {"x", "ANY", "'x'"}, {null, "INTEGER", "NULL"}, {missing, "TEXT", "NULL"},
	} {
		convert, kind, ok := ConversionFor(c.to)
		if !ok {
			t.Errorf("no conversion for %s", c.to)
			continue
		}
		e := NewCast(lit(t, c.x), c.to, convert, kind, false)
		if c.to == "int" {
			e = NewCast(lit(t, c.x), "INTEGER", convert, kind, false)
		}
		got := eval(t, e)
		if got != c.want {
			t.Errorf("%s = %s, want %s", e, got, c.want)
		}
		_, err := e.Eval(frame(t, ""))
		if err != nil && !errors.Is(err, ErrCast) {
			t.Errorf("%s: %v does not match ErrCast", e, err)
		}
		want := got
		if err != nil {
			want = "NULL"
		}
		if got := eval(t, NewCast(lit(t, c.x), c.to, convert, kind, true)); got != want {
			t.Errorf("TRY_CAST of %v to %s = %s, want %s", c.x, c.to, got, want)
		}
	}
	if _, _, ok := ConversionFor("MONEY"); ok {
		t.Error("MONEY is no type")
	}
}

func TestCastNamesLongValuesBriefly(t *testing.T) {
	_, err := NewCast(lit(t, long(1000)), "INTEGER", toInt, document.KindInt, false).Eval(frame(t, ""))
	if err == nil || len(err.Error()) > 120 {
		t.Errorf("%v", err)
	}
}
