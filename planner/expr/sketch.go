package expr

import (
	"github.com/axiomhq/hyperloglog"

	"github.com/fluxdb/fluxdb/document"
)

// sketch is APPROX_COUNT_DISTINCT: a HyperLogLog sketch, which is made with the first value.
type sketch struct {
	of *hyperloglog.Sketch
	n  int // values taken in, of which a sparse sketch may hold each
}

// sketchSize is the memory of a sketch that is no longer sparse: a byte for each of its 2^14 registers.
const sketchSize = 16 << 10

func newSketch() *sketch { return &sketch{} }

func (s *sketch) sketch() *hyperloglog.Sketch {
	if s.of == nil {
		s.of = hyperloglog.New14()
	}
	return s.of
}

func (s *sketch) Add(v document.Value) error {
	if !v.IsNull() {
		s.sketch().InsertHash(document.Hash(v, 0))
		s.n++
	}
	return nil
}

func (s *sketch) Result() (document.Value, error) {
	if s.of == nil {
		return document.Int(0), nil
	}
	return document.Int(int64(s.of.Estimate())), nil
}

func (s *sketch) Size() int {
	if s.of == nil {
		return 0
	}
	return min(sketchSize, 256+16*s.n)
}

func (s *sketch) Append(dst []byte) []byte {
	if s.of == nil {
		return dst
	}
	state, err := s.of.MarshalBinary()
	if err != nil {
		return dst // it writes to memory
	}
	return append(dst, state...)
}

func (s *sketch) Merge(state []byte) error {
	if len(state) == 0 {
		return nil
	}
	var other hyperloglog.Sketch
	if len(state) < 8 || other.UnmarshalBinary(state) != nil {
		return errState
	}
	if s.sketch().Merge(&other) != nil {
		return errState
	}
	s.n += len(state)
	return nil
}
