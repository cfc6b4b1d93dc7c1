package planner

import (
	"fmt"

	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// workTable is the rows of the last round of a recursive query.
type workTable struct {
	id      int
	columns []item // names, and what is known of them
	used    bool
}

// bindCommon binds a query of WITH. In WITH RECURSIVE, a UNION whose second part reads the query's own name is
// recursive.
func (b *builder) bindCommon(c *cte) (*block, []item, error) {
	union, ok := c.Query.Body.(*parser.Compound)
	if !ok || !c.Recursive || union.Op != "UNION" || len(c.Query.With) > 0 {
		return b.bindQuery(c.Query, c.env)
	}
	first, items, err := b.bindBody(union.Left, c.env)
	if err != nil {
		return nil, nil, err
	}
	work := &workTable{id: b.plan.Works}
	b.plan.Works++
	results := make([]item, len(items))
	regs := make([]int, len(items))
	for i := range items {
		regs[i] = b.val()
		name := items[i].name
		if i < len(c.Columns) {
			name = c.Columns[i]
		}
		results[i] = item{name: name, alias: true, at: items[i].at, expr: &expr.Register{Reg: regs[i], Text: name}}
		first.outs[i].Reg = regs[i]
	}
	work.columns = results
	self := &cte{CTE: c.CTE, env: c.env, outer: c.outer, depth: c.depth, work: work}
	inside := c.env
	inside.ctes = self
	step, others, err := b.bindBody(union.Right, inside)
	if err != nil {
		return nil, nil, err
	}
	if !work.used {
		return b.bindQuery(c.Query, c.env)
	}
	if len(others) != len(items) {
		return nil, nil, b.fail(union.At, fmt.Sprintf("UNION of %d and %d columns", len(items), len(others)), "both sides need the same number of columns")
	}
	for i := range others {
		step.outs[i].Reg = b.val()
	}
	stepRegs := make([]int, len(others))
	for i := range others {
		stepRegs[i] = step.outs[i].Reg
	}
	blk := &block{b: b, compound: &compound{op: "UNION", all: union.All, arms: []*block{first, step}, regs: regs, work: work, stepRegs: stepRegs}}
	b.outputs(blk, results)
	q := *c.Query
	if len(q.OrderBy) == 0 && q.Limit == nil && q.Offset == nil {
		return blk, results, nil
	}
	s := &scope{b: b, outputs: results, clause: "ORDER BY", env: c.env}
	if err := b.orderBy(s, blk, q.OrderBy); err != nil {
		return nil, nil, err
	}
	if blk.limit, err = b.count("LIMIT", q.Limit); err != nil {
		return nil, nil, err
	}
	blk.offset, err = b.count("OFFSET", q.Offset)
	return blk, results, err
}

// round is a block that reads the last round.
func (b *builder) round(w *workTable) (*block, []item) {
	w.used = true
	scan := &WorkScan{Est: Estimate{plannedRows, plannedRows}, Work: w.id}
	blk := &block{b: b, leafNode: scan}
	items := make([]item, len(w.columns))
	for i, c := range w.columns {
		reg := b.val()
		scan.Regs = append(scan.Regs, reg)
		items[i] = item{name: c.name, expr: &expr.Register{Reg: reg, Text: c.name}}
	}
	b.outputs(blk, items)
	return blk, items
}

// bindValues binds VALUES: its columns are called column1, column2 and so on.
func (b *builder) bindValues(v *parser.Values, env env) (*block, []item, error) {
	node := &Values{Est: Estimate{Rows: float64(len(v.Rows)), Cost: 1}}
	s := &scope{b: b, clause: "VALUES", env: env}
	known := make([]expr.Static, len(v.Rows[0]))
	for i, row := range v.Rows {
		if len(row) != len(known) {
			return nil, nil, b.fail(row[0].Pos(), fmt.Sprintf("a row of %d values after rows of %d", len(row), len(known)), "")
		}
		bound, err := b.exprs(s, row)
		if err != nil {
			return nil, nil, err
		}
		for j := range bound {
			bound[j] = fold(bound[j])
			if static := bound[j].Static(); i == 0 {
				known[j] = static
			} else {
				known[j] = common(known[j], static)
			}
		}
		node.Rows = append(node.Rows, bound)
	}
	blk := &block{b: b, leafNode: node}
	items := make([]item, len(known))
	for j := range items {
		reg := b.val()
		node.Regs = append(node.Regs, reg)
		name := fmt.Sprintf("column%d", j+1)
		items[j] = item{name: name, at: v.At, expr: &expr.Register{Reg: reg, Text: name, Known: known[j]}}
	}
	b.outputs(blk, items)
	return blk, items, nil
}
