package planner

import "github.com/fluxdb/fluxdb/planner/expr"

// above are the expressions that are still to be evaluated on rows of FROM.
func (p *joiner) above() []expr.Expr {
	list := p.inputs()
	for _, pr := range p.open {
		list = append(list, pr.cond)
	}
	for _, leaf := range p.leaves {
		if leaf.array != nil {
			list = append(list, leaf.array)
		}
	}
	return list
}

// rewriteOpen replaces the open predicates by fn's results.
func (p *joiner) rewriteOpen(fn func(expr.Expr) expr.Expr) {
	for _, pr := range p.open {
		pr.cond = fn(pr.cond)
	}
	for _, leaf := range p.leaves {
		if leaf.array != nil {
			leaf.array = fn(leaf.array)
		}
	}
}

// carry is what of set is read above, or by more.
func (p *joiner) carry(set sources, more ...expr.Expr) Carry {
	var docs, vals registers
	for _, e := range append(p.above(), more...) {
		if e != nil {
			carry(e, &docs, &vals)
		}
	}
	var c Carry
	for _, reg := range docs {
		if i, ok := p.docs[reg]; ok && set&(1<<i) != 0 {
			c.Docs = append(c.Docs, reg)
		}
	}
	for _, reg := range vals {
		if i, ok := p.vals[reg]; ok && set&(1<<i) != 0 {
			c.Vals = append(c.Vals, reg)
		}
	}
	return c
}

// narrow has a part that goes into a table compute the few fields that are wanted of each of its documents, so that
// only these are kept.
func (p *joiner) narrow(j *joined) Node {
	var outs []Out
	for i, leaf := range p.leaves {
		if j.set&(1<<i) == 0 || leaf.outer == nil {
			continue
		}
		var read needs
		for _, e := range p.above() {
			read.add(e, leaf.source.doc)
		}
		if read.whole || len(read.paths) > narrowColumns {
			continue
		}
		for _, path := range read.paths {
			var out Out
			p.rewrite(func(e expr.Expr) expr.Expr {
				return replace(e, func(e expr.Expr) expr.Expr {
					f, ok := e.(*expr.Field)
					if !ok || f.Doc != leaf.source.doc || !f.Path.Equal(path) {
						return nil
					}
					if out.Expr == nil {
						out = Out{p.b.val(), f}
						p.vals[out.Reg] = i
						leaf.narrowed = append(leaf.narrowed, out.Reg)
					}
					return &expr.Register{Reg: out.Reg, Text: f.String(), Known: f.Known}
				})
			})
			if out.Expr != nil {
				outs = append(outs, out)
			}
		}
	}
	if len(outs) == 0 {
		return j.node
	}
	return &Project{Est: j.node.Estimate(), Input: j.node, Outs: outs}
}
