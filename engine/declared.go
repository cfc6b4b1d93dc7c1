package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
)

// declared is a collection's declared fields, compiled.
type declared struct {
	id     *declaredField // the primary key's declaration, or nil
	fields []declaredField
	// allowed are the names a closed collection takes, nil for an open one.
	allowed *allowedNames
	shapes  sync.Map // *document.Shape to bool: whether allowed takes all its documents
}

type declaredField struct {
	*def.Field
	path     *document.Accessor
	fallback Evaluator // of DEFAULT, or nil
	failed   error     // why DEFAULT does not compile
}

// allowedNames are the names of one object. A name without an object of its own takes any value.
type allowedNames struct {
	names  []string
	within []*allowedNames
}

func isID(c *def.Collection, path document.Path) bool {
	return len(path) == 1 && path[0].Kind == document.StepField &&
		(path[0].Name == document.IDField || c.PrimaryKey != "" && path[0].Name == c.PrimaryKey)
}

var errNoCompiler = errors.New("the database was opened without a compiler for expressions")

// compileDeclared compiles the declared fields. What does not compile shows
// when it is needed, so that such a database still opens.
func compileDeclared(c *def.Collection, compiler Compiler) *declared {
	d := &declared{}
	if !c.Open {
		d.allowed = &allowedNames{}
	}
	for i := range c.Fields {
		f := declaredField{Field: &c.Fields[i], path: document.NewAccessor(c.Fields[i].Path)}
		if f.Default != "" {
			if compiler == nil {
				f.failed = errNoCompiler
			} else {
				f.fallback, f.failed = compiler.Compile(f.Default)
			}
		}
		if isID(c, f.Path) {
			d.id = &f
			continue
		}
		d.fields = append(d.fields, f)
		if d.allowed != nil {
			d.allowed.add(f.Path)
		}
	}
	return d
}

func (a *allowedNames) add(path document.Path) {
	name := path[0].Name
	at := a.find(name)
	if at < 0 {
		at = len(a.names)
		a.names = append(a.names, name)
		var within *allowedNames
		if len(path) > 1 {
			within = &allowedNames{}
		}
		a.within = append(a.within, within)
	}
	switch {
	case len(path) == 1:
		a.within[at] = nil // declared as a whole
	case a.within[at] != nil:
		a.within[at].add(path[1:])
	}
}

// find returns where a name stands, -1 when it is not allowed.
func (a *allowedNames) find(name string) int { return slices.Index(a.names, name) }

// check refuses a field that is not declared.
func (a *allowedNames) check(fields []document.Field, around document.Path) error {
	for i := range fields {
		f := &fields[i]
		if f.Value.IsMissing() {
			continue
		}
		at := i // most documents have the declared order
		if at >= len(a.names) || a.names[at] != f.Name {
			for at = 0; at < len(a.names) && a.names[at] != f.Name; at++ {
			}
		}
		path := func() document.Path {
			return append(around[:len(around):len(around)], document.Step{Name: f.Name})
		}
		if at == len(a.names) {
			expected := "a declared field"
			if n := document.Nearest(f.Name, a.names); n != "" {
				expected += fmt.Sprintf(" (did you mean %s?)", append(around[:len(around):len(around)], document.Step{Name: n}))
			}
			return &document.ValueError{Path: path().String(), Expected: expected, Found: "an undeclared one"}
		}
		within := a.within[at]
		if within == nil || f.Value.IsNull() {
			continue
		}
		if f.Value.Kind() != document.KindObject {
			return &document.ValueError{Path: path().String(), Expected: "an object", Found: f.Value.Kind().String()}
		}
		if err := within.check(f.Value.AsObject(), path()); err != nil {
			return err
		}
	}
	return nil
}

// value returns what the field stores for v: coerced, or its default when v is MISSING.
func (f *declaredField) value(ctx context.Context, v document.Value) (document.Value, error) {
	if v.IsMissing() && f.Default != "" {
		if f.failed != nil {
			return v, fmt.Errorf("field %s: default %s: %w", f.Path, f.Default, f.failed)
		}
		var err error
		if v, err = f.fallback.Eval(nested(ctx), document.Missing()); err != nil {
			return v, fmt.Errorf("field %s: default %s: %w", f.Path, f.Default, err)
		}
	}
	if v.IsNull() && f.NotNull {
		return v, &document.ValueError{Path: f.Path.String(), Expected: f.Type.String() + " NOT NULL", Found: v.Kind().String()}
	}
	if f.Type == def.Any {
		return v, nil
	}
	v, err := def.Coerce(f.Type, v)
	return v, f.at(err)
}

// at fills in the path of a refused value.
func (f *declaredField) at(err error) error {
	var wrong *document.ValueError
	if errors.As(err, &wrong) && wrong.Path == "" {
		wrong.Path = f.Path.String()
	}
	return err
}

// apply coerces the declared fields of a document and fills in their defaults. fields[0] is the
// _id; the slice may be replaced.
func (d *declared) apply(ctx context.Context, fields []document.Field) ([]document.Field, error) {
	after := 0 // where the field declared before this one stands
	for i := range d.fields {
		f := &d.fields[i]
		name := f.Path[0].Name
		at := after + 1
		if at >= len(fields) || fields[at].Name != name {
			for at = len(fields) - 1; at > 0 && fields[at].Name != name; at-- {
			}
		}
		var whole document.Value
		if at > 0 {
			whole = fields[at].Value
		}
		old := f.Path[1:].Lookup(whole)
		v, err := f.value(ctx, old)
		if err != nil {
			return fields, err
		}
		if v.Kind() == old.Kind() {
			if at > 0 {
				after = at
			}
			continue // coercion changes the kind or nothing
		}
		if whole, err = f.Path[1:].Set(whole, v); err != nil {
			return fields, invalidWithin(f, err)
		}
		if at == 0 {
			// In its declared place, so that such documents share a shape.
			at = after + 1
			fields = append(fields, document.Field{})
			copy(fields[at+1:], fields[at:])
			fields[at].Name = name
		}
		fields[at].Value = whole
		after = at
	}
	return fields, nil
}

// invalidWithin names the field in the error of setting a part of it.
func invalidWithin(f *declaredField, err error) error {
	var wrong *document.ValueError
	if errors.As(err, &wrong) {
		return &document.ValueError{Path: f.Path.String(), Expected: wrong.Expected, Found: wrong.Found}
	}
	return err
}
