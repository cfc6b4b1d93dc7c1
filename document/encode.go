package document

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// A record is one stored document:
//
//	+------------+-----------+----------------+------------------------+-----------+
//	| head       | shape id  | tag[slots]     | end[slots]             | contents  |
//	| 1 byte     | uvarint   | 1 byte each    | width bytes each, LE   |           |
//	+------------+-----------+----------------+------------------------+-----------+
//	head: format version in the low 6 bits; bits 6-7 give the width: 0 is 1, 1 is 2, 2 is 4
//
// A slot's content lies between the end of the slot before it and its own end,
// relative to the first content. Shape id 0 is a self-described document: what follows is
// the content of an object, see compound.go.
const (
	recordVersion = 1
	versionMask   = 0x3F
)

var widthBits = [5]byte{1: 0 << 6, 2: 1 << 6, 4: 2 << 6}

// Encoder turns documents into records. It keeps scratch between calls and
// belongs to one goroutine; the zero Encoder works.
type Encoder struct {
	leaves []leaf
	names  []string // backing of the leaves' prefixes
	tags   []byte
	ends   []int
	body   []byte

	// Of EncodeJSON: the parser, where the elements of open arrays end, and how many texts to leave to
	// the parser now and after the next one that does not fit; before is what doubt was before the last that did.
	json                jsonParser
	at                  []int
	skip, doubt, before int
}

// leaf is one leaf of a document that is taken apart.
type leaf struct {
	prefix []string // the objects around it
	name   string
	value  Value
}

// at reports whether the leaf stands at this path.
func (l *leaf) at(path []string) bool {
	last := len(path) - 1
	if last != len(l.prefix) || path[last] != l.name {
		return false
	}
	for i, name := range l.prefix {
		if path[i] != name {
			return false
		}
	}
	return true
}

// Encode appends the record of doc, an object whose first field is _id, which
// Validate has passed. Where no shape of d fits it writes the document
// self-described and returns in miss a number for the structure it has, or 0 if
// that can have no shape; Def then describes it. The error says that the record
// is over MaxSize; it matches ErrInvalid.
func (e *Encoder) Encode(dst []byte, doc Value, d *Dictionary) (rec []byte, miss uint64, err error) {
	begin := len(dst)
	e.leaves, e.names = e.leaves[:0], e.names[:0]
	h := structureHash(0)
	flat := e.flatten(doc.AsObject(), nil, &h)
	if flat {
		if s := d.fit(uint64(h), e.leaves); s != nil {
			if rec, ok := e.shaped(dst, s); ok {
				if d.last.Load() != s {
					d.last.Store(s)
				}
				return rec, 0, tooLarge(len(rec) - begin)
			}
			flat = false // a collision of structure numbers: no claim to a shape
		}
	}
	dst = append(dst, recordVersion, 0)
	dst = appendObject(dst, doc.AsObject())
	if flat {
		miss = uint64(h)
	}
	return dst, miss, tooLarge(len(dst) - begin)
}

func tooLarge(size int) error {
	if size <= MaxSize {
		return nil
	}
	return &ValueError{Expected: fmt.Sprintf("at most %d bytes", MaxSize), Found: fmt.Sprintf("%d bytes", size)}
}

// Def returns the shape that the last encoded document would fit exactly.
func (e *Encoder) Def() ShapeDef {
	def := ShapeDef{Leaves: make([][]string, len(e.leaves))}
	for i := range e.leaves {
		l := &e.leaves[i]
		path := make([]string, 0, len(l.prefix)+1)
		for _, name := range l.prefix {
			path = append(path, strings.Clone(name))
		}
		// Names are cloned: those of a parsed document share its whole text.
		def.Leaves[i] = append(path, strings.Clone(l.name))
	}
	return def
}

// flatten collects the leaves of an object; false when they are too many for a shape.
func (e *Encoder) flatten(fields []Field, prefix []string, h *structureHash) bool {
	for i := range fields {
		f := &fields[i]
		if f.Value.IsMissing() {
			continue
		}
		if f.Value.kind == KindObject && len(prefix) < maxShapeDepth {
			if inner := f.Value.AsObject(); len(inner) > 0 {
				leaves, names, before := len(e.leaves), len(e.names), *h
				e.names = append(append(e.names, prefix...), f.Name)
				h.name(f.Name)
				h.inner()
				if e.flatten(inner, e.names[names:len(e.names):len(e.names)], h) && len(e.leaves) > leaves {
					continue
				}
				// Too wide, or nothing but missing fields: a leaf after all.
				e.leaves, *h = e.leaves[:leaves], before
			}
		}
		if len(e.leaves) == maxShapeLeaves {
			return false
		}
		h.name(f.Name)
		e.leaves = append(e.leaves, leaf{prefix, f.Name, f.Value})
	}
	return true
}

// shaped writes the leaves into the slots of s.
func (e *Encoder) shaped(dst []byte, s *Shape) ([]byte, bool) {
	e.tags, e.ends, e.body = e.tags[:0], e.ends[:0], e.body[:0]
	next := 0
	for slot, path := range s.def.Leaves {
		body, tag := e.body, byte(tagAbsent)
		if next < len(e.leaves) && e.leaves[next].at(path) {
			v := e.leaves[next].value
			next++
			if id, packed := packable(v); slot == 0 && packed {
				body, tag = append(body, id[:]...), tagPackedID
			} else {
				body, tag = appendContent(body, v)
			}
		}
		e.put(body, tag)
	}
	if next < len(e.leaves) {
		return dst, false
	}
	return e.assemble(dst, s), true
}

// put ends the next slot.
func (e *Encoder) put(body []byte, tag byte) {
	e.body = body
	e.tags = append(e.tags, tag)
	e.ends = append(e.ends, len(body))
}

// assemble appends the record of the slots that were put.
func (e *Encoder) assemble(dst []byte, s *Shape) []byte {
	width := widthFor(len(e.body))
	dst = append(dst, recordVersion|widthBits[width])
	dst = binary.AppendUvarint(dst, uint64(s.id))
	dst = append(dst, e.tags...)
	for _, end := range e.ends {
		switch width {
		case 1:
			dst = append(dst, byte(end))
		case 2:
			dst = binary.LittleEndian.AppendUint16(dst, uint16(end))
		default:
			dst = binary.LittleEndian.AppendUint32(dst, uint32(end))
		}
	}
	return append(dst, e.body...)
}

// packable returns the 16 bytes of a string that is a canonical UUID.
func packable(v Value) (id [16]byte, ok bool) {
	if v.kind != KindString || v.n != 36 {
		return id, false
	}
	return parseUUID(v.AsString())
}
