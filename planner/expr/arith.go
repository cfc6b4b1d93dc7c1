package expr

import (
	"fmt"

	"github.com/fluxdb/fluxdb/document"
)

// ArithOp is an operator on two values that is no comparison.
type ArithOp uint8

// The operators.
const (
	Add ArithOp = iota
	Subtract
	Multiply
	Divide
	Modulo
	Concat // ||
	BitAnd
	BitOr
	ShiftLeft
	ShiftRight
)

var arithText = [...]string{"+", "-", "*", "/", "%", "||", "&", "|", "<<", ">>"}

// String returns the operator as SQL writes it.
func (op ArithOp) String() string { return arithText[op] }

// arithOp returns the operator that SQL writes so.
func arithOp(text string) (ArithOp, bool) {
	for i, t := range arithText {
		if t == text {
			return ArithOp(i), true
		}
	}
	return 0, false
}

// Arith is a op b. It is NULL when an operand is; a boolean counts as 0 or 1.
type Arith struct {
	Op   ArithOp
	A, B Expr
}

// NewArith returns a op b, for one of
//
//   - - * / % || & | << >>
func NewArith(op string, a, b Expr) *Arith {
	o, ok := arithOp(op)
	if !ok {
		panic("expr: no operator " + op) // the parser has a fixed list
	}
	return &Arith{o, a, b}
}

// Eval computes the result. Overflow of int64 is an error; a division by zero is NULL.
func (a *Arith) Eval(f *Frame) (document.Value, error) {
	x, err := a.A.Eval(f)
	if err != nil {
		return x, err
	}
	y, err := a.B.Eval(f)
	if err != nil {
		return y, err
	}
	if x.IsNull() || y.IsNull() {
		return document.Null(), nil
	}
	if a.Op == Concat {
		return concat(f, x, y)
	}
	x, y = asNumber(x), asNumber(y)
	kx, ky := x.Kind(), y.Kind()
	switch {
	case kx == document.KindInt && ky == document.KindInt:
		return a.Op.ints(x.AsInt(), y.AsInt())
	case kx.IsNumber() && ky.IsNumber() && a.Op <= Modulo:
		return a.Op.floats(x.AsFloat(), y.AsFloat()), nil
	}
	return f.wrongKind(), nil
}

// Static works the kind of the result out of the operands'.
func (a *Arith) Static() Static {
	x, y := a.A.Static(), a.B.Static()
	whole := func(s Static) bool { return s.Kind == document.KindInt || s.Kind == document.KindBool }
	number := func(s Static) bool { return s.isNumber() || s.Kind == document.KindBool }
	s := Static{Numeric: true, NotNull: x.NotNull && y.NotNull && number(x) && number(y)}
	switch {
	case a.Op == Concat:
		return concatStatic(x, y)
	case a.Op >= BitAnd:
		s.Kind = document.KindInt
		s.NotNull = s.NotNull && whole(x) && whole(y)
	case whole(x) && whole(y):
		s.Kind = document.KindInt
	case number(x) && y.Kind == document.KindFloat, number(y) && x.Kind == document.KindFloat,
		x.Kind == document.KindFloat || y.Kind == document.KindFloat:
		s.Kind = document.KindFloat
	}
	if a.Op == Divide || a.Op == Modulo {
		s.NotNull = false
	}
	return s
}

// Children returns the operands.
func (a *Arith) Children() []Expr { return []Expr{a.A, a.B} }

// With returns the same operation on other operands.
func (a *Arith) With(children []Expr) Expr { return &Arith{a.Op, children[0], children[1]} }

func (a *Arith) String() string { return string(a.appendTo(nil)) }

func (a *Arith) appendTo(dst []byte) []byte {
	p := a.precedence()
	dst = append(appendOperand(dst, a.A, a.least(a.A, p)), ' ')
	dst = append(append(dst, a.Op.String()...), ' ')
	return appendOperand(dst, a.B, a.least(a.B, p+1))
}

// least is the least precedence of an operand without parentheses. How || and the operators on
// bits stand to those on numbers differs between SQL's dialects, so that a mix is spelled out.
func (a *Arith) least(operand Expr, p int) int {
	if o, ok := operand.(*Arith); ok && o.Op != a.Op && (a.Op >= Concat || o.Op >= Concat) {
		return precUnary
	}
	return p
}

func (a *Arith) precedence() int {
	switch {
	case a.Op <= Subtract:
		return precAdd
	case a.Op <= Modulo:
		return precMultiply
	case a.Op == Concat:
		return precConcat
	}
	return precBit
}

// Negate is -x.
type Negate struct{ X Expr }

// Eval returns the negative number.
func (n *Negate) Eval(f *Frame) (document.Value, error) {
	v, err := n.X.Eval(f)
	if err != nil || v.IsNull() {
		return nullOr(v, err)
	}
	switch v = asNumber(v); v.Kind() {
	case document.KindInt:
		return Subtract.ints(0, v.AsInt())
	case document.KindFloat:
		return document.Float(-v.AsFloat()), nil
	}
	return f.wrongKind(), nil
}

// nullOr is NULL for a value that is NULL or MISSING, unless there is an error.
func nullOr(v document.Value, err error) (document.Value, error) {
	if err != nil {
		return v, err
	}
	return document.Null(), nil
}

// Static tells a number.
func (n *Negate) Static() Static {
	x := n.X.Static()
	s := Static{Numeric: true, NotNull: x.NotNull && (x.isNumber() || x.Kind == document.KindBool)}
	switch x.Kind {
	case document.KindInt, document.KindBool:
		s.Kind = document.KindInt
	case document.KindFloat:
		s.Kind = document.KindFloat
	}
	return s
}

// Children returns the operand.
func (n *Negate) Children() []Expr { return []Expr{n.X} }

// With returns the negative of another operand.
func (n *Negate) With(children []Expr) Expr { return &Negate{children[0]} }

func (n *Negate) String() string { return string(n.appendTo(nil)) }

// Two minus signs side by side would begin a comment.
func (n *Negate) appendTo(dst []byte) []byte {
	return appendOperand(append(dst, '-'), n.X, precUnary+1)
}

func (n *Negate) precedence() int { return precUnary }

// BitNot is ~x.
type BitNot struct{ X Expr }

// Eval returns the complement.
func (n *BitNot) Eval(f *Frame) (document.Value, error) {
	v, err := n.X.Eval(f)
	if err != nil || v.IsNull() {
		return nullOr(v, err)
	}
	if v = asNumber(v); v.Kind() != document.KindInt {
		return f.wrongKind(), nil
	}
	return document.Int(^v.AsInt()), nil
}

// Static tells an integer.
func (n *BitNot) Static() Static {
	x := n.X.Static()
	return Static{Kind: document.KindInt, Numeric: true,
		NotNull: x.NotNull && (x.Kind == document.KindInt || x.Kind == document.KindBool)}
}

// Children returns the operand.
func (n *BitNot) Children() []Expr { return []Expr{n.X} }

// With returns the complement of another operand.
func (n *BitNot) With(children []Expr) Expr { return &BitNot{children[0]} }

func (n *BitNot) String() string { return string(n.appendTo(nil)) }

func (n *BitNot) appendTo(dst []byte) []byte {
	return appendOperand(append(dst, '~'), n.X, precUnary)
}

func (n *BitNot) precedence() int { return precUnary }

// CheckArith reports an operand whose kind, known without a row, op can't take.
func CheckArith(op string, a, b Expr) error {
	o, ok := arithOp(op)
	if !ok {
		return fmt.Errorf("unknown operator %s", op)
	}
	if o == Concat {
		return nil
	}
	takes := Number | Boolean
	if o >= BitAnd {
		takes = Whole | Boolean
	}
	for _, e := range []Expr{a, b} {
		if found, wrong := takes.refuse(e.Static()); wrong {
			return fmt.Errorf("%s: expected %s, found %s", op, takes, found)
		}
	}
	return nil
}
