package planner

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// needs is what expressions read of a document.
type needs struct {
	whole bool
	paths []document.Path
}

// add adds what e reads of the documents in register doc.
func (n *needs) add(e expr.Expr, doc int) {
	if e == nil || n.whole {
		return
	}
	switch e := e.(type) {
	case *expr.Field:
		if e.Doc == doc && !n.has(e.Path) {
			n.paths = append(n.paths, e.Path)
		}
		return
	case *expr.Document:
		n.whole = n.whole || e.Doc == doc
		return
	}
	for _, child := range e.Children() {
		n.add(child, doc)
	}
}

// has reports whether path is among the first paths; later ones may be listed twice.
func (n *needs) has(path document.Path) bool {
	for _, p := range n.paths[:min(len(n.paths), maxPairs)] {
		if p.Equal(path) {
			return true
		}
	}
	return false
}

// within reports whether everything stands in an index entry with these
// components: they and the id of the document.
func (n *needs) within(keys []def.Key, c *def.Collection) bool {
	if n.whole {
		return false
	}
	for _, p := range n.paths {
		if !isID(c, p) && component(keys, p) < 0 {
			return false
		}
	}
	return true
}

// component returns the position of the component that holds path, or -1.
func component(keys []def.Key, path document.Path) int {
	for i := range keys {
		if keys[i].Path.Equal(path) {
			return i
		}
	}
	return -1
}

// covers reports whether all that is needed of a document stands in the entries of p.
func (s *survey) covers(p *path) bool {
	keys := p.index.Keys
	if !s.needs.within(keys, s.source.collection) {
		return false
	}
	for i := range s.conditions {
		if !p.serves(i) && !s.conditions[i].needs.within(keys, s.source.collection) {
			return false
		}
	}
	return true
}

// coverFromIndex makes expressions read the components of the chosen index
// from registers: all expressions when the index covers them, else the
// conditions that need no more.
func coverFromIndex(b *block) error {
	p := b.path
	if p == nil || p.index == nil {
		return nil
	}
	p.covered = make([]int, len(p.index.Keys))
	for i := range p.covered {
		p.covered[i] = -1
	}
	if p.covering {
		b.rewrite(b.fromEntry)
		p.entryFilter, b.where = b.where, nil
		return nil
	}
	kept := b.where[:0:0]
	for _, cond := range b.where {
		var n needs
		n.add(cond, b.source.doc)
		if n.within(p.index.Keys, b.source.collection) {
			p.entryFilter = append(p.entryFilter, b.fromEntry(cond))
		} else {
			kept = append(kept, cond)
		}
	}
	b.where = kept
	return nil
}

// fromEntry returns e reading registers of the index entry instead of the document.
func (b *block) fromEntry(e expr.Expr) expr.Expr {
	return replace(e, func(e expr.Expr) expr.Expr {
		path, ok := b.sourcePath(e)
		if !ok {
			return nil
		}
		reg := &b.path.idReg
		if at := component(b.path.index.Keys, path); at >= 0 {
			reg = &b.path.covered[at]
		}
		if *reg < 0 {
			*reg = b.b.val()
		}
		return &expr.Register{Reg: *reg, Text: e.String(), Known: e.Static()}
	})
}

// replace returns e with the topmost subexpressions for which fn gives another one exchanged.
func replace(e expr.Expr, fn func(expr.Expr) expr.Expr) expr.Expr {
	if other := fn(e); other != nil {
		return other
	}
	children := e.Children()
	var changed []expr.Expr
	for i, child := range children {
		other := replace(child, fn)
		if other != child && changed == nil {
			changed = append(make([]expr.Expr, 0, len(children)), children[:i]...)
		}
		if changed != nil {
			changed = append(changed, other)
		}
	}
	if changed == nil {
		return e
	}
	return e.With(changed)
}
