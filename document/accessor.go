package document

import "sync/atomic"

// Accessor is a path made ready for reading records: what it leads to is worked
// out once for each shape. It is safe for use by many goroutines.
type Accessor struct {
	path  Path
	cache atomic.Pointer[resolved]
}

// resolved is what a path leads to in each shape of one dictionary, by shape
// id - 1. A value of it is never changed.
type resolved struct {
	dict   *Dictionary
	shapes []target
}

// target is where a path ends in a shape.
type target struct {
	known bool
	slot  int   // of a leaf, or -1
	node  *node // an object made of several leaves, or nil
	rest  Path  // steps left inside the leaf
}

// NewAccessor returns the accessor of a path.
func NewAccessor(p Path) *Accessor { return &Accessor{path: p} }

// Path returns the path.
func (a *Accessor) Path() Path { return a.path }

// Lookup returns what the accessor's path leads to, MISSING where there is
// nothing. A scalar is read without allocating and borrows from the record.
func (r *Record) Lookup(a *Accessor) Value {
	if r.shape == nil {
		return r.lookupSelfDescribed(a.path)
	}
	switch t := r.target(a); {
	case t.slot >= 0 && t.rest == nil:
		tag, b := r.content(t.slot)
		if tag != tagObject && tag != tagArray {
			return readScalar(tag, b)
		}
		v, _ := readContent(tag, b, 0)
		return v
	case t.slot >= 0:
		tag, b := r.content(t.slot)
		return lookupContent(tag, b, t.rest)
	case t.node != nil:
		return r.object(t.node)
	}
	return Value{}
}

// target returns where the accessor's path leads to in the record's shape.
func (r *Record) target(a *Accessor) *target {
	if c := a.cache.Load(); c != nil && c.dict == r.dict && int(r.shape.id) <= len(c.shapes) && c.shapes[r.shape.id-1].known {
		return &c.shapes[r.shape.id-1]
	}
	return a.resolve(r.dict, r.shape)
}

// resolve works out a shape and keeps the result.
func (a *Accessor) resolve(d *Dictionary, s *Shape) *target {
	t := s.find(a.path)
	for {
		old := a.cache.Load()
		next := &resolved{dict: d, shapes: make([]target, max(d.Len(), int(s.id)))}
		if old != nil && old.dict == d {
			copy(next.shapes, old.shapes)
		}
		next.shapes[s.id-1] = t
		if a.cache.CompareAndSwap(old, next) {
			return &next.shapes[s.id-1]
		}
	}
}

// find walks a path down the shape's tree.
func (s *Shape) find(p Path) target {
	t := target{known: true, slot: -1}
	at := &s.root
	for i, step := range p {
		if step.Kind != StepField {
			return t
		}
		child := at.child(step.Name)
		if child == nil && i == 0 && step.Name == IDField {
			child = &s.root.children[0]
		}
		switch {
		case child == nil:
			return t
		case child.slot >= 0:
			t.slot = child.slot
			if i+1 < len(p) {
				t.rest = p[i+1:]
			}
			return t
		}
		at = child
	}
	t.node = at
	return t
}

func (n *node) child(name string) *node {
	for i := range n.children {
		if n.children[i].name == name {
			return &n.children[i]
		}
	}
	return nil
}

func (r *Record) lookupSelfDescribed(p Path) Value {
	if len(p) == 0 {
		return r.Decode()
	}
	if r.dict != nil && p[0].Kind == StepField && p[0].Name == r.dict.idName {
		if v := r.ID(); len(p) == 1 {
			return v
		}
		return Value{} // an _id is a scalar
	}
	return lookupContent(tagObject, r.body, p)
}
