package executor

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
)

// returning keeps the rows of RETURNING while a statement writes. They are read when it is over;
// what is never read has been changed all the same.
//
// The columns of a RETURNING with * may only be known then, because what is written may bring in new
// fields. For those the documents are kept, and the results are made of
// them before the statement ends: an error of theirs undoes it.
type returning struct {
	rows *rowBuffer
	// document is the register of the documents kept in rows, -1 where rows holds the results.
	document int
}

// newReturning returns the rows of m's plan, nil without RETURNING.
func (m *modifier) newReturning() *returning {
	if len(m.plan.Columns) == 0 || !m.plan.Writes {
		return nil
	}
	doc := -1
	if len(m.plan.Deps) > 0 {
		switch n := m.plan.Root.(type) {
		case *planner.Insert:
			doc = n.Doc
		case *planner.Update:
			if !n.Joined { // then the plan knows what it writes
				doc = n.NewDoc
			}
		}
	}
	if doc >= 0 {
		return &returning{rows: m.x.newRowBuffer([]int{doc}, nil), document: doc}
	}
	return &returning{rows: m.newResults(), document: -1}
}

// newResults returns a buffer for the result columns.
func (m *modifier) newResults() *rowBuffer {
	regs := make([]int, len(m.plan.Columns))
	for i := range m.plan.Columns {
		regs[i] = m.plan.Columns[i].Reg
	}
	return m.x.newRowBuffer(nil, regs)
}

// keep keeps what RETURNING wants of rec, which goes to register doc.
func (m *modifier) keep(p *planner.Project, doc int, rec *document.Record) error {
	if m.returning == nil {
		return nil
	}
	m.x.frame.Docs[doc] = *rec
	if m.returning.document < 0 {
		if err := m.project(p); err != nil {
			return err
		}
	}
	return m.returning.rows.add()
}

// project evaluates RETURNING on the frame's document.
func (m *modifier) project(p *planner.Project) error {
	frame := m.x.frame
	for i := range p.Outs {
		v, err := p.Outs[i].Expr.Eval(frame)
		if err != nil {
			return err
		}
		frame.Vals[p.Outs[i].Reg] = v
	}
	return nil
}

// finish makes the results of kept documents, by the plan that the statement has now that it has written.
func (m *modifier) finish(replan func() (*planner.Plan, error)) error {
	if m.returning == nil || m.returning.document < 0 {
		return nil
	}
	plan, err := replan()
	if err != nil {
		return err
	}
	documents, from := m.returning.rows, m.x.frame
	defer documents.close()
	var p *planner.Project
	var doc int
	switch n := plan.Root.(type) {
	case *planner.Insert:
		p, doc = n.Returning, n.Doc
	case *planner.Update:
		p, doc = n.Returning, n.NewDoc
	}
	m.plan = plan
	results, to := m.newResults(), newFrame(plan, from.Run)
	if s, ok := from.Subqueries.(*subqueries); ok {
		to.Subqueries = &subqueries{x: s.x, tx: s.tx, plan: plan, kept: make([]keptResult, len(plan.Subplans))}
	}
	for {
		m.x.frame = from
		ok, err := documents.next()
		if err != nil {
			return err
		}
		m.x.frame = to
		if !ok {
			m.returning = &returning{rows: results, document: -1}
			return nil
		}
		to.Docs[doc] = from.Docs[m.returning.document]
		if err := m.project(p); err != nil {
			return err
		}
		if err := results.add(); err != nil {
			return err
		}
	}
}

// replan returns the function that plans a statement of r again.
func (r *resultSets) replan(tx *engine.Tx, at int) func() (*planner.Plan, error) {
	return func() (*planner.Plan, error) { return r.plan(tx, at) }
}

// returnedRows yields the rows of RETURNING.
type returnedRows struct{ *modifier }

func (m returnedRows) next(row []document.Value) (bool, error) {
	ok, err := m.returning.rows.next()
	if !ok || err != nil {
		return false, err
	}
	setColumns(row, m.x.frame, m.plan.Columns)
	return true, nil
}

func (m returnedRows) close() error {
	m.returning.rows.close()
	m.x.close()
	return nil
}
