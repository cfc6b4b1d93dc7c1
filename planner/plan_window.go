package planner

import (
	"strings"

	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// Window computes window functions. Its rows arrive with those of one partition together, in the order of the
// window; it yields them in that order, with a register more for each call.
type Window struct {
	Est   Estimate
	Input Node
	// Partition are the expressions whose values make a partition; without any all rows are one.
	Partition []SortKey
	Order     []SortKey
	// Exprs are what calls read of a row, each once.
	Exprs []expr.Expr
	Calls []WindowCall
	// CarryDocs and CarryVals are the registers restored for each row.
	CarryDocs, CarryVals []int
}

// WindowCall is one call of a Window: of Func, or else of Aggregate.
type WindowCall struct {
	Func      *expr.WindowFunction
	Aggregate *expr.Aggregate
	// Args are places in Exprs, as is Filter; -1 is no filter. An aggregate without Args is COUNT(*).
	Args   []int
	Filter int
	Frame  Frame
	Out    int
}

// Frame says which rows of the partition an aggregate takes in.
type Frame struct {
	Unit       FrameUnit
	Start, End FrameBound
	Exclude    FrameExclusion
	// Key is the place in Exprs of what RANGE with an offset compares, else -1.
	Key int
}

// FrameBound is one end of a frame. Offset, for Preceding and Following, is the same for all rows.
type FrameBound struct {
	Kind   parser.BoundKind
	Offset expr.Expr
}

// FrameUnit is what bounds count.
type FrameUnit uint8

const (
	// FrameRows counts rows.
	FrameRows FrameUnit = iota
	// FrameRange measures the distance of the value ordered by.
	FrameRange
	// FrameGroups counts groups of rows that are equal in the order of the window.
	FrameGroups
)

func (u FrameUnit) String() string { return [...]string{"ROWS", "RANGE", "GROUPS"}[u] }

// FrameExclusion is what a frame leaves out around the present row.
type FrameExclusion uint8

const (
	// ExcludeNothing leaves nothing out.
	ExcludeNothing FrameExclusion = iota
	// ExcludeRow leaves the present row out.
	ExcludeRow
	// ExcludeGroup leaves it out and all that are equal to it in the order of the window.
	ExcludeGroup
	// ExcludeTies leaves out those that are equal to it.
	ExcludeTies
)

func (e FrameExclusion) String() string {
	return [...]string{"", "CURRENT ROW", "GROUP", "TIES"}[e]
}

// Inputs returns the input.
func (n *Window) Inputs() []Node { return []Node{n.Input} }

// Estimate returns Est.
func (n *Window) Estimate() Estimate { return n.Est }

// whole reports whether a frame is the one that is meant where none is given.
func (f *Frame) whole() bool {
	return f.Unit == FrameRange && f.Exclude == ExcludeNothing &&
		f.Start.Kind == parser.UnboundedPreceding && f.End.Kind == parser.CurrentRow
}

// String prints the frame as SQL.
func (f *Frame) String() string {
	s := f.Unit.String() + " BETWEEN " + f.Start.String() + " AND " + f.End.String()
	if f.Exclude != ExcludeNothing {
		s += " EXCLUDE " + f.Exclude.String()
	}
	return s
}

// String prints the bound as SQL.
func (b *FrameBound) String() string {
	if b.Offset == nil {
		return b.Kind.String()
	}
	return b.Offset.String() + " " + b.Kind.String()
}

func describeWindow(n *Window) string {
	s := "Window"
	if len(n.Partition) > 0 {
		keys := make([]string, len(n.Partition))
		for i := range n.Partition {
			keys[i] = n.Partition[i].Expr.String()
		}
		s += " partitioned by " + strings.Join(keys, ", ")
	}
	if len(n.Order) > 0 {
		s += " ordered by " + sortKeys(n.Order)
	}
	calls := make([]string, len(n.Calls))
	for i := range n.Calls {
		calls[i] = n.call(&n.Calls[i])
	}
	return s + ": " + strings.Join(calls, ", ")
}

// call prints a call without its window, but for a frame that is not the default.
func (n *Window) call(c *WindowCall) string {
	args := make([]expr.Expr, len(c.Args))
	for i, at := range c.Args {
		args[i] = n.Exprs[at]
	}
	var filter, frame string
	if c.Filter >= 0 {
		filter = n.Exprs[c.Filter].String()
	}
	if !c.Frame.whole() && (c.Func == nil || c.Func.Framed) {
		frame = " " + c.Frame.String()
	}
	return callText(c.Func, c.Aggregate, args, filter) + frame
}

// callText prints a call as SQL, without OVER.
func callText(fn *expr.WindowFunction, agg *expr.Aggregate, args []expr.Expr, filter string) string {
	var s string
	switch {
	case fn != nil:
		texts := make([]string, len(args))
		for i, arg := range args {
			texts[i] = arg.String()
		}
		s = fn.Name + "(" + strings.Join(texts, ", ") + ")"
	case len(args) == 0:
		s = agg.Call(nil, false)
	default:
		s = agg.Call(args[0], false)
	}
	if filter != "" {
		s += " FILTER (WHERE " + filter + ")"
	}
	return s
}
