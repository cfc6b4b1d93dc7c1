package planner

import "math"

// maxOrdered is how many parts are joined in the best of all orders; of more the next one is always the cheapest.
const maxOrdered = 10

// member is a part of an inner join.
type member struct {
	rel *relation
	set sources
	// needs are the leaves, of other members, whose rows it reads: it comes after them.
	needs sources
	own   []*predicate // that read it alone
	rows  float64      // guessed
	cost  float64
}

// inner plans an inner join of any number of parts: which joins of joins it was written as does not matter.
func (p *joiner) inner(r *relation, asked []*predicate) (*joined, error) {
	var members []*member
	preds := asked
	var flatten func(r *relation)
	flatten = func(r *relation) {
		if r.leaf == nil && r.kind == innerJoin {
			preds = append(preds, p.on[r]...)
			flatten(r.left)
			flatten(r.right)
			return
		}
		members = append(members, &member{rel: r, set: p.set(r), needs: p.needs(r)})
	}
	flatten(r)
	var between []*predicate
next:
	for _, pr := range preds {
		for _, m := range members {
			if p.movable(pr, m.set) && p.reads(pr.cond) != 0 {
				m.own = append(m.own, pr)
				continue next
			}
		}
		between = append(between, pr)
	}
	all := p.set(r)
	for _, m := range members {
		m.needs &= all // what is further out has its row already
		if err := p.guess(m); err != nil {
			return nil, err
		}
	}
	order, err := p.order(members, between)
	if err != nil {
		return nil, err
	}
	first := members[order[0]]
	j, err := p.plan(first.rel, first.own)
	if err != nil {
		return nil, err
	}
	for _, i := range order[1:] {
		m := members[i]
		on := p.ready(between, j.set, m.set)
		between = lacking(between, on)
		if j, err = p.addInner(j, m, on); err != nil {
			return nil, err
		}
	}
	return p.filter(j, between), nil
}

// addInner joins a member, its side the one in the table unless it is the larger one.
func (p *joiner) addInner(left *joined, m *member, on []*predicate) (*joined, error) {
	if m.rel.leaf != nil && m.rel.leaf.outer != nil {
		w, err := p.way(left, m.rel.leaf, m.own, on)
		if err != nil {
			return nil, err
		}
		if w.loop < w.hash {
			return p.loop(InnerJoin, left, m.rel.leaf, w, m.own, on)
		}
	}
	right, err := p.plan(m.rel, m.own)
	if err != nil {
		return nil, err
	}
	if m.needs != 0 {
		return p.lateral(InnerJoin, left, right, on), nil
	}
	if right.rows > left.rows {
		left, right = right, left
	}
	return p.hash(InnerJoin, left, right, on), nil
}

// ready are the predicates that can be checked once a member has been joined to a set.
func (p *joiner) ready(list []*predicate, set, more sources) (ready []*predicate) {
	for _, pr := range list {
		if p.movable(pr, set|more) {
			ready = append(ready, pr)
		}
	}
	return ready
}

func lacking(list, drop []*predicate) []*predicate {
	kept := list[:0:0]
next:
	for _, pr := range list {
		for _, d := range drop {
			if d == pr {
				continue next
			}
		}
		kept = append(kept, pr)
	}
	return kept
}

// guess estimates a member by itself.
func (p *joiner) guess(m *member) error {
	leaf := m.rel.leaf
	if leaf == nil || leaf.outer == nil {
		m.rows, m.cost = plannedDocuments, plannedDocuments
		return nil
	}
	alone := &block{b: leaf.b, source: leaf.source, outer: leaf.outer}
	for _, pr := range m.own {
		alone.where = append(alone.where, pr.cond)
	}
	if err := chooseAccess(alone); err != nil {
		return err
	}
	stats, err := alone.measure()
	if err != nil {
		return err
	}
	m.rows, m.cost = min(alone.path.rows, float64(max(stats.Documents, 1))), alone.path.cost
	return nil
}

// order is the sequence in which members are joined: the cheapest, as System R found it, set by set of growing size;
// of more than maxOrdered members the cheapest next one at each step.
//
// Source: Selinger et al., Access Path Selection in a Relational Database Management System, 1979.
func (p *joiner) order(members []*member, between []*predicate) ([]int, error) {
	if len(members) > maxOrdered {
		return p.greedy(members, between)
	}
	type state struct {
		*joined
		order []int
	}
	best := make([]state, 1<<len(members))
	for i, m := range members {
		if m.needs != 0 {
			continue
		}
		best[1<<i] = state{&joined{set: m.set, rows: m.rows, cost: m.cost}, []int{i}}
	}
	for set := range best {
		s := best[set]
		if s.joined == nil {
			continue
		}
		for i, m := range members {
			if set&(1<<i) != 0 || !m.needs.within(s.set) {
				continue
			}
			j, err := p.step(s.joined, m, between)
			if err != nil {
				return nil, err
			}
			to := &best[set|1<<i]
			if to.joined == nil || j.cost < to.cost {
				*to = state{j, append(s.order[:len(s.order):len(s.order)], i)}
			}
		}
	}
	return best[len(best)-1].order, nil
}

// greedy takes the smallest member first, and then always the one that makes the least rows.
func (p *joiner) greedy(members []*member, between []*predicate) ([]int, error) {
	var order []int
	var at *joined
	used := make([]bool, len(members))
	for range members {
		var next *joined
		pick := -1
		for i, m := range members {
			if used[i] || m.needs != 0 && (at == nil || !m.needs.within(at.set)) {
				continue
			}
			j := &joined{set: m.set, rows: m.rows, cost: m.cost}
			if at != nil {
				if len(p.ready(between, at.set, m.set)) == 0 && pick >= 0 {
					continue // what is tied to nothing comes last
				}
				var err error
				if j, err = p.step(at, m, between); err != nil {
					return nil, err
				}
			}
			if next == nil || j.rows < next.rows || j.rows == next.rows && j.cost < next.cost {
				next, pick = j, i
			}
		}
		at, used[pick] = next, true
		order = append(order, pick)
	}
	return order, nil
}

// step estimates joining one more member.
func (p *joiner) step(left *joined, m *member, between []*predicate) (*joined, error) {
	on := p.ready(between, left.set, m.set)
	if m.needs != 0 {
		rows := left.rows * plannedValues
		return &joined{set: left.set | m.set, rows: rows, cost: left.cost + rows}, nil
	}
	rows := p.pairs(left, m.rows, on)
	// The smaller side goes into the table.
	cost := left.cost + m.cost + costBuild*min(left.rows, m.rows) + costProbe*max(left.rows, m.rows) + costPair*rows
	if leaf := m.rel.leaf; leaf != nil && leaf.outer != nil && len(on) > 0 {
		w, err := p.way(left, leaf, m.own, on)
		if err != nil {
			return nil, err
		}
		cost, rows = min(cost, w.loop+costPair*rows), w.rows
	}
	if len(on) == 0 {
		cost += costPair * left.rows * m.rows
	}
	return &joined{set: left.set | m.set, rows: rows, cost: math.Min(cost, math.MaxFloat64)}, nil
}
