package engine

import (
	"context"
	"errors"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
)

// writer is what a transaction keeps for a collection it writes to.
type writer struct {
	*entry
	locked  bool // the catalog key is in the read set
	indexes []indexWriter

	documents, packed, text tallyRef
	byShape                 []tallyRef // by shape id
	byField                 []tallyRef // by field number
}

// indexWriter keeps an index in step. While the index is being built, what
// happens to its entries is written down for the build instead.
type indexWriter struct {
	*indexState
	building        bool
	was, now        index.Entry
	entries, arrays tallyRef
}

// writer returns the writer of a collection. It calls nothing of the store.
func (t *Tx) writer(c *def.Collection) (*writer, error) {
	switch {
	case t.ended:
		return nil, storage.ErrClosed
	case t.last != nil && t.last.Collection == c:
		return t.last, nil
	case t.readOnly:
		return nil, storage.ErrReadOnly
	}
	e, err := t.entry(c)
	if err != nil {
		return nil, err
	}
	w := t.writers[e.ID]
	if w == nil {
		if t.writers == nil {
			t.borrow()
		}
		w = t.scratch.newWriter()
		t.writers[e.ID] = w
	}
	if w.entry != e {
		w.entry = e
		w.indexes = w.indexes[:0]
		for _, x := range e.indexes {
			w.addIndex(x, false)
		}
		for _, x := range e.building {
			w.addIndex(x, true)
		}
	}
	t.last = w
	return w, nil
}

// addIndex adds an index, in the memory of one that was there before if it can.
func (w *writer) addIndex(x *indexState, building bool) {
	n := len(w.indexes)
	if n == cap(w.indexes) {
		w.indexes = append(w.indexes, indexWriter{indexState: x, building: building})
		return
	}
	w.indexes = w.indexes[:n+1]
	old := &w.indexes[n]
	*old = indexWriter{indexState: x, building: building, was: old.was, now: old.now}
}

// lock puts the collection's definition in the read set: a commit that changes
// it and one that writes by it cannot both succeed.
func (t *Tx) lock(ctx context.Context, w *writer) error {
	if w.locked {
		return nil
	}
	w.locked = true
	return t.txn.Lock(ctx, catalogKey(w.Name))
}

// version is one state of a document and all that is written because of it. Its memory is its own.
type version struct {
	rec    document.Record
	data   []byte
	id     document.Value // borrows from whoever gave it, until the store is called
	key    []byte         // of the document
	idKind byte
	packed bool
	text   bool
	// fields are the numbers of the leaves that differ from what the shape says:
	// absent ones of a shaped record, all of a self-described one.
	fields []int32
}

func (v *version) idKey() []byte { return v.key[prefixSize:] }

// weight is what one of v.fields counts.
func (v *version) weight() int64 {
	if v.rec.Shape() != nil {
		return -1
	}
	return 1
}

// setID gives the version its key.
func (v *version) setID(w *writer, id document.Value) {
	v.key = document.AppendID(append(v.key[:0], w.space.prefix...), id)
	v.idKind = document.KindByteID(id)
	v.id = id
	v.packed = document.IsPackedID(v.idKey())
	v.text = !v.packed && id.Kind() == document.KindString
}

// take makes v a copy of a stored record.
func (v *version) take(ctx context.Context, w *writer, data []byte) error {
	v.data = append(v.data[:0], data...)
	if err := v.rec.Reset(v.data, w.space.dict); err != nil {
		return corrupt(err)
	}
	v.setID(w, v.rec.ID())
	return v.count(ctx, nil, w)
}

// encode makes v the record of a document that incoming has prepared.
func (v *version) encode(ctx context.Context, t *Tx, w *writer, doc document.Value) error {
	data, structure, err := t.scratch.enc.Encode(v.data[:0], doc, w.space.dict)
	if err != nil {
		return err
	}
	v.data = data
	if structure != 0 {
		fits, err := w.space.sight(ctx, t.db, structure, &t.scratch.enc)
		if err != nil {
			return err
		}
		if fits {
			if v.data, _, err = t.scratch.enc.Encode(v.data[:0], doc, w.space.dict); err != nil {
				return err
			}
		}
	}
	if err := v.rec.Reset(v.data, w.space.dict); err != nil {
		return err
	}
	v.setID(w, doc.AsObject()[0].Value)
	return v.count(ctx, t.db, w)
}

// encodeJSON makes v the record of a JSON text; ok is false when that has to be done in the usual way.
func (v *version) encodeJSON(ctx context.Context, t *Tx, w *writer, text []byte) (from origin, ok bool, err error) {
	data, id, made, ok := t.scratch.enc.EncodeJSON(v.data[:0], text, w.space.dict)
	if !ok {
		return 0, false, nil
	}
	v.data = data
	if err := v.rec.Reset(v.data, w.space.dict); err != nil {
		return 0, false, err
	}
	if !w.conforms(&v.rec, made) {
		t.scratch.enc.Lost()
		return 0, false, nil
	}
	v.setID(w, id)
	if made {
		from = idGenerated
	} else if err := t.pass(ctx, w.entry, id); err != nil {
		return 0, false, err
	}
	return from, true, v.count(ctx, t.db, w)
}

// count works out fields. A nil db gives new ones no number.
func (v *version) count(ctx context.Context, db *DB, w *writer) error {
	v.fields = v.fields[:0]
	if shape := v.rec.Shape(); shape != nil {
		v.fields = v.rec.AppendAbsent(v.fields)
		numbers := w.space.slotFields(shape.ID())
		for i, slot := range v.fields {
			v.fields[i] = numbers[slot]
		}
		return nil
	}
	w.space.mu.Lock()
	defer w.space.mu.Unlock()
	numbers, err := w.space.allot(ctx, db, leafPaths(&v.rec))
	v.fields = append(v.fields, numbers...)
	return err
}

// tally adds delta times the version's counts.
func (t *Tx) tally(w *writer, v *version, delta int64) {
	id := w.ID
	t.tallies.add(&w.documents, counterID{id, countDocuments, 0}, nil, delta)
	switch {
	case v.packed:
		t.tallies.add(&w.packed, counterID{id, countPacked, 0}, nil, delta)
	case v.text:
		t.tallies.add(&w.text, counterID{id, countText, 0}, nil, delta)
	}
	if shape := v.rec.Shape(); shape != nil {
		n := shape.ID()
		w.byShape = grow(w.byShape, int(n))
		t.tallies.add(&w.byShape[n], counterID{id, countShape, n}, nil, delta)
	}
	weight := delta * v.weight()
	for _, n := range v.fields {
		if n >= 0 {
			w.byField = grow(w.byField, int(n))
			t.tallies.add(&w.byField[n], counterID{id, countField, uint32(n)}, nil, weight)
		}
	}
}

// grow makes sure that list has an element i.
func grow(list []tallyRef, i int) []tallyRef {
	if i < len(list) {
		return list
	}
	return append(list, make([]tallyRef, i+1-len(list))...)
}

// get returns the value of key, or found false.
func (t *Tx) get(ctx context.Context, key []byte) (value []byte, found bool, err error) {
	value, err = t.reader.Get(ctx, key)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, false, nil
	}
	return value, err == nil, err
}
