package executor

import "github.com/fluxdb/fluxdb/planner"

// valuesOp yields rows of expressions that read no row.
type valuesOp struct {
	node *planner.Values
	x    *execution
	at   int
}

func (v *valuesOp) open(x *execution) error {
	v.x = x
	return nil
}

func (v *valuesOp) next() (bool, error) {
	if err := v.x.interrupted(); err != nil || v.at == len(v.node.Rows) {
		return false, err
	}
	row := v.node.Rows[v.at]
	v.at++
	for i, reg := range v.node.Regs {
		value, err := row[i].Eval(v.x.frame)
		if err != nil {
			return false, err
		}
		v.x.frame.Vals[reg] = value
	}
	return true, nil
}

func (v *valuesOp) close() error { return nil }
