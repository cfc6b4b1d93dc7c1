package executor

import (
	"context"
	"errors"
	"time"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// Compiler returns what the engine evaluates the SQL texts with that its catalog stores.
func Compiler() engine.Compiler { return compiler{} }

type compiler struct{}

// Compile makes an evaluator of an expression that has no row in scope: a DEFAULT. It is planned
// as the only result of a query without FROM.
func (compiler) Compile(text string) (engine.Evaluator, error) {
	parsed, err := parser.ParseExpr(text)
	if err != nil {
		return nil, err
	}
	query := &parser.Query{
		Meta: parser.Meta{Text: text, End: len(text)},
		Body: &parser.Select{Items: []parser.SelectItem{{Expr: parsed, Pos: parsed.Pos()}}},
	}
	plan, err := planner.Build(query, noCatalog{}, planner.Options{})
	if err != nil {
		return nil, err
	}
	p, ok := plan.Root.(*planner.Project)
	if ok && len(p.Outs) == 1 {
		if _, ok = p.Input.(*planner.Values); ok {
			return &evaluator{p.Outs[0].Expr, plan.Vals}, nil
		}
	}
	return nil, failAt(query, parsed.Pos(), "a stored expression has no rows that an aggregate could be of", "")
}

// noCatalog is what a stored expression sees of the database.
type noCatalog struct{}

var errNoCatalog = errors.New("a stored expression reads no collection")

func (noCatalog) Collection(string) (*engine.Collection, error)        { return nil, errNoCatalog }
func (noCatalog) Collections() ([]*engine.Collection, error)           { return nil, errNoCatalog }
func (noCatalog) Fields(*engine.Collection) (*planner.FieldSet, error) { return nil, errNoCatalog }
func (noCatalog) Stats(*engine.Collection) (planner.Stats, error) {
	return planner.Stats{}, errNoCatalog
}

// evaluator evaluates a bound expression. It is safe for use by many goroutines.
type evaluator struct {
	expr expr.Expr
	vals int // registers
}

// Eval returns the value of the expression.
func (e *evaluator) Eval(ctx context.Context, _ document.Value) (document.Value, error) {
	if c, ok := e.expr.(*expr.Const); ok {
		return c.Value, nil
	}
	run := &expr.Run{Context: ctx, Now: timeOf(ctx)}
	return e.expr.Eval(&expr.Frame{Vals: make([]document.Value, e.vals), Run: run})
}

// statementTime is a context that tells stored expressions the time of the statement, so
// that NOW() is the same in the values of a row and in its defaults.
type statementTime struct {
	context.Context
	now time.Time
}

type statementTimeKey struct{}

// Value implements context.Context.
func (s *statementTime) Value(key any) any {
	if key == (statementTimeKey{}) {
		return s.now
	}
	return s.Context.Value(key)
}

// withTime returns ctx with the time of the statement, if c has defaults that may ask for it.
func withTime(ctx context.Context, now time.Time, c *engine.Collection) context.Context {
	for i := range c.Fields {
		if c.Fields[i].Default != "" {
			return &statementTime{ctx, now}
		}
	}
	return ctx
}

func timeOf(ctx context.Context) time.Time {
	if now, ok := ctx.Value(statementTimeKey{}).(time.Time); ok {
		return now
	}
	return time.Now().UTC()
}
