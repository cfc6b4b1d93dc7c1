package def

import (
	"slices"
	"strings"
)

// typesByName are the type names of SQL. Until there are decimals, NUMERIC and
// DECIMAL are floats.
var typesByName = map[string]Type{
	"ANY": Any,
	"INT": Int, "INTEGER": Int, "BIGINT": Int, "SMALLINT": Int, "TINYINT": Int, "MEDIUMINT": Int, "INT2": Int, "INT4": Int, "INT8": Int,
	"FLOAT": Float, "REAL": Float, "DOUBLE": Float, "DOUBLE PRECISION": Float, "FLOAT4": Float, "FLOAT8": Float, "NUMERIC": Float, "DECIMAL": Float,
	"TEXT": Text, "VARCHAR": Text, "CHARACTER VARYING": Text, "CHAR": Text, "CHARACTER": Text, "STRING": Text, "CLOB": Text, "UUID": Text,
	"BLOB": Blob, "BYTEA": Blob, "BYTES": Blob, "BINARY": Blob, "VARBINARY": Blob,
	"BOOL": Bool, "BOOLEAN": Bool,
	"TIMESTAMP": Timestamp, "DATETIME": Timestamp, "TIMESTAMPTZ": Timestamp, "DATE": Timestamp,
	"TIMESTAMP WITH TIME ZONE": Timestamp, "TIMESTAMP WITHOUT TIME ZONE": Timestamp,
	"OBJECT": Object, "ARRAY": Array, "JSON": Any, "JSONB": Any,
}

// ParseType returns the type that an SQL type name stands for, in any case and with
// single spaces. The arguments, as in VARCHAR(20) or DECIMAL(10, 2), are
// accepted and do not restrict what is stored: documents have no fixed sizes.
func ParseType(name string, args []int64) (Type, bool) {
	if len(args) > 2 || slices.ContainsFunc(args, func(n int64) bool { return n < 0 }) {
		return Any, false
	}
	t, ok := typesByName[strings.ToUpper(name)]
	return t, ok
}

// TypeNames returns all names that ParseType knows, sorted.
func TypeNames() []string {
	names := make([]string, 0, len(typesByName))
	for name := range typesByName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
