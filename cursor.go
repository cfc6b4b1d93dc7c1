package fluxdb

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/fluxdb/fluxdb/document"
)

// Cursor walks the documents of a query, as they were when it was opened. It starts before the first and belongs to one
// goroutine. One that is not read to its end must be closed.
//
//	for cur.Next(ctx) {
//		var u User
//		if err := cur.Decode(&u); err != nil {
//			return err
//		}
//	}
//	return cur.Err()
type Cursor struct {
	name    string
	session *Session // nil once closed
	rows    *Rows
	on      bool // a document is there
	err     error
	into    decoder
}

func (db *DB) openCursor(ctx context.Context, collection string) (*Cursor, error) {
	s := db.NewSession()
	rows, err := s.AllDocuments(ctx, collection)
	if err != nil {
		s.Close()
		return nil, err
	}
	return &Cursor{name: collection, session: s, rows: rows}, nil
}

// Next moves to the next document. It returns false at the end, which closes the cursor, and on an error, which Err returns.
func (c *Cursor) Next(ctx context.Context) bool {
	if c.ready(ctx) {
		if c.on = c.rows.Next(); !c.on {
			c.finish()
		}
	}
	return c.on
}

// ready reports whether the cursor can move.
func (c *Cursor) ready(ctx context.Context) bool {
	c.on = false
	if c.session == nil {
		return false
	}
	if err := ctx.Err(); err != nil {
		c.err = err
		c.Close()
		return false
	}
	return true
}

// finish takes the error of rows that have ended.
func (c *Cursor) finish() {
	c.err = c.rows.Err()
	c.Close()
}

// Decode stores the present document in the value that dst points to: a struct, a map, an interface or anything else that takes an
// object; document.Record.DecodeInto says how. What does not fit is a *DecodeError, and the cursor goes on.
func (c *Cursor) Decode(dst any) error {
	if !c.on {
		return c.unready("Decode without a document: call it after Next has returned true")
	}
	c.into = decoder{name: c.name, dst: dst}
	if !c.rows.Look(&c.into) {
		c.finish()
		return c.unready("Decode after the end")
	}
	err := c.into.err
	c.into = decoder{}
	return err
}

// unready is the error of a call that comes at the wrong time, unless the cursor has one.
func (c *Cursor) unready(what string) error {
	if c.err != nil {
		return c.err
	}
	return errors.New("cursor: " + what)
}

// decoder takes one row.
type decoder struct {
	name string
	dst  any
	err  error
}

// Take decodes the document of a row.
func (d *decoder) Take(row []document.Value) { d.err = decode(row[0], d.dst, d.name) }

func decode(doc document.Value, dst any, name string) error {
	err := doc.DecodeInto(dst)
	var wrong *DecodeError
	if r := doc.RecordOf(); r != nil && errors.As(err, &wrong) {
		return fmt.Errorf("%s, _id %s: %w", name, document.AppendJSON(nil, r.ID(), document.Plain), err)
	}
	return err
}

// All stores the documents that are left in a new slice, at the address given, and closes the cursor. The elements are
// what Decode takes. On an error the slice is left as it was.
func (c *Cursor) All(ctx context.Context, slice any) error {
	defer c.Close()
	rv := reflect.ValueOf(slice)
	if rv.Kind() != reflect.Pointer || rv.IsNil() || rv.Elem().Kind() != reflect.Slice {
		return fmt.Errorf("cursor: All into %T: expected a pointer to a slice", slice)
	}
	if c.session == nil {
		return c.unready("All after the end")
	}
	t := rv.Type().Elem()
	all := collector{name: c.name, slice: reflect.New(t).Elem()}
	all.slice.Set(reflect.MakeSlice(t, 0, 0))
	for all.err == nil && c.ready(ctx) {
		if !c.rows.Read(&all) {
			c.finish()
		}
	}
	if all.err != nil {
		return all.err
	}
	if c.err == nil {
		rv.Elem().Set(all.slice)
	}
	return c.err
}

// collector takes rows into a slice.
type collector struct {
	name  string
	slice reflect.Value
	err   error
}

// Take appends the document of a row.
func (a *collector) Take(row []document.Value) {
	n := a.slice.Len()
	a.slice.Grow(1)
	a.slice.SetLen(n + 1)
	a.err = decode(row[0], a.slice.Index(n).Addr().Interface(), a.name)
}

// Err returns the error that ended the cursor: of its context, ErrClosed when the database was closed meanwhile, nil at its end.
func (c *Cursor) Err() error { return c.err }

// Close ends the cursor. Idempotent.
func (c *Cursor) Close() error {
	if c.session == nil {
		return nil
	}
	s := c.session
	c.session, c.on = nil, false
	return s.Close()
}
