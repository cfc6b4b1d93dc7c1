package expr

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/fluxdb/fluxdb/document"
)

// bag holds values with how often each was put in, in their order. Of many equal ones it holds one.
type bag struct {
	name string
	runs []run
	// fresh are values that are not among the runs yet.
	fresh []document.Value
	bytes int // beside the values themselves
	desc  bool
}

func (b *bag) descend() { b.desc = true }

type run struct {
	value document.Value
	count int64
}

// leastFresh is how many values at least are sorted together.
const leastFresh = 64

func (b *bag) add(v document.Value) error {
	v = v.Clone()
	b.bytes += sizeOf(v)
	b.fresh = append(b.fresh, v)
	if len(b.fresh) >= max(leastFresh, len(b.runs)) {
		b.settle()
		return checkHeld(b.name, b.size())
	}
	return nil
}

// settle sorts what is fresh into the runs.
func (b *bag) settle() {
	if len(b.fresh) == 0 {
		return
	}
	slices.SortStableFunc(b.fresh, document.Compare) // of equal values the first stays
	b.runs = mergeRuns(b.runs, b.fresh, func(v document.Value) run { return run{v, 1} })
	clear(b.fresh)
	b.fresh = b.fresh[:0]
	b.bytes = 0
	for i := range b.runs {
		b.bytes += sizeOf(b.runs[i].value)
	}
}

// mergeRuns merges what lies in order. Of equal values the earlier one stays.
func mergeRuns[T any](runs []run, more []T, as func(T) run) []run {
	out := make([]run, 0, len(runs)+len(more))
	put := func(r run) {
		if n := len(out); n > 0 && document.Equal(out[n-1].value, r.value) {
			out[n-1].count += r.count
			return
		}
		out = append(out, r)
	}
	at := 0
	for _, x := range more {
		r := as(x)
		for ; at < len(runs) && document.Compare(runs[at].value, r.value) <= 0; at++ {
			put(runs[at])
		}
		put(r)
	}
	for _, r := range runs[at:] {
		put(r)
	}
	return out
}

func (b *bag) size() int { return 32*cap(b.runs) + 24*cap(b.fresh) + b.bytes }

// append appends the runs: how often, then what. A byte in front tells a state.
func (b *bag) append(dst []byte) []byte {
	b.settle()
	if len(b.runs) > 0 {
		dst = append(dst, 1)
	}
	for _, r := range b.runs {
		dst = document.AppendValue(binary.AppendUvarint(dst, uint64(r.count)), r.value)
	}
	return dst
}

func (b *bag) merge(state []byte) error {
	if len(state) == 0 {
		return nil
	}
	if state[0] != 1 {
		return errState
	}
	b.settle()
	var more []run
	for state = state[1:]; len(state) > 0; {
		count, n := binary.Uvarint(state)
		if n <= 0 || count == 0 || count > math.MaxInt64 {
			return errState
		}
		v, rest, err := document.ReadValue(state[n:])
		if err != nil {
			return errState
		}
		more, state = append(more, run{v.Clone(), int64(count)}), rest
	}
	if !slices.IsSortedFunc(more, func(a, b run) int { return document.Compare(a.value, b.value) }) {
		return errState
	}
	b.runs = mergeRuns(b.runs, more, func(r run) run { return r })
	b.bytes = 0
	for i := range b.runs {
		b.bytes += sizeOf(b.runs[i].value)
	}
	return checkHeld(b.name, b.size())
}

// at returns the value at a place in the order of all n, from 0.
func (b *bag) at(place, n int64) document.Value {
	if b.desc {
		place = n - 1 - place
	}
	for _, r := range b.runs {
		if place -= r.count; place < 0 {
			return r.value
		}
	}
	return document.Null()
}

func (b *bag) count() (n int64) {
	b.settle()
	for _, r := range b.runs {
		n += r.count
	}
	return n
}

// percentile is PERCENTILE_CONT and MEDIAN, where between is set, else PERCENTILE_DISC.
type percentile struct {
	bag
	fraction float64
	// fixed says that the fraction is no argument of each row.
	fixed, between bool
}

// percentileAt takes the fraction where it is a constant.
func percentileAt(name string, between bool) func(document.Value) (func() Accumulator, error) {
	return func(v document.Value) (func() Accumulator, error) {
		fraction, err := fractionOf(v)
		return func() Accumulator {
			return &percentile{bag: bag{name: name}, fraction: fraction, fixed: true, between: between}
		}, err
	}
}

func fractionOf(v document.Value) (float64, error) {
	if v.Kind().IsNumber() && v.AsFloat() >= 0 && v.AsFloat() <= 1 {
		return v.AsFloat(), nil
	}
	return 0, badArgument("the fraction of a percentile is from 0 to 1, found %s", brief(v))
}

func (p *percentile) Add(v document.Value) (err error) {
	if !p.fixed {
		pair := v.AsArray()
		v = pair[0]
		if p.fraction, err = fractionOf(pair[1]); err != nil {
			return err
		}
	}
	if p.between {
		if v = asNumber(v); !v.Kind().IsNumber() {
			return nil
		}
	}
	if v.IsNull() {
		return nil
	}
	return p.add(v)
}

func (p *percentile) Result() (document.Value, error) {
	n := p.count()
	if n == 0 {
		return document.Null(), nil
	}
	if !p.between {
		return p.at(max(int64(math.Ceil(p.fraction*float64(n)))-1, 0), n), nil
	}
	place := p.fraction * float64(n-1)
	below := math.Floor(place)
	low := p.at(int64(below), n).AsFloat()
	if place == below {
		return document.Float(low), nil
	}
	high := p.at(int64(below)+1, n).AsFloat()
	if low == high {
		return document.Float(low), nil // of infinities, too
	}
	return document.Float(low + (high-low)*(place-below)), nil
}

func (p *percentile) Size() int { return p.size() }

func (p *percentile) Append(dst []byte) []byte { return p.append(appendFloats(dst, p.fraction)) }

func (p *percentile) Merge(state []byte) error {
	var fraction [1]float64
	if len(state) < 8 || !readFloats(state[:8], fraction[:]) {
		return errState
	}
	if !p.fixed && len(state) > 8 {
		p.fraction = fraction[0]
	}
	return p.merge(state[8:])
}

// mode is MODE.
type mode struct{ bag }

func (m *mode) Add(v document.Value) error {
	if v.IsNull() {
		return nil
	}
	return m.add(v)
}

func (m *mode) Result() (document.Value, error) {
	m.settle()
	best := run{value: document.Null()}
	for _, r := range m.runs {
		if r.count > best.count || m.desc && r.count == best.count {
			best = r
		}
	}
	return best.value, nil
}

func (m *mode) Size() int { return m.size() }

func (m *mode) Append(dst []byte) []byte { return m.append(dst) }

func (m *mode) Merge(state []byte) error { return m.merge(state) }
