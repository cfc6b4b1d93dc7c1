package planner

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// compare compares x and y, a literal or parameter in the type of the declared field on the other side.
func (b *builder) compare(s *scope, op expr.CompareOp, x, y expr.Expr) expr.Expr {
	return expr.NewComparison(op, b.coerced(s, y, x), b.coerced(s, x, y))
}

// coerced returns value as it would be stored in the declared field that of is, if
// value is a literal or parameter and can be stored there. What is computed from
// literals alone is one.
func (b *builder) coerced(s *scope, of, value expr.Expr) expr.Expr {
	typ := s.typeOf(of)
	if typ == def.Any {
		return value
	}
	if value = literal(value); !bindable(value) {
		return value
	}
	if v, ok := constant(value); ok {
		if c, err := def.Coerce(typ, v); err == nil && c.Kind() != v.Kind() {
			return expr.NewConst(c)
		}
		return value
	}
	return expr.NewCoerced(value, coercions[typ], typ.String())
}

// coercedList is coerced for an array of values.
func (b *builder) coercedList(s *scope, of, array expr.Expr) expr.Expr {
	typ := s.typeOf(of)
	if typ == def.Any {
		return array
	}
	if array = literal(array); !bindable(array) {
		return array
	}
	if v, ok := constant(array); ok {
		return expr.NewConst(listCoercions[typ](v))
	}
	return expr.NewCoerced(array, listCoercions[typ], typ.String()+"[]")
}

// literal returns what is computed from literals alone as one, all else as it is.
func literal(e expr.Expr) expr.Expr {
	if bindable(e) || !computable(e, maxLiteral) {
		return e
	}
	return fold(e)
}

// maxLiteral is how deep an expression may be that counts as a literal: operands of long chains are
// not walked through at each link.
const maxLiteral = 20

func computable(e expr.Expr, depth int) bool {
	if _, ok := constant(e); ok {
		return true
	}
	children := e.Children()
	if depth == 0 || len(children) == 0 || expr.Volatile(e) {
		return false
	}
	for _, child := range children {
		if !computable(child, depth-1) {
			return false
		}
	}
	return true
}

// typeOf returns the declared type of the field that e is, Any where there is none.
func (s *scope) typeOf(e expr.Expr) def.Type {
	f, ok := e.(*expr.Field)
	if !ok {
		return def.Any
	}
	if x := s.excluded; x != nil && x.doc == f.Doc {
		if field := declared(x.collection, f.Path); field != nil {
			return field.Type
		}
	}
	if typ := typeOf(s.sources, f); typ != def.Any {
		return typ
	}
	return typeOf(s.before, f)
}

func typeOf(list []*source, f *expr.Field) def.Type {
	for _, src := range list {
		if src.collection != nil && src.doc == f.Doc {
			if field := declared(src.collection, f.Path); field != nil {
				return field.Type
			}
		}
	}
	return def.Any
}

// coercions are the functions that parameters compared with declared fields go through, by
// type: what can't be stored there is compared as it is.
var coercions = func() (list [def.Array + 1]func(document.Value) document.Value) {
	for t := range list {
		list[t] = func(v document.Value) document.Value {
			if c, err := def.Coerce(def.Type(t), v); err == nil {
				return c
			}
			return v
		}
	}
	return list
}()

// listCoercions are the same for the elements of an array.
var listCoercions = func() (list [def.Array + 1]func(document.Value) document.Value) {
	for t := range list {
		list[t] = func(v document.Value) document.Value {
			if v.Kind() != document.KindArray {
				return v
			}
			out := make([]document.Value, len(v.AsArray()))
			for i, e := range v.AsArray() {
				out[i] = coercions[t](e)
			}
			return document.Array(out)
		}
	}
	return list
}()

func (b *builder) isDistinct(s *scope, e *parser.IsDistinct) (expr.Expr, error) {
	if isRow(e.A) || isRow(e.B) {
		return b.rowsDistinct(s, e)
	}
	list, err := b.exprs(s, []parser.Expr{uncollated(e.A), uncollated(e.B)})
	if err != nil {
		return nil, err
	}
	switch x, y := list[0], list[1]; {
	case isNullConst(y):
		return &expr.IsNull{X: x, Not: !e.Not}, nil
	case isNullConst(x):
		return &expr.IsNull{X: y, Not: !e.Not}, nil
	default:
		if collates(e.A, e.B) {
			x, y = &expr.NoCase{X: x}, &expr.NoCase{X: y}
		}
		return &expr.Distinct{A: b.coerced(s, y, x), B: b.coerced(s, x, y), Not: e.Not}, nil
	}
}

func (b *builder) isNull(s *scope, e *parser.IsNull) (expr.Expr, error) {
	switch e.What {
	case "TRUE", "FALSE", "UNKNOWN":
		x, err := b.condition(s, e.X)
		if err != nil {
			return nil, err
		}
		truth := &expr.IsTruth{X: x, Not: e.Not}
		if want := e.What == "TRUE"; e.What != "UNKNOWN" {
			truth.Want = &want
		}
		return truth, nil
	}
	x, err := b.expr(s, e.X)
	if err != nil {
		return nil, err
	}
	if e.What == "MISSING" {
		return &expr.IsMissing{X: x, Not: e.Not}, nil
	}
	return &expr.IsNull{X: x, Not: e.Not}, nil
}

func (b *builder) in(s *scope, e *parser.In) (expr.Expr, error) {
	if row, ok := e.X.(*parser.Tuple); ok {
		return b.rowIn(s, row, e)
	}
	if e.Array != nil {
		e = b.inCollection(s, e)
	}
	x, err := b.expr(s, uncollated(e.X))
	if err != nil {
		return nil, err
	}
	if e.Query != nil {
		q, err := b.operandQuery(s, e.Query, e.Pos(), 1)
		if err != nil {
			return nil, err
		}
		q.Kind, q.X = expr.AnySubquery, x
		if e.Not {
			return &expr.Not{X: q}, nil
		}
		return q, nil
	}
	if e.Array != nil {
		array, err := b.operand(s, e.Array, expr.List)
		if err != nil {
			return nil, err
		}
		return &expr.InArray{X: x, Array: b.coercedList(s, x, array), Not: e.Not}, nil
	}
	list := make([]expr.Expr, len(e.List))
	for i, item := range e.List {
		if list[i], err = b.expr(s, uncollated(item)); err != nil {
			return nil, err
		}
	}
	for i := range list {
		list[i] = b.coerced(s, x, list[i])
	}
	if collates(append([]parser.Expr{e.X}, e.List...)...) {
		for i := range list {
			list[i] = fold(&expr.NoCase{X: list[i]})
		}
		x = &expr.NoCase{X: x}
	}
	return expr.NewIn(x, list, e.Not), nil
}

// quantified binds x op ANY and ALL. = ANY is IN, and <> ALL is NOT IN.
func (b *builder) quantified(s *scope, e *parser.Quantified) (expr.Expr, error) {
	op := compareOps[e.Op]
	if row, ok := e.X.(*parser.Tuple); ok && e.Query != nil {
		return b.rowQuantified(s, row, op, e)
	}
	if op == expr.Eq && !e.All || op == expr.Ne && e.All {
		return b.in(s, &parser.In{At: e.At, X: e.X, Array: e.Array, Query: e.Query, Not: e.All})
	}
	x, err := b.expr(s, e.X)
	if err != nil {
		return nil, err
	}
	if e.Query == nil {
		array, err := b.operand(s, e.Array, expr.List)
		if err != nil {
			return nil, err
		}
		return &expr.Quantified{X: x, Op: op, All: e.All, Array: b.coercedList(s, x, array)}, nil
	}
	q, err := b.operandQuery(s, e.Query, e.Pos(), 1)
	if err != nil {
		return nil, err
	}
	q.Kind, q.X, q.Op = expr.AnySubquery, x, op
	if e.All {
		q.Kind = expr.AllSubquery
	}
	return q, nil
}

func (b *builder) between(s *scope, e *parser.Between) (expr.Expr, error) {
	list, err := b.comparable(s, e.X, e.Lo, e.Hi)
	if err != nil {
		return nil, err
	}
	within := allOf(b.compareRows(s, expr.Ge, list[0], list[1]), b.compareRows(s, expr.Le, list[0], list[2]))
	if e.Symmetric {
		within = anyOf(within, allOf(b.compareRows(s, expr.Ge, list[0], list[2]), b.compareRows(s, expr.Le, list[0], list[1])))
	}
	if e.Not {
		return &expr.Not{X: within}, nil
	}
	return within, nil
}

func (b *builder) like(s *scope, e *parser.Like) (expr.Expr, error) {
	x, err := b.operand(s, e.X, expr.Text)
	if err != nil {
		return nil, err
	}
	pattern, err := b.operand(s, e.Pattern, expr.Text)
	if err != nil {
		return nil, err
	}
	var escape expr.Expr
	if e.Escape != nil {
		if escape, err = b.operand(s, e.Escape, expr.Text); err != nil {
			return nil, err
		}
		if v, ok := constant(fold(escape)); ok && !v.IsNull() && len([]rune(v.AsString())) != 1 {
			return nil, b.fail(e.Escape.Pos(), "ESCAPE takes one character", "")
		}
	}
	return expr.NewLike(x, fold(pattern), escape, e.NoCase, e.Not), nil
}
