package expr

import (
	"math"

	"github.com/fluxdb/fluxdb/document"
)

// concat is x || y of two values that are not null: text, for which numbers, booleans and
// timestamps stand as they print; bytes; the elements of two arrays, or of one and a value.
func concat(f *Frame, x, y document.Value) (document.Value, error) {
	kx, ky := x.Kind(), y.Kind()
	switch {
	case kx == document.KindArray || ky == document.KindArray:
		return concatArrays("||", elements(x), elements(y))
	case kx == document.KindBytes && ky == document.KindBytes:
		if len(x.AsBytes())+len(y.AsBytes()) > maxResult {
			return document.Missing(), tooLarge("||")
		}
		out := make([]byte, 0, len(x.AsBytes())+len(y.AsBytes()))
		return document.Bytes(append(append(out, x.AsBytes()...), y.AsBytes()...)), nil
	case !isText(kx) || !isText(ky):
		return f.wrongKind(), nil
	}
	const other = 24 // most numbers and booleans are shorter
	out := appendText(make([]byte, 0, len(x.AsBytes())+len(y.AsBytes())+other), x)
	if out = appendText(out, y); len(out) > maxResult {
		return document.Missing(), tooLarge("||")
	}
	return document.StringBytes(out), nil
}

// elements returns an array's elements, of another value itself.
func elements(v document.Value) []document.Value {
	if v.Kind() == document.KindArray {
		return v.AsArray()
	}
	return []document.Value{v}
}

// concatArrays returns the elements of all lists. An element takes two bytes at least when it is stored.
func concatArrays(what string, lists ...[]document.Value) (document.Value, error) {
	n := 0
	for _, list := range lists {
		n += len(list)
	}
	if n > maxResult/2 {
		return document.Missing(), tooLarge(what)
	}
	out := make([]document.Value, 0, n)
	for _, list := range lists {
		out = append(out, list...)
	}
	return document.Array(out), nil
}

// isText reports whether values of a kind stand for text beside a string.
func isText(k document.Kind) bool {
	return k == document.KindString || k.IsNumber() || k == document.KindBool || k == document.KindTimestamp
}

// appendText appends the text of a value, that of CAST(v AS TEXT): a string itself, JSON
// for arrays and objects.
func appendText(dst []byte, v document.Value) []byte {
	switch v.Kind() {
	case document.KindString:
		return append(dst, v.AsString()...)
	case document.KindTimestamp:
		return document.AppendTimestamp(dst, v)
	case document.KindFloat:
		switch x := v.AsFloat(); {
		case math.IsNaN(x):
			return append(dst, "NaN"...)
		case math.IsInf(x, 1):
			return append(dst, "Infinity"...)
		case math.IsInf(x, -1):
			return append(dst, "-Infinity"...)
		}
	}
	return document.AppendJSON(dst, v, document.Plain)
}

// concatStatic is what is known of x || y.
func concatStatic(x, y Static) Static {
	text := func(s Static) bool { return isText(s.Kind) || s.Numeric }
	s := Static{NotNull: x.NotNull && y.NotNull}
	switch {
	case x.Kind == document.KindArray || y.Kind == document.KindArray:
		s.Kind = document.KindArray
	case text(x) && text(y):
		s.Kind = document.KindString
	case x.Kind == document.KindBytes && y.Kind == document.KindBytes:
		s.Kind = document.KindBytes
	default:
		s.NotNull = false
	}
	return s
}
