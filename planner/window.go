package planner

import (
	"slices"

	"github.com/fluxdb/fluxdb/planner/expr"
)

// assembleWindows puts the windows above input, each over a sort where rows do not arrive in its order. It reports
// whether the rows that it yields are in the order of the block.
func (b *block) assembleWindows(input Node) (node Node, sorted bool) {
	node = b.narrowWindows(input)
	for i, w := range b.windows {
		w.CarryDocs, w.CarryVals = b.readAbove(i)
		keys := w.keys()
		if len(keys) > 0 && !(i == 0 && b.sorted && !b.grouped) && !(i > 0 && arrives(b.windows[i-1].keys(), keys)) {
			s := &Sort{Input: node, Keys: keys}
			docs, vals := registers(w.CarryDocs), registers(w.CarryVals)
			w.each(func(e *expr.Expr) { carry(*e, &docs, &vals) })
			s.CarryDocs, s.CarryVals = docs, vals
			s.Est = b.estimate(node, node.Estimate().Rows)
			node = s
		}
		w.Input, w.Est = node, b.estimate(node, node.Estimate().Rows)
		node = w
	}
	return node, b.windowOrder()
}

// windowOrder reports whether the last window leaves rows in the order of the block.
func (b *block) windowOrder() bool {
	n := len(b.windows)
	return n > 0 && !b.distinct && arrives(b.windows[n-1].keys(), b.order)
}

// arrives reports whether rows that are in the order of have are in that of wanted.
func arrives(have, wanted []SortKey) bool {
	if len(wanted) > len(have) {
		return false
	}
	for i := range wanted {
		if !sameKey(have[i], wanted[i]) {
			return false
		}
	}
	return true
}

// readAbove are the registers that are read above window i, but those that the windows from i on fill.
func (b *block) readAbove(i int) (docs, vals []int) {
	var d, v, filled registers
	for _, o := range slices.Concat(b.outs, b.on) {
		carry(o.Expr, &d, &v)
		if reg, ok := register(o.Expr); b.early && (!ok || reg != o.Reg) {
			filled.add(o.Reg) // order reads what is computed after the windows
		}
	}
	for _, key := range b.order {
		carry(key.Expr, &d, &v)
	}
	for _, w := range b.windows[i+1:] {
		w.each(func(e *expr.Expr) { carry(*e, &d, &v) })
	}
	for _, w := range b.windows[i:] {
		for _, call := range w.Calls {
			filled.add(call.Out)
		}
	}
	for _, reg := range v {
		if !filled.has(reg) {
			vals = append(vals, reg)
		}
	}
	return d, vals
}

// narrowWindows computes before the windows the few fields that are wanted of each document, so that their sorts
// and partitions hold these instead, and what would have another value in a window than in the sort below it.
func (b *block) narrowWindows(input Node) Node {
	var outs []Out
	for _, w := range b.windows {
		w.each(func(e *expr.Expr) {
			if volatile(*e) {
				outs = append(outs, Out{b.b.val(), *e})
				*e = &expr.Register{Reg: outs[len(outs)-1].Reg, Text: (*e).String(), Known: (*e).Static()}
			}
		})
	}
	var docs, vals registers
	if !b.grouped {
		for _, e := range b.inputs() {
			carry(e, &docs, &vals)
		}
	}
	for _, doc := range docs {
		var read needs
		for _, e := range b.inputs() {
			read.add(e, doc)
		}
		if read.whole || len(read.paths) > narrowColumns {
			continue
		}
		b.rewriteResults(func(e expr.Expr) expr.Expr {
			return replace(e, func(e expr.Expr) expr.Expr {
				f, ok := e.(*expr.Field)
				if !ok || f.Doc != doc {
					return nil
				}
				for _, o := range outs {
					if sameField(o.Expr, f) {
						return &expr.Register{Reg: o.Reg, Text: f.String(), Known: f.Known}
					}
				}
				outs = append(outs, Out{b.b.val(), f})
				return &expr.Register{Reg: outs[len(outs)-1].Reg, Text: f.String(), Known: f.Known}
			})
		})
	}
	if len(outs) == 0 {
		return input
	}
	return &Project{Est: input.Estimate(), Input: input, Outs: outs}
}
