package executor

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
)

// rangeList enumerates the ranges of bounds, the product of the values of all components, in
// the order in which a scan should read them. It holds one range at a time: lists multiply.
type rangeList struct {
	bounds bounded
	// desc says for each restricted component that it is read downwards.
	desc []bool
	// at is the place in each component's values or intervals, counted in reading order.
	at   []int
	done bool
	// picked, when not nil, is room for the values of a range, which then holds until the next one.
	picked []document.Value
}

func newRangeList(b bounded, desc []bool) *rangeList {
	return &rangeList{bounds: b, desc: desc, at: make([]int, b.components())}
}

// newRangeList is the function of that name with the memory of a room, where it does.
func (r *boundsRoom) newRangeList(b bounded, desc []bool) *rangeList {
	n := b.components()
	if n > len(r.at) || len(b.eq) > len(r.picked) {
		return newRangeList(b, desc)
	}
	clear(r.at[:n])
	r.ranges = rangeList{bounds: b, desc: desc, at: r.at[:n], picked: r.picked[:]}
	return &r.ranges
}

// next returns the next range.
func (l *rangeList) next() (engine.Range, bool) {
	if l.done {
		return engine.Range{}, false
	}
	var r engine.Range
	if n := len(l.bounds.eq); n > 0 {
		if r.Eq = l.picked; r.Eq == nil {
			r.Eq = make([]document.Value, n)
		}
		r.Eq = r.Eq[:n]
		for i, values := range l.bounds.eq {
			r.Eq[i] = values[l.place(i, len(values))]
		}
	}
	if n := len(l.bounds.tail); n > 0 {
		in := &l.bounds.tail[l.place(len(l.bounds.eq), n)]
		r.Lower, r.Upper = in.lower, in.upper
	}
	l.advance()
	return r, true
}

// place turns the reading order of component i into an index of its n places.
func (l *rangeList) place(i, n int) int {
	if l.desc[i] {
		return n - 1 - l.at[i]
	}
	return l.at[i]
}

func (l *rangeList) advance() {
	for i := len(l.at) - 1; i >= 0; i-- {
		l.at[i]++
		n := len(l.bounds.tail)
		if i < len(l.bounds.eq) {
			n = len(l.bounds.eq[i])
		}
		if l.at[i] < n {
			return
		}
		l.at[i] = 0
	}
	l.done = true
}

// split returns one list for each combination of values of the components before from: each reads in
// the order of the components from there on. b was evaluated in the room.
func (b bounded) split(from int, desc []bool, room *boundsRoom) []*rangeList {
	single := true
	for _, values := range b.eq[:min(from, len(b.eq))] {
		single = single && len(values) == 1
	}
	if single {
		room.lists[0] = room.newRangeList(b, desc)
		return room.lists[:]
	}
	from = min(from, len(b.eq))
	heads := newRangeList(bounded{eq: b.eq[:from]}, desc)
	var lists []*rangeList
	for {
		head, ok := heads.next()
		if !ok {
			return lists
		}
		part := bounded{eq: make([][]document.Value, len(b.eq)), tail: b.tail}
		for i := range part.eq {
			if i < from {
				part.eq[i] = head.Eq[i : i+1]
			} else {
				part.eq[i] = b.eq[i]
			}
		}
		lists = append(lists, newRangeList(part, desc))
	}
}
