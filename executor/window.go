package executor

import (
	"encoding/binary"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// windowOp computes window functions, one partition after another: it takes in all of its rows, and then
// gives them out with the results. A row of a partition is bytes:
//
//	group(uvarint): how many different rows, in the order of the window, come before it
//	length(uvarint) of the values, the values of the node's Exprs, self-described
//	the registers that are carried
type windowOp struct {
	node  *planner.Window
	input operator
	x     *execution
	carry carrier
	// partition and order make the keys that tell where partitions and groups of equal rows begin.
	partition, order sortKeys
	// keys are those of the row before and of the one after it, of the partition and of the order.
	keys [2]struct{ partition, order []byte }
	rows *windowRows
	// waiting says that row holds the first row of the next partition, whose keys are keys[1].
	waiting, ended bool
	row            []byte
	held           int64 // of the share of rows, for single rows

	frames []*windowFrame
	calls  []windowCall

	// The present row:

	at int64
	// current are its bytes, args the values of Exprs in it, which borrow from there.
	current []byte
	args    []document.Value
	group   int64
	// peer is the first row that is equal to it in the order of the window, peersEnd, once it is known for
	// this group, the one after the last.
	peer, peersEnd int64
	// texts hold the results that are values of other rows.
	texts arena
}

// windowCall is one call, with its frame.
type windowCall struct {
	*planner.WindowCall
	place windowPlace
	frame *windowFrame     // nil where the function looks at none
	agg   *windowAggregate // nil but for aggregates
}

func (w *windowOp) open(x *execution) error {
	w.x = x
	w.carry = carrier{docs: w.node.CarryDocs, vals: w.node.CarryVals}
	w.partition, w.order = newSortKeys(w.node.Partition), newSortKeys(w.node.Order)
	w.args = make([]document.Value, len(w.node.Exprs))
	w.calls = make([]windowCall, len(w.node.Calls))
	for i := range w.calls {
		c := &w.calls[i]
		c.WindowCall = &w.node.Calls[i]
		if c.Func == nil || c.Func.Framed {
			var err error
			if c.frame, err = w.frame(&c.Frame); err != nil {
				return err
			}
		}
		if c.Func == nil {
			c.agg = newWindowAggregate(w, c.WindowCall)
		}
		c.place = windowPlace{w, c}
	}
	// Each frame reads at its ends and each aggregate at up to three places besides.
	w.rows = x.newWindowRows(2 + 2*len(w.frames) + 3*len(w.calls))
	return w.input.open(x)
}

// frame returns the frame that is the same as f, so that calls with one frame find its ends once.
func (w *windowOp) frame(f *planner.Frame) (*windowFrame, error) {
	frame, err := newWindowFrame(w, f)
	if err != nil {
		return nil, err
	}
	for _, have := range w.frames {
		if have.same(frame) {
			return have, nil
		}
	}
	w.frames = append(w.frames, frame)
	return frame, nil
}

func (w *windowOp) next() (bool, error) {
	if w.at++; w.at >= w.rows.count {
		ok, err := w.nextPartition()
		if err != nil || !ok {
			return false, err
		}
	}
	if err := w.x.interrupted(); err != nil {
		return false, err
	}
	if err := w.enter(); err != nil {
		return false, err
	}
	for _, f := range w.frames {
		if err := f.move(); err != nil {
			return false, err
		}
	}
	w.texts.reset()
	for i := range w.calls {
		c := &w.calls[i]
		v, err := c.value()
		if err != nil {
			return false, err
		}
		w.x.frame.Vals[c.Out] = v
	}
	return true, nil
}

func (c *windowCall) value() (document.Value, error) {
	if c.agg != nil {
		return c.agg.value(c.frame)
	}
	return c.Func.Value(&c.place)
}

// enter makes row number at the present one.
func (w *windowOp) enter() error {
	row, err := w.rows.row(w.at)
	if err != nil {
		return err
	}
	w.current = append(w.current[:0], row...)
	w.account()
	group, values, rest, err := splitWindowRow(w.current)
	if err != nil {
		return err
	}
	for i := range w.args {
		if w.args[i], values, err = document.ReadValue(values); err != nil {
			return err
		}
	}
	if w.at == 0 || group != w.group {
		w.group, w.peer, w.peersEnd = group, w.at, -1
	}
	return w.carry.restore(rest, w.x.frame)
}

// account tells the memory what is held of single rows.
func (w *windowOp) account() {
	n := cap(w.current) + cap(w.row)
	for i := range w.keys {
		n += cap(w.keys[i].partition) + cap(w.keys[i].order)
	}
	w.rows.share.hold(&w.held, n)
}

// splitWindowRow takes a row apart.
func splitWindowRow(row []byte) (group int64, values, carried []byte, err error) {
	g, n := binary.Uvarint(row)
	if n <= 0 {
		return 0, nil, nil, errDamagedRow
	}
	size, m := binary.Uvarint(row[n:])
	if m <= 0 || size > uint64(len(row)-n-m) {
		return 0, nil, nil, errDamagedRow
	}
	row = row[n+m:]
	return int64(g), row[:size:size], row[size:], nil
}

// groupOf returns the group of a row.
func (w *windowOp) groupOf(n int64) (int64, error) {
	if n == w.at {
		return w.group, nil
	}
	row, err := w.rows.row(n)
	if err != nil {
		return 0, err
	}
	group, size := binary.Uvarint(row)
	if size <= 0 {
		return 0, errDamagedRow
	}
	return int64(group), nil
}

// valueAt returns the value of expression i on a row; it is valid until another row is read.
func (w *windowOp) valueAt(n int64, i int) (v document.Value, err error) {
	if n == w.at {
		return w.args[i], nil
	}
	row, err := w.rows.row(n)
	if err != nil {
		return v, err
	}
	_, values, _, err := splitWindowRow(row)
	for ; err == nil && i >= 0; i-- {
		v, values, err = document.ReadValue(values)
	}
	return v, err
}

// endOfPeers returns the row after the last that is equal to the present one.
func (w *windowOp) endOfPeers() (int64, error) {
	if w.peersEnd < 0 {
		end := w.at + 1
		for ; end < w.rows.count; end++ {
			if err := w.x.interrupted(); err != nil {
				return 0, err
			}
			group, err := w.groupOf(end)
			if err != nil {
				return 0, err
			}
			if group != w.group {
				break
			}
		}
		w.peersEnd = end
	}
	return w.peersEnd, nil
}

// nextPartition takes in the rows of the next partition; false when there is none.
func (w *windowOp) nextPartition() (bool, error) {
	w.rows.reset()
	for _, f := range w.frames {
		f.reset()
	}
	for i := range w.calls {
		if w.calls[i].agg != nil {
			w.calls[i].agg.reset()
		}
	}
	w.at, w.group = 0, 0
	group := uint64(0)
	if w.waiting {
		w.waiting = false
		w.keys[0], w.keys[1] = w.keys[1], w.keys[0]
		if err := w.rows.add(w.row); err != nil {
			return false, err
		}
	}
	for !w.ended {
		ok, err := w.input.next()
		if err != nil {
			return false, err
		}
		if !ok {
			w.ended = true
			// The input's memory and iterators are not needed while the rows are given out.
			if err := w.input.close(); err != nil {
				return false, err
			}
			break
		}
		if err := w.x.interrupted(); err != nil {
			return false, err
		}
		other, equal, err := w.compare()
		if err != nil {
			return false, err
		}
		switch {
		case other:
			group = 0
		case !equal:
			group++
		}
		if err := w.makeRow(group); err != nil {
			return false, err
		}
		if other {
			w.waiting = true
			break
		}
		w.keys[0], w.keys[1] = w.keys[1], w.keys[0]
		if err := w.rows.add(w.row); err != nil {
			return false, err
		}
	}
	return w.rows.count > 0, nil
}

// compare makes the keys of the frame's row, and compares them with those of the row before: whether it is of another
// partition, and if not whether the two are equal in the order of the window.
func (w *windowOp) compare() (other, equal bool, err error) {
	now := &w.keys[1]
	if now.partition, err = w.partition.append(now.partition[:0], w.x.frame); err != nil {
		return false, false, err
	}
	if now.order, err = w.order.append(now.order[:0], w.x.frame); err != nil {
		return false, false, err
	}
	if w.rows.count == 0 {
		return false, true, nil
	}
	before := &w.keys[0]
	other = w.partition.compare(before.partition, now.partition) != 0
	return other, w.order.compare(before.order, now.order) == 0, nil
}

// makeRow makes row of the frame's row.
func (w *windowOp) makeRow(group uint64) error {
	// The length of the values is known only afterwards: they are made behind its place.
	const room = 2 * binary.MaxVarintLen64
	w.row = append(w.row[:0], make([]byte, room)...)
	for _, e := range w.node.Exprs {
		v, err := e.Eval(w.x.frame)
		if err != nil {
			return err
		}
		w.row = document.AppendValue(w.row, v)
	}
	var head [room]byte
	n := binary.PutUvarint(head[:], group)
	n += binary.PutUvarint(head[n:], uint64(len(w.row)-room))
	w.row = w.carry.append(w.row, w.x.frame)
	copy(w.row, head[:n])
	w.row = append(w.row[:n], w.row[room:]...)
	w.account()
	return nil
}

func (w *windowOp) close() error {
	for i := range w.calls {
		if w.calls[i].agg != nil {
			w.calls[i].agg.close()
		}
	}
	w.rows.close()
	w.held = 0
	return w.input.close()
}

// windowPlace is where the present row stands for one call.
type windowPlace struct {
	w *windowOp
	c *windowCall
}

var _ expr.Place = (*windowPlace)(nil)

func (p *windowPlace) Row() int64   { return p.w.at }
func (p *windowPlace) Rows() int64  { return p.w.rows.count }
func (p *windowPlace) Peer() int64  { return p.w.peer }
func (p *windowPlace) Group() int64 { return p.w.group }
func (p *windowPlace) Args() int    { return len(p.c.WindowCall.Args) }

func (p *windowPlace) PeersEnd() (int64, error) { return p.w.endOfPeers() }

func (p *windowPlace) Arg(i int) document.Value { return p.w.args[p.c.WindowCall.Args[i]] }

// FirstArg returns a copy, since other rows are read before the present one is done with.
func (p *windowPlace) FirstArg(row int64) (document.Value, error) {
	v, err := p.w.valueAt(row, p.c.WindowCall.Args[0])
	if err != nil {
		return v, err
	}
	if v.IsMissing() {
		return document.Null(), nil
	}
	v, _ = p.w.texts.value(v)
	return v, nil
}

func (p *windowPlace) InFrame(n int64, back bool) int64 { return p.c.frame.nth(n, back) }
