package executor

import (
	"context"
	"sync/atomic"

	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner"
)

// Statement is a prepared text of one or more statements.
type Statement struct {
	session *Session
	found
	closed bool
}

// NumInput returns how many parameters the text takes; one that is named twice counts once.
func (st *Statement) NumInput() int { return st.script.params }

// Query runs the statements up to the first that yields rows, as Session.Query does.
func (st *Statement) Query(ctx context.Context, args []Arg) (*Rows, error) {
	st.session.busy.Lock()
	defer st.session.busy.Unlock()
	if err := st.usable(ctx); err != nil {
		return nil, err
	}
	return st.session.query(ctx, st.found, args)
}

// Exec runs all statements, as Session.Exec does.
func (st *Statement) Exec(ctx context.Context, args []Arg) (Result, error) {
	st.session.busy.Lock()
	defer st.session.busy.Unlock()
	if err := st.usable(ctx); err != nil {
		return Result{}, err
	}
	return st.session.exec(ctx, st.found, args)
}

func (st *Statement) usable(ctx context.Context) error {
	if st.closed {
		return ErrClosed
	}
	return st.session.usable(ctx)
}

// Close ends the use of the statement. Idempotent.
func (st *Statement) Close() error {
	st.closed = true
	return nil
}

// script is a parsed text with the plans of its statements; texts that differ in their literals may share one. It may be used by many
// sessions at once; only plans changes.
type script struct {
	text       string
	statements []parser.Statement
	params     int
	names      []string
	// literals is how many of the text's literals are parameters, after the params that it has of its own.
	literals int
	// plans holds for each statement the plan made last.
	plans []atomic.Pointer[cachedPlan]
}

func newScript(text string, statements []parser.Statement) *script {
	s := &script{text: text, statements: statements, plans: make([]atomic.Pointer[cachedPlan], len(statements))}
	if len(statements) > 0 {
		info := statements[0].Info()
		s.params, s.names = info.Params, info.Names
	}
	return s
}

// size estimates the bytes that the script holds, its plans included.
func (s *script) size() int { return 2048*(len(s.statements)+1) + 20*len(s.text) }

// yieldsRows reports whether a statement has result columns.
func yieldsRows(st parser.Statement) bool {
	switch st := st.(type) {
	case *parser.Query, *parser.Explain, *parser.Show:
		return true
	case *parser.Insert:
		return len(st.Returning) > 0
	case *parser.Update:
		return len(st.Returning) > 0
	case *parser.Delete:
		return len(st.Returning) > 0
	}
	return false
}

// cachedPlan is a plan with what it was made for. It holds for a transaction that
// sees the very same catalog value, if the fields that `*` stands for are the
// same and collections have not grown or shrunk so far that another plan may be better.
type cachedPlan struct {
	plan    *planner.Plan
	catalog *engine.Catalog
	sizes   []sizeSeen
}

// plan returns the plan of a statement for a transaction.
func (db *Database) plan(ctx context.Context, tx *engine.Tx, s *script, at int) (*planner.Plan, error) {
	if c := s.plans[at].Load(); c != nil {
		ok, err := c.holds(ctx, tx)
		if err != nil {
			return nil, err
		}
		if ok {
			return c.plan, nil
		}
	}
	cat := &catalog{ctx: ctx, tx: tx}
	plan, err := planner.Build(s.statements[at], cat, planner.Options{Star: db.options.Star})
	if err != nil {
		return nil, err
	}
	if now := tx.Catalog(); !now.Private() {
		s.plans[at].Store(&cachedPlan{plan: plan, catalog: now, sizes: cat.sizes})
	}
	return plan, nil
}

func (c *cachedPlan) holds(ctx context.Context, tx *engine.Tx) (bool, error) {
	if c.catalog != tx.Catalog() {
		return false, nil
	}
	for i := range c.sizes {
		if !c.sizes[i].holds(tx) {
			return false, nil
		}
	}
	if len(c.plan.Deps) == 0 {
		return true, nil
	}
	cat := &catalog{ctx: ctx, tx: tx}
	for i := range c.plan.Deps {
		if ok, err := c.plan.Deps[i].Holds(cat); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}
