package engine

import (
	"fmt"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
)

// A definition is stored as a document (document.AppendValue), so that it can gain
// fields that an older build does not look at:
//
//	{name, id, open, primary_key, sequence, fields: [{path, type, not_null, default, declared}],
//	 indexes: [{name, id, keys: [{path, desc}], unique, nulls_not_distinct, constraint}], building: [...]}
//
// sequence is the id of the collection's sequence, 0 for none; building are the
// indexes that are not ready.

// definition is what the catalog stores of a collection.
type definition struct {
	*def.Collection
	sequence uint64
	building []*def.Index
}

func field(name string, v document.Value) document.Field { return document.Field{Name: name, Value: v} }

func encodeDefinition(d definition) []byte {
	fields := make([]document.Value, len(d.Fields))
	for i, f := range d.Fields {
		fields[i] = document.Object([]document.Field{
			field("path", document.String(f.Path.String())),
			field("type", document.String(f.Type.String())),
			field("not_null", document.Bool(f.NotNull)),
			field("default", document.String(f.Default)),
			field("declared", document.String(f.TypeText)),
		})
	}
	return document.AppendValue(nil, document.Object([]document.Field{
		field("name", document.String(d.Name)),
		field("id", document.Int(int64(d.ID))),
		field("open", document.Bool(d.Open)),
		field("primary_key", document.String(d.PrimaryKey)),
		field("sequence", document.Int(int64(d.sequence))),
		field("fields", document.Array(fields)),
		field("indexes", encodeIndexes(d.Indexes)),
		field("building", encodeIndexes(d.building)),
	}))
}

func encodeIndexes(list []*def.Index) document.Value {
	out := make([]document.Value, len(list))
	for i, ix := range list {
		keys := make([]document.Value, len(ix.Keys))
		for k, key := range ix.Keys {
			keys[k] = document.Object([]document.Field{
				field("path", document.String(key.Path.String())), field("desc", document.Bool(key.Desc)),
			})
		}
		out[i] = document.Object([]document.Field{
			field("name", document.String(ix.Name)),
			field("id", document.Int(int64(ix.ID))),
			field("keys", document.Array(keys)),
			field("unique", document.Bool(ix.Unique)),
			field("nulls_not_distinct", document.Bool(ix.NullsNotDistinct)),
			field("constraint", document.Bool(ix.Constraint)),
		})
	}
	return document.Array(out)
}

// decodeDefinition reads what encodeDefinition wrote. What it returns shares
// nothing with b.
func decodeDefinition(b []byte) (d definition, err error) {
	v, rest, err := document.ReadValue(b)
	if err != nil || len(rest) > 0 {
		return d, fmt.Errorf("%w: definition of a collection", storage.ErrCorrupt)
	}
	v = v.Clone()
	c := &def.Collection{
		Name:       v.Get("name").AsString(),
		ID:         uint64(v.Get("id").AsInt()),
		Open:       v.Get("open").AsBool(),
		PrimaryKey: v.Get("primary_key").AsString(),
	}
	d = definition{Collection: c, sequence: uint64(v.Get("sequence").AsInt())}
	c.Sequence = d.sequence != 0
	for _, fv := range v.Get("fields").AsArray() {
		f := def.Field{
			NotNull:  fv.Get("not_null").AsBool(),
			Default:  fv.Get("default").AsString(),
			TypeText: fv.Get("declared").AsString(),
		}
		var known bool
		f.Type, known = def.ParseType(fv.Get("type").AsString(), nil)
		f.Path, err = document.ParsePath(fv.Get("path").AsString())
		if err != nil || !known {
			return d, fmt.Errorf("%w: field %s of collection %s", storage.ErrCorrupt, fv.Get("path").AsString(), c.Name)
		}
		c.Fields = append(c.Fields, f)
	}
	if c.Indexes, err = decodeIndexes(v.Get("indexes")); err == nil {
		d.building, err = decodeIndexes(v.Get("building"))
	}
	if err == nil && (c.ID == 0 || c.Name == "") {
		err = fmt.Errorf("%w: definition of collection %q", storage.ErrCorrupt, c.Name)
	}
	return d, err
}

func decodeIndexes(v document.Value) (list []*def.Index, err error) {
	for _, xv := range v.AsArray() {
		ix := &def.Index{
			Name:             xv.Get("name").AsString(),
			ID:               uint64(xv.Get("id").AsInt()),
			Unique:           xv.Get("unique").AsBool(),
			NullsNotDistinct: xv.Get("nulls_not_distinct").AsBool(),
			Constraint:       xv.Get("constraint").AsBool(),
		}
		for _, kv := range xv.Get("keys").AsArray() {
			path, err := document.ParsePath(kv.Get("path").AsString())
			if err != nil {
				return nil, fmt.Errorf("%w: index %s: %w", storage.ErrCorrupt, ix.Name, err)
			}
			ix.Keys = append(ix.Keys, def.Key{Path: path, Desc: kv.Get("desc").AsBool()})
		}
		if ix.ID == 0 || len(ix.Keys) == 0 {
			return nil, fmt.Errorf("%w: index %q", storage.ErrCorrupt, ix.Name)
		}
		list = append(list, ix)
	}
	return list, nil
}
