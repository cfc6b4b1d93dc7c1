package document

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// ErrInvalid is matched by every error about a value that cannot be stored.
var ErrInvalid = errors.New("invalid document")

// ValueError says what is wrong with one value.
type ValueError struct {
	Path     string // "" is the document itself
	Expected string
	Found    string
}

func (e *ValueError) Error() string {
	where := "document"
	if e.Path != "" {
		where = "path " + e.Path
	}
	return fmt.Sprintf("%s: expected %s, found %s", where, e.Expected, e.Found)
}

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (e *ValueError) Unwrap() error { return ErrInvalid }

// Validate checks what every stored document keeps to: strings and names are valid UTF-8, the
// names of an object are distinct, nesting is at most MaxDepth. It returns a *ValueError.
func Validate(v Value) error {
	var names nameSet
	return validate(v, nil, 1, &names)
}

// where is a linked path, so that walking a valid document makes no garbage.
type where struct {
	up    *where
	name  string
	index int // -1 is a field
}

func (w *where) path() Path {
	if w == nil {
		return nil
	}
	if w.index >= 0 {
		return append(w.up.path(), Step{Kind: StepIndex, Index: w.index})
	}
	return append(w.up.path(), Step{Name: w.name})
}

func validate(v Value, at *where, depth int, names *nameSet) error {
	switch v.kind {
	case KindString:
		if !utf8.Valid(v.AsBytes()) {
			return &ValueError{at.path().String(), "valid UTF-8", strconv.QuoteToASCII(clip(v.AsString()))}
		}
	case KindArray, KindObject:
		if depth > MaxDepth {
			return &ValueError{clip(at.path().String()), fmt.Sprintf("nesting of at most %d", MaxDepth), "deeper nesting"}
		}
	}
	switch v.kind {
	case KindArray:
		w := where{up: at}
		for i, e := range v.AsArray() {
			w.index = i
			if err := validate(e, &w, depth+1, names); err != nil {
				return err
			}
		}
	case KindObject:
		fields := v.AsObject()
		if dup := names.duplicate(fields); dup >= 0 {
			return &ValueError{at.path().String(), "distinct field names", "two fields named " + strconv.Quote(clip(fields[dup].Name))}
		}
		w := where{up: at, index: -1}
		for _, f := range fields {
			w.name = f.Name
			if !utf8.ValidString(f.Name) {
				return &ValueError{at.path().String(), "field names in valid UTF-8", strconv.QuoteToASCII(clip(f.Name))}
			}
			if err := validate(f.Value, &w, depth+1, names); err != nil {
				return err
			}
		}
	}
	return nil
}

// nameSet finds duplicate names; small objects are compared pairwise.
type nameSet struct{ seen map[string]struct{} }

func (s *nameSet) has(name string) bool {
	_, ok := s.seen[name]
	return ok
}

// reset makes the set hold exactly the names of fields.
func (s *nameSet) reset(fields []Field) {
	if s.seen == nil {
		s.seen = make(map[string]struct{}, 2*len(fields))
	}
	clear(s.seen)
	for i := range fields {
		s.seen[fields[i].Name] = struct{}{}
	}
}

// duplicate returns the index of a field whose name stands before it, else -1.
func (s *nameSet) duplicate(fields []Field) int {
	if len(fields) <= 16 {
		for i := range fields {
			for j := range i {
				if fields[i].Name == fields[j].Name {
					return i
				}
			}
		}
		return -1
	}
	s.reset(nil)
	for i := range fields {
		if s.has(fields[i].Name) {
			return i
		}
		s.seen[fields[i].Name] = struct{}{}
	}
	return -1
}

// clip shortens text for an error message.
func clip(s string) string {
	if len(s) <= 60 {
		return s
	}
	return s[:57] + "..."
}

// CheckID checks that v can be an _id: any scalar but null, missing and NaN, at
// most MaxIDSize bytes. It returns a *ValueError.
func CheckID(v Value) error {
	switch {
	case v.kind == KindMissing || v.kind == KindNull || !v.kind.IsScalar():
		return &ValueError{IDField, "a scalar other than null", v.kind.String()}
	case v.kind == KindFloat && math.IsNaN(v.AsFloat()):
		return &ValueError{IDField, "a number", "NaN"}
	case (v.kind == KindString || v.kind == KindBytes) && v.n > MaxIDSize:
		return &ValueError{IDField, fmt.Sprintf("at most %d bytes", MaxIDSize), fmt.Sprintf("%d bytes", v.n)}
	case v.kind == KindString && !utf8.Valid(v.AsBytes()):
		return &ValueError{IDField, "valid UTF-8", strconv.QuoteToASCII(clip(v.AsString()))}
	}
	return nil
}
