package expr

import (
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// Kinds is a set of kinds that an operator or function takes.
type Kinds uint32

// The sets that functions take, to be combined.
const (
	Whole   Kinds = 1 << document.KindInt
	Number  Kinds = Whole | 1<<document.KindFloat
	Text    Kinds = 1 << document.KindString
	Blob    Kinds = 1 << document.KindBytes
	Boolean Kinds = 1 << document.KindBool
	Stamp   Kinds = 1 << document.KindTimestamp
	List    Kinds = 1 << document.KindArray
	Map     Kinds = 1 << document.KindObject
	// Any is every kind.
	Any Kinds = 1<<32 - 1
)

// Has reports whether the set has a kind.
func (k Kinds) Has(kind document.Kind) bool { return k>>kind&1 != 0 }

// refuse reports whether no result of this kind could be taken, and how it is called.
func (k Kinds) refuse(s Static) (found string, wrong bool) {
	switch {
	case s.Kind != document.KindMissing:
		return s.Kind.String(), !k.Has(s.Kind)
	case s.Numeric:
		return "number", k&Number == 0
	}
	return "", false
}

// kindPhrases name the kinds of a set, larger ones first.
var kindPhrases = []struct {
	kinds  Kinds
	phrase string
}{
	{Number, "a number"}, {Whole, "a whole number"}, {Text, "a string"}, {Blob, "bytes"}, {Boolean, "a boolean"},
	{Stamp, "a timestamp"}, {List, "an array"}, {Map, "an object"},
}

// String names the kinds for a message: "a number or a boolean".
func (k Kinds) String() string {
	if k == Any {
		return "any value"
	}
	var parts []string
	for _, p := range kindPhrases {
		if k&p.kinds == p.kinds {
			parts = append(parts, p.phrase)
			k &^= p.kinds
		}
	}
	if n := len(parts); n > 2 {
		return strings.Join(parts[:n-1], ", ") + " or " + parts[n-1]
	}
	return strings.Join(parts, " or ")
}
