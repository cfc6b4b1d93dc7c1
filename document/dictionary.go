package document

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// Dictionary is the known shapes of one collection. It only grows and is safe
// for use by many goroutines; a shape, once added, means the same for ever.
type Dictionary struct {
	idName string
	shapes atomic.Pointer[[]*Shape] // shape i+1 at i; replaced, never changed
	last   atomic.Pointer[Shape]    // of the last document encoded with one

	mu   sync.RWMutex
	fits map[uint64]*Shape // by structure: the shape it is stored with, nil for none
}

// maxFits bounds the memory of which structure fits which shape.
const maxFits = 8192

// NewDictionary returns an empty dictionary. idName is the name under which _id is
// shown, a declared primary key's; "" is _id itself.
func NewDictionary(idName string) *Dictionary {
	if idName == "" {
		idName = IDField
	}
	d := &Dictionary{idName: idName, fits: map[uint64]*Shape{}}
	d.shapes.Store(&[]*Shape{})
	return d
}

// IDName returns the name under which _id is shown.
func (d *Dictionary) IDName() string { return d.idName }

// Len returns the number of shapes; their ids are 1 to Len.
func (d *Dictionary) Len() int { return len(*d.shapes.Load()) }

// Shape returns the shape with this id, nil when there is none.
func (d *Dictionary) Shape(id uint32) *Shape {
	shapes := *d.shapes.Load()
	if id == 0 || int(id) > len(shapes) {
		return nil
	}
	return shapes[id-1]
}

// Add makes a shape known. Ids are given in order from 1; adding one that is
// known already returns it, and a gap is an error.
func (d *Dictionary) Add(id uint32, def ShapeDef) (*Shape, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := *d.shapes.Load()
	if id == 0 || int(id) > len(old)+1 {
		return nil, fmt.Errorf("shape %d follows %d", id, len(old))
	}
	if int(id) <= len(old) {
		return old[id-1], nil
	}
	s, err := newShape(id, def, d.idName)
	if err != nil {
		return nil, err
	}
	shapes := append(old[:len(old):len(old)], s)
	d.shapes.Store(&shapes)
	clear(d.fits)
	return s, nil
}

// fit returns the shape that a flattened document is stored with: one with
// exactly its leaves, else the closest one that has them all in this order; nil for none.
func (d *Dictionary) fit(hash uint64, leaves []leaf) *Shape {
	d.mu.RLock()
	s, known := d.fits[hash]
	d.mu.RUnlock()
	if known {
		return s
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, candidate := range *d.shapes.Load() {
		if absent := len(candidate.def.Leaves) - len(leaves); absent < 0 || absent > max(8, len(leaves)) {
			continue // what it would cost in empty slots
		}
		if s != nil && len(candidate.def.Leaves) >= len(s.def.Leaves) {
			continue
		}
		if candidate.matches(leaves) {
			s = candidate
		}
	}
	if len(d.fits) >= maxFits {
		clear(d.fits)
	}
	d.fits[hash] = s
	return s
}

// stores reports whether documents of this structure are known to be stored with s.
func (d *Dictionary) stores(hash uint64, s *Shape) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.fits[hash] == s
}

// matches reports whether all leaves have slots in the shape, in their order.
func (s *Shape) matches(leaves []leaf) bool {
	slot := 0
	for i := range leaves {
		for slot < len(s.def.Leaves) && !leaves[i].at(s.def.Leaves[slot]) {
			slot++
		}
		if slot == len(s.def.Leaves) {
			return false
		}
		slot++
	}
	return true
}
