package document

import (
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

// structType is how a struct is decoded field by field.
type structType struct {
	g      *goType
	fields []goField
	names  map[string]bool
	// embedded are the offsets of embedded pointers, nil until a field behind them is there.
	embedded []uintptr
}

type goField struct {
	name string
	place
	typ *goType
}

// place is where a field lies: behind embedded pointers, and then at an offset.
type place struct {
	through []hop
	offset  uintptr
}

// hop is an embedded pointer.
type hop struct {
	offset uintptr
	elem   reflect.Type
}

// address returns where the place is in the struct at p; nil behind a nil pointer, which make replaces.
func (l *place) address(p unsafe.Pointer, make bool) unsafe.Pointer {
	for i := range l.through {
		at := (*unsafe.Pointer)(unsafe.Add(p, l.through[i].offset))
		if *at == nil {
			if !make {
				return nil
			}
			*at = reflect.New(l.through[i].elem).UnsafePointer()
		}
		p = *at
	}
	return unsafe.Add(p, l.offset)
}

// within returns the place of a field of a struct that lies at l. Only the outermost struct of a plan, at
// the zero place, may have embedded pointers.
func (l *place) within(inner place) place {
	if len(inner.through) > 0 {
		return inner
	}
	return place{l.through, l.offset + inner.offset}
}

func (m goTypeMaker) structure(g *goType) {
	st := &structType{g: g, names: map[string]bool{}}
	g.fields = st
	for _, f := range structPlanOf(g.t).fields {
		gf := goField{name: f.name}
		t := g.t
		for i, index := range f.index {
			sf := t.Field(index)
			gf.offset += sf.Offset
			t = sf.Type
			if i < len(f.index)-1 && t.Kind() == reflect.Pointer {
				t = t.Elem()
				if len(gf.through) == 0 {
					st.embedded = append(st.embedded, gf.offset)
				}
				gf.through = append(gf.through, hop{gf.offset, t})
				gf.offset = 0
			}
		}
		gf.typ = m.of(t)
		st.fields = append(st.fields, gf)
		st.names[f.name] = true
	}
	g.set = st.set
	g.node = st.node
}

func (st *structType) clearEmbedded(p unsafe.Pointer) {
	for _, offset := range st.embedded {
		*(*unsafe.Pointer)(unsafe.Add(p, offset)) = nil
	}
}

// set decodes a self-described object. Most have the order of the struct's fields.
func (st *structType) set(d *decoding, p unsafe.Pointer, tag byte, b []byte) error {
	c, ok := openCompound(b)
	if tag != tagObject || !ok {
		return st.g.unfit(tag, b)
	}
	idName := d.idName
	d.idName = ""
	if err := d.enter(); err != nil {
		return err
	}
	st.clearEmbedded(p)
	rest := c.body
	for i := range st.fields {
		f := &st.fields[i]
		name := f.name
		if name == idName {
			name = IDField
		}
		found, tag, content, after, ok := splitEntry(rest)
		if !ok || borrow(found) != name {
			if at := c.find(name); at >= 0 {
				_, tag, content, after, ok = splitEntry(c.body[at:])
			} else {
				tag, content, ok = st.folded(&c, name, idName)
				after = rest
			}
		}
		if !ok {
			tag, content = tagAbsent, nil
		} else {
			rest = after
		}
		at := f.address(p, tag != tagAbsent)
		if at == nil {
			continue
		}
		if err := f.typ.put(d, at, tag, content); err != nil {
			return under(err, Step{Name: f.name})
		}
	}
	d.leave()
	return nil
}

// folded finds the first field whose name is that of no other field of the struct and differs from name in
// case only.
func (st *structType) folded(c *compound, name, idName string) (tag byte, content []byte, ok bool) {
	body := c.body
	for range c.count {
		key, tag, content, rest, ok := splitEntry(body)
		if !ok {
			break
		}
		shown := borrow(key)
		if shown == IDField && idName != "" {
			shown = idName
		}
		if strings.EqualFold(shown, name) && !st.names[shown] {
			return tag, content, true
		}
		body = rest
	}
	return 0, nil, false
}

// shapePlan is where the fields of a struct lie in a node of a shape.
type shapePlan struct {
	st    *structType
	ops   []fieldOp
	texts []int // slots with what may be strings
}

// plans are those of a node.
type plans struct {
	all  sync.Map // *structType to *shapePlan
	last atomic.Pointer[shapePlan]
}

// fieldOp stores one field: of a slot, of a node, or as zero if there is neither.
type fieldOp struct {
	place
	typ  *goType
	slot int
	node *node
	path []string
}

// node decodes the object at a node of the record's shape.
func (st *structType) node(d *decoding, p unsafe.Pointer, n *node) error {
	plan := n.plans.last.Load()
	if plan == nil || plan.st != st {
		plan = st.planOf(n)
	}
	if n == &d.rec.shape.root {
		size := 0
		for _, slot := range plan.texts {
			size += d.rec.textSize(slot)
		}
		d.text = make([]byte, 0, size)
	}
	st.clearEmbedded(p)
	for i := range plan.ops {
		op := &plan.ops[i]
		var err error
		switch {
		case op.slot >= 0:
			tag, b := d.rec.content(op.slot)
			at := unsafe.Add(p, op.offset)
			if op.through != nil {
				if at = op.address(p, tag != tagAbsent); at == nil {
					continue
				}
			}
			err = op.typ.put(d, at, tag, b)
		case op.node != nil:
			if at := op.address(p, d.rec.present(op.node)); at != nil {
				err = op.typ.putNode(d, at, op.node)
			}
		default:
			if at := op.address(p, false); at != nil {
				op.typ.zero(at)
			}
		}
		if err != nil {
			for j := len(op.path) - 1; j >= 0; j-- {
				err = under(err, Step{Name: op.path[j]})
			}
			return err
		}
	}
	return nil
}

// planOf returns the plan for a node, which keeps it.
func (st *structType) planOf(n *node) *shapePlan {
	kept, ok := n.plans.all.Load(st)
	if !ok {
		plan := &shapePlan{st: st}
		plan.add(st, n, place{}, nil)
		kept, _ = n.plans.all.LoadOrStore(st, plan)
	}
	plan := kept.(*shapePlan)
	n.plans.last.Store(plan)
	return plan
}

// add adds the fields of a struct that lies at a place.
func (plan *shapePlan) add(st *structType, n *node, at place, path []string) {
	for i := range st.fields {
		f := &st.fields[i]
		op := fieldOp{place: at.within(f.place), typ: f.typ, slot: -1, path: append(path[:len(path):len(path)], f.name)}
		child := st.childOf(n, f.name)
		switch {
		case child == nil:
		case child.slot >= 0:
			op.slot = child.slot
			if f.typ.text {
				plan.texts = append(plan.texts, child.slot)
			}
		case f.typ.fields != nil && f.typ.fields.embedded == nil:
			plan.add(f.typ.fields, child, op.place, op.path)
			continue
		default:
			op.node = child
			if f.typ.text {
				for slot := child.first; slot <= child.last; slot++ {
					plan.texts = append(plan.texts, slot)
				}
			}
		}
		plan.ops = append(plan.ops, op)
	}
}

// childOf finds the child that a field of a struct takes.
func (st *structType) childOf(n *node, name string) *node {
	if child := n.child(name); child != nil {
		return child
	}
	if first := &n.children[0]; name == IDField && first.slot == 0 {
		return first
	}
	for i := range n.children {
		if child := &n.children[i]; strings.EqualFold(child.name, name) && !st.names[child.name] {
			return child
		}
	}
	return nil
}
