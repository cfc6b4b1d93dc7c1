package index

import (
	"fmt"

	"github.com/fluxdb/fluxdb/document"
)

// Range is a part of an index in value order, the total order of
// document.Compare, whatever the direction of the components. The zero Range is all of it.
type Range struct {
	// Eq are the values of the leading components; NULL matches null and missing.
	Eq []document.Value
	// Lower and Upper bound the component after Eq; nil is open.
	Lower, Upper *Limit
}

// Limit is one end of a range.
type Limit struct {
	Value     document.Value
	Inclusive bool
	// WholeKind means the edge of Value's kind, the lower one for a Lower limit
	// and the upper one for an Upper limit, instead of Value itself; all numbers
	// are one kind, null and missing are one. Inclusive then does not matter.
	WholeKind bool
}

// Tags returns the range [lo, hi) of first key bytes that values of v's kind have.
func Tags(v document.Value) (lo, hi byte) {
	var buf [64]byte
	key, _ := document.AppendKey(buf[:0], v, false)
	switch v.Kind() {
	case document.KindBool:
		return key[0] &^ 1, key[0]&^1 + 2
	}
	return key[0], key[0] + 1
}

// Bounds returns the range of keys [lo, hi) that holds the entries of r. It holds more than
// r only where a limit's component is cut.
func (x *Index) Bounds(r *Range) (lo, hi []byte, err error) {
	_, lo, hi, err = x.bounds(nil, r)
	return lo, hi, err
}

// bounds is Bounds with the keys in buf, whose capacity is used.
func (x *Index) bounds(buf []byte, r *Range) (used, lo, hi []byte, err error) {
	n := len(r.Eq)
	if n > len(x.paths) || n == len(x.paths) && (r.Lower != nil || r.Upper != nil) {
		return buf, nil, nil, fmt.Errorf("index %s: range over %d components, it has %d", x.Def.Name, n+1, len(x.paths))
	}
	prefix := append(buf[:0], x.prefix...)
	for i, v := range r.Eq {
		prefix, _ = document.AppendKey(prefix, v, x.Def.Keys[i].Desc)
	}
	desc := n < len(x.paths) && x.Def.Keys[n].Desc
	first, last := r.Lower, r.Upper // in key order
	if desc {
		first, last = last, first
	}
	used = prefix
	if lo = prefix; first != nil {
		used, lo = first.edge(used, prefix, desc, desc, false)
	}
	if last != nil {
		used, hi = last.edge(used, prefix, desc, !desc, true)
	} else {
		used = append(used, prefix...)
		hi = document.RaiseKey(used[len(used)-len(prefix):])
	}
	return used, lo, hi, nil
}

// edge appends to used the key where entries on the limit begin, or the one after all of them,
// so that the limit is kept. upper says that it is an upper limit in value order, end
// that it is the end of the key range.
func (l *Limit) edge(used, prefix []byte, desc, upper, end bool) (now, edge []byte) {
	begin := len(used)
	now = append(used, prefix...)
	if l.WholeKind {
		lo, hi := Tags(l.Value)
		// The first tag of the kind in key order, or the one after its last.
		tag := lo
		if upper {
			tag = hi
		}
		if desc {
			// Inverted, [lo, hi) is [^(hi-1), ^lo+1).
			tag = ^tag + 1
		}
		now = append(now, tag)
		return now, now[begin:]
	}
	now, cut := document.AppendKey(now, l.Value, desc)
	if cut {
		now = now[:begin+len(prefix)+document.MaxKeyComponent]
	}
	// A cut limit takes in everything with its prefix.
	if end == (l.Inclusive || cut) {
		return now, document.RaiseKey(now[begin:])
	}
	return now, now[begin:]
}
