package expr

import (
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/fluxdb/fluxdb/document"
)

// numberFunctions compute. Where a result is no number (SQRT(-1), LN(0)) it is NULL.
var numberFunctions = []Function{
	{Name: "ABS", Usage: "ABS(x)", Doc: "The number without its sign.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{Number}, Result: firstResult, eval: abs},
	{Name: "SIGN", Usage: "SIGN(x)", Doc: "-1, 0 or 1.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{Number}, Result: wholeResult, eval: sign},
	{Name: "ROUND", Usage: "ROUND(x [, digits])", Doc: "The number rounded to digits after the point, halves away from 0.", MinArgs: 1, MaxArgs: 2,
		Args: []Kinds{Number, Whole}, Result: firstResult, eval: round},
	{Name: "TRUNC", Usage: "TRUNC(x)", Doc: "The number without its fraction.", MinArgs: 1, MaxArgs: 1,
		aliases: []string{"TRUNCATE"}, Args: []Kinds{Number}, Result: firstResult, eval: keepWhole(math.Trunc)},
	{Name: "FLOOR", Usage: "FLOOR(x)", Doc: "The greatest whole number that is not above x.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{Number}, Result: firstResult, eval: keepWhole(math.Floor)},
	{Name: "CEIL", Usage: "CEIL(x)", Doc: "The least whole number that is not below x.", MinArgs: 1, MaxArgs: 1,
		aliases: []string{"CEILING"}, Args: []Kinds{Number}, Result: firstResult, eval: keepWhole(math.Ceil)},
	{Name: "MOD", Usage: "MOD(x, y)", Doc: "The same as x % y.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{Number | Boolean}, Result: modResult, eval: modulo},
	{Name: "POWER", Usage: "POWER(x, y)", Doc: "x raised to y, a float.", MinArgs: 2, MaxArgs: 2,
		aliases: []string{"POW"}, Args: []Kinds{Number}, Result: floatResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			return finite(math.Pow(a[0].AsFloat(), a[1].AsFloat()), a...), nil
		}},
	{Name: "SQRT", Usage: "SQRT(x)", Doc: "The square root.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{Number}, Result: floatResult, eval: mapFloat(math.Sqrt)},
	{Name: "EXP", Usage: "EXP(x)", Doc: "e raised to x.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{Number}, Result: floatResult, eval: mapFloat(math.Exp)},
	{Name: "LN", Usage: "LN(x)", Doc: "The natural logarithm.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{Number}, Result: floatResult, eval: logarithm(math.Log)},
	{Name: "LOG2", Usage: "LOG2(x)", Doc: "The logarithm to base 2.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{Number}, Result: floatResult, eval: logarithm(math.Log2)},
	{Name: "LOG", Usage: "LOG([base,] x)", Doc: "The logarithm to base 10, or to another.", MinArgs: 1, MaxArgs: 2,
		Args: []Kinds{Number}, Result: floatResult, eval: logBase},
	{Name: "LOG10", Usage: "LOG10(x)", Doc: "The logarithm to base 10.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{Number}, Result: floatResult, eval: logarithm(math.Log10)},
	{Name: "SIN", Usage: "SIN(x)", Doc: "The sine of an angle in radians.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{Number}, Result: floatResult, eval: mapFloat(math.Sin)},
	{Name: "COS", Usage: "COS(x)", Doc: "The cosine of an angle in radians.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{Number}, Result: floatResult, eval: mapFloat(math.Cos)},
	{Name: "TAN", Usage: "TAN(x)", Doc: "The tangent of an angle in radians.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{Number}, Result: floatResult, eval: mapFloat(math.Tan)},
	{Name: "ATAN2", Usage: "ATAN2(y, x)", Doc: "The angle of the point (x, y) in radians.", MinArgs: 2, MaxArgs: 2, Args: []Kinds{Number}, Result: floatResult,
		eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			return finite(math.Atan2(a[0].AsFloat(), a[1].AsFloat()), a...), nil
		}},
	{Name: "PI", Usage: "PI()", Doc: "3.141592653589793.", Result: floatResult, eval: func(*Frame, []document.Value) (document.Value, error) {
		return document.Float(math.Pi), nil
	}},
	{Name: "RANDOM", Usage: "RANDOM()", Doc: "A random float from 0 up to but without 1.", Volatile: true, Result: floatResult,
		eval: func(*Frame, []document.Value) (document.Value, error) { return document.Float(rand.Float64()), nil }},
}

// finite returns r, or NULL when it is no number though all arguments are.
func finite(r float64, args ...document.Value) document.Value {
	if !math.IsNaN(r) {
		return document.Float(r)
	}
	for _, v := range args {
		if math.IsNaN(v.AsFloat()) {
			return document.Float(r)
		}
	}
	return document.Null()
}

func mapFloat(fn func(float64) float64) func(*Frame, []document.Value) (document.Value, error) {
	return func(_ *Frame, a []document.Value) (document.Value, error) {
		return finite(fn(a[0].AsFloat()), a[0]), nil
	}
}

// logarithm is NULL where it is not defined, at 0 too.
func logarithm(fn func(float64) float64) func(*Frame, []document.Value) (document.Value, error) {
	return func(_ *Frame, a []document.Value) (document.Value, error) {
		x := a[0].AsFloat()
		if x <= 0 {
			return document.Null(), nil
		}
		return document.Float(fn(x)), nil
	}
}

func logBase(_ *Frame, a []document.Value) (document.Value, error) {
	x := a[len(a)-1].AsFloat()
	base := 10.0
	if len(a) == 2 {
		base = a[0].AsFloat()
	}
	switch {
	case x <= 0 || base <= 0 || base == 1:
		return document.Null(), nil
	case base == 10:
		return document.Float(math.Log10(x)), nil
	case base == 2:
		return document.Float(math.Log2(x)), nil
	}
	return finite(math.Log(x)/math.Log(base), a...), nil
}

func keepWhole(fn func(float64) float64) func(*Frame, []document.Value) (document.Value, error) {
	return func(_ *Frame, a []document.Value) (document.Value, error) {
		if a[0].Kind() == document.KindInt {
			return a[0], nil
		}
		return document.Float(fn(a[0].AsFloat())), nil
	}
}

func abs(_ *Frame, a []document.Value) (document.Value, error) {
	if a[0].Kind() == document.KindFloat {
		return document.Float(math.Abs(a[0].AsFloat())), nil
	}
	i := a[0].AsInt()
	switch {
	case i == math.MinInt64:
		return document.Missing(), overflow("integer overflow: ABS(%d)", i)
	case i < 0:
		i = -i
	}
	return document.Int(i), nil
}

func sign(_ *Frame, a []document.Value) (document.Value, error) {
	if x := a[0].AsFloat(); math.IsNaN(x) {
		return document.Null(), nil
	}
	return document.Int(int64(document.Compare(a[0], document.Int(0)))), nil
}

func modulo(_ *Frame, a []document.Value) (document.Value, error) {
	x, y := asNumber(a[0]), asNumber(a[1])
	if x.Kind() == document.KindInt && y.Kind() == document.KindInt {
		return Modulo.ints(x.AsInt(), y.AsInt())
	}
	return Modulo.floats(x.AsFloat(), y.AsFloat()), nil
}

func modResult(args []Static) Static {
	s := Static{Numeric: true}
	switch {
	case args[0].Kind == document.KindInt && args[1].Kind == document.KindInt:
		s.Kind = document.KindInt
	case args[0].Kind == document.KindFloat || args[1].Kind == document.KindFloat:
		s.Kind = document.KindFloat
	}
	return s
}

func round(_ *Frame, a []document.Value) (document.Value, error) {
	digits := int64(0)
	if len(a) == 2 {
		digits = a[1].AsInt()
	}
	if a[0].Kind() == document.KindInt {
		return roundInt(a[0].AsInt(), digits)
	}
	return document.Float(roundFloat(a[0].AsFloat(), digits)), nil
}

// roundInt rounds to a power of ten where digits is negative.
func roundInt(i, digits int64) (document.Value, error) {
	if digits >= 0 {
		return document.Int(i), nil
	}
	if digits < -19 {
		return document.Int(0), nil
	}
	unit := uint64(1)
	for ; digits < 0; digits++ {
		unit *= 10
	}
	size := magnitude(i)
	rest := size % unit
	size -= rest
	if rest >= unit-rest {
		size += unit // at most 1e19 beside at most 2^63: within uint64
	}
	switch {
	case size > 1<<63 || size == 1<<63 && i > 0:
		return document.Missing(), overflow("integer overflow: ROUND(%d)", i)
	case i < 0:
		return document.Int(-int64(size)), nil
	}
	return document.Int(int64(size)), nil
}

// roundFloat rounds the decimal digits that print x, so that 2.345 becomes 2.35 though the
// float is a little less.
func roundFloat(x float64, digits int64) float64 {
	if digits == 0 {
		return math.Round(x)
	}
	// 17 digits tell any float; beyond 308 places before the point there is none.
	if math.IsNaN(x) || math.IsInf(x, 0) || x == 0 || digits > 400 {
		return x
	}
	if digits < -400 {
		return 0
	}
	text := strconv.AppendFloat(make([]byte, 0, 32), math.Abs(x), 'e', -1, 64)
	mark := len(text) - 1
	for text[mark] != 'e' {
		mark--
	}
	exponent, _ := strconv.Atoi(string(text[mark+1:])) // what FormatFloat writes is a number
	mantissa := append(text[:1:1], text[min(2, mark):mark]...)
	keep := exponent + 1 + int(digits) // of the mantissa
	if keep >= len(mantissa) {
		return x
	}
	if keep < 0 {
		return 0
	}
	up := mantissa[keep] >= '5'
	number := append([]byte{'0'}, mantissa[:keep]...)
	if up {
		i := len(number) - 1
		for ; number[i] == '9'; i-- {
			number[i] = '0'
		}
		number[i]++
	}
	number = strconv.AppendInt(append(number, 'e'), -digits, 10)
	r, _ := strconv.ParseFloat(string(number), 64) // beyond the range it is an infinity, as it should be
	return math.Copysign(r, x)
}
