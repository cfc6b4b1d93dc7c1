package parser

// Window is what stands after OVER, or in WINDOW after AS.
type Window struct {
	At int
	// Base is the name of the window that this one is made from, "" for none. Whole says that it is that
	// window: OVER name.
	Base        string
	Whole       bool
	PartitionBy []Expr
	OrderBy     []OrderItem
	Frame       *Frame // nil is the default
}

// NamedWindow is one `name AS (window)` of WINDOW.
type NamedWindow struct {
	At     int
	Name   string
	Window *Window
}

// Frame says which rows of a partition count for the present one.
type Frame struct {
	At         int
	Unit       string // ROWS, RANGE, GROUPS
	Start, End FrameBound
	Exclude    string // "", CURRENT ROW, GROUP, TIES
}

// FrameBound is one end of a frame.
type FrameBound struct {
	At     int
	Kind   BoundKind
	Offset Expr // of Preceding and Following
}

// BoundKind is where an end of a frame lies. They are in the order of the rows.
type BoundKind uint8

const (
	// UnboundedPreceding is the first row of the partition.
	UnboundedPreceding BoundKind = iota
	// Preceding is n rows, groups or values before the present row.
	Preceding
	// CurrentRow is the present row, or the rows that are equal to it.
	CurrentRow
	// Following is n rows, groups or values after the present row.
	Following
	// UnboundedFollowing is the last row of the partition.
	UnboundedFollowing
)

// over parses what stands after OVER: a name or a window.
func (p *parser) over() *Window {
	if p.tok.kind == tLParen {
		return p.window()
	}
	at := p.tok.start
	return &Window{At: at, Base: p.name(), Whole: true}
}

// windows parses the list after WINDOW.
func (p *parser) windows() []NamedWindow {
	var list []NamedWindow
	for {
		w := NamedWindow{At: p.tok.start, Name: p.name()}
		p.expect(wAs)
		w.Window = p.window()
		list = append(list, w)
		if !p.accept(tComma) {
			return list
		}
	}
}

// window parses ([name] [PARTITION BY exprs] [ORDER BY items] [frame]).
func (p *parser) window() *Window {
	w := &Window{At: p.tok.start}
	outer := p.enter()
	p.expect(tLParen)
	switch p.tok.kind {
	case wPartition, wRows, wRange, wGroups:
	default:
		if p.tok.kind.isName() {
			w.Base = p.name()
		}
	}
	if p.accept(wPartition) {
		p.expect(wBy)
		w.PartitionBy = p.exprs()
	}
	if p.accept(wOrder) {
		p.expect(wBy)
		w.OrderBy = p.orderBy()
	}
	switch p.tok.kind {
	case wRows, wRange, wGroups:
		w.Frame = p.frame()
	}
	p.expect(tRParen)
	p.leave(outer)
	return w
}

// frame parses ROWS|RANGE|GROUPS bound, or BETWEEN bound AND bound, and EXCLUDE.
func (p *parser) frame() *Frame {
	f := &Frame{At: p.tok.start, Unit: p.tok.kind.String()}
	p.next()
	if p.accept(wBetween) {
		f.Start = p.frameBound()
		p.expect(wAnd)
		f.End = p.frameBound()
	} else {
		f.Start = p.frameBound()
		f.End = FrameBound{At: f.Start.At, Kind: CurrentRow}
	}
	switch {
	case f.Start.Kind == UnboundedFollowing:
		p.fail(f.Start.At, "a frame can't begin with UNBOUNDED FOLLOWING", "")
	case f.End.Kind == UnboundedPreceding:
		p.fail(f.End.At, "a frame can't end with UNBOUNDED PRECEDING", "")
	case f.Start.Kind > f.End.Kind:
		p.fail(f.End.At, "the frame ends before it begins", "give both ends: BETWEEN start AND end")
	}
	if p.accept(wExclude) {
		f.Exclude = p.exclude()
	}
	return f
}

// exclude parses what follows EXCLUDE.
func (p *parser) exclude() string {
	switch {
	case p.accept(wCurrent):
		p.expect(wRow)
		return "CURRENT ROW"
	case p.accept(wGroup):
		return "GROUP"
	case p.accept(wTies):
		return "TIES"
	case p.accept(wNo):
		p.expect(wOthers)
		return ""
	}
	p.unexpected("CURRENT ROW, GROUP, TIES or NO OTHERS")
	return ""
}

func (p *parser) frameBound() FrameBound {
	b := FrameBound{At: p.tok.start}
	next := p.peek().kind
	switch {
	case p.tok.kind == wUnbounded && (next == wPreceding || next == wFollowing):
		p.next()
		if b.Kind = UnboundedPreceding; !p.accept(wPreceding) {
			p.next()
			b.Kind = UnboundedFollowing
		}
		return b
	case p.tok.kind == wCurrent && next == wRow:
		p.next()
		p.next()
		b.Kind = CurrentRow
		return b
	}
	b.Offset = p.expr()
	if b.Kind = Preceding; !p.accept(wPreceding) {
		b.Kind = Following
		if !p.accept(wFollowing) {
			p.unexpected("PRECEDING or FOLLOWING")
		}
	}
	return b
}
