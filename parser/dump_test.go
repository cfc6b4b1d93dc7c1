package parser

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// dump prints a syntax tree, one struct a line, what is zero left out. Expressions
// are printed as SQL, with tree as trees too.
type dump struct {
	strings.Builder
	tree bool
}

func (d *dump) value(indent, label string, v reflect.Value) {
	switch x := v.Interface().(type) {
	case Meta:
		fmt.Fprintf(d, "%s%s: %q", indent, label, x.Text[x.Start:x.End])
		if x.Params > 0 {
			fmt.Fprintf(d, ", %d parameters", x.Params)
		}
		if x.Names != nil {
			fmt.Fprintf(d, " %q", x.Names)
		}
		d.WriteByte('\n')
		return
	case document.Path:
		fmt.Fprintf(d, "%s%s: %s\n", indent, label, x)
		return
	case document.Value:
		fmt.Fprintf(d, "%s%s: %s %s\n", indent, label, x.Kind(), Format(&Literal{Value: x}))
		return
	case At:
		return
	case TypeName:
		fmt.Fprintf(d, "%s%s: %s\n", indent, label, x)
		return
	}
	if e, ok := v.Interface().(Expr); ok && !d.tree && v.Kind() != reflect.Struct && !v.IsNil() {
		fmt.Fprintf(d, "%s%s: %s  @%d\n", indent, label, Format(e), e.Pos())
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			fmt.Fprintf(d, "%s%s: nil\n", indent, label)
			return
		}
		d.value(indent, label, v.Elem())
	case reflect.Struct:
		fmt.Fprintf(d, "%s%s %s\n", indent, label, v.Type().Name())
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Name == "At" || f.Name == "Pos" || f.Name == "Text" || strings.HasSuffix(f.Name, "At") || v.Field(i).IsZero() && f.Type != reflect.TypeFor[document.Value]() {
				continue
			}
			d.value(indent+"  ", f.Name, v.Field(i))
		}
	case reflect.Slice:
		if v.Len() == 0 {
			fmt.Fprintf(d, "%s%s: empty\n", indent, label)
		}
		for i := range v.Len() {
			d.value(indent, fmt.Sprintf("%s[%d]", label, i), v.Index(i))
		}
	default:
		fmt.Fprintf(d, "%s%s: %v\n", indent, label, v.Interface())
	}
}

func dumpStatement(s Statement) string {
	var d dump
	d.value("", "-", reflect.ValueOf(s))
	return d.String()
}

// dumpTree prints an expression with parentheses around everything that has operands.
func dumpTree(e Expr) string {
	var d dump
	d.tree = true
	d.value("", "-", reflect.ValueOf(e))
	return d.String()
}
