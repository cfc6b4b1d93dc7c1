package planner

import (
	"fmt"
	"strings"

	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// compound is a UNION, INTERSECT or EXCEPT. Its rows stand in the registers of the left arm.
type compound struct {
	op  string
	all bool
	// arms are two; of a UNION ALL they may be more.
	arms []*block
	regs []int
	// work, when not nil, is what the second arm reads as the name of the query itself.
	work     *workTable
	stepRegs []int // where the second arm's rows stand then
}

// bindCompound binds a compound: a block over it, whose results have the names of the left arm's.
func (b *builder) bindCompound(c *parser.Compound, env env) (*block, []item, error) {
	left, items, err := b.bindBody(c.Left, env)
	if err != nil {
		return nil, nil, err
	}
	right, others, err := b.bindBody(c.Right, env)
	if err != nil {
		return nil, nil, err
	}
	if len(items) != len(others) {
		return nil, nil, b.fail(c.At, fmt.Sprintf("%s of %d and %d columns", c.Op, len(items), len(others)), "both sides need the same number of columns")
	}
	if set := left.compound; set != nil && c.Op == "UNION" && c.All && set.op == "UNION" && set.all && left.plain() {
		// One more arm of a list.
		for i, reg := range set.regs {
			right.outs[i].Reg = reg
			known := left.outs[i].Expr.Static()
			left.outs[i].Expr.(*expr.Register).Known = common(known, right.outs[i].Expr.Static())
		}
		set.arms = append(set.arms, right)
		return left, items, nil
	}
	set := &compound{op: c.Op, all: c.All, arms: []*block{left, right}}
	blk := &block{b: b, compound: set}
	results := make([]item, len(items))
	for i := range items {
		reg := b.val()
		set.regs = append(set.regs, reg)
		known := left.outs[i].Expr.Static()
		left.outs[i].Reg = reg
		if c.Op == "UNION" {
			right.outs[i].Reg = reg
			known = common(known, right.outs[i].Expr.Static())
		} else {
			right.outs[i].Reg = b.val()
		}
		results[i] = item{name: items[i].name, alias: true, at: items[i].at,
			expr: &expr.Register{Reg: reg, Text: name(items[i].name), Known: known}}
	}
	b.outputs(blk, results)
	return blk, results, nil
}

// plain reports whether a block over a compound does nothing of its own.
func (b *block) plain() bool { return len(b.order) == 0 && b.limit == nil && b.offset == nil }

// common is what is known of a value that is one or the other.
func common(a, b expr.Static) expr.Static {
	known := expr.Static{NotNull: a.NotNull && b.NotNull, Numeric: a.Numeric && b.Numeric}
	if a.Kind == b.Kind {
		known.Kind = a.Kind
	} else if a.Kind.IsNumber() && b.Kind.IsNumber() {
		known.Numeric = true
	}
	return known
}

// bindBody binds one SELECT, compound, or query in parentheses.
func (b *builder) bindBody(body parser.QueryBody, env env) (*block, []item, error) {
	switch body := body.(type) {
	case *parser.Select:
		return b.selectBlock(&parser.Query{Meta: *b.info, Body: body}, body, env)
	case *parser.Compound:
		return b.bindCompound(body, env)
	case *parser.Values:
		return b.bindValues(body, env)
	case *parser.Query:
		return b.bindQuery(body, env)
	}
	return nil, nil, fmt.Errorf("unknown query %T", body)
}

// bindQuery binds a query with its ORDER BY and LIMIT.
func (b *builder) bindQuery(q *parser.Query, env env) (*block, []item, error) {
	env, err := b.with(q.With, env)
	if err != nil {
		return nil, nil, err
	}
	if sel, ok := q.Body.(*parser.Select); ok {
		return b.selectBlock(q, sel, env)
	}
	blk, items, err := b.bindBody(q.Body, env)
	if err != nil || len(q.OrderBy) == 0 && q.Limit == nil && q.Offset == nil {
		return blk, items, err
	}
	if blk.compound == nil || !blk.plain() {
		blk, items = b.over(blk, items)
	}
	s := &scope{b: b, outputs: items, clause: "ORDER BY", env: env}
	if err := b.orderBy(s, blk, q.OrderBy); err != nil {
		return nil, nil, err
	}
	if blk.limit, err = b.count("LIMIT", q.Limit); err != nil {
		return nil, nil, err
	}
	blk.offset, err = b.count("OFFSET", q.Offset)
	return blk, items, err
}

// over is a block over the rows of another one, for an order and a limit of its own.
func (b *builder) over(inner *block, items []item) (*block, []item) {
	leaf := &source{}
	results := make([]item, len(items))
	for i := range items {
		leaf.columns = append(leaf.columns, sourceColumn{items[i].name, inner.outs[i].Reg, inner.outs[i].Expr.Static()})
	}
	for i := range items {
		results[i] = item{name: items[i].name, alias: true, at: items[i].at, expr: leaf.register(i)}
	}
	blk := &block{b: b, from: &relation{leaf: inner, sources: []*source{leaf}}}
	b.outputs(blk, results)
	return blk, results
}

// planCompound plans the arms.
func planCompound(b *block) error {
	if b.compound == nil {
		return nil
	}
	for _, arm := range b.compound.arms {
		if err := optimize(arm); err != nil {
			return err
		}
	}
	return nil
}

// node yields the rows of the compound.
func (c *compound) node() Node {
	var est Estimate
	list := make([]Node, len(c.arms))
	for i, arm := range c.arms {
		list[i] = arm.assemble()
		e := list[i].Estimate()
		est = Estimate{est.Rows + e.Rows, est.Cost + e.Cost}
	}
	distinct := func(n Node) Node {
		if c.all {
			return n
		}
		e := n.Estimate()
		return &Distinct{Est: Estimate{max(1, e.Rows/2), e.Cost}, Input: n, Regs: c.regs}
	}
	if c.work != nil {
		return &Recursion{Est: est, First: list[0], Step: list[1], Regs: c.regs, StepRegs: c.stepRegs, All: c.all, Work: c.work.id}
	}
	if c.op == "UNION" {
		return distinct(&Append{est, list})
	}
	j := &HashJoin{Kind: SemiJoin, Est: Estimate{max(1, list[0].Estimate().Rows/2), est.Cost}, Left: list[0], Right: list[1], NullsEqual: true, Once: c.all}
	if c.op == "EXCEPT" {
		j.Kind = AntiJoin
	}
	j.LeftCarry.Vals = c.regs
	for i, reg := range c.regs {
		other := c.arms[1].outs[i].Reg
		j.RightCarry.Vals = append(j.RightCarry.Vals, other)
		j.LeftKeys = append(j.LeftKeys, &expr.Register{Reg: reg, Text: fmt.Sprintf("column %d", i+1)})
		j.RightKeys = append(j.RightKeys, &expr.Register{Reg: other, Text: fmt.Sprintf("column %d", i+1)})
	}
	return distinct(j)
}

// env is what a query sees of where it stands.
type env struct {
	// outer is the scope of the expression that the query is a part of, nil for none; args takes what is read of it.
	outer *scope
	args  *arguments
	// ctes are the queries that WITH gave a name, innermost first.
	ctes *cte
}

// cte is a query that has a name, and where it was given.
type cte struct {
	*parser.CTE
	env   env
	outer *cte
	depth int
	// work, when not nil, is the rows of the round before, in the recursive part of the query.
	work *workTable
}

// maxNested is how deep queries may refer to those of WITH.
const maxNested = 100

// with adds the names that WITH gives.
func (b *builder) with(list []parser.CTE, e env) (env, error) {
	for i := range list {
		c := &list[i]
		for j := range i {
			if list[j].Name == c.Name {
				return e, b.fail(c.At, "WITH gives the name "+quote(c.Name)+" twice", "")
			}
		}
		named := &cte{CTE: c, env: e, outer: e.ctes}
		if e.ctes != nil {
			named.depth = e.ctes.depth + 1
		}
		e.ctes = named
	}
	return e, nil
}

// named returns the query of WITH that is called name, exactly or else but for case.
func (e *env) named(n string) *cte {
	var close *cte
	for c := e.ctes; c != nil; c = c.outer {
		if c.Name == n {
			return c
		}
		if close == nil && strings.EqualFold(c.Name, n) {
			close = c
		}
	}
	return close
}
