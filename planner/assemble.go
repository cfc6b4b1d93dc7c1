package planner

import (
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// narrowColumns is how many computed columns a sort carries rather than the document
// that they are read from.
const narrowColumns = 8

// narrowSort decides whether results are computed before sorting. They are where few fields
// are wanted of each document, so that the sort carries these instead; but of a
// sort that keeps only the top rows, computing what most rows throw away costs more.
// They must be where computing them twice could differ, or where rows are made distinct.
func narrowSort(b *block) error {
	if b.distinct {
		b.early = true
	}
	for i := range b.on {
		for _, o := range b.outs {
			if same(b.on[i].Expr, o.Expr) {
				b.on[i] = Out{o.Reg, &expr.Register{Reg: o.Reg, Text: o.Expr.String(), Known: o.Expr.Static()}}
			}
		}
	}
	if b.sorted && len(b.windows) == 0 || len(b.order) == 0 || b.windowOrder() {
		return nil
	}
	var read needs
	for _, o := range b.outs {
		if volatile(o.Expr) {
			b.early = true
		}
		if b.source != nil && !b.grouped {
			read.add(o.Expr, b.source.doc)
		}
	}
	if b.limit == nil && b.source != nil && !b.grouped && !read.whole && len(b.outs) <= narrowColumns {
		b.early = true
	}
	if !b.early {
		return nil
	}
	for i := range b.order {
		for _, o := range b.outs {
			if same(b.order[i].Expr, o.Expr) {
				b.order[i].Expr = &expr.Register{Reg: o.Reg, Text: o.Expr.String(), Known: o.Expr.Static()}
			}
		}
	}
	return nil
}

// assemble turns a block into nodes, from the source up:
//
//	source -> [first] -> group -> having -> [sort] -> window ... -> [outs, distinct] -> sort -> [distinct on] -> limit -> [outs]
//
// outs stand at the one or the other place.
func (b *block) assemble() Node {
	node := b.read()
	if b.edge != nil && b.path.ordered {
		node = &Limit{Est: b.estimate(node, 1), Input: node, Count: expr.NewConst(document.Int(1))}
	}
	if b.grouped && b.lookup == nil {
		rows := 1.0
		if len(b.keys) > 0 {
			rows = max(1, node.Estimate().Rows/plannedGroup)
		}
		if b.sets != nil {
			node = b.groupSets(node, rows)
		} else {
			node = &Group{Est: b.estimate(node, rows), Input: node, Keys: b.keys, Aggs: b.aggs, Sorted: b.sortedGroups}
		}
	}
	if len(b.having) > 0 {
		node = &Filter{Est: b.estimate(node, node.Estimate().Rows*selOther), Input: node, Cond: and(b.having)}
	}
	sorted := b.sorted
	if len(b.windows) > 0 {
		node, sorted = b.assembleWindows(node)
	}
	if b.early {
		node = b.project(node)
	}
	if b.distinct && b.on == nil {
		regs := make([]int, len(b.outs))
		for i := range b.outs {
			regs[i] = b.outs[i].Reg
		}
		node = &Distinct{Est: b.estimate(node, max(1, node.Estimate().Rows/2)), Input: node, Regs: regs}
	}
	switch {
	case b.on != nil:
		node = b.firstOfEach(node, sorted)
	case len(b.order) > 0 && !sorted:
		node = b.sort(node, b.order)
	}
	if b.limit != nil || b.offset != nil {
		rows := max(0, node.Estimate().Rows-planned(b.offset))
		if b.limit != nil {
			rows = min(rows, planned(b.limit))
		}
		node = &Limit{Est: b.estimate(node, rows), Input: node, Count: b.limit, Offset: b.offset}
	}
	if !b.early {
		node = b.project(node)
	}
	return node
}

// read returns the node that yields the rows of FROM that pass WHERE.
func (b *block) read() Node {
	switch {
	case b.never:
		return &Values{}
	case b.lookup != nil:
		return b.lookup
	case b.joined != nil:
		return b.joined
	case b.leafNode != nil:
		node := b.leafNode
		if len(b.where) > 0 {
			node = &Filter{Est: node.Estimate(), Input: node, Cond: and(b.where)}
		}
		return node
	case b.compound != nil:
		return b.compound.node()
	case b.source == nil:
		var node Node = &Values{Est: Estimate{Rows: 1}, Rows: [][]expr.Expr{nil}}
		if len(b.where) > 0 {
			node = &Filter{Est: Estimate{Rows: 1}, Input: node, Cond: and(b.where)}
		}
		return node
	}
	p := b.path
	est := Estimate{Rows: p.rows, Cost: p.cost}
	if p.index == nil {
		return &Scan{Est: est, Doc: b.source.doc, Collection: b.source.collection, Bounds: p.bounds,
			Reverse: p.ordered && p.order.reverse, Ordered: p.ordered, Filter: and(b.where), Unused: p.unused}
	}
	return &IndexScan{Est: est, Doc: b.source.doc, Collection: b.source.collection, Index: p.index, Bounds: p.bounds,
		Reverse: p.ordered && p.order.reverse, Ordered: p.ordered, OrderFrom: p.order.from,
		Covering: p.covering, Covered: p.covered, IDReg: p.idReg,
		EntryFilter: and(p.entryFilter), Filter: and(b.where), Recheck: and(p.recheck), Unused: p.unused}
}

// and joins conditions, nil for none.
func and(list []expr.Expr) expr.Expr {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return allOf(list...)
}

// firstOfEach keeps the first row of each that on tells apart. In order these come together; without ORDER BY any row
// is as good as the first.
func (b *block) firstOfEach(input Node, sorted bool) Node {
	node := &Distinct{Sorted: len(b.order) > 0}
	for _, o := range b.on {
		node.Regs, node.On = append(node.Regs, o.Reg), append(node.On, o.Expr)
	}
	for _, o := range b.outs {
		node.Carry.Vals = append(node.Carry.Vals, o.Reg)
	}
	switch noCase := slices.ContainsFunc(b.order, func(key SortKey) bool { return key.NoCase }); {
	case noCase:
		// Rows that differ in case only stand between each other: they are put in order twice.
		var keys []SortKey
		for _, o := range b.on {
			keys = append(keys, SortKey{Expr: &expr.Register{Reg: o.Reg, Text: o.Expr.String()}})
		}
		first := b.sort(input, append(keys, b.order...)).whole()
		for _, key := range b.order {
			carry(key.Expr, (*registers)(&first.CarryDocs), (*registers)(&first.CarryVals))
		}
		node.Input, node.Est = first, b.estimate(first, max(1, first.Est.Rows/2))
		return b.sort(node, b.order)
	case len(b.order) > 0 && !sorted:
		input = b.sort(input, b.order).whole()
	}
	node.Input, node.Est = input, b.estimate(input, max(1, input.Estimate().Rows/2))
	return node
}

// project computes the results, and what rows are told apart by, that do not stand in their registers already.
func (b *block) project(input Node) Node {
	var outs []Out
	for _, o := range slices.Concat(b.outs, b.on) {
		if reg, ok := register(o.Expr); !ok || reg != o.Reg {
			outs = append(outs, o)
		}
	}
	if len(outs) == 0 {
		return input
	}
	return &Project{Est: input.Estimate(), Input: input, Outs: outs}
}

// sort orders rows, carrying what is read above it.
func (b *block) sort(input Node, keys []SortKey) *Sort {
	rows := input.Estimate().Rows
	node := &Sort{Input: input, Keys: keys, Top: b.limit}
	if b.limit != nil {
		node.TopOffset = b.offset
		rows = min(rows, b.wanted())
	}
	node.Est = b.estimate(input, rows)
	var docs, vals registers
	for _, o := range slices.Concat(b.outs, b.on) {
		if b.early {
			vals.add(o.Reg)
		} else {
			carry(o.Expr, &docs, &vals)
		}
	}
	node.CarryDocs, node.CarryVals = docs, vals
	return node
}

// whole is the sort without a limit.
func (n *Sort) whole() *Sort {
	n.Top, n.TopOffset = nil, nil
	n.Est.Rows = n.Input.Estimate().Rows
	return n
}

// registers is a small set, in the order of first use.
type registers []int

func (r *registers) add(reg int) {
	if !r.has(reg) {
		*r = append(*r, reg)
	}
}

func (r *registers) has(reg int) bool { return slices.Contains(*r, reg) }

// carry adds the registers that e reads, but those of its own variables.
func carry(e expr.Expr, docs, vals *registers) {
	switch e := e.(type) {
	case *expr.Field:
		docs.add(e.Doc)
	case *expr.Document:
		docs.add(e.Doc)
	case *expr.Register:
		if !e.Fixed {
			vals.add(e.Reg)
		}
	case *expr.Quantifier:
		carry(e.List, docs, vals)
		var inner registers
		carry(e.Cond, docs, &inner)
		for _, reg := range inner {
			if reg != e.Reg {
				vals.add(reg)
			}
		}
		return
	case *expr.Comprehension:
		var inner registers
		for _, child := range e.Children() {
			carry(child, docs, &inner)
		}
		for _, reg := range inner {
			if !slices.ContainsFunc(e.Vars, func(v expr.ForVar) bool { return v.Reg == reg }) {
				vals.add(reg)
			}
		}
		return
	}
	for _, child := range e.Children() {
		carry(child, docs, vals)
	}
}

// estimate is that of a node above input which yields rows. Only access
// paths are compared by cost, so it is carried up as it is.
func (b *block) estimate(input Node, rows float64) Estimate {
	return Estimate{Rows: rows, Cost: input.Estimate().Cost}
}
