package expr

import "github.com/fluxdb/fluxdb/document"

// Quantified is x op ANY (array), the OR of the comparisons with all elements, or x op ALL (array), their AND: FALSE,
// or TRUE, for an empty array, and NULL when the array is. = ANY and <> ALL are InArray.
type Quantified struct {
	X     Expr
	Op    CompareOp
	All   bool
	Array Expr
}

// Eval returns TRUE, FALSE or NULL.
func (q *Quantified) Eval(f *Frame) (document.Value, error) {
	x, err := q.X.Eval(f)
	if err != nil {
		return x, err
	}
	array, err := q.Array.Eval(f)
	switch {
	case err != nil || array.IsNull():
		return nullOr(array, err)
	case array.Kind() != document.KindArray:
		if isLiteral(q.Array) {
			return array, badArgument("%s %s: expected an array, found %s", q.word(), q.Array, array.Kind())
		}
		return f.wrongKind(), nil
	}
	result, end := no, yes
	if q.All {
		result, end = yes, no
	}
	xLiteral, literal := isLiteral(q.X), isLiteral(q.Array)
	for _, y := range array.AsArray() {
		switch t := f.compare(q.Op, x, y, xLiteral, literal); t {
		case end:
			return end.value(), nil
		case unknown:
			result = unknown
		}
	}
	return result.value(), nil
}

func (q *Quantified) word() string {
	if q.All {
		return "ALL"
	}
	return "ANY"
}

// Static tells a boolean.
func (q *Quantified) Static() Static { return Static{Kind: document.KindBool} }

// Children returns x and the array.
func (q *Quantified) Children() []Expr { return []Expr{q.X, q.Array} }

// With returns the same comparison of other operands.
func (q *Quantified) With(children []Expr) Expr {
	return &Quantified{children[0], q.Op, q.All, children[1]}
}

func (q *Quantified) String() string { return string(q.appendTo(nil)) }

func (q *Quantified) appendTo(dst []byte) []byte {
	dst = append(appendOperand(dst, q.X, precCompare+1), ' ')
	dst = append(append(append(dst, q.Op.String()...), ' '), q.word()...)
	return append(appendOperand(append(dst, " ("...), q.Array, 0), ')')
}

func (q *Quantified) precedence() int { return precCompare }
