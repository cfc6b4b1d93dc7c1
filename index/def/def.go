// Package def holds the definitions of collections, fields and indexes: plain
// immutable values that catalog, planner and index maintenance share. It is a leaf.
package def

import "github.com/fluxdb/fluxdb/document"

// Collection is one version of a collection's definition. It is immutable.
type Collection struct {
	Name string
	// ID is the key space of this generation of the collection; dropping or
	// clearing gives a new one. 0 is no collection.
	ID uint64
	// Open collections store any field; closed ones exactly Fields.
	Open bool
	// Fields are the declared fields in order.
	Fields []Field
	// PrimaryKey is the declared name of _id, or "" when it has none
	// (then the field is called _id).
	PrimaryKey string
	// Sequence says that a missing primary key is drawn from the collection's sequence.
	Sequence bool
	// Indexes are in the order of creation.
	Indexes []*Index
}

// Field is a declared field.
type Field struct {
	Path     document.Path
	Type     Type
	NotNull  bool
	Default  string // SQL text of the default expression; "" is none
	TypeText string // as it was declared, for SHOW
}

// Index is an ordered secondary index. It is immutable.
type Index struct {
	Name string
	// ID is the index's own key space.
	ID     uint64
	Keys   []Key
	Unique bool
	// NullsNotDistinct makes NULL and MISSING count as equal values for uniqueness.
	NullsNotDistinct bool
	// Constraint is true for an index that a UNIQUE or PRIMARY KEY made; DROP INDEX refuses it.
	Constraint bool
}

// Key is one component of an index.
type Key struct {
	Path document.Path
	Desc bool
}
