package expr

import (
	"strconv"

	"github.com/fluxdb/fluxdb/document"
)

// Const is a constant, written as a literal or folded.
type Const struct{ Value document.Value }

// NewConst returns the constant v, which must not borrow.
func NewConst(v document.Value) *Const { return &Const{v} }

// Eval returns the constant.
func (c *Const) Eval(*Frame) (document.Value, error) { return c.Value, nil }

// Static tells the constant's kind. NULL has none.
func (c *Const) Static() Static { return staticOf(c.Value) }

// staticOf is what is known of a value that is at hand.
func staticOf(v document.Value) Static {
	if v.IsNull() {
		return Static{}
	}
	return Static{Kind: v.Kind(), Numeric: v.Kind().IsNumber(), NotNull: true}
}

// Children returns nil.
func (c *Const) Children() []Expr { return nil }

// With returns c.
func (c *Const) With([]Expr) Expr { return c }

func (c *Const) String() string { return literalText(c.Value) }

func (c *Const) appendTo(dst []byte) []byte { return appendLiteral(dst, c.Value) }

func (c *Const) precedence() int {
	if c.Value.Kind().IsNumber() && (c.Value.AsInt() < 0 || c.Value.AsFloat() < 0) {
		return precUnary
	}
	return precAtom
}

// Param is the statement's parameter with this number, from 1.
type Param struct {
	Ordinal int
	// Sample is MISSING, but for a literal that was lifted from the statement's text: there it is one
	// such literal, and the value of every run has its kind.
	Sample document.Value
}

// Eval returns the parameter's value.
func (p *Param) Eval(f *Frame) (document.Value, error) {
	if f.Run == nil || p.Ordinal < 1 || p.Ordinal > len(f.Run.Params) {
		return document.Missing(), badArgument("parameter ?%d has no value", p.Ordinal)
	}
	return f.Run.Params[p.Ordinal-1], nil
}

// Static tells nothing of a parameter, which may be anything, and the kind of a literal.
func (p *Param) Static() Static { return staticOf(p.Sample) }

// Children returns nil.
func (p *Param) Children() []Expr { return nil }

// With returns p.
func (p *Param) With([]Expr) Expr { return p }

func (p *Param) String() string { return string(p.appendTo(nil)) }

func (p *Param) appendTo(dst []byte) []byte {
	return strconv.AppendInt(append(dst, '?'), int64(p.Ordinal), 10)
}

func (p *Param) precedence() int { return precAtom }

// Field is what a path leads to in the present document of a source.
type Field struct {
	Doc  int // in Frame.Docs
	Path document.Path
	// Source is the source's name where a statement has several, else "".
	Source string
	// Known is what the path's declaration says of its values.
	Known Static

	accessor *document.Accessor
}

// NewField returns the field at path p of source doc.
func NewField(doc int, p document.Path, source string) *Field {
	return &Field{Doc: doc, Path: p, Source: source, accessor: document.NewAccessor(p)}
}

// Eval reads the field out of the encoded record.
func (x *Field) Eval(f *Frame) (document.Value, error) {
	return f.Docs[x.Doc].Lookup(x.accessor), nil
}

// Static returns Known: where nothing is declared, a document may hold anything.
func (x *Field) Static() Static { return x.Known }

// Children returns nil.
func (x *Field) Children() []Expr { return nil }

// With returns x.
func (x *Field) With([]Expr) Expr { return x }

func (x *Field) String() string { return string(x.appendTo(nil)) }

func (x *Field) appendTo(dst []byte) []byte {
	if x.Source != "" {
		dst = append(dst, document.FieldPath(x.Source).String()...)
		return appendSteps(dst, x.Path)
	}
	return append(dst, x.Path.String()...)
}

func (x *Field) precedence() int { return precAtom }

// Document is the present document of a source as a whole.
type Document struct {
	Doc int
	// Nullable says that there may be none: the row of an outer join. It is then NULL.
	Nullable bool
}

// Eval returns the document, which is decoded only when it is looked into.
func (x *Document) Eval(f *Frame) (document.Value, error) {
	rec := &f.Docs[x.Doc]
	if x.Nullable && rec.Data() == nil {
		return document.Null(), nil
	}
	return document.RecordValue(rec), nil
}

// Static tells that it is an object.
func (x *Document) Static() Static { return Static{Kind: document.KindObject, NotNull: !x.Nullable} }

// Children returns nil.
func (x *Document) Children() []Expr { return nil }

// With returns x.
func (x *Document) With([]Expr) Expr { return x }

func (x *Document) String() string { return "document" }

func (x *Document) appendTo(dst []byte) []byte { return append(dst, "document"...) }

func (x *Document) precedence() int { return precAtom }

// Register is a computed value.
type Register struct {
	Reg  int    // in Frame.Vals
	Text string // what it stands for, printed
	// Known is what is known of the expression that it stands for.
	Known Static
	// Fixed says that it is an argument of the subquery that reads it: the same for all its rows.
	Fixed bool
}

// Eval returns the register's value.
func (x *Register) Eval(f *Frame) (document.Value, error) { return f.Vals[x.Reg], nil }

// Static returns Known.
func (x *Register) Static() Static { return x.Known }

// Children returns nil.
func (x *Register) Children() []Expr { return nil }

// With returns x.
func (x *Register) With([]Expr) Expr { return x }

func (x *Register) String() string { return x.Text }

func (x *Register) appendTo(dst []byte) []byte { return append(dst, x.Text...) }

func (x *Register) precedence() int { return textPrecedence(x.Text) }

// isLiteral reports whether e is a literal or a parameter, which take part in comparisons
// by rules of their own: a number with booleans, a string with timestamps.
func isLiteral(e Expr) bool {
	switch e := e.(type) {
	case *Const, *Param:
		return true
	case *Coerced:
		return isLiteral(e.X)
	}
	return false
}
