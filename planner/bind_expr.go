package planner

import (
	"fmt"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// expr binds an expression: names are resolved, functions looked up, and
// operands refused that can't be of the kind that an operator takes.
func (b *builder) expr(s *scope, e parser.Expr) (expr.Expr, error) {
	switch e := e.(type) {
	case *parser.Literal:
		if e.Ordinal > 0 {
			return &expr.Param{Ordinal: e.Ordinal, Sample: e.Value}, nil
		}
		return expr.NewConst(e.Value), nil
	case *parser.Param:
		return &expr.Param{Ordinal: e.Ordinal}, nil
	case *parser.Path:
		return s.resolve(e.Steps[0].Name, e.Steps[1:], e.Pos())
	case *parser.Access:
		x, err := b.expr(s, e.X)
		if err != nil {
			return nil, err
		}
		return step(x, e.Steps), nil
	case *parser.Subscript:
		return b.subscript(s, e)
	case *parser.Slice:
		return b.slice(s, e)
	case *parser.Unary:
		return b.unary(s, e)
	case *parser.Binary:
		return b.binary(s, e)
	case *parser.IsDistinct:
		return b.isDistinct(s, e)
	case *parser.IsNull:
		return b.isNull(s, e)
	case *parser.In:
		return b.in(s, e)
	case *parser.Quantified:
		return b.quantified(s, e)
	case *parser.Between:
		return b.between(s, e)
	case *parser.Like:
		return b.like(s, e)
	case *parser.Case:
		return b.caseOf(s, e)
	case *parser.Cast:
		return b.cast(s, e)
	case *parser.Call:
		return b.call(s, e)
	case *parser.Array:
		items, err := b.exprs(s, e.Items)
		return &expr.Array{Items: items}, err
	case *parser.Object:
		return b.object(s, e)
	case *parser.Quantifier:
		return b.quantifier(s, e)
	case *parser.Comprehension:
		return b.comprehension(s, e)
	case *parser.Tuple:
		return nil, b.fail(e.Pos(), "a row of values can't stand here", "it is compared with another row, or with those of a query; [a, b] is an array")
	case *parser.Collate:
		if uncollated(e) == e {
			return nil, b.fail(e.Pos(), "unknown collation "+quote(e.Name), "BINARY and NOCASE exist")
		}
		return nil, b.fail(e.Pos(), "COLLATE stands at what is compared, or ordered by", "LOWER(x) is the text without case")
	case *parser.Subquery:
		q, err := b.operandQuery(s, e.Query, e.Pos(), 1)
		if err != nil {
			return nil, err
		}
		return q, nil
	case *parser.Exists:
		q, err := b.operandQuery(s, e.Query, e.Pos(), 0)
		if err != nil {
			return nil, err
		}
		q.Kind = expr.ExistsSubquery
		return q, nil
	}
	return nil, b.fail(e.Pos(), fmt.Sprintf("unknown expression %T", e), "")
}

func (b *builder) exprs(s *scope, list []parser.Expr) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		var err error
		if out[i], err = b.expr(s, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// step reads a path of any value: of a field or a document that is a field again.
func step(x expr.Expr, path document.Path) expr.Expr {
	if len(path) == 0 {
		return x
	}
	switch x := x.(type) {
	case *expr.Field:
		return expr.NewField(x.Doc, join(x.Path, path), x.Source)
	case *expr.Step:
		return expr.NewStep(x.X, join(x.Path, path))
	}
	return expr.NewStep(x, path)
}

func join(a, b document.Path) document.Path {
	return append(append(make(document.Path, 0, len(a)+len(b)), a...), b...)
}

func (b *builder) subscript(s *scope, e *parser.Subscript) (expr.Expr, error) {
	x, err := b.operand(s, e.X, expr.List|expr.Map)
	if err != nil {
		return nil, err
	}
	index, err := b.operand(s, e.Index, expr.Number|expr.Text)
	if err != nil {
		return nil, err
	}
	return &expr.Subscript{X: x, Index: index}, nil
}

func (b *builder) slice(s *scope, e *parser.Slice) (expr.Expr, error) {
	x, err := b.operand(s, e.X, expr.List)
	if err != nil {
		return nil, err
	}
	slice := &expr.Slice{X: x}
	if e.Lo != nil {
		if slice.Lo, err = b.operand(s, e.Lo, expr.Number); err != nil {
			return nil, err
		}
	}
	if e.Hi != nil {
		slice.Hi, err = b.operand(s, e.Hi, expr.Number)
	}
	return slice, err
}

// operand binds an operand that has to be of one of kinds, as far as is known before there is a row.
func (b *builder) operand(s *scope, e parser.Expr, kinds expr.Kinds) (expr.Expr, error) {
	x, err := b.expr(s, e)
	if err != nil {
		return nil, err
	}
	if found, wrong := otherKind(x, kinds); wrong {
		return nil, b.fail(e.Pos(), fmt.Sprintf("expected %s, found %s", kinds, found), "")
	}
	return x, nil
}

// condition binds what is TRUE, FALSE or NULL.
func (b *builder) condition(s *scope, e parser.Expr) (expr.Expr, error) {
	x, err := b.expr(s, e)
	if err != nil {
		return nil, err
	}
	if found, wrong := otherKind(x, expr.Boolean|expr.Number); wrong {
		return nil, b.fail(e.Pos(), "expected a condition, found "+found, "")
	}
	return x, nil
}

// otherKind reports whether e never yields one of kinds, and what it yields.
func otherKind(e expr.Expr, kinds expr.Kinds) (found string, wrong bool) {
	switch known := e.Static(); {
	case known.Kind != document.KindMissing:
		return known.Kind.String(), !kinds.Has(known.Kind)
	case known.Numeric:
		return "number", kinds&expr.Number == 0
	}
	return "", false
}

func (b *builder) unary(s *scope, e *parser.Unary) (expr.Expr, error) {
	if e.Op == "NOT" {
		x, err := b.condition(s, e.X)
		return &expr.Not{X: x}, err
	}
	x, err := b.operand(s, e.X, expr.Number|expr.Boolean)
	if err != nil {
		return nil, err
	}
	switch e.Op {
	case "-":
		if _, ok := constant(x); ok {
			return compute(&expr.Negate{X: x}), nil // a negative number is as good a literal as any
		}
		return &expr.Negate{X: x}, nil
	case "~":
		return &expr.BitNot{X: x}, nil
	}
	return x, nil
}

var compareOps = map[string]expr.CompareOp{"=": expr.Eq, "<>": expr.Ne, "<": expr.Lt, "<=": expr.Le, ">": expr.Gt, ">=": expr.Ge}

func (b *builder) binary(s *scope, e *parser.Binary) (expr.Expr, error) {
	switch e.Op {
	case "AND", "OR":
		return b.logic(s, e)
	}
	op, compares := compareOps[e.Op]
	if compares && special(e.A, e.B) {
		list, err := b.comparable(s, e.A, e.B)
		if err != nil {
			return nil, err
		}
		return b.compareRows(s, op, list[0], list[1]), nil
	}
	x, err := b.expr(s, e.A)
	if err != nil {
		return nil, err
	}
	y, err := b.expr(s, e.B)
	if err != nil {
		return nil, err
	}
	if compares {
		return b.compare(s, op, x, y), nil
	}
	if err := expr.CheckArith(e.Op, x, y); err != nil {
		return nil, b.fail(e.Pos(), err.Error(), "")
	}
	return expr.NewArith(e.Op, x, y), nil
}

// logic binds AND and OR. Chains of one operator lean to the left and may be long: they are
// bound as one list.
func (b *builder) logic(s *scope, e *parser.Binary) (expr.Expr, error) {
	var chain []parser.Expr
	var left parser.Expr = e
	for {
		link, ok := left.(*parser.Binary)
		if !ok || link.Op != e.Op {
			break
		}
		chain = append(chain, link.B)
		left = link.A
	}
	list := make([]expr.Expr, 0, len(chain)+1)
	for i := len(chain); i >= 0; i-- {
		operand := left
		if i < len(chain) {
			operand = chain[i]
		}
		x, err := b.condition(s, operand)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	if e.Op == "OR" {
		return anyOf(list...), nil
	}
	return allOf(list...), nil
}
