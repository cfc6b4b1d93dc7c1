package executor

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner"
)

// createAs runs CREATE TABLE or COLLECTION ... AS query: both, or nothing. A table without fields of its own has
// the columns of the query.
func (s *Session) createAs(r *resultSets, st *parser.CreateCollection) error {
	return s.change(r.ctx, func(tx *engine.Tx) error {
		r.result = Result{}
		if c, err := tx.Catalog().Collection(st.Name); err == nil && st.IfNotExists && c.Name == st.Name {
			return nil
		}
		cat := &catalog{ctx: r.ctx, tx: tx}
		plan, err := planner.Build(st.Query, cat, planner.Options{})
		if err != nil {
			return err
		}
		insert := &parser.Insert{Meta: st.Query.Meta, Table: parser.TableName{Name: st.Name, At: st.NameAt}, Query: st.Query}
		defined := *st
		if st.Table && len(st.Fields) == 0 && !wholeDocuments(st.Query) {
			for i := range plan.Columns {
				c := &plan.Columns[i]
				path := &parser.Path{At: parser.At(st.Query.Start), Steps: document.FieldPath(c.Name)}
				insert.Columns = append(insert.Columns, path)
				if c.Name != document.IDField {
					defined.Fields = append(defined.Fields, parser.FieldDef{Path: path, Type: typeName(c.Type)})
				}
			}
		}
		if err := createCollection(r.ctx, tx, &defined); err != nil {
			return err
		}
		if plan, err = planner.Build(insert, cat, planner.Options{}); err != nil {
			return err
		}
		m := r.newModifier(tx, plan)
		defer m.x.close()
		err = m.run()
		r.result = m.result
		return err
	})
}

// wholeDocuments reports whether a query is SELECT VALUE.
func wholeDocuments(q *parser.Query) bool {
	sel, ok := q.Body.(*parser.Select)
	return ok && len(sel.Items) == 1 && sel.Items[0].Value
}

// typeName is the declared type of a column, none where it may hold anything.
func typeName(column string) parser.TypeName {
	if t, ok := engine.ParseType(column, nil); ok && t != engine.Any {
		return parser.TypeName{Name: column}
	}
	return parser.TypeName{}
}
