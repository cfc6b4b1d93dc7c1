package expr

import "github.com/fluxdb/fluxdb/document"

// extreme is MIN and MAX, and without a sign ANY_VALUE: the first value.
type extreme struct {
	sign int // of Compare(v, best) for a v that is better
	best document.Value
	text []byte // what best borrows, used again for the next one
}

func (m *extreme) Add(v document.Value) error {
	if v.IsNull() {
		return nil
	}
	if m.best.IsMissing() || m.sign != 0 && document.Compare(v, m.best) == m.sign {
		m.keep(v)
	}
	return nil
}

// keep copies v, which is borrowed.
func (m *extreme) keep(v document.Value) {
	switch v.Kind() {
	case document.KindString:
		m.text = append(m.text[:0], v.AsBytes()...)
		m.best = document.StringBytes(m.text)
	case document.KindBytes:
		m.text = append(m.text[:0], v.AsBytes()...)
		m.best = document.Bytes(m.text)
	default:
		m.best = v.Clone()
	}
}

func (m *extreme) Result() (document.Value, error) {
	if m.best.IsMissing() {
		return document.Null(), nil
	}
	return m.best, nil
}

func (m *extreme) Size() int {
	if m.best.Kind().IsScalar() {
		return cap(m.text)
	}
	return cap(m.text) + sizeOf(m.best)
}

func (m *extreme) Append(dst []byte) []byte {
	if m.best.IsMissing() {
		return dst
	}
	return document.AppendValue(dst, m.best)
}

func (m *extreme) Merge(state []byte) error {
	if len(state) == 0 {
		return nil
	}
	v, rest, err := document.ReadValue(state)
	if err != nil || len(rest) > 0 {
		return errState
	}
	return m.Add(v)
}

// sizeOf is about how many bytes of memory a value holds beside the Value itself.
func sizeOf(v document.Value) int {
	const value, field = 24, 40
	switch v.Kind() {
	case document.KindString, document.KindBytes:
		return len(v.AsBytes())
	case document.KindArray:
		n := 0
		for _, e := range v.AsArray() {
			n += value + sizeOf(e)
		}
		return n
	case document.KindObject:
		n := 0
		for _, f := range v.AsObject() {
			n += field + len(f.Name) + sizeOf(f.Value)
		}
		return n
	}
	return 0
}
