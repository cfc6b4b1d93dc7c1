package document

import (
	"reflect"
	"slices"
	"strings"
	"sync"
)

// structPlan is how a struct type maps to the fields of an object, by the rules of
// encoding/json: json tags, embedded structs flattened, the shallowest field of
// a name wins, then the tagged one, and an undecided name is dropped.
type structPlan struct {
	fields []structField
}

type structField struct {
	name      string
	index     []int
	tagged    bool
	omitEmpty bool
	omitZero  bool
}

var structPlans sync.Map // reflect.Type to *structPlan

func structPlanOf(t reflect.Type) *structPlan {
	if p, ok := structPlans.Load(t); ok {
		return p.(*structPlan)
	}
	all := collectFields(t, nil, map[reflect.Type]bool{})
	var plan structPlan
	for _, f := range all {
		if dominant(all, f) {
			plan.fields = append(plan.fields, f)
		}
	}
	p, _ := structPlans.LoadOrStore(t, &plan)
	return p.(*structPlan)
}

func collectFields(t reflect.Type, index []int, within map[reflect.Type]bool) (out []structField) {
	if within[t] {
		return nil // a type that embeds itself
	}
	within[t] = true
	defer delete(within, t)
	for i := range t.NumField() {
		sf := t.Field(i)
		inner := sf.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		embedded := sf.Anonymous && inner.Kind() == reflect.Struct
		if !sf.IsExported() && !(embedded && sf.Type.Kind() == reflect.Struct) {
			continue
		}
		tag := sf.Tag.Get("json")
		if tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		at := append(slices.Clone(index), i)
		if embedded && name == "" {
			out = append(out, collectFields(inner, at, within)...)
			continue
		}
		if !sf.IsExported() {
			continue
		}
		f := structField{name: name, index: at, tagged: name != ""}
		if name == "" {
			f.name = sf.Name
		}
		for option := range strings.SplitSeq(options, ",") {
			f.omitEmpty = f.omitEmpty || option == "omitempty"
			f.omitZero = f.omitZero || option == "omitzero"
		}
		out = append(out, f)
	}
	return out
}

// dominant reports whether f is the one field that its name stands for.
func dominant(all []structField, f structField) bool {
	for _, g := range all {
		if g.name != f.name || slices.Equal(g.index, f.index) {
			continue
		}
		switch {
		case len(g.index) < len(f.index):
			return false
		case len(g.index) == len(f.index) && (g.tagged || !f.tagged):
			return false
		}
	}
	return true
}
