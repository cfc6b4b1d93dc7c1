package executor

import "github.com/fluxdb/fluxdb/document"

// Rows are the results of a text of statements, one result set for each that yields
// rows. A statement runs when the rows before it are done with: those that yield
// none run when the result set before them has been read to its end, or by NextResultSet. Close
// leaves out the statements that have not run yet.
//
// They are a handle on what the session has: closing lets go of it, so that the next statement can use the memory, and closed rows
// never see another statement's.
type Rows struct {
	session *Session
	sets    *resultSets // nil once they are closed; what follows is then what they left
	columns []Column
	notices []string
	err     error
}

// Columns returns the columns of the present result set; none for a text that yields no rows.
func (r *Rows) Columns() []Column {
	if r.sets != nil {
		return r.sets.columns
	}
	return r.columns
}

// Values returns the present row, valid until the next call of Next or Close.
func (r *Rows) Values() []document.Value {
	if r.sets != nil {
		return r.sets.values
	}
	return nil
}

// Err returns the error that ended the rows.
func (r *Rows) Err() error {
	if r.sets != nil {
		return r.sets.err
	}
	return r.err
}

// Notices are remarks on the present result set for a person: an unknown field and the nearest name.
func (r *Rows) Notices() []string {
	if r.sets != nil {
		return r.sets.notices
	}
	return r.notices
}

// Next moves to the next row of the present result set.
func (r *Rows) Next() bool {
	r.session.busy.Lock()
	defer r.session.busy.Unlock()
	return r.sets != nil && r.sets.move()
}

// Taker takes the rows of Rows.Read.
type Taker interface{ Take(row []document.Value) }

// Read moves to the next row and hands it to a taker. Unlike what Next leaves in Values, the row can't be
// pulled away by a Database.Close of another goroutine while Take runs, which must not call the session.
func (r *Rows) Read(to Taker) bool {
	r.session.busy.Lock()
	defer r.session.busy.Unlock()
	if r.sets == nil || !r.sets.move() {
		return false
	}
	to.Take(r.sets.values)
	return true
}

// Look hands the present row to a taker, as Read does with the next; false when the rows have ended.
func (r *Rows) Look(to Taker) bool {
	r.session.busy.Lock()
	defer r.session.busy.Unlock()
	if r.sets == nil || r.sets.source == nil {
		return false
	}
	to.Take(r.sets.values)
	return true
}

// AcceptJSON says that the reader takes arrays and objects also as bytes that hold their plain JSON, so that
// they can be rendered ahead of it.
func (r *Rows) AcceptJSON() {
	if r.sets != nil {
		r.sets.json = true
	}
}

// HasNextResultSet reports whether statements of the text have not run yet.
func (r *Rows) HasNextResultSet() bool { return r.sets != nil && r.sets.more() }

// NextResultSet drops what is left of the present result set and runs the statements that follow up to the
// next that yields rows. It returns false, without an error in Err, when there is none.
func (r *Rows) NextResultSet() bool {
	r.session.busy.Lock()
	defer r.session.busy.Unlock()
	return r.sets != nil && r.sets.nextResultSet()
}

// Close ends the rows. Statements that have not run yet do not run. Idempotent.
func (r *Rows) Close() error {
	r.session.busy.Lock()
	defer r.session.busy.Unlock()
	sets := r.sets
	if sets == nil {
		return nil
	}
	if sets.source != nil {
		sets.end(nil)
	}
	r.sets, r.columns, r.notices, r.err = nil, sets.columns, sets.notices, sets.err
	r.session.keepSets(sets)
	return nil
}
