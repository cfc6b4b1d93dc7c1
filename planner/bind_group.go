package planner

import (
	"fmt"
	"slices"

	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// grouping collects the aggregates of a SELECT while its expressions are bound: each
// call is replaced by the register that its result will stand in.
type grouping struct {
	block *block
	// calls are the aggregates by their text: equal ones are computed once.
	calls map[string]*AggCall
	// marks are the calls of GROUPING, which are known once the sets are.
	marks  []groupingMark
	failed error // of one of them
}

// aggregate binds a call of an aggregate function: of the query that it stands in, or of the innermost one around it
// whose rows its argument and its FILTER read, where they read none of those further in.
func (b *builder) aggregate(s *scope, fn *expr.Aggregate, call *parser.Call) (expr.Expr, error) {
	agg := AggCall{Func: fn, Distinct: call.Distinct}
	if s.env.outer != nil {
		before := b.mark(s)
		if err := b.operands(s, &agg, call); err != nil {
			return nil, err
		}
		if s.outside(agg.Arg, agg.Filter) {
			b.back(s, before)
			return s.argument(b.aggregate(s.env.outer, fn, call))
		}
	}
	switch {
	case s.grouping == nil:
		hint := ""
		if s.clause == "WHERE" {
			hint = "conditions on groups go into HAVING"
		}
		return nil, b.fail(call.Pos(), fmt.Sprintf("the aggregate %s can't stand in %s", fn.Name, s.clause), hint)
	}
	if s.env.outer == nil {
		if err := b.operands(s, &agg, call); err != nil {
			return nil, err
		}
	}
	if agg.Arg != nil && !agg.Distinct && fn.Name == "COUNT" && neverNull(fold(agg.Arg)) {
		agg.Arg = nil // COUNT(1), COUNT(_id)
	}
	fn = agg.Func
	g := s.grouping
	text := agg.String()
	if have := g.calls[text]; have != nil && sameCall(have, &agg) {
		return &expr.Register{Reg: have.Out, Text: text, Known: fn.Result(have.Arg)}, nil
	}
	agg.Out = b.val()
	g.block.aggs = append(g.block.aggs, agg)
	if g.calls == nil {
		g.calls = map[string]*AggCall{}
	}
	g.calls[text] = &agg
	return &expr.Register{Reg: agg.Out, Text: text, Known: fn.Result(agg.Arg)}, nil
}

// operands binds what a call aggregates.
func (b *builder) operands(s *scope, agg *AggCall, call *parser.Call) (err error) {
	if agg.Func, agg.Arg, err = b.aggregateCall(s.in("the argument of "+agg.Func.Name), agg.Func, call); err != nil {
		return err
	}
	if call.Filter != nil {
		agg.Filter, err = b.condition(s.in("FILTER"), call.Filter)
	}
	return err
}

// outside reports whether expressions, of which some may be nil, read rows around the query of s, and none of its own.
func (s *scope) outside(list ...expr.Expr) bool {
	read, own := false, false
	for _, e := range list {
		own = own || e != nil && contains(e, func(e expr.Expr) bool {
			switch e := e.(type) {
			case *expr.Field, *expr.Document:
				return true
			case *expr.Register:
				read = read || e.Fixed
				return !e.Fixed
			}
			return false
		})
	}
	return read && !own
}

// mark is how far binding has come in what a part of an expression adds to; back forgets what was added since.
func (b *builder) mark(s *scope) []int {
	at := []int{len(b.subqueries)}
	for ; s.env.outer != nil; s = s.env.outer {
		at = append(at, len(s.env.args.args))
	}
	return at
}

func (b *builder) back(s *scope, at []int) {
	b.subqueries = b.subqueries[:at[0]]
	for _, n := range at[1:] {
		s.env.args.args, s.env.args.regs = s.env.args.args[:n], s.env.args.regs[:n]
		s = s.env.outer
	}
}

// neverNull reports whether e is a constant or a field that is never NULL; its evaluation
// can't fail either.
func neverNull(e expr.Expr) bool {
	switch e.(type) {
	case *expr.Const, *expr.Field:
		return e.Static().NotNull
	}
	return false
}

// sameCall reports whether two calls of the same text aggregate the same.
func sameCall(a, b *AggCall) bool {
	both := func(x, y expr.Expr) bool { return x == nil && y == nil || x != nil && y != nil && same(x, y) }
	return both(a.Arg, b.Arg) && both(a.Filter, b.Filter)
}

// maxKeys is how many keys GROUP BY and ORDER BY may have.
const maxKeys = 250

// groupBy binds the keys: an ordinal, a field, an alias, or any expression of the source.
func (b *builder) groupBy(s *scope, g *grouping, list []parser.Expr) error {
	if len(list) > maxKeys {
		return b.fail(list[maxKeys].Pos(), fmt.Sprintf("GROUP BY has more than %d keys", maxKeys), "")
	}
	sets := [][]int{{}}
	for _, e := range list {
		more, err := b.groupElement(s, g, e)
		if err != nil {
			return err
		}
		if sets = product(sets, more); len(sets) > maxSets {
			return b.fail(e.Pos(), fmt.Sprintf("GROUP BY has more than %d grouping sets", maxSets), "")
		}
	}
	if len(g.block.keys) > maxKeys {
		return b.fail(list[0].Pos(), fmt.Sprintf("GROUP BY has more than %d keys", maxKeys), "")
	}
	if len(sets) > 1 {
		g.block.sets, g.block.set = sets, b.val()
	}
	g.block.grouped = g.block.grouped || len(list) > 0
	return nil
}

func (b *builder) groupKey(s *scope, e parser.Expr) (expr.Expr, error) {
	inner := s.in("GROUP BY")
	inner.outputs = s.outputs
	key, ok, err := b.ordinal(s, e, "GROUP BY")
	if !ok && err == nil {
		key, err = b.expr(inner, e)
	}
	if err == nil && s.grouping.block.windowed(key) {
		err = b.fail(e.Pos(), "a window function can't stand in GROUP BY", nestedWindow)
	}
	if err == nil && s.grouping.aggregated(key) {
		err = b.fail(e.Pos(), fmt.Sprintf("GROUP BY names the aggregate %s", key), "")
	}
	return key, err
}

// aggregated reports whether e reads an aggregate's register.
func (g *grouping) aggregated(e expr.Expr) bool {
	return contains(e, func(e expr.Expr) bool {
		reg, ok := register(e)
		return ok && slices.ContainsFunc(g.block.aggs, func(agg AggCall) bool { return agg.Out == reg })
	})
}

// finish makes results, HAVING and ORDER BY read the registers of keys and aggregates, and
// refuses what still reads the source.
func (g *grouping) finish(items []item, sel *parser.Select, order []parser.OrderItem) error {
	blk := g.block
	var err error
	for i := range items {
		if items[i].expr, err = g.above(items[i].expr, items[i].at); err != nil {
			return err
		}
	}
	for i := range blk.having {
		if blk.having[i], err = g.above(blk.having[i], sel.Having.Pos()); err != nil {
			return err
		}
	}
	for i := range blk.on {
		if blk.on[i].Expr, err = g.above(blk.on[i].Expr, sel.DistinctOn[0].Pos()); err != nil {
			return err
		}
	}
	for i := range blk.order {
		var at int
		if i < len(order) {
			at = order[i].Expr.Pos()
		} else {
			at = sel.DistinctOn[0].Pos() // which added it
		}
		if blk.order[i].Expr, err = g.above(blk.order[i].Expr, at); err != nil {
			return err
		}
	}
	return nil
}

// above returns e as it is evaluated on groups.
func (g *grouping) above(e expr.Expr, at int) (expr.Expr, error) {
	blk := g.block
	e = replace(e, func(e expr.Expr) expr.Expr {
		for i := range blk.keys {
			if same(blk.keys[i].Expr, e) {
				known := e.Static()
				known.NotNull = known.NotNull && blk.sets == nil
				return &expr.Register{Reg: blk.keys[i].Reg, Text: e.String(), Known: known}
			}
		}
		return g.marked(e)
	})
	if g.failed != nil {
		return nil, g.failed
	}
	if stray := g.ungrouped(e); stray != nil {
		if f, ok := stray.(*expr.Field); ok && blk.sets == nil && g.byIdentity(f) {
			// A group is one document: grouping by one more of its fields changes nothing.
			blk.keys = append(blk.keys, Out{blk.b.val(), f})
			return g.above(e, at)
		}
		return nil, blk.b.fail(at, fmt.Sprintf("%s is neither grouped by nor aggregated", stray),
			fmt.Sprintf("add it to GROUP BY, or take one of each group: MIN(%s)", stray))
	}
	return e, nil
}

// byIdentity reports whether a key is the _id, or the primary key, of the document that f reads.
func (g *grouping) byIdentity(f *expr.Field) bool {
	src := g.block.sourceOf(f.Doc)
	return src != nil && slices.ContainsFunc(g.block.keys, func(key Out) bool {
		k, ok := key.Expr.(*expr.Field)
		return ok && k.Doc == f.Doc && isID(src.collection, k.Path)
	})
}

// ungrouped finds what reads a row of FROM.
func (g *grouping) ungrouped(e expr.Expr) expr.Expr {
	switch e := e.(type) {
	case *expr.Field, *expr.Document:
		return e
	case *expr.Register:
		if g.block.from != nil && g.block.from.leafOf(e.Reg) >= 0 {
			return e
		}
	}
	for _, child := range e.Children() {
		if stray := g.ungrouped(child); stray != nil {
			return stray
		}
	}
	return nil
}
