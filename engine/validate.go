package engine

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
)

// Limits of definitions.
const (
	maxName           = 255
	maxDeclaredFields = 1000
	maxIndexKeys      = 32
)

func validateName(what, name string) error {
	switch {
	case name == "":
		return invalidDefinition("%s without a name", what)
	case len(name) > maxName:
		return invalidDefinition("%s %.20s...: name of %d bytes, expected at most %d", what, name, len(name), maxName)
	case !utf8.ValidString(name) || strings.ContainsRune(name, 0):
		return invalidDefinition("%s %q: name is not valid UTF-8 text", what, name)
	}
	return nil
}

func validateCollection(d *def.Collection) error {
	if err := validateName("collection", d.Name); err != nil {
		return err
	}
	if len(d.Fields) > maxDeclaredFields {
		return invalidDefinition("collection %s: %d fields, expected at most %d", d.Name, len(d.Fields), maxDeclaredFields)
	}
	seen := map[string]bool{}
	for i := range d.Fields {
		f := &d.Fields[i]
		if len(f.Path) == 0 || slices.ContainsFunc(f.Path, func(s document.Step) bool { return s.Kind != document.StepField }) {
			return invalidDefinition("collection %s: field %s: expected names divided by dots", d.Name, f.Path)
		}
		name := f.Path.String()
		if isID(d, f.Path) {
			name = document.IDField // one field under two names
		}
		if seen[name] {
			return invalidDefinition("collection %s: field %s is declared twice", d.Name, f.Path)
		}
		seen[name] = true
		if int(f.Type) > int(def.Array) {
			return invalidDefinition("collection %s: field %s has an unknown type", d.Name, f.Path)
		}
	}
	for i := range d.Indexes {
		for _, other := range d.Indexes[:i] {
			if other.Name == d.Indexes[i].Name {
				return invalidDefinition("collection %s: two indexes named %s", d.Name, other.Name)
			}
		}
	}
	return nil
}

func validateIndex(d *def.Index) error {
	if err := validateName("index", d.Name); err != nil {
		return err
	}
	if n := len(d.Keys); n == 0 || n > maxIndexKeys {
		return invalidDefinition("index %s: %d fields, expected 1 to %d", d.Name, n, maxIndexKeys)
	}
	for i, key := range d.Keys {
		if len(key.Path) == 0 || key.Path.HasWildcard() {
			return invalidDefinition("index %s: %q leads to no single value", d.Name, key.Path.String())
		}
		if slices.ContainsFunc(d.Keys[:i], func(other def.Key) bool { return other.Path.Equal(key.Path) }) {
			return invalidDefinition("index %s: field %s twice", d.Name, key.Path)
		}
	}
	return nil
}

// firstError returns why a default does not compile.
func (d *declared) firstError() error {
	if d.id != nil && d.id.failed != nil {
		return d.id.failed
	}
	for i := range d.fields {
		if err := d.fields[i].failed; err != nil {
			return err
		}
	}
	return nil
}
