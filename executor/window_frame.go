package executor

import (
	"fmt"
	"math"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner"
)

// windowFrame finds the frame of the present row. From one row to the next its ends only move forward, so
// that finding all frames of a partition reads each row a few times at most.
type windowFrame struct {
	w   *windowOp
	def *planner.Frame
	// offsets are those of the start and the end, where they have some, and counts what they are as numbers of
	// rows or groups.
	offsets [2]document.Value
	counts  [2]int64
	// ends are where the frame begins and ends when nothing is left out; it is empty if the first is not below the
	// second.
	ends [2]int64
	// parts are the rows of the frame, in order: from the first number up to but without the second. Each may
	// be empty.
	parts [][2]int64
}

func newWindowFrame(w *windowOp, def *planner.Frame) (*windowFrame, error) {
	f := &windowFrame{w: w, def: def}
	for i, b := range []planner.FrameBound{def.Start, def.End} {
		if b.Offset == nil {
			continue
		}
		v, err := b.Offset.Eval(w.x.frame)
		if err != nil {
			return nil, err
		}
		switch {
		case def.Unit == planner.FrameRange && v.Kind().IsNumber() && v.AsInt() >= 0 && v.AsFloat() >= 0:
		case def.Unit != planner.FrameRange && v.Kind() == document.KindInt && v.AsInt() >= 0:
		default:
			want := "whole number"
			if def.Unit == planner.FrameRange {
				want = "number"
			}
			return nil, fmt.Errorf("%s %s: expected a %s from 0, found %s", def.Unit, b.String(), want,
				document.AppendJSON(nil, v, document.Plain))
		}
		f.offsets[i], f.counts[i] = v, v.AsInt()
	}
	n := 1
	switch def.Exclude {
	case planner.ExcludeRow, planner.ExcludeGroup:
		n = 2
	case planner.ExcludeTies:
		n = 3
	}
	f.parts = make([][2]int64, n)
	return f, nil
}

// same reports whether two frames are the same rows for every row.
func (f *windowFrame) same(o *windowFrame) bool {
	return f.def.Unit == o.def.Unit && f.def.Exclude == o.def.Exclude && f.def.Key == o.def.Key &&
		f.def.Start.Kind == o.def.Start.Kind && f.def.End.Kind == o.def.End.Kind &&
		document.Identical(f.offsets[0], o.offsets[0]) && document.Identical(f.offsets[1], o.offsets[1])
}

// reset begins a partition.
func (f *windowFrame) reset() { f.ends = [2]int64{} }

// move finds the frame of the present row.
func (f *windowFrame) move() error {
	for i, kind := range []parser.BoundKind{f.def.Start.Kind, f.def.End.Kind} {
		if err := f.moveEnd(i, kind); err != nil {
			return err
		}
	}
	from, to := f.ends[0], max(f.ends[0], f.ends[1])
	var first, after int64 // what is left out
	switch f.def.Exclude {
	case planner.ExcludeNothing:
		f.parts[0] = [2]int64{from, to}
		return nil
	case planner.ExcludeRow:
		first, after = f.w.at, f.w.at+1
	default:
		end, err := f.w.endOfPeers()
		if err != nil {
			return err
		}
		first, after = f.w.peer, end
	}
	f.parts[0] = [2]int64{from, max(from, min(to, first))}
	f.parts[len(f.parts)-1] = [2]int64{min(max(from, after), to), to}
	if f.def.Exclude == planner.ExcludeTies {
		f.parts[1] = [2]int64{f.w.at, f.w.at}
		if from <= f.w.at && f.w.at < to {
			f.parts[1][1]++
		}
	}
	return nil
}

// moveEnd moves the start (0) or the end (1).
func (f *windowFrame) moveEnd(i int, kind parser.BoundKind) (err error) {
	w, end := f.w, int64(i)
	switch kind {
	case parser.UnboundedPreceding:
		f.ends[i] = 0
		return nil
	case parser.UnboundedFollowing:
		f.ends[i] = w.rows.count
		return nil
	}
	if f.def.Unit == planner.FrameRows {
		n := min(f.counts[i], w.rows.count)
		if kind == parser.Preceding {
			n = -n
		}
		f.ends[i] = min(max(w.at+n+end, 0), w.rows.count)
		return nil
	}
	passes := f.passesGroup
	switch {
	case kind == parser.CurrentRow, f.def.Unit == planner.FrameRange && !w.args[f.def.Key].Kind().IsNumber():
		// What has no distance from others is near its equals only.
		if f.ends[i] = w.peer; i == 1 {
			f.ends[i], err = w.endOfPeers()
		}
		return err
	case f.def.Unit == planner.FrameRange:
		passes = f.passesValue
	}
	return f.advance(i, kind, passes)
}

// advance moves an end forward over the rows that it passes.
func (f *windowFrame) advance(i int, kind parser.BoundKind, passes func(i int, kind parser.BoundKind, row int64) (bool, error)) error {
	for ; f.ends[i] < f.w.rows.count; f.ends[i]++ {
		if err := f.w.x.interrupted(); err != nil {
			return err
		}
		if ok, err := passes(i, kind, f.ends[i]); err != nil || !ok {
			return err
		}
	}
	return nil
}

// passesGroup reports whether a row lies before an end that counts groups.
func (f *windowFrame) passesGroup(i int, kind parser.BoundKind, row int64) (bool, error) {
	group, err := f.w.groupOf(row)
	if err != nil {
		return false, err
	}
	n := min(f.counts[i], f.w.rows.count)
	if kind == parser.Preceding {
		n = -n
	}
	return group < f.w.group+n+int64(i), nil
}

// passesValue reports whether a row lies before an end that is at a distance of the present row's value.
func (f *windowFrame) passesValue(i int, kind parser.BoundKind, row int64) (bool, error) {
	key := &f.w.node.Order[0]
	limit := distant(f.w.args[f.def.Key], f.offsets[i], (kind == parser.Preceding) != key.Desc)
	v, err := f.w.valueAt(row, f.def.Key)
	if err != nil {
		return false, err
	}
	if v.IsNull() {
		return key.NullsFirst, nil
	}
	c := document.Compare(v, limit)
	if key.Desc {
		c = -c
	}
	return c < i, nil // the start stays at what is equal, the end passes it
}

// distant is the number v less offset, or more by it.
func distant(v, offset document.Value, less bool) document.Value {
	if v.Kind() == document.KindInt && offset.Kind() == document.KindInt {
		a, b := v.AsInt(), offset.AsInt()
		if less {
			b = -b
		}
		if sum := a + b; (sum > a) == (b > 0) {
			return document.Int(sum)
		}
	}
	a, b := asFloat(v), asFloat(offset)
	if less {
		b = -b
	}
	sum := a + b
	if v.Kind() == document.KindInt && offset.Kind() == document.KindInt && math.Abs(sum) <= 1<<63 {
		sum = math.Nextafter(math.Copysign(1<<63, sum), math.Copysign(math.Inf(1), sum)) // it lies beyond every integer
	}
	return document.Float(sum)
}

func asFloat(v document.Value) float64 {
	if v.Kind() == document.KindInt {
		return float64(v.AsInt())
	}
	return v.AsFloat()
}

// nth returns row number n of the frame, from 0, or counted from its end; -1 for none.
func (f *windowFrame) nth(n int64, back bool) int64 {
	for i := range f.parts {
		p := f.parts[i]
		if back {
			p = f.parts[len(f.parts)-1-i]
		}
		size := p[1] - p[0]
		switch {
		case n >= size:
			n -= size
		case back:
			return p[1] - 1 - n
		default:
			return p[0] + n
		}
	}
	return -1
}
