// Package fluxdb is an embedded document database. It keeps schemaless
// documents in collections, in one folder on disk with no server to run, and answers SQL
// through a plain database/sql driver:
//
//	import (
//		"database/sql"
//
//		_ "github.com/fluxdb/fluxdb/driver"
//	)
//
//	db, err := sql.Open("fluxdb", "app.db")
//
// The driver package is the manual of the data source name. This package opens a database for
// Go code that wants more than database/sql offers: its options, its errors, its
// check, and its collections, which take Go values and give them back without SQL or JSON between:
//
//	users := db.Collection("users")
//	id, err := users.InsertOne(ctx, User{Name: "Ann"})
//	cur, err := users.FindAll(ctx)
//	err = cur.All(ctx, &everybody)
//
// A database is used by one process at a time, by any number of goroutines.
// Transactions are optimistic and serializable: readers never wait and never
// fail, and a writer that lost to another one gets ErrConflict and runs again.
package fluxdb

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/executor"
)

// Session is one user's conversation with a database, for programs that run SQL without
// database/sql: it holds one transaction and belongs to one goroutine at a time.
type Session = executor.Session

// Documents are what Session.InsertDocuments inserts: Go values, or the JSON text of documents.
type Documents = executor.Documents

// Rows are the results of a text of statements.
type Rows = executor.Rows

// DB is an open database, for use by many goroutines.
type DB struct {
	shared  *shared
	queries *executor.Database
	closed  atomic.Bool
}

// Open opens the database in the folder at path, creating it if it is missing;
// MemoryPath is a new database in memory. opts may be nil.
//
// Opening a path that this process has open already shares it; the options that concern
// the store must then be the same. It returns ErrLocked when another process
// has it open, ErrFormat when it was written by a newer version, and ErrCorrupt when
// the folder is damaged or holds something else.
func Open(path string, opts *Options) (*DB, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	sh, err := acquire(path, o)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &DB{shared: sh, queries: executor.Open(sh.engine, sh.executorOptions(&o))}, nil
}

// Close ends the sessions of this handle and, when it is the last one of its path, closes the
// database: it flushes what is in memory so that the next open is quick. Idempotent.
func (db *DB) Close() error {
	if db.closed.Swap(true) {
		return nil
	}
	err := db.queries.Close()
	if releaseErr := db.shared.release(); err == nil {
		err = releaseErr
	}
	return err
}

// Ping returns ErrClosed when the database is closed.
func (db *DB) Ping() error {
	if db.closed.Load() {
		return ErrClosed
	}
	return nil
}

// NewSession returns a session: what a connection of the driver is. It belongs to one
// goroutine at a time.
func (db *DB) NewSession() *Session { return db.queries.NewSession() }

// Check reads the whole database and compares documents, indexes and counters.
// The report lists what does not agree; the error says why the check could not
// be finished.
func (db *DB) Check(ctx context.Context) (*engine.Report, error) {
	var report *engine.Report
	err := db.queries.Run(ctx, func(ctx context.Context) (err error) {
		report, err = engine.Check(ctx, db.shared.engine)
		return err
	})
	if err != nil {
		return nil, err
	}
	return report, nil
}
