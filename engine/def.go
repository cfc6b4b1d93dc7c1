package engine

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
)

// What collections are made of, under the engine's name: the floors above the engine speak of
// definitions without knowing the leaf that holds them.
type (
	// Collection is one version of a collection's definition.
	Collection = def.Collection
	// Field is a declared field.
	Field = def.Field
	// FieldSet is the observed fields of an open collection at one moment.
	FieldSet = def.FieldSet
	// Index is an ordered secondary index.
	Index = def.Index
	// Key is one component of an index.
	Key = def.Key
	// Type is a declared field type.
	Type = def.Type
)

// The declared field types.
const (
	Any       = def.Any
	Bool      = def.Bool
	Int       = def.Int
	Float     = def.Float
	Text      = def.Text
	Blob      = def.Blob
	Timestamp = def.Timestamp
	Object    = def.Object
	Array     = def.Array
)

// ParseType returns the type that SQL calls name, with the arguments written after it.
func ParseType(name string, args []int64) (Type, bool) { return def.ParseType(name, args) }

// TypeNames returns all names that ParseType knows, sorted.
func TypeNames() []string { return def.TypeNames() }

// Coerce returns v as a field of type t stores it. The error is a *document.ValueError.
func Coerce(t Type, v document.Value) (document.Value, error) { return def.Coerce(t, v) }
