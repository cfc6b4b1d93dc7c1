package def

// Type is a declared field type: what a stored value is coerced to, or refused.
type Type uint8

const (
	Any       Type = iota // no declared type
	Bool                  // bool; 0 and 1 are converted
	Int                   // int64; a float with an integer value and text that spells one are converted
	Float                 // float64; an int and text that spells a number are converted
	Text                  // string; bytes that are UTF-8 are converted
	Blob                  // bytes
	Timestamp             // timestamp; a string in RFC 3339 or SQL form is parsed
	Object                // object
	Array                 // array
)

var typeNames = [...]string{"ANY", "BOOL", "INTEGER", "FLOAT", "TEXT", "BLOB", "TIMESTAMP", "OBJECT", "ARRAY"}

// String returns the SQL name that SHOW prints and ColumnTypes reports.
func (t Type) String() string { return typeNames[t] }
