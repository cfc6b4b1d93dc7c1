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

// leafOp is an operator that reads a range of documents, or of entries of an index, and may be divided.
type leafOp interface {
	operator
	// divided is how far it has come.
	divided() *dividing
	// whole is the scan of all that is left, nil when it can't be cut.
	whole() partedScan
	// source is its node, and how many rows it will read about, if that is known.
	source() (node planner.Node, rows int64)
}

// partedScan is the scan of a leaf.
type partedScan interface {
	Reach(ctx context.Context, t *engine.Tx) error
	Enter(p engine.Part)
	Cut(n int) []engine.Part
	Left(read int) float64
	Close() error
}

// dividing is the state of a leaf.
type dividing struct {
	// left is how many rows are read until a pause, negative for no pause: next then returns false and paused
	// is set. parted says that what ends is a piece of the scan only.
	left, stretch  int
	paused, parted bool
}

// pause has the leaf go on and pause after n more rows, 0 for never, and returns how many
// were read since the last call.
func (d *dividing) pause(n int) (read int) {
	read = d.stretch - d.left
	d.paused, d.left, d.stretch = false, n, n
	if n == 0 {
		d.left = -1
	}
	return read
}

// survey finds the scan below an operator that was just opened and has it pause; nil when it can't be divided.
func (x *execution) survey(input operator) *prospect {
	leaf := leafOf(input)
	if leaf == nil || x.crewing == nil || x.crewing.count() < 2 {
		return nil
	}
	leaf.divided().pause(x.crewing.after)
	return &prospect{hand{x: x, top: input, leaf: leaf}}
}

// leafOf returns the scan of a chain of operators that keep nothing between rows, nil for any other.
func leafOf(op operator) leafOp {
	switch op := op.(type) {
	case *scanOp:
		if op.points == nil && op.fetch == nil {
			return op
		}
	case *indexScanOp:
		if op.node.Covering {
			return op
		}
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
func (p *prospect) paused() bool { return p != nil && p.leaf.divided().paused }

// divide begins a crew on what is left; nil when one goroutine has to go on, which the leaf is then ready for. size
// is that of a piece.
func (p *prospect) divide(node planner.Node, size int, begin func(x *execution) partial) (*crew, error) {
	x := p.x
	p.leaf.divided().pause(0)
	scan := p.leaf.whole()
	if scan == nil {
		return nil, nil
	}
	if err := scan.Reach(x.ctx, x.tx); err != nil {
		return nil, err
	}
	helpers := x.crewing.count() - 1
	n := 4 * (helpers + 1)
	if _, rows := p.leaf.source(); rows > 0 {
		n = max(n, int(min(rows/int64(size), maxPieces)))
	}
	parts := scan.Cut(n)
	if len(parts) == 0 {
		return nil, nil
	}
	p.scan = scan
	c := &crew{x: x, owner: p.hand, node: node, begin: begin, size: size, most: helpers, window: 2*helpers + 2}
	c.changed = sync.NewCond(&c.mu)
	c.turn = &piece{state: pieceOwned}
	c.turn.follow(parts)
	p.leaf.divided().parted, c.owner.owned = true, c.turn
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
func newHand(x *execution, node planner.Node, scan partedScan, halted *atomic.Bool) (*hand, error) {
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
