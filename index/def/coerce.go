package def

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fluxdb/fluxdb/document"
)

// Coerce returns v as a field of type t stores it. NULL and MISSING pass. A value
// that has no exact or declared conversion is refused with a
// *document.ValueError whose path the caller fills in.
func Coerce(t Type, v document.Value) (document.Value, error) {
	kind := v.Kind()
	if t.Stores(kind) {
		return v, nil
	}
	switch {
	case t == Float && kind == document.KindInt:
		return document.Float(v.AsFloat()), nil
	case t == Int && kind == document.KindFloat:
		// -2^63 is a float64, 2^63 is the first one that is no int64.
		if f := v.AsFloat(); f == math.Trunc(f) && f >= -1<<63 && f < 1<<63 {
			return document.Int(int64(f)), nil
		}
	case t == Bool && kind == document.KindInt && (v.AsInt() == 0 || v.AsInt() == 1):
		// A database without booleans writes them so: done BOOLEAN DEFAULT 0.
		return document.Bool(v.AsInt() == 1), nil
	case (t == Int || t == Float) && kind == document.KindString:
		if n, ok := spelled(v.AsString()); ok {
			return Coerce(t, n)
		}
	case t == Text && kind == document.KindBytes && utf8.Valid(v.AsBytes()):
		// Go programs hold text in a []byte too. The way back is not open: text in the place of
		// bytes may just as well be the base64 that they are in JSON.
		return document.StringBytes(v.AsBytes()), nil
	case t == Timestamp && kind == document.KindString:
		if ts, err := document.ParseTimestamp(v.AsString()); err == nil {
			return ts, nil
		}
	}
	return v, &document.ValueError{Expected: t.String(), Found: describe(v)}
}

// Stores reports whether a field of type t stores values of a kind as they are.
func (t Type) Stores(kind document.Kind) bool {
	return t == Any || kind == document.KindNull || kind == document.KindMissing || kind == kindOf[t]
}

// spelled returns the number that a text spells in decimal, as SQLite and PostgreSQL read
// a quoted literal, or a parameter, in the place of a number: programs pass text there.
func spelled(text string) (document.Value, bool) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return document.Int(n), true
	}
	// Go reads more than decimals: hexadecimal, underscores, NaN and infinities.
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return document.Value{}, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return document.Float(f), err == nil
}

// kindOf is the kind that a type stores.
var kindOf = [...]document.Kind{
	Bool: document.KindBool, Int: document.KindInt, Float: document.KindFloat, Text: document.KindString,
	Blob: document.KindBytes, Timestamp: document.KindTimestamp, Object: document.KindObject, Array: document.KindArray,
}

// describe shows a refused value: its kind, and a scalar itself.
func describe(v document.Value) string {
	const most = 60
	if !v.Kind().IsScalar() || v.Kind() == document.KindBytes {
		return v.Kind().String()
	}
	if s := v.AsString(); len(s) > most {
		return fmt.Sprintf("%s of %d bytes", v.Kind(), len(s))
	}
	return fmt.Sprintf("%s %s", v.Kind(), document.AppendJSON(nil, v, document.Plain))
}
