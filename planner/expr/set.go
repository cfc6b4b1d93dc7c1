package expr

import "github.com/fluxdb/fluxdb/document"

// valueSet is a hash table of values, equal as document.Equal says. It never changes once built.
type valueSet struct {
	slots []document.Value // MISSING is free; a power of two, at most half full
	mask  uint64
	null  bool // a NULL was among the values
}

// newSetFor returns an empty set with room for n values.
func newSetFor(n int) *valueSet {
	size := 4
	for size < 2*n {
		size *= 2
	}
	return &valueSet{slots: make([]document.Value, size), mask: uint64(size - 1)}
}

// newValueSet returns the set of literal values. They are also equal to what a comparison lets
// them stand for: 0 and 1 for booleans, text for the timestamp it spells.
func newValueSet(values []document.Value) *valueSet {
	s := newSetFor(2 * len(values)) // each may stand for one more
	for _, v := range values {
		if v.IsNull() {
			s.null = true
			continue
		}
		s.add(v)
		switch k := v.Kind(); {
		case k == document.KindString:
			if stamp := parseStamp(v.AsString()); !stamp.IsMissing() {
				s.add(stamp)
			}
		case k.IsNumber() && document.Equal(v, document.Int(0)):
			s.add(document.Bool(false))
		case k.IsNumber() && document.Equal(v, document.Int(1)):
			s.add(document.Bool(true))
		}
	}
	return s
}

// find returns the slot that v is in, or would be.
func (s *valueSet) find(v document.Value) *document.Value {
	for i := document.Hash(v, 0); ; i++ {
		slot := &s.slots[i&s.mask]
		if slot.IsMissing() || document.Equal(*slot, v) {
			return slot
		}
	}
}

// add puts a value other than NULL in and reports whether it is new.
func (s *valueSet) add(v document.Value) bool {
	slot := s.find(v)
	if !slot.IsMissing() {
		return false
	}
	*slot = v
	return true
}

// contains is v IN the values.
func (s *valueSet) contains(v document.Value) truth {
	switch {
	case v.IsNull():
		return unknown
	case !s.find(v).IsMissing():
		return yes
	case s.null:
		return unknown
	}
	return no
}
