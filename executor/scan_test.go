package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// documents runs an operator that reads documents.
func documents(t testing.TB, op operator, x *execution) []document.Value {
	t.Helper()
	if err := op.open(x); err != nil {
		t.Fatal(err)
	}
	defer op.close()
	var out []document.Value
	for {
		ok, err := op.next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return out
		}
		// Another use of the transaction must not change the row.
		if _, err := x.tx.Get(x.ctx, op.(*indexScanOp).node.Collection, document.Int(0)); err != nil {
			t.Fatal(err)
		}
		out = append(out, x.frame.Docs[0].Decode().Clone())
	}
}

// TestIndexScanMatchesTheModel compares reading through indexes, in all ways, with
// evaluating the condition on every document.
func TestIndexScanMatchesTheModel(t *testing.T) {
	rng := newRand(t)
	c := newTestCollection(t)
	c.fill(t, rng, 300)
	indexes := []*def.Index{
		c.createIndex(t, "a", false, "a"),
		c.createIndex(t, "a_desc", false, "-a"),
		c.createIndex(t, "ab", false, "a", "b"),
		c.createIndex(t, "ab_mixed", false, "-a", "b"),
		c.createIndex(t, "ab_desc", false, "a", "-b"),
		c.createIndex(t, "u", true, "u", "a"),
	}
	for round := range 400 {
		ix := indexes[rng.IntN(len(indexes))]
		node := &planner.IndexScan{Collection: c.def, Index: ix, IDReg: -1}
		var conds []expr.Expr
		bounds := &planner.Bounds{}
		for _, key := range ix.Keys {
			x := field(t, key.Path.String())
			if rng.IntN(3) > 0 {
				r := equality(rng, x)
				conds, bounds.Eq = append(conds, r.cond), append(bounds.Eq, *r.eq)
				continue
			}
			if rng.IntN(4) > 0 {
				r := ranged(rng, x)
				conds = append(conds, r.cond)
				bounds.Lower, bounds.Upper = r.lower, r.upper
			}
			break
		}
		if len(conds) > 0 {
			node.Bounds, node.Recheck = bounds, &expr.And{List: conds}
		}
		node.Reverse = rng.IntN(2) == 0
		node.Ordered = rng.IntN(2) == 0
		node.OrderFrom = rng.IntN(len(bounds.Eq) + 1)
		node.Covering = rng.IntN(2) == 0
		for i := range ix.Keys {
			node.Covered = append(node.Covered, i)
		}
		if node.Covering {
			node.IDReg = 3
		}
		all := &expr.And{List: conds}
		if last := len(ix.Keys) - 1; rng.IntN(2) == 0 {
			cond := func(x expr.Expr) expr.Expr { return &above{x, -1} }
			node.EntryFilter = cond(register(last))
			all = &expr.And{List: append(slices.Clone(conds), cond(field(t, ix.Keys[last].Path.String())))}
		}
		if !node.Covering && rng.IntN(2) == 0 {
			node.Filter = &expr.IsNull{X: field(t, "b"), Not: true}
			all = &expr.And{List: append(slices.Clone(all.List), node.Filter)}
		}
		x := c.execution(t)
		matching := c.matching(t, x, all)
		name := fmt.Sprintf("round %d, index %s, %+v, condition %s", round, ix.Name, node, all)

		var got []document.Value
		if node.Covering {
			names := []string{"_id"}
			regs := []int{3}
			for i := range ix.Keys {
				names, regs = append(names, ix.Keys[i].Path.String()), append(regs, i)
			}
			rows := run(t, newIndexScan(node), x, regs...)
			want := texts(rowsOf(matching, names...))
			slices.Sort(want)
			found := texts(rows)
			slices.Sort(found)
			if diff := cmp.Diff(want, found); diff != "" {
				t.Fatalf("%s\n(-want +got)\n%s", name, diff)
			}
			for _, row := range rows {
				fields := make([]document.Field, len(row))
				for i := range row {
					fields[i] = document.Field{Name: names[i], Value: row[i]}
				}
				got = append(got, document.Object(fields))
			}
		} else {
			got = documents(t, newIndexScan(node), x)
			want, found := texts(rowsOf(matching, "_id", "a", "b", "u")), texts(rowsOf(got, "_id", "a", "b", "u"))
			slices.Sort(want)
			slices.Sort(found)
			if diff := cmp.Diff(want, found); diff != "" {
				t.Fatalf("%s\n(-want +got)\n%s", name, diff)
			}
		}
		if !node.Ordered {
			continue
		}
		for i := 1; i < len(got); i++ {
			for _, key := range ix.Keys[node.OrderFrom:] {
				order := document.Compare(got[i-1].Get(key.Path.String()), got[i].Get(key.Path.String()))
				if key.Desc != node.Reverse {
					order = -order
				}
				if order > 0 {
					t.Fatalf("%s\nrow %d %s comes before %s", name, i-1, text([]document.Value{got[i-1]}), text([]document.Value{got[i]}))
				}
				if order < 0 {
					break
				}
			}
		}
	}
}

// TestIDScanMatchesTheModel does the same for ranges and lists of _id.
func TestIDScanMatchesTheModel(t *testing.T) {
	rng := newRand(t)
	c := newTestCollection(t)
	c.fill(t, rng, 200)
	x := c.execution(t)
	id := field(t, "_id")
	operand := func() expr.Expr {
		if rng.IntN(3) == 0 {
			return literal(rng)
		}
		return expr.NewConst(c.docs[rng.IntN(len(c.docs))].Get("_id"))
	}
	for round := range 300 {
		node := &planner.Scan{Collection: c.def, Bounds: &planner.Bounds{}, Reverse: rng.IntN(2) == 0, Ordered: rng.IntN(2) == 0}
		var cond expr.Expr
		if rng.IntN(2) == 0 {
			values := make([]expr.Expr, 1+rng.IntN(6))
			for i := range values {
				values[i] = operand()
			}
			cond, node.Bounds.Eq = expr.NewIn(id, values, false), []planner.EqBound{{Values: values}}
		} else {
			lo, hi := operand(), operand()
			cond = &expr.And{List: []expr.Expr{expr.NewComparison(expr.Gt, id, lo), expr.NewComparison(expr.Le, id, hi)}}
			node.Bounds.Lower, node.Bounds.Upper = &planner.Bound{Value: lo}, &planner.Bound{Value: hi, Inclusive: true}
		}
		want := texts(rowsOf(c.matching(t, x, cond), "_id", "a"))
		var got []string
		op := newScan(node)
		if err := op.open(x); err != nil {
			t.Fatal(err)
		}
		for {
			ok, err := op.next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			got = append(got, texts(rowsOf([]document.Value{x.frame.Docs[0].Decode()}, "_id", "a"))...)
		}
		if err := op.close(); err != nil {
			t.Fatal(err)
		}
		switch {
		case !node.Ordered && len(node.Bounds.Eq) > 0:
			slices.Sort(want)
			slices.Sort(got)
		case node.Reverse:
			slices.Reverse(want)
		}
		if len(want) == 0 {
			want = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("round %d, %s, %+v\n(-want +got)\n%s", round, cond, node, diff)
		}
	}
}

func TestOperandsThatBoundNothing(t *testing.T) {
	c := newTestCollection(t)
	c.insert(t, document.Field{Name: "_id", Value: document.Int(1)}, document.Field{Name: "a", Value: document.Null()})
	ix := c.createIndex(t, "a", false, "a")
	x := c.execution(t)
	null := expr.NewConst(document.Null())
	for _, b := range []*planner.Bounds{
		{Eq: []planner.EqBound{{Values: []expr.Expr{null}}}},
		{Eq: []planner.EqBound{{List: null}}},
		{Eq: []planner.EqBound{{List: expr.NewConst(document.Array([]document.Value{document.Null()}))}}},
		{Lower: &planner.Bound{Value: null}},
		{Upper: &planner.Bound{Value: null, Inclusive: true}},
	} {
		if got := run(t, newIndexScan(&planner.IndexScan{Collection: c.def, Index: ix, Bounds: b, IDReg: -1}), x); len(got) != 0 {
			t.Errorf("%+v yields rows %v", b, texts(got))
		}
	}
	b := &planner.Bounds{Eq: []planner.EqBound{{List: &expr.Param{Ordinal: 1}}}}
	x.frame.Run.Params = []document.Value{document.Int(3)}
	_, err := tryRun(newIndexScan(&planner.IndexScan{Collection: c.def, Index: ix, Bounds: b, IDReg: -1}), x)
	if err == nil || !strings.Contains(err.Error(), "IN ?1: expected an array, found int") {
		t.Errorf("error %v", err)
	}
}

// TestOrderedScanReadsNoMoreThanItYields is ORDER BY indexed LIMIT 10.
func TestOrderedScanReadsNoMoreThanItYields(t *testing.T) {
	c := newTestCollection(t)
	for i := range 2000 {
		c.insert(t, document.Field{Name: "_id", Value: document.Int(int64(i))}, document.Field{Name: "a", Value: document.Int(int64(i * 37 % 2000))})
	}
	ix := c.createIndex(t, "a", false, "a")
	x := c.execution(t)
	x.actuals = map[planner.Node]*planner.Actual{}
	for _, test := range []struct {
		ordered bool
		most    int64
	}{{true, 10}, {false, 31}} {
		scan := &planner.IndexScan{Collection: c.def, Index: ix, IDReg: -1, Ordered: test.ordered}
		op, err := build(&planner.Limit{Input: scan, Count: expr.NewConst(document.Int(10))}, x)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(run(t, op, x)); n != 10 {
			t.Errorf("%d rows", n)
		}
		if a := x.actuals[scan]; a.Documents > test.most || a.Entries > test.most || a.Rows != 10 {
			t.Errorf("ordered %v: %+v, expected at most %d documents", test.ordered, a, test.most)
		}
	}
}

// TestScanInterrupted cancels a scan none of whose documents matches.
func TestScanInterrupted(t *testing.T) {
	c := newTestCollection(t)
	for i := range 1000 {
		c.insert(t, document.Field{Name: "_id", Value: document.Int(int64(i))}, document.Field{Name: "a", Value: document.Int(1)})
	}
	ix := c.createIndex(t, "a", false, "a")
	never := expr.NewComparison(expr.Gt, field(t, "a"), expr.NewConst(document.Int(5)))
	for _, op := range []operator{
		newScan(&planner.Scan{Collection: c.def, Filter: never}),
		newIndexScan(&planner.IndexScan{Collection: c.def, Index: ix, IDReg: -1, Filter: never}),
		newIndexScan(&planner.IndexScan{Collection: c.def, Index: ix, IDReg: -1, Covered: []int{0}, EntryFilter: &above{register(0), 5}}),
	} {
		x := c.execution(t)
		ctx, cancel := context.WithCancel(x.ctx)
		cancel()
		if err := op.open(x); err != nil {
			t.Fatal(err)
		}
		x.ctx = ctx
		if ok, err := op.next(); ok || err == nil {
			t.Errorf("%T: row %v, error %v", op, ok, err)
		}
		if err := op.close(); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

// TestStableRowsWhileWriting moves each document it reads into the range that is still to come.
func TestStableRowsWhileWriting(t *testing.T) {
	c := newTestCollection(t)
	for i := range 50 {
		c.insert(t, document.Field{Name: "_id", Value: document.Int(int64(i))}, document.Field{Name: "a", Value: document.Int(int64(i % 3))})
	}
	ix := c.createIndex(t, "a", false, "a")
	x := c.execution(t)
	three := []expr.Expr{expr.NewConst(document.Int(0)), expr.NewConst(document.Int(1)), expr.NewConst(document.Int(2))}
	op, err := openStable(&planner.IndexScan{Collection: c.def, Index: ix, IDReg: -1, Bounds: &planner.Bounds{Eq: []planner.EqBound{{Values: three}}}}, 0, nil, x)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		ok, err := op.next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		n++
		old := &x.frame.Docs[0]
		next := document.Object([]document.Field{{Name: "_id", Value: old.ID()}, {Name: "a", Value: document.Int(old.Decode().Get("a").AsInt() + 1)}})
		if _, err := c.tx.Update(x.ctx, c.def, old, next); err != nil {
			t.Fatal(err)
		}
	}
	if err := op.close(); err != nil {
		t.Fatal(err)
	}
	if n != 50 {
		t.Errorf("%d rows, expected 50", n)
	}
}
