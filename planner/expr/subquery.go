package expr

import (
	"strconv"

	"github.com/fluxdb/fluxdb/document"
)

// Subqueries runs the subqueries of a statement, on the frame that an expression is evaluated on.
type Subqueries interface {
	// Scalar returns the value of the only row, NULL without one, and an error for several.
	Scalar(q *Subquery, f *Frame) (document.Value, error)
	// Exists reports whether there is a row.
	Exists(q *Subquery, f *Frame) (bool, error)
	// Each calls fn for the value of each row until it returns false.
	Each(q *Subquery, f *Frame, fn func(document.Value) (more bool, err error)) error
	// Extremes calls fn, until it returns false, for the least and the greatest of the values of each kind that a
	// subquery without arguments gives. x op ANY and x op ALL are the same over these as over all values, but = ANY and
	// <> ALL.
	Extremes(q *Subquery, f *Frame, fn func(document.Value) (more bool)) error
	// Member looks v up among the values of all rows of a subquery without arguments.
	Member(q *Subquery, f *Frame, v document.Value) (Membership, error)
}

// Membership is what there is to know of a value and a set.
type Membership struct{ Found, Null, Empty bool }

// SubqueryKind is what is asked of a subquery.
type SubqueryKind uint8

// The kinds of subqueries.
const (
	ScalarSubquery SubqueryKind = iota
	ExistsSubquery
	AnySubquery // x op ANY (subquery), IN being = ANY
	AllSubquery // x op ALL (subquery)
)

// Subquery is a query as an operand.
type Subquery struct {
	ID   int // in the plan's subplans
	Kind SubqueryKind
	X    Expr // compared with each row, for Any and All
	Op   CompareOp
	// Row says that X is an array, and the value of each row too: (a, b) IN (SELECT x, y ...). They are compared as rows.
	Row bool
	// Args are what the query reads of the row it stands in. They are put in the registers Regs, where the query
	// finds them.
	Args []Expr
	Regs []int
	// Unstable says that it may give another result each time.
	Unstable bool
	Known    Static
}

// Eval runs the query, or gives what it gave before.
func (q *Subquery) Eval(f *Frame) (document.Value, error) {
	if f.Subqueries == nil {
		return document.Missing(), badArgument("a subquery can't stand here")
	}
	switch q.Kind {
	case ScalarSubquery:
		return f.Subqueries.Scalar(q, f)
	case ExistsSubquery:
		found, err := f.Subqueries.Exists(q, f)
		return document.Bool(found), err
	}
	x, err := q.X.Eval(f)
	if err != nil {
		return x, err
	}
	if len(q.Args) == 0 && !q.Unstable && q.Row && q.Kind == AnySubquery && q.Op == Eq {
		return q.memberOfRows(x, f)
	}
	if len(q.Args) > 0 || q.Unstable || q.Row {
		x = x.Clone() // what it borrows may move while the query runs
		result, add := q.deciding(x, f)
		err = f.Subqueries.Each(q, f, func(y document.Value) (bool, error) { return add(y), nil })
		return result.value(), err
	}
	if q.Kind == AnySubquery && q.Op == Eq {
		return q.member(x, f)
	}
	result, add := q.deciding(x, f)
	err = f.Subqueries.Extremes(q, f, add)
	return result.value(), err
}

// deciding returns the result for no values, and what takes more values in until one decides.
func (q *Subquery) deciding(x document.Value, f *Frame) (result *truth, add func(y document.Value) (more bool)) {
	t, end := no, yes
	if q.Kind == AllSubquery {
		t, end = yes, no
	}
	literal := isLiteral(q.X)
	return &t, func(y document.Value) bool {
		var holds truth
		if q.Row {
			holds = f.compareRows(q.Op, x, y, q.X)
		} else {
			holds = f.compare(q.Op, x, y, literal, false)
		}
		switch holds {
		case end:
			t = end
			return false
		case unknown:
			t = unknown
		}
		return true
	}
}

// member looks x up among the values of all rows, a literal as what it may stand for, too.
func (q *Subquery) member(x document.Value, f *Frame) (document.Value, error) {
	m, err := f.Subqueries.Member(q, f, x)
	if other := f.otherKind(x); err == nil && !m.Found && isLiteral(q.X) && !other.IsMissing() {
		m, err = f.Subqueries.Member(q, f, other)
	}
	switch {
	case err != nil:
		return document.Missing(), err
	case m.Empty:
		return document.Bool(false), nil
	case x.IsNull() || m.Null && !m.Found:
		return document.Null(), nil
	}
	return document.Bool(m.Found), nil
}

// otherKind is the value of another kind that a literal is equal to: a boolean for 0 and 1, a timestamp for its text.
// MISSING for none.
func (f *Frame) otherKind(x document.Value) document.Value {
	switch {
	case x.Kind() == document.KindString:
		return f.stamp(x.AsString())
	case document.Identical(x, document.Int(0)) || document.Identical(x, document.Float(0)):
		return document.Bool(false)
	case document.Identical(x, document.Int(1)) || document.Identical(x, document.Float(1)):
		return document.Bool(true)
	}
	return document.Missing()
}

// compare is x op y by the rules of Comparison.
func (f *Frame) compare(op CompareOp, x, y document.Value, xLiteral, yLiteral bool) truth {
	if x.IsNull() || y.IsNull() {
		return unknown
	}
	if document.Comparable(x.Kind(), y.Kind()) {
		return known(op.holds(document.Compare(x, y)))
	}
	if order, ok := f.compareKinds(x, y, xLiteral, yLiteral); ok {
		return known(op.holds(order))
	}
	switch op {
	case Eq:
		return no
	case Ne:
		return yes
	}
	return unknown
}

// Static tells a boolean, or what is known of the result.
func (q *Subquery) Static() Static {
	switch q.Kind {
	case ScalarSubquery:
		return q.Known
	case ExistsSubquery:
		return Static{Kind: document.KindBool, NotNull: true}
	}
	return Static{Kind: document.KindBool}
}

// Children returns the operand, if there is one, and the arguments.
func (q *Subquery) Children() []Expr {
	if q.X == nil {
		return q.Args
	}
	return append([]Expr{q.X}, q.Args...)
}

// With returns the same subquery for other operands.
func (q *Subquery) With(children []Expr) Expr {
	n := *q
	if n.X != nil {
		n.X, children = children[0], children[1:]
	}
	n.Args = children
	return &n
}

func (q *Subquery) String() string { return string(q.appendTo(nil)) }

func (q *Subquery) appendTo(dst []byte) []byte {
	switch {
	case q.Kind == ExistsSubquery:
		dst = append(dst, "EXISTS "...)
	case q.Kind == AnySubquery && q.Op == Eq:
		dst = append(appendOperand(dst, q.X, precCompare+1), " IN "...)
	case q.X != nil:
		dst = append(appendOperand(dst, q.X, precCompare+1), ' ')
		dst = append(append(dst, q.Op.String()...), map[SubqueryKind]string{AnySubquery: " ANY ", AllSubquery: " ALL "}[q.Kind]...)
	}
	dst = append(dst, "(subquery "...)
	return append(strconv.AppendInt(dst, int64(q.ID+1), 10), ')')
}

func (q *Subquery) precedence() int {
	if q.X == nil {
		return precAtom
	}
	return precCompare
}
