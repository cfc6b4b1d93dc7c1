package planner

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// world interprets plans in the plainest way, on documents in memory: an index is the
// documents sorted. What the nodes do not promise it makes as bad as it may be: rows of unordered
// scans come shuffled, registers that are not carried are lost, entries hold their
// components only, and inexact ones lie where they do not belong.
type world struct {
	t      *testing.T
	rng    *rand.Rand
	docs   []document.Record
	poison document.Record
	params []document.Value
}

// row is the state of a frame's registers.
type row struct {
	docs []document.Record
	vals []document.Value
}

func newWorld(t *testing.T, rng *rand.Rand, docs []document.Value) *world {
	w := &world{t: t, rng: rng}
	dict := document.NewDictionary(document.IDField)
	encode := func(v document.Value) (r document.Record) {
		var enc document.Encoder
		data, _, err := enc.Encode(nil, v, dict)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Reset(data, dict); err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, v := range docs {
		w.docs = append(w.docs, encode(v))
	}
	w.poison = encode(document.Object([]document.Field{{Name: document.IDField, Value: document.String("poison")}}))
	return w
}

// run returns the result columns of all rows.
func (w *world) run(p *Plan) [][]document.Value {
	blank := row{make([]document.Record, p.Docs), make([]document.Value, p.Vals)}
	for i := range blank.docs {
		blank.docs[i] = w.poison
	}
	var out [][]document.Value
	for _, r := range w.rows(p.Root, blank) {
		columns := make([]document.Value, len(p.Columns))
		for i, c := range p.Columns {
			columns[i] = r.vals[c.Reg]
		}
		out = append(out, columns)
	}
	return out
}

func (r row) clone() row { return row{slices.Clone(r.docs), slices.Clone(r.vals)} }

func (w *world) eval(e expr.Expr, r row) document.Value {
	frame := expr.Frame{Docs: r.docs, Vals: r.vals, Run: &expr.Run{Context: context.Background(), Params: w.params}}
	v, err := e.Eval(&frame)
	if err != nil {
		w.t.Fatalf("%s: %v", e, err)
	}
	return v.Clone()
}

func (w *world) holds(e expr.Expr, r row) bool { return e == nil || expr.IsTrue(w.eval(e, r)) }

func (w *world) rows(n Node, blank row) (out []row) {
	switch n := n.(type) {
	case *Scan:
		return w.scan(n, blank)
	case *IndexScan:
		return w.indexScan(n, blank)
	case *CountRows:
		r := blank.clone()
		r.vals[n.Out] = document.Int(int64(len(w.docs)))
		return []row{r}
	case *IndexEdge:
		return []row{w.edge(n, blank)}
	case *Filter:
		for _, r := range w.rows(n.Input, blank) {
			if w.holds(n.Cond, r) {
				out = append(out, r)
			}
		}
		return out
	case *Project:
		out = w.rows(n.Input, blank)
		for _, r := range out {
			for _, o := range n.Outs {
				r.vals[o.Reg] = w.eval(o.Expr, r)
			}
		}
		return out
	case *Group:
		return w.group(n, blank)
	case *Sort:
		return w.sort(n, blank)
	case *Distinct:
		var seen []row
		for _, r := range w.rows(n.Input, blank) {
			if !slices.ContainsFunc(seen, func(s row) bool { return equalAt(r, s, n.Regs) }) {
				seen = append(seen, r)
			}
		}
		return seen
	case *Limit:
		out = w.rows(n.Input, blank)
		if n.Offset != nil {
			out = out[min(len(out), int(w.eval(n.Offset, blank).AsInt())):]
		}
		if n.Count != nil {
			out = out[:min(len(out), int(w.eval(n.Count, blank).AsInt()))]
		}
		return out
	case *Values:
		for _, values := range n.Rows {
			r := blank.clone()
			for i, e := range values {
				r.vals[n.Regs[i]] = w.eval(e, blank)
			}
			out = append(out, r)
		}
		return out
	}
	w.t.Fatalf("no way to run %T", n)
	return nil
}

func equalAt(a, b row, regs []int) bool {
	for _, reg := range regs {
		if !document.Equal(a.vals[reg], b.vals[reg]) {
			return false
		}
	}
	return true
}

func (w *world) scan(n *Scan, blank row) (out []row) {
	keys := idKeys(n.Collection)
	for _, i := range w.rng.Perm(len(w.docs)) {
		r := blank.clone()
		r.docs[n.Doc] = w.docs[i]
		if w.within(n.Bounds, []document.Value{w.docs[i].ID()}, blank) && w.holds(n.Filter, r) {
			out = append(out, r)
		}
	}
	if n.Ordered {
		slices.SortStableFunc(out, func(a, b row) int {
			return compareKeys(keys, []document.Value{a.docs[n.Doc].ID()}, []document.Value{b.docs[n.Doc].ID()}, n.Reverse)
		})
	}
	return out
}

func compareKeys(keys []def.Key, a, b []document.Value, reverse bool) int {
	for i := range keys {
		if c := document.Compare(a[i], b[i]); c != 0 {
			if keys[i].Desc != reverse {
				return -c
			}
			return c
		}
	}
	return 0
}

// entry is an index entry. Objects, arrays and long strings are inexact.
type entry struct {
	doc    document.Record
	values []document.Value
	exact  bool
}

func (w *world) entries(keys []def.Key) (out []entry) {
	for _, i := range w.rng.Perm(len(w.docs)) {
		e := entry{doc: w.docs[i], exact: true}
		for _, key := range keys {
			v := w.docs[i].Lookup(document.NewAccessor(key.Path))
			e.values = append(e.values, v)
			e.exact = e.exact && v.Kind().IsScalar() && len(v.AsBytes()) < 3
		}
		out = append(out, e)
	}
	return out
}

func (w *world) indexScan(n *IndexScan, blank row) (out []row) {
	keys := n.Index.Keys
	var values [][]document.Value
	for _, e := range w.entries(keys) {
		if !w.within(n.Bounds, e.values, blank) && (e.exact || w.rng.IntN(2) == 0) {
			continue
		}
		hidden, seen := blank.clone(), blank.clone()
		seen.docs[n.Doc] = e.doc
		if !e.exact {
			hidden = seen.clone()
			if !w.holds(n.Recheck, seen) {
				continue
			}
		}
		for i, reg := range n.Covered {
			if reg >= 0 {
				hidden.vals[reg], seen.vals[reg] = e.values[i], e.values[i]
			}
		}
		if n.IDReg >= 0 {
			hidden.vals[n.IDReg], seen.vals[n.IDReg] = e.doc.ID(), e.doc.ID()
		}
		if !w.holds(n.EntryFilter, hidden) {
			continue
		}
		if n.Covering {
			seen.docs[n.Doc] = w.poison
		}
		if w.holds(n.Filter, seen) {
			out, values = append(out, seen), append(values, e.values)
		}
	}
	if !n.Ordered {
		return out
	}
	order := make([]int, len(out))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return compareKeys(keys[n.OrderFrom:], values[a][n.OrderFrom:], values[b][n.OrderFrom:], n.Reverse)
	})
	sorted := make([]row, len(out))
	for i, at := range order {
		sorted[i] = out[at]
	}
	return sorted
}

func (w *world) edge(n *IndexEdge, blank row) row {
	keys, at := idKeys(n.Collection), 0
	if n.Index != nil {
		keys = n.Index.Keys
	}
	if n.Bounds != nil {
		at = len(n.Bounds.Eq)
	}
	out := blank.clone()
	out.vals[n.Out] = document.Null()
	for _, e := range w.entries(keys) {
		v := e.values[at]
		if !w.within(n.Bounds, e.values, blank) {
			continue
		}
		best := out.vals[n.Out]
		if !v.IsNull() && (best.IsNull() || document.Compare(v, best) > 0 == n.Max && !document.Equal(v, best)) {
			out.vals[n.Out] = v
		}
	}
	return out
}

// within is what Bounds say, written down once more.
func (w *world) within(b *Bounds, values []document.Value, blank row) bool {
	if b == nil {
		return true
	}
	for i := range b.Eq {
		eq := &b.Eq[i]
		list := []document.Value{}
		for _, e := range eq.Values {
			list = append(list, w.eval(e, blank))
		}
		if eq.List != nil {
			list = append(list, w.eval(eq.List, blank).AsArray()...)
		}
		v := values[i]
		ok := eq.Null && v.IsNull() || slices.ContainsFunc(list, func(x document.Value) bool {
			order, ok := compareLiteral(v, x)
			return ok && order == 0
		})
		if !ok {
			return false
		}
	}
	if b.Lower != nil {
		v := values[len(b.Eq)]
		if b.Lower.NotNull {
			if v.IsNull() {
				return false
			}
		} else if order, ok := compareLiteral(v, w.eval(b.Lower.Value, blank)); !ok || order < 0 || order == 0 && !b.Lower.Inclusive {
			return false
		}
	}
	if b.Upper != nil {
		order, ok := compareLiteral(values[len(b.Eq)], w.eval(b.Upper.Value, blank))
		if !ok || order > 0 || order == 0 && !b.Upper.Inclusive {
			return false
		}
	}
	return true
}

// compareLiteral orders a stored value and a literal or parameter.
func compareLiteral(v, x document.Value) (order int, ok bool) {
	switch {
	case v.IsNull() || x.IsNull():
		return 0, false
	case v.Kind() == document.KindBool && x.Kind().IsNumber():
		n := document.Int(0)
		if v.AsBool() {
			n = document.Int(1)
		}
		return document.Compare(n, x), true
	case v.Kind() == document.KindTimestamp && x.Kind() == document.KindString:
		stamp, err := document.ParseTimestamp(x.AsString())
		return document.Compare(v, stamp), err == nil
	}
	return document.Compare(v, x), document.Comparable(v.Kind(), x.Kind())
}

func (w *world) group(n *Group, blank row) (out []row) {
	type state struct {
		row  row
		accs []expr.Accumulator
		seen [][]document.Value
	}
	var groups []*state
	begin := func() *state {
		g := &state{row: blank.clone(), seen: make([][]document.Value, len(n.Aggs))}
		for i := range n.Aggs {
			g.accs = append(g.accs, n.Aggs[i].Func.New())
		}
		groups = append(groups, g)
		return g
	}
	if len(n.Keys) == 0 {
		begin()
	}
	regs := make([]int, len(n.Keys))
	for i, k := range n.Keys {
		regs[i] = k.Reg
	}
	for _, r := range w.rows(n.Input, blank) {
		key := blank.clone()
		for _, k := range n.Keys {
			key.vals[k.Reg] = w.eval(k.Expr, r)
		}
		candidates := groups
		if n.Sorted && len(groups) > 0 {
			candidates = groups[len(groups)-1:]
		}
		i := slices.IndexFunc(candidates, func(g *state) bool { return equalAt(g.row, key, regs) })
		var g *state
		if i >= 0 {
			g = candidates[i]
		} else {
			g = begin()
			g.row = key
		}
		for i := range n.Aggs {
			agg := &n.Aggs[i]
			v := document.Bool(true)
			if agg.Arg != nil {
				v = w.eval(agg.Arg, r)
			}
			if !w.holds(agg.Filter, r) {
				continue
			}
			if agg.Distinct {
				if slices.ContainsFunc(g.seen[i], func(s document.Value) bool { return document.Equal(s, v) }) {
					continue
				}
				g.seen[i] = append(g.seen[i], v)
			}
			if err := g.accs[i].Add(v); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	for _, g := range groups {
		for i := range n.Aggs {
			v, err := g.accs[i].Result()
			if err != nil {
				w.t.Fatal(err)
			}
			g.row.vals[n.Aggs[i].Out] = v.Clone()
		}
		out = append(out, g.row)
	}
	if !n.Sorted {
		w.rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	}
	return out
}

func (w *world) sort(n *Sort, blank row) []row {
	type keyed struct {
		keys []document.Value
		row  row
	}
	var list []keyed
	for _, r := range w.rows(n.Input, blank) {
		k := keyed{row: blank.clone()}
		for _, key := range n.Keys {
			k.keys = append(k.keys, w.eval(key.Expr, r))
		}
		for _, doc := range n.CarryDocs {
			k.row.docs[doc] = r.docs[doc]
		}
		for _, val := range n.CarryVals {
			k.row.vals[val] = r.vals[val]
		}
		list = append(list, k)
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		for i, key := range n.Keys {
			x, y := a.keys[i], b.keys[i]
			c := document.Compare(x, y)
			switch {
			case c == 0:
				continue
			case x.IsNull() || y.IsNull():
				if x.IsNull() == key.NullsFirst {
					return -1
				}
				return 1
			case key.Desc:
				return -c
			}
			return c
		}
		return 0
	})
	out := make([]row, len(list))
	for i := range list {
		out[i] = list[i].row
	}
	if n.Top != nil {
		most := int(w.eval(n.Top, blank).AsInt())
		if n.TopOffset != nil {
			most += int(w.eval(n.TopOffset, blank).AsInt())
		}
		out = out[:min(len(out), most)]
	}
	return out
}
