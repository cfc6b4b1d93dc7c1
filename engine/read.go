package engine

import (
	"context"
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
)

// Get returns the document with this _id, or nil.
func (t *Tx) Get(ctx context.Context, c *def.Collection, id document.Value) (*document.Record, error) {
	e, err := t.entry(c)
	if err != nil {
		return nil, err
	}
	t.key = document.AppendID(append(t.key[:0], e.space.prefix...), id)
	data, found, err := t.get(ctx, t.key)
	if err != nil || !found {
		return nil, err
	}
	if err := t.got.Reset(data, e.space.dict); err != nil {
		return nil, damaged(e, err)
	}
	return &t.got, nil
}

// GetMany calls fn for each of the ids, given by their keys (document.AppendID), in their
// order; rec is nil where there is no document, and valid during the call. In order of
// keys it is much faster than in any other. fn must not call the transaction.
func (t *Tx) GetMany(ctx context.Context, c *def.Collection, ids [][]byte, fn func(i int, rec *document.Record) error) error {
	e, err := t.entry(c)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return nil
	}
	t.keys = slices.Grow(t.keys[:0], len(ids))
	t.arena = slices.Grow(t.arena[:0], len(ids)*(len(e.space.prefix)+len(ids[0]))) // ids mostly are of one length
	for _, id := range ids {
		begin := len(t.arena)
		t.arena = append(append(t.arena, e.space.prefix...), id...)
		// Growing the arena leaves earlier keys where they are.
		t.keys = append(t.keys, t.arena[begin:len(t.arena):len(t.arena)])
	}
	if t.each == nil {
		t.each = t.take
	}
	t.many.fn, t.many.entry = fn, e
	err = t.reader.MultiGet(ctx, t.keys, t.each)
	t.many.fn, t.many.entry = nil, nil
	return err
}

// take hands on a document of GetMany.
func (t *Tx) take(i int, value []byte, found bool) error {
	if !found {
		return t.many.fn(i, nil)
	}
	if err := t.got.Reset(value, t.many.entry.space.dict); err != nil {
		return damaged(t.many.entry, err)
	}
	return t.many.fn(i, &t.got)
}

func damaged(e *entry, err error) error { return invalid(e.Name, corrupt(err)) }

// Count returns the number of documents. It is exact and counts as having read
// all of them.
func (t *Tx) Count(ctx context.Context, c *def.Collection) (int64, error) {
	e, err := t.entry(c)
	if err != nil {
		return 0, err
	}
	t.txn.Observe(keyRange(tagDocument, e.ID))
	id := counterID{e.ID, countDocuments, 0}
	n, err := t.txn.Counter(ctx, id.appendKey(nil))
	return n + t.tallies.value(t.tallies.refs[id]), err
}

// Arrays returns the number of documents that have an array on a path of the index. It is
// exact and counts as having read the whole index.
func (t *Tx) Arrays(ctx context.Context, c *def.Collection, ix *def.Index) (int64, error) {
	if _, err := t.index(c, ix); err != nil {
		return 0, err
	}
	t.txn.Observe(keyRange(tagIndex, ix.ID))
	id := counterID{ix.ID, countArrays, 0}
	n, err := t.txn.Counter(ctx, id.appendKey(nil))
	return n + t.tallies.value(t.tallies.refs[id]), err
}

// EstimateCount returns the newest number of documents, with the transaction's own. It reads
// memory only, records nothing and may be a commit ahead of the snapshot.
func (t *Tx) EstimateCount(c *def.Collection) int64 {
	e, err := t.entry(c)
	if err != nil {
		return 0
	}
	return max(0, e.space.live.documents.Load()+t.tallies.value(t.tallies.refs[counterID{e.ID, countDocuments, 0}]))
}

// Entries returns the number of entries of an index as EstimateCount counts documents.
func (t *Tx) Entries(c *def.Collection, ix *def.Index) int64 {
	x, err := t.index(c, ix)
	if err != nil {
		return 0
	}
	return max(0, x.entries.Load()+t.tallies.value(t.tallies.refs[counterID{ix.ID, countEntries, 0}]))
}

// IndexBuild is an index that is being built.
type IndexBuild struct {
	*def.Index
	Percent int // of the work, about
}

// Builds returns the indexes of a collection that are being built, and how far they are by now.
func (t *Tx) Builds(c *def.Collection) (builds []IndexBuild) {
	e, err := t.entry(c)
	if err != nil {
		return nil
	}
	for _, x := range e.building {
		builds = append(builds, IndexBuild{x.Def, int(x.progress.Load())})
	}
	return builds
}

// index returns the state of an index of a collection.
func (t *Tx) index(c *def.Collection, ix *def.Index) (*indexState, error) {
	e, err := t.entry(c)
	if err != nil {
		return nil, err
	}
	for _, x := range e.indexes {
		if x.Def.ID == ix.ID {
			return x, nil
		}
	}
	return nil, &UnknownIndexError{Name: ix.Name}
}

// Fields returns the observed fields of a collection, as the transaction sees
// them: the same pointer as long as they are the same. It records nothing.
func (t *Tx) Fields(ctx context.Context, c *def.Collection) (*def.FieldSet, error) {
	e, err := t.entry(c)
	if err != nil {
		return nil, err
	}
	v := e.space.live.at(t.txn.Version())
	if v != nil && t.writers[e.ID] == nil {
		return v.set, nil
	}
	last := t.sets[e.ID]
	if last.set != nil && last.at == t.tallies.changes {
		return last.set, nil
	}
	var own fieldCounts
	for i := range t.tallies.list {
		if c := &t.tallies.list[i]; c.id.owner == e.ID && c.id.numbered() {
			own.addCounter(e.space, c.id, c.value)
		}
	}
	set := last.set
	if v != nil && v.covers(own.list) {
		set = v.set
	} else {
		exact, err := t.exactFields(ctx, e, own)
		if err != nil {
			return nil, err
		}
		switch {
		case v != nil && equalSets(v.set, exact):
			set = v.set
		case set == nil || !equalSets(set, exact):
			set = exact
		}
	}
	if t.sets == nil {
		t.sets = map[uint64]foundFields{}
	}
	t.sets[e.ID] = foundFields{set, t.tallies.changes}
	return set, nil
}

// foundFields is what Fields found last, and for which state of the counters.
type foundFields struct {
	set *def.FieldSet
	at  int
}

// covers reports whether changes of counts leave the view as it is for sure.
func (v *view) covers(changes []int64) bool {
	for i, n := range changes {
		if n < 0 || n > 0 && !v.has(i) {
			return false
		}
	}
	return true
}

// exactFields makes the field set from the counters of the snapshot and own changes.
func (t *Tx) exactFields(ctx context.Context, e *entry, own fieldCounts) (*def.FieldSet, error) {
	counts, _, err := e.space.readCounters(ctx, t.txn)
	if err != nil {
		return nil, err
	}
	for i, n := range own.list {
		counts.add(int32(i), n)
	}
	set, _ := e.space.fieldSet(counts.list)
	return set, nil
}

func equalSets(a, b *def.FieldSet) bool {
	return a.Others == b.Others && slices.Equal(a.Names, b.Names) && slices.Equal(a.Leaves, b.Leaves)
}
