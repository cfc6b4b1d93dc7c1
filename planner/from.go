package planner

import (
	"fmt"
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// maxSources is how many sources FROM may name: sets of them are bits of a word.
const maxSources = 64

// from binds FROM: one collection is the block's source, all else a relation.
func (b *builder) from(blk *block, s *scope, from []parser.TableExpr) error {
	if len(from) == 0 {
		return nil
	}
	if t, ok := from[0].(*parser.TableName); ok && len(from) == 1 && s.env.named(t.Name) == nil {
		src, err := b.source(t)
		if err != nil {
			return err
		}
		blk.source, s.sources = src, []*source{src}
		return nil
	}
	f := &fromBinder{b: b, blk: blk, env: s.env}
	all, err := f.list(nil, from)
	if err != nil {
		return err
	}
	blk.from, s.sources, s.merged = all, all.sources, all.merged
	return nil
}

// list binds what commas separate, after all, which is nil for the first.
func (f *fromBinder) list(all *relation, from []parser.TableExpr) (*relation, error) {
	for _, t := range from {
		if all != nil {
			f.visible, f.before, f.reached = all.sources, all.sources, false
		}
		r, err := f.relation(t)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = r
			continue
		}
		cross, err := f.join(&parser.Join{Kind: "CROSS", At: f.at}, all, r)
		if err != nil {
			return nil, err
		}
		if f.reached {
			cross = r.after(all)
		}
		all = cross
	}
	return all, nil
}

// fromBinder binds one FROM.
type fromBinder struct {
	b     *builder
	blk   *block
	env   env
	count int // sources so far
	at    int // of the last
	// visible are the sources before the present one, which UNNEST may read.
	visible []*source
	// before are those before the last comma, where ON may name them, and reached says that one did.
	before  []*source
	reached bool
}

// relation binds a table, a query or a join.
func (f *fromBinder) relation(t parser.TableExpr) (*relation, error) {
	switch t := t.(type) {
	case *parser.TableName:
		if err := f.add(t.At); err != nil {
			return nil, err
		}
		if c := f.env.named(t.Name); c != nil {
			return f.common(c, t)
		}
		src, err := f.b.source(t)
		if err != nil {
			return nil, err
		}
		return &relation{leaf: &block{b: f.b, source: src, outer: f.blk}, sources: []*source{src}}, nil
	case *parser.DerivedTable:
		if err := f.add(t.At); err != nil {
			return nil, err
		}
		return f.derived(t)
	case *parser.Join:
		visible, before := f.visible, f.before
		if t.Kind == "RIGHT" || t.Kind == "FULL" {
			before, f.before = nil, nil
		}
		left, err := f.relation(t.Left)
		if err != nil {
			return nil, err
		}
		f.visible, f.before = append(visible[:len(visible):len(visible)], left.sources...), nil
		right, err := f.relation(t.Right)
		if err != nil {
			return nil, err
		}
		f.visible, f.before = visible, before
		return f.join(t, left, right)
	case *parser.Unnest:
		return f.unnest(t)
	}
	return nil, fmt.Errorf("unknown source %T in FROM", t)
}

func (f *fromBinder) add(at int) error {
	f.at = at
	if f.count++; f.count > maxSources {
		return f.b.fail(at, fmt.Sprintf("FROM has more than %d sources", maxSources), "")
	}
	return nil
}

// unnest binds the elements of an array, which may be of a row of the sources before.
func (f *fromBinder) unnest(t *parser.Unnest) (*relation, error) {
	if err := f.add(t.At); err != nil {
		return nil, err
	}
	s := &scope{b: f.b, sources: f.visible, clause: "UNNEST", env: f.env}
	array, err := f.b.operand(s, t.Array, expr.List)
	if err != nil {
		return nil, err
	}
	src := &source{alias: t.Alias, renamed: t.Alias != "", array: t.Columns == nil}
	names := []string{"", "ordinality"}
	if !t.Ordinality {
		names = names[:1]
	}
	if len(t.Columns) > len(names) {
		return nil, f.b.fail(t.At, fmt.Sprintf("UNNEST has %d columns, %d names are given", len(names), len(t.Columns)), "WITH ORDINALITY adds a number")
	}
	copy(names, t.Columns)
	node := &Unnest{Array: array}
	blk := &block{b: f.b, leafNode: node, array: fold(array)}
	for i, name := range names {
		reg := f.b.val()
		known := expr.Static{}
		if i == 1 {
			known = expr.Static{Kind: document.KindInt, NotNull: true}
		}
		node.Regs = append(node.Regs, reg)
		blk.outs = append(blk.outs, Out{reg, &expr.Register{Reg: reg, Text: "element", Known: known}})
		src.columns = append(src.columns, sourceColumn{name, reg, known})
	}
	return &relation{leaf: blk, sources: []*source{src}}, nil
}

// derived binds a query in FROM: its results are columns.
func (f *fromBinder) derived(t *parser.DerivedTable) (*relation, error) {
	blk, items, err := f.b.bindQuery(t.Query, f.env)
	if err != nil {
		return nil, err
	}
	if err := f.b.rename(items, t.Alias, t.Columns, t.At); err != nil {
		return nil, err
	}
	return f.columns(t.Alias, blk, items), nil
}

// common binds the name of a query of WITH: the query, anew for each use.
func (f *fromBinder) common(c *cte, t *parser.TableName) (*relation, error) {
	if c.depth > maxNested {
		return nil, f.b.fail(t.At, fmt.Sprintf("queries of WITH refer to each other more than %d deep", maxNested), "")
	}
	alias := t.Alias
	if alias == "" {
		alias = t.Name
	}
	if c.work != nil {
		blk, items := f.b.round(c.work)
		return f.columns(alias, blk, items), nil
	}
	blk, items, err := f.b.bindCommon(c)
	if err != nil {
		return nil, err
	}
	if err := f.b.rename(items, c.Name, c.Columns, c.At); err != nil {
		return nil, err
	}
	return f.columns(alias, blk, items), nil
}

// rename gives the first results of a query other names.
func (b *builder) rename(items []item, query string, names []string, at int) error {
	if len(names) > len(items) {
		return b.fail(at, fmt.Sprintf("%s names %d columns, its query has %d", quote(query), len(names), len(items)), "")
	}
	for i := range names {
		items[i].name = names[i]
	}
	return nil
}

// columns is the relation of a query.
func (f *fromBinder) columns(alias string, blk *block, items []item) *relation {
	src := &source{alias: alias, renamed: alias != ""}
	for i := range items {
		src.columns = append(src.columns, sourceColumn{items[i].name, blk.outs[i].Reg, blk.outs[i].Expr.Static()})
	}
	return &relation{leaf: blk, sources: []*source{src}}
}

// join binds the join of two relations. What an outer join may leave out is nullable for all that follows, but
// not in its own condition.
func (f *fromBinder) join(t *parser.Join, left, right *relation) (*relation, error) {
	for _, src := range right.sources {
		for _, other := range left.sources {
			if src.alias != "" && src.alias == other.alias {
				return nil, f.b.fail(t.At, "FROM has two sources called "+quote(src.alias), "give one of them another name: AS")
			}
		}
	}
	r := &relation{kind: joinKinds[t.Kind], left: left, right: right}
	r.sources = append(append(r.sources, left.sources...), right.sources...)
	if err := f.columnsInCommon(t, r); err != nil {
		return nil, err
	}
	if t.On != nil {
		s := &scope{b: f.b, sources: r.sources, merged: r.merged, clause: "ON", env: f.env}
		s.before = f.before
		cond, err := f.b.condition(s, t.On)
		if err != nil {
			return nil, err
		}
		f.reached = f.reached || reads(cond, s.before)
		r.on = append(r.on, cond)
	}
	if (r.kind == rightJoin || r.kind == fullJoin) && right.lateral() {
		return nil, f.b.fail(t.At, t.Kind+" JOIN can't have UNNEST of what stands to its left on its right", "")
	}
	if r.kind == leftJoin || r.kind == fullJoin {
		right.nullable()
	}
	if r.kind == rightJoin || r.kind == fullJoin {
		left.nullable()
	}
	for i := range r.merged {
		r.merged[i].expr = mergedOf(r.kind, r.merged[i])
	}
	return r, nil
}

// reads reports whether e reads a row of one of list.
func reads(e expr.Expr, list []*source) bool {
	return len(list) > 0 && contains(e, func(e expr.Expr) bool {
		return slices.ContainsFunc(list, func(src *source) bool {
			switch e := e.(type) {
			case *expr.Field:
				return src.collection != nil && e.Doc == src.doc
			case *expr.Document:
				return src.collection != nil && e.Doc == src.doc
			case *expr.Register:
				return slices.ContainsFunc(src.columns, func(c sourceColumn) bool { return c.reg == e.Reg })
			}
			return false
		})
	})
}

// mergedOf is the value of a column in common: that of the side which always has one.
func mergedOf(kind joinKind, m merged) expr.Expr {
	switch {
	case m.right == nil:
		return m.expr
	case kind == rightJoin:
		return m.right
	case kind == fullJoin:
		return coalesce(m.left, m.right)
	}
	return m.left
}

// merged is a column that two sides of a join have in common, by USING or NATURAL.
type merged struct {
	name        string
	left, right expr.Expr // right is nil for one of a join further in
	expr        expr.Expr
}

func (s *scope) mergedColumn(name string) *merged {
	if len(s.merged) == 0 {
		return nil
	}
	if m := only(s.merged, name, func(m merged) string { return m.name }); m.expr != nil {
		return &m
	}
	return nil
}

// columnsInCommon binds USING and NATURAL: conditions, and one column for each pair.
func (f *fromBinder) columnsInCommon(t *parser.Join, r *relation) error {
	left := &scope{b: f.b, sources: r.left.sources, merged: r.left.merged, clause: "USING"}
	right := &scope{b: f.b, sources: r.right.sources, merged: r.right.merged, clause: "USING"}
	names := t.Using
	if t.Natural {
		mine, err := left.names()
		if err != nil {
			return err
		}
		others, err := right.names()
		if err != nil {
			return err
		}
		for _, name := range mine {
			if only(others, name, func(n string) string { return n }) != "" {
				names = append(names, name)
			}
		}
	}
	for _, m := range append(append([]merged(nil), r.left.merged...), r.right.merged...) {
		r.merged = append(r.merged, merged{name: m.name, expr: m.expr})
	}
	for _, name := range names {
		m := merged{name: name}
		var err error
		if m.left, err = left.side(name, t.At); err != nil {
			return err
		}
		if m.right, err = right.side(name, t.At); err != nil {
			return err
		}
		m.expr = m.left
		r.on = append(r.on, f.b.compare(left, expr.Eq, m.left, m.right))
		for i := range r.merged {
			if r.merged[i].name == name {
				r.merged = append(r.merged[:i], r.merged[i+1:]...)
				break
			}
		}
		r.merged = append(r.merged, m)
	}
	return nil
}

// side resolves a name of USING on one side.
func (s *scope) side(name string, at int) (expr.Expr, error) {
	if m := s.mergedColumn(name); m != nil {
		return m.expr, nil
	}
	path := document.FieldPath(name)
	if len(s.sources) == 1 {
		return s.field(s.sources[0], path, at)
	}
	src, err := s.owner(path, at)
	if err != nil {
		return nil, err
	}
	return s.field(src, path, at)
}

// names are the columns of all sources, for NATURAL.
func (s *scope) names() ([]string, error) {
	var names []string
	for _, m := range s.merged {
		names = append(names, m.name)
	}
	for _, src := range s.sources {
		for _, c := range src.columns {
			if c.name != "" {
				names = append(names, c.name)
			}
		}
		if src.collection == nil {
			continue
		}
		paths, err := s.b.expand(src, star{})
		if err != nil {
			return nil, err
		}
		for _, p := range paths {
			if len(p) == 1 && !(p[0].Name == document.IDField && src.collection.Open && src.collection.PrimaryKey == "") {
				names = append(names, p[0].Name)
			}
		}
	}
	return names, nil
}

// coalesce is the first of two values that is not NULL.
func coalesce(x, y expr.Expr) expr.Expr {
	return &expr.Case{Whens: []expr.When{{Cond: &expr.IsNull{X: x, Not: true}, Result: x}}, Else: y}
}

// having returns the sources that have a field or column where path begins.
func (s *scope) having(path document.Path) ([]*source, error) {
	var list []*source
	for _, src := range s.sources {
		known, err := s.known(src, path)
		if err != nil {
			return nil, err
		}
		if known {
			list = append(list, src)
		}
	}
	return list, nil
}

// owner returns the one of several sources that has a field or column where path begins. One that none has is a
// field, which no document has yet, of the only open collection.
func (s *scope) owner(path document.Path, at int) (*source, error) {
	list, err := s.having(path)
	switch {
	case err != nil:
		return nil, err
	case len(list) == 1:
		return list[0], nil
	case len(list) > 1:
		return nil, s.b.fail(at, fmt.Sprintf("%s is ambiguous: %s and %s have it", quote(path[0].Name), quote(list[0].alias), quote(list[1].alias)),
			fmt.Sprintf("write %s.%s", list[0].alias, path[0].Name))
	}
	for _, src := range s.sources {
		if src.open() {
			list = append(list, src)
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	hint := ""
	if len(list) > 1 {
		hint = fmt.Sprintf("a field that no document has yet is written with its source: %s.%s", list[0].alias, path[0].Name)
	} else if hint, err = s.nearest(path[0].Name); err != nil {
		return nil, err
	}
	return nil, s.b.fail(at, "no source in FROM has "+quote(path[0].Name), hint)
}

func (s *scope) nearest(name string) (string, error) {
	names, err := s.names()
	return didYouMean(name, names), err
}
