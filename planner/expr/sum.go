package expr

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"

	"github.com/fluxdb/fluxdb/document"
)

// errState is returned by Merge for bytes that Append did not write.
var errState = errors.New("damaged state of an aggregate")

// count is COUNT.
type count struct{ n int64 }

func (c *count) Add(v document.Value) error {
	if !v.IsNull() {
		c.n++
	}
	return nil
}

func (c *count) Result() (document.Value, error) { return document.Int(c.n), nil }

func (c *count) Size() int { return 0 }

func (c *count) Append(dst []byte) []byte { return binary.LittleEndian.AppendUint64(dst, uint64(c.n)) }

func (c *count) Merge(state []byte) error {
	if len(state) != 8 {
		return errState
	}
	c.n += int64(binary.LittleEndian.Uint64(state))
	return nil
}

// sumKind is what is made of a sum.
type sumKind uint8

const (
	sumPlain sumKind = iota // SUM
	sumTotal                // TOTAL
	sumMean                 // AVG
)

// sum adds integers up in 128 bits and floats by Neumaier's method, which carries the
// part that each addition rounds away.
type sum struct {
	kind    sumKind
	hi      int64
	lo      uint64
	ints    int64
	total   float64
	carried float64
	floats  int64
}

func (s *sum) Add(v document.Value) error {
	switch v.Kind() {
	case document.KindInt:
		s.addInt(v.AsInt())
	case document.KindFloat:
		s.floats++
		s.addFloat(v.AsFloat())
	case document.KindBool:
		s.addInt(asNumber(v).AsInt())
	}
	return nil
}

func (s *sum) addInt(i int64) {
	s.ints++
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, uint64(i), 0)
	s.hi += i>>63 + int64(carry)
}

func (s *sum) addFloat(x float64) {
	t := s.total + x
	if math.Abs(s.total) >= math.Abs(x) {
		s.carried += (s.total - t) + x
	} else {
		s.carried += (x - t) + s.total
	}
	s.total = t
}

// float returns the sum of all as one float.
func (s *sum) float() float64 {
	all := *s
	if s.ints > 0 {
		// By its magnitude, in parts that a float holds exactly: of -6 the lower word alone
		// would round to 2^64 and cancel the upper one.
		hi, lo, sign := uint64(s.hi), s.lo, 1.0
		if s.hi < 0 {
			var borrow uint64
			lo, borrow = bits.Sub64(0, lo, 0)
			hi, _ = bits.Sub64(0, hi, borrow)
			sign = -1
		}
		all.addFloat(sign * float64(hi) * (1 << 64))
		all.addFloat(sign * float64(lo>>32) * (1 << 32))
		all.addFloat(sign * float64(lo&math.MaxUint32))
	}
	if math.IsInf(all.total, 0) || math.IsNaN(all.total) {
		return all.total // what was carried beside an infinity is no number
	}
	return all.total + all.carried
}

func (s *sum) Result() (document.Value, error) {
	n := s.ints + s.floats
	switch {
	case s.kind == sumTotal:
		return document.Float(s.float()), nil
	case n == 0:
		return document.Null(), nil
	case s.kind == sumMean:
		return document.Float(s.float() / float64(n)), nil
	case s.floats > 0:
		return document.Float(s.float()), nil
	case s.hi != int64(s.lo)>>63:
		return document.Missing(), overflow("integer overflow in SUM")
	}
	return document.Int(int64(s.lo)), nil
}

func (s *sum) Size() int { return 0 }

func (s *sum) Append(dst []byte) []byte {
	for _, word := range []uint64{uint64(s.hi), s.lo, uint64(s.ints), math.Float64bits(s.total), math.Float64bits(s.carried), uint64(s.floats)} {
		dst = binary.LittleEndian.AppendUint64(dst, word)
	}
	return dst
}

func (s *sum) Merge(state []byte) error {
	if len(state) != 6*8 {
		return errState
	}
	var words [6]uint64
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(state[8*i:])
	}
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, words[1], 0)
	s.hi += int64(words[0]) + int64(carry)
	s.ints += int64(words[2])
	total := math.Float64frombits(words[3])
	s.addFloat(total)
	if !math.IsInf(total, 0) && !math.IsNaN(total) {
		s.addFloat(math.Float64frombits(words[4]))
	}
	s.floats += int64(words[5])
	return nil
}
