package expr

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fluxdb/fluxdb/document"
)

// conversion is what CAST does for a type.
type conversion struct {
	convert func(document.Value) (document.Value, error)
	kind    document.Kind
}

var conversions = map[string]conversion{}

func init() {
	for _, c := range []struct {
		names   string
		convert func(document.Value) (document.Value, error)
		kind    document.Kind
	}{
		{"INTEGER|INT|BIGINT|SMALLINT|TINYINT|MEDIUMINT|INT2|INT4|INT8|INT64", toInt, document.KindInt},
		{"FLOAT|REAL|DOUBLE|DOUBLE PRECISION|FLOAT4|FLOAT8|FLOAT64|NUMERIC|DECIMAL|NUMBER", toFloat, document.KindFloat},
		{"TEXT|VARCHAR|CHAR|CHARACTER|CHARACTER VARYING|NVARCHAR|NCHAR|STRING|CLOB", toText, document.KindString},
		{"BLOB|BYTEA|BYTES|BINARY|VARBINARY", toBytes, document.KindBytes},
		{"BOOL|BOOLEAN", toBool, document.KindBool},
		{"TIMESTAMP|DATETIME|TIMESTAMPTZ|TIMESTAMP WITH TIME ZONE|TIMESTAMP WITHOUT TIME ZONE", toStamp, document.KindTimestamp},
		{"DATE", toDate, document.KindTimestamp},
		{"OBJECT", toCompound(document.KindObject), document.KindObject},
		{"ARRAY", toCompound(document.KindArray), document.KindArray},
		{"JSON|JSONB", fromJSON, document.KindMissing},
		{"ANY", func(v document.Value) (document.Value, error) { return v, nil }, document.KindMissing},
	} {
		for name := range strings.SplitSeq(c.names, "|") {
			conversions[name] = conversion{c.convert, c.kind}
		}
	}
}

// ConversionFor returns what CAST to a type of this name, in any case, does with a value other
// than NULL, and the kind of its results, KindMissing when it varies.
func ConversionFor(name string) (convert func(document.Value) (document.Value, error), kind document.Kind, ok bool) {
	c, ok := conversions[strings.ToUpper(name)]
	return c.convert, c.kind, ok
}

// Reasons why a value can't be converted; Cast names the value and the type.
var (
	errNoNumber    = errors.New("it is not a number")
	errNoBoolean   = errors.New("it is not a boolean")
	errRange       = errors.New("it is out of range")
	errNotUTF8     = errors.New("the bytes are not UTF-8")
	errNoTimestamp = errors.New("it is not a timestamp")
)

func cannot(v document.Value) error {
	return errors.New("values of kind " + v.Kind().String() + " can't be converted")
}

func toInt(v document.Value) (document.Value, error) {
	switch v.Kind() {
	case document.KindInt:
		return v, nil
	case document.KindBool:
		return asNumber(v), nil
	case document.KindFloat:
		return truncateFloat(v.AsFloat())
	case document.KindTimestamp:
		seconds, _ := v.AsUnix()
		return document.Int(seconds), nil
	case document.KindString:
		text := strings.TrimSpace(v.AsString())
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return document.Int(i), nil
		}
		// Not an integer of 64 bits: one with a fraction or exponent, too large, or no number.
		f, err := parseFloat(text)
		if err != nil {
			return document.Missing(), err
		}
		return truncateFloat(f)
	}
	return document.Missing(), cannot(v)
}

// truncateFloat drops the fraction.
func truncateFloat(f float64) (document.Value, error) {
	if !(f >= -1<<63 && f < 1<<63) {
		return document.Missing(), errRange
	}
	return document.Int(int64(f)), nil
}

func toFloat(v document.Value) (document.Value, error) {
	switch v.Kind() {
	case document.KindFloat:
		return v, nil
	case document.KindInt:
		return document.Float(v.AsFloat()), nil
	case document.KindBool:
		return document.Float(asNumber(v).AsFloat()), nil
	case document.KindTimestamp:
		seconds, nanos := v.AsUnix()
		return document.Float(float64(seconds) + float64(nanos)/1e9), nil
	case document.KindString:
		f, err := parseFloat(strings.TrimSpace(v.AsString()))
		return document.Float(f), err
	}
	return document.Missing(), cannot(v)
}

// parseFloat reads a decimal number, NaN or an infinity.
func parseFloat(text string) (float64, error) {
	switch strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+")) {
	case "nan", "inf", "infinity":
	default:
		// Hexadecimal and underscores, which Go reads too, are no numbers of SQL.
		if strings.Trim(text, "0123456789+-.eE") != "" {
			return 0, errNoNumber
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) && math.IsInf(f, 0):
		return 0, errRange
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, errNoNumber
	}
	return f, nil
}

func toText(v document.Value) (document.Value, error) {
	switch v.Kind() {
	case document.KindString:
		return v, nil
	case document.KindBytes:
		if !utf8.Valid(v.AsBytes()) {
			return document.Missing(), errNotUTF8
		}
		return document.StringBytes(v.AsBytes()), nil
	}
	return textOf("CAST", appendText(nil, v))
}

func toBytes(v document.Value) (document.Value, error) {
	switch v.Kind() {
	case document.KindBytes:
		return v, nil
	case document.KindString:
		return document.Bytes(v.AsBytes()), nil
	}
	return document.Missing(), cannot(v)
}

func toBool(v document.Value) (document.Value, error) {
	switch v.Kind() {
	case document.KindBool:
		return v, nil
	case document.KindInt, document.KindFloat:
		return truthOf(v).value(), nil
	case document.KindString:
		switch strings.ToLower(strings.TrimSpace(v.AsString())) {
		case "true", "t", "yes", "y", "on", "1":
			return document.Bool(true), nil
		case "false", "f", "no", "n", "off", "0":
			return document.Bool(false), nil
		}
		return document.Missing(), errNoBoolean
	}
	return document.Missing(), cannot(v)
}

func toStamp(v document.Value) (document.Value, error) {
	switch v.Kind() {
	case document.KindTimestamp:
		return v, nil
	case document.KindInt, document.KindFloat:
		return secondsToTimestamp(v)
	case document.KindString:
		if stamp := parseStamp(strings.TrimSpace(v.AsString())); !stamp.IsMissing() {
			return stamp, nil
		}
		return document.Missing(), errNoTimestamp
	}
	return document.Missing(), cannot(v)
}

func toDate(v document.Value) (document.Value, error) {
	v, err := toStamp(v)
	if err != nil {
		return v, err
	}
	return timestamp(truncate(v.AsTime(), unitDay))
}

// toCompound takes objects, or arrays, and JSON text of one.
func toCompound(kind document.Kind) func(document.Value) (document.Value, error) {
	return func(v document.Value) (document.Value, error) {
		out, err := fromJSON(v)
		switch {
		case err != nil:
			return document.Missing(), err
		case out.Kind() != kind && v.Kind() == document.KindString:
			return document.Missing(), errors.New("the JSON text is of kind " + out.Kind().String())
		case out.Kind() != kind:
			return document.Missing(), cannot(v)
		}
		return out, nil
	}
}

// fromJSON reads JSON text and takes any other value as it is.
func fromJSON(v document.Value) (document.Value, error) {
	if v.Kind() != document.KindString {
		return v, nil
	}
	return document.ParseJSONString(v.AsString())
}
