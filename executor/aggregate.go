package executor

import (
	"encoding/binary"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// aggregator computes the aggregates of a Group. What it knows of one group is a state, which lies
// where the caller puts it.
type aggregator struct {
	x          *execution
	aggregates []aggregate
	// counts and accumulators are how many of each a state has.
	counts, accumulators int
	// distinct says that one of the aggregates takes each value once.
	distinct bool
	// args are those of the present row that a later aggregate has too.
	args     []document.Value
	key, row []byte
}

// aggregate is one call.
type aggregate struct {
	call *planner.AggCall
	// at is its place among the counts of a state, or among the accumulators.
	counts bool
	at     int
	// as is an earlier aggregate whose argument is the same field, -1 for none: it is read once.
	as int
	// grows says that what it holds of a group has no fixed size.
	grows bool
	// seen holds the values, of all groups that share the aggregator, that a DISTINCT one has taken.
	seen *dedupe
}

// state is what is known of one group.
type state struct {
	// counts are those of COUNT, by far the most frequent: a number is smaller than an accumulator.
	counts       []int64
	accumulators []expr.Accumulator
}

// accumulatorSize is the memory of an accumulator beside what its Size tells, with the interface to it.
const accumulatorSize = 16 + 64

func newAggregator(x *execution, calls []planner.AggCall) *aggregator {
	g := &aggregator{x: x, aggregates: make([]aggregate, len(calls))}
	for i := range calls {
		a := &g.aggregates[i]
		a.call, a.grows, a.as = &calls[i], !calls[i].Func.Fixed, earlier(calls[:i], calls[i].Arg)
		if a.as >= 0 && g.args == nil {
			g.args = make([]document.Value, len(calls))
		}
		g.distinct = g.distinct || a.call.Distinct
		if a.counts = a.call.Func.Name == "COUNT" && !a.call.Distinct; a.counts {
			a.at = g.counts
			g.counts++
		} else {
			a.at = g.accumulators
			g.accumulators++
		}
	}
	return g
}

// earlier returns the first of calls that reads the same field on every row, -1 for none.
func earlier(calls []planner.AggCall, arg expr.Expr) int {
	f, ok := arg.(*expr.Field)
	if !ok {
		return -1
	}
	for i := range calls {
		g, ok := calls[i].Arg.(*expr.Field)
		if ok && calls[i].Filter == nil && f.Doc == g.Doc && f.Path.Equal(g.Path) {
			return i
		}
	}
	return -1
}

// begin makes s the state of a group without rows; its slices have the right length.
func (g *aggregator) begin(s state) {
	clear(s.counts)
	for i := range g.aggregates {
		if a := &g.aggregates[i]; !a.counts {
			s.accumulators[a.at] = a.call.Func.New()
		}
	}
}

// add adds the frame's row to the state of its group, whose keys have the values keys. It
// returns how many bytes the state has grown.
func (g *aggregator) add(s state, keys []document.Value) (grown int64, err error) {
	prefix := -1
	for i := range g.aggregates {
		a := &g.aggregates[i]
		if a.call.Filter != nil {
			if ok, err := holds(a.call.Filter, g.x.frame); err != nil {
				return grown, err
			} else if !ok {
				continue
			}
		}
		if a.call.Arg == nil {
			if a.counts {
				s.counts[a.at]++
				continue
			}
			// COUNT(DISTINCT *) does not exist; another aggregate of rows counts TRUEs.
			n, err := accumulate(s.accumulators[a.at], document.Bool(true))
			if grown += n; err != nil {
				return grown, err
			}
			continue
		}
		var v document.Value
		if a.as >= 0 {
			v = g.args[a.as]
		} else {
			if v, err = a.call.Arg.Eval(g.x.frame); err != nil {
				return grown, err
			}
			if g.args != nil {
				g.args[i] = v
			}
		}
		if a.counts {
			if !v.IsNull() {
				s.counts[a.at]++
			}
			continue
		}
		if a.call.Distinct {
			if prefix < 0 {
				g.key = g.key[:0]
				for _, k := range keys {
					g.key, _ = document.AppendKey(g.key, k, false)
				}
				prefix = len(g.key)
			}
			fresh, err := g.take(a, prefix, keys, v)
			if err != nil {
				return grown, err
			}
			if !fresh {
				continue
			}
		}
		if !a.grows {
			if err := s.accumulators[a.at].Add(v); err != nil {
				return grown, err
			}
			continue
		}
		n, err := accumulate(s.accumulators[a.at], v)
		if grown += n; err != nil {
			return grown, err
		}
	}
	return grown, nil
}

func accumulate(acc expr.Accumulator, v document.Value) (grown int64, err error) {
	before := acc.Size()
	err = acc.Add(v)
	return int64(acc.Size() - before), err
}

// take reports whether a DISTINCT aggregate has not had v in this group. Where it can't tell, it
// puts the value off: drain gives it later.
func (g *aggregator) take(a *aggregate, prefix int, keys []document.Value, v document.Value) (bool, error) {
	if a.seen == nil {
		a.seen = g.x.newDedupe(0)
	}
	g.key, _ = document.AppendKey(g.key[:prefix], v, false)
	switch a.seen.add(g.key) {
	case dedupeNew:
		return true, nil
	case dedupeSeen:
		return false, nil
	}
	g.row = g.row[:0]
	for _, k := range keys {
		g.row = document.AppendValue(g.row, k)
	}
	g.row = document.AppendValue(g.row, v)
	return false, a.seen.putOff(g.key, g.row)
}

// drain calls fn for each value that was put off and is new in its group, then forgets all that
// DISTINCT aggregates have had.
func (g *aggregator) drain(keys int, fn func(a *aggregate, keys []document.Value, v document.Value) error) error {
	values := make([]document.Value, keys+1)
	for i := range g.aggregates {
		a := &g.aggregates[i]
		for a.seen != nil {
			row, err := a.seen.next()
			if err != nil {
				return err
			}
			if row == nil {
				a.seen.close()
				a.seen = nil
				break
			}
			for k := range values {
				if values[k], row, err = document.ReadValue(row); err != nil {
					return err
				}
			}
			if err := fn(a, values[:keys], values[keys]); err != nil {
				return err
			}
		}
	}
	return nil
}

// result sets the aggregates' registers.
func (g *aggregator) result(s state) error {
	for i := range g.aggregates {
		a := &g.aggregates[i]
		var v document.Value
		if a.counts {
			v = document.Int(s.counts[a.at])
		} else {
			var err error
			if v, err = s.accumulators[a.at].Result(); err != nil {
				return err
			}
		}
		g.x.frame.Vals[a.call.Out] = v
	}
	return nil
}

// appendState appends the serialized form of a state: counts, then accumulators with their lengths.
func (g *aggregator) appendState(dst []byte, s state) []byte {
	for _, n := range s.counts {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	for _, acc := range s.accumulators {
		// The length is known only afterwards: four bytes are kept for it.
		at := len(dst)
		dst = acc.Append(append(dst, 0, 0, 0, 0))
		binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	return dst
}

// merge adds a serialized state to s and returns how many bytes s has grown.
func (g *aggregator) merge(s state, b []byte) (grown int64, err error) {
	for i := range s.counts {
		n, k := binary.Uvarint(b)
		if k <= 0 {
			return grown, errDamagedRow
		}
		s.counts[i] += int64(n)
		b = b[k:]
	}
	for _, acc := range s.accumulators {
		if len(b) < 4 {
			return grown, errDamagedRow
		}
		n := binary.LittleEndian.Uint32(b)
		if b = b[4:]; uint64(n) > uint64(len(b)) {
			return grown, errDamagedRow
		}
		before := acc.Size()
		if err := acc.Merge(b[:n:n]); err != nil {
			return grown, err
		}
		grown += int64(acc.Size() - before)
		b = b[n:]
	}
	return grown, nil
}

// close frees what DISTINCT aggregates hold; a nil one is fine.
func (g *aggregator) close() {
	if g == nil {
		return
	}
	for i := range g.aggregates {
		g.aggregates[i].seen.close()
		g.aggregates[i].seen = nil
	}
}
