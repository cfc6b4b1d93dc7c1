package executor

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
)

// groupingSetsOp yields each row of its input once for every grouping set.
type groupingSetsOp struct {
	node   *planner.GroupingSets
	input  operator
	x      *execution
	values []document.Value // of the keys, for the present row
	at     int              // next set
}

func (g *groupingSetsOp) open(x *execution) error {
	g.x, g.at, g.values = x, len(g.node.Sets), make([]document.Value, len(g.node.Keys))
	return g.input.open(x)
}

func (g *groupingSetsOp) next() (bool, error) {
	f := g.x.frame
	if g.at == len(g.node.Sets) {
		if ok, err := g.input.next(); !ok || err != nil {
			return false, err
		}
		for i := range g.node.Keys {
			var err error
			if g.values[i], err = g.node.Keys[i].Expr.Eval(f); err != nil {
				return false, err
			}
		}
		g.at = 0
	}
	if err := g.x.interrupted(); err != nil {
		return false, err
	}
	for i := range g.node.Keys {
		f.Vals[g.node.Keys[i].Reg] = document.Null()
	}
	for _, i := range g.node.Sets[g.at] {
		f.Vals[g.node.Keys[i].Reg] = g.values[i]
	}
	f.Vals[g.node.Set] = document.Int(int64(g.at))
	g.at++
	return true, nil
}

func (g *groupingSetsOp) close() error { return g.input.close() }
