package executor

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
)

// unnestOp yields the elements of an array.
type unnestOp struct {
	node *planner.Unnest
	x    *execution
	list []document.Value
	at   int
}

func (u *unnestOp) open(x *execution) error {
	u.x, u.at, u.list = x, 0, nil
	v, err := u.node.Array.Eval(x.frame)
	if err != nil {
		return err
	}
	if v.Kind() == document.KindArray {
		u.list = v.AsArray()
	}
	return nil
}

func (u *unnestOp) next() (bool, error) {
	if err := u.x.interrupted(); err != nil || u.at == len(u.list) {
		return false, err
	}
	u.x.frame.Vals[u.node.Regs[0]] = u.list[u.at]
	u.at++
	if len(u.node.Regs) > 1 {
		u.x.frame.Vals[u.node.Regs[1]] = document.Int(int64(u.at))
	}
	return true, nil
}

func (u *unnestOp) close() error { return nil }
