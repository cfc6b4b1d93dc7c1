package planner

import (
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// relation is what FROM names: a leaf, or the join of two relations.
type relation struct {
	// leaf reads one source: a collection, or the rows of a query. Nil for a join.
	leaf *block

	kind        joinKind
	left, right *relation
	// on holds conditions that must all be TRUE.
	on []expr.Expr

	sources []*source // of the leaves, from left to right
	merged  []merged  // see scope
}

type joinKind uint8

const (
	innerJoin joinKind = iota
	leftJoin
	rightJoin
	fullJoin
	semiJoin // the left rows that have a partner
	antiJoin // those that have none
)

var joinKinds = map[string]joinKind{"INNER": innerJoin, "CROSS": innerJoin, "LEFT": leftJoin, "RIGHT": rightJoin, "FULL": fullJoin}

// sourceColumn is a column of a source that is no collection.
type sourceColumn struct {
	name  string
	reg   int
	known expr.Static
}

// open reports whether documents of the source may have any field.
func (src *source) open() bool { return src.collection != nil && src.collection.Open }

// columnAt returns the place of the column called name, exactly or as the only one but for case; -1 without.
func (src *source) columnAt(name string) int {
	if i := slices.IndexFunc(src.columns, func(c sourceColumn) bool { return c.name == name }); i >= 0 {
		return i
	}
	match := only(src.columns, name, func(c sourceColumn) string { return c.name }).name
	if match == "" {
		return -1
	}
	return slices.IndexFunc(src.columns, func(c sourceColumn) bool { return c.name == match })
}

// column reads a path that begins with a column's name.
func (src *source) column(b *builder, path document.Path, at int) (expr.Expr, error) {
	i := src.columnAt(path[0].Name)
	if i < 0 && src.array {
		return step(src.register(0), path), nil // of the element
	}
	if i < 0 {
		names := make([]string, len(src.columns))
		for i := range src.columns {
			names[i] = src.columns[i].name
		}
		return nil, b.fail(at, quote(src.alias)+" has no column "+quote(path[0].Name), didYouMean(path[0].Name, names))
	}
	return step(src.register(i), path[1:]), nil
}

// register reads column i.
func (src *source) register(i int) *expr.Register {
	c := src.columns[i]
	known := c.known
	known.NotNull = known.NotNull && !src.nullable
	text := name(c.name)
	if src.array && i == 0 {
		text = name(src.alias)
	} else if src.alias != "" {
		text = name(src.alias) + "." + text
	}
	return &expr.Register{Reg: c.reg, Text: text, Known: known}
}

// whole is the source's row as one value: the document, or an object of the columns.
func (src *source) whole() expr.Expr {
	if src.collection != nil {
		return &expr.Document{Doc: src.doc, Nullable: src.nullable}
	}
	if src.array {
		return src.register(0)
	}
	o := &expr.Object{}
	for i := range src.columns {
		o.Names = append(o.Names, src.columns[i].name)
		o.Values = append(o.Values, src.register(i))
	}
	return o
}

// lateral reports whether a leaf reads rows of sources before it.
func (r *relation) lateral() bool {
	return slices.ContainsFunc(r.leaves(), func(leaf *block) bool { return leaf.array != nil && !rowless(leaf.array) })
}

// after is the cross join of all and r with all at the left end of r, so that the conditions of r may read it: the rows
// are the same where no join on the way there adds rows of its right side.
func (r *relation) after(all *relation) *relation {
	if r.leaf != nil || r.kind == rightJoin || r.kind == fullJoin {
		return &relation{kind: innerJoin, left: all, right: r, sources: slices.Concat(all.sources, r.sources), merged: slices.Concat(all.merged, r.merged)}
	}
	r.left = r.left.after(all)
	r.sources, r.merged = slices.Concat(all.sources, r.sources), slices.Concat(all.merged, r.merged)
	return r
}

// nullable notes that an outer join has rows without one of r.
func (r *relation) nullable() {
	for _, src := range r.sources {
		src.nullable = true
	}
}

// leaves are the blocks that read sources, from left to right.
func (r *relation) leaves() []*block {
	if r == nil {
		return nil
	}
	if r.leaf != nil {
		return []*block{r.leaf}
	}
	return append(r.left.leaves(), r.right.leaves()...)
}

// rewrite replaces the conditions of all joins, and those on single collections, by fn's results.
func (r *relation) rewrite(fn func(expr.Expr) expr.Expr) {
	switch {
	case r == nil:
	case r.leaf == nil:
		r.left.rewrite(fn)
		r.right.rewrite(fn)
		for i := range r.on {
			r.on[i] = fn(r.on[i])
		}
	case r.leaf.outer != nil:
		for i := range r.leaf.where {
			r.leaf.where[i] = fn(r.leaf.where[i])
		}
	case r.leaf.array != nil:
		r.leaf.array = fn(r.leaf.array)
	}
}

// normalize makes the conditions of all joins lists in forms that access paths understand.
func (r *relation) normalize() {
	if r != nil && r.leaf == nil {
		r.left.normalize()
		r.right.normalize()
		r.on = normalizeAll(r.on)
	}
}

// conditions are the conditions of all joins, and those on single collections.
func (r *relation) conditions() []expr.Expr {
	switch {
	case r == nil:
		return nil
	case r.leaf == nil:
		return append(append(r.left.conditions(), r.right.conditions()...), r.on...)
	case r.leaf.outer != nil:
		return r.leaf.where
	}
	return nil
}

// all are the expressions that a block of several sources evaluates on rows of FROM.
func (b *block) all() []expr.Expr {
	if b.joins != nil {
		return b.joins.above()
	}
	return append(append(b.inputs(), b.where...), b.from.conditions()...)
}

// sourceOf returns the source whose documents stand in a register, nil without.
func (b *block) sourceOf(doc int) *source {
	if b.source != nil && b.source.doc == doc {
		return b.source
	}
	for _, leaf := range b.from.leaves() {
		if leaf.outer != nil && leaf.source.doc == doc {
			return leaf.source
		}
	}
	return nil
}

// elsewhere reports whether e reads rows of other leaves than leaf only, and no other registers.
func (r *relation) elsewhere(leaf *block, e expr.Expr) bool {
	own := leaf.source.doc
	return !contains(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.Field:
			return e.Doc == own
		case *expr.Document:
			return e.Doc == own
		case *expr.Register:
			return r.leafOf(e.Reg) < 0
		}
		return expr.Volatile(e)
	})
}

// leafOf returns the place of the leaf that fills a value register; -1 for one that no leaf fills.
func (r *relation) leafOf(reg int) int {
	for i, leaf := range r.leaves() {
		if slices.Contains(leaf.registers(), reg) {
			return i
		}
	}
	return -1
}

// registers are the value registers that a leaf fills.
func (b *block) registers() []int {
	var list []int
	if b.outer == nil {
		for i := range b.outs {
			list = append(list, b.outs[i].Reg)
		}
		return list
	}
	if b.path != nil {
		for _, reg := range b.path.covered {
			if reg >= 0 {
				list = append(list, reg)
			}
		}
		if b.path.idReg >= 0 {
			list = append(list, b.path.idReg)
		}
	}
	return append(list, b.narrowed...)
}

// sources is a set of leaves.
type sources uint64

func placeOf(leaves []*block, doc int) sources {
	for i, leaf := range leaves {
		if leaf.outer != nil && leaf.source.doc == doc {
			return 1 << i
		}
	}
	return 0
}
