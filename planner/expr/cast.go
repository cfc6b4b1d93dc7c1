package expr

import (
	"fmt"

	"github.com/fluxdb/fluxdb/document"
)

// Cast is CAST(x AS type), or TRY_CAST, which is NULL where CAST is an error.
type Cast struct {
	X   Expr
	To  string // the type's name
	Try bool

	convert func(document.Value) (document.Value, error)
	kind    document.Kind
}

// NewCast returns CAST(x AS to). convert is given no NULL; kind is that of all its results,
// KindMissing when it varies. ConversionFor has those of SQL's types.
func NewCast(x Expr, to string, convert func(document.Value) (document.Value, error), kind document.Kind, try bool) *Cast {
	return &Cast{X: x, To: to, Try: try, convert: convert, kind: kind}
}

// Eval converts the value; NULL stays NULL. The error matches ErrCast.
func (c *Cast) Eval(f *Frame) (document.Value, error) {
	v, err := c.X.Eval(f)
	if err != nil || v.IsNull() {
		return nullOr(v, err)
	}
	out, err := c.convert(v)
	switch {
	case err == nil:
		return out, nil
	case c.Try:
		return document.Null(), nil
	}
	return document.Missing(), &Error{ErrCast, fmt.Sprintf("can't cast %s to %s: %v", brief(v), c.To, err)}
}

// Static tells the type's kind.
func (c *Cast) Static() Static {
	return Static{Kind: c.kind, Numeric: c.kind.IsNumber(), NotNull: c.X.Static().NotNull && !c.Try}
}

// Children returns the operand.
func (c *Cast) Children() []Expr { return []Expr{c.X} }

// With returns the cast of another operand.
func (c *Cast) With(children []Expr) Expr {
	n := *c
	n.X = children[0]
	return &n
}

func (c *Cast) String() string { return string(c.appendTo(nil)) }

func (c *Cast) appendTo(dst []byte) []byte {
	if c.Try {
		dst = append(dst, "TRY_"...)
	}
	dst = appendOperand(append(dst, "CAST("...), c.X, 0)
	return append(append(append(dst, " AS "...), c.To...), ')')
}

func (c *Cast) precedence() int { return precAtom }
