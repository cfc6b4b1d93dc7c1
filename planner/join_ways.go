package planner

import (
	"math"
	"slices"

	"github.com/fluxdb/fluxdb/planner/expr"
)

// Costs of joins, in the unit of cost.go.
const (
	costBuild = 0.8 // putting a row into a table
	costProbe = 0.4 // looking a row up
	costPair  = 0.1 // trying a pair of rows
)

// way is what joining one collection costs either way, and yields.
type way struct {
	loop, hash, rows float64
	keys             []*predicate // those that bound the collection's scan
}

// way weighs how a collection is joined to a part.
func (p *joiner) way(left *joined, leaf *block, own, on []*predicate) (way, error) {
	conds := func(lists ...[]*predicate) (conds []expr.Expr) {
		for _, list := range lists {
			for _, pr := range list {
				conds = append(conds, pr.cond)
			}
		}
		return conds
	}
	alone := &block{b: leaf.b, source: leaf.source, outer: leaf.outer, where: conds(own)}
	if err := chooseAccess(alone); err != nil {
		return way{}, err
	}
	w := way{hash: left.cost + alone.path.cost + costBuild*alone.path.rows + costProbe*left.rows, loop: math.Inf(1)}
	w.rows = p.pairs(left, alone.path.rows, on)
	for _, pr := range on {
		if p.bounds(leaf, pr.cond, left.set) {
			w.keys = append(w.keys, pr)
		}
	}
	if len(w.keys) == 0 {
		return w, nil
	}
	bound := &block{b: leaf.b, source: leaf.source, outer: leaf.outer, where: conds(own, w.keys)}
	if err := chooseAccess(bound); err != nil {
		return way{}, err
	}
	if p := bound.path; p.bounds != nil {
		w.loop = left.cost + left.rows*(p.cost+costSeek)
		if p.most() < math.Inf(1) {
			w.rows = min(w.rows, left.rows*p.most())
		}
	}
	return w, nil
}

// bounds reports whether a condition compares a path of leaf with rows of set only.
func (p *joiner) bounds(leaf *block, cond expr.Expr, set sources) bool {
	c, ok := comparison(cond)
	if !ok || c.op == expr.Ne || !p.reads(cond).within(set|placeOf(p.leaves, leaf.source.doc)) {
		return false
	}
	for _, sides := range [][2]expr.Expr{{c.a, c.b}, {c.b, c.a}} {
		if _, ok := leaf.sourcePath(sides[0]); ok && leaf.fixed(sides[1]) {
			return true
		}
	}
	return false
}

// pairs guesses how many rows of a part and another side of so many rows pair under conditions.
func (p *joiner) pairs(left *joined, right float64, on []*predicate) float64 {
	rows := left.rows * right
	keyed := false
	for _, pr := range on {
		c, ok := comparison(pr.cond)
		switch {
		case !ok || c.op != expr.Eq:
			rows *= selOther
		case !keyed:
			rows, keyed = min(rows, max(left.rows, right)), true
		default:
			rows *= selBound
		}
	}
	return max(rows, 1)
}

// loop joins a collection by bounds that are values of each row of the part.
func (p *joiner) loop(kind JoinKind, left *joined, leaf *block, w way, own, on []*predicate) (*joined, error) {
	place := slices.Index(p.leaves, leaf)
	rest := slices.DeleteFunc(slices.Clone(on), func(pr *predicate) bool { return slices.Contains(w.keys, pr) })
	// What reads the collection alone, or with the part's row, is checked where it is read.
	leaf.where = p.conditions(slices.Concat(own, w.keys))
	right, err := p.read(leaf)
	if err != nil {
		return nil, err
	}
	node := &LoopJoin{Kind: kind, Left: left.node, Right: right, Cond: and(p.conditions(rest))}
	set := left.set | 1<<place
	node.RightCarry = p.carry(1<<place, node.Cond)
	switch kind {
	case LeftJoin:
		w.rows = max(w.rows, left.rows)
	case SemiJoin, AntiJoin:
		w.rows = max(1, left.rows*selOther)
	}
	node.Est = Estimate{w.rows, w.loop}
	return &joined{node, set, w.rows, w.loop}, nil
}

// lateral joins what reads each row of the part.
func (p *joiner) lateral(kind JoinKind, left, right *joined, on []*predicate) *joined {
	rows := max(1, left.rows*right.rows*math.Pow(selOther, float64(len(on))))
	cost := left.cost + left.rows*right.cost
	node := &LoopJoin{Kind: kind, Left: left.node, Right: right.node, Cond: and(p.conditions(on)), Est: Estimate{rows, cost}}
	node.RightCarry = p.carry(right.set, node.Cond)
	return &joined{node, left.set | right.set, rows, cost}
}

// hash joins two parts through a table of the right one.
func (p *joiner) hash(kind JoinKind, left, right *joined, on []*predicate) *joined {
	rows := p.pairs(left, right.rows, on)
	cost := left.cost + right.cost + costBuild*right.rows + costProbe*left.rows + costPair*rows
	switch kind {
	case LeftJoin, FullJoin:
		rows = max(rows, left.rows)
	case SemiJoin, AntiJoin:
		rows = max(1, left.rows*selOther)
	}
	node := &HashJoin{Kind: kind, Est: Estimate{rows, cost}}
	node.Left, node.Right = left.node, p.narrow(right)
	var keys, rest []*predicate
	for _, pr := range on {
		if _, _, ok := p.sides(pr.cond, left.set, right.set); ok {
			keys = append(keys, pr)
		} else {
			rest = append(rest, pr)
		}
	}
	for _, cond := range p.conditions(keys) {
		l, r, _ := p.sides(cond, left.set, right.set)
		node.LeftKeys, node.RightKeys = append(node.LeftKeys, l), append(node.RightKeys, r)
	}
	node.Cond = and(p.conditions(rest))
	read := append(append([]expr.Expr{node.Cond}, node.LeftKeys...), node.RightKeys...)
	node.LeftCarry, node.RightCarry = p.carry(left.set, read...), p.carry(right.set, read...)
	return &joined{node, left.set | right.set, rows, cost}
}

// sides takes apart an equality of what either side has.
func (p *joiner) sides(cond expr.Expr, left, right sources) (l, r expr.Expr, ok bool) {
	c, ok := comparison(cond)
	if !ok || c.op != expr.Eq || volatile(cond) || bindable(c.a) || bindable(c.b) {
		return nil, nil, false
	}
	a, b := p.reads(c.a), p.reads(c.b)
	switch {
	case a != 0 && b != 0 && a.within(left) && b.within(right):
		return c.a, c.b, true
	case a != 0 && b != 0 && a.within(right) && b.within(left):
		return c.b, c.a, true
	}
	return nil, nil, false
}
