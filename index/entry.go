package index

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
)

// Index is an index ready for use: its definition, the prefix of its entries and
// its paths compiled. It is safe for use by many goroutines.
type Index struct {
	Def    *def.Index
	prefix []byte
	paths  []*document.Accessor
}

// New returns the index with this definition, whose entries begin with prefix.
func New(d *def.Index, prefix []byte) *Index {
	x := &Index{Def: d, prefix: prefix, paths: make([]*document.Accessor, len(d.Keys))}
	for i := range d.Keys {
		x.paths[i] = document.NewAccessor(d.Keys[i].Path)
	}
	return x
}

// Prefix returns the prefix of all entries, which must not be changed.
func (x *Index) Prefix() []byte { return x.prefix }

// Entry is one document's entry. Its slices are reused by the next call of Index.Entry.
type Entry struct {
	Key, Value []byte
	// Unique says that no other document may have the same key.
	Unique bool
	// Array says that one of the components is an array.
	Array bool
}

// Entry makes e the entry of rec, whose _id has this key and kind byte.
func (x *Index) Entry(e *Entry, rec *document.Record, idKey []byte, idKind byte) {
	e.Key = append(e.Key[:0], x.prefix...)
	e.Value = e.Value[:0]
	e.Unique, e.Array = x.Def.Unique, false
	for i, path := range x.paths {
		v := rec.Lookup(path)
		var cut bool
		e.Key, cut = document.AppendKey(e.Key, v, x.Def.Keys[i].Desc)
		e.Value = append(e.Value, document.KindByte(v, cut))
		switch {
		case v.IsNull() && !x.Def.NullsNotDistinct:
			e.Unique = false
		case v.Kind() == document.KindArray:
			e.Array = true
		}
	}
	e.Value = append(e.Value, idKind)
	if e.Unique {
		e.Value = append(e.Value, idKey...)
	} else {
		e.Key = append(e.Key, idKey...)
	}
}

// Values returns what rec has on the paths of the index: the one value, or an array of
// them when there are several. It shares no memory with rec.
func (x *Index) Values(rec *document.Record) document.Value {
	values := make([]document.Value, len(x.paths))
	for i, path := range x.paths {
		values[i] = rec.Lookup(path).Clone()
	}
	if len(values) == 1 {
		return values[0]
	}
	return document.Array(values)
}

// OwnerID returns the _id in the value of a unique entry, nil when it is in the key.
func (x *Index) OwnerID(value []byte) []byte {
	if n := len(x.paths) + 1; len(value) > n {
		return value[n:]
	}
	return nil
}
