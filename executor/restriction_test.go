package executor

import (
	"math/rand/v2"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

func field(t testing.TB, text string) *expr.Field { return expr.NewField(0, path(t, text), "") }

// restriction is a random condition on one component, and the bounds that stand for it.
type restriction struct {
	cond         expr.Expr
	eq           *planner.EqBound
	lower, upper *planner.Bound
}

// literal returns a random operand, now and then one of those with rules of their own.
func literal(rng *rand.Rand) expr.Expr {
	switch rng.IntN(8) {
	case 0:
		return expr.NewConst(document.Int(int64(rng.IntN(2))))
	case 1:
		return expr.NewConst(document.String("1970-01-01T00:00:01Z"))
	}
	return expr.NewConst(randomValue(rng))
}

// equality is a random condition that allows single values.
func equality(rng *rand.Rand, x expr.Expr) restriction {
	switch rng.IntN(4) {
	case 0:
		v := literal(rng)
		return restriction{cond: expr.NewComparison(expr.Eq, x, v), eq: &planner.EqBound{Values: []expr.Expr{v}}}
	case 1:
		return restriction{cond: &expr.IsNull{X: x}, eq: &planner.EqBound{Null: true}}
	case 2:
		list := make([]document.Value, rng.IntN(6))
		for i := range list {
			list[i], _ = literal(rng).Eval(nil)
		}
		array := expr.NewConst(document.Array(list))
		return restriction{cond: &expr.InArray{X: x, Array: array}, eq: &planner.EqBound{List: array}}
	}
	values := make([]expr.Expr, 1+rng.IntN(5))
	for i := range values {
		values[i] = literal(rng)
	}
	return restriction{cond: expr.NewIn(x, values, false), eq: &planner.EqBound{Values: values}}
}

// ranged is a random condition that allows ranges.
func ranged(rng *rand.Rand, x expr.Expr) restriction {
	ops := [...]expr.CompareOp{expr.Lt, expr.Le, expr.Gt, expr.Ge}
	var r restriction
	var conds []expr.Expr
	for range 1 + rng.IntN(2) {
		v, op := literal(rng), ops[rng.IntN(4)]
		conds = append(conds, expr.NewComparison(op, x, v))
		b := &planner.Bound{Value: v, Inclusive: op == expr.Le || op == expr.Ge}
		switch {
		case (op == expr.Lt || op == expr.Le) && r.upper == nil:
			r.upper = b
		case (op == expr.Gt || op == expr.Ge) && r.lower == nil:
			r.lower = b
		default:
			conds = conds[:len(conds)-1]
		}
	}
	if rng.IntN(6) == 0 {
		return restriction{cond: &expr.IsNull{X: x, Not: true}, lower: &planner.Bound{NotNull: true}}
	}
	r.cond = &expr.And{List: conds}
	return r
}
