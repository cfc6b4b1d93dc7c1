package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Path leads from a document to a part of it: address.city, items[0].sku, tags[*].
type Path []Step

// Step is one step of a path.
type Step struct {
	Kind StepKind
	Name string // of StepField
	// Index of StepIndex counts from 0, or from the end when negative.
	Index int
}

// StepKind says what a step does.
type StepKind uint8

const (
	StepField    StepKind = iota // .name
	StepIndex                    // [i]
	StepWildcard                 // [*], every element
)

// FieldPath returns the path through nested objects by these names.
func FieldPath(names ...string) Path {
	p := make(Path, len(names))
	for i, n := range names {
		p[i] = Step{Name: n}
	}
	return p
}

// PathError is returned by ParsePath.
type PathError struct {
	Text    string
	Offset  int // in bytes
	Message string
}

func (e *PathError) Error() string {
	return fmt.Sprintf("path %q, offset %d: %s", clip(e.Text), e.Offset, e.Message)
}

// MaxSteps bounds a path that is given as text: no document is nested that deep, and
// following a path may recurse.
const MaxSteps = 1000

// ParsePath reads a path as String prints it: names separated by dots,
// subscripts [0], [-1] and [*], names in double quotes or backquotes where they are not
// plain words (a doubled quote stands for one). It returns a *PathError.
func ParsePath(text string) (Path, error) {
	var p Path
	fail := func(at int, format string, args ...any) (Path, error) {
		return nil, &PathError{text, at, fmt.Sprintf(format, args...)}
	}
	for i := 0; i < len(text) || i == 0; {
		if len(p) == MaxSteps {
			return fail(i, "more than %d steps", MaxSteps)
		}
		if i < len(text) && text[i] == '[' {
			end := strings.IndexByte(text[i:], ']')
			if end < 0 {
				return fail(i, "[ is not closed")
			}
			inside := text[i+1 : i+end]
			if inside == "*" {
				p = append(p, Step{Kind: StepWildcard})
			} else {
				n, err := strconv.Atoi(inside)
				if err != nil {
					return fail(i+1, "expected a number or * in brackets, found %q", clip(inside))
				}
				p = append(p, Step{Kind: StepIndex, Index: n})
			}
			i += end + 1
			continue
		}
		if i > 0 {
			if text[i] != '.' {
				return fail(i, "expected . or [, found %q", text[i])
			}
			i++
		}
		if i == len(text) {
			return fail(i, "expected a name at the end")
		}
		name, rest, ok := readName(text[i:])
		if !ok {
			return fail(i, "expected a name, found %q", clip(text[i:]))
		}
		p = append(p, Step{Name: name})
		i = len(text) - len(rest)
	}
	return p, nil
}

// readName reads a plain or quoted name from the front of s.
func readName(s string) (name, rest string, ok bool) {
	if q := s[0]; q == '"' || q == '`' {
		for i := 1; i < len(s); i++ {
			if s[i] != q {
				continue
			}
			if i+1 < len(s) && s[i+1] == q {
				i++
				continue
			}
			quote := string(q)
			return strings.ReplaceAll(s[1:i], quote+quote, quote), s[i+1:], true
		}
		return "", s, false
	}
	end := strings.IndexAny(s, ".[]\"`")
	if end < 0 {
		end = len(s)
	}
	return s[:end], s[end:], end > 0
}

// IsPlainName reports whether a name needs no quotes in a path.
func IsPlainName(name string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
		if !letter && (i == 0 || c != '$' && (c < '0' || c > '9')) {
			return false
		}
	}
	return name != ""
}

// String prints the path so that ParsePath reads it back.
func (p Path) String() string {
	var b strings.Builder
	for i, s := range p {
		switch s.Kind {
		case StepField:
			if i > 0 {
				b.WriteByte('.')
			}
			if IsPlainName(s.Name) {
				b.WriteString(s.Name)
			} else {
				b.WriteString(`"` + strings.ReplaceAll(s.Name, `"`, `""`) + `"`)
			}
		case StepIndex:
			b.WriteString("[" + strconv.Itoa(s.Index) + "]")
		case StepWildcard:
			b.WriteString("[*]")
		}
	}
	return b.String()
}

// Equal reports whether two paths have the same steps.
func (p Path) Equal(q Path) bool { return slices.Equal(p, q) }

// HasPrefix reports whether p begins with all steps of q.
func (p Path) HasPrefix(q Path) bool { return len(p) >= len(q) && slices.Equal(p[:len(q)], q) }

// HasWildcard reports whether a step is [*].
func (p Path) HasWildcard() bool {
	return slices.ContainsFunc(p, func(s Step) bool { return s.Kind == StepWildcard })
}

// Lookup returns what the path leads to in v, MISSING where there is nothing.
// Arrays fan out at [*] only: the result is an array of what the rest of the
// path finds, missing ones left out.
func (p Path) Lookup(v Value) Value {
	for i, s := range p {
		switch s.Kind {
		case StepField:
			v = v.Get(s.Name)
		case StepIndex:
			v = v.Index(s.Index)
		case StepWildcard:
			if v.kind != KindArray {
				return Value{}
			}
			out := []Value{}
			for _, e := range v.AsArray() {
				if e = p[i+1:].Lookup(e); !e.IsMissing() {
					out = append(out, e)
				}
			}
			return Array(out)
		}
		if v.IsMissing() {
			return v
		}
	}
	return v
}

// Index returns the element at i of an array, counted from the end when i is
// negative, else MISSING.
func (v Value) Index(i int) Value {
	es := v.AsArray()
	if i < 0 {
		i += len(es)
	}
	if i < 0 || i >= len(es) {
		return Value{}
	}
	return es[i]
}

// Set returns doc with x at the path; the rest is shared. Objects missing on
// the way are made. The error, a *ValueError, names the part that is neither an
// object nor an array as the path needs it, or an index beyond the array.
func (p Path) Set(doc, x Value) (Value, error) { return p.set(doc, x, 0) }

func (p Path) set(v, x Value, at int) (Value, error) {
	if at == len(p) {
		return x, nil
	}
	s := p[at]
	switch s.Kind {
	case StepField:
		if v.kind != KindObject && !v.IsNull() {
			return v, &ValueError{Path: p[:at].String(), Expected: "an object", Found: v.kind.String()}
		}
		fields := v.AsObject()
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == s.Name })
		var old Value
		if i >= 0 {
			old = fields[i].Value
		}
		inner, err := p.set(old, x, at+1)
		if err != nil {
			return v, err
		}
		out := make([]Field, len(fields), len(fields)+1)
		copy(out, fields)
		if i >= 0 {
			out[i].Value = inner
		} else {
			out = append(out, Field{s.Name, inner})
		}
		return Object(out), nil
	case StepIndex:
		if v.kind != KindArray {
			return v, &ValueError{Path: p[:at].String(), Expected: "an array", Found: v.kind.String()}
		}
		elements := v.AsArray()
		i := s.Index
		if i < 0 {
			i += len(elements)
		}
		if i < 0 || i > len(elements) {
			return v, &ValueError{Path: p[:at+1].String(), Expected: fmt.Sprintf("an index within the array of %d", len(elements)), Found: strconv.Itoa(s.Index)}
		}
		var old Value
		if i < len(elements) {
			old = elements[i]
		}
		inner, err := p.set(old, x, at+1)
		if err != nil {
			return v, err
		}
		out := make([]Value, len(elements), len(elements)+1)
		copy(out, elements)
		if i == len(elements) {
			out = append(out, inner)
		} else {
			out[i] = inner
		}
		return Array(out), nil
	}
	if v.kind != KindArray {
		return v, &ValueError{Path: p[:at].String(), Expected: "an array", Found: v.kind.String()}
	}
	out := slices.Clone(v.AsArray())
	for i := range out {
		inner, err := p.set(out[i], x, at+1)
		if err != nil {
			return v, err
		}
		out[i] = inner
	}
	return Array(out), nil
}

// Unset returns doc without the part that the path leads to; the rest is
// shared. An array element is removed, what is not there is no error.
func (p Path) Unset(doc Value) Value {
	if len(p) == 0 {
		return doc
	}
	s, rest := p[0], p[1:]
	switch {
	case s.Kind == StepField && doc.kind == KindObject:
		fields := doc.AsObject()
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == s.Name })
		if i < 0 {
			return doc
		}
		out := slices.Clone(fields)
		if len(rest) == 0 {
			return Object(slices.Delete(out, i, i+1))
		}
		out[i].Value = rest.Unset(out[i].Value)
		return Object(out)
	case s.Kind == StepIndex && doc.kind == KindArray:
		elements := doc.AsArray()
		i := s.Index
		if i < 0 {
			i += len(elements)
		}
		if i < 0 || i >= len(elements) {
			return doc
		}
		out := slices.Clone(elements)
		if len(rest) == 0 {
			return Array(slices.Delete(out, i, i+1))
		}
		out[i] = rest.Unset(out[i])
		return Array(out)
	case s.Kind == StepWildcard && doc.kind == KindArray:
		if len(rest) == 0 {
			return Array(nil)
		}
		out := slices.Clone(doc.AsArray())
		for i := range out {
			out[i] = rest.Unset(out[i])
		}
		return Array(out)
	}
	return doc
}
