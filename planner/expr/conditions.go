package expr

import "github.com/fluxdb/fluxdb/document"

// conditionFunctions choose between their arguments, of which they evaluate only what they need.
var conditionFunctions = []Function{
	{Name: "COALESCE", Usage: "COALESCE(x, ...)", Doc: "The first argument that is not NULL.", MinArgs: 1, MaxArgs: -1,
		aliases: []string{"IFNULL", "NVL"}, Result: coalesceResult, lazy: coalesce},
	{Name: "NULLIF", Usage: "NULLIF(a, b)", Doc: "NULL where a = b, else a.", MinArgs: 2, MaxArgs: 2, Result: firstResult, lazy: nullIf},
	{Name: "IIF", Usage: "IIF(condition, a [, b])", Doc: "a where the condition is TRUE, else b, or NULL without one.", MinArgs: 2, MaxArgs: 3,
		aliases: []string{"IF"}, Args: []Kinds{Number | Boolean, Any}, Result: iifResult, lazy: iif},
	{Name: "GREATEST", Usage: "GREATEST(x, ...)", Doc: "The last argument in the order of ORDER BY, leaving out NULL.", MinArgs: 1, MaxArgs: -1,
		nulls: true, aliases: []string{"MAX"}, Result: coalesceResult, eval: func(_ *Frame, args []document.Value) (document.Value, error) { return furthest(args, 1), nil }},
	{Name: "LEAST", Usage: "LEAST(x, ...)", Doc: "The first argument in the order of ORDER BY, leaving out NULL.", MinArgs: 1, MaxArgs: -1,
		nulls: true, aliases: []string{"MIN"}, Result: coalesceResult, eval: func(_ *Frame, args []document.Value) (document.Value, error) { return furthest(args, -1), nil }},
}

func coalesce(f *Frame, args []Expr) (document.Value, error) {
	for _, e := range args {
		if v, err := e.Eval(f); err != nil || !v.IsNull() {
			return v, err
		}
	}
	return document.Null(), nil
}

// coalesceResult is what all arguments have in common. One that is never NULL is enough.
func coalesceResult(args []Static) Static {
	s := common(args)
	for _, a := range args {
		s.NotNull = s.NotNull || a.NotNull
	}
	return s
}

func nullIf(f *Frame, args []Expr) (document.Value, error) {
	a, err := args[0].Eval(f)
	if err != nil || a.IsNull() {
		return nullOr(a, err)
	}
	b, err := args[1].Eval(f)
	if err != nil {
		return b, err
	}
	if f.equal(a, b, isLiteral(args[0]), isLiteral(args[1])) == yes {
		return document.Null(), nil
	}
	return a, nil
}

func iif(f *Frame, args []Expr) (document.Value, error) {
	t, err := condition(args[0], f)
	switch {
	case err != nil:
		return document.Missing(), err
	case t == yes:
		return args[1].Eval(f)
	case len(args) == 3:
		return args[2].Eval(f)
	}
	return document.Null(), nil
}

func iifResult(args []Static) Static {
	s := common(args[1:])
	s.NotNull = s.NotNull && len(args) == 3
	return s
}

// furthest returns the least argument, or for sign 1 the greatest.
func furthest(args []document.Value, sign int) document.Value {
	best := document.Null()
	for _, v := range args {
		if !v.IsNull() && (best.IsNull() || document.Compare(v, best) == sign) {
			best = v
		}
	}
	return best
}
