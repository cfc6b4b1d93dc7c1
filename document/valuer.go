package document

import (
	"reflect"
	"strings"
	"sync"
)

// A type that says with a method Value what a database stores of it (database/sql/driver.Valuer, which
// this package does not import) is taken at its word also within a document, where
// it does not say what its JSON is.

var (
	valuers   sync.Map // reflect.Type to bool
	errorType = reflect.TypeFor[error]()
)

// isValuer reports whether a type has the method of a driver.Valuer.
func isValuer(t reflect.Type) bool {
	if known, ok := valuers.Load(t); ok {
		return known.(bool)
	}
	m, ok := t.MethodByName("Value")
	if ok = ok && m.Type.NumIn() == 1 && m.Type.NumOut() == 2 && m.Type.Out(1) == errorType; ok {
		out := m.Type.Out(0)
		ok = out.Kind() == reflect.Interface && out.PkgPath() == "database/sql/driver" && out.Name() == "Value"
	}
	valuers.Store(t, ok)
	return ok
}

// fromValuer converts what the method Value of rv returns.
func fromValuer(rv reflect.Value, at *where, depth int) (Value, error) {
	if depth > 2*MaxDepth { // one that returns itself
		return Value{}, wrongGo(at, "a value that can be stored", "Go type "+rv.Type().String()+", whose Value returns another such value without end")
	}
	out := rv.MethodByName("Value").Call(nil)
	if err, failed := out[1].Interface().(error); failed {
		return Value{}, wrongGo(at, "a Go value", "the error of its method Value: "+err.Error())
	}
	return fromGo(out[0].Interface(), at, depth+1)
}

// IsSQLNull reports whether a type is sql.Null[T] for some T. Its own method Value refuses a T that is
// no column of other databases, such as a map; FromGo takes it as T or NULL.
func IsSQLNull(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.PkgPath() == "database/sql" && strings.HasPrefix(t.Name(), "Null[")
}

func fromSQLNull(rv reflect.Value, at *where, depth int) (Value, error) {
	if !rv.FieldByName("Valid").Bool() {
		return Null(), nil
	}
	return fromGo(rv.FieldByName("V").Interface(), at, depth+1)
}
