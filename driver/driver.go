// Package driver makes FluxDB a database/sql driver called "fluxdb".
//
//	import _ "github.com/fluxdb/fluxdb/driver"
//
//	db, err := sql.Open("fluxdb", "app.db")
//
// # Data source names
//
// A DSN is a path: a folder, created if missing. ":memory:" is a database in memory,
// shared by all connections of the sql.DB and gone when it is closed. With options it is written
// "file:path?name=value&name=value", escaped as a URL:
//
//	mode=rw|ro                    ro refuses writes and needs an existing database
//	sync=full|normal|off          what a commit waits for: the disk, the operating system, nothing
//	memory=256MB                  budget for caches, transactions, sorts and hashes
//	compression=minlz|zstd|none   of the blocks on disk
//	timeout=5s                    how long one statement retries conflicts
//	autocreate=true|false         whether a Mongo-style write creates a missing collection
//	star=columns|flat|document    what SELECT * yields
//
// sql.Open only checks the DSN; the first connection opens the database, and
// sql.DB.Close closes it. Several sql.DB of one path in one process share it.
//
// # Values
//
// Out: int64, float64, bool, string, []byte and time.Time; arrays and objects
// arrive as JSON in a []byte, with the column type names ARRAY and OBJECT. NULL
// and a missing field are nil.
//
// In: the same, any other integer or float type, maps, slices, structs (with
// json tags), UUIDs, json.RawMessage, fluxdb.JSON[T] and every driver.Valuer. In a document's
// place (INSERT INTO c VALUES (?)) a string or []byte is JSON text; elsewhere it is text or bytes.
//
// # Statements
//
// A text may hold several statements, divided by semicolons. ExecContext runs all of them; the
// result is that of the last one that changes documents. QueryContext runs them up to the first that
// yields rows. Those after it run when its rows have been read to their end, up to
// the next that yields rows itself, which NextResultSet starts. Closing the rows
// before leaves out the statements that have not run yet.
//
// A statement that writes has written all when QueryContext returns, even if the rows of its
// RETURNING are never read. Rows show the state at the start of their statement.
//
// # Transactions
//
// sql.Tx is serializable whatever isolation level is asked for, and a read-only one
// refuses writes. It can lose to another transaction: Commit then returns an
// error that matches fluxdb.ErrConflict, nothing was applied, and the
// transaction should be run again. A statement outside a transaction retries by itself.
package driver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"

	"github.com/fluxdb/fluxdb"
)

func init() { sql.Register("fluxdb", &Driver{}) }

var (
	_ driver.Driver        = (*Driver)(nil)
	_ driver.DriverContext = (*Driver)(nil)
)

// Driver is the database/sql driver registered as "fluxdb".
type Driver struct{}

// Open opens a database with a single connection; sql.Open uses OpenConnector.
// Closing the connection closes the database.
func (d *Driver) Open(dsn string) (driver.Conn, error) {
	connector, err := d.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	c, err := connector.Connect(context.Background())
	if err != nil {
		return nil, err
	}
	c.(*Conn).owned = connector.(*Connector)
	return c, nil
}

// OpenConnector checks the DSN and returns a *Connector that opens the database at
// its first connection.
func (d *Driver) OpenConnector(dsn string) (driver.Connector, error) {
	path, opts, err := fluxdb.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	return &Connector{path: path, opts: opts, owns: true}, nil
}

// Connector hands out connections to one database. sql.DB.Close closes it.
type Connector struct {
	path string
	opts fluxdb.Options
	owns bool // the connector opened db and closes it

	mu     sync.Mutex
	db     *fluxdb.DB // nil until the first Connect
	closed bool
}

// NewConnector returns a connector on an open database, for sql.OpenDB. Closing
// the sql.DB leaves db open.
func NewConnector(db *fluxdb.DB) *Connector { return &Connector{db: db} }

// Connect returns a new connection, opening the database first if need be.
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	db, err := c.open()
	if err != nil {
		return nil, err
	}
	return &Conn{db: db, session: db.NewSession()}, nil
}

func (c *Connector) open() (*fluxdb.DB, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, fluxdb.ErrClosed
	}
	if c.db == nil {
		db, err := fluxdb.Open(c.path, &c.opts)
		if err != nil {
			return nil, err
		}
		c.db = db
	}
	return c.db, nil
}

// Driver returns the driver.
func (c *Connector) Driver() driver.Driver { return &Driver{} }

// Close closes the database that the connector opened.
func (c *Connector) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.db == nil || !c.owns {
		return nil
	}
	db := c.db
	c.db = nil
	return db.Close()
}
