package executor

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
)

// loopJoinOp opens its right side anew for each row of the left one.
type loopJoinOp struct {
	node        *planner.LoopJoin
	left, right operator
	x           *execution
	// scan and index are the right side where it is a scan: they are used again for each row.
	scan  scanOp
	index indexScanOp
	// inner says that right is open on the present row of the left side, and paired that a row paired with it.
	inner, paired bool
}

func (j *loopJoinOp) open(x *execution) error {
	j.x = x
	return j.left.open(x)
}

func (j *loopJoinOp) next() (bool, error) {
	for {
		if err := j.x.interrupted(); err != nil {
			return false, err
		}
		if !j.inner {
			if ok, err := j.left.next(); err != nil || !ok {
				return false, err
			}
			if err := j.begin(); err != nil {
				return false, err
			}
		}
		ok, err := j.right.next()
		if err != nil {
			return false, err
		}
		if !ok {
			j.inner = false
			if err := j.right.close(); err != nil {
				return false, err
			}
			if !j.paired && (j.node.Kind == planner.LeftJoin || j.node.Kind == planner.AntiJoin) {
				clearRegisters(j.x, j.node.RightCarry)
				return true, nil
			}
			continue
		}
		if ok, err := holds(j.node.Cond, j.x.frame); err != nil {
			return false, err
		} else if !ok {
			continue
		}
		j.paired = true
		switch j.node.Kind {
		case planner.SemiJoin, planner.AntiJoin: // one partner says all
			j.inner = false
			if err := j.right.close(); err != nil {
				return false, err
			}
			if j.node.Kind == planner.AntiJoin {
				continue
			}
		}
		return true, nil
	}
}

// begin opens the right side for the present row.
func (j *loopJoinOp) begin() (err error) {
	switch n := j.node.Right.(type) {
	case *planner.Scan:
		if j.x.actuals == nil {
			j.right = j.scan.reset(n)
			break
		}
		j.right, err = build(n, j.x)
	case *planner.IndexScan:
		if j.x.actuals == nil {
			j.right = j.index.reset(n)
			break
		}
		j.right, err = build(n, j.x)
	default:
		j.right, err = build(n, j.x)
	}
	if err != nil {
		return err
	}
	j.inner, j.paired = true, false
	return j.right.open(j.x)
}

func (j *loopJoinOp) close() error {
	err := j.left.close()
	if j.right != nil {
		if rightErr := j.right.close(); err == nil {
			err = rightErr
		}
	}
	return err
}

// clearRegisters empties the registers of a side that has no row.
func clearRegisters(x *execution, c planner.Carry) {
	for _, reg := range c.Docs {
		x.frame.Docs[reg] = document.Record{}
	}
	for _, reg := range c.Vals {
		x.frame.Vals[reg] = document.Null()
	}
}
