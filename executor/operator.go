package executor

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// operator runs one node of a plan that reads. Its rows are states of the execution's frame: after
// next has returned true the registers that the node fills hold the row, until next or
// close is called. What they hold may borrow from the operator, never from what another call on
// the transaction changes, so the caller may write in between (see openStable for
// writing what is being read).
//
// open is called once, before next. close ends it and may be called at any time, also after
// an error and more than once. After next has returned false or an error only close may be called.
type operator interface {
	open(x *execution) error
	next() (bool, error)
	close() error
}

// execution is one run of one plan: what its operators share. It belongs to one goroutine.
type execution struct {
	ctx   context.Context
	tx    *engine.Tx
	frame *expr.Frame
	// memory is what operators take work memory from; beyond it they spill.
	memory *account
	// actuals, when not nil, receives what each node did: EXPLAIN ANALYZE. Nodes
	// that never opened have no entry.
	actuals map[planner.Node]*planner.Actual

	// works are the rows of the last round of each recursive query.
	works map[int]*rowBuffer
	// desk, when not nil, has room for what the run needs.
	desk *desk
	// closed, when not nil, says that the database is being closed.
	closed *atomic.Bool
	// crewing says how scans are divided among cores; nil where they are not.
	crewing *crewing
	// columns, until the operator that yields them is built, are those of rows that may be made ahead of their use, and
	// json whether their reader takes arrays and objects as JSON.
	columns []Column
	json    *bool
	// lent is what the scan of a helper reads from, and halted says that it should end.
	lent   partedScan
	halted *atomic.Bool
	// work counts rows until the next look at ctx and closed.
	work int
	// measuring is the node that runs, and wrongKind the value of the run's counter when it
	// was last credited to one.
	measuring *planner.Actual
	wrongKind int64
}

// close gives back the work memory and removes what spill files are left. The operators are
// closed first.
func (x *execution) close() {
	if x.memory != nil {
		x.memory.close()
	}
}

// checkEvery is the work after which an operator looks whether the statement was cancelled: a
// row is one unit, and so is every page of a large document.
const (
	checkEvery = 64
	workPage   = 16 << 10
)

// interrupted returns the context's error once it is cancelled, and ErrClosed once the database is
// being closed. Operators call it for every row
// they examine, whether or not it becomes a result.
func (x *execution) interrupted() error {
	x.work++
	if x.work < checkEvery {
		return nil
	}
	x.work = 0
	if x.closed != nil && x.closed.Load() {
		return ErrClosed
	}
	if err := x.ctx.Err(); err != nil {
		return err
	}
	if x.halted != nil && x.halted.Load() {
		return errHalted
	}
	return nil
}

// build returns the operator of a node that reads: one type switch over the plan.
func build(node planner.Node, x *execution) (operator, error) {
	if x.columns != nil {
		if _, ok := node.(*planner.Limit); !ok {
			columns := x.columns
			x.columns = nil
			if streams(node) {
				input, err := build(node, x)
				return &aheadOp{node: node, input: input, columns: columns}, err
			}
		}
	}
	op, err := buildNode(node, x)
	if err != nil || x.actuals == nil {
		return op, err
	}
	return &measured{operator: op, node: node}, nil
}

func buildNode(node planner.Node, x *execution) (operator, error) {
	switch n := node.(type) {
	case *planner.Scan:
		return x.desk.newScan(n), nil
	case *planner.IndexScan:
		return x.desk.newIndexScan(n), nil
	case *planner.CountRows:
		return &countOp{node: n}, nil
	case *planner.IndexEdge:
		return &edgeOp{node: n}, nil
	case *planner.Values:
		return &valuesOp{node: n}, nil
	case *planner.Filter:
		input, err := build(n.Input, x)
		return &filterOp{node: n, input: input}, err
	case *planner.Project:
		input, err := build(n.Input, x)
		return x.desk.newProject(n, input), err
	case *planner.Group:
		input, err := build(n.Input, x)
		if n.Sorted || len(n.Keys) == 0 {
			return &streamGroupOp{node: n, input: input}, err
		}
		return &groupOp{node: n, input: input}, err
	case *planner.GroupingSets:
		input, err := build(n.Input, x)
		return &groupingSetsOp{node: n, input: input}, err
	case *planner.Sort:
		input, err := build(n.Input, x)
		return &sortOp{node: n, input: input}, err
	case *planner.Window:
		input, err := build(n.Input, x)
		return &windowOp{node: n, input: input}, err
	case *planner.HashJoin:
		left, err := build(n.Left, x)
		if err != nil {
			return nil, err
		}
		right, err := build(n.Right, x)
		return newHashJoin(n, left, right), err
	case *planner.Unnest:
		return &unnestOp{node: n}, nil
	case *planner.Recursion:
		return &recursionOp{node: n}, nil
	case *planner.WorkScan:
		return &workScanOp{node: n}, nil
	case *planner.Append:
		return &appendOp{node: n}, nil
	case *planner.LoopJoin:
		left, err := build(n.Left, x)
		return &loopJoinOp{node: n, left: left}, err
	case *planner.Distinct:
		input, err := build(n.Input, x)
		return &distinctOp{node: n, input: input}, err
	case *planner.Limit:
		input, err := build(n.Input, x)
		return x.desk.newLimit(n, input), err
	}
	return nil, fmt.Errorf("plan node %T does not read", node)
}

// newFrame returns a frame with the registers of a plan.
func newFrame(plan *planner.Plan, run *expr.Run) *expr.Frame {
	return &expr.Frame{
		Docs: make([]document.Record, plan.Docs),
		Vals: make([]document.Value, plan.Vals),
		Run:  run,
	}
}

// holds evaluates a condition, nil for none, on the frame's row: whether it is TRUE.
func holds(cond expr.Expr, f *expr.Frame) (bool, error) {
	if cond == nil {
		return true, nil
	}
	v, err := cond.Eval(f)
	if err != nil {
		return false, err
	}
	return expr.IsTrue(v), nil
}
