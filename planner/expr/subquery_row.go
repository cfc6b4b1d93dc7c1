package expr

import "github.com/fluxdb/fluxdb/document"

// memberOfRows is (a, b) IN (subquery): where neither side has a NULL, by looking the whole row up, else row by row.
func (q *Subquery) memberOfRows(x document.Value, f *Frame) (document.Value, error) {
	exact := true
	for i, v := range x.AsArray() {
		exact = exact && !v.IsNull() && (!itemIsLiteral(q.X, i) || f.otherKind(v).IsMissing())
	}
	if exact {
		switch m, err := f.Subqueries.Member(q, f, x); {
		case err != nil:
			return document.Missing(), err
		case m.Found:
			return document.Bool(true), nil
		case m.Empty || !m.Null:
			return document.Bool(false), nil
		}
	}
	x = x.Clone() // what it borrows may move while the query runs
	result, add := q.deciding(x, f)
	err := f.Subqueries.Each(q, f, func(y document.Value) (bool, error) { return add(y), nil })
	return result.value(), err
}

// itemIsLiteral reports whether value i of a row is a literal or a parameter. A row of constants was folded into one.
func itemIsLiteral(row Expr, i int) bool {
	if array, ok := row.(*Array); ok {
		return isLiteral(array.Items[i])
	}
	return true
}

// compareRows is x op y of two rows, which are arrays of one length.
func (f *Frame) compareRows(op CompareOp, x, y document.Value, row Expr) truth {
	xs, ys := x.AsArray(), y.AsArray()
	if op > Ne {
		for i := range xs {
			literal := itemIsLiteral(row, i)
			if t := f.compare(Eq, xs[i], ys[i], literal, false); t == unknown {
				return unknown
			} else if t == no {
				return f.compare(op, xs[i], ys[i], literal, false)
			}
		}
		return known(op == Le || op == Ge)
	}
	equal := yes
	for i := range xs {
		switch f.compare(Eq, xs[i], ys[i], itemIsLiteral(row, i), false) {
		case no:
			return known(op == Ne)
		case unknown:
			equal = unknown
		}
	}
	if op == Ne {
		return equal.not()
	}
	return equal
}
