package expr

import "github.com/fluxdb/fluxdb/document"

// Array is [a, b].
type Array struct{ Items []Expr }

// Eval makes the array; MISSING becomes null.
func (a *Array) Eval(f *Frame) (document.Value, error) {
	out := make([]document.Value, len(a.Items))
	for i, e := range a.Items {
		v, err := e.Eval(f)
		if err != nil {
			return v, err
		}
		if v.IsMissing() {
			v = document.Null()
		}
		out[i] = v
	}
	return document.Array(out), nil
}

// Static tells an array.
func (a *Array) Static() Static { return Static{Kind: document.KindArray, NotNull: true} }

// Children returns the items.
func (a *Array) Children() []Expr { return a.Items }

// With returns an array of other items.
func (a *Array) With(children []Expr) Expr { return &Array{children} }

func (a *Array) String() string { return string(a.appendTo(nil)) }

func (a *Array) appendTo(dst []byte) []byte {
	return append(appendList(append(dst, '['), a.Items), ']')
}

func (a *Array) precedence() int { return precAtom }

// Object is {name: value}. Names are distinct.
type Object struct {
	Names  []string
	Values []Expr
}

// Eval makes the object; what is MISSING is left out.
func (o *Object) Eval(f *Frame) (document.Value, error) {
	out := make([]document.Field, 0, len(o.Names))
	for i, e := range o.Values {
		v, err := e.Eval(f)
		if err != nil {
			return v, err
		}
		if !v.IsMissing() {
			out = append(out, document.Field{Name: o.Names[i], Value: v})
		}
	}
	return document.Object(out), nil
}

// Static tells an object.
func (o *Object) Static() Static { return Static{Kind: document.KindObject, NotNull: true} }

// Children returns the values.
func (o *Object) Children() []Expr { return o.Values }

// With returns an object of other values.
func (o *Object) With(children []Expr) Expr { return &Object{o.Names, children} }

func (o *Object) String() string { return string(o.appendTo(nil)) }

func (o *Object) appendTo(dst []byte) []byte {
	dst = append(dst, '{')
	for i, e := range o.Values {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, document.FieldPath(o.Names[i]).String()...)
		dst = appendOperand(append(dst, ": "...), e, 0)
	}
	return append(dst, '}')
}

func (o *Object) precedence() int { return precAtom }
