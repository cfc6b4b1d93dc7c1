package expr

import "github.com/fluxdb/fluxdb/document"

// CompareOp is a comparison operator.
type CompareOp uint8

// The comparison operators.
const (
	Eq CompareOp = iota
	Ne
	Lt
	Le
	Gt
	Ge
)

var compareText = [...]string{Eq: "=", Ne: "<>", Lt: "<", Le: "<=", Gt: ">", Ge: ">="}

// String returns the operator as SQL writes it.
func (op CompareOp) String() string { return compareText[op] }

// holding says for which order of two values an operator holds: bit 0 for less,
// bit 1 for equal, bit 2 for greater.
var holding = [...]uint8{Eq: 0b010, Ne: 0b101, Lt: 0b001, Le: 0b011, Gt: 0b100, Ge: 0b110}

func (op CompareOp) holds(order int) bool { return holding[op]>>(order+1)&1 != 0 }

var turned = [...]CompareOp{Eq: Eq, Ne: Ne, Lt: Gt, Le: Ge, Gt: Lt, Ge: Le}

// Comparison is a op b by the rules of SQL: NULL when one is NULL or MISSING; values
// of different kinds differ and have no order; a literal or parameter
// that is a number compares with booleans as 0 and 1, one that is a string with timestamps as
// the timestamp it spells.
type Comparison struct {
	Op   CompareOp
	A, B Expr

	// What is evaluated: x op y, turned so that a constant is y.
	op       CompareOp
	x, y     Expr
	field    *Field         // x, when it is a field
	constant bool           // y is value
	value    document.Value // of y
	stamp    document.Value // value as a timestamp, MISSING when it is none
	xLiteral bool
	yLiteral bool
}

// NewComparison returns a op b.
func NewComparison(op CompareOp, a, b Expr) *Comparison {
	c := &Comparison{Op: op, A: a, B: b, op: op, x: a, y: b}
	if _, ok := a.(*Const); ok {
		c.op, c.x, c.y = turned[op], b, a
	} else if _, ok := b.(*Field); ok && isLiteral(a) {
		c.op, c.x, c.y = turned[op], b, a
	}
	c.field, _ = c.x.(*Field)
	c.xLiteral, c.yLiteral = isLiteral(c.x), isLiteral(c.y)
	if y, ok := c.y.(*Const); ok {
		c.constant, c.value = true, y.Value
		if c.value.Kind() == document.KindString {
			c.stamp = parseStamp(c.value.AsString())
		}
	}
	return c
}

// Eval returns TRUE, FALSE or NULL.
func (c *Comparison) Eval(f *Frame) (document.Value, error) {
	if c.x == nil {
		return NewComparison(c.Op, c.A, c.B).Eval(f)
	}
	var x document.Value
	var err error
	if c.field != nil {
		x = f.Docs[c.field.Doc].Lookup(c.field.accessor)
	} else if x, err = c.x.Eval(f); err != nil {
		return x, err
	}
	y := c.value
	if !c.constant {
		if y, err = c.y.Eval(f); err != nil {
			return y, err
		}
	}
	switch kx, ky := x.Kind(), y.Kind(); {
	case kx == document.KindInt && ky == document.KindInt:
		order := 1
		if a, b := x.AsInt(), y.AsInt(); a < b {
			order = 0
		} else if a > b {
			order = 2
		}
		return document.Bool(holding[c.op]>>order&1 != 0), nil
	case kx == document.KindString && ky == document.KindString && c.op <= Ne:
		return document.Bool((x.AsString() == y.AsString()) == (c.op == Eq)), nil
	case kx <= document.KindNull || ky <= document.KindNull:
		return document.Null(), nil
	case document.Comparable(kx, ky):
		return document.Bool(c.op.holds(document.Compare(x, y))), nil
	case kx == document.KindTimestamp && c.constant:
		if !c.stamp.IsMissing() {
			return document.Bool(c.op.holds(document.Compare(x, c.stamp))), nil
		}
	}
	if order, ok := f.compareKinds(x, y, c.xLiteral, c.yLiteral); ok {
		return document.Bool(c.op.holds(order)), nil
	}
	switch c.op {
	case Eq:
		return document.Bool(false), nil
	case Ne:
		return document.Bool(true), nil
	}
	return document.Null(), nil
}

// compareKinds orders two non-null values of different kinds; ok is false when they
// have no order.
func (f *Frame) compareKinds(x, y document.Value, xLiteral, yLiteral bool) (order int, ok bool) {
	switch kx, ky := x.Kind(), y.Kind(); {
	case kx == document.KindBool && ky.IsNumber() && yLiteral:
		return document.Compare(asNumber(x), y), true
	case ky == document.KindBool && kx.IsNumber() && xLiteral:
		return document.Compare(x, asNumber(y)), true
	case kx == document.KindTimestamp && ky == document.KindString && yLiteral:
		if y = f.stamp(y.AsString()); !y.IsMissing() {
			return document.Compare(x, y), true
		}
	case ky == document.KindTimestamp && kx == document.KindString && xLiteral:
		if x = f.stamp(x.AsString()); !x.IsMissing() {
			return document.Compare(x, y), true
		}
	}
	return 0, false
}

// asNumber returns a boolean as 0 or 1 and everything else as it is.
func asNumber(v document.Value) document.Value {
	if v.Kind() != document.KindBool {
		return v
	}
	if v.AsBool() {
		return document.Int(1)
	}
	return document.Int(0)
}

// equal is x = y by the rules of Comparison.
func (f *Frame) equal(x, y document.Value, xLiteral, yLiteral bool) truth {
	if x.IsNull() || y.IsNull() {
		return unknown
	}
	if document.Comparable(x.Kind(), y.Kind()) {
		return known(document.Compare(x, y) == 0)
	}
	order, ok := f.compareKinds(x, y, xLiteral, yLiteral)
	return known(ok && order == 0)
}

// Static tells a boolean.
func (c *Comparison) Static() Static {
	a, b := c.A.Static(), c.B.Static()
	ordered := c.Op <= Ne || a.isNumber() && b.isNumber() ||
		a.Kind != document.KindMissing && b.Kind != document.KindMissing && document.Comparable(a.Kind, b.Kind)
	return Static{Kind: document.KindBool, NotNull: a.NotNull && b.NotNull && ordered}
}

// Children returns the operands.
func (c *Comparison) Children() []Expr { return []Expr{c.A, c.B} }

// With returns the comparison of other operands.
func (c *Comparison) With(children []Expr) Expr { return NewComparison(c.Op, children[0], children[1]) }

func (c *Comparison) String() string { return string(c.appendTo(nil)) }

func (c *Comparison) appendTo(dst []byte) []byte {
	dst = append(appendOperand(dst, c.A, precCompare+1), ' ')
	dst = append(append(dst, c.Op.String()...), ' ')
	return appendOperand(dst, c.B, precCompare+1)
}

func (c *Comparison) precedence() int { return precCompare }
