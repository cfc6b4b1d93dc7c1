package executor

import (
	"slices"

	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// rowParts is what the bound of a row adds to b: as (a, b) > (1, 2) is a > 1, or a = 1 and b > 2, there is a part for each
// value of the row. No two have an entry in common.
func rowParts(row *planner.RowBound, b bounded, f *expr.Frame) ([]bounded, error) {
	var parts []bounded
	for i, value := range row.Values {
		end := &planner.Bound{Value: value, Inclusive: row.Inclusive && i == len(row.Values)-1, Type: row.Types[i]}
		lower, upper := end, (*planner.Bound)(nil)
		if row.Upper {
			lower, upper = upper, lower
		}
		tail, err := intervals(lower, upper, f, new(boundsRoom))
		if err != nil {
			return nil, err
		}
		if len(tail) > 0 {
			parts = append(parts, bounded{eq: b.eq, tail: tail})
		}
		equal, err := equalities(nil, &planner.EqBound{Values: row.Values[i : i+1], Type: row.Types[i]}, f)
		if err != nil || len(equal) == 0 {
			return parts, err // nothing compares with NULL
		}
		b.eq = append(slices.Clip(b.eq), equal)
	}
	return parts, nil
}
