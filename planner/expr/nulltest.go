package expr

import "github.com/fluxdb/fluxdb/document"

// IsNull is x IS [NOT] NULL, which holds for MISSING too.
type IsNull struct {
	X   Expr
	Not bool
}

// Eval returns TRUE or FALSE.
func (n *IsNull) Eval(f *Frame) (document.Value, error) {
	v, err := n.X.Eval(f)
	if err != nil {
		return v, err
	}
	return document.Bool(v.IsNull() != n.Not), nil
}

// Static tells a boolean.
func (n *IsNull) Static() Static { return surely }

// surely is a boolean that is never NULL.
var surely = Static{Kind: document.KindBool, NotNull: true}

// Children returns the operand.
func (n *IsNull) Children() []Expr { return []Expr{n.X} }

// With returns the test of another operand.
func (n *IsNull) With(children []Expr) Expr { return &IsNull{children[0], n.Not} }

func (n *IsNull) String() string { return string(n.appendTo(nil)) }

func (n *IsNull) appendTo(dst []byte) []byte { return appendIs(dst, n.X, n.Not, "NULL") }

func appendIs(dst []byte, x Expr, not bool, what string) []byte {
	dst = append(appendOperand(dst, x, precCompare+1), " IS"...)
	return appendNot(dst, not, what)
}

func (n *IsNull) precedence() int { return precCompare }

// IsMissing is x IS [NOT] MISSING: there is no value, not even null.
type IsMissing struct {
	X   Expr
	Not bool
}

// Eval returns TRUE or FALSE.
func (n *IsMissing) Eval(f *Frame) (document.Value, error) {
	v, err := n.X.Eval(f)
	if err != nil {
		return v, err
	}
	return document.Bool(v.IsMissing() != n.Not), nil
}

// Static tells a boolean.
func (n *IsMissing) Static() Static { return surely }

// Children returns the operand.
func (n *IsMissing) Children() []Expr { return []Expr{n.X} }

// With returns the test of another operand.
func (n *IsMissing) With(children []Expr) Expr { return &IsMissing{children[0], n.Not} }

func (n *IsMissing) String() string { return string(n.appendTo(nil)) }

func (n *IsMissing) appendTo(dst []byte) []byte { return appendIs(dst, n.X, n.Not, "MISSING") }

func (n *IsMissing) precedence() int { return precCompare }

// IsTruth is x IS [NOT] TRUE, FALSE or, where Want is nil, UNKNOWN.
type IsTruth struct {
	X    Expr
	Want *bool
	Not  bool
}

// Eval returns TRUE or FALSE.
func (n *IsTruth) Eval(f *Frame) (document.Value, error) {
	t, err := condition(n.X, f)
	if err != nil {
		return document.Missing(), err
	}
	want := unknown
	if n.Want != nil {
		want = truthOf(document.Bool(*n.Want))
	}
	return document.Bool((t == want) != n.Not), nil
}

// Static tells a boolean.
func (n *IsTruth) Static() Static { return surely }

// Children returns the operand.
func (n *IsTruth) Children() []Expr { return []Expr{n.X} }

// With returns the test of another operand.
func (n *IsTruth) With(children []Expr) Expr { return &IsTruth{children[0], n.Want, n.Not} }

func (n *IsTruth) String() string { return string(n.appendTo(nil)) }

func (n *IsTruth) appendTo(dst []byte) []byte {
	what := "UNKNOWN"
	if n.Want != nil {
		what = literalText(document.Bool(*n.Want))
	}
	return appendIs(dst, n.X, n.Not, what)
}

func (n *IsTruth) precedence() int { return precCompare }

// Distinct is a IS [NOT] DISTINCT FROM b: equality by the rules of Comparison for which
// NULL and MISSING are one value like any other.
type Distinct struct {
	A, B Expr
	Not  bool
}

// Eval returns TRUE or FALSE.
func (d *Distinct) Eval(f *Frame) (document.Value, error) {
	a, err := d.A.Eval(f)
	if err != nil {
		return a, err
	}
	b, err := d.B.Eval(f)
	if err != nil {
		return b, err
	}
	same := a.IsNull() && b.IsNull() || f.equal(a, b, isLiteral(d.A), isLiteral(d.B)) == yes
	return document.Bool(same == d.Not), nil
}

// Static tells a boolean.
func (d *Distinct) Static() Static { return surely }

// Children returns the operands.
func (d *Distinct) Children() []Expr { return []Expr{d.A, d.B} }

// With returns the test of other operands.
func (d *Distinct) With(children []Expr) Expr { return &Distinct{children[0], children[1], d.Not} }

func (d *Distinct) String() string { return string(d.appendTo(nil)) }

func (d *Distinct) appendTo(dst []byte) []byte {
	dst = appendIs(dst, d.A, d.Not, "DISTINCT FROM ")
	return appendOperand(dst, d.B, precCompare+1)
}

func (d *Distinct) precedence() int { return precCompare }
