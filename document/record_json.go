package document

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
)

// AppendJSON appends the JSON text of the document straight from the stored
// bytes. It allocates only to grow dst.
func (r *Record) AppendJSON(dst []byte, form Form) []byte {
	if r.shape == nil {
		idName := IDField
		if r.dict != nil {
			idName = r.dict.idName
		}
		return appendObjectJSON(dst, r.body, form, 0, idName)
	}
	if bytes.IndexByte(r.tags, tagAbsent) < 0 {
		return r.appendSlots(dst, form)
	}
	begin := len(dst)
	dst = r.appendNode(append(dst, '{'), &r.shape.root, form)
	if len(dst) == begin+1 {
		return append(dst, '}')
	}
	dst[len(dst)-1] = '}'
	return dst
}

// appendNode appends the fields of a node, a comma after each.
func (r *Record) appendNode(dst []byte, n *node, form Form) []byte {
	for i := range n.children {
		child := &n.children[i]
		if child.slot >= 0 {
			if r.tags[child.slot] == tagAbsent {
				continue
			}
			tag, b := r.content(child.slot)
			if tag == tagAbsent {
				continue
			}
			dst = append(dst, child.key...)
			if tag == tagString {
				dst = AppendJSONString(dst, borrow(b))
			} else {
				dst = appendContentJSON(dst, tag, b, form, 0)
			}
			dst = append(dst, ',')
			continue
		}
		before := len(dst)
		dst = append(append(dst, child.key...), '{')
		inner := len(dst)
		if dst = r.appendNode(dst, child, form); len(dst) == inner {
			dst = dst[:before] // all absent: so is the object
			continue
		}
		dst[len(dst)-1] = '}'
		dst = append(dst, ',')
	}
	return dst
}

// appendContentJSON renders a stored value; damaged bytes render as null.
func appendContentJSON(dst []byte, tag byte, b []byte, form Form, depth int) []byte {
	switch tag {
	case tagString:
		return AppendJSONString(dst, borrow(b))
	case tagInt8, tagInt16, tagInt32, tagInt64:
		if len(b) == int(fixedSize[tag]) {
			return strconv.AppendInt(dst, readInt(tag, b), 10)
		}
	case tagFloat64:
		if len(b) == 8 {
			return appendFloat(dst, math.Float64frombits(binary.LittleEndian.Uint64(b)), form)
		}
	case tagFalse:
		return append(dst, "false"...)
	case tagTrue:
		return append(dst, "true"...)
	case tagPackedID:
		if len(b) == 16 {
			return append(appendUUID(append(dst, '"'), b), '"')
		}
	case tagObject:
		return appendObjectJSON(dst, b, form, depth, "")
	case tagArray:
		c, ok := openCompound(b)
		if !ok || depth > maxReadDepth {
			break
		}
		dst = append(dst, '[')
		for body, n := c.body, 0; n < c.count; n++ {
			tag, content, rest, ok := splitValue(body)
			if !ok {
				break
			}
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = appendContentJSON(dst, tag, content, form, depth+1)
			body = rest
		}
		return append(dst, ']')
	default:
		return AppendJSON(dst, readScalar(tag, b), form)
	}
	return append(dst, "null"...)
}

// readInt reads an integer of its tag's size.
func readInt(tag byte, b []byte) int64 {
	switch tag {
	case tagInt8:
		return int64(int8(b[0]))
	case tagInt16:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case tagInt32:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	}
	return int64(binary.LittleEndian.Uint64(b))
}

// appendObjectJSON renders a stored object. With an idName it is a document,
// whose first field, _id, goes by that name.
func appendObjectJSON(dst, b []byte, form Form, depth int, idName string) []byte {
	c, ok := openCompound(b)
	if !ok || depth > maxReadDepth {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	for body, n := c.body, 0; n < c.count; n++ {
		name, tag, content, rest, ok := splitEntry(body)
		if !ok {
			break
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		shown := borrow(name)
		if idName != "" && shown == IDField {
			shown = idName
		}
		dst = AppendJSONString(dst, shown)
		dst = append(dst, ':')
		dst = appendContentJSON(dst, tag, content, form, depth+1)
		body = rest
	}
	return append(dst, '}')
}

// ShapeID returns the shape id of an encoded record, 0 when self-described,
// without a dictionary; ok is false when the bytes are too short.
func ShapeID(data []byte) (id uint32, ok bool) {
	if len(data) < 2 {
		return 0, false
	}
	n, k := binary.Uvarint(data[1:])
	return uint32(n), k > 0
}
