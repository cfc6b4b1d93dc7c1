package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/parser"
)

// namingTries bounds how often a name is made up again that another session took meanwhile.
const namingTries = 10

// buildIndex makes an index outside of any transaction, while others go on writing.
func (db *Database) buildIndex(ctx context.Context, st *parser.CreateIndex) error {
	for try := 1; ; try++ {
		tx, err := db.begin(ctx, engine.TxOptions{ReadOnly: true})
		if err != nil {
			return err
		}
		c, ix, err := indexOf(tx.Catalog(), st)
		tx.Rollback()
		if err != nil || ix == nil {
			return err
		}
		err = db.Run(ctx, func(ctx context.Context) error {
			account := db.memory.account()
			defer account.close()
			return db.engine.CreateIndex(ctx, c.Name, *ix, &buildMemory{account.share()})
		})
		switch {
		case !errors.Is(err, engine.ErrIndexExists):
			return err
		case st.IfNotExists && st.Name != "":
			return nil // another session made it since the look at the catalog
		case st.Name != "" || try == namingTries:
			return err
		}
	}
}

// createIndex makes an index within a transaction.
func createIndex(ctx context.Context, tx *engine.Tx, st *parser.CreateIndex) error {
	c, ix, err := indexOf(tx.Catalog(), st)
	if err != nil || ix == nil {
		return err
	}
	return tx.CreateIndex(ctx, c, *ix)
}

// indexOf returns the index that a statement describes and its collection; nil where IF NOT
// EXISTS finds it.
func indexOf(catalog *engine.Catalog, st *parser.CreateIndex) (*engine.Collection, *engine.Index, error) {
	c, err := catalog.Collection(st.Table)
	if err != nil {
		return nil, nil, err
	}
	ix := &engine.Index{Name: st.Name, Unique: st.Unique, NullsNotDistinct: st.NullsNotDistinct}
	for _, key := range st.Keys {
		path, err := indexedPath(st, c, key.Path)
		if err != nil {
			return nil, nil, err
		}
		for _, k := range ix.Keys {
			if k.Path.Equal(path) {
				return nil, nil, failAt(st, key.Path.Pos(), fmt.Sprintf("%s is given twice", path), "")
			}
		}
		ix.Keys = append(ix.Keys, engine.Key{Path: path, Desc: key.Desc})
	}
	if st.Name == "" {
		ix.Name = freeIndexName(catalog, nil, indexName(c.Name, ix.Keys, "idx"))
		return c, ix, nil
	}
	if _, found, err := catalog.Index(st.Name); st.IfNotExists && err == nil && found.Name == st.Name {
		return c, nil, nil
	}
	return c, ix, nil
}

// indexedPath returns the path of a component as documents have it: by declared name, the primary
// key under its own.
func indexedPath(st *parser.CreateIndex, c *engine.Collection, p *parser.Path) (document.Path, error) {
	path := declaredPath(c, p)
	if path.HasWildcard() {
		return nil, failAt(st, p.Pos(), fmt.Sprintf("an index on %s: the elements of arrays can't be indexed", path), "")
	}
	if isPrimary(c, path) && c.PrimaryKey != "" {
		return document.FieldPath(c.PrimaryKey), nil
	}
	if !c.Open && !isPrimary(c, path) && !below(c, path) {
		return nil, noField(st, c, p)
	}
	return path, nil
}

// below reports whether a path is a declared field or below or above one.
func below(c *engine.Collection, path document.Path) bool {
	for i := range c.Fields {
		if f := c.Fields[i].Path; path.HasPrefix(f) || f.HasPrefix(path) {
			return true
		}
	}
	return false
}

// indexName makes up the name of an index: users_address_city_idx.
func indexName(collection string, keys []engine.Key, suffix string) string {
	parts := []string{collection}
	for _, k := range keys {
		for _, step := range k.Path {
			if step.Kind == document.StepField {
				parts = append(parts, step.Name)
			} else {
				parts = append(parts, fmt.Sprint(step.Index))
			}
		}
	}
	return strings.Join(append(parts, suffix), "_")
}

// freeIndexName returns a name that no index has, also none of those in taken: name, name1, name2, ...
func freeIndexName(catalog *engine.Catalog, taken []*engine.Index, name string) string {
	free := name
	for n := 1; ; n++ {
		_, _, err := catalog.Index(free)
		if err != nil && !slices.ContainsFunc(taken, func(ix *engine.Index) bool { return ix.Name == free }) {
			return free
		}
		free = fmt.Sprint(name, n)
	}
}

func dropIndex(ctx context.Context, tx *engine.Tx, st *parser.DropIndex) error {
	c, ix, err := tx.Catalog().Index(st.Name)
	var unknown *engine.UnknownIndexError
	if st.IfExists && errors.As(err, &unknown) {
		return nil
	}
	if err != nil {
		return err
	}
	if st.Table != "" {
		table, err := tx.Catalog().Collection(st.Table)
		if err != nil {
			return err
		}
		if table != c {
			return failAt(st, st.NameAt, fmt.Sprintf("index %q is on %q, not on %q", ix.Name, c.Name, table.Name), "")
		}
	}
	if ix.Constraint {
		return failAt(st, st.NameAt, fmt.Sprintf("index %q keeps a UNIQUE or PRIMARY KEY of %q: it goes with the collection", ix.Name, c.Name), "")
	}
	return tx.DropIndex(ctx, c, ix)
}
