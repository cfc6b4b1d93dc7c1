package executor

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// The partial results of pieces, and how the operators merge them when their turn comes.

// proceed is called when the input of an operator yields nothing. It divides what is left of a scan that paused, or
// merges the partial results whose turn it is. more says that the input has rows again.
func proceed(c **crew, p *prospect, node planner.Node, begin func(x *execution) partial, merge func(partial) error) (more bool, err error) {
	if *c == nil {
		if !p.paused() {
			return false, nil
		}
		*c, err = p.divide(node, p.x.crewing.size, begin)
		return true, err
	}
	for {
		result, more, err := (*c).step()
		if result == nil {
			return more, err
		}
		if err := merge(result); err != nil {
			return false, err
		}
	}
}

func (g *groupOp) proceed() (more bool, err error) {
	return proceed(&g.crew, g.prospect, g.node.Input, g.begin, g.mergePartial)
}

func (g *streamGroupOp) proceed() (more bool, err error) {
	return proceed(&g.crew, g.prospect, g.node.Input, g.beginPartial, g.mergePartial)
}

func (s *sortOp) proceed() (more bool, err error) {
	return proceed(&s.crew, s.prospect, s.node.Input, s.begin, s.mergePartial)
}

// partialGroups are the groups of one piece.
type partialGroups struct {
	groupOp
}

func (g *groupOp) begin(x *execution) partial {
	p := &partialGroups{}
	p.node, p.x, p.partial = g.node, x, true
	p.agg = newAggregator(x, g.node.Aggs)
	p.table = newGroupTable(x.memory, p.agg, len(g.node.Keys))
	p.table.seed = g.table.seed // the hashes are used again
	p.row = make([]document.Value, len(g.node.Keys))
	return p
}

func (p *partialGroups) add() (bool, error) {
	p.rows++
	return false, p.addRow()
}

func (p *partialGroups) drop() { p.table.share.free() }

// mergePartial adds the groups of a piece, in the order in which they were first seen.
func (g *groupOp) mergePartial(result partial) error {
	p := result.(*partialGroups)
	defer p.drop()
	for from := range p.table.len() {
		if err := g.x.interrupted(); err != nil {
			return err
		}
		at, err := g.group(p.table.hashes[from], p.table.key(from))
		if err != nil {
			return err
		}
		g.bytes = p.agg.appendState(g.bytes[:0], p.table.state(from))
		grown, err := g.agg.merge(g.table.state(at), g.bytes)
		g.account(grown)
		if err != nil {
			return err
		}
	}
	if n := p.table.len(); n > p.rows/3 && n > g.crew.size/8 {
		g.crew.leave() // merging costs as much as reading
	}
	return nil
}

// partialAggregates are the aggregates of one piece, without groups.
type partialAggregates struct {
	agg   *aggregator
	state state
}

func (g *streamGroupOp) beginPartial(x *execution) partial {
	p := &partialAggregates{agg: newAggregator(x, g.node.Aggs)}
	p.state.counts = make([]int64, p.agg.counts)
	p.state.accumulators = make([]expr.Accumulator, p.agg.accumulators)
	p.agg.begin(p.state)
	return p
}

func (p *partialAggregates) add() (bool, error) {
	_, err := p.agg.add(p.state, nil)
	return false, err
}

func (p *partialAggregates) drop() {}

func (g *streamGroupOp) mergePartial(result partial) error {
	p := result.(*partialAggregates)
	g.bytes = p.agg.appendState(g.bytes[:0], p.state)
	_, err := g.agg.merge(g.state, g.bytes)
	return err
}

// partialTop are the least rows of one piece.
type partialTop struct {
	sorter *sortOp
}

// maxPartialTop is up to how many rows of a sort are kept for each piece.
const maxPartialTop = 1 << 10

func (s *sortOp) begin(x *execution) partial {
	p := &partialTop{}
	p.sorter = &sortOp{node: s.node, x: x, keys: newSortKeys(s.node.Keys), carry: carrier{docs: s.carry.docs, vals: s.carry.vals}}
	p.sorter.heap = newTopRows(x.memory, &p.sorter.keys, int(s.wanted))
	return p
}

func (p *partialTop) add() (bool, error) {
	qualified, err := p.sorter.makeRow()
	if err != nil || !qualified {
		return false, err
	}
	if !p.sorter.heap.add(p.sorter.row) {
		return false, errNoRoom
	}
	return false, nil
}

func (p *partialTop) drop() { p.sorter.heap.share.free() }

// mergePartial adds the rows of a piece in order: of equal ones the first stays the first.
func (s *sortOp) mergePartial(result partial) error {
	p := result.(*partialTop)
	defer p.drop()
	// There is one collection below, so one dictionary.
	if len(s.carry.dicts) == 0 {
		s.carry.dicts = p.sorter.carry.dicts
	}
	heap := p.sorter.heap
	heap.sort()
	for row := heap.next(); row != nil; row = heap.next() {
		if s.heap != nil && !s.heap.qualifies(row) {
			return nil // nor do those after it
		}
		if err := s.addRow(row); err != nil {
			return err
		}
	}
	return nil
}
