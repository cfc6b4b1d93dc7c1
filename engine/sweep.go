package engine

import (
	"context"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/storage"
)

// sweep removes what a process that ended early left behind: indexes that were being
// built, and the keys of generations that no catalog names (dropped ones whose
// keys it did not come to drop, ones whose transaction was rolled back).
func (db *DB) sweep(ctx context.Context) error {
	t, err := db.Begin(ctx, TxOptions{})
	if err != nil {
		return err
	}
	defer t.Rollback()
	used := map[uint64]bool{0: true} // the sequence of ids
	for _, e := range t.catalog.entries {
		for _, x := range e.building {
			if err := t.removeBuild(ctx, t.catalog.entries[e.Name], x); err != nil {
				return err
			}
		}
		used[e.ID] = true
		used[e.definition.sequence] = true
		for _, x := range e.indexes {
			used[x.Def.ID] = true
		}
	}
	for _, tag := range []byte{tagSequence, tagShape, tagField, tagDocument, tagIndex, tagBuild} {
		if err := t.sweepTag(ctx, tag, used); err != nil {
			return err
		}
	}
	if t.drops = append(t.drops, db.superseded...); len(t.drops) == 0 {
		return nil
	}
	return t.Commit(ctx)
}

// sweepTag drops the keys of a tag whose id is not used. It goes from id to id.
func (t *Tx) sweepTag(ctx context.Context, tag byte, used map[uint64]bool) error {
	it := t.txn.Scan(ctx, storage.ScanOptions{Lower: []byte{tag}, Upper: []byte{tag + 1}, KeysOnly: true})
	defer it.Close()
	for ok := it.Next(); ok; {
		id, _, err := splitKey(it.Key())
		if err != nil {
			return err
		}
		lo, hi := keyRange(tag, id)
		if !used[id] {
			t.drops = append(t.drops, dropRange{lo, hi})
		}
		ok = it.Seek(document.KeyLimit(lo))
	}
	return it.Err()
}
