package expr

import (
	"github.com/fluxdb/fluxdb/document"
)

// Step is what a path leads to in any value.
type Step struct {
	X    Expr
	Path document.Path

	accessor *document.Accessor // for a whole document; nil in a literal Step
}

// NewStep returns what path p leads to in x.
func NewStep(x Expr, p document.Path) *Step { return &Step{x, p, document.NewAccessor(p)} }

// Eval walks the path; MISSING where there is nothing.
func (s *Step) Eval(f *Frame) (document.Value, error) {
	v, err := s.X.Eval(f)
	if err != nil {
		return v, err
	}
	if rec := v.RecordOf(); rec != nil && s.accessor != nil {
		return rec.Lookup(s.accessor), nil
	}
	return s.Path.Lookup(v), nil
}

// Static tells nothing.
func (s *Step) Static() Static { return Static{} }

// Children returns the value.
func (s *Step) Children() []Expr { return []Expr{s.X} }

// With returns the same path of another value.
func (s *Step) With(children []Expr) Expr { return &Step{children[0], s.Path, s.accessor} }

func (s *Step) String() string { return string(s.appendTo(nil)) }

func (s *Step) appendTo(dst []byte) []byte {
	return appendSteps(appendOperand(dst, s.X, precPostfix), s.Path)
}

func (s *Step) precedence() int { return precPostfix }

// appendSteps prints a path that follows something.
func appendSteps(dst []byte, p document.Path) []byte {
	if len(p) > 0 && p[0].Kind == document.StepField {
		dst = append(dst, '.')
	}
	return append(dst, p.String()...)
}

// Subscript is x[index]: an element of an array, from the end when negative, or the field of
// an object with that name.
type Subscript struct{ X, Index Expr }

// Eval returns the part; MISSING where there is none.
func (s *Subscript) Eval(f *Frame) (document.Value, error) {
	x, err := s.X.Eval(f)
	if err != nil {
		return x, err
	}
	i, err := s.Index.Eval(f)
	switch {
	case err != nil:
		return i, err
	case x.IsNull() || i.IsNull():
		return document.Null(), nil
	case x.Kind() == document.KindObject && i.Kind() == document.KindString:
		return x.Get(i.AsString()), nil
	case x.Kind() == document.KindArray:
		if at, ok := wholeNumber(i); ok {
			return element(x.AsArray(), at), nil
		}
	}
	return f.wrongKind(), nil
}

// element returns the element at i, from the end when negative, else MISSING.
func element(list []document.Value, i int64) document.Value {
	if i < 0 {
		i += int64(len(list))
	}
	if i < 0 || i >= int64(len(list)) {
		return document.Missing()
	}
	return list[i]
}

// wholeNumber returns an int, or a float without fraction, as one.
func wholeNumber(v document.Value) (int64, bool) {
	switch v.Kind() {
	case document.KindInt:
		return v.AsInt(), true
	case document.KindFloat:
		// A float holds every integer within these bounds or none between two of its own.
		if f := v.AsFloat(); f >= -1<<63 && f < 1<<63 && f == float64(int64(f)) {
			return int64(f), true
		}
	}
	return 0, false
}

// Static tells nothing.
func (s *Subscript) Static() Static { return Static{} }

// Children returns the value and the index.
func (s *Subscript) Children() []Expr { return []Expr{s.X, s.Index} }

// With returns the subscript of other operands.
func (s *Subscript) With(children []Expr) Expr { return &Subscript{children[0], children[1]} }

func (s *Subscript) String() string { return string(s.appendTo(nil)) }

func (s *Subscript) appendTo(dst []byte) []byte {
	dst = append(appendOperand(dst, s.X, precPostfix), '[')
	return append(appendOperand(dst, s.Index, 0), ']')
}

func (s *Subscript) precedence() int { return precPostfix }

// Slice is x[lo:hi]: the elements from lo up to but without hi, counted from the end when
// negative; nil is open. Bounds beyond the array are cut to it.
type Slice struct{ X, Lo, Hi Expr }

// Eval returns the part of the array.
func (s *Slice) Eval(f *Frame) (document.Value, error) {
	x, err := s.X.Eval(f)
	if err != nil {
		return x, err
	}
	lo, hi := document.Int(0), document.Int(int64(len(x.AsArray())))
	if s.Lo != nil {
		if lo, err = s.Lo.Eval(f); err != nil {
			return lo, err
		}
	}
	if s.Hi != nil {
		if hi, err = s.Hi.Eval(f); err != nil {
			return hi, err
		}
	}
	if x.IsNull() || lo.IsNull() || hi.IsNull() {
		return document.Null(), nil
	}
	from, ok := wholeNumber(lo)
	to, ok2 := wholeNumber(hi)
	if !ok || !ok2 || x.Kind() != document.KindArray {
		return f.wrongKind(), nil
	}
	return slice(x.AsArray(), from, to), nil
}

func slice(list []document.Value, from, to int64) document.Value {
	n := int64(len(list))
	clamp := func(i int64) int64 {
		if i < 0 {
			i += n
		}
		return min(max(i, 0), n)
	}
	from, to = clamp(from), clamp(to)
	if from >= to {
		return document.Array(nil)
	}
	return document.Array(list[from:to:to])
}

// Static tells that it is an array.
func (s *Slice) Static() Static { return Static{Kind: document.KindArray} }

// Children returns the array and the bounds that there are.
func (s *Slice) Children() []Expr { return present(s.X, s.Lo, s.Hi) }

// present returns the operands that there are.
func present(list ...Expr) []Expr {
	out := list[:0]
	for _, e := range list {
		if e != nil {
			out = append(out, e)
		}
	}
	return out
}

// With returns the slice of other operands.
func (s *Slice) With(children []Expr) Expr {
	c := Slice{X: children[0]}
	children = children[1:]
	if s.Lo != nil {
		c.Lo, children = children[0], children[1:]
	}
	if s.Hi != nil {
		c.Hi = children[0]
	}
	return &c
}

func (s *Slice) String() string { return string(s.appendTo(nil)) }

func (s *Slice) appendTo(dst []byte) []byte {
	dst = append(appendOperand(dst, s.X, precPostfix), '[')
	if s.Lo != nil {
		dst = appendOperand(dst, s.Lo, 0)
	}
	dst = append(dst, ':')
	if s.Hi != nil {
		dst = appendOperand(dst, s.Hi, 0)
	}
	return append(dst, ']')
}

func (s *Slice) precedence() int { return precPostfix }
