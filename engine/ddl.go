package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
)

// Limits of a database. Every change of definitions copies the list of collections, and every write of
// a document visits the indexes.
const (
	maxCollections = 10_000
	maxIndexes     = 64 // of a collection
)

// CreateCollection makes a collection, with its indexes if it has some. The ids in d are
// ignored. It returns ErrCollectionExists when there is one of exactly this name.
func (t *Tx) CreateCollection(ctx context.Context, d def.Collection) error {
	if t.readOnly {
		return storage.ErrReadOnly
	}
	if err := validateCollection(&d); err != nil {
		return err
	}
	if _, exists, err := t.get(ctx, catalogKey(d.Name)); err != nil {
		return err
	} else if exists && t.catalog.entries[d.Name] == nil {
		// The catalog is that of a version which the snapshot surely holds, and the snapshot has more: a commit
		// that was under way. Tried again, the transaction finds the collection.
		return fmt.Errorf("collection %s was created meanwhile: %w", d.Name, storage.ErrConflict)
	} else if exists {
		return fmt.Errorf("collection %s: %w", d.Name, ErrCollectionExists)
	}
	var err error
	if d.ID, err = t.db.newID(ctx); err != nil {
		return err
	}
	next := definition{Collection: &d}
	if d.Sequence {
		next.sequence = d.ID
	}
	d.Fields = slices.Clone(d.Fields)
	if failed := compileDeclared(&d, t.db.opts.Compiler).firstError(); failed != nil {
		return invalidDefinition("collection %s: %v", d.Name, failed)
	}
	indexes := d.Indexes
	d.Indexes = nil
	for _, given := range indexes {
		ix, err := t.claimIndex(ctx, d.Name, *given)
		if err != nil {
			return err
		}
		ix.Constraint = given.Constraint
		d.Indexes = append(d.Indexes, ix)
	}
	return t.putDefinition(ctx, nil, next)
}

// putDefinition stores a new definition in place of old, nil for a new collection.
func (t *Tx) putDefinition(ctx context.Context, old *entry, next definition) error {
	had := 0
	if old != nil {
		had = len(old.indexes) + len(old.building)
	}
	if n := len(next.Indexes) + len(next.building); n > max(maxIndexes, had) {
		return invalidDefinition("collection %s: %d indexes, expected at most %d", next.Name, n, maxIndexes)
	}
	if n := len(t.catalog.entries); old == nil && n >= maxCollections {
		return invalidDefinition("collection %s: there are %d collections, expected at most %d", next.Name, n, maxCollections)
	}
	key := catalogKey(next.Name)
	if _, _, err := t.get(ctx, key); err != nil { // joins the read set
		return err
	}
	if err := t.txn.Set(key, encodeDefinition(next)); err != nil {
		return err
	}
	var sp *space
	states := map[uint64]*indexState{}
	if old != nil {
		if old.ID == next.ID {
			sp = old.space
		}
		for _, x := range slices.Concat(old.indexes, old.building) {
			states[x.Def.ID] = x
		}
	}
	t.setCatalog(change{next.Name, t.db.newEntry(next, sp, states)})
	return nil
}

// DropCollection removes a collection with everything in it, in constant time.
func (t *Tx) DropCollection(ctx context.Context, c *def.Collection) error {
	e, err := t.forget(ctx, c)
	if err != nil {
		return err
	}
	if err := t.txn.Delete(catalogKey(e.Name)); err != nil {
		return err
	}
	for _, x := range e.indexes {
		if err := t.txn.Delete(nameKey(tagIndexName, x.Def.Name)); err != nil {
			return err
		}
	}
	t.setCatalog(change{e.Name, nil})
	if e.definition.sequence != 0 {
		t.drop(tagSequence, e.definition.sequence)
	}
	return nil
}

// Truncate removes all documents of a collection, in constant time. Its sequence goes on.
func (t *Tx) Truncate(ctx context.Context, c *def.Collection) error {
	e, err := t.forget(ctx, c)
	if err != nil {
		return err
	}
	fresh := *e.Collection
	if fresh.ID, err = t.db.newID(ctx); err != nil {
		return err
	}
	fresh.Indexes = nil
	for _, ix := range e.Indexes {
		again := *ix
		if again.ID, err = t.db.newID(ctx); err != nil {
			return err
		}
		fresh.Indexes = append(fresh.Indexes, &again)
	}
	return t.putDefinition(ctx, e, definition{Collection: &fresh, sequence: e.definition.sequence})
}

// forget gives up a generation of a collection: its counters are brought to 0 and its
// keys dropped after the commit. Indexes that are being built go with it.
func (t *Tx) forget(ctx context.Context, c *def.Collection) (*entry, error) {
	if t.readOnly {
		return nil, storage.ErrReadOnly
	}
	e, err := t.entry(c)
	if err != nil {
		return nil, err
	}
	if err := t.observeAll(ctx, e); err != nil {
		return nil, err
	}
	for _, x := range e.building {
		if err := t.txn.Delete(nameKey(tagIndexName, x.Def.Name)); err != nil {
			return nil, err
		}
	}
	if err := t.zero(ctx, e.ID, nil); err != nil {
		return nil, err
	}
	t.drop(tagShape, e.ID)
	t.drop(tagField, e.ID)
	t.drop(tagDocument, e.ID)
	for _, x := range slices.Concat(e.indexes, e.building) {
		if err := t.zero(ctx, x.Def.ID, x); err != nil {
			return nil, err
		}
		t.drop(tagIndex, x.Def.ID)
		t.drop(tagBuild, x.Def.ID)
	}
	return e, nil
}

// observeAll makes the transaction depend on the definition and every document of a
// collection, as changing its counters at one stroke needs.
func (t *Tx) observeAll(ctx context.Context, e *entry) error {
	t.txn.Observe(keyRange(tagDocument, e.ID))
	return t.txn.Lock(ctx, catalogKey(e.Name))
}

// zero brings all counters of an id to 0.
func (t *Tx) zero(ctx context.Context, owner uint64, x *indexState) error {
	lo, hi := counterRange(owner)
	left := map[counterID]int64{}
	for i := range t.tallies.list {
		if c := &t.tallies.list[i]; c.id.owner == owner {
			left[c.id] = c.value
		}
	}
	err := t.txn.ScanCounters(ctx, lo, hi, func(key []byte, n int64) error {
		id, ok := parseCounter(key)
		if !ok {
			return fmt.Errorf("%w: counter %x", storage.ErrCorrupt, key)
		}
		left[id] += n
		return nil
	})
	for id, n := range left {
		if n != 0 {
			ref := t.tallies.ref(id, x)
			t.tallies.add(&ref, id, x, -n)
		}
	}
	return err
}

// CreateIndex creates an index within the transaction. d.ID is ignored. It
// returns ErrTooManyDocuments for a large collection, a *DuplicateKeyError when d is unique
// and the documents are not, and has then changed nothing that Savepoint does not undo.
func (t *Tx) CreateIndex(ctx context.Context, c *def.Collection, d def.Index) error {
	if t.readOnly {
		return storage.ErrReadOnly
	}
	e, err := t.entry(c)
	if err != nil {
		return err
	}
	if t.EstimateCount(c) > smallBuild {
		n, err := t.Count(ctx, c)
		if err != nil {
			return err
		}
		if n > smallBuild {
			return fmt.Errorf("index %s: %w: collection %s has %d, at most %d can be; create it outside the transaction",
				d.Name, ErrTooManyDocuments, c.Name, n, smallBuild)
		}
	}
	ix, err := t.claimIndex(ctx, e.Name, d)
	if err != nil {
		return err
	}
	if err := t.observeAll(ctx, e); err != nil {
		return err
	}
	next := e.definition
	coll := *next.Collection
	coll.Indexes = append(slices.Clone(coll.Indexes), ix)
	next.Collection = &coll
	if err := t.putDefinition(ctx, e, next); err != nil {
		return err
	}
	return t.fillIndex(ctx, &coll, ix)
}

// fillIndex writes the entries of all documents.
func (t *Tx) fillIndex(ctx context.Context, c *def.Collection, ix *def.Index) error {
	w, err := t.writer(c)
	if err != nil {
		return err
	}
	x := &w.indexes[slices.IndexFunc(w.indexes, func(x indexWriter) bool { return x.Def.ID == ix.ID })]
	scan := t.Scan(ctx, c, nil, false)
	defer scan.Close()
	for scan.Next() {
		if err := t.now.take(ctx, w, scan.Record().Data()); err != nil {
			return err
		}
		x.Entry(&x.now, &t.now.rec, t.now.idKey(), t.now.idKind)
		if err := t.checkUnique(ctx, w, x); err != nil {
			return err
		}
		if err := t.addEntry(x); err != nil {
			return err
		}
	}
	return scan.Err()
}

// claimIndex validates the definition of a new index and gives it its id and its name.
func (t *Tx) claimIndex(ctx context.Context, collection string, d def.Index) (*def.Index, error) {
	if err := validateIndex(&d); err != nil {
		return nil, err
	}
	key := nameKey(tagIndexName, d.Name)
	if _, exists, err := t.get(ctx, key); err != nil {
		return nil, err
	} else if exists {
		return nil, fmt.Errorf("index %s: %w", d.Name, ErrIndexExists)
	}
	id, err := t.db.newID(ctx)
	if err != nil {
		return nil, err
	}
	ix := d
	ix.ID, ix.Keys = id, slices.Clone(d.Keys)
	return &ix, t.txn.Set(key, []byte(collection))
}

// DropIndex removes an index, in constant time. It returns ErrConstraint for one
// that belongs to a constraint.
func (t *Tx) DropIndex(ctx context.Context, c *def.Collection, ix *def.Index) error {
	if t.readOnly {
		return storage.ErrReadOnly
	}
	e, err := t.entry(c)
	if err != nil {
		return err
	}
	x, err := t.index(c, ix)
	if err != nil {
		return err
	}
	if x.Def.Constraint {
		return fmt.Errorf("index %s of collection %s: %w", x.Def.Name, e.Name, ErrConstraint)
	}
	next := e.definition
	coll := *next.Collection
	coll.Indexes = slices.DeleteFunc(slices.Clone(coll.Indexes), func(other *def.Index) bool { return other.ID == ix.ID })
	next.Collection = &coll
	if err := t.observeAll(ctx, e); err != nil {
		return err
	}
	if err := t.putDefinition(ctx, e, next); err != nil {
		return err
	}
	return t.forgetIndex(ctx, x)
}

// forgetIndex gives up an index: its name, its counters, its keys.
func (t *Tx) forgetIndex(ctx context.Context, x *indexState) error {
	if err := t.txn.Delete(nameKey(tagIndexName, x.Def.Name)); err != nil {
		return err
	}
	t.drop(tagIndex, x.Def.ID)
	t.drop(tagBuild, x.Def.ID)
	return t.zero(ctx, x.Def.ID, x)
}
