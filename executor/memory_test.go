package executor

import (
	"strings"
	"sync"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
)

func TestAccountsShareThePool(t *testing.T) {
	pool := NewWorkMemory(1 << 20)
	a, b := pool.account(), pool.account()
	first, second := a.share(), b.share()
	if !first.take(900 << 10) {
		t.Fatal("the pool has 1 MiB for the first account")
	}
	if second.take(200 << 10) {
		t.Error("the second account got what the first one holds")
	}
	if !second.take(pool.floor()) {
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

// TestAccountsGetEqualParts has one statement hold everything when others come. All go on for
// long, each spilling when it gets no more.
func TestAccountsGetEqualParts(t *testing.T) {
	const limit, count, row = 8 << 20, 8, 16 << 10
	pool := NewWorkMemory(limit)
	accounts := make([]*account, count)
	shares := make([]share, count)
	for i := range accounts {
		accounts[i] = pool.account()
		shares[i] = accounts[i].share()
	}
	for shares[0].take(row) {
	}
	if shares[0].held < limit-grantBlock {
		t.Errorf("a statement that is alone got %d of %d bytes", shares[0].held, int64(limit))
	}
	var most [count]int64
	for range 10_000 {
		for i := range shares {
			if !shares[i].take(row) {
				shares[i].free()
				shares[i].must(row)
			}
		}
	}
	for range 1000 {
		for i := range shares {
			if !shares[i].take(row) {
				shares[i].free()
				shares[i].must(row)
			}
			most[i] = max(most[i], shares[i].held)
			if used := pool.used.Load(); used > limit+count*pool.floor() {
				t.Fatalf("%d bytes are lent of %d", used, int64(limit))
			}
		}
	}
	for i := range shares {
		if most[i] < limit/count/2 || most[i] > 3*limit/count {
			t.Errorf("statement %d of %d held up to %d of %d bytes", i, count, most[i], int64(limit))
		}
		shares[i].free()
		accounts[i].close()
	}
	if pool.used.Load() != 0 || pool.accounts.Load() != 0 {
		t.Errorf("%d bytes are lent to %d accounts in the end", pool.used.Load(), pool.accounts.Load())
	}
}

// TestAccountOfManyGoroutines has the goroutines of one statement take and give at the same time.
func TestAccountOfManyGoroutines(t *testing.T) {
	pool := NewWorkMemory(1 << 20)
	a := pool.account()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s := a.share()
			defer s.free()
			for i := range int64(2000) {
				if !s.take(i) {
					s.must(i)
				}
				if i%7 == 0 {
					s.give(s.held / 2)
				}
				if i%100 == 0 {
					s.free()
				}
			}
		})
	}
	wg.Wait()
	if a.used != 0 {
		t.Errorf("%d bytes are held in the end", a.used)
	}
	a.close()
	if n := pool.used.Load(); n != 0 || pool.accounts.Load() != 0 {
		t.Errorf("%d bytes are lent in the end", n)
	}
}

func TestAccountOfUnknownSize(t *testing.T) {
	if got := NewWorkMemory(0).limit; got != defaultWorkMemory {
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
