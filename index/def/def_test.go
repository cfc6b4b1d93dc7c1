package def

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

// printed is a value as the tests' messages show it.
func printed(v document.Value) string { return string(document.AppendJSON(nil, v, document.Exact)) }

func TestCoerce(t *testing.T) {
	values := []document.Value{
		document.Missing(), document.Null(), document.Bool(true), document.Int(3), document.Float(3), document.Float(3.5),
		document.Float(math.NaN()), document.Float(1 << 63), document.Float(-1 << 63), document.String("2026-01-02"), document.String("x"),
		document.Bytes(nil), document.UnixTimestamp(0, 0), document.Array(nil), document.Object(nil),
	}
	// What each type makes of them: = is kept, - is refused.
	for _, test := range []struct {
		t    Type
		want []string
	}{
		{Any, []string{"=", "=", "=", "=", "=", "=", "=", "=", "=", "=", "=", "=", "=", "=", "="}},
		{Bool, []string{"=", "=", "=", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"}},
		{Int, []string{"=", "=", "-", "=", "3", "-", "-", "-", "-9223372036854775808", "-", "-", "-", "-", "-", "-"}},
		{Float, []string{"=", "=", "-", "3.0", "=", "=", "=", "=", "=", "-", "-", "-", "-", "-", "-"}},
		{Text, []string{"=", "=", "-", "-", "-", "-", "-", "-", "-", "=", "=", `""`, "-", "-", "-"}},
		{Blob, []string{"=", "=", "-", "-", "-", "-", "-", "-", "-", "-", "-", "=", "-", "-", "-"}},
		{Timestamp, []string{"=", "=", "-", "-", "-", "-", "-", "-", "-", `{"$date":"2026-01-02T00:00:00Z"}`, "-", "-", "=", "-", "-"}},
		{Array, []string{"=", "=", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "=", "-"}},
		{Object, []string{"=", "=", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "="}},
	} {
		for i, v := range values {
			got, err := Coerce(test.t, v)
			var refused *document.ValueError
			text := string(document.AppendJSON(nil, got, document.Exact))
			switch {
			case errors.As(err, &refused):
				text = "-"
				if refused.Expected != test.t.String() {
					t.Errorf("%v: expected %s", test.t, refused.Expected)
				}
			case err != nil:
				t.Error(err)
			case document.Identical(got, v):
				text = "="
			}
			if text != test.want[i] {
				t.Errorf("%v of %v: got %s, want %s", test.t, printed(v), text, test.want[i])
			}
		}
	}
}

func TestCoerceReadsSpelledNumbers(t *testing.T) {
	for text, want := range map[string]document.Value{
		"3": document.Int(3), " -3 ": document.Int(-3), "3.0": document.Int(3), "1e3": document.Int(1000),
		"9223372036854775807": document.Int(math.MaxInt64), "9223372036854775808": document.Missing(), "3.5": document.Missing(),
		"": document.Missing(), "0x10": document.Missing(), "1_0": document.Missing(), "NaN": document.Missing(), "3 4": document.Missing(),
	} {
		got, err := Coerce(Int, document.String(text))
		if (err != nil) != want.IsMissing() || err == nil && !document.Identical(got, want) {
			t.Errorf("%q: got %v, %v", text, printed(got), err)
		}
	}
}

// Programs pass text where a number stands, and SQLite and PostgreSQL take it.
func TestTextThatSpellsANumber(t *testing.T) {
	for _, test := range []struct {
		t          Type
		text, want string
	}{
		{Int, "1", "1"}, {Int, " -7 ", "-7"}, {Int, "+7", "7"}, {Int, "3.0", "3"}, {Int, "1e3", "1000"},
		{Int, "9223372036854775807", "9223372036854775807"}, {Int, "9223372036854775808", "-"},
		{Int, "3.5", "-"}, {Int, "", "-"}, {Int, "0x10", "-"}, {Int, "1_000", "-"}, {Int, "--1", "-"}, {Int, "1 2", "-"},
		{Float, "1", "1.0"}, {Float, "-.5", "-0.5"}, {Float, "2.50", "2.5"}, {Float, "1e400", "-"},
		{Float, "NaN", "-"}, {Float, "inf", "-"}, {Float, "0x1p4", "-"}, {Float, "e", "-"},
	} {
		got, err := Coerce(test.t, document.String(test.text))
		text := string(document.AppendJSON(nil, got, document.Exact))
		if err != nil {
			text = "-"
		}
		if text != test.want {
			t.Errorf("%v of %q: got %s, want %s", test.t, test.text, text, test.want)
		}
	}
	for _, test := range []struct {
		bytes string
		ok    bool
	}{{"h\u00e9", true}, {"\xff", false}} {
		got, err := Coerce(Text, document.Bytes([]byte(test.bytes)))
		if ok := err == nil && document.Identical(got, document.String(test.bytes)); ok != test.ok {
			t.Errorf("TEXT of bytes %q: got %v, %v", test.bytes, printed(got), err)
		}
	}
}

func TestNumbersThatStandForBooleans(t *testing.T) {
	for n, want := range map[int64]document.Value{0: document.Bool(false), 1: document.Bool(true), 2: {}, -1: {}} {
		got, err := Coerce(Bool, document.Int(n))
		if want.IsMissing() != (err != nil) || err == nil && !document.Identical(got, want) {
			t.Errorf("%d: got %v, %v", n, printed(got), err)
		}
	}
}

func TestRefusedValuesAreShown(t *testing.T) {
	for _, test := range []struct {
		v    document.Value
		want string
	}{
		{document.String("a\"b"), `string "a\"b"`}, {document.Int(-1), "int -1"}, {document.Bool(false), "bool false"},
		{document.Array(nil), "array"}, {document.Bytes([]byte{1}), "bytes"}, {document.String(string(make([]byte, 99))), "string of 99 bytes"},
	} {
		_, err := Coerce(Timestamp, test.v)
		var refused *document.ValueError
		if !errors.As(err, &refused) || refused.Found != test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

func TestTypeNames(t *testing.T) {
	for _, name := range TypeNames() {
		typ, ok := ParseType(name, nil)
		if !ok {
			t.Errorf("%s is not known", name)
		}
		if again, ok := ParseType(typ.String(), nil); !ok || again != typ {
			t.Errorf("the name %s of a type is not its own", typ)
		}
	}
	if !slices.Contains(TypeNames(), "DOUBLE PRECISION") {
		t.Error("DOUBLE PRECISION is missing")
	}
	for text, ok := range map[string]bool{"varchar": true, "Timestamp With Time Zone": true, "nothing": false, "": false} {
		if _, got := ParseType(text, []int64{20}); got != ok {
			t.Errorf("%q: %v", text, got)
		}
	}
	if _, ok := ParseType("INT", []int64{-1}); ok {
		t.Error("INT(-1) is a type")
	}
	if fmt.Sprint(Int) != "INTEGER" {
		t.Error(Int)
	}
}
