package planner

import (
	"math"
	"slices"

	"github.com/fluxdb/fluxdb/planner/expr"
)

// joiner plans the FROM of one block.
type joiner struct {
	*block
	leaves []*block
	docs   map[int]int // the leaf, by its place, that fills a document register
	vals   map[int]int // and those that fill value registers
	// open are the predicates that no node checks yet; on are those of each join.
	open []*predicate
	on   map[*relation][]*predicate
}

// predicate is a condition on rows of FROM. Rules that move what it reads to other registers rewrite it.
type predicate struct{ cond expr.Expr }

// joined is a part of FROM that is planned.
type joined struct {
	node       Node
	set        sources
	rows, cost float64
}

// planJoins decides in which order the sources of FROM are joined, and how. Afterwards no condition of where is left.
func planJoins(b *block) error {
	if b.from == nil || b.never {
		return nil
	}
	p := &joiner{block: b, leaves: b.from.leaves(), docs: map[int]int{}, vals: map[int]int{}, on: map[*relation][]*predicate{}}
	for i, leaf := range p.leaves {
		if leaf.outer != nil {
			p.docs[leaf.source.doc] = i
		}
		p.own(i)
	}
	p.narrowKinds(b.from, b.where)
	where := p.predicates(p.propagated(b.where))
	b.where, b.joins = nil, p
	p.collect(b.from)
	all, err := p.plan(b.from, where)
	if err != nil {
		return err
	}
	b.joined = all.node
	return nil
}

// predicates makes open predicates of conditions.
func (p *joiner) predicates(conds []expr.Expr) []*predicate {
	list := make([]*predicate, len(conds))
	for i := range conds {
		list[i] = &predicate{conds[i]}
	}
	p.open = append(p.open, list...)
	return list
}

// collect makes predicates of the conditions of all joins.
func (p *joiner) collect(r *relation) {
	if r.leaf == nil {
		p.on[r] = p.predicates(r.on)
		p.collect(r.left)
		p.collect(r.right)
	}
}

// conditions closes predicates, which the caller checks.
func (p *joiner) conditions(list []*predicate) []expr.Expr {
	conds := make([]expr.Expr, len(list))
	for i, pr := range list {
		conds[i] = pr.cond
		if at := slices.Index(p.open, pr); at >= 0 {
			p.open = slices.Delete(p.open, at, at+1)
		}
	}
	return conds
}

// own notes the value registers that a leaf fills.
func (p *joiner) own(place int) {
	for _, reg := range p.leaves[place].registers() {
		p.vals[reg] = place
	}
}

// reads is the set of leaves whose rows e reads.
func (p *joiner) reads(e expr.Expr) (set sources) {
	switch e := e.(type) {
	case *expr.Field:
		if i, ok := p.docs[e.Doc]; ok {
			return 1 << i
		}
	case *expr.Document:
		if i, ok := p.docs[e.Doc]; ok {
			return 1 << i
		}
	case *expr.Register:
		if i, ok := p.vals[e.Reg]; ok {
			return 1 << i
		}
	}
	for _, child := range e.Children() {
		set |= p.reads(child)
	}
	return set
}

// set is the leaves of a relation.
func (p *joiner) set(r *relation) (set sources) {
	for _, leaf := range r.leaves() {
		set |= 1 << slices.Index(p.leaves, leaf)
	}
	return set
}

// within reports whether all of s is in t.
func (s sources) within(t sources) bool { return s&^t == 0 }

// plan plans a relation and the predicates that are asked of its rows.
func (p *joiner) plan(r *relation, asked []*predicate) (*joined, error) {
	switch {
	case r.leaf != nil:
		return p.leaf(r.leaf, asked)
	case r.kind == innerJoin:
		return p.inner(r, asked)
	}
	left, right := r.left, r.right
	kind := LeftJoin
	switch r.kind {
	case rightJoin:
		left, right = right, left
	case fullJoin:
		kind = FullJoin
	case semiJoin:
		kind = SemiJoin
	case antiJoin:
		kind = AntiJoin
	}
	var above, toLeft, toRight, on []*predicate
	for _, pr := range asked {
		if kind != FullJoin && p.movable(pr, p.set(left)) {
			toLeft = append(toLeft, pr)
		} else {
			above = append(above, pr)
		}
	}
	for _, pr := range p.on[r] {
		if kind != FullJoin && p.movable(pr, p.set(right)) {
			toRight = append(toRight, pr)
		} else {
			on = append(on, pr)
		}
	}
	l, err := p.plan(left, toLeft)
	if err != nil {
		return nil, err
	}
	j, err := p.add(kind, l, right, toRight, on)
	if err != nil {
		return nil, err
	}
	return p.filter(j, above), nil
}

// movable reports whether a predicate may be checked on the rows of set alone.
func (p *joiner) movable(pr *predicate, set sources) bool {
	return p.reads(pr.cond).within(set) && !volatile(pr.cond)
}

// filter checks predicates above a part.
func (p *joiner) filter(j *joined, list []*predicate) *joined {
	if len(list) == 0 {
		return j
	}
	rows := max(1, j.rows*math.Pow(selOther, float64(len(list))))
	node := &Filter{Est: Estimate{rows, j.cost}, Input: j.node, Cond: and(p.conditions(list))}
	return &joined{node, j.set, rows, j.cost}
}

// add joins a relation to a part that is planned, the cheaper way: by the values of each row of the part, or through
// a table.
func (p *joiner) add(kind JoinKind, left *joined, right *relation, own, on []*predicate) (*joined, error) {
	if right.leaf != nil && right.leaf.outer != nil && kind != FullJoin {
		way, err := p.way(left, right.leaf, own, on)
		if err != nil {
			return nil, err
		}
		if way.loop < way.hash {
			return p.loop(kind, left, right.leaf, way, own, on)
		}
	}
	needs := p.needs(right)
	r, err := p.plan(right, own)
	if err != nil {
		return nil, err
	}
	if needs != 0 {
		return p.lateral(kind, left, r, on), nil
	}
	return p.hash(kind, left, r, on), nil
}

// needs is the set of leaves outside of a relation whose rows it reads.
func (p *joiner) needs(r *relation) (set sources) {
	for _, leaf := range r.leaves() {
		if leaf.array != nil {
			set |= p.reads(leaf.array)
		}
	}
	return set &^ p.set(r)
}

// leaf plans the reading of one source.
func (p *joiner) leaf(leaf *block, asked []*predicate) (*joined, error) {
	place := slices.Index(p.leaves, leaf)
	if leaf.array != nil {
		node := leaf.leafNode.(*Unnest)
		node.Array, node.Est = leaf.array, Estimate{plannedValues, plannedValues}
		leaf.array = nil
		return p.filter(&joined{node, 1 << place, plannedValues, plannedValues}, asked), nil
	}
	if leaf.outer == nil {
		rest := p.into(leaf, asked)
		if err := optimize(leaf); err != nil {
			return nil, err
		}
		node := leaf.assemble()
		j := &joined{node, 1 << place, node.Estimate().Rows, node.Estimate().Cost}
		p.own(place)
		return p.filter(j, rest), nil
	}
	leaf.where = p.conditions(asked)
	node, err := p.read(leaf)
	return &joined{node, 1 << place, node.Estimate().Rows, node.Estimate().Cost}, err
}

// into moves predicates on the results of a query in FROM into its WHERE, where that means the same, and
// returns the others.
func (p *joiner) into(leaf *block, asked []*predicate) (rest []*predicate) {
	if leaf.grouped || len(leaf.windows) > 0 || leaf.distinct || leaf.limit != nil || leaf.offset != nil || leaf.compound != nil {
		return asked
	}
	for _, pr := range asked {
		cond := replace(pr.cond, func(e expr.Expr) expr.Expr {
			if reg, ok := register(e); ok {
				for _, o := range leaf.outs {
					if o.Reg == reg {
						return o.Expr
					}
				}
			}
			return nil
		})
		if volatile(cond) {
			rest = append(rest, pr)
			continue
		}
		leaf.where = append(leaf.where, cond)
		p.conditions([]*predicate{pr})
	}
	return rest
}

// read returns the node that reads a collection's documents that pass where.
func (p *joiner) read(leaf *block) (Node, error) {
	leaf.where = leaf.decide(leaf.where)
	for _, rule := range []func(*block) error{mergeRanges, chooseAccess, coverFromIndex} {
		if err := rule(leaf); err != nil {
			return nil, err
		}
	}
	p.own(slices.Index(p.leaves, leaf))
	return leaf.read(), nil
}
