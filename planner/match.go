package planner

import (
	"reflect"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// The planner takes expressions apart here, so that rules read as what they look for.

// compared is a op b.
type compared struct {
	op   expr.CompareOp
	a, b expr.Expr
}

// comparison takes apart a = b, a < b and the like.
func comparison(e expr.Expr) (compared, bool) {
	c, ok := e.(*expr.Comparison)
	if !ok {
		return compared{}, false
	}
	return compared{c.Op, c.A, c.B}, true
}

// pathFirst swaps the sides so that a path that is compared with something else stands first.
func (c compared) pathFirst() compared {
	if isField(c.a) || !isField(c.b) {
		return c
	}
	return compared{flipped[c.op], c.b, c.a}
}

var (
	flipped  = [...]expr.CompareOp{expr.Eq: expr.Eq, expr.Ne: expr.Ne, expr.Lt: expr.Gt, expr.Le: expr.Ge, expr.Gt: expr.Lt, expr.Ge: expr.Le}
	opposite = [...]expr.CompareOp{expr.Eq: expr.Ne, expr.Ne: expr.Eq, expr.Lt: expr.Ge, expr.Le: expr.Gt, expr.Gt: expr.Le, expr.Ge: expr.Lt}
)

// negated returns the opposite of a condition that has one: TRUE where e is FALSE, FALSE
// where it is TRUE, NULL where it is NULL.
func negated(e expr.Expr) (expr.Expr, bool) {
	switch e := e.(type) {
	case *expr.Comparison:
		return expr.NewComparison(opposite[e.Op], e.A, e.B), true
	case *expr.In:
		return expr.NewIn(e.X, e.List, !e.Not), true
	case *expr.InArray:
		return &expr.InArray{X: e.X, Array: e.Array, Not: !e.Not}, true
	case *expr.IsNull:
		return &expr.IsNull{X: e.X, Not: !e.Not}, true
	case *expr.IsMissing:
		return &expr.IsMissing{X: e.X, Not: !e.Not}, true
	case *expr.RowComparison:
		return &expr.RowComparison{Op: opposite[e.Op], A: e.A, B: e.B}, true
	case *expr.IsTruth:
		return &expr.IsTruth{X: e.X, Want: e.Want, Not: !e.Not}, true
	case *expr.Distinct:
		return &expr.Distinct{A: e.A, B: e.B, Not: !e.Not}, true
	case *expr.Like:
		return expr.NewLike(e.X, e.Pattern, e.Escape, e.NoCase, !e.Not), true
	}
	return nil, false
}

func conjunction(e expr.Expr) ([]expr.Expr, bool) {
	and, ok := e.(*expr.And)
	if !ok {
		return nil, false
	}
	return and.List, true
}

func disjunction(e expr.Expr) ([]expr.Expr, bool) {
	or, ok := e.(*expr.Or)
	if !ok {
		return nil, false
	}
	return or.List, true
}

func allOf(list ...expr.Expr) expr.Expr { return &expr.And{List: list} }
func anyOf(list ...expr.Expr) expr.Expr { return &expr.Or{List: list} }

// nullTest takes apart x IS NULL and x IS NOT NULL.
func nullTest(e expr.Expr) (x expr.Expr, not, ok bool) {
	n, ok := e.(*expr.IsNull)
	if !ok {
		return nil, false, false
	}
	return n.X, n.Not, true
}

// field takes apart a path of a document.
func field(e expr.Expr) (doc int, path document.Path, ok bool) {
	f, ok := e.(*expr.Field)
	if !ok {
		return 0, nil, false
	}
	return f.Doc, f.Path, true
}

func isField(e expr.Expr) bool {
	_, ok := e.(*expr.Field)
	return ok
}

func register(e expr.Expr) (reg int, ok bool) {
	r, ok := e.(*expr.Register)
	if !ok {
		return 0, false
	}
	return r.Reg, true
}

func constant(e expr.Expr) (document.Value, bool) {
	c, ok := e.(*expr.Const)
	if !ok {
		return document.Value{}, false
	}
	return c.Value, true
}

// sample returns a constant, or one of the literals that a lifted one stands for: all are of its class
// (parser.Lifter).
func sample(e expr.Expr) (document.Value, bool) {
	if p, ok := e.(*expr.Param); ok && !p.Sample.IsMissing() {
		return p.Sample, true
	}
	return constant(e)
}

func isNullConst(e expr.Expr) bool {
	v, ok := constant(e)
	return ok && v.IsNull()
}

// contains reports whether found holds for e or anything in it.
func contains(e expr.Expr, found func(expr.Expr) bool) bool {
	if found(e) {
		return true
	}
	for _, child := range e.Children() {
		if contains(child, found) {
			return true
		}
	}
	return false
}

// volatile reports whether e may give another value when it is evaluated again.
func volatile(e expr.Expr) bool { return e != nil && contains(e, expr.Volatile) }

// bindable reports whether e is a literal or a parameter, to which the rules for those apply.
func bindable(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Const, *expr.Param:
		return true
	case *expr.Coerced:
		return bindable(e.X)
	}
	return false
}

// rowless reports whether e reads no row, so that it has one value for a whole run.
func rowless(e expr.Expr) bool {
	return !contains(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.Field, *expr.Document:
			return true
		case *expr.Register:
			return !e.Fixed
		}
		return expr.Volatile(e)
	})
}

func sameField(a, b expr.Expr) bool {
	doc, path, ok := field(a)
	doc2, path2, ok2 := field(b)
	return ok && ok2 && doc == doc2 && path.Equal(path2)
}

// same reports whether two expressions give the same value for every row.
func same(a, b expr.Expr) bool { return a == b || alike(a, b, nil) && !volatile(a) }

// renamed are the registers of the variables of two quantifiers that are being compared.
type renamed struct {
	a, b  int
	outer *renamed
}

// alike reports whether two expressions are the same operators on paths of the same documents,
// the same registers, constants and parameters.
func alike(a, b expr.Expr, vars *renamed) bool {
	switch a := a.(type) {
	case *expr.Field:
		return sameField(a, b)
	case *expr.Register:
		other, ok := b.(*expr.Register)
		return ok && vars.match(a.Reg, other.Reg)
	case *expr.Quantifier:
		other, ok := b.(*expr.Quantifier)
		return ok && a.Every == other.Every && alike(a.List, other.List, vars) &&
			alike(a.Cond, other.Cond, &renamed{a.Reg, other.Reg, vars})
	case *expr.Comprehension:
		other, ok := b.(*expr.Comprehension)
		if !ok || len(a.Vars) != len(other.Vars) || (a.When == nil) != (other.When == nil) || (a.Key == nil) != (other.Key == nil) {
			return false
		}
		list, others := a.Children(), b.Children()
		for i := range list {
			if !alike(list[i], others[i], vars) {
				return false
			}
			if i < len(a.Vars) {
				vars = &renamed{a.Vars[i].Reg, other.Vars[i].Reg, vars}
			}
		}
		return true
	}
	if !sameOperator(a, b) {
		return false
	}
	list, others := a.Children(), b.Children()
	if len(list) != len(others) {
		return false
	}
	for i := range list {
		if !alike(list[i], others[i], vars) {
			return false
		}
	}
	return true
}

// sameOperator compares two expressions without their children.
func sameOperator(a, b expr.Expr) bool {
	switch a := a.(type) {
	case *expr.Document:
		other, ok := b.(*expr.Document)
		return ok && a.Doc == other.Doc
	case *expr.Const:
		other, ok := b.(*expr.Const)
		return ok && document.Identical(a.Value, other.Value)
	case *expr.Param:
		other, ok := b.(*expr.Param)
		return ok && a.Ordinal == other.Ordinal
	case *expr.Coerced:
		other, ok := b.(*expr.Coerced)
		return ok && a.Type() == other.Type()
	case *expr.Subquery:
		other, ok := b.(*expr.Subquery)
		return ok && a.ID == other.ID && a.Kind == other.Kind
	case *expr.Step:
		other, ok := b.(*expr.Step)
		return ok && a.Path.Equal(other.Path)
	case *expr.And:
		_, ok := b.(*expr.And)
		return ok
	case *expr.Or:
		_, ok := b.(*expr.Or)
		return ok
	case *expr.Comparison:
		other, ok := b.(*expr.Comparison)
		return ok && a.Op == other.Op
	case *expr.Arith:
		other, ok := b.(*expr.Arith)
		return ok && a.Op == other.Op
	case *expr.Call:
		other, ok := b.(*expr.Call)
		return ok && a.Func == other.Func
	}
	// The others say all in their text: only the names in it may be those of different variables.
	return reflect.TypeOf(a) == reflect.TypeOf(b) && a.String() == b.String()
}

func (v *renamed) match(a, b int) bool {
	for ; v != nil; v = v.outer {
		if v.a == a || v.b == b {
			return v.a == a && v.b == b
		}
	}
	return a == b
}
