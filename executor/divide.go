package executor

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// crewing says when and how scans are divided.
type crewing struct {
	// after is how many documents are read before a scan is divided: fewer are read sooner than divided.
	after int
	// size and rows are how many documents a piece has, where results are small and where they are its rows.
	size, rows int
	// hands is how many goroutines read, 0 is one for each core.
	hands int
	// idle has the owner leave all pieces to helpers, for tests of these.
	idle bool
}

var defaultCrewing = crewing{after: 2048, size: 4096, rows: 512}

// count returns how many goroutines read.
func (c *crewing) count() int {
	if c.hands > 0 {
		return c.hands
	}
	return runtime.GOMAXPROCS(0)
}

// maxPieces is how many pieces a scan is divided into at once.
const maxPieces = 1024

// prospect is a scan that may be divided: its leaf pauses after some documents for the operator above to decide.
type prospect struct{ hand }

// survey finds the scan below an operator that was just opened and has it pause; nil when it can't be divided.
func (x *execution) survey(input operator) *prospect {
	leaf := leafOf(input)
	if leaf == nil || leaf.points != nil || leaf.fetch != nil || x.crewing == nil || x.crewing.count() < 2 {
		return nil
	}
	leaf.pause(x.crewing.after)
	return &prospect{hand{x: x, top: input, leaf: leaf}}
}

// leafOf returns the scan of a chain of operators that keep nothing between rows, nil for any other.
func leafOf(op operator) *scanOp {
	switch op := op.(type) {
	case *scanOp:
		return op
	case *filterOp:
		return leafOf(op.input)
	case *projectOp:
		return leafOf(op.input)
	case *measured:
		return leafOf(op.operator)
	}
	return nil
}

// paused reports whether the input has rows left though it yielded none; a nil prospect never has.
func (p *prospect) paused() bool { return p != nil && p.leaf.paused }

// divide begins a crew on what is left; nil when one goroutine has to go on, which the leaf is then ready for. size
// is that of a piece.
func (p *prospect) divide(node planner.Node, size int, begin func(x *execution) partial) (*crew, error) {
	x, leaf := p.x, p.leaf
	leaf.pause(0)
	if leaf.scan == nil || !leaf.scan.Divisible() || leaf.ranges != nil && !leaf.ranges.done {
		return nil, nil
	}
	if err := x.tx.Reach(x.ctx, leaf.scan); err != nil {
		return nil, err
	}
	helpers := x.crewing.count() - 1
	n := 4 * (helpers + 1)
	if leaf.node.Bounds == nil {
		n = max(n, int(min(x.tx.EstimateCount(leaf.node.Collection)/int64(size), maxPieces)))
	}
	parts := leaf.scan.Cut(n)
	if len(parts) == 0 {
		return nil, nil
	}
	c := &crew{x: x, owner: p.hand, node: node, begin: begin, size: size, most: helpers, window: 2*helpers + 2}
	c.changed = sync.NewCond(&c.mu)
	c.turn = &piece{state: pieceOwned}
	c.turn.follow(parts)
	leaf.parted, c.owner.owned = true, c.turn
	c.calm = context.AfterFunc(x.ctx, c.halt)
	c.mu.Lock()
	err := c.call()
	c.mu.Unlock()
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// newHand returns the operators of a node that read from scan.
func newHand(x *execution, node planner.Node, scan *engine.Scan, halted *atomic.Bool) (*hand, error) {
	run := *x.frame.Run
	run.WrongKind = 0
	own := &execution{ctx: x.ctx, memory: x.memory, closed: x.closed, halted: halted, lent: scan}
	own.frame = &expr.Frame{
		Docs: make([]document.Record, len(x.frame.Docs)), Vals: make([]document.Value, len(x.frame.Vals)), Run: &run,
	}
	if x.actuals != nil {
		own.actuals = map[planner.Node]*planner.Actual{}
	}
	h := &hand{x: own, scan: scan}
	var err error
	if h.top, err = open(node, own); err != nil {
		return nil, err
	}
	h.leaf = leafOf(h.top)
	return h, nil
}
