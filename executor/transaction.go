package executor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fluxdb/fluxdb/engine"
)

// TxOptions say how a transaction begins.
type TxOptions struct {
	// ReadOnly refuses statements that write.
	ReadOnly bool
}

// transaction is the explicit transaction of a session.
type transaction struct {
	tx       *engine.Tx
	readOnly bool
	// savepoints are the named ones, innermost last. Names may repeat: the last counts.
	savepoints []savepoint
	// broken is what made the transaction useless: a conflict met by a statement, or a
	// statement that could not be undone. Nothing but its end is accepted then.
	broken error
}

type savepoint struct {
	name string
	at   engine.Savepoint
}

// Begin starts a transaction; ErrInTransaction when one is open.
func (s *Session) Begin(ctx context.Context, options TxOptions) error {
	s.busy.Lock()
	defer s.busy.Unlock()
	return s.begin(ctx, options)
}

func (s *Session) begin(ctx context.Context, options TxOptions) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if s.tx != nil {
		return ErrInTransaction
	}
	tx, err := s.db.begin(ctx, engine.TxOptions{ReadOnly: options.ReadOnly})
	if err != nil {
		return err
	}
	s.tx = &transaction{tx: tx, readOnly: options.ReadOnly}
	return nil
}

// Commit commits the transaction, which is over whatever Commit returns: an error matching
// ErrConflict means that nothing was applied. ErrNoTransaction when none is open.
func (s *Session) Commit(ctx context.Context) error {
	s.busy.Lock()
	defer s.busy.Unlock()
	return s.commit(ctx)
}

func (s *Session) commit(ctx context.Context) error {
	t := s.tx
	switch {
	case s.db.closed.Load():
		return ErrClosed // which has ended the transaction
	case t == nil:
		return fmt.Errorf("COMMIT: %w", ErrNoTransaction)
	}
	s.endTransaction()
	if t.broken != nil {
		t.tx.Rollback()
		return t.broken
	}
	return t.tx.Commit(ctx)
}

// Rollback undoes the transaction. ErrNoTransaction when none is open.
func (s *Session) Rollback() error {
	s.busy.Lock()
	defer s.busy.Unlock()
	return s.rollback()
}

func (s *Session) rollback() error {
	t := s.tx
	if t == nil {
		return fmt.Errorf("ROLLBACK: %w", ErrNoTransaction)
	}
	s.endTransaction()
	t.tx.Rollback()
	return nil
}

// endTransaction takes the transaction from the session and ends the rows that read from it,
// before the engine does: its iterators must not outlive it.
func (s *Session) endTransaction() {
	s.tx = nil
	for i := len(s.open) - 1; i >= 0; i-- {
		if r := s.open[i]; r.inTransaction() {
			r.abandon(errRowsOutlived)
		}
	}
}

// freeze has the rows that are open go on with the transaction as it is now: it is about to change.
func (s *Session) freeze() {
	for _, r := range s.open {
		if r.tx == s.tx.tx {
			s.tx.tx = s.tx.tx.Freeze()
			return
		}
	}
}

// savepoint marks the present state under a name.
func (s *Session) savepoint(name string) error {
	t, err := s.transaction("SAVEPOINT")
	if err != nil {
		return err
	}
	t.savepoints = append(t.savepoints, savepoint{name, t.tx.Savepoint()})
	return nil
}

// release forgets a savepoint and those after it; what was done since stays.
func (s *Session) release(name string) error {
	t, err := s.transaction("RELEASE")
	if err != nil {
		return err
	}
	i, err := t.find(name)
	if err != nil {
		return err
	}
	t.savepoints = t.savepoints[:i]
	return nil
}

// rollbackTo undoes what was done since a savepoint, which stays.
func (s *Session) rollbackTo(name string) error {
	t, err := s.transaction("ROLLBACK TO")
	if err != nil {
		return err
	}
	i, err := t.find(name)
	if err != nil {
		return err
	}
	t.savepoints = t.savepoints[:i+1]
	s.freeze()
	return t.tx.RollbackTo(t.savepoints[i].at)
}

// transaction returns the open transaction, for a statement that needs one.
func (s *Session) transaction(statement string) (*transaction, error) {
	if s.tx == nil {
		return nil, fmt.Errorf("%s: %w", statement, ErrNoTransaction)
	}
	return s.tx, s.tx.broken
}

// find returns the index of the last savepoint called name.
func (t *transaction) find(name string) (int, error) {
	for i := len(t.savepoints) - 1; i >= 0; i-- {
		if strings.EqualFold(t.savepoints[i].name, name) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no savepoint %q", name)
}

// change runs a statement that writes: in the open transaction, where an error undoes
// it alone, or in one of its own.
func (s *Session) change(ctx context.Context, statement func(tx *engine.Tx) error) error {
	switch {
	case s.db.options.ReadOnly:
		return fmt.Errorf("the database is open read-only: %w", ErrReadOnly)
	case s.tx == nil:
		return s.db.retry(ctx, statement)
	case s.tx.readOnly:
		return fmt.Errorf("the transaction is read-only: %w", ErrReadOnly)
	case s.tx.broken != nil:
		return s.tx.broken
	}
	s.freeze()
	return s.tx.change(statement)
}

func (t *transaction) change(statement func(tx *engine.Tx) error) error {
	start := t.tx.Savepoint()
	err := statement(t.tx)
	if err == nil {
		if len(t.savepoints) == 0 {
			t.tx.ForgetSavepoints()
		}
		return nil
	}
	if errors.Is(err, ErrConflict) {
		t.broken = err
		return err
	}
	if undo := t.tx.RollbackTo(start); undo != nil {
		t.broken = fmt.Errorf("undo the statement that failed (%w): %w", err, undo)
		return t.broken
	}
	return err
}
