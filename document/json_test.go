package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
)

func TestParseJSONErrorsSayWhereAndWhat(t *testing.T) {
	deep := strings.Repeat(`[`, MaxDepth+1)
	tests := []struct{ text, want string }{
		{``, `line 1, column 1: expected a value, found the end of the text`},
		{`{"a": tru}`, `line 1, column 7, path a: expected true`},
		{"{\n  \"ä\": [1,\n   2,, 3]\n}", `line 3, column 6, path ä[2]: expected a value, found ','`},
		{`{"a":1,"a":2}`, `line 1, column 8, path a: duplicate key "a"`},
		{`{"o":{"a":1,"b":{},"a":2}}`, `line 1, column 20, path o.a: duplicate key "a"`},
		{`{"a":1} x`, `line 1, column 9: expected the end, found 'x'`},
		{`{"a" 1}`, `line 1, column 6, path a: expected : after the key, found '1'`},
		{`{"a":1 "b":2}`, `line 1, column 8: expected , or } in an object, found '"'`},
		{`{"a":1,}`, `line 1, column 8: expected a key in double quotes, found '}'`},
		{`{a:1}`, `line 1, column 2: expected a key in double quotes, found 'a'`},
		{`[1 2]`, `line 1, column 4, path [0]: expected , or ] in an array, found '2'`},
		{`[1`, `line 1, column 3, path [0]: expected , or ] in an array, found the end of the text`},
		{`{"n":9223372036854775808}`, `line 1, column 6, path n: integer 9223372036854775808 is beyond 64 bits`},
		{`-9223372036854775809`, `line 1, column 1: integer -9223372036854775809 is beyond 64 bits`},
		{`1e999`, `line 1, column 1: number 1e999 is beyond float64`},
		{`01`, `line 1, column 1: a number may not begin with 0`},
		{`-`, `line 1, column 2: expected a digit, found the end of the text`},
		{`1.`, `line 1, column 3: expected a digit after the point, found the end of the text`},
		{`1.5e+`, `line 1, column 6: expected a digit in the exponent, found the end of the text`},
		{`+1`, `line 1, column 1: expected a value, found '+'`},
		{`"abc`, `line 1, column 1: string is not closed`},
		{`"abc\`, `line 1, column 1: string is not closed`},
		{"\"a\tb\"", `line 1, column 3: control character 0x09 in a string`},
		{`"\x"`, `line 1, column 2: unknown escape "\\x"`},
		{`"\u12G4"`, `line 1, column 2: expected four hex digits after \u`},
		{`"\u+123"`, `line 1, column 2: expected four hex digits after \u`},
		{`"\ud800"`, `line 1, column 2: \uD800 is half of a surrogate pair`},
		{`"\ud800\u0041"`, `line 1, column 2: \uD800 is half of a surrogate pair`},
		{`"x\udc00"`, `line 1, column 3: \uDC00 is half of a surrogate pair`},
		{"[\"a\xffb\"]", `line 1, column 4, path [0]: byte 0xFF is not valid UTF-8`},
		{"[\"a\\n\xc3\"]", `line 1, column 6, path [0]: byte 0xC3 is not valid UTF-8`},
		{"\xff", `line 1, column 1: expected a value, found byte 0xFF`},
		{deep, fmt.Sprintf(`nested deeper than %d`, MaxDepth)},
		{strings.Repeat(`{"a":`, MaxDepth+1), fmt.Sprintf(`nested deeper than %d`, MaxDepth)},
	}
	for _, tt := range tests {
		_, err := ParseJSON([]byte(tt.text))
		var at *JSONError
		if !errors.As(err, &at) || !errors.Is(err, ErrInvalid) || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s:\n got %v\nwant %s", clip(tt.text), err, tt.want)
		}
	}
}

func TestParseJSONKeepsOrderAndExactNumbers(t *testing.T) {
	for text, want := range map[string]Value{
		`9223372036854775807`:                  Int(math.MaxInt64),
		`-9223372036854775808`:                 Int(math.MinInt64),
		`1`:                                    Int(1),
		`-0`:                                   Int(0),
		`1.0`:                                  Float(1),
		`1e3`:                                  Float(1000),
		`-0.0`:                                 Float(math.Copysign(0, -1)),
		`1e-999`:                               Float(0),
		`"\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\"`: String("é😀/\b\f\n\r\t\"\\"),
		` [ ] `:                                Array(nil),
		`{"b":1,"a":{"d":2,"c":3}}`:            Object([]Field{{"b", Int(1)}, {"a", Object([]Field{{"d", Int(2)}, {"c", Int(3)}})}}),
		strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth): func() Value {
			v := Array(nil)
			for range MaxDepth - 1 {
				v = Array([]Value{v})
			}
			return v
		}(),
	} {
		if got, err := ParseJSON([]byte(text)); err != nil || !Identical(got, want) {
			t.Errorf("%s: %s, %v; want %s", clip(text), show(got), err, show(want))
		}
	}
}

func TestDuplicateKeysAreFoundInWideObjects(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{`)
	for i := range 500 {
		fmt.Fprintf(&b, `"k%d":{"x":%d},`, i, i)
	}
	if _, err := ParseJSON([]byte(b.String() + `"k500":1}`)); err != nil {
		t.Errorf("distinct keys: %v", err)
	}
	if _, err := ParseJSON([]byte(b.String() + `"k3":1}`)); err == nil || !strings.Contains(err.Error(), `duplicate key "k3"`) {
		t.Errorf("a duplicate key: %v", err)
	}
}

// all reads a stream to its end.
func all(r io.Reader) (out string, err error) {
	d := NewDecoder(r)
	for {
		v, err := d.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			if _, again := d.Next(); again == nil || again.Error() != err.Error() {
				return out, fmt.Errorf("%w, and then %w", err, again)
			}
			return out, err
		}
		out += show(v) + " "
	}
}

func TestDecoderReadsArraysLinesAndSequences(t *testing.T) {
	want := `{"a":1} {"a":"]}[{"} [1,[2]] `
	for _, text := range []string{
		`[{"a":1},{"a":"]}[{"},[1,[2]]]`,
		" [\n{\"a\":1} ,\r\n{\"a\":\"]}[{\"},[1,[2]] ] \n",
		"{\"a\":1}\n{\"a\":\"]}[{\"}\n\n[1,[2]]\n",
		`{"a":1}{"a":"]}[{"}[1,[2]]`,
		"\uFEFF" + `{"a":1} {"a":"]}[{"} [1,[2]]`,
	} {
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(text), "by byte": iotest.OneByteReader(strings.NewReader(text)),
			"with the error": iotest.DataErrReader(strings.NewReader(text)),
		} {
			if got, err := all(r); got != want || err != nil {
				t.Errorf("%s %q: %q, %v", name, text, got, err)
			}
		}
	}
	for _, text := range []string{"", " \n", "[]", " [ ] ", "\uFEFF"} {
		if got, err := all(strings.NewReader(text)); got != "" || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestDecoderErrorsCountFromTheBeginningOfTheStream(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"{\"a\":1}\n{\"a\":1}\n  {\"ä\":x}", `line 3, column 8, path ä: expected a value, found 'x'`},
		{`[{"a":1} {"a":2}]`, `line 1, column 10: expected , or ] after a document, found '{'`},
		{`[{"a":1}`, `line 1, column 9: expected , or ] after a document, found the end of the text`},
		{`[{"a":1},`, `line 1, column 10: expected a document, found the end of the text`},
		{`[{"a":1}] x`, `line 1, column 11: expected the end after the array, found 'x'`},
		{`[`, `line 1, column 2: expected a document, found the end of the text`},
		{`{"a":1}}`, `line 1, column 8: expected a value, found '}'`},
		{`{"a":[1}`, `line 1, column 8, path a[0]: expected , or ] in an array, found '}'`},
		{`{"a":"b`, `line 1, column 6, path a: string is not closed`},
	} {
		_, err := all(strings.NewReader(tt.text))
		if err == nil || err.Error() != "json: "+tt.want {
			t.Errorf("%s: got %v, want %s", tt.text, err, tt.want)
		}
	}
	broken := errors.New("broken pipe")
	if _, err := all(io.MultiReader(strings.NewReader(`{"a":1}{`), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("an error of the reader: %v", err)
	}
}

// TestDecoderHandsOutTexts reads texts without parsing them, and parses one that is wrong when asked to.
func TestDecoderHandsOutTexts(t *testing.T) {
	d := NewDecoder(iotest.OneByteReader(strings.NewReader("[{\"a\": 1 },\n 5,{\"ä\":\"\n\"},\n {\"b\": [x]}, {}]")))
	for i, want := range []struct {
		text         string
		line, column int
	}{{`{"a": 1 }`, 1, 2}, {`5`, 2, 2}, {"{\"ä\":\"\n\"}", 2, 4}, {`{"b": [x]}`, 4, 2}} {
		text, err := d.NextText()
		line, column := d.Position()
		if err != nil || string(text) != want.text || line != want.line || column != want.column {
			t.Fatalf("text %d at %d:%d is %q, %v", i, line, column, text, err)
		}
	}
	_, err := d.Value()
	if want := "json: line 4, column 9, path b[0]: expected a value, found 'x'"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if _, again := d.NextText(); again == nil || again.Error() != err.Error() {
		t.Errorf("the error is not repeated: %v", again)
	}
}

// endless is white space, or a string, without an end.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestDecoderHoldsOneDocumentOfAtMostTheLimit(t *testing.T) {
	_, err := all(io.MultiReader(strings.NewReader("[\n{\"a\":\""), endless('x')))
	if err == nil || !strings.Contains(err.Error(), "line 2, column 1: document is over 16777216 bytes") {
		t.Errorf("error %v", err)
	}
	blanks := io.MultiReader(io.LimitReader(endless(' '), 3*MaxSize), strings.NewReader(`{"a":1}`))
	if got, err := all(blanks); got != `{"a":1} ` || err != nil {
		t.Errorf("after much white space: %s, %v", got, err)
	}
}

func TestJSONOutIsValidAndReadsBack(t *testing.T) {
	r := newRand(t)
	for range 2000 {
		v := randomValue(r, 4)
		exact := AppendJSON(nil, v, Exact)
		if back, err := ParseJSON(exact); !json.Valid(exact) || err != nil || !Identical(back, v) && v.Kind() != KindMissing {
			t.Fatalf("%s came back as %s, %v", exact, show(back), err)
		}
		if plain := AppendJSON(nil, v, Plain); !json.Valid(plain) {
			t.Fatalf("not JSON: %s", plain)
		}
	}
}
