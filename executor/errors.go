package executor

import (
	"errors"
	"fmt"

	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

var (
	// ErrClosed is returned when a session, statement or database is used after its end.
	ErrClosed = engine.ErrClosed
	// ErrConflict is matched when a transaction lost to another one: nothing
	// was applied, run it again.
	ErrConflict = engine.ErrConflict
	// ErrReadOnly is matched when a statement writes where that is refused.
	ErrReadOnly = engine.ErrReadOnly
	// ErrInTransaction is returned by BEGIN when a transaction is open already.
	ErrInTransaction = errors.New("a transaction is open already: end it with COMMIT or ROLLBACK, or use SAVEPOINT")
	// ErrNoTransaction is matched when COMMIT, ROLLBACK, SAVEPOINT or RELEASE finds no open transaction.
	ErrNoTransaction = errors.New("no transaction is open")
)

// errRowsOutlived ends rows that are open when their transaction or session ends.
var errRowsOutlived = errors.New("the transaction that these rows are read from has ended")

// DocumentError says which of the documents of InsertDocuments was refused, and why. Where the caller said that there is
// one, the reason comes without it.
type DocumentError struct {
	Number int64 // from 1
	Err    error
}

func (e *DocumentError) Error() string { return fmt.Sprintf("document %d: %v", e.Number, e.Err) }

// Unwrap returns the reason.
func (e *DocumentError) Unwrap() error { return e.Err }

// The typed errors of a statement's text.
type (
	// SyntaxError says where a text is not SQL.
	SyntaxError = parser.SyntaxError
	// BindError says where a statement means nothing: an unknown name, a wrong kind.
	BindError = planner.BindError
	// EvalError says which value an expression could not make: an overflow, a CAST.
	EvalError = expr.Error
)
