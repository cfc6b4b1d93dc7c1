package document

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"reflect"
	"time"
	"unsafe"
)

func (g *goType) setBool(_ *decoding, p unsafe.Pointer, tag byte, b []byte) error {
	if tag != tagFalse && tag != tagTrue {
		return g.unfit(tag, b)
	}
	*(*bool)(p) = tag == tagTrue
	return nil
}

// integer reads an int, or a float that is one.
func (g *goType) integer(tag byte, b []byte) (int64, error) {
	switch v := readScalar(tag, b); v.kind {
	case KindInt:
		return int64(v.n), nil
	case KindFloat:
		f := v.AsFloat()
		if i := int64(f); f >= -1<<63 && f < 1<<63 && float64(i) == f {
			return i, nil
		}
		return 0, g.outside(tag, b, nil)
	}
	return 0, g.unfit(tag, b)
}

func (g *goType) setInt(_ *decoding, p unsafe.Pointer, tag byte, b []byte) error {
	i, err := g.integer(tag, b)
	if err != nil {
		return err
	}
	fits := true
	switch g.t.Size() {
	case 8:
		*(*int64)(p) = i
	case 4:
		if fits = i == int64(int32(i)); fits {
			*(*int32)(p) = int32(i)
		}
	case 2:
		if fits = i == int64(int16(i)); fits {
			*(*int16)(p) = int16(i)
		}
	default:
		if fits = i == int64(int8(i)); fits {
			*(*int8)(p) = int8(i)
		}
	}
	if !fits {
		return g.outside(tag, b, nil)
	}
	return nil
}

func (g *goType) setUint(_ *decoding, p unsafe.Pointer, tag byte, b []byte) error {
	i, err := g.integer(tag, b)
	if err != nil {
		return err
	}
	if size := g.t.Size(); i < 0 || size < 8 && i>>(8*size) != 0 {
		return g.outside(tag, b, nil)
	}
	reflect.NewAt(g.t, p).Elem().SetUint(uint64(i))
	return nil
}

func (g *goType) setFloat(_ *decoding, p unsafe.Pointer, tag byte, b []byte) error {
	v := readScalar(tag, b)
	if v.kind != KindFloat && v.kind != KindInt {
		return g.unfit(tag, b)
	}
	f := v.AsFloat()
	if g.t.Size() == 8 {
		*(*float64)(p) = f
		return nil
	}
	if math.Abs(f) > math.MaxFloat32 && !math.IsInf(f, 0) {
		return g.outside(tag, b, nil)
	}
	*(*float32)(p) = float32(f)
	return nil
}

// setString takes strings, and timestamps as the text that their JSON is.
func (g *goType) setString(d *decoding, p unsafe.Pointer, tag byte, b []byte) error {
	s, ok := d.textOf(tag, b)
	if !ok {
		return g.unfit(tag, b)
	}
	*(*string)(p) = s
	return nil
}

func (d *decoding) textOf(tag byte, b []byte) (string, bool) {
	switch tag {
	case tagString:
		return d.string(b), true
	case tagPackedID:
		if len(b) == 16 {
			var text [36]byte
			return d.string(appendUUID(text[:0], b)), true
		}
	case tagTimestamp, tagTimestampNs:
		if v := readScalar(tag, b); v.kind == KindTimestamp {
			return string(AppendTimestamp(nil, v)), true
		}
	}
	return "", false
}

func (g *goType) setTime(_ *decoding, p unsafe.Pointer, tag byte, b []byte) error {
	switch v := readScalar(tag, b); v.kind {
	case KindTimestamp:
		*(*time.Time)(p) = v.AsTime()
		return nil
	case KindString:
		t, err := ParseTimestamp(v.AsString())
		if err != nil {
			return g.outside(tag, b, err)
		}
		*(*time.Time)(p) = t.AsTime()
		return nil
	}
	return g.unfit(tag, b)
}

// setBytes takes bytes, and base64, which is what their JSON is.
func (g *goType) setBytes(p unsafe.Pointer, tag byte, b []byte) error {
	if tag == tagBytes {
		*(*[]byte)(p) = append([]byte{}, b...)
		return nil
	}
	out, err := base64.StdEncoding.AppendDecode([]byte{}, b)
	if err != nil {
		return g.outside(tag, b, err)
	}
	*(*[]byte)(p) = out
	return nil
}

func (g *goType) setJSONNumber(_ *decoding, p unsafe.Pointer, tag byte, b []byte) error {
	if k := kindOfTag(tag); k != KindInt && k != KindFloat {
		return g.unfit(tag, b)
	}
	text := string(appendContentJSON(nil, tag, b, Plain, 0))
	if text == "null" { // NaN or an infinity
		return g.unfit(tag, b)
	}
	*(*json.Number)(p) = json.Number(text)
	return nil
}

func setValue(_ *decoding, p unsafe.Pointer, tag byte, b []byte) error {
	v, ok := readContent(tag, b, 0)
	if !ok {
		return corrupt("value with tag %d", tag)
	}
	*(*Value)(p) = v.Clone()
	return nil
}

func setRawJSON(_ *decoding, p unsafe.Pointer, tag byte, b []byte) error {
	*(*json.RawMessage)(p) = appendContentJSON(nil, tag, b, Plain, 0)
	return nil
}
