package planner

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// block is one SELECT, or the rows that an UPDATE or DELETE changes, between
// binding and its plan nodes. The binder fills it in, the rules rewrite it, and
// assemble turns it into nodes. A joined or nested source is a block of its own.
type block struct {
	b *builder
	// source is the one collection that FROM names; nil is one row of nothing, or of from.
	source *source
	// from, when not nil, is what FROM names where that is not one collection.
	from *relation
	// compound, when not nil, yields the rows instead, of which the outs are registers.
	compound *compound
	// leafNode, when not nil, yields the rows: VALUES, the last round of a recursive query, or the elements of array,
	// which is read from the rows of sources before it.
	leafNode Node
	array    expr.Expr
	// outer, when not nil, is the block in whose FROM this one reads a collection.
	outer *block
	// where holds conditions that must all be TRUE; never says that they can't be.
	where []expr.Expr
	never bool
	// grouped says that rows are grouped by keys (all into one group without any). having, outs
	// and order then read registers only: those of keys and aggs.
	grouped bool
	keys    []Out
	aggs    []AggCall
	// sets, when not nil, are the grouping sets, of places in keys, and set is the register of the number of one.
	sets   [][]int
	set    int
	having []expr.Expr
	// windows are evaluated on the rows, or groups, after that.
	windows []*Window
	// outs are the results; the documents of changed, when not nil, are one more: what UPDATE and DELETE change.
	outs     []Out
	changed  *source
	distinct bool
	// on are what one row of each is kept of: DISTINCT ON. distinct is then set too. order begins with them, or is empty.
	on    []Out
	order []SortKey
	// limit and offset are constants or parameters, or nil.
	limit, offset expr.Expr

	// What the rules decide:

	// lookup, when not nil, yields the one row of aggregates without a scan.
	lookup Node
	// edge, when not nil, is the order in which the first row is all that grouping needs.
	edge *SortKey
	// path is how the source is read; nil until chosen, and without a source.
	path *path
	// joins is what plans from, and narrowed are registers that a join has filled with fields of the source.
	joins    *joiner
	narrowed []int
	// joined, when not nil, yields the rows of from that pass where.
	joined Node
	// sortedGroups says that equal group keys arrive together, sorted that rows
	// arrive in the order of rowOrder, or groups in that of order.
	sortedGroups, sorted bool
	// early says that outs are computed before sorting, so that only they are carried.
	early bool
}

// source is what a name in FROM stands for: a collection and the register of its present document, or
// columns.
type source struct {
	alias      string
	renamed    bool // alias was given, else it is the collection's name
	collection *def.Collection
	doc        int
	columns    []sourceColumn // without a collection
	// array says that the source is the elements of an array, each as a whole the first of its columns, without a name.
	array bool
	// nullable says that an outer join has rows without one of this source.
	nullable bool
	// written are fields that a statement writes, which may be new.
	written  []document.Path
	fields   *FieldSet // observed fields, once asked for
	stats    Stats
	measured bool // stats is filled in
}

// measure returns the source's counters, which are read once and only for plans that need them.
func (b *block) measure() (*Stats, error) {
	s := b.source
	if !s.measured {
		stats, err := b.b.catalog.Stats(s.collection)
		if err != nil {
			return nil, err
		}
		s.stats, s.measured = stats, true
	}
	return &s.stats, nil
}

// isID reports whether path is the primary key of c.
func isID(c *def.Collection, path document.Path) bool {
	return len(path) == 1 && path[0].Kind == document.StepField &&
		(path[0].Name == document.IDField || path[0].Name == c.PrimaryKey && c.PrimaryKey != "")
}

// rowOrder is the order in which rows of the source are wanted.
func (b *block) rowOrder() []SortKey {
	switch {
	case b.edge != nil:
		return []SortKey{*b.edge}
	case b.grouped:
		return nil
	case len(b.windows) > 0:
		return b.windows[0].keys()
	}
	return b.order
}

// inputs returns the expressions evaluated on the source's rows, besides where.
func (b *block) inputs() []expr.Expr {
	if b.outer != nil {
		return b.outer.all()
	}
	var list []expr.Expr
	if b.grouped {
		for i := range b.keys {
			list = append(list, b.keys[i].Expr)
		}
		for i := range b.aggs {
			list = append(list, b.aggs[i].Arg, b.aggs[i].Filter)
		}
		return list
	}
	for i := range b.outs {
		list = append(list, b.outs[i].Expr)
	}
	for i := range b.on {
		list = append(list, b.on[i].Expr)
	}
	for i := range b.order {
		list = append(list, b.order[i].Expr)
	}
	for _, w := range b.windows {
		w.each(func(e *expr.Expr) { list = append(list, *e) })
	}
	if b.changed != nil {
		list = append(list, &expr.Document{Doc: b.changed.doc})
	}
	return list
}

// rewrite replaces every expression evaluated on the source's rows by fn's result.
func (b *block) rewrite(fn func(expr.Expr) expr.Expr) {
	for i := range b.where {
		b.where[i] = fn(b.where[i])
	}
	if b.outer != nil {
		b.outer.rewrite(fn)
		return
	}
	if b.joins != nil {
		b.joins.rewriteOpen(fn)
	} else {
		b.from.rewrite(fn)
	}
	if b.grouped {
		for i := range b.keys {
			b.keys[i].Expr = fn(b.keys[i].Expr)
		}
		for i := range b.aggs {
			if b.aggs[i].Arg != nil {
				b.aggs[i].Arg = fn(b.aggs[i].Arg)
			}
			if b.aggs[i].Filter != nil {
				b.aggs[i].Filter = fn(b.aggs[i].Filter)
			}
		}
		return
	}
	b.rewriteResults(fn)
}

// rewriteResults replaces every expression evaluated on the rows, or groups, that are left.
func (b *block) rewriteResults(fn func(expr.Expr) expr.Expr) {
	for _, w := range b.windows {
		w.each(func(e *expr.Expr) { *e = fn(*e) })
	}
	for i := range b.outs {
		b.outs[i].Expr = fn(b.outs[i].Expr)
	}
	for i := range b.on {
		b.on[i].Expr = fn(b.on[i].Expr)
	}
	for i := range b.order {
		b.order[i].Expr = fn(b.order[i].Expr)
	}
}
