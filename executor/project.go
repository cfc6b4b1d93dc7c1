package executor

import "github.com/fluxdb/fluxdb/planner"

// projectOp computes expressions into registers.
type projectOp struct {
	node  *planner.Project
	input operator
	x     *execution
}

func (p *projectOp) open(x *execution) error {
	p.x = x
	return p.input.open(x)
}

// want passes on what the input may like to know: it yields as many rows.
func (p *projectOp) want(rows int64) {
	if in, ok := p.input.(wantsRows); ok {
		in.want(rows)
	}
}

func (p *projectOp) next() (bool, error) {
	ok, err := p.input.next()
	if err != nil || !ok {
		return false, err
	}
	err = evaluate(p.node.Outs, p.x)
	return err == nil, err
}

func (p *projectOp) close() error { return p.input.close() }

// evaluate computes expressions on the frame's row into their registers. Operators and RETURNING share it.
func evaluate(outs []planner.Out, x *execution) error {
	for i := range outs {
		v, err := outs[i].Expr.Eval(x.frame)
		if err != nil {
			return err
		}
		x.frame.Vals[outs[i].Reg] = v
	}
	return nil
}
