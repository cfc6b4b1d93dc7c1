package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
)

// replay is step 4 of a build, for one batch, and step 5 when nothing is left.
func (b *build) replay(ctx context.Context) (ready bool, err error) {
	t, err := b.db.Begin(ctx, TxOptions{Exclusive: true})
	if err != nil {
		return false, err
	}
	defer t.Rollback()
	e, err := b.present(t)
	if err != nil {
		return false, err
	}
	left, change, err := b.applyBatch(ctx, t)
	if err != nil {
		return false, err
	}
	if !left {
		if err := b.finish(ctx, t, e, b.physical+change); err != nil {
			return false, err
		}
	}
	if err := t.Commit(ctx); err != nil {
		return false, err
	}
	b.physical += change
	return !left, nil
}

// present returns the collection's entry if it still has the build.
func (b *build) present(t *Tx) (*entry, error) {
	e := t.catalog.entries[b.collection]
	if e == nil || !slices.Contains(e.building, b.x) {
		return nil, fmt.Errorf("index %s: the collection was dropped or cleared while the index was built: %w", b.x.Def.Name, storage.ErrConflict)
	}
	return e, nil
}

// happened is one thing written down: an entry that was set or removed.
type happened struct {
	entry []byte // value of the entry
	set   bool
}

// applyBatch applies what was written down; left says that there is more. change is by how
// much the number of entries changed.
func (b *build) applyBatch(ctx context.Context, t *Tx) (left bool, change int64, err error) {
	lo, hi := keyRange(tagBuild, b.x.Def.ID)
	it := t.txn.Scan(ctx, storage.ScanOptions{Lower: lo, Upper: hi})
	defer it.Close()
	var key []byte // of the entry that group is about
	var group []happened
	apply := func() error {
		n, err := b.applyGroup(ctx, t, key, group)
		change += n
		group = group[:0]
		return err
	}
	for n, size := 0, 0; it.Next(); n++ {
		if len(it.Value()) == 0 {
			return false, 0, fmt.Errorf("%w: build key %x", storage.ErrCorrupt, it.Key())
		}
		h := happened{set: it.Value()[0] == buildSet, entry: bytes.Clone(it.Value()[1:])}
		at := bytes.Clone(it.Key()[:len(it.Key())-len(b.x.OwnerID(h.entry))])
		at[0] = tagIndex
		if !bytes.Equal(at, key) {
			if err := apply(); err != nil {
				return false, 0, err
			}
			if n >= replayedBatch || size >= replayedBytes {
				return true, change, nil
			}
			key = at
		}
		group = append(group, h)
		size += len(it.Key()) + len(it.Value())
		if err := t.txn.Delete(it.Key()); err != nil {
			return false, 0, err
		}
	}
	if err := it.Err(); err != nil {
		return false, 0, err
	}
	return false, change, apply()
}

// applyGroup applies all that happened to one key.
func (b *build) applyGroup(ctx context.Context, t *Tx, key []byte, group []happened) (change int64, err error) {
	if len(group) == 0 {
		return 0, nil
	}
	value, found, err := t.get(ctx, key)
	if err != nil {
		return 0, err
	}
	present, before := bytes.Clone(value), found
	for _, h := range group {
		if !h.set && found && bytes.Equal(b.x.OwnerID(h.entry), b.x.OwnerID(present)) {
			found = false
		}
	}
	for _, h := range group {
		if !h.set {
			continue
		}
		if found && !bytes.Equal(b.x.OwnerID(h.entry), b.x.OwnerID(present)) {
			return 0, b.duplicate(ctx, t, h.entry)
		}
		present, found = h.entry, true
	}
	switch {
	case found:
		err = t.txn.Set(key, present)
	case before:
		err = t.txn.Delete(key)
	}
	if found != before {
		change = -1
		if found {
			change = 1
		}
	}
	return change, err
}

// finish makes the index ready.
func (b *build) finish(ctx context.Context, t *Tx, e *entry, physical int64) error {
	x := b.x
	var entries, arrays tallyRef
	t.tallies.add(&entries, counterID{x.Def.ID, countEntries, 0}, x, b.loaded)
	t.tallies.add(&arrays, counterID{x.Def.ID, countArrays, 0}, x, b.arrays)
	since, err := t.txn.Counter(ctx, counterID{x.Def.ID, countEntries, 0}.appendKey(nil))
	if err != nil {
		return err
	}
	if b.loaded+since != physical {
		return fmt.Errorf("%w: index %s has %d entries, %d were counted", storage.ErrCorrupt, x.Def.Name, physical, b.loaded+since)
	}
	next := e.definition
	next.building = slices.DeleteFunc(slices.Clone(next.building), func(ix *def.Index) bool { return ix == x.Def })
	c := *next.Collection
	c.Indexes = append(slices.Clone(c.Indexes), x.Def)
	next.Collection = &c
	return t.putDefinition(ctx, e, next)
}

// remove takes back a build that failed.
func (b *build) remove(ctx context.Context) error {
	t, err := b.db.Begin(ctx, TxOptions{Exclusive: true})
	if err != nil {
		return err
	}
	defer t.Rollback()
	e := t.catalog.entries[b.collection]
	if e == nil || !slices.Contains(e.building, b.x) {
		return nil
	}
	if err := t.removeBuild(ctx, e, b.x); err != nil {
		return err
	}
	return t.Commit(ctx)
}

// removeBuild takes an index that is not ready out of the catalog.
func (t *Tx) removeBuild(ctx context.Context, e *entry, x *indexState) error {
	next := e.definition
	next.building = slices.DeleteFunc(slices.Clone(next.building), func(ix *def.Index) bool { return ix == x.Def })
	if err := t.putDefinition(ctx, e, next); err != nil {
		return err
	}
	return t.forgetIndex(ctx, x)
}
