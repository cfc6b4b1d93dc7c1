package expr

import "github.com/fluxdb/fluxdb/document"

// Case is CASE [operand] WHEN ... THEN ... ELSE ... END: the result of the first condition
// that is TRUE, or with an operand of the first value equal to it. What comes after it
// is not evaluated.
type Case struct {
	Operand Expr // nil is none
	Whens   []When
	Else    Expr // nil is NULL
}

// When is WHEN cond THEN result.
type When struct{ Cond, Result Expr }

// Eval returns the result chosen.
func (c *Case) Eval(f *Frame) (document.Value, error) {
	var operand document.Value
	var err error
	literal := false
	if c.Operand != nil {
		if operand, err = c.Operand.Eval(f); err != nil {
			return operand, err
		}
		literal = isLiteral(c.Operand)
	}
	for i := range c.Whens {
		w := &c.Whens[i]
		var t truth
		if c.Operand == nil {
			t, err = condition(w.Cond, f)
		} else {
			var v document.Value
			if v, err = w.Cond.Eval(f); err == nil {
				t = f.equal(operand, v, literal, isLiteral(w.Cond))
			}
		}
		if err != nil {
			return document.Missing(), err
		}
		if t == yes {
			return w.Result.Eval(f)
		}
	}
	if c.Else == nil {
		return document.Null(), nil
	}
	return c.Else.Eval(f)
}

// Static is what all results have in common.
func (c *Case) Static() Static {
	var results []Static
	for i := range c.Whens {
		results = append(results, staticResult(c.Whens[i].Result))
	}
	if c.Else != nil {
		results = append(results, staticResult(c.Else))
	}
	s := common(results)
	s.NotNull = s.NotNull && c.Else != nil
	return s
}

// staticResult is Static of one of several results. NULL, which fits beside any kind, is KindNull.
func staticResult(e Expr) Static {
	if c, ok := e.(*Const); ok && c.Value.IsNull() {
		return Static{Kind: document.KindNull}
	}
	return e.Static()
}

// common is what is known of a value that is one of several.
func common(list []Static) Static {
	s := Static{NotNull: true, Numeric: true}
	kinds := 0
	for _, o := range list {
		if o.Kind == document.KindNull {
			s.NotNull = false
			continue
		}
		if kinds == 0 {
			s.Kind = o.Kind
		} else if s.Kind != o.Kind {
			s.Kind = document.KindMissing
		}
		kinds++
		s.NotNull = s.NotNull && o.NotNull
		s.Numeric = s.Numeric && o.isNumber()
	}
	s.NotNull, s.Numeric = s.NotNull && kinds > 0, s.Numeric && kinds > 0
	return s
}

// Children returns the operand, the conditions and results in turn, and the last result.
func (c *Case) Children() []Expr {
	list := present(c.Operand)
	for _, w := range c.Whens {
		list = append(list, w.Cond, w.Result)
	}
	if c.Else != nil {
		list = append(list, c.Else)
	}
	return list
}

// With returns the choice between other operands.
func (c *Case) With(children []Expr) Expr {
	n := &Case{Whens: make([]When, len(c.Whens))}
	if c.Operand != nil {
		n.Operand, children = children[0], children[1:]
	}
	for i := range n.Whens {
		n.Whens[i], children = When{children[0], children[1]}, children[2:]
	}
	if c.Else != nil {
		n.Else = children[0]
	}
	return n
}

func (c *Case) String() string { return string(c.appendTo(nil)) }

func (c *Case) appendTo(dst []byte) []byte {
	dst = append(dst, "CASE"...)
	if c.Operand != nil {
		dst = appendOperand(append(dst, ' '), c.Operand, 0)
	}
	for _, w := range c.Whens {
		dst = appendOperand(append(dst, " WHEN "...), w.Cond, 0)
		dst = appendOperand(append(dst, " THEN "...), w.Result, 0)
	}
	if c.Else != nil {
		dst = appendOperand(append(dst, " ELSE "...), c.Else, 0)
	}
	return append(dst, " END"...)
}

func (c *Case) precedence() int { return precAtom }
