package executor

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

func TestDistinctMatchesTheModel(t *testing.T) {
	rng := newRand(t)
	for round := range 15 {
		rows := randomRows(rng, rng.IntN(600), 2)
		var want [][]document.Value
		for _, row := range rows {
			if !slices.ContainsFunc(want, func(have []document.Value) bool { return slices.EqualFunc(have, row, document.Equal) }) {
				want = append(want, row)
			}
		}
		for _, memory := range someMemory {
			x := newTestExecution(t, 2, memory)
			got := texts(run(t, &distinctOp{node: &planner.Distinct{Regs: []int{0, 1}}, input: &rowsOp{rows: rows}}, x, 0, 1))
			wanted := texts(want)
			if memory < someMemory[0] { // what was put off comes in another order
				slices.Sort(got)
				slices.Sort(wanted)
			}
			if diff := cmp.Diff(wanted, got); diff != "" {
				t.Fatalf("round %d, memory %d (-want +got)\n%s", round, memory, diff)
			}
		}
	}
}

func TestDistinctDividesDeeply(t *testing.T) {
	var rows [][]document.Value
	for i := range 40000 {
		rows = append(rows, []document.Value{document.Int(int64(i % 15000))})
	}
	x := newTestExecution(t, 1, 16<<10)
	got := run(t, &distinctOp{node: &planner.Distinct{Regs: []int{0}}, input: &rowsOp{rows: rows}}, x, 0)
	slices.SortFunc(got, func(a, b []document.Value) int { return document.Compare(a[0], b[0]) })
	for i, row := range got {
		if row[0].AsInt() != int64(i) {
			t.Fatalf("row %d is %s", i, text(row))
		}
	}
	if len(got) != 15000 {
		t.Errorf("%d rows, expected 15000", len(got))
	}
}

func TestDistinctInterrupted(t *testing.T) {
	var rows [][]document.Value
	for i := range 3000 {
		rows = append(rows, []document.Value{document.Int(int64(i))})
	}
	testInterrupted(t, 1, rows, func(input operator) operator {
		return &distinctOp{node: &planner.Distinct{Regs: []int{0}}, input: input}
	})
}

func TestLimit(t *testing.T) {
	null := expr.NewConst(document.Null())
	number := func(n int64) expr.Expr { return expr.NewConst(document.Int(n)) }
	for _, test := range []struct {
		count, offset expr.Expr
		first, rows   int
		read          int // rows pulled
	}{
		{nil, nil, 0, 10, 10},
		{null, null, 0, 10, 10},
		{number(3), nil, 0, 3, 3},
		{number(3), number(4), 4, 3, 7},
		{number(0), number(4), 0, 0, 0},
		{number(20), number(4), 4, 6, 10},
		{nil, number(20), 0, 0, 10},
		{number(5), number(1 << 62), 0, 0, 10},
	} {
		x := newTestExecution(t, 1, 1<<20)
		input := &rowsOp{}
		for i := range 10 {
			input.rows = append(input.rows, []document.Value{document.Int(int64(i))})
		}
		got := run(t, &limitOp{node: &planner.Limit{Count: test.count, Offset: test.offset}, input: input}, x, 0)
		if len(got) != test.rows || len(got) > 0 && got[0][0].AsInt() != int64(test.first) {
			t.Errorf("LIMIT %v OFFSET %v: rows %v", test.count, test.offset, texts(got))
		}
		if input.at != test.read {
			t.Errorf("LIMIT %v OFFSET %v: read %d rows, expected %d", test.count, test.offset, input.at, test.read)
		}
	}
}

func TestLimitNamesAWrongParameter(t *testing.T) {
	for _, v := range []document.Value{document.Int(-1), document.Float(2), document.String("3")} {
		x := newTestExecution(t, 1, 1<<20)
		x.frame.Run.Params = []document.Value{document.Int(1), v}
		_, err := tryRun(&limitOp{node: &planner.Limit{Count: &expr.Param{Ordinal: 2}}, input: &rowsOp{}}, x)
		if err == nil || !strings.Contains(err.Error(), "LIMIT ?2: expected a whole number from 0, found") {
			t.Errorf("LIMIT of %s: error %v", text([]document.Value{v}), err)
		}
		_, err = tryRun(&sortOp{node: &planner.Sort{TopOffset: &expr.Param{Ordinal: 2}}, input: &rowsOp{}}, x)
		if err == nil || !strings.Contains(err.Error(), "OFFSET ?2: expected") {
			t.Errorf("sort with OFFSET of %s: error %v", text([]document.Value{v}), err)
		}
	}
}

func TestValuesFilterProject(t *testing.T) {
	x := newTestExecution(t, 3, 1<<20)
	node := &planner.Values{Regs: []int{0, 1}}
	for i := range 5 {
		node.Rows = append(node.Rows, []expr.Expr{expr.NewConst(document.Int(int64(i))), expr.NewConst(document.String(fmt.Sprint(i)))})
	}
	plan := &planner.Project{
		Input: &planner.Filter{Input: node, Cond: &above{register(0), 2}},
		Outs:  []planner.Out{{Reg: 2, Expr: register(0)}},
	}
	x.actuals = map[planner.Node]*planner.Actual{}
	op, err := build(plan, x)
	if err != nil {
		t.Fatal(err)
	}
	got := texts(run(t, op, x, 2, 1))
	if diff := cmp.Diff([]string{`3 "3" `, `4 "4" `}, got); diff != "" {
		t.Error(diff)
	}
	for n, want := range map[planner.Node]int64{plan: 2, plan.Input: 2, node: 5} {
		if a := x.actuals[n]; a == nil || a.Rows != want {
			t.Errorf("%T: actual %+v, expected %d rows", n, a, want)
		}
	}
}

func TestRowBufferReturnsWhatWasAdded(t *testing.T) {
	rng := newRand(t)
	for _, memory := range someMemory {
		rows := randomRows(rng, 300, 3)
		x := newTestExecution(t, 3, memory)
		b := x.newRowBuffer(nil, []int{0, 1, 2})
		input := &rowsOp{rows: rows}
		if err := input.open(x); err != nil {
			t.Fatal(err)
		}
		for {
			ok, err := input.next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			if err := b.add(); err != nil {
				t.Fatal(err)
			}
		}
		for _, row := range rows {
			if ok, err := b.next(); !ok || err != nil {
				t.Fatal(ok, err)
			}
			if got := text(x.frame.Vals); got != text(row) {
				t.Fatalf("memory %d: row %s, expected %s", memory, got, text(row))
			}
		}
		if ok, err := b.next(); ok || err != nil {
			t.Fatal(ok, err)
		}
		b.close()
	}
}
