package executor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// modelSort sorts rows by the definition of ORDER BY.
func modelSort(rows [][]document.Value, keys []planner.SortKey) [][]document.Value {
	out := slices.Clone(rows)
	slices.SortStableFunc(out, func(a, b []document.Value) int {
		for _, key := range keys {
			x, y := a[key.Expr.(*expr.Register).Reg], b[key.Expr.(*expr.Register).Reg]
			if x.IsNull() || y.IsNull() {
				switch {
				case x.IsNull() && y.IsNull():
					continue
				case x.IsNull() == key.NullsFirst:
					return -1
				}
				return 1
			}
			if key.NoCase {
				x, y = folded(x), folded(y)
			}
			c := document.Compare(x, y)
			if key.Desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	return out
}

func folded(v document.Value) document.Value {
	if v.Kind() == document.KindString {
		return document.String(strings.ToLower(v.AsString()))
	}
	return v
}

func randomKeys(rng *rand.Rand, width int) []planner.SortKey {
	keys := make([]planner.SortKey, 1+rng.IntN(width))
	for i := range keys {
		keys[i] = planner.SortKey{Expr: register(rng.IntN(width)), Desc: rng.IntN(2) == 0, NullsFirst: rng.IntN(2) == 0, NoCase: rng.IntN(4) == 0}
	}
	return keys
}

func TestSortMatchesTheModel(t *testing.T) {
	rng := newRand(t)
	for round := range 30 {
		rows := randomRows(rng, rng.IntN(400), 3)
		for i := range rows {
			rows[i] = append(rows[i], document.Int(int64(i))) // tells equal rows apart
		}
		keys := randomKeys(rng, 3)
		want := texts(modelSort(rows, keys))
		top, offset := rng.IntN(len(rows)+20), rng.IntN(5)
		for _, memory := range someMemory {
			name := fmt.Sprintf("round %d, %d rows, memory %d", round, len(rows), memory)
			node := &planner.Sort{Keys: keys, CarryVals: []int{0, 1, 2, 3}}
			x := newTestExecution(t, 4, memory)
			got := texts(run(t, &sortOp{node: node, input: &rowsOp{rows: rows}}, x, 0, 1, 2, 3))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s: sorted rows (-want +got)\n%s", name, diff)
			}
			node.Top = expr.NewConst(document.Int(int64(top)))
			node.TopOffset = expr.NewConst(document.Int(int64(offset)))
			x = newTestExecution(t, 4, memory)
			got = texts(run(t, &sortOp{node: node, input: &rowsOp{rows: rows}}, x, 0, 1, 2, 3))
			if diff := cmp.Diff(want[:min(top+offset, len(want))], got); diff != "" {
				t.Fatalf("%s: top %d offset %d (-want +got)\n%s", name, top, offset, diff)
			}
		}
	}
}

// TestSortMergesMoreRunsThanItReadsAtOnce needs several passes.
func TestSortMergesMoreRunsThanItReadsAtOnce(t *testing.T) {
	rng := newRand(t)
	rows := make([][]document.Value, 20000)
	for i := range rows {
		rows[i] = []document.Value{document.Int(int64(rng.IntN(5000))), document.Int(int64(i))}
	}
	keys := []planner.SortKey{{Expr: register(0), NullsFirst: true}}
	x := newTestExecution(t, 2, 2<<10)
	op := &sortOp{node: &planner.Sort{Keys: keys, CarryVals: []int{0, 1}}, input: &rowsOp{rows: rows}}
	got := texts(run(t, op, x, 0, 1))
	if diff := cmp.Diff(texts(modelSort(rows, keys)), got); diff != "" {
		t.Fatal(diff)
	}
}

func TestSortCarriesDocuments(t *testing.T) {
	dict := document.NewDictionary("")
	var enc document.Encoder
	x := newTestExecution(t, 1, 1<<10)
	x.frame.Docs = make([]document.Record, 2)
	data := make([][]byte, 100)
	for i := range data {
		doc := document.Object([]document.Field{{Name: "_id", Value: document.Int(int64(i * 37 % 100))}, {Name: "name", Value: document.String(fmt.Sprint("n", i))}})
		var err error
		if data[i], _, err = enc.Encode(nil, doc, dict); err != nil {
			t.Fatal(err)
		}
	}
	input := &rowsOp{rows: make([][]document.Value, len(data))}
	input.before = func(at int) {
		if at < len(data) {
			if err := x.frame.Docs[1].Reset(data[at], dict); err != nil {
				t.Fatal(err)
			}
		}
	}
	id := expr.NewField(1, document.FieldPath("_id"), "")
	op := &sortOp{node: &planner.Sort{Keys: []planner.SortKey{{Expr: id, Desc: true}}, CarryDocs: []int{0, 1}}, input: input}
	if err := op.open(x); err != nil {
		t.Fatal(err)
	}
	for want := int64(99); want >= 0; want-- {
		if ok, err := op.next(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if got := x.frame.Docs[1].ID().AsInt(); got != want || x.frame.Docs[0].Data() != nil {
			t.Fatalf("expected document %d and none beside it, found %d", want, got)
		}
	}
	if ok, err := op.next(); ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := op.close(); err != nil {
		t.Fatal(err)
	}
}

func TestSortOfNothingWantedReadsNothing(t *testing.T) {
	x := newTestExecution(t, 1, 1<<20)
	input := &rowsOp{rows: randomRows(newRand(t), 10, 1)}
	op := &sortOp{node: &planner.Sort{Keys: []planner.SortKey{{Expr: register(0)}}, Top: expr.NewConst(document.Int(0))}, input: input}
	if rows := run(t, op, x); len(rows) != 0 || input.at != 0 {
		t.Errorf("%d rows, %d read", len(rows), input.at)
	}
}

func TestSortInterrupted(t *testing.T) {
	rows := randomRows(newRand(t), 3000, 2)
	testInterrupted(t, 2, rows, func(input operator) operator {
		return &sortOp{node: &planner.Sort{Keys: []planner.SortKey{{Expr: register(0)}}, CarryVals: []int{1}}, input: input}
	})
}

// TestSortingItselfIsInterrupted cancels after the last row was read.
func TestSortingItselfIsInterrupted(t *testing.T) {
	x := newTestExecution(t, 1, 64<<20)
	rng := newRand(t)
	rows := make([][]document.Value, 50000)
	for i := range rows {
		rows[i] = []document.Value{document.Int(rng.Int64())}
	}
	input := &rowsOp{rows: rows}
	cancelAfter(x, input, len(rows))
	op := &sortOp{node: &planner.Sort{Keys: []planner.SortKey{{Expr: register(0)}}, CarryVals: []int{0}}, input: input}
	if got, err := tryRun(op, x); err == nil || len(got) > 0 {
		t.Errorf("%d rows, error %v", len(got), err)
	}
}
