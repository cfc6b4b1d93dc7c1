package document

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"time"
)

// extended turns an object of MongoDB's Extended JSON v2 into the value it
// stands for; ok is false for any other object.
// Source: github.com/mongodb/specifications, source/extended-json.
func extended(fields []Field) (v Value, ok bool, err error) {
	if len(fields) != 1 {
		return Value{}, false, nil
	}
	content := fields[0].Value
	text := content.AsString()
	isText := content.kind == KindString
	switch fields[0].Name {
	case "$date":
		switch {
		case isText:
			v, err = ParseTimestamp(text)
		case content.kind == KindInt:
			v, err = Timestamp(time.UnixMilli(content.AsInt()))
		default:
			err = fmt.Errorf("expected a time or milliseconds, found %s", content.kind)
		}
	case "$binary":
		v, err = extendedBinary(content)
	case "$numberInt", "$numberLong":
		var i int64
		if i, err = strconv.ParseInt(text, 10, 64); err != nil {
			err = fmt.Errorf("expected an integer in a string")
		}
		v = Int(i)
	case "$numberDouble":
		v, err = extendedDouble(text)
	case "$oid":
		if !isText {
			err = fmt.Errorf("expected a string, found %s", content.kind)
		}
		v = content
	default:
		return Value{}, false, nil
	}
	if err != nil {
		return Value{}, false, fmt.Errorf("%s: %w", fields[0].Name, err)
	}
	return v, true, nil
}

func extendedBinary(content Value) (Value, error) {
	text := content.Get("base64")
	if text.kind != KindString {
		return Value{}, fmt.Errorf(`expected {"base64": "...", "subType": "00"}`)
	}
	b, err := base64.StdEncoding.DecodeString(text.AsString())
	if err != nil {
		return Value{}, err
	}
	return Bytes(b), nil
}

func extendedDouble(text string) (Value, error) {
	switch text {
	case "NaN":
		return Float(math.NaN()), nil
	case "Infinity":
		return Float(math.Inf(1)), nil
	case "-Infinity":
		return Float(math.Inf(-1)), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return Value{}, fmt.Errorf("expected a number in a string, found %q", clip(text))
	}
	return Float(f), nil
}
