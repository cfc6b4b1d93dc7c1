package driver

import (
	"database/sql/driver"
	"io"
	"reflect"
	"time"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/executor"
)

var (
	_ driver.Rows                           = (*rows)(nil)
	_ driver.RowsNextResultSet              = (*rows)(nil)
	_ driver.RowsColumnTypeDatabaseTypeName = (*rows)(nil)
	_ driver.RowsColumnTypeNullable         = (*rows)(nil)
	_ driver.RowsColumnTypeScanType         = (*rows)(nil)
)

// rows hands the rows of a session to database/sql.
type rows struct {
	conn *Conn
	rows *executor.Rows
	// json is where a row's arrays and objects are rendered and its bytes copied. database/sql copies
	// what it keeps beyond the next call of Next, but for sql.RawBytes, whose contract that is.
	// It is the connection's buffer, unless other rows have it.
	json []byte
	// dest is where Take puts the row that is read.
	dest  []driver.Value
	names [2]string // those of most results, in one allocation with the rest
}

func (c *Conn) newRows(rs *executor.Rows) *rows {
	rs.AcceptJSON()
	r := &rows{conn: c, rows: rs, json: c.json}
	c.json = nil
	return r
}

// Columns returns the names of the columns.
func (r *rows) Columns() []string {
	columns := r.rows.Columns()
	names := r.names[:0]
	for i := range columns {
		names = append(names, columns[i].Name)
	}
	return names
}

// Next fills dest with the next row; io.EOF at the end of the result set.
func (r *rows) Next(dest []driver.Value) error {
	r.dest = dest
	if !r.rows.Read(r) {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	return nil
}

// Take converts the row that was read.
func (r *rows) Take(row []document.Value) {
	r.json = r.json[:0]
	for i, v := range row {
		r.dest[i] = r.value(v)
	}
}

// value converts one column. Strings are copied: a Scan keeps them as they are.
func (r *rows) value(v document.Value) driver.Value {
	switch v.Kind() {
	case document.KindMissing, document.KindNull:
		return nil
	case document.KindInt:
		return v.AsInt()
	case document.KindFloat:
		return v.AsFloat()
	case document.KindBool:
		return v.AsBool()
	case document.KindString:
		return string(v.AsBytes())
	case document.KindBytes:
		begin := len(r.json)
		r.json = append(r.json, v.AsBytes()...)
		if r.json == nil {
			return []byte{} // a nil one would be NULL
		}
		return r.json[begin:len(r.json):len(r.json)]
	case document.KindTimestamp:
		return v.AsTime()
	}
	begin := len(r.json)
	r.json = document.AppendJSON(r.json, v, document.Plain)
	// A full slice expression: growing the buffer for a later column must not
	// let this one be appended into.
	return r.json[begin:len(r.json):len(r.json)]
}

// Close ends the query; statements of the text that have not run yet do not run.
func (r *rows) Close() error {
	if cap(r.json) <= maxKept {
		r.conn.json = r.json
	}
	r.json = nil
	return r.rows.Close()
}

// maxKept is how large a buffer a connection keeps.
const maxKept = 64 << 10

// HasNextResultSet reports whether statements of the text have not run yet.
func (r *rows) HasNextResultSet() bool { return r.rows.HasNextResultSet() }

// NextResultSet moves to the rows of the next statement; io.EOF when there is none.
func (r *rows) NextResultSet() error {
	if !r.rows.NextResultSet() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	return nil
}

// ColumnTypeDatabaseTypeName returns the declared or inferred type, "ANY" when unknown.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string { return r.rows.Columns()[i].Type }

// ColumnTypeNullable reports whether the column may be NULL.
func (r *rows) ColumnTypeNullable(i int) (nullable, ok bool) {
	return r.rows.Columns()[i].Nullable, true
}

// ColumnTypeScanType returns the Go type that a column of its type name arrives as.
func (r *rows) ColumnTypeScanType(i int) reflect.Type {
	if t, ok := scanTypes[r.rows.Columns()[i].Type]; ok {
		return t
	}
	return reflect.TypeFor[any]()
}

var scanTypes = map[string]reflect.Type{
	"BOOL":      reflect.TypeFor[bool](),
	"INTEGER":   reflect.TypeFor[int64](),
	"FLOAT":     reflect.TypeFor[float64](),
	"TEXT":      reflect.TypeFor[string](),
	"BLOB":      reflect.TypeFor[[]byte](),
	"TIMESTAMP": reflect.TypeFor[time.Time](),
	"OBJECT":    reflect.TypeFor[[]byte](),
	"ARRAY":     reflect.TypeFor[[]byte](),
}
