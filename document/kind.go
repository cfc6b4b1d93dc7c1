package document

import "fmt"

// Kind is the type of a value. The constants stand in the total order of
// Compare, except that missing and null are one place and all numbers are one.
// They are in-memory numbers; the stored tags are in tags.go.
type Kind uint8

const (
	KindMissing   Kind = iota // no such field
	KindNull                  // an explicit null
	KindInt                   // int64
	KindFloat                 // float64
	KindDecimal               // reserved
	KindString                // valid UTF-8
	KindObject                // fields in stored order
	KindArray                 //
	KindBytes                 //
	KindBool                  //
	KindUUID                  // reserved
	KindDate                  // reserved
	KindTime                  // reserved
	KindTimestamp             // UTC, seconds and nanoseconds, years 1 to 9999
	KindInterval              // reserved
	kindCount
)

var kindNames = [kindCount]string{
	"missing", "null", "int", "float", "decimal", "string", "object", "array",
	"bytes", "bool", "uuid", "date", "time", "timestamp", "interval",
}

// String returns the lower-case name that TYPE_OF and error messages use.
func (k Kind) String() string {
	if k < kindCount {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// IsNumber reports whether k is one of the numeric kinds.
func (k Kind) IsNumber() bool { return k >= KindInt && k <= KindDecimal }

// IsScalar reports whether a value of this kind holds no other values.
// Missing and null count as scalars.
func (k Kind) IsScalar() bool { return k != KindObject && k != KindArray }
