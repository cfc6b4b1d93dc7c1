package document

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"unsafe"
)

// setAny stores the plain Go form: bool, int64, float64, string, []byte, time.Time, []any or map[string]any.
func setAny(d *decoding, p unsafe.Pointer, tag byte, b []byte) (err error) {
	*(*any)(p), err = anyOf(d, tag, b)
	return err
}

func nodeAny(d *decoding, p unsafe.Pointer, n *node) (err error) {
	*(*any)(p), err = mapOfNode(d, n)
	return err
}

func anyOf(d *decoding, tag byte, b []byte) (any, error) {
	switch tag {
	case tagArray:
		c, ok := openCompound(b)
		if !ok {
			return nil, corrupt("array")
		}
		out := make([]any, c.count)
		return out, d.elements(&c, func(i int, tag byte, b []byte) (err error) {
			out[i], err = anyOf(d, tag, b)
			return err
		})
	case tagObject:
		return mapOf(d, b)
	}
	switch v := readScalar(tag, b); v.kind {
	case KindNull:
		return nil, nil
	case KindBool:
		return v.AsBool(), nil
	case KindInt:
		return v.AsInt(), nil
	case KindFloat:
		return v.AsFloat(), nil
	case KindString:
		return d.string(v.AsBytes()), nil
	case KindBytes:
		return append([]byte{}, b...), nil
	case KindTimestamp:
		return v.AsTime(), nil
	}
	return nil, corrupt("value with tag %d", tag)
}

func mapOf(d *decoding, b []byte) (map[string]any, error) {
	out := map[string]any{}
	return out, d.entries(b, func(name string, tag byte, b []byte) error {
		v, err := anyOf(d, tag, b)
		out[d.string(String(name).AsBytes())] = v
		return err
	})
}

func mapOfNode(d *decoding, n *node) (map[string]any, error) {
	if n == &d.rec.shape.root {
		d.makeRoom(0, len(d.rec.tags))
	}
	out := make(map[string]any, len(n.children))
	for i := range n.children {
		child := &n.children[i]
		var v any
		var err error
		if child.slot < 0 {
			if !d.rec.present(child) {
				continue
			}
			v, err = mapOfNode(d, child)
		} else {
			tag, b := d.rec.content(child.slot)
			if tag == tagAbsent {
				continue
			}
			v, err = anyOf(d, tag, b)
		}
		if err != nil {
			return out, under(err, Step{Name: child.name})
		}
		out[child.name] = v
	}
	return out, nil
}

// makeRoom makes room for the strings in slots of the record.
func (d *decoding) makeRoom(first, limit int) {
	n := 0
	for slot := first; slot < limit; slot++ {
		n += d.rec.textSize(slot)
	}
	d.text = make([]byte, 0, n)
}

// textSize is how much the strings in a slot take at most.
func (r *Record) textSize(slot int) int {
	switch r.tags[slot] {
	case tagString, tagArray:
		_, b := r.content(slot)
		return len(b)
	case tagPackedID:
		return 36
	}
	return 0
}

// elements calls fn for each element of an array.
func (d *decoding) elements(c *compound, fn func(i int, tag byte, b []byte) error) error {
	if err := d.enter(); err != nil {
		return err
	}
	body := c.body
	for i := range c.count {
		tag, content, rest, ok := splitValue(body)
		if !ok {
			return corrupt("element %d of an array", i)
		}
		if err := fn(i, tag, content); err != nil {
			return under(err, Step{Kind: StepIndex, Index: i})
		}
		body = rest
	}
	d.leave()
	return nil
}

// entries calls fn for each field of an object; the name borrows.
func (d *decoding) entries(b []byte, fn func(name string, tag byte, b []byte) error) error {
	idName := d.idName
	d.idName = ""
	if err := d.enter(); err != nil {
		return err
	}
	c, ok := openCompound(b)
	if !ok {
		return corrupt("object")
	}
	body := c.body
	for range c.count {
		key, tag, content, rest, ok := splitEntry(body)
		if !ok {
			return corrupt("field of an object")
		}
		name := borrow(key)
		if name == IDField && idName != "" {
			name = idName
		}
		if err := fn(name, tag, content); err != nil {
			return under(err, Step{Name: name})
		}
		body = rest
	}
	d.leave()
	return nil
}

func (m goTypeMaker) slice(g *goType) {
	elem := m.of(g.t.Elem())
	size := elem.t.Size()
	g.text = elem.text
	bytes := elem.t.Kind() == reflect.Uint8
	g.set = func(d *decoding, p unsafe.Pointer, tag byte, b []byte) error {
		if bytes && (tag == tagBytes || tag == tagString) {
			return g.setBytes(p, tag, b)
		}
		c, ok := openCompound(b)
		if tag != tagArray || !ok {
			return g.unfit(tag, b)
		}
		rv := reflect.NewAt(g.t, p).Elem()
		if c.count == 0 {
			rv.Set(reflect.MakeSlice(g.t, 0, 0))
			return nil
		}
		rv.SetZero() // the array of before may be somebody's
		rv.Grow(c.count)
		rv.SetLen(c.count)
		first := rv.UnsafePointer()
		return d.elements(&c, func(i int, tag byte, b []byte) error {
			return elem.put(d, unsafe.Add(first, uintptr(i)*size), tag, b)
		})
	}
}

// array decodes into a Go array, as encoding/json does: what is too much is left out, what is not there is zero.
func (m goTypeMaker) array(g *goType) {
	elem := m.of(g.t.Elem())
	size := elem.t.Size()
	g.text = elem.text
	g.set = func(d *decoding, p unsafe.Pointer, tag byte, b []byte) error {
		c, ok := openCompound(b)
		if tag != tagArray || !ok {
			return g.unfit(tag, b)
		}
		g.zero(p)
		return d.elements(&c, func(i int, tag byte, b []byte) error {
			if i >= g.t.Len() {
				return nil
			}
			return elem.put(d, unsafe.Add(p, uintptr(i)*size), tag, b)
		})
	}
}

func (m goTypeMaker) dictionary(g *goType) {
	elem := m.of(g.t.Elem())
	if g.t.ConvertibleTo(reflect.TypeFor[map[string]any]()) {
		g.set = func(d *decoding, p unsafe.Pointer, tag byte, b []byte) (err error) {
			if tag != tagObject {
				return g.unfit(tag, b)
			}
			*(*map[string]any)(p), err = mapOf(d, b)
			return err
		}
		g.node = func(d *decoding, p unsafe.Pointer, n *node) (err error) {
			*(*map[string]any)(p), err = mapOfNode(d, n)
			return err
		}
		return
	}
	g.set = func(d *decoding, p unsafe.Pointer, tag byte, b []byte) error {
		if tag != tagObject {
			return g.unfit(tag, b)
		}
		out := reflect.MakeMap(g.t)
		reflect.NewAt(g.t, p).Elem().Set(out)
		return d.entries(b, func(name string, tag byte, b []byte) error {
			key, err := mapKey(g.t.Key(), d.string(String(name).AsBytes()))
			if err != nil {
				return &DecodeError{Type: g.t, Found: "a key", Err: err}
			}
			v := reflect.New(elem.t)
			if err := elem.put(d, v.UnsafePointer(), tag, b); err != nil {
				return err
			}
			out.SetMapIndex(key, v.Elem())
			return nil
		})
	}
}

// mapKey makes a key of a map from a field's name, as encoding/json does.
func mapKey(t reflect.Type, name string) (reflect.Value, error) {
	key := reflect.New(t)
	if text, ok := key.Interface().(encoding.TextUnmarshaler); ok {
		return key.Elem(), text.UnmarshalText([]byte(name))
	}
	switch at := key.Elem(); {
	case t.Kind() == reflect.String:
		at.SetString(name)
	case at.CanInt():
		i, err := strconv.ParseInt(name, 10, t.Bits())
		if err != nil {
			return key, err
		}
		at.SetInt(i)
	case at.CanUint():
		i, err := strconv.ParseUint(name, 10, t.Bits())
		if err != nil {
			return key, err
		}
		at.SetUint(i)
	default:
		return key, fmt.Errorf("a map with keys of Go type %s", t)
	}
	return key.Elem(), nil
}
