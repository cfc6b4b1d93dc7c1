// Package engine is the transactional document engine: collections, their
// definitions, shapes, fields, indexes and counters, over any storage.Store.
//
// A DB is opened on a store. A Tx reads and writes documents and definitions as
// one serializable unit; storage.ErrConflict from Commit means that nothing was
// done and that it may be run again.
//
// The life of an Insert:
//
//  1. The collection's catalog key is read, once a transaction, so that a change of the
//     definition and a write to the collection conflict (writer.go).
//  2. The document gets its _id in front, declared fields are coerced, defaults
//     filled in, and it is validated (incoming.go, declared.go).
//  3. It is encoded by a shape of the collection (shapes.go); a new shape or field name is
//     noted durably, beside all transactions, before the first record that uses it (notes.go).
//  4. Its _id and unique entries are looked up, then the record and the index
//     entries are written (write.go).
//  5. Counters are summed up in memory and added at commit (tally.go).
//
// Memory follows commits, in their order: catalog, live fields and estimates
// change in the store's OnCommit only, as immutable values with the version that made
// them, so that a transaction finds those of its own snapshot.
package engine
