package expr

import (
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// Coerced is a literal or parameter that is compared with a declared field: it
// becomes what storing it there would make of it, or stays what it is.
type Coerced struct {
	X Expr

	convert func(document.Value) document.Value
	typ     string
}

// NewCoerced returns x converted to the declared type of this name. convert returns what it
// can't convert as it is.
func NewCoerced(x Expr, convert func(document.Value) document.Value, typ string) *Coerced {
	return &Coerced{x, convert, typ}
}

// Eval converts the value.
func (c *Coerced) Eval(f *Frame) (document.Value, error) {
	v, err := c.X.Eval(f)
	if err != nil || v.IsNull() {
		return v, err
	}
	// Parsing text is worth doing once, and an array that stays the same is looked up in a set.
	if (v.Kind() == document.KindString || len(v.AsArray()) > 0) && isLiteral(c.X) {
		return f.coerced(c, v), nil
	}
	return c.convert(v), nil
}

// coerced converts a string, or an array with elements, once a run.
func (f *Frame) coerced(c *Coerced, v document.Value) document.Value {
	wanted := coercedMemo{node: c, text: v.AsString(), size: len(v.AsArray())}
	if wanted.size > 0 {
		wanted.first = &v.AsArray()[0]
	}
	for i := range f.memo.coerced {
		m := &f.memo.coerced[i]
		if m.node == c && m.first == wanted.first && m.size == wanted.size && m.text == wanted.text {
			return m.outcome
		}
	}
	wanted.outcome = c.convert(v)
	if len(f.memo.coerced) < maxMemo {
		wanted.text, wanted.outcome = strings.Clone(wanted.text), wanted.outcome.Clone()
		f.memo.coerced = append(f.memo.coerced, wanted)
	}
	return wanted.outcome
}

// Static tells nothing of the kind: what can't be converted stays.
func (c *Coerced) Static() Static { return Static{NotNull: c.X.Static().NotNull} }

// Type returns the name of the declared type.
func (c *Coerced) Type() string { return c.typ }

// Children returns the literal or parameter.
func (c *Coerced) Children() []Expr { return []Expr{c.X} }

// With returns another operand converted to the same type.
func (c *Coerced) With(children []Expr) Expr { return &Coerced{children[0], c.convert, c.typ} }

func (c *Coerced) String() string { return c.X.String() }

func (c *Coerced) appendTo(dst []byte) []byte { return appendOperand(dst, c.X, 0) }

func (c *Coerced) precedence() int {
	if p, ok := c.X.(printed); ok {
		return p.precedence()
	}
	return precAtom
}
