package expr

import (
	"math"
	"math/bits"

	"github.com/fluxdb/fluxdb/document"
)

// ints computes on integers.
func (op ArithOp) ints(a, b int64) (document.Value, error) {
	var r int64
	ok := true
	switch op {
	case Add:
		r = a + b
		ok = (a^r)&(b^r) >= 0
	case Subtract:
		r = a - b
		ok = (a^b)&(a^r) >= 0
	case Multiply:
		r, ok = multiply(a, b)
	case Divide:
		if b == 0 {
			return document.Null(), nil
		}
		r = a / b
		ok = a != math.MinInt64 || b != -1
	case Modulo:
		if b == 0 {
			return document.Null(), nil
		}
		r = a % b
	case BitAnd:
		r = a & b
	case BitOr:
		r = a | b
	case ShiftLeft:
		r = shift(a, b, true)
	case ShiftRight:
		r = shift(a, b, false)
	}
	if !ok {
		return document.Missing(), overflow("integer overflow: %d %s %d", a, op, b)
	}
	return document.Int(r), nil
}

// shift moves bits by n places, against the direction when n is negative. To
// the right the sign stays.
func shift(a, n int64, left bool) int64 {
	if n < 0 {
		left = !left
	}
	if left {
		return a << magnitude(n)
	}
	return a >> magnitude(n)
}

func multiply(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	negative := (a < 0) != (b < 0)
	switch {
	case hi != 0 || lo > 1<<63 || lo == 1<<63 && !negative:
		return 0, false
	case negative:
		return -int64(lo), true
	}
	return int64(lo), true
}

// magnitude is |a|, which for the least integer is beyond int64.
func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

// floats computes on floats; NULL for a division by zero.
func (op ArithOp) floats(a, b float64) document.Value {
	switch op {
	case Add:
		return document.Float(a + b)
	case Subtract:
		return document.Float(a - b)
	case Multiply:
		return document.Float(a * b)
	}
	if b == 0 {
		return document.Null()
	}
	if op == Divide {
		return document.Float(a / b)
	}
	return document.Float(math.Mod(a, b))
}
