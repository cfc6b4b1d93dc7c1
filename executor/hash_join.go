package executor

import (
	"encoding/binary"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// hashJoinOp reads its right side into a table and looks each row of the left side up in it. When work memory ends, both
// sides are divided by the high bits of their hashes, and each pair of partitions is joined on its own, divided
// further where the right one does not fit either. Without keys there is nothing to divide by: what does not fit is
// read anew from a file for each row of the left side.
type hashJoinOp struct {
	node        *planner.HashJoin
	left, right operator
	x           *execution
	table       *joinTable
	keys        []document.Value
	bytes       []byte
	// leftRow and rightRow write and set the registers of either side.
	leftRow, rightRow carrier

	built bool
	// level is how often the present rows were divided. source is where rows of the left side come from: a stream, or
	// the operator.
	level   int
	source  *streamReader
	pending []joinPartitions
	// rest are rows of the right side, without keys, beside those of the table; restPaired which of them paired.
	rest       *stream
	restFile   *spillFile
	restPaired []bool

	// The present row of the left side: whether there is one, whether it paired, and where the search goes on.
	probing, paired bool
	at              int
	again           *streamReader // of rest
	againAt         int
	// lone is the row of the right side to look at next for those that did not pair, -1 before the left side has ended.
	lone int
}

// joinPartitions are the rows of both sides, divided; those before next are done.
type joinPartitions struct {
	left, right *partitions
	next        int
}

func newHashJoin(n *planner.HashJoin, left, right operator) *hashJoinOp {
	return &hashJoinOp{node: n, left: left, right: right, lone: -1,
		leftRow:  carrier{docs: n.LeftCarry.Docs, vals: n.LeftCarry.Vals},
		rightRow: carrier{docs: n.RightCarry.Docs, vals: n.RightCarry.Vals}}
}

func (j *hashJoinOp) open(x *execution) error {
	j.x = x
	j.table = newJoinTable(x, len(j.node.RightKeys))
	j.table.nullsEqual = j.node.NullsEqual
	j.keys = make([]document.Value, len(j.node.RightKeys))
	return j.right.open(x)
}

func (j *hashJoinOp) next() (bool, error) {
	if !j.built {
		if err := j.build(); err != nil {
			return false, err
		}
		j.built = true
	}
	for {
		if err := j.x.interrupted(); err != nil {
			return false, err
		}
		switch {
		case j.probing:
			if ok, err := j.candidate(); err != nil || ok {
				return ok, err
			}
		case j.lone >= 0:
			if ok, err := j.nextLone(); err != nil || ok {
				return ok, err
			}
			if more, err := j.nextPartition(); err != nil || !more {
				return false, err
			}
		default:
			ok, err := j.nextLeft()
			if err != nil {
				return false, err
			}
			if !ok {
				j.lone = 0
				continue
			}
			if alone, err := j.begin(); err != nil || alone {
				return alone, err
			}
		}
	}
}

// eval evaluates the keys of one side on the frame's row.
func (j *hashJoinOp) eval(keys []expr.Expr) (err error) {
	for i, key := range keys {
		if j.keys[i], err = key.Eval(j.x.frame); err != nil {
			return err
		}
	}
	return nil
}

// build reads the right side.
func (j *hashJoinOp) build() error {
	var parts *partitions
	for {
		ok, err := j.right.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := j.x.interrupted(); err != nil {
			return err
		}
		if err := j.eval(j.node.RightKeys); err != nil {
			return err
		}
		hash, known := j.table.hash(j.keys)
		if !known && j.node.Kind != planner.FullJoin {
			continue // it pairs with nothing
		}
		j.bytes = j.rightRow.append(j.bytes[:0], j.x.frame)
		switch {
		case parts != nil:
			err = j.put(parts, hash, j.bytes)
		case j.rest != nil:
			err = j.rest.append(j.bytes)
		case !j.table.add(hash, j.keys, j.bytes, false):
			if parts, err = j.overflow(hash); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
	}
	// Its memory and iterators are not needed while the other side is read.
	if err := j.right.close(); err != nil {
		return err
	}
	if err := j.left.open(j.x); err != nil {
		return err
	}
	if parts != nil {
		if err := j.divideLeft(parts); err != nil {
			return err
		}
		_, err := j.nextPartition()
		return err
	}
	if j.rest != nil {
		if err := j.rest.seal(); err != nil {
			return err
		}
		j.table.share.must(j.rest.records)
		j.restPaired = make([]bool, j.rest.records)
	}
	j.table.seal()
	return nil
}

// overflow begins to put rows, the present one first, where there is room for them.
func (j *hashJoinOp) overflow(hash uint64) (*partitions, error) {
	if len(j.node.RightKeys) == 0 {
		file, err := j.x.newSpillFile()
		if err != nil {
			return nil, err
		}
		j.restFile, j.rest = file, newStream(file, j.x.memory.buffer(1))
		return nil, j.rest.append(j.bytes)
	}
	parts, err := j.x.newPartitions(j.level)
	if err != nil {
		return nil, err
	}
	j.pending = append(j.pending, joinPartitions{right: parts})
	for i := range j.table.rows {
		row := &j.table.rows[i]
		if err := j.put(parts, row.hash, row.bytes); err != nil {
			return nil, err
		}
	}
	j.table.reset()
	return parts, j.put(parts, hash, j.bytes)
}

// put appends a row with its hash.
func (j *hashJoinOp) put(parts *partitions, hash uint64, row []byte) error {
	var head [8]byte
	binary.LittleEndian.PutUint64(head[:], hash)
	return parts.of(hash).append(head[:], row)
}

// divideLeft divides the rows of the left side as those of the right one were. Rows that can't pair but have
// to be yielded go with those of hash 0.
func (j *hashJoinOp) divideLeft(right *partitions) error {
	if err := right.seal(); err != nil {
		return err
	}
	left, err := j.x.newPartitions(right.level)
	if err != nil {
		return err
	}
	j.pending[len(j.pending)-1].left = left
	for {
		if err := j.x.interrupted(); err != nil {
			return err
		}
		ok, err := j.nextLeft()
		if err != nil {
			return err
		}
		if !ok {
			return left.seal()
		}
		if err := j.eval(j.node.LeftKeys); err != nil {
			return err
		}
		hash, known := j.table.hash(j.keys)
		if !known && (j.node.Kind == planner.InnerJoin || j.node.Kind == planner.SemiJoin) {
			continue
		}
		j.bytes = j.leftRow.append(j.bytes[:0], j.x.frame)
		if err := j.put(left, hash, j.bytes); err != nil {
			return err
		}
	}
}

// nextPartition fills the table with the next partition of the right side; false after the last one.
func (j *hashJoinOp) nextPartition() (bool, error) {
	j.table.reset()
	for len(j.pending) > 0 {
		p := &j.pending[len(j.pending)-1]
		if p.next == fanOut {
			p.left.file.remove()
			p.right.file.remove()
			j.pending = j.pending[:len(j.pending)-1]
			continue
		}
		left, right := p.left.streams[p.next], p.right.streams[p.next]
		j.level = p.right.level + 1
		p.next++
		if left.records == 0 && right.records == 0 {
			continue
		}
		j.source, j.lone = left.reader(), -1
		divided, err := j.fill(right.reader())
		if err != nil {
			return false, err
		}
		if !divided {
			j.table.seal()
			return true, nil
		}
	}
	return false, nil
}

// fill reads a partition of the right side into the table, or divides it, and the left one, further.
func (j *hashJoinOp) fill(r *streamReader) (divided bool, err error) {
	var parts *partitions
	for {
		if err := j.x.interrupted(); err != nil {
			return false, err
		}
		hash, row, err := j.read(r, &j.rightRow)
		if err != nil {
			return false, err
		}
		if row == nil {
			break
		}
		if parts != nil {
			if err := j.put(parts, hash, row); err != nil {
				return false, err
			}
			continue
		}
		if err := j.eval(j.node.RightKeys); err != nil {
			return false, err
		}
		if !j.table.add(hash, j.keys, row, j.level > maxLevel) {
			j.bytes = append(j.bytes[:0], row...)
			if parts, err = j.overflow(hash); err != nil {
				return false, err
			}
		}
	}
	if parts == nil {
		return false, nil
	}
	return true, j.divideLeft(parts)
}

// read sets the registers of one side from the next row of a stream, nil at its end.
func (j *hashJoinOp) read(r *streamReader, to *carrier) (hash uint64, row []byte, err error) {
	rec, err := r.next()
	if err != nil || rec == nil {
		return 0, nil, err
	}
	if len(rec) < 8 {
		return 0, nil, errDamagedRow
	}
	return binary.LittleEndian.Uint64(rec), rec[8:], to.restore(rec[8:], j.x.frame)
}

// nextLeft moves to the next row of the left side.
func (j *hashJoinOp) nextLeft() (bool, error) {
	if j.source == nil {
		return j.left.next()
	}
	_, row, err := j.read(j.source, &j.leftRow)
	return row != nil, err
}

// begin begins the search for partners of the present row; alone says that it is yielded without.
func (j *hashJoinOp) begin() (alone bool, err error) {
	if err := j.eval(j.node.LeftKeys); err != nil {
		return false, err
	}
	hash, known := j.table.hash(j.keys)
	if !known {
		return j.leave(), nil
	}
	j.probing, j.paired = true, false
	j.at, j.again = j.table.first(hash, j.keys), nil
	if j.rest != nil {
		j.again, j.againAt = j.rest.reader(), 0
	}
	return false, nil
}

// leave ends the search; true where the row is yielded without a partner.
func (j *hashJoinOp) leave() bool {
	j.probing = false
	switch j.node.Kind {
	case planner.InnerJoin, planner.SemiJoin:
		return false
	}
	clearRegisters(j.x, j.node.RightCarry)
	return true
}

// candidate tries the next possible partner.
func (j *hashJoinOp) candidate() (bool, error) {
	var paired *bool
	switch {
	case j.at >= 0:
		row := &j.table.rows[j.at]
		if err := j.rightRow.restore(row.bytes, j.x.frame); err != nil {
			return false, err
		}
		paired, j.at = &row.paired, j.table.after(j.at, j.keys)
	case j.again != nil:
		row, err := j.again.next()
		if err != nil {
			return false, err
		}
		if row == nil {
			j.again = nil
			return false, nil
		}
		if err := j.rightRow.restore(row, j.x.frame); err != nil {
			return false, err
		}
		paired = &j.restPaired[j.againAt]
		j.againAt++
	case j.paired:
		j.probing = false
		return false, nil
	default:
		return j.leave(), nil
	}
	if *paired && j.node.Once {
		return false, nil
	}
	ok, err := holds(j.node.Cond, j.x.frame)
	if err != nil || !ok {
		return false, err
	}
	j.paired, *paired = true, true
	switch j.node.Kind {
	case planner.SemiJoin, planner.AntiJoin: // one partner says all
		j.probing = false
		return j.node.Kind == planner.SemiJoin, nil
	}
	return true, nil
}

// nextLone yields the next row of the right side that did not pair.
func (j *hashJoinOp) nextLone() (bool, error) {
	if j.node.Kind != planner.FullJoin {
		return false, nil
	}
	if j.lone == 0 {
		clearRegisters(j.x, j.node.LeftCarry)
	}
	for j.lone < len(j.table.rows) {
		row := &j.table.rows[j.lone]
		j.lone++
		if !row.paired {
			return true, j.rightRow.restore(row.bytes, j.x.frame)
		}
	}
	if j.rest == nil {
		return false, nil
	}
	if j.again == nil {
		j.again, j.againAt = j.rest.reader(), 0
	}
	for {
		row, err := j.again.next()
		if err != nil || row == nil {
			return false, err
		}
		j.againAt++
		if !j.restPaired[j.againAt-1] {
			return true, j.rightRow.restore(row, j.x.frame)
		}
	}
}

func (j *hashJoinOp) close() error {
	if j.table != nil {
		j.table.reset()
	}
	for _, p := range j.pending {
		p.right.file.remove()
		if p.left != nil {
			p.left.file.remove()
		}
	}
	j.pending = nil
	j.restFile.remove()
	err := j.left.close()
	if rightErr := j.right.close(); err == nil {
		err = rightErr
	}
	return err
}
