package document

import (
	"encoding/binary"
	"slices"
	"strings"
)

// Documents of one collection mostly have one structure. EncodeJSON bets on it: it reads the text along
// the shape of the document before, whose quoted keys it compares as they stand, and writes each leaf into
// its slot as it meets it. Whatever does not fit is left to ParseJSON and Encode, whose record and whose errors
// are the ones that count: a bet that is won gives the same bytes.

// maxDoubt is how many texts are left alone at most after bets that were lost.
const maxDoubt = 63

// EncodeJSON appends the record of a document's JSON text, and returns its _id, which borrows from
// the text; made says that the text has none and id is a new one. ok is false, and nothing is appended, where
// the text is not one object with the structure of the document that was encoded last, and also where
// it is wrong in any way: ParseJSON and Encode then say how. Whether the collection stores the document as it is,
// and makes an _id like that where none is given, is the caller's to see; where not, see Lost.
func (e *Encoder) EncodeJSON(dst, text []byte, d *Dictionary) (rec []byte, id Value, made, ok bool) {
	s := d.last.Load()
	if s == nil {
		return dst, id, false, false
	}
	if e.skip > 0 {
		e.skip--
		return dst, id, false, false
	}
	r := slotReader{Encoder: e, p: &e.json}
	r.p.text, r.p.pos = borrow(text), 0
	e.tags, e.ends, e.body, e.at = e.tags[:0], e.ends[:0], e.body[:0], e.at[:0]
	if ok = r.document(s) && d.stores(uint64(r.hash), s); ok {
		e.before, e.doubt = e.doubt, 0
		begin := len(dst)
		dst = e.assemble(dst, s)
		if ok = tooLarge(len(dst)-begin) == nil; !ok {
			dst = dst[:begin]
		}
	} else {
		e.lose(e.doubt)
	}
	r.p.forget()
	return dst, r.id, r.made, ok
}

// Lost says that the record which EncodeJSON made was of no use, so that it tries less often, as where a text does not fit.
func (e *Encoder) Lost() { e.lose(e.before) }

func (e *Encoder) lose(doubt int) {
	e.doubt = min(2*doubt+1, maxDoubt)
	e.skip = e.doubt
}

// slotReader reads a document's text into the slots of an Encoder. Its methods return false as soon as something is
// not as expected.
type slotReader struct {
	*Encoder
	p    *jsonParser
	hash structureHash
	id   Value
	made bool
}

func (r *slotReader) document(s *Shape) bool {
	p := r.p
	p.space()
	if !p.take('{') {
		return false
	}
	p.space()
	first := &s.root.children[0]
	r.hash.add(first.hash)
	if strings.HasPrefix(p.text[p.pos:], first.key) {
		p.pos += len(first.key)
		p.space()
		if !r.givenID() {
			return false
		}
		p.space()
		if p.take('}') {
			r.leaveOut(s.root.children[1:])
		} else if !p.take(',') || !r.object(&s.root, 1, 1) {
			return false
		}
	} else {
		r.id, r.made = NewID(), true
		r.putID()
		if !r.object(&s.root, 1, 1) {
			return false
		}
	}
	p.space()
	return p.pos == len(p.text)
}

// givenID reads the _id into its slot.
func (r *slotReader) givenID() bool {
	v, err := r.p.value(2)
	if err != nil || CheckID(v) != nil {
		return false
	}
	r.id = v
	r.putID()
	return true
}

func (r *slotReader) putID() {
	if id, packed := packable(r.id); packed {
		r.put(append(r.body, id[:]...), tagPackedID)
		return
	}
	r.put(appendContent(r.body, r.id))
}

// leaveOut ends the slots of nodes as absent.
func (r *slotReader) leaveOut(nodes []node) {
	for i := range nodes {
		for range nodes[i].last - nodes[i].first + 1 {
			r.put(r.body, tagAbsent)
		}
	}
}

// object reads what is left of an object behind its bracket or a comma, whose next field is not before
// the next-th child. An empty object is a leaf, not a node, so that at least one field must come.
func (r *slotReader) object(n *node, next, depth int) bool {
	p := r.p
	for {
		p.space()
		found := next
		for rest := p.text[p.pos:]; ; found++ {
			if found == len(n.children) {
				return false
			}
			if strings.HasPrefix(rest, n.children[found].key) {
				break
			}
		}
		r.leaveOut(n.children[next:found])
		child := &n.children[found]
		next = found + 1
		if child.dollar {
			return false // the object may stand for a value of another kind
		}
		p.pos += len(child.key)
		p.space()
		r.hash.add(child.hash)
		if child.slot >= 0 {
			if !r.leaf(depth + 1) {
				return false
			}
		} else {
			r.hash.inner()
			if !p.take('{') || !r.object(child, 0, depth+1) {
				return false
			}
		}
		p.space()
		switch {
		case p.take(','):
		case p.take('}'):
			r.leaveOut(n.children[next:])
			return true
		default:
			return false
		}
	}
}

// leaf reads a value into the next slot.
func (r *slotReader) leaf(depth int) bool {
	p := r.p
	if p.pos >= len(p.text) {
		return false
	}
	switch p.text[p.pos] {
	case '"':
		s, err := p.string()
		if err != nil {
			return false
		}
		r.put(append(r.body, s...), tagString)
		return true
	case '[':
		if !r.array(depth) {
			return false
		}
		r.put(r.body, tagArray)
		return true
	}
	v, err := p.value(depth)
	if err != nil || v.kind == KindObject && v.n > 0 {
		return false // an object that a shape may take apart
	}
	r.put(appendContent(r.body, v))
	return true
}

// array appends the content of an array, see compound.go.
func (r *slotReader) array(depth int) bool {
	p := r.p
	begin, base := len(r.body), len(r.at)
	p.pos++
	p.space()
	if !p.take(']') {
		for {
			if !r.element(depth + 1) {
				return false
			}
			r.at = append(r.at, len(r.body)-begin)
			p.space()
			if p.take(',') {
				continue
			}
			if p.take(']') {
				break
			}
			return false
		}
	}
	r.body = insertTable(r.body, begin, r.at[base:])
	r.at = r.at[:base]
	return true
}

// element appends one element of an array in the self-described form.
func (r *slotReader) element(depth int) bool {
	p := r.p
	p.space()
	if p.pos < len(p.text) && p.text[p.pos] == '"' {
		s, err := p.string()
		if err != nil {
			return false
		}
		r.body = binary.AppendUvarint(append(r.body, tagString), uint64(len(s)))
		r.body = append(r.body, s...)
		return true
	}
	v, err := p.value(depth)
	if err != nil {
		return false
	}
	r.body = AppendValue(r.body, v)
	return true
}

// insertTable puts the head and the table of a compound before its parts, which begin at begin
// and end at these offsets.
func insertTable(dst []byte, begin int, ends []int) []byte {
	var head [1 + binary.MaxVarintLen64]byte
	size := len(dst) - begin
	width := widthFor(size)
	head[0] = byte(width)
	n := 1 + binary.PutUvarint(head[1:], uint64(len(ends)))
	room := n + len(ends)*width
	dst = slices.Grow(dst, room)[:len(dst)+room]
	copy(dst[begin+room:], dst[begin:begin+size])
	copy(dst[begin:], head[:n])
	for i, end := range ends {
		putWidth(dst[begin+n:], i, width, end)
	}
	return dst
}
