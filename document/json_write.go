package document

import (
	"encoding/base64"
	"math"
	"slices"
	"strconv"
)

// Form is one of the two forms of JSON out.
type Form uint8

const (
	// Plain is JSON for programs: a timestamp is an RFC 3339 string, bytes are base64, NaN and
	// infinities are null.
	Plain Form = iota
	// Exact keeps every kind: timestamps, bytes, NaN and infinities are
	// MongoDB Extended JSON v2 objects, which ParseJSON reads back.
	Exact
)

// AppendJSON appends the JSON text of v. A float keeps a point or an exponent,
// so that it reads back as a float. A missing value is left out of an object
// and is null elsewhere. It allocates only to grow dst.
func AppendJSON(dst []byte, v Value, form Form) []byte {
	switch v.kind {
	case KindBool:
		return strconv.AppendBool(dst, v.n != 0)
	case KindInt:
		return strconv.AppendInt(dst, int64(v.n), 10)
	case KindFloat:
		return appendFloat(dst, v.AsFloat(), form)
	case KindString:
		return AppendJSONString(dst, v.AsString())
	case KindBytes:
		if form == Exact {
			dst = append(dst, `{"$binary":{"base64":"`...)
			dst = base64.StdEncoding.AppendEncode(dst, v.AsBytes())
			return append(dst, `","subType":"00"}}`...)
		}
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, v.AsBytes())
		return append(dst, '"')
	case KindTimestamp:
		if form == Exact {
			dst = append(dst, `{"$date":"`...)
			return append(AppendTimestamp(dst, v), `"}`...)
		}
		dst = append(dst, '"')
		return append(AppendTimestamp(dst, v), '"')
	case KindArray:
		dst = append(dst, '[')
		for i, e := range v.AsArray() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, e, form)
		}
		return append(dst, ']')
	case KindObject:
		if r := v.RecordOf(); r != nil {
			return r.AppendJSON(dst, form)
		}
		dst = append(dst, '{')
		first := true
		for _, f := range v.AsObject() {
			if f.Value.IsMissing() {
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = AppendJSONString(dst, f.Name)
			dst = append(dst, ':')
			dst = AppendJSON(dst, f.Value, form)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

func appendFloat(dst []byte, f float64, form Form) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		if form == Plain {
			return append(dst, "null"...)
		}
		name := "NaN"
		if math.IsInf(f, 1) {
			name = "Infinity"
		} else if math.IsInf(f, -1) {
			name = "-Infinity"
		}
		return append(append(append(dst, `{"$numberDouble":"`...), name...), `"}`...)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	var short [32]byte
	if n := putShortFloat(short[:], f); n > 0 {
		return append(dst, short[:n]...)
	}
	begin := len(dst)
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	for _, c := range dst[begin:] {
		if c == '.' || c == 'e' {
			return dst
		}
	}
	return append(dst, '.', '0')
}

// AppendJSONString appends s as a JSON string in quotes, escaping what RFC 8259
// requires and nothing else.
func AppendJSONString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	at, end := len(dst)+1, len(dst)+1+len(s)
	dst = slices.Grow(dst, len(s)+2)
	if out := dst[:end+1]; copyPlain(out[at:end], s) {
		out[at-1], out[end] = '"', '"'
		return out
	}
	dst = append(dst, '"')
	begin := 0
	for i := plainRun(s, 0); i < len(s); i = plainRun(s, i+1) {
		c := s[i]
		dst = append(dst, s[begin:i]...)
		begin = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, s[begin:]...)
	return append(dst, '"')
}
