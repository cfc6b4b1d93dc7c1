// Package expr holds bound expressions: trees that were resolved once, when a
// statement was planned, and are evaluated on encoded records and registers
// for every row. SQL and Mongo-style requests build the same trees, with
// operators of their own where the two languages differ.
//
// Building a tree folds nothing and checks nothing but its own arguments;
// names are resolved by the planner, which also folds constants.
package expr

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/fluxdb/fluxdb/document"
)

// Expr is a bound expression. It is immutable and safe for use by many
// goroutines, each with a Frame of its own.
type Expr interface {
	// Eval returns the value for the frame's present row. The value may borrow
	// from the frame's records: it is valid until the row moves on.
	// Errors are those the SQL semantics name (overflow, a failed CAST); a
	// stored value of the wrong kind yields NULL and is counted in Frame.Run.
	Eval(f *Frame) (document.Value, error)
	// Static is what is known of the result without a row.
	Static() Static
	// Children are the direct operands, in evaluation order.
	Children() []Expr
	// With returns the same expression over other children, for rules that
	// rewrite trees; len(children) equals len(Children()).
	With(children []Expr) Expr
	// String prints the expression as SQL, for EXPLAIN.
	String() string
}

// Static is what the planner knows about a result before any row.
type Static struct {
	// Kind of every non-null result, or KindMissing for unknown.
	Kind document.Kind
	// Numeric says that every non-null result is a number, though Kind is unknown.
	Numeric bool
	// NotNull says that the result is never NULL or MISSING.
	NotNull bool
}

// IsTrue reports whether v as a condition is TRUE: the boolean, or a number other than 0.
func IsTrue(v document.Value) bool { return truthOf(v) == yes }

// Volatile reports whether e itself, whatever its operands are, gives another value each
// time it is evaluated.
func Volatile(e Expr) bool {
	switch e := e.(type) {
	case *Call:
		return e.Func.Volatile
	case *Subquery:
		return e.Unstable
	}
	return false
}

// Frame holds the registers of one running plan. Operators write the records
// and values of the present row into it; expressions read them. A frame
// belongs to one goroutine and one run; a parallel plan has one a worker.
type Frame struct {
	// Docs holds the present record of each source in FROM.
	Docs []document.Record
	// Vals holds computed values: covered index components, group keys,
	// aggregate results, output columns.
	Vals []document.Value
	// Run is the statement's execution, shared by all its frames.
	Run *Run
	// Subqueries runs those of the statement, nil where there are none.
	Subqueries Subqueries
	// args is scratch for function arguments, managed by Call.
	args []document.Value
	// text is scratch for folded text, managed by Like.
	text []byte
	memo memo
}

// wrongKind counts a value that an operator could not take, and is what it yields.
func (f *Frame) wrongKind() document.Value {
	if f.Run != nil {
		atomic.AddInt64(&f.Run.WrongKind, 1)
	}
	return document.Null()
}

// Run is one execution of a statement.
type Run struct {
	Context context.Context
	// Params are the statement's parameters, in ordinal order from 0.
	Params []document.Value
	// Now is the statement's time: NOW() is the same for all of a statement's rows.
	Now time.Time
	// WrongKind counts stored values of a kind an operator could not take, each
	// of which yielded NULL. Frames of parallel workers add to it atomically.
	WrongKind int64
}
