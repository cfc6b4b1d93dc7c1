package document

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

// TestJSONByShapeIsThatOfTheDocument compares what a record with a shape renders with what its decoded document does, for
// strings of all lengths and with an escape at each place, and for numbers of all sizes.
func TestJSONByShapeIsThatOfTheDocument(t *testing.T) {
	d := NewDictionary("")
	var e Encoder
	var shaped int
	long := strings.Repeat("long name ", 5)
	check := func(values ...Value) {
		t.Helper()
		fields := []Field{{IDField, String("7f8a1c1e-93f1-4d5c-8a51-3b0d9f0a8f11")}}
		for i, v := range values {
			fields = append(fields, Field{string(rune('a' + i)), v})
		}
		fields = append(fields, Field{long, Object([]Field{{"x", values[0]}})}, Field{"tags", Array(values)}, Field{"last", values[len(values)-1]})
		doc := Object(fields)
		data, miss, err := e.Encode(nil, doc, d)
		if err == nil && miss != 0 {
			if _, err = d.Add(uint32(d.Len()+1), e.Def()); err == nil {
				data, _, err = e.Encode(nil, doc, d)
			}
		}
		var r Record
		if err == nil {
			err = r.Reset(data, d)
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.Shape() != nil {
			shaped++
		}
		for _, form := range []Form{Plain, Exact} {
			want := AppendJSON(nil, doc, form)
			for _, room := range []int{0, 10, len(want) - 1, 4 * len(want)} {
				got := r.AppendJSON(append(make([]byte, 0, room+1), '>'), form)
				if !bytes.Equal(got[1:], want) || got[0] != '>' {
					t.Fatalf("%s is rendered as\n%s", want, got)
				}
			}
		}
	}
	for n := range 70 {
		text := strings.Repeat("0123456é", 10)[:n]
		text = strings.ToValidUTF8(text, "x")
		check(String(text), String("b"), String(text))
		for i := range text {
			for _, c := range []string{`"`, `\`, "\n", "\x00", "\x1f"} {
				escaped := text[:i] + c + strings.ToValidUTF8(text[i+1:], "x")
				check(String(escaped), Int(1), String(escaped))
			}
		}
	}
	for n, i := int64(1), 0; i < 19; n, i = n*10, i+1 {
		for _, v := range []int64{n - 1, n, n + 1, -n + 1, -n, -n - 1} {
			check(Int(v), Float(float64(v)/1000), Int(v))
		}
	}
	check(Int(math.MaxInt64), Int(math.MinInt64), Float(math.NaN()), Float(math.Inf(1)), Bool(true), Bool(false), Null(), Bytes([]byte("x")), Array(nil), Object(nil))
	check(String(strings.Repeat("x", 127)), String(strings.Repeat("x", 128)), String(strings.Repeat("x", 5000)))
	if shaped < 1000 {
		t.Fatalf("%d records had a shape", shaped)
	}
}
