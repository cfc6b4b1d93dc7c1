package engine

import (
	"bytes"
	"context"
	"fmt"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
)

// Every method here works in the same order, which must stay so: first all that reads what the
// caller handed in (its bytes may belong to the store's last answer), then what may refuse the
// write, then the writes. A refused write has changed nothing.

// Insert stores a new document and returns it as it is stored. A missing _id is drawn from the
// collection's sequence or generated.
func (t *Tx) Insert(ctx context.Context, c *def.Collection, doc document.Value) (*document.Record, error) {
	w, err := t.writer(c)
	if err != nil {
		return nil, err
	}
	t.now, t.was = t.was, t.now
	doc, from, err := t.incoming(ctx, w.entry, doc, document.Missing())
	if err == nil {
		err = t.now.encode(ctx, t, w, doc)
	}
	if err != nil {
		return nil, invalid(w.Name, err)
	}
	return t.insert(ctx, w, from)
}

// InsertJSON is Insert for the JSON text of a document: one with the structure of the document before becomes a record
// without being taken apart. What is not JSON is a *document.JSONError.
func (t *Tx) InsertJSON(ctx context.Context, c *def.Collection, text []byte) (*document.Record, error) {
	w, err := t.writer(c)
	if err != nil {
		return nil, err
	}
	t.now, t.was = t.was, t.now
	if from, ok, err := t.now.encodeJSON(ctx, t, w, text); err != nil {
		return nil, invalid(w.Name, err)
	} else if ok {
		return t.insert(ctx, w, from)
	}
	doc, err := document.ParseJSON(text)
	if err != nil {
		return nil, err
	}
	if doc.Kind() != document.KindObject {
		return nil, &document.ValueError{Expected: "the JSON of an object", Found: doc.Kind().String()}
	}
	return t.Insert(ctx, c, doc)
}

// insert stores the new document t.now.
func (t *Tx) insert(ctx context.Context, w *writer, from origin) (*document.Record, error) {
	if err := t.lock(ctx, w); err != nil {
		return nil, err
	}
	for from != idGenerated {
		_, taken, err := t.get(ctx, t.now.key)
		if err != nil {
			return nil, err
		}
		if !taken {
			break
		}
		if from != idDrawn {
			return nil, t.duplicateID(w)
		}
		if err := t.redraw(ctx, w); err != nil {
			return nil, invalid(w.Name, err)
		}
	}
	for i := range w.indexes {
		x := &w.indexes[i]
		x.Entry(&x.now, &t.now.rec, t.now.idKey(), t.now.idKind)
		if err := t.checkUnique(ctx, w, x); err != nil {
			return nil, err
		}
	}
	if err := t.txn.Set(t.now.key, t.now.data); err != nil {
		return nil, err
	}
	t.tally(w, t.now, 1)
	for i := range w.indexes {
		if err := t.addEntry(&w.indexes[i]); err != nil {
			return nil, err
		}
	}
	return &t.now.rec, nil
}

// Refused returns the document that the last Insert refused with a *DuplicateKeyError, as it would have been stored, and the
// one that has its key. Both are valid until the next call.
func (t *Tx) Refused(ctx context.Context, c *def.Collection, dup *DuplicateKeyError) (refused, holder *document.Record, err error) {
	w, err := t.writer(c)
	if err != nil {
		return nil, nil, err
	}
	data, found, err := t.get(ctx, dup.holder)
	if err != nil {
		return nil, nil, err
	}
	if !found {
		return nil, nil, fmt.Errorf("%w: index %s of collection %s has an entry of no document", storage.ErrCorrupt, dup.Index, c.Name)
	}
	if err := t.got.Reset(data, w.space.dict); err != nil {
		return nil, nil, corrupt(err)
	}
	return &t.now.rec, &t.got, nil
}

// redraw gives the document in t.now the next number of the sequence. The caller's document may be
// gone by now: it is made again from its record.
func (t *Tx) redraw(ctx context.Context, w *writer) error {
	n, err := w.sequence.draw(ctx, t.db)
	if err != nil {
		return err
	}
	t.now, t.was = t.was, t.now
	fields := t.was.rec.Decode().AsObject()
	fields[0] = document.Field{Name: document.IDField, Value: document.Int(n)}
	return t.now.encode(ctx, t, w, document.Object(fields))
}

func (t *Tx) duplicateID(w *writer) error {
	return &DuplicateKeyError{Collection: w.Name, Index: w.space.dict.IDName(), Value: t.now.rec.ID().Clone(), holder: bytes.Clone(t.now.key)}
}

// Update replaces a document, of which old is the present state, by doc. Without
// an _id doc keeps the old one; with another the document moves.
func (t *Tx) Update(ctx context.Context, c *def.Collection, old *document.Record, doc document.Value) (*document.Record, error) {
	w, err := t.writer(c)
	if err != nil {
		return nil, err
	}
	t.now, t.was = t.was, t.now
	if err := t.was.take(ctx, w, old.Data()); err != nil {
		return nil, err
	}
	doc, _, err = t.incoming(ctx, w.entry, doc, t.was.id)
	if err == nil {
		err = t.now.encode(ctx, t, w, doc)
	}
	if err != nil {
		return nil, invalid(w.Name, err)
	}
	return t.replace(ctx, w)
}

// UpdateLeaves is Update with other scalars at some paths of the document, which are all different. It returns nil,
// without an error, where it takes the whole document: its fields are declared, or its record can't
// be patched (document.Record.Patch).
func (t *Tx) UpdateLeaves(ctx context.Context, c *def.Collection, old *document.Record, values []document.LeafValue) (*document.Record, error) {
	w, err := t.writer(c)
	if err != nil {
		return nil, err
	}
	if d := w.declared; d.allowed != nil || len(d.fields) > 0 {
		return nil, nil
	}
	data, ok := old.Patch(t.was.data[:0], values)
	if !ok {
		return nil, nil
	}
	t.now, t.was = t.was, t.now
	t.now.data = data
	if err := t.was.take(ctx, w, old.Data()); err != nil {
		return nil, err
	}
	if err := t.now.rec.Reset(data, w.space.dict); err != nil {
		return nil, corrupt(err)
	}
	t.now.setID(w, t.was.id)
	if err := t.now.count(ctx, nil, w); err != nil {
		return nil, err
	}
	return t.replace(ctx, w)
}

// replace writes t.now in the place of t.was.
func (t *Tx) replace(ctx context.Context, w *writer) (*document.Record, error) {
	moves := !bytes.Equal(t.was.key, t.now.key)
	if !moves && bytes.Equal(t.was.data, t.now.data) {
		return &t.now.rec, nil
	}
	if err := t.lock(ctx, w); err != nil {
		return nil, err
	}
	if moves {
		if _, taken, err := t.get(ctx, t.now.key); err != nil {
			return nil, err
		} else if taken {
			return nil, t.duplicateID(w)
		}
	}
	for i := range w.indexes {
		x := &w.indexes[i]
		x.Entry(&x.was, &t.was.rec, t.was.idKey(), t.was.idKind)
		x.Entry(&x.now, &t.now.rec, t.now.idKey(), t.now.idKind)
		if bytes.Equal(x.was.Key, x.now.Key) {
			continue
		}
		if err := t.checkUnique(ctx, w, x); err != nil {
			return nil, err
		}
	}
	if moves {
		if err := t.txn.Delete(t.was.key); err != nil {
			return nil, err
		}
	}
	if err := t.txn.Set(t.now.key, t.now.data); err != nil {
		return nil, err
	}
	t.tally(w, t.was, -1)
	t.tally(w, t.now, 1)
	for i := range w.indexes {
		x := &w.indexes[i]
		same := bytes.Equal(x.was.Key, x.now.Key)
		if same && bytes.Equal(x.was.Value, x.now.Value) && x.was.Array == x.now.Array {
			continue
		}
		if err := t.removeEntry(x, same); err != nil {
			return nil, err
		}
		if err := t.addEntry(x); err != nil {
			return nil, err
		}
	}
	return &t.now.rec, nil
}

// Delete removes a document, of which rec is the present state.
func (t *Tx) Delete(ctx context.Context, c *def.Collection, rec *document.Record) error {
	w, err := t.writer(c)
	if err != nil {
		return err
	}
	t.now, t.was = t.was, t.now
	if err := t.was.take(ctx, w, rec.Data()); err != nil {
		return err
	}
	if err := t.lock(ctx, w); err != nil {
		return err
	}
	if err := t.txn.Delete(t.was.key); err != nil {
		return err
	}
	t.tally(w, t.was, -1)
	for i := range w.indexes {
		x := &w.indexes[i]
		x.Entry(&x.was, &t.was.rec, t.was.idKey(), t.was.idKind)
		if err := t.removeEntry(x, false); err != nil {
			return err
		}
	}
	return nil
}

// checkUnique refuses the entry x.now if another document has its key. While the index is
// built, that is left to the build.
func (t *Tx) checkUnique(ctx context.Context, w *writer, x *indexWriter) error {
	if !x.now.Unique || x.building {
		return nil
	}
	value, taken, err := t.get(ctx, x.now.Key)
	if err != nil || !taken {
		return err
	}
	holder := append(bytes.Clone(w.space.prefix), x.OwnerID(value)...)
	return &DuplicateKeyError{Collection: w.Name, Index: x.Def.Name, Value: x.Values(&t.now.rec), holder: holder}
}

// addEntry writes x.now.
func (t *Tx) addEntry(x *indexWriter) error {
	t.tallyEntry(x, x.now.Array, 1)
	if x.building {
		return t.noteBuild(x, &x.now, buildSet)
	}
	return t.txn.Set(x.now.Key, x.now.Value)
}

// removeEntry removes x.was; with replaced, its key is about to be written again.
func (t *Tx) removeEntry(x *indexWriter, replaced bool) error {
	t.tallyEntry(x, x.was.Array, -1)
	switch {
	case x.building:
		return t.noteBuild(x, &x.was, buildRemoved)
	case replaced:
		return nil
	}
	return t.txn.Delete(x.was.Key)
}

func (t *Tx) tallyEntry(x *indexWriter, array bool, delta int64) {
	t.tallies.add(&x.entries, counterID{x.Def.ID, countEntries, 0}, x.indexState, delta)
	if array {
		t.tallies.add(&x.arrays, counterID{x.Def.ID, countArrays, 0}, x.indexState, delta)
	}
}
