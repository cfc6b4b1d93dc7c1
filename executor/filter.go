package executor

import "github.com/fluxdb/fluxdb/planner"

// filterOp keeps the rows for which a condition is TRUE.
type filterOp struct {
	node  *planner.Filter
	input operator
	x     *execution
}

func (p *filterOp) open(x *execution) error {
	p.x = x
	return p.input.open(x)
}

func (p *filterOp) next() (bool, error) {
	for {
		ok, err := p.input.next()
		if err != nil || !ok {
			return false, err
		}
		if ok, err := holds(p.node.Cond, p.x.frame); ok || err != nil {
			return ok, err
		}
		if err := p.x.interrupted(); err != nil {
			return false, err
		}
	}
}

func (p *filterOp) close() error { return p.input.close() }
