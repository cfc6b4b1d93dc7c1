package executor

import (
	"context"
	"fmt"
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// bounded is what a planner.Bounds stands for, by the comparison rules of SQL: values
// of different kinds are neither equal nor ordered, but a number is compared with booleans as 0 and 1,
// and a string that reads as a timestamp with timestamps.
type bounded struct {
	// eq holds for each leading component the distinct values it may have, in the total order.
	eq [][]document.Value
	// tail restricts the component after them to disjoint intervals, in the total order; nil
	// does not restrict it.
	tail []interval
}

// interval is a range of one component; nil ends are open.
type interval struct {
	lower, upper *engine.Limit
}

// components is how many components are restricted.
func (b *bounded) components() int {
	if b.tail != nil {
		return len(b.eq) + 1
	}
	return len(b.eq)
}

// boundsRoom is memory for the bounds of most statements: an operator has it, and keeps it for the next statement. What is
// evaluated into it holds until the next time.
type boundsRoom struct {
	eq     [2][]document.Value
	values [2][3]document.Value // one value and what else it equals
	tail   [2]interval
	limits [4]engine.Limit
	used   int // of limits
	at     [3]int
	desc   [3]bool
	ranges rangeList
	lists  [1]*rangeList
	picked [2]document.Value // of the present range
}

// limit returns a limit in the room, if there is any left.
func (r *boundsRoom) limit(l engine.Limit) *engine.Limit {
	var p *engine.Limit
	if r.used < len(r.limits) {
		p = &r.limits[r.used]
		r.used++
	} else {
		p = new(engine.Limit)
	}
	*p = l
	return p
}

// evaluateBounds evaluates b, nil for none, with the memory of a room; ok is false when nothing can lie within it.
func evaluateBounds(b *planner.Bounds, f *expr.Frame, room *boundsRoom) (out bounded, ok bool, err error) {
	if b == nil {
		return bounded{}, true, nil
	}
	room.used, out.eq = 0, room.eq[:0]
	for i := range b.Eq {
		var list []document.Value
		if i < len(room.values) {
			list = room.values[i][:0]
		}
		values, err := equalities(list, &b.Eq[i], f)
		if err != nil || len(values) == 0 {
			return bounded{}, false, err
		}
		out.eq = append(out.eq, values)
	}
	if b.Lower == nil && b.Upper == nil {
		return out, true, nil
	}
	out.tail, err = intervals(b.Lower, b.Upper, f, room)
	return out, len(out.tail) > 0, err
}

// equalities returns the values that a component may equal, sorted and each once, in list, which is empty.
func equalities(list []document.Value, b *planner.EqBound, f *expr.Frame) ([]document.Value, error) {
	for _, e := range b.Values {
		v, err := e.Eval(f)
		if err != nil {
			return nil, err
		}
		list = appendEqual(list, v, b.Type)
	}
	if b.List != nil {
		array, err := b.List.Eval(f)
		switch {
		case err != nil:
			return nil, err
		case array.IsNull():
		case array.Kind() != document.KindArray:
			return nil, fmt.Errorf("IN %s: expected an array, found %s", b.List, array.Kind())
		}
		for _, v := range array.AsArray() {
			list = appendEqual(list, v, b.Type)
		}
	}
	if b.Null {
		list = append(list, document.Null())
	}
	if len(list) > 1 {
		if err := sortValues(f.Run.Context, list); err != nil {
			return nil, err
		}
		list = slices.CompactFunc(list, document.Equal)
	}
	return list, nil
}

// sortValues sorts values, of which a parameter may hold many, unless the statement is cancelled.
func sortValues(ctx context.Context, list []document.Value) (err error) {
	compared := 0
	slices.SortFunc(list, func(a, b document.Value) int {
		if compared++; compared&(checkCompared-1) == 0 && err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return 0 // all is equal: the rest is quick
		}
		return document.Compare(a, b)
	})
	return err
}

// appendEqual appends the values that equal v: itself, TRUE or FALSE for 1 or 0, the timestamp that a string
// reads as. NULL equals nothing.
func appendEqual(list []document.Value, v document.Value, typ engine.Type) []document.Value {
	if v.IsNull() {
		return list
	}
	list = append(list, v)
	if v.Kind().IsNumber() && (typ == engine.Any || typ == engine.Bool) {
		if f := v.AsFloat(); f == 0 || f == 1 {
			list = append(list, document.Bool(f == 1))
		}
	}
	if t, ok := timestampOf(v, typ); ok {
		list = append(list, t)
	}
	return list
}

// timestampOf returns the timestamp that a string is compared with timestamps as.
func timestampOf(v document.Value, typ engine.Type) (document.Value, bool) {
	if v.Kind() != document.KindString || typ != engine.Any && typ != engine.Timestamp {
		return document.Value{}, false
	}
	return document.ReadTimestamp(v.AsString())
}

// end is one evaluated end of a range; the zero end is open.
type end struct {
	set       bool
	value     document.Value
	inclusive bool
	typ       engine.Type
}

// evaluateEnd evaluates one end; null says that its value is NULL, so that nothing compares with it.
func evaluateEnd(b *planner.Bound, f *expr.Frame) (e end, null bool, err error) {
	if b == nil || b.NotNull {
		return end{}, false, nil
	}
	v, err := b.Value.Eval(f)
	if err != nil {
		return end{}, false, err
	}
	return end{true, v, b.Inclusive, b.Type}, v.IsNull(), nil
}

// intervals returns the parts of a component within both ends, in the total order.
func intervals(lower, upper *planner.Bound, f *expr.Frame, room *boundsRoom) ([]interval, error) {
	lo, null, err := evaluateEnd(lower, f)
	if err != nil || null {
		return nil, err
	}
	hi, null, err := evaluateEnd(upper, f)
	if err != nil || null {
		return nil, err
	}
	// In the total order: numbers stand before booleans, strings before timestamps.
	list := room.tail[:0]
	if !lo.set && !hi.set {
		return append(list, interval{lower: room.limit(engine.Limit{Value: document.Null()})}), nil // IS NOT NULL
	}
	if in, ok := within(lo, hi, room); ok {
		list = append(list, in)
	}
	if lo.value.Kind().IsNumber() || hi.value.Kind().IsNumber() {
		if in, ok := booleansWithin(lo, hi, room); ok {
			list = append(list, in)
		}
	}
	if lo.value.Kind() == document.KindString || hi.value.Kind() == document.KindString {
		if in, ok := timestampsWithin(lo, hi, room); ok {
			list = append(list, in)
		}
	}
	return list, nil
}

// within returns the values of the ends' kind between them, false when there are none.
func within(lo, hi end, room *boundsRoom) (interval, bool) {
	switch {
	case !lo.set:
		return interval{room.limit(engine.Limit{Value: hi.value, WholeKind: true}), room.limit(hi.limit())}, true
	case !hi.set:
		return interval{room.limit(lo.limit()), room.limit(engine.Limit{Value: lo.value, WholeKind: true})}, true
	case !document.Comparable(lo.value.Kind(), hi.value.Kind()):
		return interval{}, false
	}
	c := document.Compare(lo.value, hi.value)
	return interval{room.limit(lo.limit()), room.limit(hi.limit())}, c < 0 || c == 0 && lo.inclusive && hi.inclusive
}

func (e end) limit() engine.Limit {
	return engine.Limit{Value: e.value, Inclusive: e.inclusive}
}

// booleansWithin returns the booleans between ends of which at least one is a number, so that they count as 0 and 1 there.
func booleansWithin(lo, hi end, room *boundsRoom) (interval, bool) {
	var in interval
	for i := range int64(2) {
		fromLo, known := lo.compareBoolean(i)
		toHi, known2 := hi.compareBoolean(i)
		if !known || !known2 {
			return interval{}, false
		}
		if lo.set && (fromLo < 0 || fromLo == 0 && !lo.inclusive) || hi.set && (toHi > 0 || toHi == 0 && !hi.inclusive) {
			continue
		}
		limit := room.limit(engine.Limit{Value: document.Bool(i == 1), Inclusive: true})
		if in.lower == nil {
			in.lower = limit
		}
		in.upper = limit
	}
	return in, in.lower != nil
}

// compareBoolean compares a stored boolean, given as 0 or 1, with an end; known is false when they have no order.
func (e end) compareBoolean(i int64) (c int, known bool) {
	switch kind := e.value.Kind(); {
	case !e.set:
		return 0, true
	case kind == document.KindBool:
		return document.Compare(document.Bool(i == 1), e.value), true
	case kind.IsNumber() && (e.typ == engine.Any || e.typ == engine.Bool):
		return document.Compare(document.Int(i), e.value), true
	}
	return 0, false
}

// timestampsWithin returns the timestamps between ends of which at least one is a string.
func timestampsWithin(lo, hi end, room *boundsRoom) (interval, bool) {
	for _, e := range [...]*end{&lo, &hi} {
		if !e.set || e.value.Kind() == document.KindTimestamp {
			continue
		}
		t, ok := timestampOf(e.value, e.typ)
		if !ok {
			return interval{}, false
		}
		e.value = t
	}
	return within(lo, hi, room)
}
