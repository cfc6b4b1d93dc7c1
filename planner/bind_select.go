package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// item is one result of a select list.
type item struct {
	name  string
	alias bool // name was given by AS
	expr  expr.Expr
	at    int // where it is written
}

// query plans a SELECT.
func (b *builder) query(q *parser.Query) error {
	blk, items, err := b.bindQuery(q, env{})
	if err != nil {
		return err
	}
	b.plan.Columns = columns(blk, items)
	if err := optimize(blk); err != nil {
		return err
	}
	b.plan.Root = blk.assemble()
	return nil
}

// selectBlock binds the clauses of a SELECT in the order in which they take effect.
func (b *builder) selectBlock(q *parser.Query, sel *parser.Select, env env) (*block, []item, error) {
	blk := &block{b: b, distinct: sel.Distinct}
	s := &scope{b: b, env: env}
	if err := b.from(blk, s, sel.From); err != nil {
		return nil, nil, err
	}
	if sel.Where != nil {
		cond, err := b.condition(s.in("WHERE"), sel.Where)
		if err != nil {
			return nil, nil, err
		}
		blk.where = []expr.Expr{cond}
	}
	g, w := &grouping{block: blk}, &windowing{block: blk}
	s.grouping, s.windowing = g, w
	if err := b.windows(s, sel.Windows); err != nil {
		return nil, nil, err
	}
	items, err := b.selectList(s, sel.Items)
	if err != nil {
		return nil, nil, err
	}
	s.outputs = items
	if sel.GroupAll {
		b.groupAll(g, items)
	}
	if err := b.groupBy(s, g, sel.GroupBy); err != nil {
		return nil, nil, err
	}
	if sel.Having != nil {
		inner := *s
		inner.windowing, inner.clause = nil, "HAVING"
		cond, err := b.condition(&inner, sel.Having)
		if err != nil {
			return nil, nil, err
		}
		if blk.windowed(cond) {
			return nil, nil, b.fail(sel.Having.Pos(), "a window function can't stand in HAVING", nestedWindow)
		}
		blk.having = []expr.Expr{cond}
		blk.grouped = true
	}
	if err := b.orderBy(s, blk, q.OrderBy); err != nil {
		return nil, nil, err
	}
	if err := b.distinctOn(s, blk, sel.DistinctOn); err != nil {
		return nil, nil, err
	}
	blk.grouped = blk.grouped || len(blk.keys) > 0 || len(blk.aggs) > 0 || len(g.marks) > 0
	if blk.grouped {
		if err := g.finish(items, sel, q.OrderBy); err != nil {
			return nil, nil, err
		}
		if err := w.aboveGroups(g); err != nil {
			return nil, nil, err
		}
	}
	b.outputs(blk, items)
	if blk.distinct && blk.on == nil {
		if err := b.distinctOrder(blk, q.OrderBy); err != nil {
			return nil, nil, err
		}
	}
	if blk.limit, err = b.count("LIMIT", q.Limit); err != nil {
		return nil, nil, err
	}
	blk.offset, err = b.count("OFFSET", q.Offset)
	return blk, items, err
}

// maxResults is how many columns a result may have.
const maxResults = 4000

// selectList binds a select list, or that of RETURNING, and expands each `*` in it.
func (b *builder) selectList(s *scope, list []parser.SelectItem) ([]item, error) {
	items := make([]item, 0, len(list))
	for i := range list {
		it := &list[i]
		if len(items) >= maxResults {
			return nil, b.fail(it.Pos, fmt.Sprintf("the select list has more than %d columns", maxResults), "")
		}
		if it.Star {
			var err error
			if items, err = b.starItem(items, s, it); err != nil {
				return nil, err
			}
			continue
		}
		e, err := b.expr(s, it.Expr)
		if err != nil {
			return nil, err
		}
		items = append(items, item{name: itemName(it, e, s), alias: it.Alias != "", expr: e, at: it.Expr.Pos()})
	}
	return items, nil
}

func (b *builder) starItem(items []item, s *scope, it *parser.SelectItem) ([]item, error) {
	if len(s.sources) == 0 {
		return nil, b.fail(it.Pos, "* has no FROM to take columns from", "")
	}
	star := star{flatten: it.Flatten, at: it.Pos}
	for _, p := range it.Exclude {
		star.exclude = append(star.exclude, excluded{p.Steps, p.Pos()})
	}
	switch {
	case it.Table != "":
		src := s.aliased(it.Table)
		if src == nil {
			names := make([]string, len(s.sources))
			for i := range s.sources {
				names[i] = s.sources[i].alias
			}
			return nil, b.fail(it.Pos, "nothing in FROM is called "+quote(it.Table), didYouMean(it.Table, names))
		}
		return b.starColumns(items, src, star)
	case s.star != nil:
		return b.starColumns(items, s.star, star)
	case len(s.sources) == 1:
		return b.starColumns(items, s.sources[0], star)
	}
	return b.starOfAll(items, s, star)
}

// itemName names a column: its alias, else the path that it is, without the source's name, else its
// text as it was written, which is how a program that wrote it looks for it. A text of several lines,
// or with comments, is written anew.
func itemName(it *parser.SelectItem, bound expr.Expr, s *scope) string {
	if it.Alias != "" {
		return it.Alias
	}
	p, ok := it.Expr.(*parser.Path)
	if !ok && (strings.ContainsAny(it.Text, "\r\n") || strings.Contains(it.Text, "--") || strings.Contains(it.Text, "/*")) {
		return parser.Format(it.Expr)
	}
	if !ok {
		return it.Text
	}
	src := s.aliased(p.Steps[0].Name)
	column := src != nil && src.collection == nil && len(p.Steps) > 1
	if f, ok := bound.(*expr.Field); column || ok && len(f.Path) < len(p.Steps) {
		return columnName(p.Steps[1:])
	}
	return columnName(p.Steps)
}

// outputs gives each result a register.
func (b *builder) outputs(blk *block, items []item) {
	blk.outs = make([]Out, len(items))
	for i, it := range items {
		reg, ok := register(it.expr)
		if !ok {
			reg = b.val()
		}
		blk.outs[i] = Out{reg, it.expr}
	}
}

// columns are the results of a block.
func columns(blk *block, items []item) []Column {
	list := make([]Column, len(items))
	for i, it := range items {
		typ, nullable := columnType(it.expr)
		list[i] = Column{Name: it.name, Reg: blk.outs[i].Reg, Type: typ, Nullable: nullable}
	}
	return list
}

// columnType is what is known of a result before any row: the declared type of a field, or what
// its expression always gives.
func columnType(e expr.Expr) (name string, nullable bool) {
	known := e.Static()
	return kindTypes[known.Kind].String(), !known.NotNull
}

var kindTypes = map[document.Kind]def.Type{
	document.KindBool: def.Bool, document.KindInt: def.Int, document.KindFloat: def.Float,
	document.KindString: def.Text, document.KindBytes: def.Blob, document.KindTimestamp: def.Timestamp,
	document.KindObject: def.Object, document.KindArray: def.Array,
}

// count binds the number of LIMIT or OFFSET, which no row is needed for.
func (b *builder) count(clause string, e parser.Expr) (expr.Expr, error) {
	if e == nil {
		return nil, nil
	}
	bound, err := b.expr((&scope{b: b}).in(clause), e)
	if err != nil {
		return nil, err
	}
	bound = fold(bound)
	if v, ok := constant(bound); ok && !v.IsNull() && (v.Kind() != document.KindInt || v.AsInt() < 0) {
		return nil, b.fail(e.Pos(), fmt.Sprintf("%s must be a whole number from 0, found %s", clause, bound), "")
	}
	if isNullConst(bound) {
		return nil, nil // LIMIT NULL is none
	}
	if !rowless(bound) {
		return nil, b.fail(e.Pos(), clause+" must be the same for all rows", "")
	}
	return bound, nil
}

// orderBy binds ORDER BY: an ordinal or the name of a result, else an expression of the source.
func (b *builder) orderBy(s *scope, blk *block, list []parser.OrderItem) error {
	if len(list) > maxKeys {
		return b.fail(list[maxKeys].Expr.Pos(), fmt.Sprintf("ORDER BY has more than %d keys", maxKeys), "")
	}
	for i := range list {
		o := &list[i]
		e, ok, err := b.output(s, o.Expr, "ORDER BY")
		if err != nil {
			return err
		}
		if !ok {
			if e, err = b.expr(s, o.Expr); err != nil {
				return err
			}
		}
		key, err := b.sortKey(o, e)
		if err != nil {
			return err
		}
		blk.order = append(blk.order, key)
	}
	return nil
}

// sortKey is the key that an item of ORDER BY makes of its bound expression.
func (b *builder) sortKey(o *parser.OrderItem, e expr.Expr) (SortKey, error) {
	key := SortKey{Expr: e, Desc: o.Desc, NullsFirst: !o.Desc}
	if o.NullsFirst != nil {
		key.NullsFirst = *o.NullsFirst
	}
	switch o.Collate {
	case "", "BINARY":
	case "NOCASE":
		key.NoCase = true
	default:
		return key, b.fail(o.Expr.Pos(), "unknown collation "+quote(o.Collate), "BINARY and NOCASE exist")
	}
	return key, nil
}

// distinctOn binds DISTINCT ON: ordinals, names of results, or expressions. They are what rows are ordered by first, in
// any sequence, so that the rows of which one is kept come together; those that ORDER BY lacks are added to it.
func (b *builder) distinctOn(s *scope, blk *block, list []parser.Expr) error {
	if len(list) > maxKeys {
		return b.fail(list[maxKeys].Pos(), fmt.Sprintf("DISTINCT ON has more than %d keys", maxKeys), "")
	}
	for _, e := range list {
		key, ok, err := b.output(s, e, "DISTINCT ON")
		if !ok && err == nil {
			key, err = b.expr(s, e)
		}
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(blk.on, func(o Out) bool { return same(o.Expr, key) }) {
			blk.on = append(blk.on, Out{b.val(), key})
		}
	}
	if len(blk.order) == 0 {
		return nil // any row of each will do
	}
	ordered := make([]bool, len(blk.on))
	for i, o := range blk.on {
		ordered[i] = rowless(o.Expr)
	}
	for i := range blk.order {
		at := slices.IndexFunc(blk.on, func(o Out) bool { return same(o.Expr, blk.order[i].Expr) })
		if missing := slices.Index(ordered, false); at < 0 && missing >= 0 {
			return b.fail(list[0].Pos(), fmt.Sprintf("ORDER BY has %s before %s of DISTINCT ON", blk.order[i].Expr, blk.on[missing].Expr), "order by the expressions of DISTINCT ON first")
		}
		if at >= 0 {
			ordered[at] = true
		}
	}
	for i, o := range blk.on {
		if !ordered[i] {
			blk.order = append(blk.order, SortKey{Expr: o.Expr, NullsFirst: true})
		}
	}
	return nil
}

// output returns the result that a bare name or an ordinal in ORDER BY stands for.
func (b *builder) output(s *scope, e parser.Expr, clause string) (expr.Expr, bool, error) {
	if p, ok := e.(*parser.Path); ok && len(p.Steps) == 1 {
		if it := s.named(p.Steps[0].Name); it != nil {
			return it.expr, true, nil
		}
	}
	return b.ordinal(s, e, clause)
}

// ordinal returns the result that a whole number stands for.
func (b *builder) ordinal(s *scope, e parser.Expr, clause string) (expr.Expr, bool, error) {
	lit, ok := e.(*parser.Literal)
	if !ok || lit.Value.Kind() != document.KindInt {
		return nil, false, nil
	}
	n := lit.Value.AsInt()
	if n < 1 || n > int64(len(s.outputs)) {
		return nil, false, b.fail(e.Pos(), fmt.Sprintf("%s %d: the select list has %d columns", clause, n, len(s.outputs)), "")
	}
	return s.outputs[n-1].expr, true, nil
}

// distinctOrder refuses to order distinct rows by what they do not have.
func (b *builder) distinctOrder(blk *block, list []parser.OrderItem) error {
next:
	for i, key := range blk.order {
		if rowless(key.Expr) {
			continue
		}
		for _, o := range blk.outs {
			if same(o.Expr, key.Expr) {
				continue next
			}
		}
		return b.fail(list[i].Expr.Pos(), fmt.Sprintf("SELECT DISTINCT can't order by %s", key.Expr), "add it to the select list")
	}
	return nil
}
