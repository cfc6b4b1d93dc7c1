package expr

import (
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// RowComparison is (a, b, ...) < (x, y, ...), or another operator that orders: the first two values that differ decide, by
// the rules of Comparison. It is NULL where NULL comes before, or values that have no order.
type RowComparison struct {
	Op   CompareOp // Lt, Le, Gt or Ge
	A, B []Expr    // of one length
}

// Eval returns TRUE, FALSE or NULL.
func (c *RowComparison) Eval(f *Frame) (document.Value, error) {
	for i := range c.A {
		x, err := c.A[i].Eval(f)
		if err != nil {
			return x, err
		}
		y, err := c.B[i].Eval(f)
		if err != nil {
			return y, err
		}
		xLiteral, yLiteral := isLiteral(c.A[i]), isLiteral(c.B[i])
		switch f.compare(Eq, x, y, xLiteral, yLiteral) {
		case unknown:
			return document.Null(), nil
		case no:
			return f.compare(c.Op, x, y, xLiteral, yLiteral).value(), nil
		}
	}
	return document.Bool(c.Op == Le || c.Op == Ge), nil
}

// Static tells a boolean.
func (c *RowComparison) Static() Static { return Static{Kind: document.KindBool} }

// Children returns the values of the one row and then those of the other.
func (c *RowComparison) Children() []Expr { return append(append([]Expr(nil), c.A...), c.B...) }

// With returns the comparison of other values.
func (c *RowComparison) With(children []Expr) Expr {
	return &RowComparison{c.Op, children[:len(c.A)], children[len(c.A):]}
}

func (c *RowComparison) String() string { return string(c.appendTo(nil)) }

func (c *RowComparison) appendTo(dst []byte) []byte {
	dst = append(appendList(append(dst, '('), c.A), ") "...)
	dst = append(append(dst, c.Op.String()...), " ("...)
	return append(appendList(dst, c.B), ')')
}

func (c *RowComparison) precedence() int { return precCompare }

// NoCase is x as COLLATE NOCASE compares it: text in lower case, all else as it is.
type NoCase struct{ X Expr }

// Eval folds text.
func (n *NoCase) Eval(f *Frame) (document.Value, error) {
	v, err := n.X.Eval(f)
	if err != nil || v.Kind() != document.KindString {
		return v, err
	}
	return document.String(strings.ToLower(v.AsString())), nil
}

// Static is that of x.
func (n *NoCase) Static() Static { return n.X.Static() }

// Children returns x.
func (n *NoCase) Children() []Expr { return []Expr{n.X} }

// With returns the same of another value.
func (n *NoCase) With(children []Expr) Expr { return &NoCase{children[0]} }

func (n *NoCase) String() string { return string(n.appendTo(nil)) }

func (n *NoCase) appendTo(dst []byte) []byte {
	return append(appendOperand(dst, n.X, precAtom), " COLLATE NOCASE"...)
}

func (n *NoCase) precedence() int { return precAtom }
