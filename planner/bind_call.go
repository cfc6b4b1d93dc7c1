package planner

import (
	"fmt"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// call binds a function call, of an aggregate, a window function or a scalar function.
func (b *builder) call(s *scope, e *parser.Call) (expr.Expr, error) {
	if e.Over != nil {
		return b.windowCall(s, e)
	}
	if e.Name == "GROUPING" || e.Name == "GROUPING_ID" {
		return b.groupingCall(s, e)
	}
	fn, scalar := expr.Lookup(e.Name)
	if agg, ok := expr.LookupAggregate(e.Name); ok && !(scalar && len(e.Args) > 1) {
		return b.aggregate(s, agg, e)
	}
	if !scalar {
		if w, ok := expr.LookupWindow(e.Name); ok {
			return nil, b.fail(e.Pos(), "the window function "+w.Name+" needs OVER", w.Name+"(...) OVER (ORDER BY ...)")
		}
		return nil, b.fail(e.Pos(), "unknown function "+e.Name, didYouMeanFunction(e.Name))
	}
	switch {
	case e.Star:
		return nil, b.fail(e.Pos(), fn.Name+"(*) is for aggregates such as COUNT", "")
	case e.Distinct:
		return nil, b.fail(e.Pos(), fmt.Sprintf("DISTINCT is for aggregates, %s is none", fn.Name), "")
	case len(e.OrderBy) > 0:
		return nil, b.fail(e.OrderBy[0].Expr.Pos(), fmt.Sprintf("ORDER BY in a call is for aggregates, %s is none", fn.Name), "")
	case e.Filter != nil:
		return nil, b.fail(e.Filter.Pos(), fmt.Sprintf("FILTER is for aggregates, %s is none", fn.Name), "")
	}
	args, err := b.exprs(s, e.Args)
	if err != nil {
		return nil, err
	}
	if err := fn.Check(args); err != nil {
		return nil, b.fail(refusedAt(fn, e, args), err.Error(), "")
	}
	return expr.NewCall(fn, args), nil
}

// refusedAt is where the argument stands that a function refuses, or the call when it is their number.
func refusedAt(fn *expr.Function, e *parser.Call, args []expr.Expr) int {
	anything := make([]expr.Expr, len(args))
	for i := range anything {
		anything[i] = &expr.Param{}
	}
	if fn.Check(anything) != nil {
		return e.Pos()
	}
	for i := range args {
		anything[i] = args[i]
		if fn.Check(anything) != nil {
			return e.Args[i].Pos()
		}
	}
	return e.Pos()
}

func didYouMeanFunction(name string) string {
	var names []string
	for _, fn := range expr.Functions() {
		names = append(names, fn.Name)
	}
	for _, agg := range expr.Aggregates() {
		names = append(names, agg.Name)
	}
	for _, fn := range expr.WindowFunctions() {
		names = append(names, fn.Name)
	}
	if n := document.Nearest(name, names); n != "" {
		return "did you mean " + n + "?"
	}
	return ""
}
