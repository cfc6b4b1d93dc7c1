// Package document says what a FluxDB document is: values and their kinds,
// their total order, paths into them, JSON in and out, conversion from and to
// Go values, the stored record format and the ordered key encoding.
//
// It is a leaf: every other package speaks it and it knows none of them.
package document

// Limits of one document.
const (
	// MaxSize is the largest document, in bytes of its stored form and of its JSON text.
	MaxSize = 16 << 20
	// MaxDepth is how deep objects and arrays may nest; the document itself is depth 1.
	MaxDepth = 100
	// MaxIDSize is the largest string or bytes _id, in bytes.
	MaxIDSize = 1 << 10
	// IDField is the name of the primary key field.
	IDField = "_id"
)
