package planner

import (
	"context"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// foldConstants folds every expression of the block; conditions that are TRUE vanish.
func foldConstants(b *block) error {
	b.rewrite(fold)
	for i := range b.having {
		b.having[i] = fold(b.having[i])
	}
	if b.grouped {
		b.rewriteResults(fold)
	}
	return nil
}

// fold computes what needs no row and always gives the same result.
func fold(e expr.Expr) expr.Expr {
	children := e.Children()
	if len(children) == 0 {
		return e
	}
	var changed []expr.Expr
	fixed := true
	for i, child := range children {
		folded := fold(child)
		if folded != child && changed == nil {
			changed = append(make([]expr.Expr, 0, len(children)), children[:i]...)
		}
		if changed != nil {
			changed = append(changed, folded)
		}
		if _, ok := constant(folded); !ok {
			fixed = false
		}
	}
	if changed != nil {
		e = e.With(changed)
	}
	if fixed && !volatile(e) {
		return compute(e)
	}
	return simplify(e)
}

// compute evaluates an expression of constants. Where that fails the expression stays, so
// that the error is raised only if it is reached when the statement runs.
func compute(e expr.Expr) expr.Expr {
	frame := expr.Frame{Run: &expr.Run{Context: context.Background()}}
	v, err := e.Eval(&frame)
	if err != nil || frame.Run.WrongKind > 0 || len(v.AsBytes()) > maxFolded {
		return e
	}
	return expr.NewConst(v.Clone())
}

// maxFolded is the longest text or bytes, that a cached plan keeps as a folded constant.
const maxFolded = 4096

// simplify drops operands of AND and OR that decide nothing, and takes the
// one that decides everything.
func simplify(e expr.Expr) expr.Expr {
	switch x := e.(type) {
	case *expr.And:
		return decisive(e, x.List, false, allOf)
	case *expr.Or:
		return decisive(e, x.List, true, anyOf)
	case *expr.In:
		switch {
		case len(x.List) == 0 && !volatile(x.X):
			return expr.NewConst(document.Bool(x.Not)) // even for NULL
		case len(x.List) == 1 && x.Not:
			return expr.NewComparison(expr.Ne, x.X, x.List[0])
		case len(x.List) == 1:
			return expr.NewComparison(expr.Eq, x.X, x.List[0])
		}
	}
	return e
}

// decisive returns e, a join of list, without the operands that decide nothing; a constant of
// truth value end decides everything.
func decisive(e expr.Expr, list []expr.Expr, end bool, join func(...expr.Expr) expr.Expr) expr.Expr {
	kept := deciding(list, end)
	switch {
	case len(kept) == len(list):
		return e
	case len(kept) > 1:
		return join(kept...)
	case kept[0].Static().Kind == document.KindBool:
		return kept[0]
	}
	return e // a lone operand that is no boolean: the operator makes it one
}

// deciding returns the operands that matter where a constant of truth value
// end settles the result and its opposite changes nothing; at least one.
func deciding(list []expr.Expr, end bool) []expr.Expr {
	var kept []expr.Expr
	for _, e := range list {
		v, ok := constant(e)
		switch {
		case !ok || v.Kind() != document.KindBool:
			kept = append(kept, e)
		case v.AsBool() == end:
			return []expr.Expr{e}
		}
	}
	if len(kept) == 0 {
		return list[:1]
	}
	return kept
}
