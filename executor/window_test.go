package executor

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// Rows of window tests: a partition, a key that orders it, text, the number of the row.
const (
	windowPartition = iota
	windowKey
	windowText
	windowNumber
	windowOut // the first result
)

// windowRowsOf makes rows in the order of partition and key.
func windowRowsOf(rng *rand.Rand, n, partitions int) [][]document.Value {
	rows := make([][]document.Value, n)
	for i := range rows {
		key := document.Int(int64(rng.IntN(n/2 + 1)))
		if rng.IntN(10) == 0 {
			key = document.Null()
		}
		rows[i] = []document.Value{document.Int(int64(rng.IntN(partitions))), key, document.String(fmt.Sprint("text", rng.IntN(100)))}
	}
	rows = modelSort(rows, []planner.SortKey{{Expr: register(windowPartition), NullsFirst: true}, {Expr: register(windowKey), NullsFirst: true}})
	for i := range rows {
		rows[i] = append(rows[i], document.Int(int64(i)))
	}
	return rows
}

// windowNode computes, of one frame, the results that modelWindow does.
func windowNode(t testing.TB, frame planner.Frame) *planner.Window {
	frame.Key = 0
	node := &planner.Window{
		Partition: []planner.SortKey{{Expr: register(windowPartition), NullsFirst: true}},
		Order:     []planner.SortKey{{Expr: register(windowKey), NullsFirst: true}},
		Exprs:     []expr.Expr{register(windowKey), register(windowText), register(windowNumber)},
		CarryVals: []int{windowPartition, windowKey, windowText, windowNumber},
	}
	for i, c := range []struct {
		name string
		args []int
	}{{"COUNT", nil}, {"SUM", []int{2}}, {"MIN", []int{1}}, {"GROUP_CONCAT", []int{1}}, {"LAST_VALUE", []int{2}}} {
		call := planner.WindowCall{Args: c.args, Filter: -1, Frame: frame, Out: windowOut + i}
		if fn, ok := expr.LookupWindow(c.name); ok {
			call.Func = fn
		} else {
			call.Aggregate, _ = expr.LookupAggregate(c.name)
		}
		node.Calls = append(node.Calls, call)
	}
	return node
}

// modelWindow computes the results by the definition of a frame: each row is in it or not.
func modelWindow(rows [][]document.Value, f planner.Frame) []string {
	groups := make([]int64, len(rows)) // within the partition
	numbers := make([]int64, len(rows))
	for i := 1; i < len(rows); i++ {
		if !document.Equal(rows[i][windowPartition], rows[i-1][windowPartition]) {
			continue
		}
		numbers[i], groups[i] = numbers[i-1]+1, groups[i-1]
		if !document.Equal(rows[i][windowKey], rows[i-1][windowKey]) {
			groups[i]++
		}
	}
	offset := func(e expr.Expr) int64 {
		if e == nil {
			return 0
		}
		return e.(*expr.Const).Value.AsInt()
	}
	// distance is how far row j is behind row i; equals are as near as the row itself but where rows are counted.
	distance := func(i, j int) (int64, bool) {
		switch f.Unit {
		case planner.FrameRows:
			return numbers[j] - numbers[i], true
		case planner.FrameGroups:
			return groups[j] - groups[i], true
		}
		a, b := rows[i][windowKey], rows[j][windowKey]
		if groups[i] == groups[j] {
			return 0, true
		}
		return b.AsInt() - a.AsInt(), !a.IsNull() && !b.IsNull()
	}
	in := func(i, j int) bool {
		if !document.Equal(rows[i][windowPartition], rows[j][windowPartition]) {
			return false
		}
		switch {
		case f.Exclude == planner.ExcludeRow && i == j, f.Exclude == planner.ExcludeGroup && groups[i] == groups[j],
			f.Exclude == planner.ExcludeTies && groups[i] == groups[j] && i != j:
			return false
		}
		d, near := distance(i, j)
		for k, b := range []planner.FrameBound{f.Start, f.End} {
			var at int64
			switch b.Kind {
			case parser.UnboundedPreceding, parser.UnboundedFollowing:
				continue
			case parser.Preceding:
				at = -offset(b.Offset)
			case parser.Following:
				at = offset(b.Offset)
			}
			switch {
			case f.Unit == planner.FrameRange && rows[i][windowKey].IsNull():
				at = 0 // NULL is near NULL only
				if groups[i] != groups[j] {
					d = groups[j] - groups[i]
				}
			case !near: // a NULL, which comes before every number
				d = -1 << 40
			}
			if k == 0 && d < at || k == 1 && d > at {
				return false
			}
		}
		return true
	}
	var out []string
	for i := range rows {
		count, sum := int64(0), int64(0)
		least, all, last := document.Null(), "", document.Null()
		for j := range rows {
			if !in(i, j) {
				continue
			}
			v := rows[j][windowText]
			if count > 0 {
				all += ","
			}
			if count++; least.IsNull() || document.Compare(v, least) < 0 {
				least = v
			}
			sum += rows[j][windowNumber].AsInt()
			all += v.AsString()
			last = rows[j][windowNumber]
		}
		joined, total := document.String(all), document.Int(sum)
		if count == 0 {
			joined, total = document.Null(), document.Null()
		}
		out = append(out, text([]document.Value{rows[i][windowNumber], document.Int(count), total, least, joined, last}))
	}
	return out
}

var windowRegs = []int{windowNumber, windowOut, windowOut + 1, windowOut + 2, windowOut + 3, windowOut + 4}

func randomFrame(rng *rand.Rand, rows int) planner.Frame {
	f := planner.Frame{Unit: planner.FrameUnit(rng.IntN(3)), Exclude: planner.FrameExclusion(rng.IntN(4))}
	start := parser.BoundKind(rng.IntN(4))
	end := max(parser.Preceding, start) + parser.BoundKind(rng.IntN(int(parser.UnboundedFollowing-max(parser.Preceding, start))+1))
	for _, b := range []struct {
		to   *planner.FrameBound
		kind parser.BoundKind
	}{{&f.Start, start}, {&f.End, end}} {
		b.to.Kind = b.kind
		if b.kind == parser.Preceding || b.kind == parser.Following {
			b.to.Offset = expr.NewConst(document.Int(int64(rng.IntN(1 + rng.IntN(rows+3)))))
		}
	}
	return f
}

func TestWindowMatchesTheModel(t *testing.T) {
	rng := newRand(t)
	for round := range 150 {
		rows := windowRowsOf(rng, 1+rng.IntN(250), 1+rng.IntN(4))
		frame := randomFrame(rng, len(rows))
		want := modelWindow(rows, frame)
		for _, memory := range someMemory {
			x := newTestExecution(t, windowOut+5, memory)
			got := texts(run(t, &windowOp{node: windowNode(t, frame), input: &rowsOp{rows: rows}}, x, windowRegs...))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("round %d, %d rows, memory %d, %s (-want +got)\n%s", round, len(rows), memory, frame.String(), diff)
			}
		}
	}
}

// TestAPartitionBeyondTheMemoryIsRead has a partition many times as large as the work memory, and frames that reach
// far: what is held stays near the limit, and the sums are right.
func TestAPartitionBeyondTheMemoryIsRead(t *testing.T) {
	const n, limit, width = 50_000, 256 << 10, 20_000
	rows := make([][]document.Value, n)
	for i := range rows {
		rows[i] = []document.Value{document.Int(1), document.Int(int64(i)), document.String("some text that takes room"), document.Int(int64(i))}
	}
	frame := planner.Frame{Start: planner.FrameBound{Kind: parser.Preceding, Offset: expr.NewConst(document.Int(width))}, End: planner.FrameBound{Kind: parser.CurrentRow}}
	node := windowNode(t, frame)
	node.Calls = node.Calls[:3]
	x := newTestExecution(t, windowOut+3, limit)
	op := &windowOp{node: node, input: &rowsOp{rows: rows}}
	if err := op.open(x); err != nil {
		t.Fatal(err)
	}
	most := int64(0)
	for i := range int64(n) {
		if ok, err := op.next(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		first := max(0, i-width)
		want := (first + i) * (i - first + 1) / 2
		if got := x.frame.Vals[windowOut+1].AsInt(); got != want {
			t.Fatalf("row %d: expected the sum %d, found %d", i, want, got)
		}
		most = max(most, x.memory.pool.used.Load())
	}
	if x.memory.pool.spill.made.Load() == 0 {
		t.Error("nothing went to a file")
	}
	if most > 2*limit {
		t.Errorf("%d bytes were held, the limit is %d", most, limit)
	}
	for range 2 {
		if err := op.close(); err != nil {
			t.Fatal(err)
		}
	}
	x.close()
	if n := x.memory.pool.used.Load(); n != 0 {
		t.Errorf("%d bytes are held in the end", n)
	}
}

func TestWindowIsInterrupted(t *testing.T) {
	rng := newRand(t)
	frame := planner.Frame{Unit: planner.FrameGroups, End: planner.FrameBound{Kind: parser.UnboundedFollowing}}
	testInterrupted(t, windowOut+5, windowRowsOf(rng, 3000, 1), func(input operator) operator {
		return &windowOp{node: windowNode(t, frame), input: input}
	})
}

// BenchmarkWindow slides a frame over one partition; the time of a row hardly depends on how long the frame is.
func BenchmarkWindow(b *testing.B) {
	for _, width := range []int64{10, 1000, 100_000} {
		b.Run(fmt.Sprint(width), func(b *testing.B) {
			const n = 200_000
			rows := make([][]document.Value, n)
			for i := range rows {
				rows[i] = []document.Value{document.Int(1), document.Int(int64(i)), document.String("text"), document.Int(int64(i))}
			}
			frame := planner.Frame{Start: planner.FrameBound{Kind: parser.Preceding, Offset: expr.NewConst(document.Int(width))}, End: planner.FrameBound{Kind: parser.CurrentRow}}
			node := windowNode(b, frame)
			node.Calls = node.Calls[:2]
			for b.Loop() {
				x := newTestExecution(b, windowOut+3, 16<<20)
				op := &windowOp{node: node, input: &rowsOp{rows: rows}}
				if err := op.open(x); err != nil {
					b.Fatal(err)
				}
				for {
					ok, err := op.next()
					if err != nil {
						b.Fatal(err)
					}
					if !ok {
						break
					}
				}
				if err := op.close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/row")
		})
	}
}
