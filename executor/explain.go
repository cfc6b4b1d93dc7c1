package executor

import (
	"errors"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner"
)

var explainColumns = []Column{{Name: "plan", Type: "TEXT"}}

// explain yields the plan of a statement, a line a row. ANALYZE runs it first, also one that
// writes, and shows what each node did.
func (s *Session) explain(r *resultSets, st *parser.Explain) error {
	switch st.Statement.(type) {
	case *parser.Query, *parser.Insert, *parser.Update, *parser.Delete:
	default:
		return failAt(st.Statement, st.Statement.Info().Start, "EXPLAIN shows the plan of SELECT, INSERT, UPDATE and DELETE only", "")
	}
	var text []string
	look := func(tx *engine.Tx) error {
		cat := catalog{ctx: r.ctx, tx: tx}
		plan, err := planner.Build(st.Statement, &cat, planner.Options{Star: s.db.options.Star, Explain: true})
		if err != nil {
			return err
		}
		var actuals map[planner.Node]*planner.Actual
		if st.Analyze {
			if actuals, err = r.analyze(tx, plan); err != nil {
				return err
			}
			text = planner.Explain(plan, func(n planner.Node) *planner.Actual { return actuals[n] })
			return nil
		}
		text = planner.Explain(plan, nil)
		return nil
	}
	if err := s.explained(r, st, look); err != nil {
		return err
	}
	rows := make([][]document.Value, len(text))
	for i, line := range text {
		rows[i] = []document.Value{document.String(line)}
	}
	r.begin(&lines{rows}, nil, explainColumns, nil)
	return nil
}

// explained calls look with the transaction that the statement would run in.
func (s *Session) explained(r *resultSets, st *parser.Explain, look func(tx *engine.Tx) error) error {
	if _, reads := st.Statement.(*parser.Query); st.Analyze && !reads {
		return s.change(r.ctx, look)
	}
	tx, own, err := s.snapshot(r.ctx)
	if err != nil {
		return err
	}
	if own {
		defer tx.Rollback()
	}
	return look(tx)
}

// analyze runs a plan to its end and returns what each node did.
func (r *resultSets) analyze(tx *engine.Tx, plan *planner.Plan) (map[planner.Node]*planner.Actual, error) {
	m := r.newModifier(tx, plan)
	defer m.x.close()
	m.x.actuals = map[planner.Node]*planner.Actual{}
	if !plan.Writes {
		return m.x.actuals, m.exhaust()
	}
	if err := m.run(); err != nil {
		return nil, err
	}
	r.result = m.result
	return m.x.actuals, nil
}

// exhaust reads all rows of a plan that reads.
func (m *modifier) exhaust() error {
	op, err := open(m.plan.Root, m.x)
	if err != nil {
		return err
	}
	for {
		if ok, err := op.next(); !ok || err != nil {
			return errors.Join(err, op.close())
		}
	}
}
