package executor

import (
	"errors"
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// ErrManyRows is returned when a subquery that stands for one value has several rows.
var ErrManyRows = errors.New("a subquery that stands for one value has more than one row")

// subqueries runs the queries that stand in the expressions of a plan, on a frame of their own: what they read of the
// row outside is handed to them. What one gave is kept for as long as its arguments are the same: without any, for
// the whole run.
type subqueries struct {
	x     *execution // of the statement
	tx    *engine.Tx // what they read, nil for that of the statement
	plan  *planner.Plan
	inner *execution // nil until one runs
	kept  []keptResult
	key   []byte // room for a value's
}

// keptResult is what a subquery gave, and for which arguments.
type keptResult struct {
	known bool
	args  []document.Value
	value document.Value // the scalar, or whether there is a row
	set   *memberSet
	// extremes are the least and the greatest value of each kind.
	extremes []extremes
}

// extremes are the least and the greatest of values that compare with each other. What is less, or greater, than one
// or all of the values is so of these two.
type extremes struct{ least, greatest document.Value }

// memberSet is the values of a subquery, by their ordered keys: values that are equal have one key, whatever their
// kinds.
type memberSet struct {
	*keySet
	null  bool
	empty bool
}

func newSubqueries(x *execution, plan *planner.Plan) *subqueries {
	return &subqueries{x: x, plan: plan, kept: make([]keptResult, len(plan.Subplans))}
}

// begin makes the execution that all of them share: no two write the same registers.
func (s *subqueries) begin() {
	if s.inner != nil {
		return
	}
	s.inner = &execution{ctx: s.x.ctx, tx: s.x.tx, memory: s.x.memory, closed: s.x.closed, actuals: s.x.actuals, works: s.x.works}
	if s.tx != nil {
		s.inner.tx = s.tx
	}
	s.inner.frame = newFrame(s.plan, s.x.frame.Run)
	s.inner.frame.Subqueries = s
}

// arguments evaluates the arguments into their registers and reports whether they are those of the result that is
// kept.
func (s *subqueries) arguments(q *expr.Subquery, f *expr.Frame) (kept *keptResult, same bool, err error) {
	s.begin()
	kept = &s.kept[q.ID]
	same = kept.known && !q.Unstable
	if kept.args == nil {
		kept.args = make([]document.Value, len(q.Args))
	}
	for i, arg := range q.Args {
		v, err := arg.Eval(f)
		if err != nil {
			return nil, false, err
		}
		if same && document.Identical(v, kept.args[i]) {
			continue
		}
		same = false
		kept.args[i] = v.Clone() // the row may move while the query reads
	}
	for i, reg := range q.Regs {
		s.inner.frame.Vals[reg] = kept.args[i]
	}
	kept.known = same
	return kept, same, nil
}

// run calls fn for each row.
func (s *subqueries) run(q *expr.Subquery, fn func() (more bool, err error)) (err error) {
	op, err := open(s.plan.Subplans[q.ID].Root, s.inner)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := op.close(); err == nil {
			err = closeErr
		}
	}()
	for {
		ok, err := op.next()
		if err != nil || !ok {
			return err
		}
		if more, err := fn(); err != nil || !more {
			return err
		}
	}
}

// value is the first column of the present row. There is no MISSING outside of documents.
func (s *subqueries) value(q *expr.Subquery) document.Value {
	v := s.inner.frame.Vals[s.plan.Subplans[q.ID].Reg]
	if v.IsMissing() {
		return document.Null()
	}
	return v
}

// Scalar implements expr.Subqueries.
func (s *subqueries) Scalar(q *expr.Subquery, f *expr.Frame) (document.Value, error) {
	kept, same, err := s.arguments(q, f)
	if err != nil || same {
		return kept.valueOf(), err
	}
	value, rows := document.Null(), 0
	err = s.run(q, func() (bool, error) {
		if rows++; rows > 1 {
			return false, ErrManyRows
		}
		value = s.value(q).Clone()
		return true, nil
	})
	if err != nil {
		return document.Missing(), err
	}
	kept.known, kept.value = true, value
	return value, nil
}

func (k *keptResult) valueOf() document.Value {
	if k == nil {
		return document.Missing()
	}
	return k.value
}

// Exists implements expr.Subqueries.
func (s *subqueries) Exists(q *expr.Subquery, f *expr.Frame) (bool, error) {
	kept, same, err := s.arguments(q, f)
	if err != nil {
		return false, err
	}
	if !same {
		found := false
		err := s.run(q, func() (bool, error) {
			found = true
			return false, nil
		})
		if err != nil {
			return false, err
		}
		kept.known, kept.value = true, document.Bool(found)
	}
	return kept.value.AsBool(), nil
}

// Each implements expr.Subqueries.
func (s *subqueries) Each(q *expr.Subquery, f *expr.Frame, fn func(document.Value) (bool, error)) error {
	if _, _, err := s.arguments(q, f); err != nil {
		return err
	}
	return s.run(q, func() (bool, error) { return fn(s.value(q)) })
}

// Extremes implements expr.Subqueries.
func (s *subqueries) Extremes(q *expr.Subquery, f *expr.Frame, fn func(document.Value) bool) error {
	kept, same, err := s.arguments(q, f)
	if err != nil {
		return err
	}
	if !same {
		kept.extremes = nil
		err := s.run(q, func() (bool, error) {
			kept.extend(s.value(q))
			return true, nil
		})
		if err != nil {
			return err
		}
		kept.known = true
	}
	for i := range kept.extremes {
		if !fn(kept.extremes[i].least) || !fn(kept.extremes[i].greatest) {
			break
		}
	}
	return nil
}

// extend adds a value to the extremes.
func (k *keptResult) extend(v document.Value) {
	for i := range k.extremes {
		e := &k.extremes[i]
		switch {
		case !document.Comparable(v.Kind(), e.least.Kind()):
			continue
		case v.IsNull():
		case document.Compare(v, e.least) < 0:
			e.least = v.Clone()
		case document.Compare(v, e.greatest) > 0:
			e.greatest = v.Clone()
		}
		return
	}
	v = v.Clone()
	k.extremes = append(k.extremes, extremes{v, v})
}

// Member implements expr.Subqueries.
func (s *subqueries) Member(q *expr.Subquery, f *expr.Frame, v document.Value) (expr.Membership, error) {
	kept, same, err := s.arguments(q, f)
	if err != nil {
		return expr.Membership{}, err
	}
	if !same {
		v = v.Clone()
		if kept.set != nil {
			kept.set.close()
		}
		set := &memberSet{keySet: s.inner.newKeySet(), empty: true}
		kept.set = set
		err := s.run(q, func() (bool, error) {
			set.empty = false
			v := s.value(q)
			if v.IsNull() || q.Row && slices.ContainsFunc(v.AsArray(), document.Value.IsNull) {
				set.null = true
				return true, nil
			}
			s.key, _ = document.AppendKey(s.key[:0], v, false)
			_, err := set.add(s.key)
			return true, err
		})
		if err != nil {
			return expr.Membership{}, err
		}
		kept.known = true
	}
	m := expr.Membership{Null: kept.set.null, Empty: kept.set.empty}
	if !v.IsNull() {
		s.key, _ = document.AppendKey(s.key[:0], v, false)
		m.Found, err = kept.set.has(s.key)
	}
	return m, err
}
