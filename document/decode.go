package document

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"unsafe"
)

// Decoding goes from the stored bytes straight into Go memory. What a Go type takes is worked out once for the
// type (goType), and where the fields of a struct lie in a shape once for the struct and the shape
// (shapePlan); per document there are only loads and stores. A Value is decoded from its stored form.

// DecodeError says which part of a document does not fit the Go value it was to be decoded into.
type DecodeError struct {
	Path  string       // "" is the document itself
	Type  reflect.Type // of the Go value
	Found string       // the kind of the part, and its value where that is what does not fit
	Err   error        // of a method of the type, or nil

	at Path // innermost step first
}

func (e *DecodeError) Error() string {
	where := "document"
	if e.Path != "" {
		where = "path " + e.Path
	}
	s := fmt.Sprintf("%s: cannot decode %s into Go type %s", where, e.Found, e.Type)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the error of the type's method.
func (e *DecodeError) Unwrap() error { return e.Err }

// DecodeInto stores the document in the Go value that ptr points to: a struct (by its json tags, as encoding/json
// does), a map, an interface, a Value, a json.RawMessage or anything else that takes an object.
//
// A struct field takes the document's field of its name, else the first that differs in case only.
// Unlike in encoding/json, a field that the document lacks, or has as null, becomes zero, and slices, maps and pointers are new:
// a struct that is used for one document after another keeps nothing of the one before. Fields that json ignores
// are left alone. An int takes a float without fraction, a time a timestamp or its text, a string the text of
// a timestamp, bytes base64; an interface gets int64, float64, string, bool, []byte, time.Time, []any or map[string]any. sql.Null
// types, sql.Scanner, encoding.TextUnmarshaler and json.Unmarshaler are honoured.
//
// What does not fit, a number out of range too, is a *DecodeError. The value shares nothing with the record.
func (r *Record) DecodeInto(ptr any) error {
	g, p, err := targetOf(ptr)
	if err != nil {
		return err
	}
	d := decodings.Get().(*decoding)
	d.rec = r
	if r.shape == nil {
		d.idName = IDField
		if r.dict != nil {
			d.idName = r.dict.idName
		}
		err = g.put(d, p, tagObject, r.body)
	} else {
		err = g.putNode(d, p, &r.shape.root)
	}
	d.release()
	return located(err)
}

// DecodeInto stores v in the Go value that ptr points to, as Record.DecodeInto does; what is missing as zero.
func (v Value) DecodeInto(ptr any) error {
	if r := v.RecordOf(); r != nil {
		return r.DecodeInto(ptr)
	}
	g, p, err := targetOf(ptr)
	if err != nil {
		return err
	}
	tag, content, _, ok := splitValue(AppendValue(nil, v))
	if !ok {
		return corrupt("value of kind %s", v.kind)
	}
	d := decodings.Get().(*decoding)
	err = g.put(d, p, tag, content)
	d.release()
	return located(err)
}

// targetOf returns the type and the address that ptr points to.
func targetOf(ptr any) (*goType, unsafe.Pointer, error) {
	rv := reflect.ValueOf(ptr)
	if rv.Kind() != reflect.Pointer || rv.IsNil() {
		return nil, nil, fmt.Errorf("decode into %T: expected a pointer that is not nil", ptr)
	}
	return goTypeOf(rv.Type().Elem()), rv.UnsafePointer(), nil
}

// located writes down the path that an error has collected.
func located(err error) error {
	if err == nil {
		return nil
	}
	if e := new(DecodeError); errors.As(err, &e) {
		slices.Reverse(e.at)
		e.Path = clip(e.at.String())
	}
	return err
}

// under adds a step to the path of an error on its way up.
func under(err error, s Step) error {
	if err == nil {
		return nil
	}
	if e := new(DecodeError); errors.As(err, &e) {
		e.at = append(e.at, s)
	}
	return err
}

// decoding is the state of one call.
type decoding struct {
	rec *Record // of a document, else nil
	// idName is what _id goes by in the object that is read next, "" within a document.
	idName string
	depth  int
	// text is room for strings: those of a document share one allocation.
	text []byte
}

var decodings = sync.Pool{New: func() any { return new(decoding) }}

func (d *decoding) release() {
	*d = decoding{}
	decodings.Put(d)
}

// string returns a copy of b.
func (d *decoding) string(b []byte) string {
	n := len(d.text)
	if len(b) == 0 || cap(d.text)-n < len(b) {
		return string(b)
	}
	d.text = append(d.text, b...)
	return borrow(d.text[n:])
}

// enter is called for what holds other values, leave after it.
func (d *decoding) enter() error {
	if d.depth++; d.depth > maxReadDepth {
		return corrupt("nested deeper than %d", maxReadDepth)
	}
	return nil
}

func (d *decoding) leave() { d.depth-- }

// goType is how a Go type is decoded.
type goType struct {
	t reflect.Type
	// set stores a value that is neither absent nor null; node, unless nil, the object at a node of the record's shape.
	set  func(d *decoding, p unsafe.Pointer, tag byte, b []byte) error
	node func(d *decoding, p unsafe.Pointer, n *node) error
	// null, unless nil, stores null instead of the zero value.
	null func(p unsafe.Pointer)
	// fields is that of a struct that is decoded field by field.
	fields *structType
	text   bool // may hold strings of the document
}

// put stores a value.
func (g *goType) put(d *decoding, p unsafe.Pointer, tag byte, b []byte) error {
	switch {
	case tag > tagNull:
		return g.set(d, p, tag, b)
	case tag == tagNull && g.null != nil:
		g.null(p)
	default:
		g.zero(p)
	}
	return nil
}

// putNode stores the object at a node of the record's shape, zero when nothing of it is there.
func (g *goType) putNode(d *decoding, p unsafe.Pointer, n *node) error {
	if g.node != nil {
		if !d.rec.present(n) {
			g.zero(p)
			return nil
		}
		return g.node(d, p, n)
	}
	v := d.rec.object(n)
	if v.IsMissing() {
		g.zero(p)
		return nil
	}
	_, content, _, ok := splitValue(AppendValue(nil, v))
	if !ok {
		return corrupt("object in shape %d", d.rec.shape.id)
	}
	return g.set(d, p, tagObject, content)
}

// zero stores the zero value.
func (g *goType) zero(p unsafe.Pointer) { reflect.NewAt(g.t, p).Elem().SetZero() }

// unfit is the error of a value that the type does not take.
func (g *goType) unfit(tag byte, b []byte) error {
	return &DecodeError{Type: g.t, Found: kindOfTag(tag).String()}
}

// outside is that of a value of a kind that it takes, if not this one.
func (g *goType) outside(tag byte, b []byte, err error) error {
	found := kindOfTag(tag).String()
	if text := appendContentJSON(nil, tag, b, Plain, 0); len(text) < 60 {
		found += " " + string(text)
	}
	return &DecodeError{Type: g.t, Found: found, Err: err}
}

func kindOfTag(tag byte) Kind {
	switch tag {
	case tagAbsent:
		return KindMissing
	case tagNull:
		return KindNull
	case tagFalse, tagTrue:
		return KindBool
	case tagInt8, tagInt16, tagInt32, tagInt64:
		return KindInt
	case tagFloat32, tagFloat64:
		return KindFloat
	case tagString, tagPackedID:
		return KindString
	case tagObject:
		return KindObject
	case tagArray:
		return KindArray
	case tagBytes:
		return KindBytes
	case tagTimestamp, tagTimestampNs:
		return KindTimestamp
	}
	return kindCount
}
