package document

import "slices"

// maxPatched is how many values Patch takes.
const maxPatched = 8

// LeafValue is a new value for what a path leads to.
type LeafValue struct {
	At    *Accessor
	Value Value
}

// Patch appends to dst the record that r is with other scalars at some paths, which are all different:
// what Decode, Path.Set and Encode would make of it, without taking it apart. It returns false, and dst as it
// was, where that needs more: the record is self-described, a path does not lead to a leaf that the record
// has, or to its _id, a value is no scalar that Validate passes, or the offsets would get another width.
func (r *Record) Patch(dst []byte, values []LeafValue) ([]byte, bool) {
	var slots [maxPatched]int // of values
	if r.shape == nil || len(values) > len(slots) {
		return dst, false
	}
	for i := range values {
		t := r.target(values[i].At)
		if t.slot <= 0 || t.rest != nil || r.tags[t.slot] == tagAbsent {
			return dst, false
		}
		if v := values[i].Value; v.IsMissing() || !v.Kind().IsScalar() || Validate(v) != nil {
			return dst, false
		}
		slots[i] = t.slot
	}
	begin := len(dst)
	tags := begin + len(r.data) - len(r.body) - len(r.ends) - len(r.tags)
	ends := tags + len(r.tags)
	body := ends + len(r.ends)
	dst = append(dst, r.data[:body-begin]...)
	from, moved := 0, false // from where on the old contents are not copied yet; whether any is another
	for slot, begins := 1, readWidth(r.ends, 0, r.width); slot < len(r.tags); slot++ {
		end := readWidth(r.ends, slot, r.width)
		if begins < from || end < begins || end > len(r.body) {
			return dst[:begin], false // damaged
		}
		if i := slices.Index(slots[:len(values)], slot); i >= 0 {
			var tag byte
			dst = append(dst, r.body[from:begins]...)
			dst, tag = appendContent(dst, values[i].Value)
			dst[tags+slot] = tag
			from, moved = end, true
		}
		if moved {
			putWidth(dst[ends:body], slot, r.width, len(dst)-body+end-from)
		}
		begins = end
	}
	dst = append(dst, r.body[from:]...)
	if size := len(dst) - body; widthFor(size) != r.width || len(dst)-begin > MaxSize {
		return dst[:begin], false
	}
	return dst, true
}
