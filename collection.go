package fluxdb

import (
	"context"
	"fmt"
	"io"
	"reflect"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/executor"
)

// Collection is a collection of a database by name, whether it exists or not. It is cheap to make and for
// use by many goroutines.
type Collection struct {
	db   *DB
	name string
}

// Collection returns the collection of a name, which is resolved at each use: exactly, else as the
// only one that differs in case.
func (db *DB) Collection(name string) *Collection { return &Collection{db, name} }

// Name returns the name that the collection was asked for by.
func (c *Collection) Name() string { return c.name }

// InsertOne stores a document and returns its _id: a string, int64 or another scalar. doc is a struct (by its json tags), a map such as M, or
// the JSON text of an object in a string, []byte or json.RawMessage. Without an _id it gets a new UUID, or a number where
// the primary key counts. A missing collection is created unless Options.NoAutocreate says otherwise.
//
// The error matches ErrDuplicateKey when the _id or a unique key is taken, ErrInvalid when the document can't be stored
// or the collection does not take it.
func (c *Collection) InsertOne(ctx context.Context, doc any) (id any, err error) {
	ids, err := c.insert(ctx, 1, func(int) any { return doc })
	if err != nil {
		return nil, err
	}
	return ids[0], nil
}

// InsertMany stores the documents of a slice, all or none, and returns the _id of each. Its elements are what
// InsertOne takes; an error names the document, counted from 1. To insert more than a transaction holds,
// insert in parts, or stream them with driver.Bulk.
func (c *Collection) InsertMany(ctx context.Context, docs any) (ids []any, err error) {
	rv := reflect.ValueOf(docs)
	if rv.Kind() != reflect.Slice && rv.Kind() != reflect.Array {
		return nil, fmt.Errorf("insert into %s: expected a slice of documents, found Go type %T", c.name, docs)
	}
	return c.insert(ctx, rv.Len(), func(i int) any { return rv.Index(i).Interface() })
}

func (c *Collection) insert(ctx context.Context, count int, doc func(i int) any) (ids []any, err error) {
	s := c.db.NewSession()
	defer s.Close()
	next := 0
	ids = make([]any, 0, count)
	var failed error
	_, err = s.InsertDocuments(ctx, c.name, executor.Documents{
		Count:  count,
		Rewind: func() { next, ids = 0, ids[:0] },
		Next: func() (any, error) {
			if next == count {
				return nil, io.EOF
			}
			next++
			return doc(next - 1), nil
		},
		Inserted: func(rec *document.Record) {
			var id any
			if err := rec.ID().DecodeInto(&id); err != nil && failed == nil {
				failed = err
			}
			ids = append(ids, id)
		},
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, fmt.Errorf("insert into %s: %w", c.name, err)
	}
	return ids, nil
}

// FindAll returns a cursor over all documents of the collection, as they are now. ctx ends the cursor too. A missing
// collection has no documents; with Options.NoAutocreate it is ErrUnknownCollection.
func (c *Collection) FindAll(ctx context.Context) (*Cursor, error) {
	cur, err := c.db.openCursor(ctx, c.name)
	if err != nil {
		return nil, fmt.Errorf("find in %s: %w", c.name, err)
	}
	return cur, nil
}
