package driver

import (
	"context"
	"fmt"

	"github.com/fluxdb/fluxdb/executor"
)

// Bulk inserts documents without statements. It is what sql.Conn.Raw hands out:
//
//	err := conn.Raw(func(dc any) error {
//		_, err := dc.(driver.Bulk).InsertDocuments(ctx, "users", next)
//		return err
//	})
type Bulk interface {
	// InsertDocuments inserts what next returns, until that is io.EOF, into a collection: all or nothing. It returns
	// how many documents that were.
	//
	// A document is a struct, a map, or the JSON text of an object in a string, []byte or json.RawMessage, which may be changed
	// once next is called again. Another error of next ends the insertion and is returned. next must not use the connection.
	//
	// Inside a transaction of the connection the documents are part of it. Otherwise they are one of their
	// own, which does not retry, since next can't begin again: an error that matches fluxdb.ErrConflict means that nothing was
	// inserted. A missing collection is created, as with fluxdb.Collection.InsertMany.
	InsertDocuments(ctx context.Context, collection string, next func() (doc any, err error)) (int64, error)
}

var _ Bulk = (*Conn)(nil)

// InsertDocuments implements Bulk.
func (c *Conn) InsertDocuments(ctx context.Context, collection string, next func() (doc any, err error)) (int64, error) {
	n, err := c.session.InsertDocuments(ctx, collection, executor.Documents{Next: next})
	if err != nil {
		return 0, fmt.Errorf("insert into %s: %w", collection, err)
	}
	return n, nil
}
