package planner

import (
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// caseOf binds CASE. With an operand each WHEN is a value that it is compared with.
func (b *builder) caseOf(s *scope, e *parser.Case) (expr.Expr, error) {
	c := &expr.Case{Whens: make([]expr.When, len(e.Whens))}
	var err error
	if e.Operand != nil {
		if c.Operand, err = b.expr(s, e.Operand); err != nil {
			return nil, err
		}
	}
	for i, when := range e.Whens {
		w := &c.Whens[i]
		if c.Operand == nil {
			w.Cond, err = b.condition(s, when.Cond)
		} else if w.Cond, err = b.expr(s, when.Cond); err == nil {
			w.Cond = b.coerced(s, c.Operand, w.Cond)
		}
		if err != nil {
			return nil, err
		}
		if w.Result, err = b.expr(s, when.Result); err != nil {
			return nil, err
		}
	}
	if e.Else != nil {
		c.Else, err = b.expr(s, e.Else)
	}
	return c, err
}

// cast binds CAST and TRY_CAST. What can't be converted is known to be so only with a value.
func (b *builder) cast(s *scope, e *parser.Cast) (expr.Expr, error) {
	convert, kind, ok := expr.ConversionFor(e.Type.Name)
	if typ, known := def.ParseType(e.Type.Name, e.Type.Args); !ok && known {
		convert, kind, ok = expr.ConversionFor(typ.String())
	}
	if !ok {
		return nil, b.fail(e.Type.At, "unknown type "+e.Type.Name, didYouMeanType(e.Type.Name))
	}
	x, err := b.expr(s, e.X)
	if err != nil {
		return nil, err
	}
	return expr.NewCast(x, e.Type.Name, convert, kind, e.Try), nil
}

func didYouMeanType(name string) string {
	if n := document.Nearest(name, def.TypeNames()); n != "" {
		return "did you mean " + n + "?"
	}
	return ""
}

// object binds an object constructor.
func (b *builder) object(s *scope, e *parser.Object) (expr.Expr, error) {
	o := &expr.Object{Names: make([]string, len(e.Fields)), Values: make([]expr.Expr, len(e.Fields))}
	for i, f := range e.Fields {
		value, err := b.expr(s, f.Value)
		if err != nil {
			return nil, err
		}
		o.Names[i], o.Values[i] = f.Name, value
	}
	return o, nil
}

// quantifier binds ANY and EVERY: the variable is a register, which no other one shares.
func (b *builder) quantifier(s *scope, e *parser.Quantifier) (expr.Expr, error) {
	list, err := b.operand(s, e.Array, expr.List)
	if err != nil {
		return nil, err
	}
	q := &expr.Quantifier{Every: e.Every, Var: e.Var, Reg: b.val(), List: list}
	q.Cond, err = b.condition(s.with(variable{e.Var, q.Reg}, "SATISFIES"), e.Cond)
	return q, err
}

// with returns the scope of a part of an expression that reads a variable.
func (s *scope) with(v variable, clause string) *scope {
	inner := *s
	if inner.grouping != nil {
		// The variable has no value where groups and windows are made.
		inner.grouping, inner.windowing, inner.clause = nil, nil, clause
	}
	inner.variables = append(slices.Clip(s.variables), v)
	return &inner
}

// comprehension binds ARRAY and OBJECT ... FOR: each variable is a register, which the arrays after its own may read.
func (b *builder) comprehension(s *scope, e *parser.Comprehension) (expr.Expr, error) {
	c := &expr.Comprehension{}
	for _, v := range e.Vars {
		list, err := b.operand(s, v.Array, expr.List)
		if err != nil {
			return nil, err
		}
		bound := expr.ForVar{Name: v.Name, Reg: b.val()}
		c.Vars, c.Lists = append(c.Vars, bound), append(c.Lists, list)
		s = s.with(variable{v.Name, bound.Reg}, "a comprehension")
	}
	var err error
	if e.When != nil {
		if c.When, err = b.condition(s, e.When); err != nil {
			return nil, err
		}
	}
	if e.Key != nil {
		if c.Key, err = b.operand(s, e.Key, expr.Text); err != nil {
			return nil, err
		}
	}
	c.Value, err = b.expr(s, e.Value)
	return c, err
}
