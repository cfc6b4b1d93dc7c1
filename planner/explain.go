package planner

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// Actual is what one node did in a run, for EXPLAIN ANALYZE.
type Actual struct {
	Rows      int64         // rows it yielded
	Documents int64         // documents it examined
	Entries   int64         // index entries it examined
	WrongKind int64         // stored values of a wrong kind, each taken as NULL
	Time      time.Duration // spent in it and below it
	Hands     int           // goroutines that read it, where they were several
}

// Include adds what another goroutine did, all but its time: the time is that of the statement.
func (a *Actual) Include(b *Actual) {
	a.Rows += b.Rows
	a.Documents += b.Documents
	a.Entries += b.Entries
	a.WrongKind += b.WrongKind
}

// Explain prints the plan, one line a node, each input indented below its node:
//
//	Limit 10 (rows 10)
//	-> Project name (rows 10)
//	   -> Index scan on users using users_age: age >= 18, in index order (rows 10)
//	      index users_city: not used: city is not compared with a value
//
// stats, when not nil, gives what each node did (nil for one that did not run), which
// follows the estimate. The plan's notices come last.
func Explain(p *Plan, stats func(Node) *Actual) []string {
	x := explainer{stats: stats}
	x.node(p.Root, 0)
	for i, sub := range p.Subplans {
		if sub.Root != nil {
			x.add(0, fmt.Sprintf("subquery %d:", i+1), false)
			x.node(sub.Root, 1)
		}
	}
	for _, n := range p.Notices {
		x.lines = append(x.lines, "notice: "+n)
	}
	return x.lines
}

type explainer struct {
	stats func(Node) *Actual
	lines []string
}

func (x *explainer) node(n Node, depth int) {
	line := describe(n) + fmt.Sprintf(" (rows %.0f)", n.Estimate().Rows)
	if x.stats != nil {
		line += actual(x.stats(n))
	}
	x.add(depth, line, depth > 0)
	for _, reason := range unused(n) {
		x.add(depth+1, "index "+reason, false)
	}
	for _, input := range n.Inputs() {
		x.node(input, depth+1)
	}
}

// add appends a line: three columns of indentation a level, in the last of which the arrow of a node stands.
func (x *explainer) add(depth int, line string, arrow bool) {
	indent := strings.Repeat("   ", max(depth-1, 0))
	switch {
	case arrow:
		indent += "-> "
	case depth > 0:
		indent += "   "
	}
	x.lines = append(x.lines, indent+line)
}

func unused(n Node) []string {
	switch n := n.(type) {
	case *Scan:
		return n.Unused
	case *IndexScan:
		return n.Unused
	}
	return nil
}

func actual(a *Actual) string {
	if a == nil {
		return " (not run)"
	}
	s := fmt.Sprintf(" (actual rows %d", a.Rows)
	if a.Documents > 0 {
		s += fmt.Sprintf(", documents %d", a.Documents)
	}
	if a.Entries > 0 {
		s += fmt.Sprintf(", entries %d", a.Entries)
	}
	if a.WrongKind > 0 {
		s += fmt.Sprintf(", wrong kind %d", a.WrongKind)
	}
	if a.Hands > 1 {
		s += fmt.Sprintf(", on %d cores", a.Hands)
	}
	return s + fmt.Sprintf(", time %s)", a.Time.Round(time.Microsecond))
}

// describe prints what a node does, without its inputs and estimate.
func describe(n Node) string {
	switch n := n.(type) {
	case *Scan:
		return describeScan(n)
	case *IndexScan:
		return describeIndexScan(n)
	case *CountRows:
		return "Count documents of " + name(n.Collection.Name)
	case *IndexEdge:
		return describeEdge(n)
	case *Filter:
		return "Filter " + n.Cond.String()
	case *Project:
		return "Project " + outs(n.Outs)
	case *GroupingSets:
		return describeSets(n)
	case *Group:
		return describeGroup(n)
	case *Sort:
		return describeSort(n)
	case *Window:
		return describeWindow(n)
	case *Distinct:
		if n.On != nil {
			parts := make([]string, len(n.On))
			for i := range n.On {
				parts[i] = n.On[i].String()
			}
			return "Distinct on " + strings.Join(parts, ", ")
		}
		return "Distinct"
	case *Limit:
		return describeLimit(n)
	case *Values:
		if len(n.Rows) == 1 {
			return "Values, 1 row"
		}
		return fmt.Sprintf("Values, %d rows", len(n.Rows))
	case *HashJoin:
		return describeHashJoin(n)
	case *LoopJoin:
		return "Loop" + n.Kind.String() + " join" + filter(n.Cond)
	case *Unnest:
		return "Unnest " + n.Array.String()
	case *Recursion:
		return "Recursion"
	case *WorkScan:
		return "Scan of the last round"
	case *Append:
		return "Append"
	case *Insert:
		return describeInsert(n)
	case *Update:
		return describeUpdate(n)
	case *Delete:
		return "Delete from " + name(n.Collection.Name) + returning(n.Returning)
	}
	return fmt.Sprintf("%T", n)
}

func describeScan(n *Scan) string {
	s := "Scan " + name(n.Collection.Name)
	if n.Bounds != nil {
		s = "Id scan on " + name(n.Collection.Name) + ": " + bounds(n.Bounds, idKeys(n.Collection))
	}
	if n.Ordered {
		s += ", in order of " + idName(n.Collection)
		if n.Reverse {
			s += " descending"
		}
	}
	return s + filter(n.Filter)
}

func describeIndexScan(n *IndexScan) string {
	s := "Index scan on " + name(n.Collection.Name) + " using " + name(n.Index.Name)
	if n.Covering {
		s = "Covering i" + s[1:]
	}
	if n.Bounds != nil {
		s += ": " + bounds(n.Bounds, n.Index.Keys)
	}
	if n.Ordered {
		s += ", in index order"
		if n.Reverse {
			s += " reversed"
		}
	}
	if n.EntryFilter != nil {
		s += ", entry filter: " + n.EntryFilter.String()
	}
	return s + filter(n.Filter)
}

func describeEdge(n *IndexEdge) string {
	edge, keys, via := "least ", idKeys(n.Collection), "_id"
	if n.Max {
		edge = "greatest "
	}
	if n.Index != nil {
		keys, via = n.Index.Keys, name(n.Index.Name)
	}
	s := "Edge of " + name(n.Collection.Name) + " using " + via + ": " + edge
	if n.Bounds == nil {
		return s + keys[0].Path.String()
	}
	return s + keys[len(n.Bounds.Eq)].Path.String() + " where " + bounds(n.Bounds, keys)
}

func describeGroup(n *Group) string {
	s := "Group"
	if n.Sorted {
		s = "Sorted group"
	}
	if len(n.Keys) > 0 {
		s += " by " + outs(n.Keys)
	}
	calls := make([]string, len(n.Aggs))
	for i := range n.Aggs {
		calls[i] = n.Aggs[i].String()
	}
	if len(calls) > 0 {
		s += ": " + strings.Join(calls, ", ")
	}
	return s
}

// String prints the call as SQL: COUNT(DISTINCT city) FILTER (WHERE age > 3).
func (c *AggCall) String() string {
	s := c.Func.Call(c.Arg, c.Distinct)
	if c.Filter != nil {
		s += " FILTER (WHERE " + c.Filter.String() + ")"
	}
	return s
}

func describeSort(n *Sort) string {
	s := "Sort by " + sortKeys(n.Keys)
	if n.Top != nil {
		s += ", top " + n.Top.String()
		if n.TopOffset != nil {
			s += " after " + n.TopOffset.String()
		}
	}
	return s
}

func sortKeys(list []SortKey) string {
	keys := make([]string, len(list))
	for i, k := range list {
		keys[i] = k.String()
	}
	return strings.Join(keys, ", ")
}

// String prints the key as SQL: age DESC NULLS FIRST.
func (k SortKey) String() string { return k.Expr.String() + k.direction() }

func (k SortKey) direction() (s string) {
	if k.NoCase {
		s += " COLLATE NOCASE"
	}
	if k.Desc {
		s += " DESC"
	}
	switch {
	case k.NullsFirst && k.Desc:
		s += " NULLS FIRST"
	case !k.NullsFirst && !k.Desc:
		s += " NULLS LAST"
	}
	return s
}

func describeHashJoin(n *HashJoin) string {
	s := "Hash" + n.Kind.String() + " join"
	if n.NullsEqual {
		s = map[JoinKind]string{SemiJoin: "Intersect", AntiJoin: "Except"}[n.Kind]
		if n.Once {
			s += " all"
		}
		return s
	}
	for i := range n.LeftKeys {
		sep := ": "
		if i > 0 {
			sep = " AND "
		}
		s += sep + n.LeftKeys[i].String() + " = " + n.RightKeys[i].String()
	}
	if len(n.LeftKeys) == 0 {
		s = "Nested" + s[len("Hash"):]
	}
	return s + filter(n.Cond)
}

func describeLimit(n *Limit) string {
	var parts []string
	if n.Count != nil {
		parts = append(parts, "Limit "+n.Count.String())
	}
	if n.Offset != nil {
		parts = append(parts, "Offset "+n.Offset.String())
	}
	return strings.Join(parts, " ")
}

func describeInsert(n *Insert) string {
	s := "Insert into " + name(n.Collection.Name)
	if n.Fields != nil {
		paths := make([]string, len(n.Fields))
		for i, f := range n.Fields {
			paths[i] = f.Path.String()
		}
		s += " (" + strings.Join(paths, ", ") + ")"
	}
	if c := n.Conflict; c != nil {
		s += ", on conflict"
		if c.Key != "" {
			s += " of " + name(c.Key)
		}
		switch c.Action {
		case DoNothing:
			s += " do nothing"
		case DoReplace:
			s += " replace"
		case DoUpdate:
			s += " " + strings.ToLower(describeUpdate(c.Update)[:1]) + describeUpdate(c.Update)[1:] + filter(c.Where)
		}
	}
	return s + returning(n.Returning)
}

func describeUpdate(n *Update) string {
	var parts []string
	for _, set := range n.Sets {
		parts = append(parts, set.Field.Path.String()+" = "+set.Expr.String())
	}
	s := "Update " + name(n.Collection.Name)
	if len(parts) > 0 {
		s += " set " + strings.Join(parts, ", ")
	}
	parts = parts[:0]
	for _, f := range n.Unset {
		parts = append(parts, f.Path.String())
	}
	if len(parts) > 0 {
		s += " unset " + strings.Join(parts, ", ")
	}
	return s + returning(n.Returning)
}

func returning(p *Project) string {
	if p == nil {
		return ""
	}
	return " returning " + outs(p.Outs)
}

func outs(list []Out) string {
	parts := make([]string, len(list))
	for i, o := range list {
		parts[i] = o.Expr.String()
	}
	const most = 12
	if len(parts) > most {
		parts = append(parts[:most], strconv.Itoa(len(list)-most)+" more")
	}
	return strings.Join(parts, ", ")
}

func filter(e expr.Expr) string {
	if e == nil {
		return ""
	}
	return ", filter: " + e.String()
}

// bounds prints bounds as the conditions on the components that they stand for.
func bounds(b *Bounds, keys []def.Key) string {
	var parts []string
	for i, eq := range b.Eq {
		parts = append(parts, equality(keys[i].Path.String(), eq))
	}
	if len(b.Eq) == len(keys) {
		return strings.Join(parts, " AND ")
	}
	if b.Row != nil {
		return strings.Join(append(parts, rowBound(b.Row, keys[len(b.Eq):])), " AND ")
	}
	path := keys[len(b.Eq)].Path.String()
	if low := b.Lower; low != nil {
		switch {
		case low.NotNull:
			parts = append(parts, path+" IS NOT NULL")
		case low.Inclusive:
			parts = append(parts, path+" >= "+low.Value.String())
		default:
			parts = append(parts, path+" > "+low.Value.String())
		}
	}
	if high := b.Upper; high != nil {
		op := " < "
		if high.Inclusive {
			op = " <= "
		}
		parts = append(parts, path+op+high.Value.String())
	}
	return strings.Join(parts, " AND ")
}

func rowBound(b *RowBound, keys []def.Key) string {
	paths, values := make([]string, len(b.Values)), make([]string, len(b.Values))
	for i, v := range b.Values {
		paths[i], values[i] = keys[i].Path.String(), v.String()
	}
	op := ">"
	if b.Upper {
		op = "<"
	}
	if b.Inclusive {
		op += "="
	}
	return "(" + strings.Join(paths, ", ") + ") " + op + " (" + strings.Join(values, ", ") + ")"
}

func equality(path string, eq EqBound) string {
	switch {
	case eq.Null:
		return path + " IS NULL"
	case eq.List != nil:
		return path + " IN " + eq.List.String()
	case len(eq.Values) == 1:
		return path + " = " + eq.Values[0].String()
	}
	values := make([]string, len(eq.Values))
	for i, v := range eq.Values {
		values[i] = v.String()
	}
	return path + " IN (" + strings.Join(values, ", ") + ")"
}

// name prints a collection's or index's name, quoted where SQL needs it.
func name(s string) string { return document.FieldPath(s).String() }

// idName is what SQL calls the primary key of c.
func idName(c *def.Collection) string {
	if c.PrimaryKey != "" {
		return c.PrimaryKey
	}
	return document.IDField
}

// idKeys is the primary key as the single component of an index.
func idKeys(c *def.Collection) []def.Key {
	return []def.Key{{Path: document.FieldPath(idName(c))}}
}
