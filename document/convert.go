package document

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"
)

// FromGo turns a Go value into a document value: nil, booleans, all integers (a
// uint64 beyond int64 is an error) and floats, strings, []byte, time.Time,
// json.Number, json.RawMessage, pointers, maps with string keys (sorted by
// key), slices, arrays and structs (by their json tags, as encoding/json does), json.Marshaler,
// encoding.TextMarshaler, sql.Null[T] and the Valuers of database/sql, []Field and Value itself. The error is a *ValueError
// that names the path, and matches ErrInvalid.
func FromGo(x any) (Value, error) { return fromGo(x, nil, 1) }

func fromGo(x any, at *where, depth int) (Value, error) {
	switch x := x.(type) {
	case nil:
		return Null(), nil
	case Value:
		return x, nil
	case bool:
		return Bool(x), nil
	case int:
		return Int(int64(x)), nil
	case int64:
		return Int(x), nil
	case float64:
		return Float(x), nil
	case string:
		return fromString(x, at)
	case []byte:
		if x == nil { // as every other slice
			return Null(), nil
		}
		return Bytes(x), nil
	case time.Time:
		v, err := Timestamp(x)
		if err != nil {
			return Value{}, wrongGo(at, "a time in years 1 to 9999", x.UTC().Format(time.RFC3339))
		}
		return v, nil
	case json.Number:
		v, err := ParseJSONString(string(x))
		if err != nil || !v.kind.IsNumber() {
			return Value{}, wrongGo(at, "a number", clip(string(x)))
		}
		return v, nil
	case json.RawMessage:
		if x == nil {
			return Null(), nil
		}
		v, err := ParseJSON(x)
		if err != nil {
			return Value{}, wrongGo(at, "JSON", err.Error())
		}
		return v, nil
	case []Field:
		return Object(x), nil
	case map[string]any:
		if x == nil {
			return Null(), nil
		}
		return fromMap(x, at, depth)
	case []any:
		if x == nil {
			return Null(), nil
		}
		return fromSlice(len(x), func(i int, at *where) (Value, error) { return fromGo(x[i], at, depth+1) }, at, depth)
	}
	return fromReflect(reflect.ValueOf(x), at, depth)
}

func wrongGo(at *where, expected, found string) error {
	return &ValueError{Path: clip(at.path().String()), Expected: expected, Found: found}
}

func fromMap(m map[string]any, at *where, depth int) (Value, error) {
	if depth > MaxDepth {
		return Value{}, wrongGo(at, fmt.Sprintf("nesting of at most %d", MaxDepth), "deeper nesting")
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	fields := make([]Field, len(names))
	w := where{up: at, index: -1}
	for i, name := range names {
		w.name = name
		v, err := fromGo(m[name], &w, depth+1)
		if err != nil {
			return Value{}, err
		}
		fields[i] = Field{name, v}
	}
	return Object(fields), nil
}

func fromString(s string, at *where) (Value, error) {
	if !utf8.ValidString(s) {
		return Value{}, wrongGo(at, "valid UTF-8", fmt.Sprintf("%+q", clip(s)))
	}
	return String(s), nil
}

func fromSlice(n int, element func(i int, at *where) (Value, error), at *where, depth int) (Value, error) {
	if depth > MaxDepth {
		return Value{}, wrongGo(at, fmt.Sprintf("nesting of at most %d", MaxDepth), "deeper nesting")
	}
	values := make([]Value, n)
	w := where{up: at}
	for i := range values {
		w.index = i
		v, err := element(i, &w)
		if err != nil {
			return Value{}, err
		}
		values[i] = v
	}
	return Array(values), nil
}

// fromReflect converts what has no case of its own in fromGo.
func fromReflect(rv reflect.Value, at *where, depth int) (Value, error) {
	if rv.Kind() == reflect.Pointer || rv.Kind() == reflect.Interface {
		if rv.IsNil() {
			return Null(), nil
		}
	}
	if rv.Kind() == reflect.Interface || rv.Kind() == reflect.Pointer && !marshalsByPointer(rv.Type()) {
		if depth > 2*MaxDepth { // a pointer to itself
			return Value{}, wrongGo(at, fmt.Sprintf("nesting of at most %d", MaxDepth), "deeper nesting")
		}
		return fromPart(rv.Elem(), at, depth+1)
	}
	if rv.CanInterface() {
		switch x := rv.Interface().(type) {
		case json.Marshaler:
			text, err := x.MarshalJSON()
			if err != nil {
				return Value{}, wrongGo(at, "a value that marshals to JSON", err.Error())
			}
			return fromGo(json.RawMessage(text), at, depth)
		case encoding.TextMarshaler:
			text, err := x.MarshalText()
			if err != nil {
				return Value{}, wrongGo(at, "a value that marshals to text", err.Error())
			}
			return fromGo(string(text), at, depth)
		}
		switch t := rv.Type(); {
		case IsSQLNull(t):
			return fromSQLNull(rv, at, depth)
		case isValuer(t):
			return fromValuer(rv, at, depth)
		}
	}
	return fromKind(rv, at, depth)
}

// fromPart converts a part of a Go value. Most are of types without methods, which need not go through an
// interface: that would allocate.
func fromPart(rv reflect.Value, at *where, depth int) (Value, error) {
	switch t := rv.Type(); rv.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map:
	case reflect.Slice:
		if t.NumMethod() == 0 && t.Elem() != reflect.TypeFor[Field]() {
			return fromKind(rv, at, depth)
		}
	default:
		if t.NumMethod() == 0 {
			return fromKind(rv, at, depth)
		}
	}
	return fromGo(rv.Interface(), at, depth)
}

// fromKind converts a value of a type that says nothing of itself.
func fromKind(rv reflect.Value, at *where, depth int) (Value, error) {
	switch rv.Kind() {
	case reflect.Bool:
		return Bool(rv.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Int(rv.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if rv.Uint() > math.MaxInt64 {
			return Value{}, wrongGo(at, "an integer of 64 bits with sign", fmt.Sprint(rv.Uint()))
		}
		return Int(int64(rv.Uint())), nil
	case reflect.Float32, reflect.Float64:
		return Float(rv.Float()), nil
	case reflect.String:
		return fromString(rv.String(), at)
	case reflect.Slice:
		if rv.IsNil() {
			return Null(), nil
		}
		if rv.Type().Elem().Kind() == reflect.Uint8 {
			return Bytes(rv.Bytes()), nil
		}
		return fromElements(rv, at, depth)
	case reflect.Array:
		return fromElements(rv, at, depth)
	case reflect.Map:
		if rv.IsNil() {
			return Null(), nil
		}
		return fromReflectMap(rv, at, depth)
	case reflect.Struct:
		return fromStruct(rv, at, depth)
	}
	return Value{}, wrongGo(at, "a value that can be stored", "Go type "+rv.Type().String())
}

func fromElements(rv reflect.Value, at *where, depth int) (Value, error) {
	return fromSlice(rv.Len(), func(i int, at *where) (Value, error) { return fromPart(rv.Index(i), at, depth+1) }, at, depth)
}

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// marshalsByPointer reports whether only the pointer, not what it points to,
// knows how to marshal itself.
func marshalsByPointer(t reflect.Type) bool {
	has := func(t reflect.Type) bool {
		return t.Implements(jsonMarshaler) || t.Implements(textMarshaler) || isValuer(t)
	}
	return has(t) && !has(t.Elem())
}

func fromReflectMap(rv reflect.Value, at *where, depth int) (Value, error) {
	m := make(map[string]any, rv.Len())
	for _, key := range rv.MapKeys() {
		name := ""
		switch text, ok := key.Interface().(encoding.TextMarshaler); {
		case key.Kind() == reflect.String:
			name = key.String()
		case ok:
			b, err := text.MarshalText()
			if err != nil {
				return Value{}, wrongGo(at, "a key that marshals to text", err.Error())
			}
			name = string(b)
		case key.CanInt() || key.CanUint():
			name = fmt.Sprint(key.Interface())
		default:
			return Value{}, wrongGo(at, "a map with string keys", "Go type "+rv.Type().String())
		}
		m[name] = rv.MapIndex(key).Interface()
	}
	return fromMap(m, at, depth)
}

func fromStruct(rv reflect.Value, at *where, depth int) (Value, error) {
	if depth > MaxDepth {
		return Value{}, wrongGo(at, fmt.Sprintf("nesting of at most %d", MaxDepth), "deeper nesting")
	}
	plan := structPlanOf(rv.Type())
	fields := make([]Field, 0, len(plan.fields))
	w := where{up: at, index: -1}
	for i := range plan.fields {
		f := &plan.fields[i]
		fv, err := rv.FieldByIndexErr(f.index)
		if err != nil {
			continue // inside an embedded nil pointer
		}
		if f.omitEmpty && isEmpty(fv) || f.omitZero && isZero(fv) {
			continue
		}
		w.name = f.name
		v, err := fromPart(fv, &w, depth+1)
		if err != nil {
			return Value{}, err
		}
		fields = append(fields, Field{f.name, v})
	}
	return Object(fields), nil
}

// isEmpty is encoding/json's omitempty.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// isZero is encoding/json's omitzero.
func isZero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
		return z.IsZero()
	}
	return v.IsZero()
}
