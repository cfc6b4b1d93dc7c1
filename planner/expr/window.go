package expr

import (
	"slices"
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// WindowFunction is a function of the place that a row has among the rows of its partition: it is called
// with OVER only. Of Function it has all but the evaluation on a row alone.
type WindowFunction struct {
	Function
	// Framed says that it looks at the frame.
	Framed bool
	// value is given arguments of any kind.
	value func(p Place) (document.Value, error)
}

// Place is where a row stands. Rows are numbered from 0 within their partition, in the order of the window.
type Place interface {
	// Row is the number of the present row, Rows how many the partition has.
	Row() int64
	Rows() int64
	// Peer is the first of the rows that are equal to the present one in the order of the window, and
	// Group the number of different ones before them.
	Peer() int64
	Group() int64
	// PeersEnd is the row after the last that is equal to the present one.
	PeersEnd() (int64, error)
	// Arg is the value of argument i on the present row, FirstArg that of the first one on another row.
	Arg(i int) document.Value
	FirstArg(row int64) (document.Value, error)
	// Args is the number of arguments.
	Args() int
	// InFrame returns row number n of the frame, from 0, back from its end; -1 where it has no such row.
	InFrame(n int64, back bool) int64
}

// Value returns the function's result for a row.
func (fn *WindowFunction) Value(p Place) (document.Value, error) { return fn.value(p) }

// LookupWindow returns the window function of this name in any case.
func LookupWindow(name string) (*WindowFunction, bool) {
	fn, ok := windowFunctions[strings.ToUpper(name)]
	return fn, ok
}

// WindowFunctions returns all window functions by name, for documentation and for finding the name that was meant.
func WindowFunctions() []*WindowFunction {
	list := make([]*WindowFunction, 0, len(windowFunctions))
	for _, fn := range windowFunctions {
		list = append(list, fn)
	}
	slices.SortFunc(list, func(a, b *WindowFunction) int { return strings.Compare(a.Name, b.Name) })
	return list
}

var windowFunctions = map[string]*WindowFunction{}

func init() {
	for i := range windowTable {
		fn := &windowTable[i]
		windowFunctions[fn.Name] = fn
	}
}

var windowTable = []WindowFunction{
	{Function: Function{Name: "ROW_NUMBER", Usage: "ROW_NUMBER()", Doc: "The number of the row in its partition, from 1.", Result: countResult},
		value: func(p Place) (document.Value, error) { return document.Int(p.Row() + 1), nil }},
	{Function: Function{Name: "RANK", Usage: "RANK()", Doc: "The number of the first row that is equal in the order of the window: with gaps.", Result: countResult},
		value: func(p Place) (document.Value, error) { return document.Int(p.Peer() + 1), nil }},
	{Function: Function{Name: "DENSE_RANK", Usage: "DENSE_RANK()", Doc: "The rank without gaps.", Result: countResult},
		value: func(p Place) (document.Value, error) { return document.Int(p.Group() + 1), nil }},
	{Function: Function{Name: "PERCENT_RANK", Usage: "PERCENT_RANK()", Doc: "The rank as a part of the others, from 0.0 to 1.0.", Result: partResult},
		value: percentRank},
	{Function: Function{Name: "CUME_DIST", Usage: "CUME_DIST()", Doc: "The part of the rows that come before or are equal, up to 1.0.", Result: partResult},
		value: func(p Place) (document.Value, error) {
			end, err := p.PeersEnd()
			return document.Float(float64(end) / float64(p.Rows())), err
		}},
	{Function: Function{Name: "NTILE", Usage: "NTILE(n)", Doc: "The number, from 1 to n, of the part that the row is in when the partition is divided into n parts of one size.",
		MinArgs: 1, MaxArgs: 1, Args: []Kinds{Whole}, Result: func([]Static) Static { return Static{Kind: document.KindInt, Numeric: true} }}, value: ntile},
	{Function: Function{Name: "LAG", Usage: "LAG(x [, n [, default]])", Doc: "x of the row n rows before, 1 if no n is given; the default, or NULL, where there is none.",
		MinArgs: 1, MaxArgs: 3, Args: []Kinds{Any, Whole, Any}, Result: neighbourResult},
		value: func(p Place) (document.Value, error) { return neighbour(p, -1) }},
	{Function: Function{Name: "LEAD", Usage: "LEAD(x [, n [, default]])", Doc: "x of the row n rows after, 1 if no n is given; the default, or NULL, where there is none.",
		MinArgs: 1, MaxArgs: 3, Args: []Kinds{Any, Whole, Any}, Result: neighbourResult},
		value: func(p Place) (document.Value, error) { return neighbour(p, 1) }},
	{Function: Function{Name: "FIRST_VALUE", Usage: "FIRST_VALUE(x)", Doc: "x of the first row of the frame.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{Any}, Result: firstNullable},
		Framed: true, value: func(p Place) (document.Value, error) { return valueOf(p, p.InFrame(0, false)) }},
	{Function: Function{Name: "LAST_VALUE", Usage: "LAST_VALUE(x)", Doc: "x of the last row of the frame.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{Any}, Result: firstNullable},
		Framed: true, value: func(p Place) (document.Value, error) { return valueOf(p, p.InFrame(0, true)) }},
	{Function: Function{Name: "NTH_VALUE", Usage: "NTH_VALUE(x, n)", Doc: "x of the row of the frame with number n, from 1; NULL where there is none.", MinArgs: 2, MaxArgs: 2, Args: []Kinds{Any, Whole}, Result: firstNullable},
		Framed: true, value: nthValue},
}

func countResult([]Static) Static {
	return Static{Kind: document.KindInt, Numeric: true, NotNull: true}
}

func partResult([]Static) Static {
	return Static{Kind: document.KindFloat, Numeric: true, NotNull: true}
}

func firstNullable(args []Static) Static { return nullable(args[0]) }

// neighbourResult is what is known of LAG and LEAD: the default may be of another kind than the values.
func neighbourResult(args []Static) Static {
	s := nullable(args[0])
	if len(args) == 3 && (args[2].Kind != s.Kind || s.Kind == document.KindMissing) {
		s.Kind, s.Numeric = document.KindMissing, s.Numeric && args[2].Numeric
	}
	return s
}

func percentRank(p Place) (document.Value, error) {
	if p.Rows() == 1 {
		return document.Float(0), nil
	}
	return document.Float(float64(p.Peer()) / float64(p.Rows()-1)), nil
}

// ntile gives each of the first parts one row more where they can't all have one size.
func ntile(p Place) (document.Value, error) {
	v := p.Arg(0)
	if v.IsNull() {
		return document.Null(), nil
	}
	parts, ok := wholeNumber(v)
	if !ok || parts <= 0 {
		return document.Missing(), badArgument("NTILE: expected a whole number from 1, found %s", brief(v))
	}
	size, larger := p.Rows()/parts, p.Rows()%parts
	if row := p.Row(); row < larger*(size+1) {
		return document.Int(row/(size+1) + 1), nil
	}
	return document.Int(larger + (p.Row()-larger*(size+1))/size + 1), nil
}

// neighbour is LAG with direction -1 and LEAD with 1.
func neighbour(p Place, direction int64) (document.Value, error) {
	n := int64(1)
	if p.Args() > 1 {
		v, ok := p.Arg(1), false
		if n, ok = wholeNumber(v); !ok {
			if v.IsNull() {
				return document.Null(), nil
			}
			return document.Missing(), badArgument("LAG and LEAD: expected a whole number of rows, found %s", brief(v))
		}
	}
	// Beyond the partition in either direction is as good as any other place there.
	n = max(min(n, p.Rows()), -p.Rows())
	if row := p.Row() + direction*n; row >= 0 && row < p.Rows() {
		return p.FirstArg(row)
	}
	if p.Args() > 2 {
		return orNull(p.Arg(2)), nil
	}
	return document.Null(), nil
}

func nthValue(p Place) (document.Value, error) {
	v := p.Arg(1)
	if v.IsNull() {
		return document.Null(), nil
	}
	n, ok := wholeNumber(v)
	if !ok || n <= 0 {
		return document.Missing(), badArgument("NTH_VALUE: expected a whole number from 1, found %s", brief(v))
	}
	return valueOf(p, p.InFrame(n-1, false))
}

// valueOf is the first argument on a row, NULL on none.
func valueOf(p Place, row int64) (document.Value, error) {
	if row < 0 {
		return document.Null(), nil
	}
	return p.FirstArg(row)
}

func orNull(v document.Value) document.Value {
	if v.IsMissing() {
		return document.Null()
	}
	return v
}
