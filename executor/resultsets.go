package executor

import (
	"context"
	"time"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// Column is one result column.
type Column = planner.Column

// resultSets are what Rows hand out. The session keeps them for its next statement once they are closed.
type resultSets struct {
	session *Session
	ctx     context.Context
	text    string
	script  *script
	// next is the statement that runs next.
	next int
	run  expr.Run

	// The present result set: source is nil once it has been read to its end. tx is what it
	// reads from, nil when it reads from memory.
	columns []Column
	values  []document.Value
	source  source
	tx      *engine.Tx
	notices []string

	// json says that arrays and objects may be bytes: their JSON.
	json bool

	result Result
	err    error
	// What most statements need, in one allocation.
	params  [4]document.Value
	row     [4]document.Value
	cursor  cursor
	account account
}

// source yields the rows of one statement.
type source interface {
	// next sets row to the next row, valid until the next call.
	next(row []document.Value) (bool, error)
	close() error
}

// start takes the arguments, and runs statements up to the first that yields rows.
func (r *resultSets) start(args []Arg, literals []document.Value) error {
	if err := r.bind(args, literals); err != nil {
		return err
	}
	return r.advance()
}

// bind takes the arguments, and the literals that are parameters after them.
func (r *resultSets) bind(args []Arg, literals []document.Value) error {
	params, err := bindArgs(r.params[:0], r.script.params, r.script.names, args)
	if err != nil {
		return err
	}
	r.run = expr.Run{Context: r.ctx, Params: append(params, literals...)}
	return nil
}

// move moves to the next row of the present result set.
func (r *resultSets) move() bool {
	if r.source == nil {
		return false
	}
	ok, err := r.source.next(r.values)
	if ok {
		return true
	}
	r.end(err)
	for r.err == nil && r.next < len(r.script.statements) && !yieldsRows(r.script.statements[r.next]) {
		r.fail(r.step())
	}
	return false
}

// more reports whether statements of the text have not run yet.
func (r *resultSets) more() bool { return r.err == nil && r.next < len(r.script.statements) }

func (r *resultSets) nextResultSet() bool {
	if r.source != nil {
		r.end(nil)
	}
	if !r.more() {
		return false
	}
	r.columns, r.values, r.notices = nil, nil, nil
	r.fail(r.advance())
	return r.source != nil
}

// advance runs statements up to the first that yields rows.
func (r *resultSets) advance() error {
	for r.next < len(r.script.statements) {
		if err := r.step(); err != nil || r.source != nil {
			return err
		}
	}
	return nil
}

// step runs the next statement.
func (r *resultSets) step() error {
	r.next++
	r.run.Now = time.Now().UTC()
	return r.session.run(r, r.next-1)
}

// drain reads the present result set to its end, for its errors.
func (r *resultSets) drain() {
	for r.move() {
	}
}

// fail keeps the first error, which ends everything.
func (r *resultSets) fail(err error) {
	if err != nil && r.err == nil {
		r.err = err
	}
}

// begin makes src the present result set. tx is the transaction that it reads from, or nil.
func (r *resultSets) begin(src source, tx *engine.Tx, columns []Column, notices []string) {
	r.source, r.tx, r.columns, r.notices = src, tx, columns, notices
	r.values = grow(r.row[:0], len(columns))
	r.session.open = append(r.session.open, r)
	r.session.db.rows.Add(1)
}

// inTransaction reports whether the present result set reads from the session's explicit transaction.
func (r *resultSets) inTransaction() bool { return r.tx != nil && r.cursor.snapshot == nil }

// end ends the present result set.
func (r *resultSets) end(err error) {
	src := r.source
	r.source, r.tx = nil, nil
	r.session.forget(r)
	r.session.db.rows.Add(-1)
	r.fail(err)
	r.fail(src.close())
}

// abandon ends rows whose transaction or session is over.
func (r *resultSets) abandon(err error) {
	r.next = len(r.script.statements)
	r.end(err)
}

// cursor pulls rows through the operators of a plan.
type cursor struct {
	session *Session
	x       *execution
	root    operator
	columns []Column
	// snapshot is the transaction to end with the rows, nil in an explicit one.
	snapshot *engine.Tx
}

// stream makes the rows of a plan that reads the present result set.
func (r *resultSets) stream(tx *engine.Tx, own bool, plan *planner.Plan) error {
	x := r.execution(tx, plan)
	x.columns, x.json = plan.Columns, &r.json
	root, err := open(plan.Root, x)
	if err != nil {
		x.close()
		return err
	}
	r.cursor = cursor{session: r.session, x: x, root: root, columns: plan.Columns}
	if own {
		r.cursor.snapshot = tx
	}
	r.begin(&r.cursor, tx, plan.Columns, plan.Notices)
	return nil
}

// execution returns a new run of a plan in tx.
func (r *resultSets) execution(tx *engine.Tx, plan *planner.Plan) *execution {
	r.account = account{pool: r.session.db.memory} // that of the statement before is closed
	d := r.session.desk
	if r.session.desk = nil; d == nil {
		d = &desk{}
	}
	x := d.execution(plan, &r.run)
	x.ctx, x.tx, x.memory, x.closed = r.ctx, tx, &r.account, &r.session.db.closed
	if len(plan.Subplans) == 0 { // helpers have no transaction to run subqueries in
		x.crewing = &r.session.db.crewing
	}
	return x
}

// open builds and opens the operator of a node.
func open(node planner.Node, x *execution) (operator, error) {
	op, err := build(node, x)
	if err != nil {
		return nil, err
	}
	if err := op.open(x); err != nil {
		op.close()
		return nil, err
	}
	return op, nil
}

func (c *cursor) next(row []document.Value) (bool, error) {
	ok, err := c.root.next()
	if !ok || err != nil {
		return false, err
	}
	setColumns(row, c.x.frame, c.columns)
	return true, nil
}

// setColumns sets row to the result columns of a frame: there is no MISSING outside of documents.
func setColumns(row []document.Value, f *expr.Frame, columns []Column) {
	for i := range columns {
		v := f.Vals[columns[i].Reg]
		if v.IsMissing() {
			v = document.Null()
		}
		row[i] = v
	}
}

func (c *cursor) close() error {
	err := c.root.close()
	c.x.close()
	if c.snapshot != nil {
		c.snapshot.Rollback()
		c.session.spent = c.snapshot
	}
	d := c.x.desk
	c.root, c.x = nil, nil
	c.session.keep(d)
	return err
}

// lines are rows made in memory: SHOW and EXPLAIN.
type lines struct {
	rows [][]document.Value
}

func (l *lines) next(row []document.Value) (bool, error) {
	if len(l.rows) == 0 {
		return false, nil
	}
	copy(row, l.rows[0])
	l.rows = l.rows[1:]
	return true, nil
}

func (l *lines) close() error { return nil }
