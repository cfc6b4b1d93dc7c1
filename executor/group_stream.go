package executor

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// streamGroupOp groups rows whose equal keys arrive together, or makes one group of all. It holds one
// group at a time.
type streamGroupOp struct {
	node  *planner.Group
	input operator
	x     *execution
	agg   *aggregator
	// key and state are those of the present group, row the keys of the present row.
	key, row []document.Value
	state    state
	// texts hold the keys of the group that was just given out and of the present one.
	texts [2]arena
	// grouping says that there is a present group, ended that the input is used up.
	grouping, ended bool

	prospect *prospect
	crew     *crew
	bytes    []byte
}

func (g *streamGroupOp) open(x *execution) error {
	g.x = x
	g.agg = newAggregator(x, g.node.Aggs)
	g.row = make([]document.Value, len(g.node.Keys))
	g.key = make([]document.Value, len(g.node.Keys))
	g.state.counts = make([]int64, g.agg.counts)
	if len(g.node.Keys) == 0 {
		g.begin() // the group is there even without rows
	}
	if err := g.input.open(x); err != nil {
		return err
	}
	if len(g.node.Keys) == 0 && !g.agg.distinct {
		g.prospect = x.survey(g.input)
	}
	return nil
}

func (g *streamGroupOp) next() (bool, error) {
	if g.ended {
		return false, nil
	}
	for {
		ok, err := g.input.next()
		if err != nil {
			return false, err
		}
		if !ok {
			if more, err := g.proceed(); err != nil {
				return false, err
			} else if more {
				continue
			}
			g.ended = true
			if err := g.crew.close(); err != nil {
				return false, err
			}
			if !g.grouping {
				return false, nil
			}
			err := g.finish()
			return err == nil, err
		}
		if err := g.x.interrupted(); err != nil {
			return false, err
		}
		finished := false
		if len(g.row) > 0 {
			if finished, err = g.enter(); err != nil {
				return false, err
			}
		}
		if _, err := g.agg.add(g.state, nil); err != nil {
			return false, err
		}
		if finished {
			return true, nil
		}
	}
}

// enter begins the group of the frame's row, unless it is the present one, and
// reports whether another one was finished by that.
func (g *streamGroupOp) enter() (finished bool, err error) {
	for i := range g.node.Keys {
		if g.row[i], err = g.node.Keys[i].Expr.Eval(g.x.frame); err != nil {
			return false, err
		}
	}
	if g.grouping {
		if equalKeys(g.key, g.row) {
			return false, nil
		}
		if err := g.finish(); err != nil {
			return false, err
		}
		finished = true
	}
	g.begin()
	return finished, nil
}

// begin begins a group with the keys of row.
func (g *streamGroupOp) begin() {
	g.grouping = true
	g.texts[0], g.texts[1] = g.texts[1], g.texts[0]
	g.texts[0].reset()
	for i := range g.row {
		g.key[i], _ = g.texts[0].value(g.row[i])
	}
	// New ones: a result that was given out may borrow from the last ones.
	g.state.accumulators = make([]expr.Accumulator, g.agg.accumulators)
	g.agg.begin(g.state)
}

// finish sets the registers of the present group. Those of its input hold the row after it and stay.
func (g *streamGroupOp) finish() error {
	err := g.agg.drain(0, func(a *aggregate, _ []document.Value, v document.Value) error {
		return g.state.accumulators[a.at].Add(v)
	})
	if err != nil {
		return err
	}
	for i := range g.node.Keys {
		g.x.frame.Vals[g.node.Keys[i].Reg] = g.key[i]
	}
	return g.agg.result(g.state)
}

func (g *streamGroupOp) close() error {
	_ = g.crew.close() // what failed was reported, or was read for nobody
	g.agg.close()
	return g.input.close()
}

// equalKeys reports whether two lists of keys are one group.
func equalKeys(a, b []document.Value) bool {
	for i := range a {
		if !equalKey(a[i], b[i]) {
			return false
		}
	}
	return true
}

// equalKey is document.Equal, with the common kinds first.
func equalKey(a, b document.Value) bool {
	if a.Kind() == document.KindString && b.Kind() == document.KindString {
		return a.AsString() == b.AsString()
	}
	return document.Equal(a, b)
}
