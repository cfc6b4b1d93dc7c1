package expr

import (
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// memo keeps what is worked out once a run from parameters and constants. It owns all text that
// it holds, so that a caller may reuse the memory of its parameters for the next run; arrays are
// known by where they lie, which is why a frame serves one run only.
type memo struct {
	stamps  []stampMemo
	coerced []coercedMemo
	sets    []setMemo
	likes   []likeMemo
	regexps []regexpMemo
	oldest  int // of a full list of regexps, to be replaced
}

// maxMemo bounds each list, which is searched from the front. A statement that
// has more of a kind works the rest out row by row.
const maxMemo = 32

type stampMemo struct {
	text  string
	value document.Value
}

// stamp returns text, a literal or parameter, as a timestamp, MISSING when it is none.
func (f *Frame) stamp(text string) document.Value {
	for i := range f.memo.stamps {
		if m := &f.memo.stamps[i]; m.text == text {
			return m.value
		}
	}
	v := parseStamp(text)
	if len(f.memo.stamps) < maxMemo {
		f.memo.stamps = append(f.memo.stamps, stampMemo{strings.Clone(text), v})
	}
	return v
}

// parseStamp returns text as a timestamp, MISSING when it is none.
func parseStamp(text string) document.Value {
	// The shortest form is a date, and all begin with a digit; an error costs more than to look.
	if len(text) < len("2006-01-02") || text[0]-'0' > 9 {
		return document.Missing()
	}
	v, err := document.ParseTimestamp(text)
	if err != nil {
		return document.Missing()
	}
	return v
}

type coercedMemo struct {
	node    *Coerced
	text    string          // of a string
	first   *document.Value // of an array
	size    int
	outcome document.Value
}

type setMemo struct {
	node  *InArray
	first *document.Value
	size  int
	set   *valueSet
}

type likeMemo struct {
	node            *Like
	pattern, escape string
	compiled        *pattern
}
