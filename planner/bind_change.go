package planner

import (
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// update plans an UPDATE.
func (b *builder) update(st *parser.Update) error {
	r, err := b.changedRows(&st.Table, st.With, st.From)
	if err != nil {
		return err
	}
	node := &Update{Doc: r.changed.doc, Collection: r.changed.collection, Joined: r.joined}
	if err := b.changes(r.scope.in("SET"), node, st.Sets, st.Unset); err != nil {
		return err
	}
	if err := r.filter(st.Where); err != nil {
		return err
	}
	for i := range node.Sets {
		node.Sets[i].Expr = r.computed(node.Sets[i].Expr)
	}
	after := *r.changed
	after.doc = b.doc()
	if r.joined {
		for i := range node.Sets {
			after.written = append(after.written, node.Sets[i].Field.Path)
		}
	}
	node.NewDoc = after.doc
	if node.Returning, err = r.returning(&after, st.Returning); err != nil {
		return err
	}
	if node.Input, node.Carried, err = r.plan(); err != nil {
		return err
	}
	node.Est = node.Input.Estimate()
	b.plan.Root = node
	return nil
}

// delete plans a DELETE.
func (b *builder) delete(st *parser.Delete) error {
	r, err := b.changedRows(&st.Table, st.With, st.Using)
	if err != nil {
		return err
	}
	if err := r.filter(st.Where); err != nil {
		return err
	}
	node := &Delete{Doc: r.changed.doc, Collection: r.changed.collection}
	if node.Returning, err = r.returning(r.changed, st.Returning); err != nil {
		return err
	}
	if node.Input, node.Carried, err = r.plan(); err != nil {
		return err
	}
	node.Est = node.Input.Estimate()
	b.plan.Root = node
	return nil
}

// changedRows are the rows of an UPDATE or DELETE: the documents that it changes, joined with rows of other
// sources where it names some. All that is read of those is computed before anything is changed, into registers.
type changedRows struct {
	*block
	scope  *scope
	joined bool
}

// changedRows binds the collection and the other sources.
func (b *builder) changedRows(table *parser.TableName, with []parser.CTE, others []parser.TableExpr) (*changedRows, error) {
	env, err := b.with(with, env{})
	if err != nil {
		return nil, err
	}
	src, err := b.source(table)
	if err != nil {
		return nil, err
	}
	r := &changedRows{block: &block{b: b, source: src, changed: src}, joined: len(others) > 0}
	r.scope = &scope{b: b, sources: []*source{src}, env: env}
	if r.joined {
		f := &fromBinder{b: b, blk: r.block, env: env, count: 1}
		if r.from, err = f.list(r.relationOf(src), others); err != nil {
			return nil, err
		}
		r.source, r.scope.sources, r.scope.merged = nil, r.from.sources, r.from.merged
	}
	return r, nil
}

// filter binds WHERE; nil is none.
func (r *changedRows) filter(where parser.Expr) error {
	if where == nil {
		return nil
	}
	cond, err := r.b.condition(r.scope.in("WHERE"), where)
	r.where = []expr.Expr{cond}
	return err
}

// computed returns e as it is evaluated while documents are changed: where rows are joined, the register that it is
// computed into before.
func (r *changedRows) computed(e expr.Expr) expr.Expr {
	if !r.joined || rowless(e) {
		return e
	}
	at := slices.IndexFunc(r.outs, func(o Out) bool { return same(o.Expr, e) })
	if at < 0 {
		reg, ok := register(e)
		if !ok {
			reg = r.b.val()
		}
		at = len(r.outs)
		r.outs = append(r.outs, Out{reg, e})
	}
	return &expr.Register{Reg: r.outs[at].Reg, Text: e.String(), Known: e.Static()}
}

// returning binds RETURNING over the document in changed's register, and over the other sources; nil without one.
// `*` stands for the document alone.
func (r *changedRows) returning(changed *source, list []parser.SelectItem) (*Project, error) {
	s := r.scope.in("RETURNING")
	s.sources = append([]*source{changed}, r.scope.sources[1:]...)
	s.star = changed
	p, err := r.b.returning(s, list)
	if p == nil || err != nil || !r.joined {
		return p, err
	}
	for i := range p.Outs {
		p.Outs[i].Expr = replace(p.Outs[i].Expr, func(e expr.Expr) expr.Expr {
			if r.reads(e) {
				return r.computed(e)
			}
			return nil
		})
	}
	return p, nil
}

// reads reports whether e itself is a part of a row of the other sources.
func (r *changedRows) reads(e expr.Expr) bool {
	doc := -1
	switch e := e.(type) {
	case *expr.Field:
		doc = e.Doc
	case *expr.Document:
		doc = e.Doc
	case *expr.Register:
		return r.from.leafOf(e.Reg) >= 0
	}
	return doc >= 0 && doc != r.changed.doc && r.sourceOf(doc) != nil
}

// plan plans the reading of the rows: each document once, with the first row that it is joined with, and which
// registers are carried with it.
func (r *changedRows) plan() (Node, []int, error) {
	if !r.joined {
		err := optimize(r.block)
		if err != nil {
			return nil, nil, err
		}
		return r.assemble(), nil, nil
	}
	var carried []int
	for i := range r.outs {
		carried = append(carried, r.outs[i].Reg)
	}
	id := r.changed.field(document.FieldPath(idName(r.changed.collection)))
	id.Source = r.changed.alias
	key := r.b.val()
	r.outs = append(r.outs, Out{key, id})
	if err := optimize(r.block); err != nil {
		return nil, nil, err
	}
	input := r.assemble()
	est := input.Estimate()
	est.Rows = max(1, est.Rows/2)
	return &Distinct{Est: est, Input: input, Regs: []int{key}, On: []expr.Expr{id},
		Carry: Carry{Docs: []int{r.changed.doc}, Vals: carried}}, carried, nil
}

// returning binds RETURNING; nil without one.
func (b *builder) returning(s *scope, list []parser.SelectItem) (*Project, error) {
	if len(list) == 0 {
		return nil, nil
	}
	items, err := b.selectList(s, list)
	if err != nil {
		return nil, err
	}
	blk := &block{b: b}
	b.outputs(blk, items)
	b.plan.Columns = columns(blk, items)
	for i := range blk.outs {
		blk.outs[i].Expr = fold(blk.outs[i].Expr)
	}
	return &Project{Outs: blk.outs}, nil
}
