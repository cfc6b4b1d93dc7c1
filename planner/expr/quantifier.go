package expr

import "github.com/fluxdb/fluxdb/document"

// Quantifier is ANY|EVERY v IN list SATISFIES cond END: the OR, or the AND, of the condition on
// all elements, so FALSE, or TRUE, for an empty array.
type Quantifier struct {
	Every bool
	Var   string
	Reg   int // in Frame.Vals, where the condition finds the element
	List  Expr
	Cond  Expr
}

// Eval returns TRUE, FALSE or NULL.
func (q *Quantifier) Eval(f *Frame) (document.Value, error) {
	list, err := q.List.Eval(f)
	switch {
	case err != nil || list.IsNull():
		return nullOr(list, err)
	case list.Kind() != document.KindArray:
		return f.wrongKind(), nil
	}
	result, end := no, yes
	if q.Every {
		result, end = yes, no
	}
	if missing := q.Reg + 1 - len(f.Vals); missing > 0 { // constants are computed without registers
		f.Vals = append(f.Vals, make([]document.Value, missing)...)
	}
	for _, v := range list.AsArray() {
		f.Vals[q.Reg] = v
		t, err := condition(q.Cond, f)
		switch {
		case err != nil:
			return document.Missing(), err
		case t == end:
			return t.value(), nil
		case t == unknown:
			result = unknown
		}
	}
	return result.value(), nil
}

// Static tells a boolean.
func (q *Quantifier) Static() Static { return Static{Kind: document.KindBool} }

// Children returns the array and the condition.
func (q *Quantifier) Children() []Expr { return []Expr{q.List, q.Cond} }

// With returns the same quantifier over other operands.
func (q *Quantifier) With(children []Expr) Expr {
	n := *q
	n.List, n.Cond = children[0], children[1]
	return &n
}

func (q *Quantifier) String() string { return string(q.appendTo(nil)) }

func (q *Quantifier) appendTo(dst []byte) []byte {
	word := "ANY "
	if q.Every {
		word = "EVERY "
	}
	dst = append(append(dst, word...), document.FieldPath(q.Var).String()...)
	dst = appendOperand(append(dst, " IN "...), q.List, 0)
	dst = appendOperand(append(dst, " SATISFIES "...), q.Cond, 0)
	return append(dst, " END"...)
}

func (q *Quantifier) precedence() int { return precAtom }
