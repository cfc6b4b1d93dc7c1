package executor

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// modifier runs a plan that changes documents, once and to its end.
type modifier struct {
	x      *execution
	plan   *planner.Plan
	result Result
	// returning takes the rows of RETURNING, nil without it.
	returning *returning
}

// newModifier returns a run of plan in tx. Its execution is the caller's to close.
func (r *resultSets) newModifier(tx *engine.Tx, plan *planner.Plan) *modifier {
	x := r.execution(tx, plan)
	if s, ok := x.frame.Subqueries.(*subqueries); ok {
		s.tx = tx.View() // they see nothing of what the statement changes
	}
	m := &x.desk.modifier // which one run has, and each try its own
	*m = modifier{x: x, plan: plan}
	m.returning = m.newReturning()
	return m
}

// run changes the documents.
func (m *modifier) run() error {
	if m.x.actuals != nil {
		actual := m.x.actual(m.plan.Root)
		defer m.x.measure(actual)()
		defer func() { actual.Rows = m.result.RowsAffected }()
	}
	switch n := m.plan.Root.(type) {
	case *planner.Insert:
		return m.insert(n)
	case *planner.Update:
		return m.update(n)
	case *planner.Delete:
		return m.delete(n)
	}
	return fmt.Errorf("plan node %T does not write", m.plan.Root)
}

func (m *modifier) insert(n *planner.Insert) error {
	if n.Input != nil {
		return m.insertRows(n)
	}
	x, frame := m.x, m.x.frame
	ctx := withTime(x.ctx, frame.Run.Now, n.Collection)
	for i, row := range n.Rows {
		if err := x.interrupted(); err != nil {
			return err
		}
		rec, err := m.insertRow(ctx, x.tx, n, row)
		if err != nil {
			return numbered(err, i, len(n.Rows))
		}
		if rec == nil {
			continue
		}
		m.result.RowsAffected++
		if i == len(n.Rows)-1 {
			m.result.LastInsertID = rec.ID().Clone() // rec is valid until the next call only
		}
		if err := m.keep(n.Returning, n.Doc, rec); err != nil {
			return err
		}
	}
	return nil
}

// insertRow stores the document of one row, or does what the statement says about one whose key is taken. It returns
// what is stored now, nil where that is nothing new.
func (m *modifier) insertRow(ctx context.Context, tx *engine.Tx, n *planner.Insert, row []expr.Expr) (*document.Record, error) {
	for {
		rec, err := insertRow(ctx, tx, n, row, m.x.frame)
		var dup *engine.DuplicateKeyError
		if c := n.Conflict; err == nil || c == nil || !errors.As(err, &dup) || c.Key != "" && c.Key != dup.Index {
			return rec, err
		}
		if n.Conflict.Action == planner.DoNothing {
			return nil, nil
		}
		refused, holder, err := tx.Refused(ctx, n.Collection, dup)
		if err != nil {
			return nil, err
		}
		if n.Conflict.Action == planner.DoUpdate {
			return m.changeHolder(tx, n.Conflict, refused, holder)
		}
		if err := tx.Delete(ctx, n.Collection, holder); err != nil {
			return nil, err
		}
	}
}

// changeHolder changes the document that has the key of one that was refused.
func (m *modifier) changeHolder(tx *engine.Tx, c *planner.Conflict, refused, holder *document.Record) (*document.Record, error) {
	frame := m.x.frame
	frame.Docs[c.Excluded], frame.Docs[c.Update.Doc] = refused.Clone(), holder.Clone()
	if ok, err := holds(c.Where, frame); err != nil || !ok {
		return nil, err
	}
	reads := m.x.tx
	m.x.tx = tx
	defer func() { m.x.tx = reads }()
	return m.change(c.Update)
}

// insertRows stores the rows of a query, which sees nothing of them.
func (m *modifier) insertRows(n *planner.Insert) (err error) {
	ctx := withTime(m.x.ctx, m.x.frame.Run.Now, n.Collection)
	tx := m.x.tx
	if m.x.tx = tx.View(); m.x.frame.Subqueries != nil {
		m.x.frame.Subqueries.(*subqueries).tx = m.x.tx
	}
	op, err := open(n.Input, m.x)
	if err != nil {
		return err
	}
	defer func() {
		m.x.tx = tx
		if closeErr := op.close(); err == nil {
			err = closeErr
		}
	}()
	for count := 0; ; {
		ok, err := op.next()
		if !ok || err != nil {
			return err
		}
		count++
		rec, err := m.insertRow(ctx, tx, n, n.Rows[0])
		if err != nil {
			return fmt.Errorf("row %d: %w", count, err)
		}
		if rec == nil {
			continue
		}
		m.result.RowsAffected++
		m.result.LastInsertID = rec.ID().Clone() // rec is valid until the next call only
		if err := m.keep(n.Returning, n.Doc, rec); err != nil {
			return err
		}
	}
}

// numbered says which of several rows an error is about.
func numbered(err error, i, rows int) error {
	if rows == 1 {
		return err
	}
	return fmt.Errorf("row %d: %w", i+1, err)
}

// insertRow stores the document of one row of an INSERT: its only value, or an object with
// its values at fields.
func insertRow(ctx context.Context, tx *engine.Tx, n *planner.Insert, row []expr.Expr, frame *expr.Frame) (*document.Record, error) {
	if n.Fields == nil {
		v, err := row[0].Eval(frame)
		if err != nil {
			return nil, err
		}
		return insertDocument(ctx, tx, n.Collection, v)
	}
	doc, err := rowDocument(n.Fields, row, frame)
	if err != nil {
		return nil, err
	}
	return tx.Insert(ctx, n.Collection, doc)
}

// insertDocument stores what a value in a document's place stands for: an object or the text of one.
func insertDocument(ctx context.Context, tx *engine.Tx, c *engine.Collection, v document.Value) (*document.Record, error) {
	switch v.Kind() {
	case document.KindObject:
		return tx.Insert(ctx, c, v)
	case document.KindString, document.KindBytes:
		return tx.InsertJSON(ctx, c, v.AsBytes())
	}
	return nil, &document.ValueError{Expected: "an object or its JSON text", Found: v.Kind().String()}
}

// rowDocument makes an object with the values of a row at fields. A nil value, DEFAULT, is left out.
func rowDocument(fields []engine.Field, row []expr.Expr, frame *expr.Frame) (document.Value, error) {
	doc := make([]document.Field, 0, len(fields)+1) // the engine adds _id
	for i, e := range row {
		if e == nil {
			continue
		}
		path := fields[i].Path
		v, err := e.Eval(frame)
		if err != nil {
			return v, fmt.Errorf("value of %s: %w", path, err)
		}
		switch {
		case v.IsMissing():
		case len(path) == 1 && path[0].Kind == document.StepField:
			doc = append(doc, document.Field{Name: path[0].Name, Value: v}) // the planner refuses one name twice
		default:
			whole, err := path.Set(document.Object(doc), v)
			if err != nil {
				return v, err
			}
			doc = whole.AsObject()
		}
	}
	return document.Object(doc), nil
}

func (m *modifier) update(n *planner.Update) error {
	return m.each(n.Input, n.Doc, n.Carried, func() error {
		rec, err := m.change(n)
		if err != nil {
			return err
		}
		return m.keep(n.Returning, n.NewDoc, rec)
	})
}

// change changes the document in the frame. All SETs see it as it was.
func (m *modifier) change(n *planner.Update) (*document.Record, error) {
	values := m.x.desk.values(len(n.Sets))
	old := &m.x.frame.Docs[n.Doc]
	for i := range n.Sets {
		var err error
		if values[i], err = n.Sets[i].Expr.Eval(m.x.frame); err != nil {
			return nil, fmt.Errorf("value of %s: %w", n.Sets[i].Field.Path, err)
		}
	}
	if rec, err := m.updateLeaves(n, old, values); rec != nil || err != nil {
		return rec, err
	}
	doc := old.Decode()
	for i, v := range values {
		path := n.Sets[i].Field.Path
		if v.IsMissing() {
			doc = path.Unset(doc)
			continue
		}
		var err error
		if doc, err = path.Set(doc, v); err != nil {
			return nil, fmt.Errorf("set %s: %w", path, err)
		}
	}
	for i := range n.Unset {
		doc = n.Unset[i].Path.Unset(doc)
	}
	return m.x.tx.Update(m.x.ctx, n.Collection, old, doc)
}

// updateLeaves sets scalars without taking the document apart. It returns nil where that is not enough.
func (m *modifier) updateLeaves(n *planner.Update, old *document.Record, values []document.Value) (*document.Record, error) {
	leaves := m.x.desk.leaves[:0]
	if len(n.Unset) > 0 || len(values) > cap(leaves) {
		return nil, nil
	}
	for i, v := range values {
		if n.Sets[i].Leaf == nil {
			return nil, nil
		}
		leaves = append(leaves, document.LeafValue{At: n.Sets[i].Leaf, Value: v})
	}
	return m.x.tx.UpdateLeaves(m.x.ctx, n.Collection, old, leaves)
}

func (m *modifier) delete(n *planner.Delete) error {
	return m.each(n.Input, n.Doc, n.Carried, func() error {
		old := &m.x.frame.Docs[n.Doc]
		if err := m.keep(n.Returning, n.Doc, old); err != nil {
			return err
		}
		return m.x.tx.Delete(m.x.ctx, n.Collection, old)
	})
}

// each calls change for every row of input, whose documents are in register doc, with vals, and counts them.
// What is read while change writes is the state at the opening.
func (m *modifier) each(input planner.Node, doc int, vals []int, change func() error) (err error) {
	op, err := openStable(input, doc, vals, m.x)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := op.close(); err == nil {
			err = closeErr
		}
	}()
	for {
		ok, err := op.next()
		if !ok || err != nil {
			return err
		}
		if err := change(); err != nil {
			return err
		}
		m.result.RowsAffected++
	}
}
