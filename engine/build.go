package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
)

// Building an index on a large collection, while others write to it:
//
//  1. A commit puts the index among those being built. While its transaction holds up all
//     others, a snapshot is taken: what is in it was written without knowing of the index, and
//     whoever commits later knows.
//  2. Who knows writes down what happens to each entry of each document, under the
//     tag of builds: the last thing that happened. Counters are kept as ever.
//  3. The snapshot is scanned, its entries are sorted, and loaded at once. The sort meets two documents
//     with one key of a unique index.
//  4. What was written down is applied to the loaded entries, in transactions that hold up
//     others, a limited number at a time. All that happened to one key is applied
//     together, first what was removed: if then another document has the key, it is a duplicate now.
//  5. The one that leaves nothing behind also makes the index ready.
//
// If it fails, or the process ends, the index is still among those being
// built: it is removed at once, or by the next Open.
const (
	buildRemoved = 0 // first byte of a build value: the entry that follows is gone
	buildSet     = 1 // the entry is there

	smallBuild    = 10_000 // documents; up to here an index is created in one transaction
	replayedBatch = 4096   // entries applied in one transaction
	replayedBytes = 1 << 20
)

// noteBuild writes down what happened to an entry. The _id is always part of the key.
func (t *Tx) noteBuild(x *indexWriter, e *index.Entry, what byte) error {
	key := append(bytes.Clone(e.Key), x.OwnerID(e.Value)...)
	key[0] = tagBuild
	return t.txn.Set(key, append([]byte{what}, e.Value...))
}

// CreateIndex builds an index in transactions of its own, while others may
// write to the collection. d.ID is ignored. When it returns an error there is no index.
// Its entries are sorted in what memory gives, where that is nil in a quarter of WorkMemory.
func (db *DB) CreateIndex(ctx context.Context, collection string, d def.Index, memory BuildMemory) error {
	for try := 0; ; try++ {
		done, err := db.createSmallIndex(ctx, collection, d, try > 2)
		if done || err != nil && !errors.Is(err, storage.ErrConflict) {
			return err
		}
		if err == nil {
			break // too large
		}
	}
	b, err := db.beginBuild(ctx, collection, d)
	if err != nil {
		return err
	}
	if memory == nil {
		memory = index.Limited(db.WorkMemory() / 4)
	}
	b.memory = memory
	err = b.run(ctx)
	if err != nil {
		// Not by the context that may have ended the build.
		err = errors.Join(err, b.remove(context.WithoutCancel(ctx)))
	}
	return err
}

// BuildMemory is what the sort of an index build draws from.
type BuildMemory = index.Memory

// createSmallIndex creates the index in one transaction; done is false when
// the collection is too large for that.
func (db *DB) createSmallIndex(ctx context.Context, collection string, d def.Index, exclusive bool) (done bool, err error) {
	t, err := db.Begin(ctx, TxOptions{Exclusive: exclusive})
	if err != nil {
		return true, err
	}
	defer t.Rollback()
	c, err := t.Catalog().Collection(collection)
	if err == nil {
		err = t.CreateIndex(ctx, c, d)
	}
	switch {
	case errors.Is(err, ErrTooManyDocuments):
		return false, nil
	case err != nil:
		return true, err
	}
	err = t.Commit(ctx)
	return err == nil, err
}

// build is an index on its way.
type build struct {
	db         *DB
	collection string
	x          *indexState
	snapshot   *Tx
	memory     BuildMemory
	loaded     int64 // entries made from the snapshot
	arrays     int64
	physical   int64 // entries there are
}

// Steps of a build, for who watches it. Making the entries and loading them take about as long.
const (
	progressScan = 50 // percent when the entries are made
	progressLoad = 95 // and loaded
)

// beginBuild is step 1.
func (db *DB) beginBuild(ctx context.Context, collection string, d def.Index) (*build, error) {
	t, err := db.Begin(ctx, TxOptions{Exclusive: true})
	if err != nil {
		return nil, err
	}
	defer t.Rollback()
	c, err := t.Catalog().Collection(collection)
	if err != nil {
		return nil, err
	}
	e, err := t.entry(c)
	if err != nil {
		return nil, err
	}
	ix, err := t.claimIndex(ctx, e.Name, d)
	if err != nil {
		return nil, err
	}
	next := e.definition
	next.building = append(slices.Clone(e.definition.building), ix)
	if err := t.putDefinition(ctx, e, next); err != nil {
		return nil, err
	}
	snapshot, err := db.Begin(ctx, TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	b := &build{db: db, collection: c.Name, snapshot: snapshot}
	for _, x := range t.catalog.entries[c.Name].building {
		if x.Def == ix {
			b.x = x
		}
	}
	if err := t.Commit(ctx); err != nil {
		snapshot.Rollback()
		return nil, err
	}
	return b, nil
}

func (b *build) run(ctx context.Context) error {
	defer b.snapshot.Rollback()
	if err := b.load(ctx); err != nil {
		return err
	}
	b.snapshot.Rollback() // no longer holds up what the store drops
	for {
		ready, err := b.replay(ctx)
		if ready || err != nil {
			return err
		}
	}
}

// load is step 3.
func (b *build) load(ctx context.Context) error {
	c, err := b.snapshot.Catalog().Collection(b.collection)
	if err != nil {
		return err
	}
	entries := index.NewSorter(b.memory)
	defer entries.Close()
	if err := b.makeEntries(ctx, c, entries); err != nil {
		return err
	}
	lo, hi := keyRange(tagIndex, b.x.Def.ID)
	b.physical = b.loaded
	switch err := b.db.store.Load(ctx, lo, hi, &watched{Sorter: entries, progress: &b.x.progress}); {
	case errors.Is(err, index.ErrSameKey):
		return b.duplicate(ctx, b.snapshot, entries.Value())
	case err != nil:
		return fmt.Errorf("index %s: %w", b.x.Def.Name, err)
	}
	return nil
}

// makeEntries makes an entry of each document of the snapshot.
func (b *build) makeEntries(ctx context.Context, c *def.Collection, entries *index.Sorter) error {
	documents, err := b.snapshot.Count(ctx, c)
	if err != nil {
		return err
	}
	scan := b.snapshot.Scan(ctx, c, nil, false)
	defer scan.Close()
	var e index.Entry
	var idKey []byte
	for scan.Next() {
		rec := scan.Record()
		id := rec.ID()
		idKey = document.AppendID(idKey[:0], id)
		b.x.Entry(&e, rec, idKey, document.KindByteID(id))
		if err := entries.Add(e.Key, e.Value); err != nil {
			return err
		}
		if b.loaded++; b.loaded%1024 == 0 {
			b.x.progress.Store(progressScan * b.loaded / max(documents, b.loaded))
		}
		if e.Array {
			b.arrays++
		}
	}
	return scan.Err()
}

// watched is a sorter that tells how far its reader is.
type watched struct {
	*index.Sorter
	progress *atomic.Int64
	n        int64
}

func (w *watched) Next() bool {
	if w.n++; w.n%1024 == 0 {
		w.progress.Store(progressScan + (progressLoad-progressScan)*w.n/max(int64(w.Len()), w.n))
	}
	return w.Sorter.Next()
}

// duplicate names the value of a duplicate entry by the document that it belongs to.
func (b *build) duplicate(ctx context.Context, t *Tx, entry []byte) error {
	c, err := t.Catalog().Collection(b.collection)
	if err != nil {
		return err
	}
	value := document.Missing()
	err = t.GetMany(ctx, c, [][]byte{b.x.OwnerID(entry)}, func(_ int, rec *document.Record) error {
		if rec != nil {
			value = b.x.Values(rec)
		}
		return nil
	})
	return errors.Join(err, &DuplicateKeyError{Collection: b.collection, Index: b.x.Def.Name, Value: value})
}
