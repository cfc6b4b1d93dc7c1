package expr

import (
	"encoding/binary"
	"math"

	"github.com/fluxdb/fluxdb/document"
)

// moments is STDDEV and VARIANCE: the number of values, their mean, and the sum of the squares of what they differ from
// it. These are carried on from value to value (Welford) and from state to state (Chan), so that no large squares are subtracted.
type moments struct {
	of               func(m *moments) (float64, bool) // false is NULL
	n, mean, squares float64
}

func variance(sample float64) func(m *moments) (float64, bool) {
	return func(m *moments) (float64, bool) { return m.squares / (m.n - sample), m.n > sample }
}

func deviation(sample float64) func(m *moments) (float64, bool) {
	return func(m *moments) (float64, bool) { return math.Sqrt(m.squares / (m.n - sample)), m.n > sample }
}

func (m *moments) Add(v document.Value) error {
	if v = asNumber(v); !v.Kind().IsNumber() {
		return nil
	}
	x := v.AsFloat()
	m.n++
	delta := x - m.mean
	m.mean += delta / m.n
	m.squares += delta * (x - m.mean)
	return nil
}

func (m *moments) Result() (document.Value, error) { return floatOrNull(m.of(m)) }

// floatOrNull is x, NULL where it is not defined.
func floatOrNull(x float64, ok bool) (document.Value, error) {
	if !ok {
		return document.Null(), nil
	}
	return document.Float(x), nil
}

func (m *moments) Size() int { return 0 }

func (m *moments) Append(dst []byte) []byte { return appendFloats(dst, m.n, m.mean, m.squares) }

func (m *moments) Merge(state []byte) error {
	var o [3]float64
	if !readFloats(state, o[:]) {
		return errState
	}
	n := m.n + o[0]
	if o[0] == 0 {
		return nil
	}
	delta := o[1] - m.mean
	m.squares += o[2] + delta*delta*m.n*o[0]/n
	m.mean += delta * o[0] / n
	m.n = n
	return nil
}

func appendFloats(dst []byte, list ...float64) []byte {
	for _, x := range list {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
	}
	return dst
}

// readFloats fills list from what appendFloats wrote.
func readFloats(b []byte, list []float64) bool {
	if len(b) != 8*len(list) {
		return false
	}
	for i := range list {
		list[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return true
}

// comoments is CORR and its like, of pairs of numbers (y, x): what moments has of both, and the sum of the products
// of what they differ from their means.
type comoments struct {
	of                          func(m *comoments) (float64, bool)
	n, meanY, meanX, yy, xx, xy float64
}

func (m *comoments) Add(v document.Value) error {
	pair := v.AsArray()
	b, a := asNumber(pair[0]), asNumber(pair[1])
	if !a.Kind().IsNumber() || !b.Kind().IsNumber() {
		return nil
	}
	x, y := a.AsFloat(), b.AsFloat()
	m.n++
	dx, dy := x-m.meanX, y-m.meanY
	m.meanX += dx / m.n
	m.meanY += dy / m.n
	m.xx += dx * (x - m.meanX)
	m.yy += dy * (y - m.meanY)
	m.xy += dx * (y - m.meanY)
	return nil
}

func (m *comoments) Result() (document.Value, error) { return floatOrNull(m.of(m)) }

func (m *comoments) Size() int { return 0 }

func (m *comoments) Append(dst []byte) []byte {
	return appendFloats(dst, m.n, m.meanY, m.meanX, m.yy, m.xx, m.xy)
}

func (m *comoments) Merge(state []byte) error {
	var o [6]float64
	if !readFloats(state, o[:]) {
		return errState
	}
	if o[0] == 0 {
		return nil
	}
	n := m.n + o[0]
	part := m.n * o[0] / n
	dy, dx := o[1]-m.meanY, o[2]-m.meanX
	m.yy += o[3] + dy*dy*part
	m.xx += o[4] + dx*dx*part
	m.xy += o[5] + dy*dx*part
	m.meanY += dy * o[0] / n
	m.meanX += dx * o[0] / n
	m.n = n
	return nil
}

// correlation is not defined where one of the two is always the same.
func correlation(m *comoments) (float64, bool) {
	r := m.xy / math.Sqrt(m.xx*m.yy)
	return max(-1, min(1, r)), m.n > 0 && m.xx != 0 && m.yy != 0
}
