package document

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// TestShortFloats compares the text of numbers of few digits with that of the standard library.
func TestShortFloats(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	check := func(f float64) {
		t.Helper()
		if f != 0 && math.Abs(f) < 1e-6 {
			return // written with an exponent
		}
		want := strconv.FormatFloat(f, 'f', -1, 64)
		if !strings.Contains(want, ".") {
			want += ".0"
		}
		if got := string(appendFloat(nil, f, Plain)); got != want {
			t.Fatalf("%v: %s, expected %s", f, got, want)
		}
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 1, -1, 0.1, 0.07, 0.3, 1.1, 0.001, 0.0010001, 999999999.9, 123456789.123456, 1e9, 0.1 + 0.2, 4.35, 2.675, 1e15 + 0.5} {
		check(f)
	}
	for range 200_000 {
		n, digits := rng.Int64N(1e12)-5e11, rng.IntN(8)
		f := float64(n) / math.Pow10(digits)
		check(f)
		check(math.Nextafter(f, math.Inf(1)))
		check(math.Nextafter(f, math.Inf(-1)))
		check(math.Ldexp(rng.Float64(), rng.IntN(40)-10))
	}
}
