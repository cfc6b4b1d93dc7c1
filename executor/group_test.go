package executor

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

func aggregateCall(t testing.TB, name string, arg expr.Expr, distinct bool, out int) planner.AggCall {
	fn, ok := expr.LookupAggregate(name)
	if !ok {
		t.Fatalf("no aggregate %s", name)
	}
	return planner.AggCall{Func: fn, Arg: arg, Distinct: distinct, Out: out}
}

// modelGroup groups rows by their first columns and computes what groupNode asks for of the column after them.
func modelGroup(rows [][]document.Value, keys int) []string {
	type group struct {
		keys                  []document.Value
		rows, notNull, sum    int64
		ints                  []int64
		least, greatest       document.Value
		distinct              []document.Value
		distinctSum, filtered int64
	}
	var groups []*group
	if keys == 0 {
		groups = append(groups, &group{})
	}
	for _, row := range rows {
		i := slices.IndexFunc(groups, func(g *group) bool { return slices.EqualFunc(g.keys, row[:keys], document.Equal) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &group{keys: row[:keys]})
		}
		g, v := groups[i], row[keys]
		g.rows++
		if row[0].Kind() == document.KindInt && row[0].AsInt() > 3 {
			g.filtered++
		}
		if v.IsNull() {
			continue
		}
		g.notNull++
		if g.least.IsMissing() || document.Compare(v, g.least) < 0 {
			g.least = v
		}
		if g.greatest.IsMissing() || document.Compare(v, g.greatest) > 0 {
			g.greatest = v
		}
		if !slices.ContainsFunc(g.distinct, func(have document.Value) bool { return document.Equal(have, v) }) {
			g.distinct = append(g.distinct, v)
		}
		if v.Kind() == document.KindInt {
			g.sum += v.AsInt()
			if !slices.Contains(g.ints, v.AsInt()) {
				g.ints = append(g.ints, v.AsInt())
				g.distinctSum += v.AsInt()
			}
		}
	}
	var out []string
	for _, g := range groups {
		row := append(slices.Clone(g.keys), document.Int(g.rows), document.Int(g.notNull), g.least, g.greatest,
			sumOf(len(g.ints), g.sum), document.Int(int64(len(g.distinct))), sumOf(len(g.ints), g.distinctSum), document.Int(g.filtered))
		for i, v := range row {
			if v.IsMissing() && i >= keys {
				row[i] = document.Null()
			}
		}
		out = append(out, text(row))
	}
	slices.Sort(out)
	return out
}

// sumOf is the sum of n integers, NULL of none.
func sumOf(n int, sum int64) document.Value {
	if n == 0 {
		return document.Null()
	}
	return document.Int(sum)
}

// groupNode groups registers 0 to keys-1 and aggregates the one after them. Results begin at register 10.
func groupNode(t testing.TB, keys int) (node *planner.Group, regs []int) {
	node = &planner.Group{}
	for i := range keys {
		node.Keys = append(node.Keys, planner.Out{Reg: 10 + i, Expr: register(i)})
	}
	at := 10 + keys
	arg := register(keys)
	number := planner.AggCall{}
	// The sum of integers only, or else SUM would see floats and booleans too.
	isInt := &isIntOf{register(keys)}
	for _, call := range []planner.AggCall{
		aggregateCall(t, "COUNT", nil, false, at),
		aggregateCall(t, "COUNT", arg, false, at+1),
		aggregateCall(t, "MIN", arg, false, at+2),
		aggregateCall(t, "MAX", arg, false, at+3),
		aggregateCall(t, "SUM", isInt, false, at+4),
		aggregateCall(t, "COUNT", arg, true, at+5),
		aggregateCall(t, "SUM", isInt, true, at+6),
		aggregateCall(t, "COUNT", nil, false, at+7),
	} {
		number = call
		if number.Out == at+7 {
			number.Filter = &above{register(0), 3}
		}
		node.Aggs = append(node.Aggs, number)
	}
	for i := range keys + 8 {
		regs = append(regs, 10+i)
	}
	return node, regs
}

// isIntOf is the integer that an expression gives, NULL for anything else. It is also NULL for
// numbers too large to be summed up in an int64 by the model.
type isIntOf struct{ x expr.Expr }

func (e *isIntOf) Eval(f *expr.Frame) (document.Value, error) {
	v, err := e.x.Eval(f)
	if v.Kind() != document.KindInt {
		v = document.Null()
	}
	return v, err
}
func (e *isIntOf) Static() expr.Static             { return expr.Static{} }
func (e *isIntOf) Children() []expr.Expr           { return []expr.Expr{e.x} }
func (e *isIntOf) With(kids []expr.Expr) expr.Expr { return &isIntOf{kids[0]} }
func (e *isIntOf) String() string                  { return "int(" + e.x.String() + ")" }

// above is TRUE for integers above a number.
type above struct {
	x expr.Expr
	n int64
}

func (e *above) Eval(f *expr.Frame) (document.Value, error) {
	v, err := e.x.Eval(f)
	return document.Bool(v.Kind() == document.KindInt && v.AsInt() > e.n), err
}
func (e *above) Static() expr.Static             { return expr.Static{} }
func (e *above) Children() []expr.Expr           { return []expr.Expr{e.x} }
func (e *above) With(kids []expr.Expr) expr.Expr { return &above{kids[0], e.n} }
func (e *above) String() string                  { return fmt.Sprintf("%s > %d", e.x, e.n) }

// smallInts keeps sums within an int64 and floats exact.
func smallInts(rows [][]document.Value, column int) {
	for _, row := range rows {
		if v := row[column]; v.Kind() == document.KindInt && (v.AsInt() > 1<<30 || v.AsInt() < -1<<30) {
			row[column] = document.Float(math.Inf(1))
		}
	}
}

func TestGroupMatchesTheModel(t *testing.T) {
	rng := newRand(t)
	for round := range 12 {
		keys := rng.IntN(4)
		rows := randomRows(rng, rng.IntN(300), keys+1)
		smallInts(rows, keys)
		want := append([]string{}, modelGroup(rows, keys)...) // no rows make an empty list, as texts does
		node, regs := groupNode(t, keys)
		for _, memory := range someMemory {
			x := newTestExecution(t, 30, memory)
			var op operator = &groupOp{node: node, input: &rowsOp{rows: rows}}
			if keys == 0 {
				op = &streamGroupOp{node: node, input: &rowsOp{rows: rows}}
			}
			got := texts(run(t, op, x, regs...))
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("round %d, %d keys, memory %d (-want +got)\n%s", round, keys, memory, diff)
			}
			if keys == 0 {
				continue
			}
			// The same with equal keys together.
			sorted := slices.Clone(rows)
			slices.SortStableFunc(sorted, func(a, b []document.Value) int { return slices.CompareFunc(a[:keys], b[:keys], document.Compare) })
			x = newTestExecution(t, 30, memory)
			got = texts(run(t, &streamGroupOp{node: node, input: &rowsOp{rows: sorted}}, x, regs...))
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("round %d, %d sorted keys, memory %d (-want +got)\n%s", round, keys, memory, diff)
			}
		}
	}
}

// TestGroupDividesDeeply has more groups than partitions of one level can hold.
func TestGroupDividesDeeply(t *testing.T) {
	rng := newRand(t)
	const groups = 20000
	var rows [][]document.Value
	for i := range 3 * groups {
		rows = append(rows, []document.Value{document.String(fmt.Sprint("key ", i%groups)), document.Int(int64(i))})
	}
	rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	node := &planner.Group{
		Keys: []planner.Out{{Reg: 2, Expr: register(0)}},
		Aggs: []planner.AggCall{aggregateCall(t, "COUNT", nil, false, 3), aggregateCall(t, "SUM", register(1), false, 4), aggregateCall(t, "COUNT", register(1), true, 5)},
	}
	x := newTestExecution(t, 6, 32<<10)
	seen := map[string]bool{}
	for _, row := range run(t, &groupOp{node: node, input: &rowsOp{rows: rows}}, x, 2, 3, 4, 5) {
		var i int64
		if _, err := fmt.Sscanf(row[0].AsString(), "key %d", &i); err != nil {
			t.Fatal(err)
		}
		if sum := 3*i + 3*groups; row[1].AsInt() != 3 || row[2].AsInt() != sum || row[3].AsInt() != 3 {
			t.Fatalf("group %s, expected 3, %d, 3", text(row), sum)
		}
		seen[row[0].AsString()] = true
	}
	if len(seen) != groups {
		t.Errorf("%d groups, expected %d", len(seen), groups)
	}
}

func TestGroupKeepsTheOrderOfRowsWithinAGroup(t *testing.T) {
	var rows [][]document.Value
	for i := range 4000 {
		rows = append(rows, []document.Value{document.Int(int64(i % 40)), document.Int(int64(i))})
	}
	node := &planner.Group{Keys: []planner.Out{{Reg: 2, Expr: register(0)}}, Aggs: []planner.AggCall{aggregateCall(t, "ARRAY_AGG", register(1), false, 3)}}
	x := newTestExecution(t, 4, 8<<10)
	for _, row := range run(t, &groupOp{node: node, input: &rowsOp{rows: rows}}, x, 2, 3) {
		list := row[1].AsArray()
		for i, v := range list {
			if v.AsInt() != row[0].AsInt()+int64(40*i) {
				t.Fatalf("group %s", text(row))
			}
		}
		if len(list) != 100 {
			t.Fatalf("%d rows in a group", len(list))
		}
	}
}

func TestGroupInterrupted(t *testing.T) {
	var rows [][]document.Value
	for i := range 3000 {
		rows = append(rows, []document.Value{document.Int(int64(i)), document.Int(int64(i))})
	}
	node, _ := groupNode(t, 1)
	testInterrupted(t, 30, rows, func(input operator) operator { return &groupOp{node: node, input: input} })
	testInterrupted(t, 30, rows, func(input operator) operator { return &streamGroupOp{node: node, input: input} })
}

func TestGroupErrorOfAnAggregate(t *testing.T) {
	x := newTestExecution(t, 4, 1<<20)
	rows := [][]document.Value{{document.Int(math.MaxInt64)}, {document.Int(1)}}
	op := &streamGroupOp{node: &planner.Group{Aggs: []planner.AggCall{aggregateCall(t, "SUM", register(0), false, 1)}}, input: &rowsOp{rows: rows}}
	if rows, err := tryRun(op, x, 1); err == nil {
		t.Errorf("expected an overflow, found %v", texts(rows))
	}
}
