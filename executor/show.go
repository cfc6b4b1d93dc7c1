package executor

import (
	"fmt"
	"strings"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/parser"
)

var (
	collectionColumns = []Column{
		{Name: "name", Type: "TEXT"}, {Name: "kind", Type: "TEXT"}, {Name: "documents", Type: "INTEGER"}, {Name: "indexes", Type: "INTEGER"},
	}
	indexColumns = []Column{
		{Name: "collection", Type: "TEXT"}, {Name: "name", Type: "TEXT"}, {Name: "keys", Type: "TEXT"},
		{Name: "unique", Type: "BOOL"}, {Name: "entries", Type: "INTEGER"}, {Name: "state", Type: "TEXT"},
	}
)

// show yields the collections or indexes by name.
func (s *Session) show(r *resultSets, st *parser.Show) error {
	tx, own, err := s.snapshot(r.ctx)
	if err != nil {
		return err
	}
	if own {
		defer tx.Rollback()
	}
	collections := tx.Catalog().Collections()
	if st.Table != "" {
		c, err := tx.Catalog().Collection(st.Table)
		if err != nil {
			return err
		}
		collections = []*engine.Collection{c}
	}
	if st.What == "INDEXES" {
		r.begin(&lines{showIndexes(tx, collections)}, nil, indexColumns, nil)
	} else {
		r.begin(&lines{showCollections(tx, collections)}, nil, collectionColumns, nil)
	}
	return nil
}

func showCollections(tx *engine.Tx, collections []*engine.Collection) [][]document.Value {
	rows := make([][]document.Value, len(collections))
	for i, c := range collections {
		kind := "closed"
		if c.Open {
			kind = "open"
		}
		rows[i] = []document.Value{
			document.String(c.Name), document.String(kind),
			document.Int(tx.EstimateCount(c)), document.Int(int64(len(c.Indexes))),
		}
	}
	return rows
}

func showIndexes(tx *engine.Tx, collections []*engine.Collection) [][]document.Value {
	var rows [][]document.Value
	for _, c := range collections {
		for _, ix := range c.Indexes {
			rows = append(rows, []document.Value{
				document.String(c.Name), document.String(ix.Name), document.String(describeKeys(ix.Keys)),
				document.Bool(ix.Unique), document.Int(tx.Entries(c, ix)), document.String("ready"),
			})
		}
		for _, b := range tx.Builds(c) {
			rows = append(rows, []document.Value{
				document.String(c.Name), document.String(b.Name), document.String(describeKeys(b.Keys)),
				document.Bool(b.Unique), document.Null(), document.String(fmt.Sprintf("building, %d %%", b.Percent)),
			})
		}
	}
	return rows
}

// describeKeys prints the components of an index as CREATE INDEX takes them.
func describeKeys(keys []engine.Key) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = k.Path.String()
		if k.Desc {
			parts[i] += " DESC"
		}
	}
	return strings.Join(parts, ", ")
}
