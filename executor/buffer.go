package executor

import (
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// rowBuffer keeps the registers of rows in the order in which they were added: in memory, and
// beyond the work memory in a file. Adding ends with the first call of next.
type rowBuffer struct {
	x     *execution
	carry carrier
	share share
	rows  [][]byte
	texts arena
	row   []byte
	// Once a row did not fit in memory, all after it go to the file.
	rest   *stream
	at     int
	reader *streamReader
}

// newRowBuffer returns a buffer for these registers.
func (x *execution) newRowBuffer(docs, vals []int) *rowBuffer {
	return &rowBuffer{x: x, carry: carrier{docs: docs, vals: vals}, share: x.memory.share()}
}

// add adds the frame's row.
func (b *rowBuffer) add() error {
	b.row = b.carry.append(b.row[:0], b.x.frame)
	if b.rest == nil {
		if b.share.take(int64(len(b.row) + 24)) {
			b.rows = append(b.rows, b.texts.copy(b.row))
			return nil
		}
		file, err := b.x.newSpillFile()
		if err != nil {
			return err
		}
		b.rest = newStream(file, b.x.memory.buffer(4))
	}
	return b.rest.append(b.row)
}

// next sets the frame's registers to the next row, which borrow from the buffer until the call after;
// false at the end.
func (b *rowBuffer) next() (bool, error) {
	if b.at < len(b.rows) {
		row := b.rows[b.at]
		b.at++
		err := b.carry.restore(row, b.x.frame)
		return err == nil, err
	}
	if b.rest == nil {
		return false, nil
	}
	if b.reader == nil {
		if err := b.rest.seal(); err != nil {
			return false, err
		}
		b.reader = b.rest.reader()
	}
	row, err := b.reader.next()
	if err != nil || row == nil {
		return false, err
	}
	err = b.carry.restore(row, b.x.frame)
	return err == nil, err
}

// empty reports whether no row was added.
func (b *rowBuffer) empty() bool { return len(b.rows) == 0 && b.rest == nil }

// seal ends adding, so that the rows can be scanned.
func (b *rowBuffer) seal() error {
	if b.rest == nil {
		return nil
	}
	return b.rest.seal()
}

// scan returns a reader of all rows, of values only, that sets other registers, of a frame.
func (b *rowBuffer) scan(regs []int, f *expr.Frame) *rowReader {
	r := &rowReader{buffer: b, regs: regs, frame: f}
	if b.rest != nil {
		r.rest = b.rest.reader()
	}
	return r
}

// rowReader reads the rows of a sealed buffer, beside others.
type rowReader struct {
	buffer *rowBuffer
	regs   []int
	frame  *expr.Frame
	at     int
	rest   *streamReader
}

func (r *rowReader) next() (bool, error) {
	if r.at < len(r.buffer.rows) {
		r.at++
		err := restoreValues(r.buffer.rows[r.at-1], r.frame, r.regs)
		return err == nil, err
	}
	if r.rest == nil {
		return false, nil
	}
	row, err := r.rest.next()
	if err != nil || row == nil {
		return false, err
	}
	err = restoreValues(row, r.frame, r.regs)
	return err == nil, err
}

// close frees the rows; a nil buffer is fine.
func (b *rowBuffer) close() {
	if b == nil {
		return
	}
	if b.rest != nil {
		b.rest.file.remove()
	}
	b.rows, b.texts, b.rest, b.reader = nil, arena{}, nil, nil
	b.share.free()
}

// openStable returns the open operator of a node whose rows the caller writes while it reads them:
// UPDATE and DELETE. No write changes what it yields, and no row comes twice because it was moved. doc
// is the register that the caller reads, with vals.
func openStable(node planner.Node, doc int, vals []int, x *execution) (operator, error) {
	op, err := open(node, x)
	if err != nil || stable(node) {
		return op, err
	}
	if s, ok := op.(*scanOp); ok && s.single() {
		return op, nil
	}
	return &stableOp{operator: op, docs: []int{doc}, vals: vals, x: x}, nil
}

// stable reports whether a node reads one iterator, which sees the transaction as it was when
// it was opened, or has read everything before its first row.
func stable(node planner.Node) bool {
	switch n := node.(type) {
	case *planner.Scan:
		return n.Bounds == nil
	case *planner.Values, *planner.CountRows, *planner.IndexEdge, *planner.Sort:
		return true
	case *planner.Filter:
		return stable(n.Input)
	case *planner.Project:
		return stable(n.Input)
	case *planner.Limit:
		return stable(n.Input)
	}
	return false
}

// stableOp reads all rows of an open operator before it yields the first.
type stableOp struct {
	operator
	docs, vals []int
	x          *execution
	rows       *rowBuffer
}

func (s *stableOp) next() (bool, error) {
	if s.rows == nil {
		s.rows = s.x.newRowBuffer(s.docs, s.vals)
		for {
			ok, err := s.operator.next()
			if err != nil {
				return false, err
			}
			if !ok {
				break
			}
			if err := s.rows.add(); err != nil {
				return false, err
			}
		}
		if err := s.operator.close(); err != nil {
			return false, err
		}
	}
	return s.rows.next()
}

func (s *stableOp) close() error {
	s.rows.close()
	return s.operator.close()
}
