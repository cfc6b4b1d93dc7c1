package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// maxSets is how many grouping sets GROUP BY may have, and maxCube of how many elements it may take all subsets.
const (
	maxSets = 4096
	maxCube = 12
)

// groupingMark is a call of GROUPING: its register stands for what it gives until the sets are known.
type groupingMark struct {
	reg  int
	args []expr.Expr
	text string
	at   int
}

// groupAll groups by all results that have no aggregate and no window function.
func (b *builder) groupAll(g *grouping, items []item) {
	for _, it := range items {
		if !g.aggregated(it.expr) && !g.block.windowed(it.expr) && !rowless(it.expr) {
			b.groupPlace(g, it.expr)
		}
	}
	g.block.grouped = true
}

// groupPlace returns the place of a key, added where it is new.
func (b *builder) groupPlace(g *grouping, key expr.Expr) int {
	at := slices.IndexFunc(g.block.keys, func(k Out) bool { return same(k.Expr, key) })
	if at < 0 {
		at = len(g.block.keys)
		g.block.keys = append(g.block.keys, Out{b.val(), key})
	}
	return at
}

// groupElement returns the sets that an element of GROUP BY stands for: one of one key, mostly.
func (b *builder) groupElement(s *scope, g *grouping, e parser.Expr) ([][]int, error) {
	switch e := e.(type) {
	case *parser.Tuple:
		sets := [][]int{{}}
		for _, item := range e.Items {
			more, err := b.groupElement(s, g, item)
			if err != nil {
				return nil, err
			}
			sets = product(sets, more)
		}
		return sets, nil
	case *parser.GroupingSets:
		return b.groupingSets(s, g, e)
	}
	key, err := b.groupKey(s, e)
	if err != nil {
		return nil, err
	}
	return [][]int{{b.groupPlace(g, key)}}, nil
}

func (b *builder) groupingSets(s *scope, g *grouping, e *parser.GroupingSets) ([][]int, error) {
	var parts [][][]int
	for _, item := range e.Items {
		if _, nested := item.(*parser.GroupingSets); nested && e.Kind != "GROUPING SETS" {
			return nil, b.fail(item.Pos(), "grouping sets can't stand in "+e.Kind, "GROUPING SETS ("+e.Kind+" (a, b), c) takes several kinds")
		}
		sets, err := b.groupElement(s, g, item)
		if err != nil {
			return nil, err
		}
		parts = append(parts, sets)
	}
	var sets [][]int
	switch e.Kind {
	case "ROLLUP": // all, without the last, ..., none
		for n := len(parts); n >= 0; n-- {
			set := [][]int{{}}
			for _, part := range parts[:n] {
				set = product(set, part)
			}
			sets = append(sets, set...)
		}
	case "CUBE":
		if len(parts) > maxCube {
			return nil, b.fail(e.Pos(), fmt.Sprintf("CUBE takes at most %d elements, found %d", maxCube, len(parts)), "")
		}
		for left := 1<<len(parts) - 1; left >= 0; left-- {
			set := [][]int{{}}
			for i, part := range parts {
				if left>>(len(parts)-1-i)&1 != 0 {
					set = product(set, part)
				}
			}
			sets = append(sets, set...)
		}
	default:
		sets = slices.Concat(parts...)
	}
	if len(sets) > maxSets {
		return nil, b.fail(e.Pos(), fmt.Sprintf("GROUP BY has more than %d grouping sets", maxSets), "")
	}
	return sets, nil
}

// product joins each set of a with each of b. Beyond maxSets, which is an error, it may leave some out.
func product(a, b [][]int) [][]int {
	var sets [][]int
	for _, x := range a {
		for _, y := range b {
			set := slices.Clone(x)
			for _, key := range y {
				if !slices.Contains(set, key) {
					set = append(set, key)
				}
			}
			if sets = append(sets, set); len(sets) > maxSets {
				return sets
			}
		}
	}
	return sets
}

// groupingCall binds GROUPING(a, b): a number with a bit for each argument, the last one least, which is 1 where the row is
// of a set without it.
func (b *builder) groupingCall(s *scope, e *parser.Call) (expr.Expr, error) {
	switch {
	case s.grouping == nil:
		return nil, b.fail(e.Pos(), e.Name+" can't stand in "+s.clause, "it is about the groups of GROUP BY")
	case len(e.Args) == 0 || len(e.Args) > 62 || e.Star || e.Distinct || e.Filter != nil:
		return nil, b.fail(e.Pos(), fmt.Sprintf("%s takes 1 to 62 keys of GROUP BY, found %d", e.Name, len(e.Args)), "")
	}
	inner := s.in("the argument of " + e.Name)
	inner.outputs = s.outputs
	args, err := b.exprs(inner, e.Args)
	if err != nil {
		return nil, err
	}
	mark := groupingMark{reg: b.val(), args: args, text: parser.Format(e), at: e.Pos()}
	s.grouping.marks = append(s.grouping.marks, mark)
	return &expr.Register{Reg: mark.reg, Text: mark.text, Known: expr.Static{Kind: document.KindInt, NotNull: true}}, nil
}

// marked returns what a call of GROUPING gives, nil for any other expression: for each set a number.
func (g *grouping) marked(e expr.Expr) expr.Expr {
	reg, ok := register(e)
	at := slices.IndexFunc(g.marks, func(m groupingMark) bool { return ok && m.reg == reg })
	if at < 0 {
		return nil
	}
	blk, mark := g.block, g.marks[at]
	places := make([]int, len(mark.args))
	for i, arg := range mark.args {
		places[i] = slices.IndexFunc(blk.keys, func(k Out) bool { return same(k.Expr, arg) })
		if places[i] < 0 {
			g.failed = blk.b.fail(mark.at, fmt.Sprintf("%s is no key of GROUP BY", arg), "GROUPING asks whether a row is grouped by it")
			return e
		}
	}
	if blk.sets == nil {
		return expr.NewConst(document.Int(0))
	}
	numbers := make([]document.Value, len(blk.sets))
	for i, set := range blk.sets {
		n := int64(0)
		for _, place := range places {
			if n <<= 1; !slices.Contains(set, place) {
				n |= 1
			}
		}
		numbers[i] = document.Int(n)
	}
	return &expr.Subscript{X: expr.NewConst(document.Array(numbers)), Index: &expr.Register{Reg: blk.set, Text: "set"}}
}

// groupSets groups the rows of input by each of the sets.
func (b *block) groupSets(input Node, rows float64) Node {
	n := float64(len(b.sets))
	sets := &GroupingSets{Est: b.estimate(input, input.Estimate().Rows*n), Input: input, Keys: b.keys, Sets: b.sets, Set: b.set}
	group := &Group{Est: b.estimate(sets, rows*n), Input: sets, Aggs: b.aggs}
	for _, key := range append(slices.Clone(b.keys), Out{b.set, &expr.Register{Reg: b.set, Text: "set"}}) {
		group.Keys = append(group.Keys, Out{key.Reg, &expr.Register{Reg: key.Reg, Text: key.Expr.String(), Known: key.Expr.Static()}})
	}
	for i, set := range b.sets {
		if len(set) == 0 {
			group.Totals = append(group.Totals, i)
		}
	}
	return group
}

func describeSets(n *GroupingSets) string {
	sets := make([]string, len(n.Sets))
	for i, set := range n.Sets {
		keys := make([]string, len(set))
		for j, place := range set {
			keys[j] = n.Keys[place].Expr.String()
		}
		sets[i] = "(" + strings.Join(keys, ", ") + ")"
	}
	return "Grouping sets " + strings.Join(sets, ", ")
}
