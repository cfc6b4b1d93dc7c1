package document

import "encoding/binary"

// Record is a view of one stored document, read in place. It borrows its data,
// which must not change while the record or a value from it is in use.
type Record struct {
	data  []byte
	dict  *Dictionary
	shape *Shape // nil for a self-described document
	tags  []byte // one a slot
	ends  []byte // offset table
	body  []byte // contents; of a self-described document, of its object
	width int
}

// Reset makes r a view of data, a record of a collection with this dictionary.
// It reads the head only. Bytes that are no record, a format version or a shape that
// is not known give an error that matches ErrCorrupt.
func (r *Record) Reset(data []byte, d *Dictionary) error {
	if len(data) < 2 {
		return corrupt("record of %d bytes", len(data))
	}
	if version := data[0] & versionMask; version != recordVersion {
		return corrupt("record format %d, this build reads %d", version, recordVersion)
	}
	id, k := binary.Uvarint(data[1:])
	if k <= 0 || id > 1<<31 {
		return corrupt("shape id")
	}
	rest := data[1+k:]
	r.data, r.dict = data, d
	if id == 0 {
		r.shape, r.tags, r.ends, r.body = nil, nil, nil, rest
		return nil
	}
	s := d.Shape(uint32(id))
	if s == nil {
		return corrupt("shape %d is unknown", id)
	}
	n := len(s.def.Leaves)
	width := 1 << (data[0] >> 6)
	if width > 4 || len(rest) < n*(1+width) {
		return corrupt("record of %d bytes is cut off", len(data))
	}
	r.shape, r.width = s, width
	r.tags = rest[:n]
	r.ends = rest[n : n*(1+width)]
	r.body = rest[n*(1+width):]
	return nil
}

// Data returns the stored bytes, which must not be changed.
func (r *Record) Data() []byte { return r.data }

// Dictionary returns the dictionary that the record is read with.
func (r *Record) Dictionary() *Dictionary { return r.dict }

// Shape returns the record's shape, nil for a self-described document.
func (r *Record) Shape() *Shape { return r.shape }

// content returns the tag and the bytes of a slot; absent where they are damaged.
func (r *Record) content(slot int) (byte, []byte) {
	begin := 0
	if slot > 0 {
		begin = readWidth(r.ends, slot-1, r.width)
	}
	end := readWidth(r.ends, slot, r.width)
	if begin > end || end > len(r.body) {
		return tagAbsent, nil
	}
	return r.tags[slot], r.body[begin:end:end]
}

// slot decodes the value of a slot.
func (r *Record) slot(slot int) Value {
	tag, b := r.content(slot)
	if tag == tagObject || tag == tagArray {
		v, _ := readContent(tag, b, 0)
		return v
	}
	return readScalar(tag, b)
}

// ID returns the document's _id.
func (r *Record) ID() Value {
	if r.shape != nil {
		return r.slot(0)
	}
	if c, ok := openCompound(r.body); ok {
		if tag, b, ok := c.field(IDField); ok {
			v, _ := readContent(tag, b, 0)
			return v
		}
	}
	return Value{}
}

// Decode returns the whole document, its fields in their stored order and _id
// under the collection's name for it.
func (r *Record) Decode() Value {
	if r.shape != nil {
		return r.object(&r.shape.root)
	}
	v, _ := readContent(tagObject, r.body, 0)
	if fields := v.AsObject(); len(fields) > 0 && r.dict != nil && fields[0].Name == IDField {
		fields[0].Name = r.dict.idName // the slice was made here
	}
	return v
}

// object reassembles the object at a node of the shape; MISSING when nothing of it is there.
func (r *Record) object(n *node) Value {
	fields := make([]Field, 0, len(n.children))
	for i := range n.children {
		child := &n.children[i]
		var v Value
		if child.slot >= 0 {
			v = r.slot(child.slot)
		} else {
			v = r.object(child)
		}
		if !v.IsMissing() {
			fields = append(fields, Field{child.name, v})
		}
	}
	if len(fields) == 0 {
		return Value{}
	}
	return Object(fields)
}

// EachTopLevel calls fn with the name of each top-level field that is present,
// in order, _id by that name. The name borrows from the record.
func (r *Record) EachTopLevel(fn func(name string)) {
	if r.shape != nil {
		for i := range r.shape.root.children {
			if n := &r.shape.root.children[i]; r.present(n) {
				fn(r.shape.top[i])
			}
		}
		return
	}
	c, ok := openCompound(r.body)
	for body, n := c.body, 0; ok && n < c.count; n++ {
		var name []byte
		if name, _, _, body, ok = splitEntry(body); ok {
			fn(borrow(name))
		}
	}
}

// EachAbsent calls fn with the index in Shape().TopLevel of each top-level field that the
// record's shape has and the record has not.
func (r *Record) EachAbsent(fn func(i int)) {
	if r.shape == nil {
		return
	}
	for i := range r.shape.root.children {
		if !r.present(&r.shape.root.children[i]) {
			fn(i)
		}
	}
}

// AppendAbsent appends the numbers of the slots of the record's shape that the record
// leaves empty.
func (r *Record) AppendAbsent(dst []int32) []int32 {
	for slot, tag := range r.tags {
		if tag == tagAbsent {
			dst = append(dst, int32(slot))
		}
	}
	return dst
}

// present reports whether any slot of a node is.
func (r *Record) present(n *node) bool {
	for slot := n.first; slot <= n.last; slot++ {
		if r.tags[slot] != tagAbsent {
			return true
		}
	}
	return false
}

// Clone returns a record with data of its own.
func (r *Record) Clone() Record {
	var c Record
	// The head was read once already: it cannot fail on the same bytes.
	if err := c.Reset(append([]byte(nil), r.data...), r.dict); err != nil {
		return Record{}
	}
	return c
}

// Verify decodes the whole record and checks that its offsets and contents
// are consistent. The error matches ErrCorrupt.
func (r *Record) Verify() error {
	if r.shape == nil {
		v, ok := readContent(tagObject, r.body, 0)
		if !ok {
			return corrupt("self-described document")
		}
		if err := Validate(v); err != nil {
			return corrupt("%v", err)
		}
		return nil
	}
	at := 0
	for slot, tag := range r.tags {
		end := readWidth(r.ends, slot, r.width)
		if end < at || end > len(r.body) {
			return corrupt("slot %d ends at %d of %d bytes", slot, end, len(r.body))
		}
		if tag == tagPackedID && slot != 0 {
			return corrupt("packed id in slot %d", slot)
		}
		v, ok := readContent(tag, r.body[at:end], 0)
		if size := fixedSize[tag]; !ok || size >= 0 && int(size) != end-at {
			return corrupt("slot %d has tag %d and %d bytes", slot, tag, end-at)
		}
		if err := Validate(v); err != nil {
			return corrupt("slot %d: %v", slot, err)
		}
		at = end
	}
	if at != len(r.body) {
		return corrupt("%d bytes after the last slot", len(r.body)-at)
	}
	return nil
}
