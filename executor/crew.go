package executor

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/fluxdb/fluxdb/engine"
)

// A crew reads a scan, with the filters and expressions above it, on all cores. The documents that are
// left are divided into pieces, a list in the order of _id:
//
//	piece:  owner's -> read by a helper -> finished -> waiting -> waiting ...
//	        |                              |           |
//	        turn: whose rows come next     |           what a helper takes next
//	                                       a partial result, merged when its turn comes
//
// Results are taken in the order of the pieces, so that nothing above can tell a crew from one goroutine: groups
// come in the order in which they were first seen, equal rows of a sort stay in order, and the error that ends the
// statement is the one that would have. The owner of the statement reads the piece whose turn it is itself, or
// helps with a later one while it waits. A piece that proves long is cut, so that the work is
// divided well however the ids are spread.
//
// Helpers have a scan and a frame of their own, and shares of the statement's work memory. They never call the transaction.
type crew struct {
	x     *execution
	owner hand
	begin func(x *execution) partial
	// size is how many documents a piece should have, and window how many pieces may be read before their turn.
	size, window int

	halted atomic.Bool // the helpers stop at once
	hands  []*hand
	group  sync.WaitGroup
	calm   func() bool // ends watching the context

	mu      sync.Mutex
	changed *sync.Cond // a piece, or what follows
	turn    *piece     // nil when all are done
	ahead   int        // pieces taken before their turn
	// alone says that helpers take no more: what they make costs more than it saves, or memory is short.
	alone bool
}

// partial is what is made of one piece.
type partial interface {
	// add takes in the row in the frame of the execution that it was begun with. It returns errNoRoom when
	// there is no memory for it; full asks for a next piece to begin.
	add() (full bool, err error)
	// drop gives the memory back.
	drop()
}

// errNoRoom has a piece left to the owner, who may spill.
var errNoRoom = errors.New("no work memory for a partial result")

// errHalted ends the work of a helper that nobody waits for.
var errHalted = errors.New("the statement is over")

type piece struct {
	part     engine.Part
	next     *piece
	state    pieceState
	result   partial
	err      error
	panicked any
}

type pieceState uint8

const (
	pieceWaiting pieceState = iota
	pieceTaken
	pieceFinished
	pieceOwned // its rows go to the owner one by one
)

// hand is what one goroutine of a crew reads with.
type hand struct {
	x     *execution
	top   operator
	leaf  *scanOp
	scan  *engine.Scan // of a helper
	busy  bool         // it has read a piece
	owned *piece
}

// follow puts pieces of parts behind p.
func (p *piece) follow(parts []engine.Part) {
	for _, part := range slices.Backward(parts) {
		p.next = &piece{part: part, next: p.next}
	}
}

// help is the work of a helper.
func (c *crew) help(h *hand) {
	defer c.group.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.turn != nil && !c.alone && !c.halted.Load() {
		p := c.take()
		if p == nil {
			c.changed.Wait()
			continue
		}
		c.mu.Unlock()
		c.work(h, p)
		c.mu.Lock()
	}
}

// take takes the next piece that waits; nil when there is none, or enough was read before its turn. c.mu is held.
func (c *crew) take() *piece {
	if c.ahead >= c.window {
		return nil
	}
	for p := c.turn; p != nil; p = p.next {
		if p.state == pieceWaiting {
			p.state = pieceTaken
			c.ahead++
			return p
		}
	}
	return nil
}

// work reads a piece to its end and keeps what came of it, be it a panic, until its turn.
func (c *crew) work(h *hand, p *piece) {
	h.busy = true
	result := c.begin(h.x)
	var err error
	var panicked any
	func() {
		defer func() { panicked = recover() }()
		err = c.read(h, p, result)
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.changed.Broadcast()
	if errors.Is(err, errNoRoom) {
		// The owner begins it anew: nothing was seen of it yet.
		result.drop()
		p.state, c.alone = pieceWaiting, true
		c.ahead--
		return
	}
	p.state, p.result, p.err, p.panicked = pieceFinished, result, err, panicked
	c.alone = c.alone || err != nil || panicked != nil
}

func (c *crew) read(h *hand, p *piece, result partial) error {
	h.leaf.enter(p.part, c.size)
	for {
		ok, err := h.top.next()
		switch {
		case err != nil:
			return err
		case ok:
			if full, err := result.add(); err != nil {
				return err
			} else if full {
				c.insert(p, h.leaf.scan.Cut(1))
				return nil
			}
		case !h.leaf.paused || c.cut(h, p):
			return nil
		}
	}
}

// cut divides what is left of a piece, if it is much, and reports whether it did; else the leaf goes on.
func (c *crew) cut(h *hand, p *piece) bool {
	read := h.leaf.pause(c.size)
	if n := int(min(h.leaf.scan.Left(read)/float64(c.size)+0.5, 16)); n > 0 && !c.over() {
		if parts := h.leaf.scan.Cut(max(n, 2)); len(parts) > 0 {
			c.insert(p, parts)
			return true
		}
	}
	return false
}

// over reports whether dividing is of no use any more.
func (c *crew) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.alone || c.halted.Load()
}

// insert puts parts behind a piece.
func (c *crew) insert(p *piece, parts []engine.Part) {
	c.mu.Lock()
	p.follow(parts)
	c.mu.Unlock()
	c.changed.Broadcast()
}

// step is called when the owner's chain yields nothing. It returns the partial result whose turn it is, or nil
// when the chain has rows again; more is false when all pieces are done.
func (c *crew) step() (result partial, more bool, err error) {
	if p := c.owner.owned; p != nil {
		if c.owner.leaf.paused && !c.cut(&c.owner, p) {
			return nil, true, nil
		}
		c.owner.owned = nil
		c.mu.Lock()
		c.turn = p.next
	} else {
		c.mu.Lock()
	}
	defer c.mu.Unlock()
	for c.turn != nil {
		p := c.turn
		switch {
		case p.state == pieceWaiting && (!c.x.crewing.idle || c.alone || c.halted.Load()):
			p.state, c.owner.owned = pieceOwned, p
			c.owner.leaf.enter(p.part, c.size)
			c.changed.Broadcast() // the turn went on
			return nil, true, nil
		case p.state == pieceFinished:
			c.turn = p.next
			c.ahead--
			c.changed.Broadcast()
			if p.panicked != nil {
				p.result.drop()
				panic(p.panicked)
			}
			if p.err != nil {
				p.result.drop()
				return nil, false, p.err
			}
			return p.result, true, nil
		}
		if q := c.helped(); q != nil {
			c.mu.Unlock()
			c.work(&c.owner, q)
			c.mu.Lock()
			continue
		}
		c.changed.Wait()
	}
	c.changed.Broadcast() // the helpers end
	return nil, false, nil
}

// helped returns a piece for the owner to read before its turn; nil to wait. c.mu is held.
func (c *crew) helped() *piece {
	if c.alone || c.x.crewing.idle {
		return nil
	}
	return c.take()
}

// leave has the owner read on alone: merging what helpers make costs as much as reading.
func (c *crew) leave() {
	c.mu.Lock()
	c.alone = true
	c.mu.Unlock()
	c.changed.Broadcast()
}

// halt stops the helpers. Whoever waits for one of them gets the error of the context.
func (c *crew) halt() {
	c.halted.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed.Broadcast()
}

// close ends the helpers, waits for them and frees everything; a nil crew is fine, and so is a second call.
func (c *crew) close() (err error) {
	if c == nil || c.hands == nil {
		return nil
	}
	c.halt()
	c.group.Wait()
	if c.calm != nil {
		c.calm()
	}
	hands := 1
	for p := c.turn; p != nil; p = p.next {
		if p.result != nil {
			p.result.drop()
		}
	}
	for _, h := range c.hands {
		h.top.close()
		err = errors.Join(err, ignoreOver(h.scan.Close()))
		if h.busy {
			hands++
		}
		for node, a := range h.x.actuals {
			c.x.actual(node).Include(a)
		}
	}
	c.hands, c.turn = nil, nil
	if c.x.actuals != nil {
		c.x.actual(c.owner.leaf.node).Hands = hands
	}
	return err
}

// ignoreOver drops the errors that the owner meets itself.
func ignoreOver(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}
