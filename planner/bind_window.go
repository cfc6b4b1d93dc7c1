package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// windowing collects the window functions of a SELECT while its expressions are bound: each call is replaced by
// the register that its result will stand in.
type windowing struct {
	block *block
	// named are the windows of WINDOW that are bound already.
	named []namedWindow
	// calls are the bound calls by their text: equal ones are computed once.
	calls []boundCall
	// at is where the first call of each window of the block is written.
	at []int
}

type namedWindow struct {
	name string
	window
}

// window is a bound window.
type window struct {
	partition, order []SortKey
	frame            *parser.Frame
}

// boundCall is a call that is bound, and where it is written.
type boundCall struct {
	text   string
	window *Window
	at     int // in window.Calls
}

// maxWindows is how many windows that differ in their partitions or order a SELECT may have: each is a sort.
const maxWindows = 250

// windows binds the windows that WINDOW names.
func (b *builder) windows(s *scope, list []parser.NamedWindow) error {
	for i := range list {
		n := &list[i]
		if s.windowing.find(n.Name) != nil {
			return b.fail(n.At, "WINDOW has two windows called "+quote(n.Name), "")
		}
		w, err := b.window(s, n.Window)
		if err != nil {
			return err
		}
		s.windowing.named = append(s.windowing.named, namedWindow{n.Name, w})
	}
	return nil
}

func (w *windowing) find(name string) *namedWindow {
	for i := range w.named {
		if strings.EqualFold(w.named[i].name, name) {
			return &w.named[i]
		}
	}
	return nil
}

// within is the scope of what stands in a window or in the arguments of a window function: aggregates of the
// query may, other window functions may not.
func (s *scope) within() *scope {
	inner := *s
	inner.windowing, inner.clause = nil, "a window function"
	return &inner
}

// window binds what stands after OVER, or in WINDOW after AS.
func (b *builder) window(s *scope, w *parser.Window) (bound window, err error) {
	if w.Base != "" {
		base := s.windowing.find(w.Base)
		if base == nil {
			names := make([]string, len(s.windowing.named))
			for i := range names {
				names[i] = s.windowing.named[i].name
			}
			return bound, b.fail(w.At, "no window is called "+quote(w.Base), didYouMean(w.Base, names))
		}
		switch bound = base.window; {
		case w.Whole:
			return bound, nil
		case bound.frame != nil:
			return bound, b.fail(w.At, fmt.Sprintf("the window %s has a frame, which no other can be made from", quote(w.Base)),
				"OVER "+w.Base+", without parentheses, takes it as it is")
		case len(w.PartitionBy) > 0:
			return bound, b.fail(w.PartitionBy[0].Pos(), "PARTITION BY is that of the window "+quote(w.Base), "")
		case len(w.OrderBy) > 0 && len(bound.order) > 0:
			return bound, b.fail(w.OrderBy[0].Expr.Pos(), fmt.Sprintf("the window %s has an ORDER BY already", quote(w.Base)), "")
		}
	}
	if n := len(w.PartitionBy) + len(w.OrderBy); n > maxKeys {
		return bound, b.fail(w.At, fmt.Sprintf("the window has more than %d keys", maxKeys), "")
	}
	inner := s.within()
	for _, e := range w.PartitionBy {
		key, err := b.windowKey(inner, e)
		if err != nil {
			return bound, err
		}
		bound.partition = append(bound.partition, SortKey{Expr: key, NullsFirst: true})
	}
	if len(w.OrderBy) > 0 {
		bound.order = nil
	}
	for i := range w.OrderBy {
		e, err := b.windowKey(inner, w.OrderBy[i].Expr)
		if err != nil {
			return bound, err
		}
		key, err := b.sortKey(&w.OrderBy[i], e)
		if err != nil {
			return bound, err
		}
		bound.order = append(bound.order, key)
	}
	bound.frame = w.Frame
	return bound, nil
}

// windowKey binds an expression of a window. It may be the alias of a result, but not of one with a window function.
func (b *builder) windowKey(inner *scope, e parser.Expr) (expr.Expr, error) {
	bound, err := b.expr(inner, e)
	if err == nil && inner.grouping.block.windowed(bound) {
		err = b.fail(e.Pos(), "a window function can't stand in a window function", nestedWindow)
	}
	return bound, err
}

const nestedWindow = "compute it in a query in FROM, and use its result outside of that"

// windowed reports whether e reads the result of a window function.
func (b *block) windowed(e expr.Expr) bool {
	return len(b.windows) > 0 && contains(e, func(e expr.Expr) bool {
		reg, ok := register(e)
		return ok && slices.ContainsFunc(b.windows, func(w *Window) bool {
			return slices.ContainsFunc(w.Calls, func(c WindowCall) bool { return c.Out == reg })
		})
	})
}

// windowCall binds a call with OVER.
func (b *builder) windowCall(s *scope, e *parser.Call) (expr.Expr, error) {
	fn, ok := expr.LookupWindow(e.Name)
	agg, aggregates := expr.LookupAggregate(e.Name)
	if _, scalar := expr.Lookup(e.Name); !ok && (!aggregates || scalar && len(e.Args) > 1) {
		if scalar {
			return nil, b.fail(e.Pos(), e.Name+" is no window function", "OVER is for these and for aggregates")
		}
		return nil, b.fail(e.Pos(), "unknown function "+e.Name, didYouMeanFunction(e.Name))
	}
	if s.windowing == nil {
		return nil, b.fail(e.Pos(), fmt.Sprintf("the window function %s can't stand in %s", e.Name, s.clause), nestedWindow)
	}
	inner := s.within()
	var args []expr.Expr
	var err error
	if fn != nil {
		if args, err = b.exprs(inner, e.Args); err == nil {
			err = b.checkWindowCall(fn, e, args)
		}
	} else {
		agg, args, err = b.windowAggregate(inner, agg, e)
	}
	if err != nil {
		return nil, err
	}
	for _, arg := range args {
		if s.grouping.block.windowed(arg) {
			return nil, b.fail(e.Pos(), "a window function can't stand in a window function", nestedWindow)
		}
	}
	var filter expr.Expr
	if e.Filter != nil {
		if filter, err = b.condition(inner, e.Filter); err != nil {
			return nil, err
		}
		if s.grouping.block.windowed(filter) {
			return nil, b.fail(e.Filter.Pos(), "a window function can't stand in FILTER", nestedWindow)
		}
	}
	w, err := b.window(s, e.Over)
	if err != nil {
		return nil, err
	}
	frame, err := b.frame(s, w)
	if err != nil {
		return nil, err
	}
	if len(s.grouping.block.windows) == maxWindows {
		return nil, b.fail(e.Pos(), fmt.Sprintf("the query has %d windows already", maxWindows), "")
	}
	return s.windowing.add(b, e.Pos(), fn, agg, args, filter, w, frame), nil
}

func (b *builder) checkWindowCall(fn *expr.WindowFunction, e *parser.Call, args []expr.Expr) error {
	switch {
	case e.Star:
		return b.fail(e.Pos(), fn.Name+"(*) is for aggregates such as COUNT", "")
	case e.Distinct:
		return b.fail(e.Pos(), fmt.Sprintf("DISTINCT is for aggregates, %s is none", fn.Name), "")
	case len(e.OrderBy) > 0:
		return b.fail(e.OrderBy[0].Expr.Pos(), fmt.Sprintf("ORDER BY in a call is for aggregates, %s is none", fn.Name), "the order of a window stands after OVER")
	case e.Filter != nil:
		return b.fail(e.Filter.Pos(), fmt.Sprintf("FILTER is for aggregates, %s is none", fn.Name), "")
	}
	if err := fn.Check(args); err != nil {
		return b.fail(refusedAt(&fn.Function, e, args), err.Error(), "")
	}
	return nil
}

// windowAggregate binds an aggregate with OVER, and what it takes in.
func (b *builder) windowAggregate(inner *scope, fn *expr.Aggregate, e *parser.Call) (*expr.Aggregate, []expr.Expr, error) {
	if e.Distinct {
		return nil, nil, b.fail(e.Pos(), "DISTINCT can't stand in a window function", "make rows distinct in a query in FROM")
	}
	fn, arg, err := b.aggregateCall(inner, fn, e)
	if arg == nil {
		return fn, nil, err
	}
	return fn, []expr.Expr{arg}, err
}

// frame binds the frame of a window.
func (b *builder) frame(s *scope, w window) (Frame, error) {
	f := Frame{Unit: FrameRange, End: FrameBound{Kind: parser.CurrentRow}, Key: -1}
	if w.frame == nil {
		return f, nil
	}
	f.Unit = map[string]FrameUnit{"ROWS": FrameRows, "RANGE": FrameRange, "GROUPS": FrameGroups}[w.frame.Unit]
	f.Exclude = map[string]FrameExclusion{"": ExcludeNothing, "CURRENT ROW": ExcludeRow, "GROUP": ExcludeGroup, "TIES": ExcludeTies}[w.frame.Exclude]
	for _, bound := range []struct {
		of *parser.FrameBound
		to *FrameBound
	}{{&w.frame.Start, &f.Start}, {&w.frame.End, &f.End}} {
		offset, err := b.frameOffset(s, w, f.Unit, bound.of)
		if err != nil {
			return f, err
		}
		*bound.to = FrameBound{bound.of.Kind, offset}
	}
	return f, nil
}

// frameOffset binds how far an end of a frame is from the present row: the same for all rows.
func (b *builder) frameOffset(s *scope, w window, unit FrameUnit, bound *parser.FrameBound) (expr.Expr, error) {
	if bound.Offset == nil {
		return nil, nil
	}
	at := bound.Offset.Pos()
	if unit == FrameRange {
		if len(w.order) != 1 {
			return nil, b.fail(at, fmt.Sprintf("RANGE with an offset needs one key in ORDER BY, found %d", len(w.order)), "ROWS and GROUPS take any number of keys")
		}
		if found, wrong := otherKind(w.order[0].Expr, expr.Number); wrong {
			return nil, b.fail(at, "RANGE with an offset needs a number in ORDER BY, found "+found, "ROWS and GROUPS take any key")
		}
	}
	offset, err := b.operand(s.in("a frame"), bound.Offset, expr.Number)
	if err != nil {
		return nil, err
	}
	offset = fold(offset)
	if !rowless(offset) {
		return nil, b.fail(at, "the offset of a frame must be the same for all rows", "")
	}
	if v, ok := constant(offset); ok {
		switch {
		case v.IsNull() || !v.Kind().IsNumber() || v.AsInt() < 0 || v.AsFloat() < 0:
			return nil, b.fail(at, fmt.Sprintf("the offset of a frame must be a number from 0, found %s", offset), "")
		case unit != FrameRange && v.Kind() != document.KindInt:
			return nil, b.fail(at, fmt.Sprintf("%s needs a whole number, found %s", unit, offset), "")
		}
	}
	return offset, nil
}

// add adds a call, and the window that it is of where no other is the same, and returns what its result is read from.
func (w *windowing) add(b *builder, at int, fn *expr.WindowFunction, agg *expr.Aggregate, args []expr.Expr, filter expr.Expr, over window, frame Frame) expr.Expr {
	known := make([]expr.Static, len(args))
	for i, arg := range args {
		known[i] = arg.Static()
	}
	r := &expr.Register{}
	filterText := ""
	if filter != nil {
		filterText = filter.String()
	}
	r.Text = callText(fn, agg, args, filterText) + " OVER " + over.text(&frame)
	switch {
	case fn != nil:
		r.Known = fn.Result(known)
	case len(args) > 0:
		r.Known = agg.Result(args[0])
	default:
		r.Known = agg.Result(nil)
	}
	node := w.node(over, at)
	call := WindowCall{Func: fn, Aggregate: agg, Filter: -1, Frame: frame}
	if fn != nil {
		call.Aggregate = nil
	}
	for _, arg := range args {
		call.Args = append(call.Args, node.expr(arg))
	}
	if filter != nil {
		call.Filter = node.expr(filter)
	}
	if frame.Unit == FrameRange && (frame.Start.Offset != nil || frame.End.Offset != nil) {
		call.Frame.Key = node.expr(over.order[0].Expr)
	}
	for _, have := range w.calls {
		// Of one text, window and arguments: no name in it is that of two things.
		if have.text == r.Text && have.window == node && slices.Equal(node.Calls[have.at].Args, call.Args) && node.Calls[have.at].Filter == call.Filter {
			r.Reg = node.Calls[have.at].Out
			return r
		}
	}
	r.Reg = b.val()
	call.Out = r.Reg
	node.Calls = append(node.Calls, call)
	w.calls = append(w.calls, boundCall{r.Text, node, len(node.Calls) - 1})
	return r
}

// node returns the Window of this partition and order.
func (w *windowing) node(over window, at int) *Window {
	for _, n := range w.block.windows {
		if slices.EqualFunc(n.Partition, over.partition, sameKey) && slices.EqualFunc(n.Order, over.order, sameKey) {
			return n
		}
	}
	n := &Window{Partition: slices.Clone(over.partition), Order: slices.Clone(over.order)}
	w.block.windows, w.at = append(w.block.windows, n), append(w.at, at)
	return n
}

func sameKey(a, b SortKey) bool {
	return a.Desc == b.Desc && a.NullsFirst == b.NullsFirst && a.NoCase == b.NoCase && same(a.Expr, b.Expr)
}

// expr returns the place of e in Exprs.
func (n *Window) expr(e expr.Expr) int {
	for i := range n.Exprs {
		if same(n.Exprs[i], e) {
			return i
		}
	}
	n.Exprs = append(n.Exprs, e)
	return len(n.Exprs) - 1
}

// text prints the window as SQL.
func (w *window) text(frame *Frame) string {
	var parts []string
	if len(w.partition) > 0 {
		keys := make([]string, len(w.partition))
		for i := range keys {
			keys[i] = w.partition[i].Expr.String()
		}
		parts = append(parts, "PARTITION BY "+strings.Join(keys, ", "))
	}
	if len(w.order) > 0 {
		parts = append(parts, "ORDER BY "+sortKeys(w.order))
	}
	if w.frame != nil {
		parts = append(parts, frame.String())
	}
	return "(" + strings.Join(parts, " ") + ")"
}

// aboveGroups makes windows read the registers of keys and aggregates.
func (w *windowing) aboveGroups(g *grouping) (err error) {
	for i, n := range w.block.windows {
		n.each(func(e *expr.Expr) {
			if err == nil {
				*e, err = g.above(*e, w.at[i])
			}
		})
	}
	return err
}

// each calls fn for each expression that a window evaluates on rows.
func (n *Window) each(fn func(*expr.Expr)) {
	for i := range n.Partition {
		fn(&n.Partition[i].Expr)
	}
	for i := range n.Order {
		fn(&n.Order[i].Expr)
	}
	for i := range n.Exprs {
		fn(&n.Exprs[i])
	}
}

// keys are what rows are sorted by for a window.
func (n *Window) keys() []SortKey { return slices.Concat(n.Partition, n.Order) }
