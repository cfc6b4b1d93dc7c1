package executor

import (
	"bytes"
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
)

// distinctOp drops rows whose registers equal those of an earlier row.
type distinctOp struct {
	node  *planner.Distinct
	input operator
	x     *execution
	set   *dedupe
	row   carrier
	key   []byte
	// last is the key of the row before, once there is one, of rows that come sorted.
	last  []byte
	begun bool
	bytes []byte
	// ended says that the input is used up: what follows was put off.
	ended bool
}

func (d *distinctOp) open(x *execution) error {
	d.x = x
	d.set = x.newDedupe(0)
	d.row.docs, d.row.vals = d.node.Carry.Docs, slices.Concat(d.node.Regs, d.node.Carry.Vals)
	return d.input.open(x)
}

func (d *distinctOp) next() (bool, error) {
	for !d.ended {
		ok, err := d.input.next()
		if err != nil {
			return false, err
		}
		if !ok {
			d.ended = true
			break
		}
		if err := d.x.interrupted(); err != nil {
			return false, err
		}
		d.key = d.key[:0]
		for _, reg := range d.node.Regs {
			d.key, _ = document.AppendKey(d.key, d.x.frame.Vals[reg], false)
		}
		if d.node.Sorted {
			if d.begun && bytes.Equal(d.key, d.last) {
				continue
			}
			d.last, d.key, d.begun = d.key, d.last, true
			return true, nil
		}
		switch d.set.add(d.key) {
		case dedupeNew:
			return true, nil
		case dedupeFull:
			d.bytes = d.row.append(d.bytes[:0], d.x.frame)
			if err := d.set.putOff(d.key, d.bytes); err != nil {
				return false, err
			}
		}
	}
	row, err := d.set.next()
	if err != nil || row == nil {
		return false, err
	}
	err = d.row.restore(row, d.x.frame)
	return err == nil, err
}

func (d *distinctOp) close() error {
	d.set.close()
	return d.input.close()
}
