package executor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner"
)

// define runs a statement that changes the catalog.
func (s *Session) define(ctx context.Context, st parser.Statement) error {
	if ci, ok := st.(*parser.CreateIndex); ok && s.tx == nil && !s.db.options.ReadOnly {
		return s.db.buildIndex(ctx, ci)
	}
	return s.change(ctx, func(tx *engine.Tx) error {
		switch st := st.(type) {
		case *parser.CreateCollection:
			return createCollection(ctx, tx, st)
		case *parser.DropCollection:
			return dropCollection(ctx, tx, st)
		case *parser.Truncate:
			c, err := tx.Catalog().Collection(st.Name)
			if err != nil {
				return err
			}
			return tx.Truncate(ctx, c)
		case *parser.CreateIndex:
			return createIndex(ctx, tx, st)
		case *parser.DropIndex:
			return dropIndex(ctx, tx, st)
		}
		return failAt(st, st.Info().Start, "this statement is not supported", "")
	})
}

// failAt makes the error of a statement's text at offset at.
func failAt(st parser.Statement, at int, message, hint string) error {
	line, column := parser.Position(st.Info().Text, at)
	return &planner.BindError{Line: line, Column: column, Offset: at, Message: message, Hint: hint}
}

func createCollection(ctx context.Context, tx *engine.Tx, st *parser.CreateCollection) error {
	if st.IfNotExists {
		// Only the very name: a collection that differs in case is another one.
		if c, err := tx.Catalog().Collection(st.Name); err == nil && c.Name == st.Name {
			return nil
		}
	}
	c, err := collectionOf(st)
	if err != nil {
		return err
	}
	for i, ix := range c.Indexes {
		ix.Name = freeIndexName(tx.Catalog(), c.Indexes[:i], ix.Name)
	}
	return tx.CreateCollection(ctx, *c)
}

// collectionOf returns the definition that a CREATE COLLECTION or TABLE describes, with the
// indexes of its constraints.
func collectionOf(st *parser.CreateCollection) (*engine.Collection, error) {
	c := &engine.Collection{Name: st.Name, Open: !st.Table || len(st.Fields) == 0}
	if st.Open != nil {
		c.Open = *st.Open
	}
	primary := st.PrimaryKey
	var unique [][]*parser.Path
	for i := range st.Fields {
		f := &st.Fields[i]
		field, err := fieldOf(st, c, f)
		if err != nil {
			return nil, err
		}
		c.Fields = append(c.Fields, field)
		if f.PrimaryKey {
			if primary != nil {
				return nil, failAt(st, f.Path.Pos(), "a second PRIMARY KEY", "a key of several fields is written PRIMARY KEY (a, b)")
			}
			primary = []*parser.Path{f.Path}
		}
		if f.Unique {
			unique = append(unique, []*parser.Path{f.Path})
		}
	}
	unique = append(unique, st.Unique...)
	switch {
	case len(primary) == 1:
		if err := primaryKey(st, c, primary[0]); err != nil {
			return nil, err
		}
	case len(primary) > 1:
		ix, err := constraint(st, c, primary, c.Name+"_pkey", true)
		if err != nil {
			return nil, err
		}
		c.Indexes = append(c.Indexes, ix)
	}
	for i := range st.Fields {
		if f := &st.Fields[i]; f.Autoincrement && !c.Sequence {
			return nil, failAt(st, f.Path.Pos(), "AUTOINCREMENT is for an INTEGER PRIMARY KEY", "")
		}
	}
	for _, paths := range unique {
		if len(paths) == 1 && isPrimary(c, declaredPath(c, paths[0])) {
			continue // it is unique already
		}
		ix, err := constraint(st, c, paths, "", false)
		if err != nil {
			return nil, err
		}
		ix.Name = indexName(c.Name, ix.Keys, "key")
		c.Indexes = append(c.Indexes, ix)
	}
	return c, nil
}

// fieldOf returns the definition of a field, which must fit beside those that c has.
func fieldOf(st *parser.CreateCollection, c *engine.Collection, f *parser.FieldDef) (engine.Field, error) {
	path := f.Path.Steps
	for _, step := range path {
		if step.Kind != document.StepField {
			return engine.Field{}, failAt(st, f.Path.Pos(), fmt.Sprintf("field %s: a declared field is a name or names separated by dots", path), "")
		}
	}
	for i := range c.Fields {
		other := c.Fields[i].Path
		switch {
		case foldEqual(path, other):
			return engine.Field{}, failAt(st, f.Path.Pos(), fmt.Sprintf("field %s is declared twice", path), "")
		case path.HasPrefix(other) || other.HasPrefix(path):
			return engine.Field{}, failAt(st, f.Path.Pos(), fmt.Sprintf("fields %s and %s overlap", other, path), "")
		}
	}
	typ, err := typeOf(st, f.Type)
	if err != nil {
		return engine.Field{}, err
	}
	field := engine.Field{Path: path, Type: typ, NotNull: f.NotNull, Default: f.DefaultText, TypeText: typeText(f.Type)}
	if f.Default != nil {
		if err := checkDefault(&field); err != nil {
			return engine.Field{}, failAt(st, f.Default.Pos(), fmt.Sprintf("default of %s: %s", path, err), "")
		}
	}
	return field, nil
}

// typeOf returns the type that a name stands for.
func typeOf(st parser.Statement, name parser.TypeName) (engine.Type, error) {
	if name.Name == "" {
		return engine.Any, nil
	}
	base, array := strings.CutSuffix(name.Name, "[]")
	t, ok := engine.ParseType(base, name.Args)
	switch {
	case !ok:
		names := engine.TypeNames()
		hint := "the types are " + strings.Join(names, ", ")
		if near := document.Nearest(base, names); near != "" {
			hint = "did you mean " + near + "? " + hint
		}
		return t, failAt(st, name.At, "unknown type "+typeText(name), hint)
	case array:
		return engine.Array, nil
	}
	return t, nil
}

// typeText prints a type as it was declared.
func typeText(t parser.TypeName) string {
	if len(t.Args) == 0 {
		return t.Name
	}
	args := make([]string, len(t.Args))
	for i, n := range t.Args {
		args[i] = fmt.Sprint(n)
	}
	return t.Name + "(" + strings.Join(args, ", ") + ")"
}

// checkDefault compiles the default of a field and sees whether a value of it can be stored there.
func checkDefault(f *engine.Field) error {
	e, err := compiler{}.Compile(f.Default)
	if err != nil {
		return err
	}
	v, err := e.Eval(context.Background(), document.Missing())
	if err != nil {
		return err
	}
	if v.IsNull() && f.NotNull {
		return errors.New("it is NULL, and the field is NOT NULL")
	}
	var invalid *document.ValueError
	if _, err = engine.Coerce(f.Type, v); errors.As(err, &invalid) {
		return fmt.Errorf("expected %s, found %s", invalid.Expected, invalid.Found)
	}
	return err
}

// primaryKey makes a single field the _id of c.
func primaryKey(st *parser.CreateCollection, c *engine.Collection, p *parser.Path) error {
	path := declaredPath(c, p)
	if len(path) != 1 || path[0].Kind != document.StepField {
		return failAt(st, p.Pos(), fmt.Sprintf("primary key %s: it is a field of the document itself, not a nested one", path), "")
	}
	name := path[0].Name
	for i := range c.Fields {
		f := c.Fields[i].Path
		switch {
		case f.Equal(path):
			c.Sequence = c.Fields[i].Type == engine.Int
			c.PrimaryKey = name
		case len(f) == 1 && f[0].Name == document.IDField && name != document.IDField:
			return failAt(st, p.Pos(), fmt.Sprintf("the primary key %s is the _id, which is declared too", path), "")
		}
	}
	if c.PrimaryKey == "" {
		return noField(st, c, p)
	}
	return nil
}

// constraint returns the unique index of a constraint, whose fields must be declared.
func constraint(st *parser.CreateCollection, c *engine.Collection, paths []*parser.Path, name string, notNull bool) (*engine.Index, error) {
	ix := &engine.Index{Name: name, Unique: true, Constraint: true}
	for _, p := range paths {
		path := declaredPath(c, p)
		declared := false
		for i := range c.Fields {
			if c.Fields[i].Path.Equal(path) {
				declared = true
				c.Fields[i].NotNull = c.Fields[i].NotNull || notNull
			}
		}
		if !declared {
			return nil, noField(st, c, p)
		}
		for _, k := range ix.Keys {
			if k.Path.Equal(path) {
				return nil, failAt(st, p.Pos(), fmt.Sprintf("%s is given twice", path), "")
			}
		}
		ix.Keys = append(ix.Keys, engine.Key{Path: path})
	}
	return ix, nil
}

// noField is the error for a path that names no declared field.
func noField(st parser.Statement, c *engine.Collection, p *parser.Path) error {
	names := make([]string, len(c.Fields))
	for i := range c.Fields {
		names[i] = c.Fields[i].Path.String()
	}
	hint := ""
	if near := document.Nearest(p.Steps.String(), names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return failAt(st, p.Pos(), fmt.Sprintf("%q has no field %q", c.Name, p.Steps), hint)
}

func dropCollection(ctx context.Context, tx *engine.Tx, st *parser.DropCollection) error {
	c, err := tx.Catalog().Collection(st.Name)
	var unknown *engine.UnknownCollectionError
	if st.IfExists && errors.As(err, &unknown) {
		return nil
	}
	if err != nil {
		return err
	}
	return tx.DropCollection(ctx, c)
}

// declaredPath returns a path with the name that it is declared under: exactly,
// else as the only declared one that differs in case.
func declaredPath(c *engine.Collection, p *parser.Path) document.Path {
	var match document.Path
	for i := range c.Fields {
		path := c.Fields[i].Path
		switch {
		case path.Equal(p.Steps):
			return path
		case foldEqual(path, p.Steps):
			match = path
		}
	}
	if match != nil {
		return match
	}
	return p.Steps
}

// isPrimary reports whether a path is the primary key.
func isPrimary(c *engine.Collection, path document.Path) bool {
	return len(path) == 1 && path[0].Kind == document.StepField &&
		(path[0].Name == document.IDField || path[0].Name == c.PrimaryKey)
}

// foldEqual reports whether two paths are equal but for case.
func foldEqual(p, q document.Path) bool {
	if len(p) != len(q) {
		return false
	}
	for i := range p {
		if p[i].Kind != q[i].Kind || p[i].Index != q[i].Index || !strings.EqualFold(p[i].Name, q[i].Name) {
			return false
		}
	}
	return true
}
