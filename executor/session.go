package executor

import (
	"context"
	"slices"
	"sync"

	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/parser"
)

// Session is one user's conversation with a database: what a connection of the
// driver is. It holds at most one explicit transaction. It belongs to one
// goroutine at a time, and so do the Rows and Statements that it made.
type Session struct {
	db *Database
	// busy is held during every call, and while a row is looked at: Database.Close ends the session
	// between two calls, and what a row borrows from the store is there as long as it is used.
	busy sync.Mutex
	tx   *transaction // nil outside an explicit transaction
	// desk is that of the last query that is done; nil when there is none, or it is in use.
	desk   *desk
	lifter parser.Lifter // of the texts that the session is given
	// sets are the result sets of the last statement that is done, for the next, and spent is the transaction that it read from; nil while
	// they are in use.
	sets  *resultSets
	spent *engine.Tx
	// open are the results not read to their end nor closed.
	open   []*resultSets
	closed bool
}

// Prepare parses a text of one or more statements, to run it many times. It
// plans anew by itself when the catalog has changed.
func (s *Session) Prepare(ctx context.Context, text string) (*Statement, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	f, err := s.db.lookup(&s.lifter, text)
	if err != nil {
		return nil, err
	}
	f.literals = slices.Clone(f.literals)
	return &Statement{session: s, found: f}, nil
}

// Query runs the statements of a text up to the first that yields rows; Rows goes
// on from there. A text that yields none, or is empty, gives Rows without columns.
func (s *Session) Query(ctx context.Context, text string, args []Arg) (*Rows, error) {
	s.busy.Lock()
	defer s.busy.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	f, err := s.db.lookup(&s.lifter, text)
	if err != nil {
		return nil, err
	}
	return s.query(ctx, f, args)
}

// Exec runs all statements of a text and drops their rows. The result is that of the
// last one that changes documents.
func (s *Session) Exec(ctx context.Context, text string, args []Arg) (Result, error) {
	s.busy.Lock()
	defer s.busy.Unlock()
	if err := s.usable(ctx); err != nil {
		return Result{}, err
	}
	f, err := s.db.lookup(&s.lifter, text)
	if err != nil {
		return Result{}, err
	}
	return s.exec(ctx, f, args)
}

func (s *Session) query(ctx context.Context, f found, args []Arg) (*Rows, error) {
	sets := s.newSets(ctx, f)
	if err := sets.start(args, f.literals); err != nil {
		return nil, err
	}
	return &Rows{session: s, sets: sets}, nil
}

// newSets returns the results of a text, those of the statement before if nobody has them.
func (s *Session) newSets(ctx context.Context, f found) *resultSets {
	r := s.sets
	if s.sets = nil; r == nil {
		r = &resultSets{}
	}
	r.session, r.ctx, r.text, r.script = s, ctx, f.text, f.script
	return r
}

// keepSets has the next statement use results that are over, and that nobody will look at again.
func (s *Session) keepSets(r *resultSets) {
	*r = resultSets{}
	s.sets = r
}

func (s *Session) exec(ctx context.Context, f found, args []Arg) (Result, error) {
	r := s.newSets(ctx, f)
	err := r.start(args, f.literals)
	if err != nil {
		return Result{}, err
	}
	for r.drain(); r.nextResultSet(); {
		r.drain()
	}
	result, err := r.result, r.err
	s.keepSets(r)
	return result, err
}

// InTransaction reports whether an explicit transaction is open.
func (s *Session) InTransaction() bool { return s.tx != nil }

// Reset rolls back what the session has open, so that another user can have it. It does not
// wait, so that a context that is over makes no difference.
func (s *Session) Reset(context.Context) error {
	s.busy.Lock()
	defer s.busy.Unlock()
	if s.closed || s.db.closed.Load() {
		return ErrClosed
	}
	s.end(errRowsOutlived)
	return nil
}

// Close rolls back what the session has open and ends it. Idempotent.
func (s *Session) Close() error {
	s.busy.Lock()
	defer s.busy.Unlock()
	s.end(errRowsOutlived)
	s.closed = true
	s.db.forget(s)
	return nil
}

// end ends the transaction and, with an error, all rows.
func (s *Session) end(err error) {
	for len(s.open) > 0 {
		s.open[len(s.open)-1].abandon(err)
	}
	if s.tx != nil {
		tx := s.tx.tx
		s.tx = nil
		tx.Rollback()
	}
}

// usable returns ErrClosed for a closed session or database, and the error of a
// context that is over.
func (s *Session) usable(ctx context.Context) error {
	if s.closed || s.db.closed.Load() {
		return ErrClosed
	}
	return ctx.Err()
}

// keep has the next statement use a desk whose run is done.
func (s *Session) keep(d *desk) {
	d.clear()
	s.desk = d
}

// forget drops rows from the open ones.
func (s *Session) forget(r *resultSets) {
	if i := slices.Index(s.open, r); i >= 0 {
		s.open = slices.Delete(s.open, i, i+1)
	}
}

// run runs one statement of a text and leaves what it yields in r.
func (s *Session) run(r *resultSets, at int) error {
	if err := s.usable(r.ctx); err != nil {
		return err
	}
	switch st := r.script.statements[at].(type) {
	case *parser.Query:
		return s.read(r, at)
	case *parser.Insert, *parser.Update, *parser.Delete:
		return s.write(r, at)
	case *parser.Explain:
		return s.explain(r, st)
	case *parser.Show:
		return s.show(r, st)
	case *parser.Begin:
		return s.begin(r.ctx, TxOptions{ReadOnly: st.ReadOnly})
	case *parser.Commit:
		return s.commit(r.ctx)
	case *parser.Rollback:
		if st.To != "" {
			return s.rollbackTo(st.To)
		}
		return s.rollback()
	case *parser.Savepoint:
		return s.savepoint(st.Name)
	case *parser.Release:
		return s.release(st.Name)
	case *parser.CreateCollection:
		if st.Query != nil {
			return s.createAs(r, st)
		}
	}
	return s.define(r.ctx, r.script.statements[at])
}

// snapshot returns the transaction that a statement reads from, and whether it is
// the statement's own to end.
func (s *Session) snapshot(ctx context.Context) (tx *engine.Tx, own bool, err error) {
	if s.tx != nil {
		return s.tx.tx, false, s.tx.broken
	}
	spent := s.spent
	s.spent = nil
	tx, err = s.db.beginRead(ctx, spent)
	return tx, true, err
}

// read opens a query.
func (s *Session) read(r *resultSets, at int) error {
	tx, own, err := s.snapshot(r.ctx)
	if err != nil {
		return err
	}
	plan, err := r.plan(tx, at)
	if err == nil {
		err = r.stream(tx, own, plan)
	}
	if err != nil && own {
		tx.Rollback()
	}
	return err
}

// write runs a change of documents to its end.
func (s *Session) write(r *resultSets, at int) error {
	var m *modifier // of the last try
	err := s.change(r.ctx, func(tx *engine.Tx) error {
		plan, err := r.plan(tx, at)
		if err != nil {
			return err
		}
		if m != nil {
			m.x.close()
		}
		m = r.newModifier(tx, plan)
		if err := m.run(); err != nil {
			return err
		}
		return m.finish(r.replan(tx, at))
	})
	switch {
	case m == nil:
		return err
	case err != nil:
		m.x.close()
		return err
	}
	r.result = m.result
	if m.returning == nil {
		m.x.close()
		s.keep(m.x.desk)
		return nil
	}
	r.begin(returnedRows{m}, nil, m.plan.Columns, m.plan.Notices)
	return nil
}
