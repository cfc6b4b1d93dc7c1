package document

import (
	"errors"
	"fmt"
	"math"
	"slices"
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
	w := wrong{}
	if w.find(v, 1, &names) {
		slices.Reverse(w.at)
		found := w.ValueError // a copy, so that w stays on the stack
		if found.Path = w.at.String(); len(w.at) >= MaxDepth {
			found.Path = clip(found.Path)
		}
		return &found
	}
	return nil
}

// wrong is what is wrong with a value. Its path is put together on the way back
// from it, innermost step first, so that walking a valid document makes no garbage.
type wrong struct {
	ValueError
	at Path
}

func (w *wrong) is(expected, found string) bool {
	w.Expected, w.Found = expected, found
	return true
}

func (w *wrong) find(v Value, depth int, names *nameSet) bool {
	switch v.kind {
	case KindString:
		if !utf8.Valid(v.AsBytes()) {
			return w.is("valid UTF-8", strconv.QuoteToASCII(clip(v.AsString())))
		}
	case KindArray:
		if depth > MaxDepth {
			return w.is(fmt.Sprintf("nesting of at most %d", MaxDepth), "deeper nesting")
		}
		for i, e := range v.AsArray() {
			if w.find(e, depth+1, names) {
				w.at = append(w.at, Step{Kind: StepIndex, Index: i})
				return true
			}
		}
	case KindObject:
		if depth > MaxDepth {
			return w.is(fmt.Sprintf("nesting of at most %d", MaxDepth), "deeper nesting")
		}
		fields := v.AsObject()
		if dup := names.duplicate(fields); dup >= 0 {
			return w.is("distinct field names", "two fields named "+strconv.Quote(clip(fields[dup].Name)))
		}
		for i := range fields {
			f := &fields[i]
			if !utf8.ValidString(f.Name) {
				return w.is("field names in valid UTF-8", strconv.QuoteToASCII(clip(f.Name)))
			}
			if w.find(f.Value, depth+1, names) {
				w.at = append(w.at, Step{Name: f.Name})
				return true
			}
		}
	}
	return false
}

// where is a linked path, for walks that need theirs on the way down.
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
