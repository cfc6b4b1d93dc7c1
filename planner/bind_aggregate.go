package planner

import (
	"fmt"
	"slices"

	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// aggregateCall binds the arguments and the order of a call of an aggregate: it returns the aggregate as the call
// has it and what it takes in of a row, nil for *.
func (b *builder) aggregateCall(s *scope, fn *expr.Aggregate, call *parser.Call) (*expr.Aggregate, expr.Expr, error) {
	if call.Star {
		if !fn.Star {
			return fn, nil, b.fail(call.Pos(), fn.Name+"(*) counts nothing", "give it an argument")
		}
		return fn, nil, nil
	}
	list := call.Args
	if n := len(list); fn.Within && len(call.OrderBy) == 1 && !fn.Takes(n) && fn.Takes(n+1) {
		// WITHIN GROUP (ORDER BY x) gives the first argument.
		list = slices.Insert(slices.Clone(list), 0, call.OrderBy[0].Expr)
	}
	if !fn.Takes(len(list)) {
		hint := ""
		if fn.MaxArgs > 1 {
			hint = fn.Usage
		}
		return fn, nil, b.fail(call.Pos(), fmt.Sprintf("%s takes %s, found %d", fn.Name, fn.Arity(), len(list)), hint)
	}
	columns, err := b.exprs(s, list)
	if err != nil {
		return fn, nil, err
	}
	if at, err := fn.Check(columns); err != nil {
		return fn, nil, b.fail(list[at].Pos(), err.Error(), "")
	}
	n := len(columns)
	columns[n-1] = fold(columns[n-1]) // a separator, or a fraction
	keys := make([]expr.AggregateKey, len(call.OrderBy))
	if len(keys) > maxKeys {
		return fn, nil, b.fail(call.OrderBy[maxKeys].Expr.Pos(), fmt.Sprintf("ORDER BY has more than %d keys", maxKeys), "")
	}
	for i := range call.OrderBy {
		if keys[i], columns, err = b.aggregateKey(s, &call.OrderBy[i], columns); err != nil {
			return fn, nil, err
		}
		if call.Distinct && keys[i].Column >= n {
			return fn, nil, b.fail(call.OrderBy[i].Expr.Pos(), "with DISTINCT an aggregate sorts by its argument only", "")
		}
	}
	bound, arg, err := fn.Bind(columns, n, keys)
	if err != nil {
		return fn, nil, b.fail(list[n-1].Pos(), fn.Name+": "+err.Error(), "")
	}
	return bound, arg, nil
}

// aggregateKey binds a key of ORDER BY in a call: one of columns, or one more of them.
func (b *builder) aggregateKey(s *scope, o *parser.OrderItem, columns []expr.Expr) (expr.AggregateKey, []expr.Expr, error) {
	e, err := b.expr(s, o.Expr)
	if err != nil {
		return expr.AggregateKey{}, nil, err
	}
	key, err := b.sortKey(o, e)
	if err != nil {
		return expr.AggregateKey{}, nil, err
	}
	at := slices.IndexFunc(columns, func(c expr.Expr) bool { return same(c, e) })
	if at < 0 {
		at, columns = len(columns), append(columns, e)
	}
	return expr.AggregateKey{Column: at, Desc: key.Desc, NullsFirst: key.NullsFirst, NoCase: key.NoCase, Text: key.direction()}, columns, nil
}
