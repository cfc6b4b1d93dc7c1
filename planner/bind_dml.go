package planner

import (
	"fmt"
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// insert plans an INSERT.
func (b *builder) insert(st *parser.Insert) error {
	src, err := b.source(&st.Table)
	if err != nil {
		return err
	}
	c := src.collection
	node := &Insert{Est: Estimate{Rows: float64(len(st.Rows)), Cost: float64(len(st.Rows))}, Collection: c, Doc: src.doc}
	switch {
	case st.Columns != nil:
		if node.Fields, err = b.targets(c, st.Columns); err != nil {
			return err
		}
	case st.Query == nil && !c.Open && !wholeRows(c, st.Rows):
		node.Fields = c.Fields
	}
	if st.Query != nil {
		if err := b.insertRows(node, st); err != nil {
			return err
		}
	}
	s := (&scope{b: b}).in("VALUES")
	for i := range st.Rows {
		row, err := b.row(s, node, &st.Rows[i])
		if err != nil {
			return err
		}
		node.Rows = append(node.Rows, row)
	}
	if node.Conflict, err = b.conflict(src, st.Conflict); err != nil {
		return err
	}
	b.plan.Root = node
	node.Returning, err = b.returning((&scope{b: b, sources: []*source{src}}).in("RETURNING"), st.Returning)
	return err
}

// insertRows plans the query whose rows an INSERT stores: whole documents where it is SELECT VALUE, else values for the
// columns of the list, for the declared fields, or, of an open collection, for the fields that they are called.
func (b *builder) insertRows(node *Insert, st *parser.Insert) error {
	blk, items, err := b.bindQuery(st.Query, env{})
	if err != nil {
		return err
	}
	sel, _ := st.Query.Body.(*parser.Select)
	c, at := node.Collection, st.Query.Start
	switch documents := sel != nil && len(sel.Items) == 1 && sel.Items[0].Value; {
	case node.Fields != nil || documents:
	case !c.Open:
		node.Fields = c.Fields
	default:
		var claims claims
		for i := range items {
			path := document.FieldPath(items[i].name)
			if blk.outs[i].Expr != nil {
				if f, ok := blk.outs[i].Expr.(*expr.Field); ok && f.Path.String() == items[i].name {
					path = f.Path
				}
			}
			if claims.add(path) != nil {
				return b.fail(at, fmt.Sprintf("two columns of the query are called %s", path), "give one of them another name: AS")
			}
			f := def.Field{Path: path}
			if d := declared(c, path); d != nil {
				f = *d
			}
			node.Fields = append(node.Fields, f)
		}
	}
	if want := max(len(node.Fields), 1); len(items) != want {
		return b.fail(at, fmt.Sprintf("%d columns of a query for %d", len(items), want), "")
	}
	if err := optimize(blk); err != nil {
		return err
	}
	node.Input = blk.assemble()
	node.Est = node.Input.Estimate()
	row := make([]expr.Expr, len(items))
	for i := range items {
		row[i] = &expr.Register{Reg: blk.outs[i].Reg, Text: blk.outs[i].Expr.String(), Known: blk.outs[i].Expr.Static()}
	}
	node.Rows = [][]expr.Expr{row}
	return nil
}

// wholeRows reports whether every row is one value that stands for a whole document. Where a
// row has one field, a parameter is its value.
func wholeRows(c *def.Collection, rows []parser.Row) bool {
	for i := range rows {
		if !rows[i].Document {
			return false
		}
		if _, ok := rows[i].Values[0].(*parser.Param); ok && len(c.Fields) == 1 {
			return false
		}
	}
	return true
}

// row binds the values of one row.
func (b *builder) row(s *scope, node *Insert, r *parser.Row) ([]expr.Expr, error) {
	want := max(len(node.Fields), 1)
	if len(r.Values) != want {
		at := r.Pos
		if len(r.Values) > want && r.Values[want] != nil {
			at = r.Values[want].Pos()
		}
		if node.Fields == nil {
			return nil, b.fail(at, fmt.Sprintf("a row without a column list is one document, found %d values", len(r.Values)),
				fmt.Sprintf("name the columns: INSERT INTO %s (...)", name(node.Collection.Name)))
		}
		return nil, b.fail(at, fmt.Sprintf("%d values for %d columns", len(r.Values), len(node.Fields)), "")
	}
	row := make([]expr.Expr, len(r.Values))
	for i, v := range r.Values {
		if v == nil {
			if node.Fields == nil {
				return nil, b.fail(r.Pos, "DEFAULT is no document", "")
			}
			continue
		}
		e, err := b.expr(s, v)
		if err != nil {
			return nil, err
		}
		if row[i] = fold(e); node.Fields == nil {
			if v, ok := sample(row[i]); ok && v.Kind() != document.KindObject && v.Kind() != document.KindString {
				return nil, b.fail(r.Values[i].Pos(), fmt.Sprintf("a document is an object or JSON text, found %s", v.Kind()), "")
			}
		}
	}
	return row, nil
}

// targets are the fields that a column list names, each once.
func (b *builder) targets(c *def.Collection, columns []*parser.Path) ([]def.Field, error) {
	fields := make([]def.Field, len(columns))
	var claims claims
	for i, column := range columns {
		f, err := b.target(c, column)
		if err != nil {
			return nil, err
		}
		if other := claims.add(f.Path); other != nil {
			return nil, b.overlap(column, f.Path, other)
		}
		fields[i] = f
	}
	return fields, nil
}

// claims are the paths that a statement writes, none of them inside of another.
type claims struct {
	written, around map[string]document.Path
}

// add claims path, or returns the path claimed before that it overlaps.
func (c *claims) add(path document.Path) (other document.Path) {
	if c.written == nil {
		c.written, c.around = map[string]document.Path{}, map[string]document.Path{}
	}
	for i := range path {
		if other = c.written[path[:i+1].String()]; other != nil {
			return other
		}
	}
	text := path.String()
	if other = c.around[text]; other != nil {
		return other
	}
	c.written[text] = path
	for i := range path {
		c.around[path[:i+1].String()] = path
	}
	return nil
}

func (b *builder) overlap(at *parser.Path, one, other document.Path) error {
	if one.Equal(other) {
		return b.fail(at.Pos(), fmt.Sprintf("%s is given twice", one), "")
	}
	return b.fail(at.Pos(), fmt.Sprintf("%s and %s overlap", other, one), "")
}

// target resolves the path that a value is stored at. Of a closed collection it must be declared.
func (b *builder) target(c *def.Collection, p *parser.Path) (def.Field, error) {
	path, known := declaredPath(c, p.Steps)
	if !known && !c.Open {
		return def.Field{}, b.noField(c, path, p.Pos())
	}
	if f := declared(c, path); f != nil {
		field := *f
		field.Path = path
		return field, nil
	}
	return def.Field{Path: path}, nil
}

// changes binds SET and UNSET.
func (b *builder) changes(s *scope, node *Update, sets []parser.Assignment, unset []*parser.Path) error {
	c := node.Collection
	var claims claims
	claim := func(p *parser.Path) (def.Field, error) {
		f, err := b.target(c, p)
		if err != nil {
			return f, err
		}
		if isID(c, f.Path[:1]) {
			if c.PrimaryKey == "" {
				return f, b.fail(p.Pos(), "_id never changes", "delete the document and insert it anew")
			}
			node.Rekey = true
		}
		if other := claims.add(f.Path); other != nil {
			return f, b.overlap(p, f.Path, other)
		}
		return f, nil
	}
	unset = slices.Clip(unset)
	for _, set := range sets {
		if set.Expr == nil { // the engine stores the default of a declared field that is not there
			unset = append(unset, set.Path)
			continue
		}
		paths := set.Row
		if paths == nil {
			paths = []*parser.Path{set.Path}
		}
		fields := make([]def.Field, len(paths))
		for i, p := range paths {
			var err error
			if fields[i], err = claim(p); err != nil {
				return err
			}
		}
		values, err := b.rowOf(s, set.Expr, len(paths))
		if err != nil {
			return err
		}
		for i, e := range values {
			if len(paths) > 1 { // of a query without a row: NULL is stored, as of a query for one value
				e = &expr.Case{Whens: []expr.When{{Cond: &expr.IsMissing{X: e}, Result: expr.NewConst(document.Null())}}, Else: e}
			}
			node.Sets = append(node.Sets, SetField{Field: fields[i], Expr: fold(e), Leaf: leaf(fields[i].Path)})
		}
	}
	for _, p := range unset {
		f, err := claim(p)
		if err != nil {
			return err
		}
		if isID(c, f.Path) {
			return b.fail(p.Pos(), fmt.Sprintf("%s can't be unset: every document has its primary key", f.Path), "")
		}
		node.Unset = append(node.Unset, f)
	}
	return nil
}

// conflict binds what is done about a document whose key is taken.
func (b *builder) conflict(src *source, t *parser.OnConflict) (*Conflict, error) {
	if t == nil {
		return nil, nil
	}
	c := &Conflict{Action: map[string]ConflictAction{"NOTHING": DoNothing, "REPLACE": DoReplace, "UPDATE": DoUpdate}[t.Action]}
	if t.Target != nil {
		var err error
		if c.Key, err = b.uniqueKey(src.collection, t.Target); err != nil {
			return nil, err
		}
	}
	if c.Action != DoUpdate {
		return c, nil
	}
	old, excluded := *src, *src
	old.doc, excluded.doc, excluded.alias = b.doc(), b.doc(), "excluded"
	c.Excluded = excluded.doc
	c.Update = &Update{Doc: old.doc, Collection: src.collection}
	s := &scope{b: b, sources: []*source{&old}, excluded: &excluded, clause: "SET"}
	if err := b.changes(s, c.Update, t.Sets, t.Unset); err != nil {
		return nil, err
	}
	if t.Where != nil {
		cond, err := b.condition(s, t.Where)
		if err != nil {
			return nil, err
		}
		c.Where = fold(cond)
	}
	return c, nil
}

// uniqueKey returns the name of the primary key or unique index on exactly these paths, in any sequence.
func (b *builder) uniqueKey(c *def.Collection, target []*parser.Path) (string, error) {
	var paths []document.Path
	for _, p := range target {
		path, _ := declaredPath(c, p.Steps)
		paths = append(paths, path)
	}
	if len(paths) == 1 && isID(c, paths[0]) {
		return idName(c), nil
	}
next:
	for _, index := range c.Indexes {
		if !index.Unique || len(index.Keys) != len(paths) {
			continue
		}
		for _, path := range paths {
			if component(index.Keys, path) < 0 {
				continue next
			}
		}
		return index.Name, nil
	}
	return "", b.fail(target[0].Pos(), fmt.Sprintf("%s has no unique index on these paths", quote(c.Name)), "CREATE UNIQUE INDEX makes one; ON CONFLICT DO ... without paths is about any key")
}

// leaf returns the accessor of a path of names, nil for another.
func leaf(path document.Path) *document.Accessor {
	for _, step := range path {
		if step.Kind != document.StepField {
			return nil
		}
	}
	return document.NewAccessor(path)
}
