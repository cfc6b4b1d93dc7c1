package executor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// newTestExecution returns an execution with vals value registers and so much work memory. When the
// test ends nothing may be left of it: no memory, no file.
func newTestExecution(t testing.TB, vals int, memory int64) *execution {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	pool := NewWorkMemory(memory)
	ctx, cancel := context.WithCancel(context.Background())
	x := &execution{
		ctx:    ctx,
		memory: pool.account(),
		frame:  &expr.Frame{Vals: make([]document.Value, vals), Run: &expr.Run{Context: ctx}},
	}
	t.Cleanup(func() {
		cancel()
		if len(x.memory.files) > 0 {
			t.Errorf("%d spill files are open after close", len(x.memory.files))
		}
		if x.memory.used != 0 {
			t.Errorf("%d bytes of work memory are held after close", x.memory.used)
		}
		x.close()
		if n := pool.used.Load(); n != 0 {
			t.Errorf("the pool lends %d bytes after close", n)
		}
		if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
			t.Errorf("the temporary folder holds %v, error %v", names, err)
		}
	})
	return x
}

// rowsOp yields rows of values in registers from 0 on. All text lies in one buffer that the next row
// overwrites, as in an iterator: whoever keeps a borrowed value is found out.
type rowsOp struct {
	rows   [][]document.Value
	x      *execution
	at     int
	text   []byte
	closed int
	// fail is returned after the last row.
	fail error
	// before is called before each row.
	before func(at int)
}

func (r *rowsOp) open(x *execution) error {
	r.x = x
	return nil
}

func (r *rowsOp) next() (bool, error) {
	for i := range r.text {
		r.text[i] = '#'
	}
	r.text = r.text[:0]
	if r.before != nil {
		r.before(r.at)
	}
	if r.at == len(r.rows) {
		return false, r.fail
	}
	size := 0
	for _, v := range r.rows[r.at] {
		size += len(v.AsBytes())
	}
	if cap(r.text) < size {
		r.text = make([]byte, 0, size)
	}
	for i, v := range r.rows[r.at] {
		at := len(r.text)
		switch v.Kind() {
		case document.KindString:
			r.text = append(r.text, v.AsBytes()...)
			v = document.StringBytes(r.text[at:])
		case document.KindBytes:
			r.text = append(r.text, v.AsBytes()...)
			v = document.Bytes(r.text[at:])
		}
		r.x.frame.Vals[i] = v
	}
	r.at++
	return true, nil
}

func (r *rowsOp) close() error {
	r.closed++
	return nil
}

// register is the expression that reads a register.
func register(reg int) expr.Expr { return &expr.Register{Reg: reg, Text: fmt.Sprintf("r%d", reg)} }

// run opens an operator, pulls all its rows and closes it. A row is the values of regs.
func run(t testing.TB, op operator, x *execution, regs ...int) [][]document.Value {
	t.Helper()
	rows, err := tryRun(op, x, regs...)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func tryRun(op operator, x *execution, regs ...int) (rows [][]document.Value, err error) {
	defer func() {
		if closeErr := op.close(); err == nil {
			err = closeErr
		}
	}()
	if err := op.open(x); err != nil {
		return nil, err
	}
	for {
		ok, err := op.next()
		if err != nil || !ok {
			return rows, err
		}
		row := make([]document.Value, len(regs))
		for i, reg := range regs {
			row[i] = x.frame.Vals[reg].Clone()
		}
		rows = append(rows, row)
	}
}

// text prints a row so that rows with the same text are identical.
func text(row []document.Value) string {
	var b []byte
	for _, v := range row {
		if v.IsMissing() {
			b = append(b, "MISSING"...)
		} else {
			b = document.AppendJSON(b, v, document.Exact)
		}
		b = append(b, ' ')
	}
	return string(b)
}

func texts(rows [][]document.Value) []string {
	list := make([]string, len(rows))
	for i, row := range rows {
		list[i] = text(row)
	}
	return list
}

// newRand returns random numbers and prints their seed when the test fails.
func newRand(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 1))
}

// randomValue returns a value of any kind, such that equal ones are frequent.
func randomValue(rng *rand.Rand) document.Value {
	switch rng.IntN(14) {
	case 0:
		return document.Missing()
	case 1:
		return document.Null()
	case 2, 3, 4:
		return document.Int(int64(rng.IntN(20)) - 5)
	case 5:
		return document.Float(float64(rng.IntN(20)) / 2)
	case 6:
		return []document.Value{document.Float(math.NaN()), document.Float(math.Inf(-1)), document.Float(math.Copysign(0, -1)),
			document.Int(math.MaxInt64), document.Int(math.MinInt64), document.Float(1 << 63), document.Int(1<<53 + 1)}[rng.IntN(7)]
	case 7, 8:
		return document.String(strings.Repeat(string(rune('a'+rng.IntN(4))), rng.IntN(4)))
	case 9:
		// Longer than a key component; two of three differ behind its end only.
		return document.String(strings.Repeat("x", 1100) + string(rune('a'+rng.IntN(3))))
	case 10:
		return document.Bool(rng.IntN(2) == 0)
	case 11:
		return document.UnixTimestamp(int64(rng.IntN(3)), uint32(rng.IntN(2)))
	case 12:
		return document.Array([]document.Value{document.Int(int64(rng.IntN(3))), document.String("e")})
	}
	return document.Object([]document.Field{{Name: "k", Value: document.Int(int64(rng.IntN(3)))}, {Name: "b", Value: document.Bytes([]byte{byte(rng.IntN(2))})}})
}

func randomRows(rng *rand.Rand, rows, width int) [][]document.Value {
	out := make([][]document.Value, rows)
	for i := range out {
		out[i] = make([]document.Value, width)
		for j := range out[i] {
			out[i][j] = randomValue(rng)
		}
	}
	return out
}

// someMemory are budgets from one that holds everything to one that holds nothing.
var someMemory = []int64{64 << 20, 64 << 10, 4 << 10}

// cancelAfter makes input cancel the execution before row n.
func cancelAfter(x *execution, input *rowsOp, n int) {
	ctx, cancel := context.WithCancel(x.ctx)
	x.ctx = ctx
	input.before = func(at int) {
		if at == n {
			cancel()
		}
	}
}

// testInterrupted runs an operator over endless rows, more than fit in memory, that are cancelled on the
// way, and over an input that fails: both end it with that error and nothing left behind.
func testInterrupted(t *testing.T, vals int, rows [][]document.Value, make func(input operator) operator) {
	t.Run("canceled", func(t *testing.T) {
		x := newTestExecution(t, vals, 4<<10)
		input := &rowsOp{rows: rows}
		cancelAfter(x, input, len(rows)-checkEvery)
		if _, err := tryRun(make(input), x); !errors.Is(err, context.Canceled) {
			t.Errorf("expected the error of the context, found %v", err)
		}
		if input.at > len(rows)-1 {
			t.Errorf("read on to row %d after it was canceled at %d", input.at, len(rows)-checkEvery)
		}
	})
	t.Run("input fails", func(t *testing.T) {
		x := newTestExecution(t, vals, 4<<10)
		broken := errors.New("broken")
		input := &rowsOp{rows: rows, fail: broken}
		if _, err := tryRun(make(input), x); !errors.Is(err, broken) {
			t.Errorf("expected the input's error, found %v", err)
		}
		if input.closed == 0 {
			t.Error("the input was not closed")
		}
	})
}
