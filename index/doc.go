// Package index keeps ordered secondary indexes: which entry a document has, how
// ranges of values become ranges of keys, and how entries are scanned and built.
// It knows keys and documents, not collections or transactions' catalogs.
//
// An entry of an index with n components:
//
//	key:    prefix (9 bytes)  component 1 ... component n  [_id]
//	value:  kind byte of each component  kind byte of the _id  [_id]
//
// Components and _id are ordered keys (document.AppendKey, AppendID). The _id
// stands in the value where the components must be unique, otherwise at the end of the
// key. A unique index exempts entries with a NULL or MISSING component, which then are
// stored like those of a plain one, unless it says NULLS NOT DISTINCT.
//
// The kind bytes tell an int from a float and missing from null, so that a scan
// gives back exactly what the document holds. Objects, arrays and components
// cut at document.MaxKeyComponent bytes are inexact: the document has to be read.
package index
