package executor

import (
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
)

func TestAccountsShareThePool(t *testing.T) {
	pool := newWorkMemory(1 << 20)
	a, b := pool.account(), pool.account()
	first, second := a.share(), b.share()
	if !first.take(900 << 10) {
		t.Fatal("the pool has 1 MiB for the first account")
	}
	if second.take(200 << 10) {
		t.Error("the second account got what the first one holds")
	}
	if !second.take(second.floor) {
		t.Error("the second account did not get its floor")
	}
	first.give(800 << 10)
	if !second.take(200 << 10) {
		t.Error("what the first account gave back is not there for the second")
	}
	first.free()
	second.free()
	a.close()
	b.close()
	if n := pool.used.Load(); n != 0 {
		t.Errorf("%d bytes are lent in the end", n)
	}
}

func TestAccountOfUnknownSize(t *testing.T) {
	if got := newWorkMemory(0).limit; got != defaultWorkMemory {
		t.Errorf("limit %d", got)
	}
}

// TestNowhereToSpill has no folder for temporary files.
func TestNowhereToSpill(t *testing.T) {
	rows := randomRows(newRand(t), 500, 1)
	for name, op := range map[string]operator{
		"sort":     &sortOp{node: &planner.Sort{Keys: []planner.SortKey{{Expr: register(0)}}, CarryVals: []int{0}}, input: &rowsOp{rows: rows}},
		"distinct": &distinctOp{node: &planner.Distinct{Regs: []int{0}}, input: &rowsOp{rows: ints(500)}},
		"group":    &groupOp{node: &planner.Group{Keys: []planner.Out{{Reg: 1, Expr: register(0)}}}, input: &rowsOp{rows: ints(500)}},
	} {
		t.Run(name, func(t *testing.T) {
			x := newTestExecution(t, 2, 4<<10)
			t.Setenv("TMPDIR", t.TempDir()+"/gone")
			if _, err := tryRun(op, x); err == nil || !strings.HasPrefix(err.Error(), "spill: ") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func ints(n int) [][]document.Value {
	rows := make([][]document.Value, n)
	for i := range rows {
		rows[i] = []document.Value{document.Int(int64(i))}
	}
	return rows
}
