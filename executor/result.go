package executor

import "github.com/fluxdb/fluxdb/document"

// Result is what a statement without rows did.
type Result struct {
	// RowsAffected is how many documents were inserted, matched by an UPDATE or removed.
	RowsAffected int64
	// LastInsertID is the _id of the last document inserted, MISSING without one.
	LastInsertID document.Value
}
