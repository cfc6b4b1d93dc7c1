package executor

import (
	"fmt"
	"math"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// limitOp skips rows and passes at most a number of those that follow.
type limitOp struct {
	node  *planner.Limit
	input operator
	x     *execution
	// skip and left are how many rows are still to be skipped and passed.
	skip, left int64
}

func (l *limitOp) open(x *execution) (err error) {
	l.x = x
	if l.left, err = rowCount("LIMIT", l.node.Count, x.frame, math.MaxInt64); err != nil {
		return err
	}
	if l.skip, err = rowCount("OFFSET", l.node.Offset, x.frame, 0); err != nil {
		return err
	}
	if in, ok := l.input.(wantsRows); ok && l.left < math.MaxInt64-l.skip {
		in.want(l.skip + l.left)
	}
	return l.input.open(x)
}

// wantsRows is an operator that does better when it knows, before it opens, how many rows will be
// pulled at most.
type wantsRows interface{ want(rows int64) }

// next does not pull once the last row has passed: reading on could cost as much as all before.
func (l *limitOp) next() (bool, error) {
	if l.left == 0 {
		return false, nil
	}
	for ; l.skip > 0; l.skip-- {
		if ok, err := l.input.next(); err != nil || !ok {
			l.left = 0
			return false, err
		}
	}
	ok, err := l.input.next()
	if err != nil || !ok {
		l.left = 0
		return false, err
	}
	l.left--
	return true, nil
}

func (l *limitOp) close() error { return l.input.close() }

// rowCount evaluates the number of a LIMIT or OFFSET; none and NULL are otherwise.
func rowCount(clause string, e expr.Expr, f *expr.Frame, otherwise int64) (int64, error) {
	if e == nil {
		return otherwise, nil
	}
	v, err := e.Eval(f)
	switch {
	case err != nil:
		return 0, err
	case v.IsNull():
		return otherwise, nil
	case v.Kind() != document.KindInt || v.AsInt() < 0:
		return 0, fmt.Errorf("%s %s: expected a whole number from 0, found %s", clause, e,
			document.AppendJSON(nil, v, document.Plain))
	}
	return v.AsInt(), nil
}
