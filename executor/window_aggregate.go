package executor

import (
	"math"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// windowAggregate computes an aggregate of the frames of a partition.
type windowAggregate struct {
	w     *windowOp
	call  *planner.WindowCall
	share share
	// before and after follow the parts of the frame in front of and behind of what is left out.
	before, after slider
	// result is that of the parts so far, and whole what it was made in where there are several.
	result document.Value
	parts  [3][2]int64
	valid  bool
	whole  expr.Accumulator
	state  []byte // scratch
	held   int64
}

func newWindowAggregate(w *windowOp, call *planner.WindowCall) *windowAggregate {
	a := &windowAggregate{w: w, call: call, share: w.x.memory.share()}
	a.before.a, a.after.a = a, a
	return a
}

// reset begins a partition.
func (a *windowAggregate) reset() {
	a.before.reset()
	a.after.reset()
	a.valid = false
}

func (a *windowAggregate) close() {
	a.before, a.after, a.whole, a.state, a.valid, a.held = slider{a: a}, slider{a: a}, nil, nil, false, 0
	a.share.free()
}

// value returns the aggregate of the frame.
func (a *windowAggregate) value(f *windowFrame) (document.Value, error) {
	var parts [3][2]int64
	copy(parts[:], f.parts)
	if a.valid && parts == a.parts {
		return a.result, nil
	}
	a.valid = false
	if a.call.Aggregate.Name == "COUNT" && len(a.call.Args) == 0 && a.call.Filter < 0 {
		n := int64(0)
		for _, p := range parts {
			n += p[1] - p[0]
		}
		return document.Int(n), nil
	}
	acc, err := a.before.slide(parts[0][0], parts[0][1])
	if err != nil {
		return document.Missing(), err
	}
	if len(f.parts) > 1 {
		last := parts[len(f.parts)-1]
		other, err := a.after.slide(last[0], last[1])
		if err != nil {
			return document.Missing(), err
		}
		a.whole = a.call.Aggregate.New()
		if err := a.merge(a.whole, acc); err != nil {
			return document.Missing(), err
		}
		if len(f.parts) == 3 && parts[1][0] < parts[1][1] {
			if err := a.add(a.whole, parts[1][0]); err != nil {
				return document.Missing(), err
			}
		}
		if err := a.merge(a.whole, other); err != nil {
			return document.Missing(), err
		}
		acc = a.whole
	}
	a.account()
	if a.result, err = acc.Result(); err != nil {
		return document.Missing(), err
	}
	a.parts, a.valid = parts, true
	return a.result, nil
}

// account tells the memory what is held.
func (a *windowAggregate) account() {
	n := cap(a.state) + a.before.size() + a.after.size()
	if a.whole != nil {
		n += a.whole.Size()
	}
	a.share.hold(&a.held, n)
}

// add adds a row to an accumulator.
func (a *windowAggregate) add(acc expr.Accumulator, row int64) error {
	if err := a.w.x.interrupted(); err != nil {
		return err
	}
	if a.call.Filter >= 0 {
		if v, err := a.w.valueAt(row, a.call.Filter); err != nil || !expr.IsTrue(v) {
			return err
		}
	}
	v := document.Bool(true) // COUNT(*) counts what is not NULL
	if len(a.call.Args) > 0 {
		var err error
		if v, err = a.w.valueAt(row, a.call.Args[0]); err != nil {
			return err
		}
	}
	return acc.Add(v)
}

// merge adds what from has taken in to an accumulator.
func (a *windowAggregate) merge(acc, from expr.Accumulator) error {
	a.state = from.Append(a.state[:0])
	return acc.Merge(a.state)
}

// slider keeps the aggregate of a range of rows whose ends only move forward. What lies behind mid is one
// accumulator, which new rows are added to. What lies before it are states, each of the rows from one place up to
// mid, which rows that leave the range are no part of:
//
//	from ............ mid ............ end
//	[ rows ][ chunks ][      back      ]
//
// Once the range has left mid behind, all that is in it becomes states, and mid moves to its end. So every row is added a
// few times, however long the range is. States are kept for the beginning of chunks of rows and, of the chunk that
// the range begins in, for each row: of a range of n rows about the square root of n twice.
type slider struct {
	a        *windowAggregate
	mid, end int64
	back     expr.Accumulator

	first, step int64    // where the first chunk begins, and the rows of each
	chunks      [][]byte // states from the beginning of each chunk up to mid; that of the first one is not needed
	chunk       int64    // the chunk of rows, -1 for none
	rows        [][]byte // states from each row of it up to the end of the chunk
	states      int      // bytes of all

	from, to int64
	acc      expr.Accumulator // of that range, nil for none
}

const (
	// shortRange is how many rows are rather added anew than kept as states.
	shortRange = 8
	// leastChunk is how many rows a chunk has at least.
	leastChunk = 16
	// stateSize is the memory of a state beside its bytes.
	stateSize = 24
)

// reset begins a partition.
func (s *slider) reset() {
	*s = slider{a: s.a, chunk: -1, rows: s.rows[:0], chunks: s.chunks[:0]}
}

func (s *slider) size() int {
	n := s.states + stateSize*(cap(s.rows)+cap(s.chunks))
	if s.back != nil {
		n += s.back.Size()
	}
	if s.acc != nil && s.acc != s.back {
		n += s.acc.Size()
	}
	return n
}

// slide returns the aggregate of a range, which is valid until the next call.
func (s *slider) slide(from, to int64) (expr.Accumulator, error) {
	if s.acc != nil && s.from == from && s.to == to {
		return s.acc, nil
	}
	s.acc = nil
	acc, err := s.compute(from, to)
	if err == nil {
		s.from, s.to, s.acc = from, to, acc
	}
	return acc, err
}

func (s *slider) compute(from, to int64) (expr.Accumulator, error) {
	fn := s.a.call.Aggregate
	if from >= to {
		return fn.New(), nil
	}
	if from > s.mid && (to-from <= shortRange || !fn.Compact) {
		// Of what is not compact the result is as long as the range is, and so would be each state.
		acc := fn.New()
		return acc, s.addRows(acc, from, to)
	}
	switch {
	case s.back == nil || from >= s.end:
		s.back, s.mid, s.end = fn.New(), from, from
		s.forget()
	case from > s.mid:
		if err := s.turn(from); err != nil {
			return nil, err
		}
	}
	if err := s.addRows(s.back, s.end, to); err != nil {
		return nil, err
	}
	s.end = to
	if from == s.mid {
		return s.back, nil
	}
	acc := fn.New()
	k := (from - s.first) / s.step
	if err := s.enterChunk(k); err != nil {
		return nil, err
	}
	if err := acc.Merge(s.rows[from-s.first-k*s.step]); err != nil {
		return nil, err
	}
	if k+1 < int64(len(s.chunks)) {
		if err := acc.Merge(s.chunks[k+1]); err != nil {
			return nil, err
		}
	}
	return acc, s.a.merge(acc, s.back)
}

func (s *slider) addRows(acc expr.Accumulator, from, to int64) error {
	for ; from < to; from++ {
		if err := s.a.add(acc, from); err != nil {
			return err
		}
	}
	return nil
}

// forget drops the states.
func (s *slider) forget() {
	clear(s.chunks)
	clear(s.rows)
	s.chunks, s.rows, s.chunk, s.states = s.chunks[:0], s.rows[:0], -1, 0
}

// turn makes states of the rows from from up to the end, which becomes mid.
func (s *slider) turn(from int64) error {
	s.forget()
	fn := s.a.call.Aggregate
	n := s.end - from
	s.first, s.step = from, max(leastChunk, int64(math.Sqrt(float64(n))))
	count := (n + s.step - 1) / s.step
	s.chunks = append(s.chunks, make([][]byte, count)...)
	for k := count - 1; k > 0; k-- {
		acc := fn.New()
		at := from + k*s.step
		if err := s.addRows(acc, at, min(at+s.step, s.end)); err != nil {
			return err
		}
		if k+1 < count {
			if err := acc.Merge(s.chunks[k+1]); err != nil {
				return err
			}
		}
		s.chunks[k] = acc.Append(nil)
		s.states += len(s.chunks[k])
	}
	s.mid, s.back = s.end, fn.New()
	return nil
}

// enterChunk makes the states of the rows of a chunk.
func (s *slider) enterChunk(k int64) error {
	if s.chunk == k {
		return nil
	}
	for i := range s.rows {
		s.states -= len(s.rows[i])
	}
	fn := s.a.call.Aggregate
	at := s.first + k*s.step
	n := min(s.step, s.mid-at)
	s.rows = append(s.rows[:0], make([][]byte, n)...)
	s.chunk = -1
	for i := n - 1; i >= 0; i-- {
		acc := fn.New()
		if err := s.a.add(acc, at+i); err != nil {
			return err
		}
		if i+1 < n {
			if err := acc.Merge(s.rows[i+1]); err != nil {
				return err
			}
		}
		s.rows[i] = acc.Append(nil)
		s.states += len(s.rows[i])
	}
	s.chunk = k
	return nil
}
