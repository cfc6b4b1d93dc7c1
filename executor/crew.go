package executor

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
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
// All statements on an engine together have one for each core but one. The owner calls them when pieces wait; who finds none
// that waits, since enough was read ahead, gives its place to the next statement that asks. An owner who gets no
// helper reads alone, and asks again after each piece.
type crew struct {
	x     *execution
	owner hand
	node  planner.Node // whose rows the pieces are made of
	begin func(x *execution) partial
	// size is how many documents a piece should have, most how many helpers there may be, and window how many pieces may
	// be read before their turn.
	size, most, window int

	halted atomic.Bool // the helpers stop at once
	hands  []*hand     // of helpers, working or not
	group  sync.WaitGroup
	calm   func() bool // ends watching the context

	mu      sync.Mutex
	changed *sync.Cond // a piece, or what follows: the owner waits for it
	turn    *piece     // nil when all are done
	ahead   int        // pieces taken before their turn
	resting []*hand    // of helpers that do not work
	coming  int        // helpers that were called and took nothing yet
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

// errNoRoom has a piece left to the owner, who may spill, and read documents.
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
	leaf  leafOp
	scan  partedScan // that the leaf reads
	owned *piece
}

// another opens a scan of what the leaf reads, for a helper.
func (h *hand) another() partedScan {
	if scan, ok := h.scan.(*engine.IndexScan); ok {
		return scan.Another(h.x.ctx, h.x.tx)
	}
	return h.scan.(*engine.Scan).Another(h.x.ctx, h.x.tx)
}

// enter has the leaf read a piece, and pause after so many rows.
func (h *hand) enter(p engine.Part, n int) {
	h.scan.Enter(p)
	h.leaf.divided().parted = true
	h.leaf.divided().pause(n)
}

// follow puts pieces of parts behind p.
func (p *piece) follow(parts []engine.Part) {
	for _, part := range slices.Backward(parts) {
		p.next = &piece{part: part, next: p.next}
	}
}

// call has helpers work on the pieces that wait, as many as there may be. c.mu is held.
func (c *crew) call() error {
	for c.waiting() > c.coming && (len(c.resting) > 0 || len(c.hands) < c.most) && c.x.memory.pool.hire(c.most) {
		if len(c.resting) == 0 {
			h, err := newHand(c.x, c.node, c.owner.another(), &c.halted)
			if err != nil {
				c.x.memory.pool.dismiss()
				return err
			}
			c.hands = append(c.hands, h)
			c.resting = append(c.resting, h)
		}
		last := len(c.resting) - 1
		h := c.resting[last]
		c.resting = c.resting[:last]
		c.coming++
		c.group.Add(1)
		go c.help(h)
	}
	return nil
}

// help is the work of a helper that was called. It takes its piece itself: on cores that are busy
// the owner may be there first.
func (c *crew) help(h *hand) {
	defer c.group.Done()
	defer c.x.memory.pool.dismiss()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.coming--
	for p := c.take(); p != nil; p = c.take() {
		c.mu.Unlock()
		c.work(h, p)
		c.mu.Lock()
	}
	c.resting = append(c.resting, h)
	c.changed.Signal()
}

// take takes the next piece for a helper; nil when none waits, or enough was read before its turn. c.mu is held.
func (c *crew) take() *piece {
	if c.waiting() == 0 {
		return nil
	}
	p := c.turn
	for p.state != pieceWaiting {
		p = p.next
	}
	p.state = pieceTaken
	c.ahead++
	return p
}

// waiting returns how many pieces may be taken. c.mu is held.
func (c *crew) waiting() (n int) {
	if c.alone || c.halted.Load() {
		return 0
	}
	for p := c.turn; p != nil && n < c.window-c.ahead; p = p.next {
		if p.state == pieceWaiting {
			n++
		}
	}
	return n
}

// work reads a piece to its end and keeps what came of it, be it a panic, until its turn.
func (c *crew) work(h *hand, p *piece) {
	result := c.begin(h.x)
	var err error
	var panicked any
	func() {
		defer func() { panicked = recover() }()
		err = c.read(h, p, result)
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.changed.Signal()
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
	h.enter(p.part, c.size)
	for {
		ok, err := h.top.next()
		switch {
		case err != nil:
			return err
		case ok:
			if full, err := result.add(); err != nil {
				return err
			} else if full {
				c.insert(p, h.scan.Cut(1))
				return nil
			}
		case !h.leaf.divided().paused || c.cut(h, p):
			return nil
		}
	}
}

// cut divides what is left of a piece, if it is much, and reports whether it did; else the leaf goes on.
func (c *crew) cut(h *hand, p *piece) bool {
	read := h.leaf.divided().pause(c.size)
	if n := int(min(h.scan.Left(read)/float64(c.size)+0.5, 16)); n > 0 && !c.over() {
		if parts := h.scan.Cut(max(n, 2)); len(parts) > 0 {
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
	c.changed.Signal()
}

// step is called when the owner's chain yields nothing. It returns the partial result whose turn it is, or nil
// when the chain has rows again; more is false when all pieces are done.
func (c *crew) step() (result partial, more bool, err error) {
	if p := c.owner.owned; p != nil {
		if c.owner.leaf.divided().paused && !c.cut(&c.owner, p) {
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
		if c.x.crewing.idle {
			if err := c.call(); err != nil {
				return nil, false, err
			}
		}
		p := c.turn
		switch {
		case p.state == pieceWaiting && !(c.x.crewing.idle && len(c.resting) < len(c.hands)):
			p.state, c.owner.owned = pieceOwned, p
			c.owner.enter(p.part, c.size)
			return nil, true, c.call()
		case p.state == pieceFinished:
			c.turn = p.next
			c.ahead--
			if err = p.err; err == nil && p.panicked == nil {
				if err = c.call(); err == nil {
					return p.result, true, nil
				}
			}
			p.result.drop()
			if p.panicked != nil {
				panic(p.panicked)
			}
			return nil, false, err
		}
		if err := c.call(); err != nil {
			return nil, false, err
		}
		if q := c.helped(); q != nil {
			c.mu.Unlock()
			c.work(&c.owner, q)
			c.mu.Lock()
			continue
		}
		c.changed.Wait()
	}
	return nil, false, nil
}

// helped returns a piece for the owner to read before its turn; nil to wait. c.mu is held.
func (c *crew) helped() *piece {
	if c.x.crewing.idle {
		return nil
	}
	return c.take()
}

// leave has the owner read on alone: merging what helpers make costs as much as reading.
func (c *crew) leave() {
	c.mu.Lock()
	c.alone = true
	c.mu.Unlock()
	c.changed.Signal()
}

// halt stops the helpers. An owner who waits for one of them gets its error.
func (c *crew) halt() {
	c.halted.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed.Signal()
}

// close ends the helpers, waits for them and frees everything; a nil crew is fine, and so is a second call.
//
// Its error is that of a helper's scan, which can be dropped by whoever closes an operator: a helper asks its scan why it ended
// (scanOp.read) before a piece counts as read, and step returns what it was told in the place of the piece's rows. So all rows that were given out are
// right, a result that was read to its end lacks none, and what failed beyond them was read for nobody. The ranges that helpers read join
// the read set whatever their iterators return.
func (c *crew) close() (err error) {
	if c == nil || c.calm == nil {
		return nil
	}
	c.halt()
	c.group.Wait()
	c.calm()
	for p := c.turn; p != nil; p = p.next {
		if p.result != nil {
			p.result.drop()
		}
	}
	for _, h := range c.hands {
		h.top.close()
		err = errors.Join(err, ignoreOver(h.scan.Close()))
		for node, a := range h.x.actuals {
			c.x.actual(node).Include(a)
		}
	}
	if c.x.actuals != nil {
		node, _ := c.owner.leaf.source()
		c.x.actual(node).Hands = 1 + len(c.hands)
	}
	c.hands, c.turn, c.calm = nil, nil, nil
	return err
}

// ignoreOver drops the errors that the owner meets itself.
func ignoreOver(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}
