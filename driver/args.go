package driver

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
	"time"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/executor"
)

// CheckNamedValue accepts every Go value that document.FromGo takes, and what a
// driver.Valuer yields. It leaves the common types as they are and turns the
// others into a document.Value.
func (c *Conn) CheckNamedValue(nv *driver.NamedValue) error {
	switch v := nv.Value.(type) {
	case nil, int64, float64, bool, string, []byte, time.Time, document.Value:
		return nil
	case int:
		nv.Value = int64(v) // what most programs have at hand
		return nil
	case sql.Out:
		return fmt.Errorf("parameter %s: there are no output parameters", describe(nv))
	}
	if valuer, ok := nv.Value.(driver.Valuer); ok && !document.IsSQLNull(reflect.TypeOf(nv.Value)) {
		// A nil pointer whose element has the method is NULL, as database/sql has it.
		if rv := reflect.ValueOf(nv.Value); rv.Kind() == reflect.Pointer && rv.IsNil() {
			nv.Value = nil
			return nil
		}
		v, err := valuer.Value()
		if err != nil {
			return err
		}
		nv.Value = v
	}
	v, err := document.FromGo(nv.Value)
	if err != nil {
		return fmt.Errorf("parameter %s: %w", describe(nv), err)
	}
	nv.Value = v
	return nil
}

// describe names a parameter in an error.
func describe(nv *driver.NamedValue) string {
	if nv.Name != "" {
		return ":" + nv.Name
	}
	return fmt.Sprintf("%d", nv.Ordinal)
}

// convert turns checked arguments into those of a session. The slice is reused by the
// next statement of the connection; sessions do not keep it. Rows read the values as long as they
// are open: for those, byte slices are copied, which their owner may change once the call returns.
func (c *Conn) convert(args []driver.NamedValue, rows bool) ([]executor.Arg, error) {
	out := c.args[:0]
	for i := range args {
		v, err := convertValue(args[i].Value)
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", describe(&args[i]), err)
		}
		if rows {
			switch v.Kind() {
			case document.KindBytes, document.KindArray, document.KindObject:
				v = v.Clone()
			}
		}
		out = append(out, executor.Arg{Name: args[i].Name, Ordinal: args[i].Ordinal, Value: v})
	}
	c.args = out
	return out, nil
}

func convertValue(v driver.Value) (document.Value, error) {
	switch v := v.(type) {
	case nil:
		return document.Null(), nil
	case int64:
		return document.Int(v), nil
	case float64:
		return document.Float(v), nil
	case bool:
		return document.Bool(v), nil
	case []byte:
		if v == nil {
			return document.Null(), nil
		}
		return document.Bytes(v), nil
	case document.Value:
		return v, nil
	}
	return document.FromGo(v) // strings and times too: they are checked there
}
