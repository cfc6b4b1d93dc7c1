package document

import (
	"encoding/binary"
	"sort"
	"strings"
	"unsafe"
)

// A self-described value is its tag, for a tag of varying size the length of the
// content as a uvarint, and the content. Compound contents are
//
//	array:   width(1) count(uvarint) end[count] element...
//	object:  width(1) count(uvarint) at[count] entry...
//	entry:   name length(uvarint) name value
//
// Elements and entries stand in their own order. end and at are little-endian
// numbers of width bytes (1, 2 or 4), relative to the first element or entry:
// end[i] is where element i ends; at[i] is where the entry with the i-th name in
// sorted order begins, so that a field is found by binary search and the order is kept.

// maxReadDepth stops the decoder on bytes that nest deeper than any document;
// records hold documents, whose nesting is at most MaxDepth.
const maxReadDepth = MaxDepth + 2

// AppendValue appends the self-described form of v.
func AppendValue(dst []byte, v Value) []byte {
	at := len(dst)
	sized := !v.kind.IsScalar() || v.kind == KindString || v.kind == KindBytes
	dst = append(dst, 0)
	if sized {
		dst = append(dst, 0) // most lengths take one byte; putLength widens
	}
	dst, tag := appendContent(dst, v)
	dst[at] = tag
	if sized {
		dst = putLength(dst, at+1)
	}
	return dst
}

// putLength writes the length of what follows the byte at into that byte,
// moving it when the uvarint takes more.
func putLength(dst []byte, at int) []byte {
	n := len(dst) - at - 1
	if n < 0x80 {
		dst[at] = byte(n)
		return dst
	}
	var text [binary.MaxVarintLen64]byte
	size := binary.PutUvarint(text[:], uint64(n))
	dst = append(dst, text[:size-1]...) // room
	copy(dst[at+size:], dst[at+1:at+1+n])
	copy(dst[at:], text[:size])
	return dst
}

// ReadValue reads a self-described value from the front of b and returns what
// follows. Strings and bytes borrow from b. The error matches ErrCorrupt.
func ReadValue(b []byte) (v Value, rest []byte, err error) {
	tag, content, rest, ok := splitValue(b)
	if !ok {
		return Value{}, nil, corrupt("value of %d bytes is cut off", len(b))
	}
	if v, ok = readContent(tag, content, 0); !ok {
		return Value{}, nil, corrupt("value with tag %d", tag)
	}
	return v, rest, nil
}

// splitValue takes the value at the front of b apart without decoding it.
func splitValue(b []byte) (tag byte, content, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, nil, false
	}
	tag, b = b[0], b[1:]
	size := int(fixedSize[tag])
	if size < 0 {
		n, k := binary.Uvarint(b)
		if !varies(tag) || k <= 0 || n > uint64(len(b)-k) {
			return 0, nil, nil, false
		}
		b = b[k:]
		size = int(n)
	}
	if size > len(b) {
		return 0, nil, nil, false
	}
	return tag, b[:size:size], b[size:], true
}

// readContent decodes content; ok is false when it is damaged. Inside arrays and objects nothing
// is absent, and no id is packed.
func readContent(tag byte, b []byte, depth int) (v Value, ok bool) {
	if tag != tagArray && tag != tagObject {
		v = readScalar(tag, b)
		return v, !v.IsMissing() || tag == tagAbsent
	}
	if depth > maxReadDepth {
		return Value{}, false
	}
	c, ok := openCompound(b)
	if !ok {
		return Value{}, false
	}
	if tag == tagArray {
		out := make([]Value, 0, c.count)
		for body := c.body; len(out) < c.count; {
			tag, content, rest, ok := splitValue(body)
			if !ok {
				return Value{}, false
			}
			e, ok := readContent(tag, content, depth+1)
			if !ok || tag == tagAbsent || tag == tagPackedID {
				return Value{}, false
			}
			out = append(out, e)
			body = rest
		}
		return Array(out), true
	}
	out := make([]Field, 0, c.count)
	for body := c.body; len(out) < c.count; {
		name, tag, content, rest, ok := splitEntry(body)
		if !ok {
			return Value{}, false
		}
		e, ok := readContent(tag, content, depth+1)
		if !ok || tag == tagAbsent || tag == tagPackedID {
			return Value{}, false
		}
		out = append(out, Field{borrow(name), e})
		body = rest
	}
	return Object(out), true
}

func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// compound is the content of an array or object, opened.
type compound struct {
	width, count int
	table        []byte
	body         []byte
}

func openCompound(b []byte) (c compound, ok bool) {
	if len(b) < 2 {
		return c, false
	}
	c.width = int(b[0])
	n, k := binary.Uvarint(b[1:])
	if c.width != 1 && c.width != 2 && c.width != 4 || k <= 0 || n > uint64(len(b)) || int(n)*c.width > len(b)-1-k {
		return c, false
	}
	c.count = int(n)
	c.table = b[1+k : 1+k+c.count*c.width]
	c.body = b[1+k+len(c.table):]
	return c, true
}

// offset returns entry i of the table, or -1 when it lies outside the body.
func (c *compound) offset(i int) int {
	n := readWidth(c.table, i, c.width)
	if n > len(c.body) {
		return -1
	}
	return n
}

func readWidth(table []byte, i, width int) int {
	switch width {
	case 1:
		return int(table[i])
	case 2:
		return int(binary.LittleEndian.Uint16(table[2*i:]))
	}
	return int(binary.LittleEndian.Uint32(table[4*i:]))
}

func putWidth(table []byte, i, width, n int) {
	switch width {
	case 1:
		table[i] = byte(n)
	case 2:
		binary.LittleEndian.PutUint16(table[2*i:], uint16(n))
	default:
		binary.LittleEndian.PutUint32(table[4*i:], uint32(n))
	}
}

// widthFor returns the smallest width that holds offsets up to n.
func widthFor(n int) int {
	switch {
	case n <= 0xFF:
		return 1
	case n <= 0xFFFF:
		return 2
	}
	return 4
}

func splitEntry(b []byte) (name []byte, tag byte, content, rest []byte, ok bool) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b)-k) {
		return nil, 0, nil, nil, false
	}
	name = b[k : k+int(n)]
	tag, content, rest, ok = splitValue(b[k+int(n):])
	return name, tag, content, rest, ok
}

// element returns the i-th element of an array, without decoding the others.
func (c *compound) element(i int) (tag byte, content []byte, ok bool) {
	if i < 0 || i >= c.count {
		return 0, nil, false
	}
	at := 0
	if i > 0 {
		at = c.offset(i - 1)
	}
	if at < 0 {
		return 0, nil, false
	}
	tag, content, _, ok = splitValue(c.body[at:])
	return tag, content, ok
}

// field finds a field of an object.
func (c *compound) field(name string) (tag byte, content []byte, ok bool) {
	at := c.find(name)
	if at < 0 {
		return 0, nil, false
	}
	_, tag, content, _, ok = splitEntry(c.body[at:])
	return tag, content, ok
}

// find returns by binary search where the entry of a name begins, -1 if there is none.
func (c *compound) find(name string) int {
	lo, hi := 0, c.count
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		at := c.offset(mid)
		if at < 0 {
			return -1
		}
		n, k := binary.Uvarint(c.body[at:])
		if k <= 0 || n > uint64(len(c.body)-at-k) {
			return -1
		}
		switch strings.Compare(borrow(c.body[at+k:at+k+int(n)]), name) {
		case 0:
			return at
		case -1:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return -1
}

func appendArray(dst []byte, elements []Value) []byte {
	return appendCompound(dst, len(elements), func(dst []byte, ends []int) []byte {
		begin := len(dst)
		for i, e := range elements {
			if e.IsMissing() {
				e = Null() // an array has no holes
			}
			dst = AppendValue(dst, e)
			ends[i] = len(dst) - begin
		}
		return dst
	})
}

func appendObject(dst []byte, fields []Field) []byte {
	fields = present(fields)
	return appendCompound(dst, len(fields), func(dst []byte, at []int) []byte {
		begin := len(dst)
		starts := make([]int, len(fields))
		order := make([]int, len(fields))
		for i, f := range fields {
			order[i] = i
			starts[i] = len(dst) - begin
			dst = binary.AppendUvarint(dst, uint64(len(f.Name)))
			dst = append(dst, f.Name...)
			dst = AppendValue(dst, f.Value)
		}
		sort.Slice(order, func(a, b int) bool { return fields[order[a]].Name < fields[order[b]].Name })
		for i, field := range order {
			at[i] = starts[field]
		}
		return dst
	})
}

// present leaves out the fields whose value is MISSING.
func present(fields []Field) []Field {
	for i := range fields {
		if fields[i].Value.IsMissing() {
			out := append([]Field(nil), fields[:i]...)
			for _, f := range fields[i+1:] {
				if !f.Value.IsMissing() {
					out = append(out, f)
				}
			}
			return out
		}
	}
	return fields
}

// appendCompound writes the head, lets body write the parts and fill the table,
// and then writes the table at the width that the size asks for.
func appendCompound(dst []byte, count int, body func(dst []byte, table []int) []byte) []byte {
	var small [16]int
	var table []int
	if count > len(small) {
		table = make([]int, count)
	} else {
		table = small[:count]
	}
	head := len(dst)
	dst = append(dst, 1)
	dst = binary.AppendUvarint(dst, uint64(count))
	at := len(dst)
	dst = append(dst, make([]byte, count)...)
	begin := len(dst)
	dst = body(dst, table)
	size := len(dst) - begin
	width := widthFor(size)
	if width > 1 {
		dst[head] = byte(width)
		dst = append(dst, make([]byte, count*(width-1))...)
		copy(dst[at+count*width:], dst[begin:begin+size])
	}
	for i, n := range table {
		putWidth(dst[at:], i, width, n)
	}
	return dst
}

// lookupContent follows a path inside an encoded value without decoding the
// rest of it.
func lookupContent(tag byte, b []byte, p Path) Value {
	for i, s := range p {
		var c compound
		var ok bool
		want := byte(tagArray)
		if s.Kind == StepField {
			want = tagObject
		}
		if tag != want {
			return Value{}
		}
		if c, ok = openCompound(b); !ok {
			return Value{}
		}
		switch s.Kind {
		case StepField:
			tag, b, ok = c.field(s.Name)
		case StepIndex:
			at := s.Index
			if at < 0 {
				at += c.count
			}
			tag, b, ok = c.element(at)
		case StepWildcard:
			out := make([]Value, 0, c.count)
			for body, n := c.body, 0; n < c.count; n++ {
				tag, content, rest, ok := splitValue(body)
				if !ok {
					return Value{}
				}
				if v := lookupContent(tag, content, p[i+1:]); !v.IsMissing() {
					out = append(out, v)
				}
				body = rest
			}
			return Array(out)
		}
		if !ok {
			return Value{}
		}
	}
	v, _ := readContent(tag, b, 0)
	return v
}
