package document

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// newRand returns a source whose seed the test prints when it fails.
func newRand(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 1))
}

// randomScalar favours the values where encodings and comparisons go wrong.
func randomScalar(r *rand.Rand) Value {
	switch r.IntN(12) {
	case 0:
		return Null()
	case 1:
		return Bool(r.IntN(2) == 0)
	case 2:
		return Int(r.Int64N(20) - 10)
	case 3:
		edges := []int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64, math.MaxInt64 - 1, 1 << 53, 1<<53 + 1, -(1<<53 + 1), 127, 128, -128, -129, 32767, 32768, 1 << 31, -1 << 31, 1000000000000000000, 9000000000000000001}
		return Int(edges[r.IntN(len(edges))])
	case 4:
		return Int(int64(r.Uint64()))
	case 5:
		edges := []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1 << 53, 1<<53 + 2, 9007199254740993, math.MaxFloat64, math.SmallestNonzeroFloat64, 0.1, -0.1, 1e18, 9.2233720368547758e18}
		return Float(edges[r.IntN(len(edges))])
	case 6:
		return Float(r.NormFloat64() * math.Pow(10, float64(r.IntN(40)-20)))
	case 7:
		return Float(float64(r.Int64N(20) - 10))
	case 8:
		return UnixTimestamp(r.Int64N(MaxTimestamp-MinTimestamp)+MinTimestamp, uint32(r.IntN(2))*uint32(r.IntN(1e9)))
	case 9:
		b := make([]byte, r.IntN(6))
		for i := range b {
			b[i] = byte(r.IntN(4)) * 85 // 00, 55, AA, FF
		}
		return Bytes(b)
	case 10:
		return NewID()
	}
	return String(randomText(r))
}

func randomText(r *rand.Rand) string {
	parts := []string{"", "a", "b", "\x00", "\x00\x00", "\x01", "é", "日本", "\"", "\\", "\n", "𝄞", "zz", "\u2028", "\x7f"}
	var b strings.Builder
	for range r.IntN(4) {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	if r.IntN(40) == 0 {
		b.WriteString(strings.Repeat("long\x00", r.IntN(600)))
	}
	return b.String()
}

func randomValue(r *rand.Rand, depth int) Value {
	switch n := r.IntN(10); {
	case depth > 0 && n == 0:
		vs := make([]Value, r.IntN(5))
		for i := range vs {
			vs[i] = randomValue(r, depth-1)
		}
		return Array(vs)
	case depth > 0 && n <= 2:
		return randomObject(r, depth)
	}
	return randomScalar(r)
}

func randomObject(r *rand.Rand, depth int) Value {
	var fields []Field
	for i := range r.IntN(5) {
		name := fmt.Sprintf("%c%d", 'a'+rune(r.IntN(4)), i)
		if r.IntN(10) == 0 {
			name += "." + randomText(r)
		}
		fields = append(fields, Field{name, randomValue(r, depth-1)})
	}
	return Object(fields)
}

// randomDocument is an object with an _id and nesting beyond what shapes take apart.
func randomDocument(r *rand.Rand) Value {
	id := randomScalar(r)
	for CheckID(id) != nil {
		id = randomScalar(r)
	}
	return Object(append([]Field{{IDField, id}}, randomObject(r, 7).AsObject()...))
}
