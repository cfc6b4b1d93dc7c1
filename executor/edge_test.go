package executor

import (
	"slices"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

func TestEdgeMatchesTheModel(t *testing.T) {
	rng := newRand(t)
	c := newTestCollection(t)
	c.fill(t, rng, 150)
	indexes := []*def.Index{
		c.createIndex(t, "a", false, "a"),
		c.createIndex(t, "a_desc", false, "-a"),
		c.createIndex(t, "ab", false, "a", "b"),
		c.createIndex(t, "ab_desc", false, "a", "-b"),
	}
	x := c.execution(t)
	for round := range 200 {
		node := &planner.IndexEdge{Collection: c.def, Max: rng.IntN(2) == 0, Out: 0}
		wanted := "_id"
		var cond expr.Expr
		if round%5 > 0 {
			node.Index = indexes[rng.IntN(len(indexes))]
			wanted = "a"
			if len(node.Index.Keys) == 2 {
				v := literal(rng)
				cond = expr.NewComparison(expr.Eq, field(t, "a"), v)
				node.Bounds = &planner.Bounds{Eq: []planner.EqBound{{Values: []expr.Expr{v}}}}
				wanted = "b"
			}
		}
		want := document.Null()
		for _, d := range c.matching(t, x, cond) {
			v := d.Get(wanted)
			if !v.IsNull() && (want.IsNull() || document.Compare(v, want) != 0 && document.Compare(v, want) > 0 == node.Max) {
				want = v
			}
		}
		got := run(t, &edgeOp{node: node}, x, 0)
		if len(got) != 1 || !document.Equal(got[0][0], want) {
			t.Fatalf("round %d, %+v, condition %v: edge %v, expected %s", round, node, cond, texts(got), text([]document.Value{want}))
		}
	}
	count := run(t, &countOp{node: &planner.CountRows{Collection: c.def, Out: 1}}, x, 1)
	if len(count) != 1 || count[0][0].AsInt() != 150 {
		t.Errorf("count %v", texts(count))
	}
}

// TestEdgeOfNothing covers the empty collection and one with NULLs only.
func TestEdgeOfNothing(t *testing.T) {
	c := newTestCollection(t)
	ix := c.createIndex(t, "a", false, "a")
	x := c.execution(t)
	for _, node := range []*planner.IndexEdge{{Collection: c.def}, {Collection: c.def, Index: ix, Max: true}} {
		if got := texts(run(t, &edgeOp{node: node}, x, 0)); !slices.Equal(got, []string{"null "}) {
			t.Errorf("edge of an empty collection: %v", got)
		}
	}
	c.insert(t, document.Field{Name: "_id", Value: document.Int(1)}, document.Field{Name: "a", Value: document.Null()})
	c.insert(t, document.Field{Name: "_id", Value: document.Int(2)})
	for _, descending := range []bool{false, true} {
		got := texts(run(t, &edgeOp{node: &planner.IndexEdge{Collection: c.def, Index: ix, Max: descending}}, x, 0))
		if !slices.Equal(got, []string{"null "}) {
			t.Errorf("edge of NULLs: %v", got)
		}
	}
}
