package executor

import "github.com/fluxdb/fluxdb/planner"

// appendOp yields the rows of its inputs, one input after the other. Each is opened when the one before has ended.
type appendOp struct {
	node *planner.Append
	x    *execution
	at   int // of the input that is next
	now  operator
}

func (a *appendOp) open(x *execution) error {
	a.x = x
	return nil
}

func (a *appendOp) next() (bool, error) {
	for {
		if a.now == nil {
			if a.at == len(a.node.List) {
				return false, nil
			}
			op, err := open(a.node.List[a.at], a.x)
			if err != nil {
				return false, err
			}
			a.now = op
			a.at++
		}
		ok, err := a.now.next()
		if ok || err != nil {
			return ok, err
		}
		if err := a.close(); err != nil {
			return false, err
		}
	}
}

func (a *appendOp) close() error {
	if a.now == nil {
		return nil
	}
	err := a.now.close()
	a.now = nil
	return err
}
