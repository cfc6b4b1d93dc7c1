package expr

import "github.com/fluxdb/fluxdb/document"

// truth is a value as a condition.
type truth uint8

const (
	unknown truth = iota
	no
	yes
)

// truthOf returns what v is as a condition: a boolean itself, a number whether it is not
// 0, and unknown for all else.
func truthOf(v document.Value) truth {
	switch v.Kind() {
	case document.KindBool:
		if v.AsBool() {
			return yes
		}
		return no
	case document.KindInt:
		if v.AsInt() != 0 {
			return yes
		}
		return no
	case document.KindFloat:
		if v.AsFloat() != 0 {
			return yes
		}
		return no
	}
	return unknown
}

// known is the truth value of what is not NULL.
func known(b bool) truth {
	if b {
		return yes
	}
	return no
}

// condition evaluates e as a condition.
func condition(e Expr, f *Frame) (truth, error) {
	v, err := e.Eval(f)
	if err != nil {
		return unknown, err
	}
	t := truthOf(v)
	if t == unknown && !v.IsNull() {
		f.wrongKind()
	}
	return t, nil
}

func (t truth) value() document.Value {
	if t == unknown {
		return document.Null()
	}
	return document.Bool(t == yes)
}

func (t truth) not() truth {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return unknown
}

// And is TRUE when all operands are and FALSE when one is FALSE; those after it are not
// evaluated.
type And struct{ List []Expr }

// Eval returns TRUE, FALSE or NULL.
func (a *And) Eval(f *Frame) (document.Value, error) {
	result := yes
	for _, e := range a.List {
		t, err := condition(e, f)
		switch {
		case err != nil:
			return document.Missing(), err
		case t == no:
			return document.Bool(false), nil
		case t == unknown:
			result = unknown
		}
	}
	return result.value(), nil
}

// Static tells a boolean.
func (a *And) Static() Static { return boolean(a.List...) }

// boolean is a boolean that is not NULL when no operand is, and all of them have a truth value.
func boolean(operands ...Expr) Static {
	s := Static{Kind: document.KindBool, NotNull: true}
	for _, e := range operands {
		o := e.Static()
		s.NotNull = s.NotNull && o.NotNull && (o.Kind == document.KindBool || o.isNumber())
	}
	return s
}

// isNumber reports whether all non-null results are numbers.
func (s Static) isNumber() bool { return s.Numeric || s.Kind.IsNumber() }

// Children returns the operands.
func (a *And) Children() []Expr { return a.List }

// With returns the conjunction of other operands.
func (a *And) With(children []Expr) Expr { return &And{children} }

func (a *And) String() string { return string(a.appendTo(nil)) }

func (a *And) appendTo(dst []byte) []byte { return appendJoined(dst, a.List, "AND", precAnd) }

func appendJoined(dst []byte, list []Expr, word string, prec int) []byte {
	if len(list) == 0 {
		return appendLiteral(dst, document.Bool(word == "AND"))
	}
	for i, e := range list {
		if i > 0 {
			dst = append(append(append(dst, ' '), word...), ' ')
		}
		dst = appendOperand(dst, e, prec)
	}
	return dst
}

func (a *And) precedence() int { return precAnd }

// Or is TRUE when one operand is, those after it are not evaluated, and FALSE
// when all are FALSE.
type Or struct{ List []Expr }

// Eval returns TRUE, FALSE or NULL.
func (o *Or) Eval(f *Frame) (document.Value, error) {
	result := no
	for _, e := range o.List {
		t, err := condition(e, f)
		switch {
		case err != nil:
			return document.Missing(), err
		case t == yes:
			return document.Bool(true), nil
		case t == unknown:
			result = unknown
		}
	}
	return result.value(), nil
}

// Static tells a boolean.
func (o *Or) Static() Static { return boolean(o.List...) }

// Children returns the operands.
func (o *Or) Children() []Expr { return o.List }

// With returns the disjunction of other operands.
func (o *Or) With(children []Expr) Expr { return &Or{children} }

func (o *Or) String() string { return string(o.appendTo(nil)) }

func (o *Or) appendTo(dst []byte) []byte { return appendJoined(dst, o.List, "OR", precOr) }

func (o *Or) precedence() int { return precOr }

// Not is TRUE for FALSE, FALSE for TRUE and NULL for NULL.
type Not struct{ X Expr }

// Eval returns TRUE, FALSE or NULL.
func (n *Not) Eval(f *Frame) (document.Value, error) {
	t, err := condition(n.X, f)
	if err != nil {
		return document.Missing(), err
	}
	return t.not().value(), nil
}

// Static tells a boolean.
func (n *Not) Static() Static { return boolean(n.X) }

// Children returns the operand.
func (n *Not) Children() []Expr { return []Expr{n.X} }

// With returns the negation of another operand.
func (n *Not) With(children []Expr) Expr { return &Not{children[0]} }

func (n *Not) String() string { return string(n.appendTo(nil)) }

func (n *Not) appendTo(dst []byte) []byte {
	return appendOperand(append(dst, "NOT "...), n.X, precNot)
}

func (n *Not) precedence() int { return precNot }
