package expr

import "github.com/fluxdb/fluxdb/document"

// In is x [NOT] IN (list): an OR of equalities, so FALSE for an empty list, and NULL where no
// member is equal and x or a member is NULL.
type In struct {
	X    Expr
	List []Expr
	Not  bool

	set  *valueSet // the constants of a long list
	rest []Expr    // the members that are evaluated one by one
}

// longList is how many constants are worth a hash table.
const longList = 8

// NewIn returns x [NOT] IN (list).
func NewIn(x Expr, list []Expr, not bool) *In {
	in := &In{X: x, List: list, Not: not, rest: list}
	if isLiteral(x) {
		return in // compares by rules that the set does not know
	}
	var values []document.Value
	var rest []Expr
	for _, e := range list {
		if c, ok := e.(*Const); ok {
			values = append(values, c.Value)
		} else {
			rest = append(rest, e)
		}
	}
	if len(values) >= longList {
		in.set, in.rest = newValueSet(values), rest
	}
	return in
}

// Eval returns TRUE, FALSE or NULL.
func (in *In) Eval(f *Frame) (document.Value, error) {
	x, err := in.X.Eval(f)
	if err != nil {
		return x, err
	}
	if len(in.List) == 0 {
		return document.Bool(in.Not), nil
	}
	if in.set == nil && in.rest == nil {
		return NewIn(in.X, in.List, in.Not).Eval(f)
	}
	found := no
	if in.set != nil {
		found = in.set.contains(x)
	}
	literal := isLiteral(in.X)
	for i := 0; i < len(in.rest) && found != yes; i++ {
		y, err := in.rest[i].Eval(f)
		if err != nil {
			return y, err
		}
		if t := f.equal(x, y, literal, isLiteral(in.rest[i])); t != no {
			found = t
		}
	}
	if in.Not {
		found = found.not()
	}
	return found.value(), nil
}

// Static tells a boolean.
func (in *In) Static() Static {
	s := Static{Kind: document.KindBool, NotNull: len(in.List) == 0 || in.X.Static().NotNull}
	for _, e := range in.List {
		s.NotNull = s.NotNull && e.Static().NotNull
	}
	return s
}

// Children returns x and the members.
func (in *In) Children() []Expr { return append([]Expr{in.X}, in.List...) }

// With returns the membership of other operands.
func (in *In) With(children []Expr) Expr { return NewIn(children[0], children[1:], in.Not) }

func (in *In) String() string { return string(in.appendTo(nil)) }

func (in *In) appendTo(dst []byte) []byte {
	dst = appendNot(appendOperand(dst, in.X, precCompare+1), in.Not, "IN (")
	return append(appendList(dst, in.List), ')')
}

func (in *In) precedence() int { return precCompare }

// InArray is x [NOT] IN array: as In with the array's elements as the list, NULL when the array
// is. A parameter of another kind is an error, since no row could make it right.
type InArray struct {
	X, Array Expr
	Not      bool
}

// Eval returns TRUE, FALSE or NULL.
func (in *InArray) Eval(f *Frame) (document.Value, error) {
	x, err := in.X.Eval(f)
	if err != nil {
		return x, err
	}
	array, err := in.Array.Eval(f)
	switch {
	case err != nil:
		return array, err
	case array.IsNull():
		return document.Null(), nil
	case array.Kind() != document.KindArray:
		if isLiteral(in.Array) {
			return array, badArgument("IN %s: expected an array, found %s", in.Array, array.Kind())
		}
		return f.wrongKind(), nil
	}
	list := array.AsArray()
	xLiteral, literal := isLiteral(in.X), isLiteral(in.Array)
	found := no
	if literal && !xLiteral && len(list) >= longList {
		if set := f.setOf(in, list); set != nil {
			found, list = set.contains(x), nil
		}
	}
	for i := 0; i < len(list) && found != yes; i++ {
		if t := f.equal(x, list[i], xLiteral, literal); t != no {
			found = t
		}
	}
	if in.Not {
		found = found.not()
	}
	return found.value(), nil
}

// setOf returns the set of a literal's or parameter's elements, made once a run; nil when there is
// no room to remember it.
func (f *Frame) setOf(in *InArray, list []document.Value) *valueSet {
	for i := range f.memo.sets {
		if m := &f.memo.sets[i]; m.node == in && m.first == &list[0] && m.size == len(list) {
			return m.set
		}
	}
	if len(f.memo.sets) == maxMemo {
		return nil
	}
	set := newValueSet(list)
	f.memo.sets = append(f.memo.sets, setMemo{in, &list[0], len(list), set})
	return set
}

// Static tells a boolean.
func (in *InArray) Static() Static { return Static{Kind: document.KindBool} }

// Children returns x and the array.
func (in *InArray) Children() []Expr { return []Expr{in.X, in.Array} }

// With returns the membership of other operands.
func (in *InArray) With(children []Expr) Expr { return &InArray{children[0], children[1], in.Not} }

func (in *InArray) String() string { return string(in.appendTo(nil)) }

func (in *InArray) appendTo(dst []byte) []byte {
	dst = appendNot(appendOperand(dst, in.X, precCompare+1), in.Not, "IN ")
	return appendOperand(dst, in.Array, precBit) // in parentheses it would be a list
}

func (in *InArray) precedence() int { return precCompare }
