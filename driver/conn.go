package driver

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/executor"
)

var (
	_ driver.Conn               = (*Conn)(nil)
	_ driver.ConnBeginTx        = (*Conn)(nil)
	_ driver.ConnPrepareContext = (*Conn)(nil)
	_ driver.ExecerContext      = (*Conn)(nil)
	_ driver.QueryerContext     = (*Conn)(nil)
	_ driver.Pinger             = (*Conn)(nil)
	_ driver.SessionResetter    = (*Conn)(nil)
	_ driver.Validator          = (*Conn)(nil)
	_ driver.NamedValueChecker  = (*Conn)(nil)
)

// Conn is one connection: a session of the database. sql.Conn.Raw hands it out.
type Conn struct {
	db      *fluxdb.DB
	session *executor.Session
	owned   *Connector // closed with the connection, when Driver.Open made it
	args    []executor.Arg
	json    []byte // the buffer of the last rows that were closed, for the next
}

// DB returns the database of the connection, for its native API.
func (c *Conn) DB() *fluxdb.DB { return c.db }

// Prepare parses a statement.
func (c *Conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext parses a statement.
func (c *Conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.session.Prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return &stmt{conn: c, statement: s}, nil
}

// QueryContext runs a text of one or more statements that yields rows.
func (c *Conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	converted, err := c.convert(args, true)
	if err != nil {
		return nil, err
	}
	rs, err := c.session.Query(ctx, query, converted)
	if err != nil {
		return nil, err
	}
	return c.newRows(rs), nil
}

// ExecContext runs a text of one or more statements to its end.
func (c *Conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	converted, err := c.convert(args, false)
	if err != nil {
		return nil, err
	}
	res, err := c.session.Exec(ctx, query, converted)
	if err != nil {
		return nil, err
	}
	return result{res}, nil
}

// Begin starts a transaction.
func (c *Conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx starts a transaction. Every isolation level is accepted and runs serializable.
func (c *Conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if err := c.session.Begin(ctx, executor.TxOptions{ReadOnly: opts.ReadOnly}); err != nil {
		return nil, err
	}
	return &tx{conn: c, ctx: ctx}, nil
}

// Ping reports whether the database is open.
func (c *Conn) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.db.Ping()
}

// ResetSession rolls back a transaction that a textual BEGIN left open.
func (c *Conn) ResetSession(ctx context.Context) error {
	if c.db.Ping() != nil {
		return driver.ErrBadConn
	}
	if err := c.session.Reset(ctx); err != nil {
		return driver.ErrBadConn
	}
	return nil
}

// IsValid reports whether the connection may go back to the pool.
func (c *Conn) IsValid() bool { return c.db.Ping() == nil }

// Close ends the session, rolling back what it left open.
func (c *Conn) Close() error {
	err := c.session.Close()
	if c.owned != nil {
		err = errors.Join(err, c.owned.Close())
	}
	return err
}

// tx is a transaction of the connection's session.
type tx struct {
	conn *Conn
	ctx  context.Context
}

// Commit commits; an error matching fluxdb.ErrConflict means that nothing was applied.
func (t *tx) Commit() error { return t.conn.session.Commit(t.ctx) }

// Rollback undoes the transaction.
func (t *tx) Rollback() error { return t.conn.session.Rollback() }

// stmt is a prepared statement; it plans anew when the catalog has changed.
type stmt struct {
	conn      *Conn
	statement *executor.Statement
}

var (
	_ driver.StmtExecContext  = (*stmt)(nil)
	_ driver.StmtQueryContext = (*stmt)(nil)
)

func (s *stmt) Close() error  { return s.statement.Close() }
func (s *stmt) NumInput() int { return s.statement.NumInput() }

func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), named(args))
}

func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), named(args))
}

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	converted, err := s.conn.convert(args, false)
	if err != nil {
		return nil, err
	}
	res, err := s.statement.Exec(ctx, converted)
	if err != nil {
		return nil, err
	}
	return result{res}, nil
}

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	converted, err := s.conn.convert(args, true)
	if err != nil {
		return nil, err
	}
	rs, err := s.statement.Query(ctx, converted)
	if err != nil {
		return nil, err
	}
	return s.conn.newRows(rs), nil
}

func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, v := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

// errNoLastInsertID is what LastInsertId returns when the last row's _id is no integer.
var errNoLastInsertID = errors.New("the last document's _id is not an integer: use INSERT ... RETURNING _id")

// result is what a statement did.
type result struct{ executor.Result }

// LastInsertId returns the integer _id of the last inserted document; 0 for a statement that inserted none.
func (r result) LastInsertId() (int64, error) {
	switch r.LastInsertID.Kind() {
	case document.KindMissing:
		return 0, nil
	case document.KindInt:
		return r.LastInsertID.AsInt(), nil
	}
	return 0, errNoLastInsertID
}

// RowsAffected returns how many documents were inserted, matched or removed.
func (r result) RowsAffected() (int64, error) { return r.Result.RowsAffected, nil }
