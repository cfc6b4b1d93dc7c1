package engine

import "github.com/fluxdb/fluxdb/document"

// A JSON text can become a record along the shape of the document before without being taken apart. Whether
// that is what its collection stores is seen on the record: a declared field must have the kind that it
// is declared with, nothing may have to be filled in, and a closed collection must take every leaf.

// conforms reports whether incoming would have changed nothing of a document that a record was made of, and not
// refused it. made says that its _id is a new UUID, which the document did not have. Saying no is never wrong.
func (e *entry) conforms(rec *document.Record, made bool) bool {
	d := e.declared
	switch {
	case made && (e.sequence != nil || !d.makesID()):
		return false
	case !made && d.id != nil && !d.id.conforms(rec.ID()):
		return false
	}
	for i := range d.fields {
		f := &d.fields[i]
		if !f.conforms(rec.Lookup(f.path)) {
			return false
		}
	}
	return d.allowed == nil || d.takesShape(rec.Shape())
}

// conforms reports whether the field stores v as it is.
func (f *declaredField) conforms(v document.Value) bool {
	switch {
	case v.IsMissing():
		return f.Default == "" && !f.NotNull
	case v.IsNull():
		return !f.NotNull
	}
	return f.Type.Stores(v.Kind())
}

// takesShape reports whether a closed collection takes all documents of a shape. It is worked out once for each.
func (d *declared) takesShape(s *document.Shape) bool {
	if s == nil {
		return false
	}
	if known, ok := d.shapes.Load(s); ok {
		return known.(bool)
	}
	takes := true
	for _, leaf := range s.Def().Leaves[1:] { // behind _id
		takes = takes && d.allowed.takes(leaf)
	}
	d.shapes.Store(s, takes)
	return takes
}

// takes reports whether whatever stands at a path is allowed.
func (a *allowedNames) takes(path []string) bool {
	for _, name := range path {
		at := a.find(name)
		if at < 0 {
			return false
		}
		if a = a.within[at]; a == nil {
			return true
		}
	}
	return false // only an object with names of its own may stand here
}
