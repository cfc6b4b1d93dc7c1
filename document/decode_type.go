package document

import (
	"encoding"
	"encoding/json"
	"reflect"
	"sync"
	"time"
	"unsafe"
)

// Wrapper is a Go value that stands for another one: decoding stores in what the pointer returned by
// Wrapped points to, which is always the same part of the wrapper.
type Wrapper interface{ Wrapped() any }

// scanner is database/sql's, which this package does not import.
type scanner interface{ Scan(src any) error }

var (
	wrapperType     = reflect.TypeFor[Wrapper]()
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	scannerType     = reflect.TypeFor[scanner]()
)

var (
	goTypes     sync.Map   // reflect.Type to *goType, complete ones
	goTypesLock sync.Mutex // of those that make them
)

func goTypeOf(t reflect.Type) *goType {
	if g, ok := goTypes.Load(t); ok {
		return g.(*goType)
	}
	goTypesLock.Lock()
	defer goTypesLock.Unlock()
	made := goTypeMaker{}
	g := made.of(t)
	for t, g := range made {
		goTypes.Store(t, g)
	}
	return g
}

// goTypeMaker holds the types that are made together: those a type is made of, which may be itself.
type goTypeMaker map[reflect.Type]*goType

func (m goTypeMaker) of(t reflect.Type) *goType {
	if g, ok := goTypes.Load(t); ok {
		return g.(*goType)
	}
	if g := m[t]; g != nil {
		return g
	}
	g := &goType{t: t, text: true}
	m[t] = g
	switch t {
	case reflect.TypeFor[time.Time]():
		g.set, g.text = g.setTime, false
		return g
	case reflect.TypeFor[Value]():
		g.set = setValue
		g.null = func(p unsafe.Pointer) { *(*Value)(p) = Null() }
		return g
	case reflect.TypeFor[json.RawMessage]():
		g.set = setRawJSON
		g.null = func(p unsafe.Pointer) { *(*json.RawMessage)(p) = json.RawMessage("null") }
		return g
	case reflect.TypeFor[json.Number]():
		g.set = g.setJSONNumber
		return g
	}
	switch pt := reflect.PointerTo(t); {
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface:
	case pt.Implements(wrapperType):
		m.wrapper(g)
		return g
	case pt.Implements(jsonUnmarshaler):
		g.set = g.setByJSON
		return g
	case pt.Implements(textUnmarshaler):
		g.set = g.setByText
		return g
	case IsSQLNull(t):
		m.sqlNull(g)
		return g
	case pt.Implements(scannerType):
		g.set = g.setByScan
		return g
	}
	switch t.Kind() {
	case reflect.Bool:
		g.set, g.text = g.setBool, false
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		g.set, g.text = g.setInt, false
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		g.set, g.text = g.setUint, false
	case reflect.Float32, reflect.Float64:
		g.set, g.text = g.setFloat, false
	case reflect.String:
		g.set = g.setString
	case reflect.Interface:
		if g.set = g.refuse; t.NumMethod() == 0 {
			g.set, g.node = setAny, nodeAny
		}
	case reflect.Pointer:
		m.pointer(g)
	case reflect.Slice:
		m.slice(g)
	case reflect.Array:
		m.array(g)
	case reflect.Map:
		m.dictionary(g)
	case reflect.Struct:
		m.structure(g)
	default:
		g.set = g.refuse
	}
	return g
}

func (g *goType) refuse(_ *decoding, _ unsafe.Pointer, tag byte, b []byte) error {
	return g.unfit(tag, b)
}

func (m goTypeMaker) wrapper(g *goType) {
	inner := m.of(reflect.TypeOf(reflect.New(g.t).Interface().(Wrapper).Wrapped()).Elem())
	within := func(p unsafe.Pointer) unsafe.Pointer {
		return reflect.ValueOf(reflect.NewAt(g.t, p).Interface().(Wrapper).Wrapped()).UnsafePointer()
	}
	g.set = func(d *decoding, p unsafe.Pointer, tag byte, b []byte) error { return inner.put(d, within(p), tag, b) }
	g.node = func(d *decoding, p unsafe.Pointer, n *node) error { return inner.putNode(d, within(p), n) }
}

// sqlNull decodes a sql.Null[T].
func (m goTypeMaker) sqlNull(g *goType) {
	v, _ := g.t.FieldByName("V")
	valid, _ := g.t.FieldByName("Valid")
	inner := m.of(v.Type)
	g.set = func(d *decoding, p unsafe.Pointer, tag byte, b []byte) error {
		*(*bool)(unsafe.Add(p, valid.Offset)) = true
		return inner.put(d, unsafe.Add(p, v.Offset), tag, b)
	}
}

func (m goTypeMaker) pointer(g *goType) {
	elem := m.of(g.t.Elem())
	fresh := func(p unsafe.Pointer) unsafe.Pointer {
		at := reflect.New(elem.t).UnsafePointer()
		*(*unsafe.Pointer)(p) = at
		return at
	}
	g.set = func(d *decoding, p unsafe.Pointer, tag byte, b []byte) error { return elem.set(d, fresh(p), tag, b) }
	g.node = func(d *decoding, p unsafe.Pointer, n *node) error { return elem.putNode(d, fresh(p), n) }
}

func (g *goType) setByJSON(_ *decoding, p unsafe.Pointer, tag byte, b []byte) error {
	text := appendContentJSON(nil, tag, b, Plain, 0)
	if err := reflect.NewAt(g.t, p).Interface().(json.Unmarshaler).UnmarshalJSON(text); err != nil {
		return g.outside(tag, b, err)
	}
	return nil
}

func (g *goType) setByText(_ *decoding, p unsafe.Pointer, tag byte, b []byte) error {
	if kindOfTag(tag) != KindString {
		return g.unfit(tag, b)
	}
	text := append([]byte(nil), readScalar(tag, b).AsBytes()...)
	if err := reflect.NewAt(g.t, p).Interface().(encoding.TextUnmarshaler).UnmarshalText(text); err != nil {
		return g.outside(tag, b, err)
	}
	return nil
}

// setByScan gives a sql.Scanner what database/sql would.
func (g *goType) setByScan(d *decoding, p unsafe.Pointer, tag byte, b []byte) error {
	var src any
	var err error
	if tag == tagArray || tag == tagObject {
		src = appendContentJSON(nil, tag, b, Plain, 0)
	} else if src, err = anyOf(d, tag, b); err != nil {
		return err
	}
	if err := reflect.NewAt(g.t, p).Interface().(scanner).Scan(src); err != nil {
		return g.outside(tag, b, err)
	}
	return nil
}
