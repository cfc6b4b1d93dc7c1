package engine

import "github.com/fluxdb/fluxdb/storage"

// Stats are figures of a database.
type Stats struct {
	Store storage.Stats
	// Collections and their Indexes, of which some may be Building.
	Collections, Indexes, Building int
	// Shapes are known structures of documents, Fields the numbered paths of all collections. Catalog
	// is about what they and the definitions take in memory.
	Shapes, Fields int
	Catalog        storage.Share
}

// Stats returns figures of the database and its store.
func (db *DB) Stats() Stats {
	st := Stats{Store: db.store.Stats(), Catalog: storage.Share{Name: "catalog", Limit: db.catalogShare()}}
	for _, e := range db.catalogs.newest().entries {
		st.Collections++
		st.Indexes += len(e.indexes)
		st.Building += len(e.building)
		st.Shapes += e.space.dict.Len()
		st.Fields += len(*e.space.paths.Load())
		st.Catalog.Used += e.size()
	}
	return st
}

// What things take in memory, about.
const (
	definitionSize = 2 << 10
	leafSize       = 160 // of a shape: its names, its node, its number
	fieldSize      = 200
)

// size is about what a collection takes in memory.
func (e *entry) size() int64 {
	n := definitionSize * (1 + len(e.Fields) + len(e.indexes) + len(e.building))
	for _, slots := range *e.space.shapeFields.Load() {
		n += leafSize * (1 + len(slots))
	}
	return int64(n + fieldSize*len(*e.space.paths.Load()))
}

// catalogShare is what the catalog may take before no more shapes are admitted: a
// sixteenth of the budget.
func (db *DB) catalogShare() int64 { return db.WorkMemory() / 2 }

// roomForShapes reports whether the catalog is within its share. Documents without a shape are stored
// with their names.
func (db *DB) roomForShapes() bool {
	var n int64
	for _, e := range db.catalogs.newest().entries {
		n += e.size()
	}
	return n < db.catalogShare()
}
