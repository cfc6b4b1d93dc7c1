package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
)

// origin is where a document's _id comes from.
type origin uint8

const (
	idGiven     origin = iota // by the caller: may be taken
	idGenerated               // a new UUID: not taken
	idDrawn                   // from the sequence: may be taken, then the next one serves
)

// incoming returns doc as it will be stored: its _id in front, under that name,
// declared fields coerced, defaults filled in, valid. old is the _id of the document it
// replaces, or MISSING. The result is valid until the next call.
func (t *Tx) incoming(ctx context.Context, e *entry, doc, old document.Value) (document.Value, origin, error) {
	if doc.Kind() != document.KindObject {
		return doc, 0, &document.ValueError{Expected: "an object", Found: doc.Kind().String()}
	}
	fields := doc.AsObject()
	id, err := pickID(e.space.dict.IDName(), fields)
	if err != nil {
		return doc, 0, err
	}
	id, from, err := t.completeID(ctx, e, id, old)
	if err != nil {
		return doc, 0, err
	}
	idName := e.space.dict.IDName()
	out := append(t.scratch.fields[:0], document.Field{Name: document.IDField, Value: id})
	for i := range fields {
		f := &fields[i]
		if f.Name != document.IDField && f.Name != idName && !f.Value.IsMissing() {
			out = append(out, *f)
		}
	}
	if d := e.declared; d.allowed != nil || len(d.fields) > 0 {
		if d.allowed != nil {
			if err := d.allowed.check(out[1:], nil); err != nil {
				return doc, 0, err
			}
		}
		if out, err = d.apply(ctx, out); err != nil {
			return doc, 0, err
		}
	}
	t.scratch.fields = out
	doc = document.Object(out)
	return doc, from, document.Validate(doc)
}

// pickID finds the _id under either of its names.
func pickID(idName string, fields []document.Field) (id document.Value, err error) {
	at := -1
	for i := range fields {
		f := &fields[i]
		switch {
		case f.Name != document.IDField && f.Name != idName || f.Value.IsMissing():
		case at < 0:
			at, id = i, f.Value
		case f.Name == fields[at].Name:
			return id, &document.ValueError{Expected: "distinct field names", Found: "two fields named " + f.Name}
		case !document.Equal(id, f.Value):
			found := fmt.Sprintf("different values under %s and %s", document.IDField, idName)
			return id, &document.ValueError{Path: idName, Expected: "one primary key", Found: found}
		}
	}
	return id, nil
}

// completeID coerces a given _id, or makes one.
func (t *Tx) completeID(ctx context.Context, e *entry, id, old document.Value) (document.Value, origin, error) {
	d := e.declared.id
	from := idGiven
	switch {
	case id.IsMissing() && !old.IsMissing():
		return old, idGiven, nil
	case e.sequence != nil && id.IsNull() && old.IsMissing():
		n, err := e.sequence.draw(ctx, t.db)
		return document.Int(n), idDrawn, err
	case id.IsMissing() && e.declared.makesID():
		return document.NewID(), idGenerated, nil
	case d != nil:
		var err error
		if id.IsMissing() && d.Default == "" {
			return id, 0, &document.ValueError{Path: d.Path.String(), Expected: d.Type.String(), Found: "no value"}
		}
		if id, err = d.value(ctx, id); err != nil {
			return id, 0, err
		}
	}
	if err := document.CheckID(id); err != nil {
		var wrong *document.ValueError
		if errors.As(err, &wrong) {
			wrong.Path = e.space.dict.IDName()
		}
		return id, 0, err
	}
	return id, from, t.pass(ctx, e, id)
}

// pass moves the sequence of a collection that has one past a given _id.
func (t *Tx) pass(ctx context.Context, e *entry, id document.Value) error {
	if e.sequence == nil {
		return nil
	}
	n, whole := wholeNumber(id)
	if !whole {
		return nil
	}
	return e.sequence.pass(ctx, t.db, n)
}

// makesID reports whether a missing _id, where it is not drawn, is a new UUID.
func (d *declared) makesID() bool {
	return d.id == nil || d.id.Default == "" && (d.id.Type == def.Any || d.id.Type == def.Text)
}

// wholeNumber returns an id that is a number of the sequence.
func wholeNumber(id document.Value) (int64, bool) {
	if !id.Kind().IsNumber() {
		return 0, false
	}
	v, err := def.Coerce(def.Int, id)
	return v.AsInt(), err == nil && v.AsInt() > 0
}
