package executor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
)

// Documents are Go values on their way into a collection: structs, maps, and everything else that document.FromGo makes an object of,
// or the JSON text of one in a string, []byte or json.RawMessage.
type Documents struct {
	// Next returns the next document, io.EOF after the last one. Another error ends the insertion, which
	// then has done nothing. It must not use the session.
	Next func() (any, error)
	// Rewind begins again, for another try after a conflict. Without it ErrConflict goes to the caller.
	Rewind func()
	// Inserted, unless nil, sees each document as it is stored, during the call. After a conflict they come again.
	Inserted func(rec *document.Record)
	// Count is how many documents there are, 0 when that is not known.
	Count int
}

// InsertDocuments inserts all documents into a collection or none, in the open transaction or in one of its own,
// and returns how many. One that is refused is a *DocumentError. It creates a collection that is missing if the handle is to do so.
func (s *Session) InsertDocuments(ctx context.Context, collection string, docs Documents) (n int64, err error) {
	s.busy.Lock()
	defer s.busy.Unlock()
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	tries := 0
	insert := func(tx *engine.Tx) (err error) {
		if tries++; tries > 1 {
			docs.Rewind()
		}
		n, err = s.db.insertAll(ctx, tx, collection, &docs)
		return err
	}
	if s.tx == nil && docs.Rewind == nil && !s.db.options.ReadOnly {
		err = s.db.once(ctx, false, insert)
	} else {
		err = s.change(ctx, insert)
	}
	if err != nil {
		return 0, err
	}
	return n, nil
}

// insertAll inserts what is left of the documents.
func (db *Database) insertAll(ctx context.Context, tx *engine.Tx, collection string, docs *Documents) (n int64, err error) {
	c, err := db.collectionFor(ctx, tx, collection)
	if err != nil {
		return 0, err
	}
	withNow := withTime(ctx, time.Now().UTC(), c)
	for ; ; n++ {
		doc, err := docs.Next()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("read document %d: %w", n+1, err)
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
		if db.closed.Load() {
			return n, ErrClosed
		}
		v, err := inDocumentsPlace(doc)
		var rec *document.Record
		if err == nil {
			rec, err = insertDocument(withNow, tx, c, v)
		}
		switch {
		case err != nil && docs.Count == 1:
			return n, err
		case err != nil:
			return n, &DocumentError{Number: n + 1, Err: err}
		}
		if docs.Inserted != nil {
			docs.Inserted(rec)
		}
	}
}

// collectionFor resolves the collection of a native write, which creates it if it may.
func (db *Database) collectionFor(ctx context.Context, tx *engine.Tx, name string) (*engine.Collection, error) {
	c, err := tx.Catalog().Collection(name)
	if err == nil || !db.options.Autocreate || !errors.Is(err, engine.ErrUnknownCollection) {
		return c, err
	}
	if err := tx.CreateCollection(ctx, engine.Collection{Name: name, Open: true}); err != nil {
		return nil, err
	}
	return tx.Catalog().Collection(name)
}

// inDocumentsPlace converts a Go value in a document's place, where text is JSON.
func inDocumentsPlace(doc any) (document.Value, error) {
	switch doc := doc.(type) {
	case string:
		return document.String(doc), nil
	case []byte:
		return document.Bytes(doc), nil
	case json.RawMessage:
		return document.Bytes(doc), nil
	}
	return document.FromGo(doc)
}

// AllDocuments yields every document of a collection as the only value of a row, a record that is read in place.
// A missing collection has none where a write would create it.
func (s *Session) AllDocuments(ctx context.Context, collection string) (*Rows, error) {
	rows, err := s.Query(ctx, `SELECT VALUE d FROM "`+strings.ReplaceAll(collection, `"`, `""`)+`" d`, nil)
	if s.db.options.Autocreate && errors.Is(err, engine.ErrUnknownCollection) {
		return s.Query(ctx, "", nil)
	}
	return rows, err
}
