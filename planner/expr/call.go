package expr

import "github.com/fluxdb/fluxdb/document"

// Call is a call of a scalar function.
type Call struct {
	Func *Function
	Args []Expr
}

// NewCall returns the call of a function; Function.Check has passed the arguments.
func NewCall(fn *Function, args []Expr) *Call { return &Call{fn, args} }

// Eval calls the function. An argument of a kind that it does not take makes the result NULL.
func (c *Call) Eval(f *Frame) (document.Value, error) {
	fn := c.Func
	if fn.lazy != nil {
		return fn.lazy(f, c.Args)
	}
	// Calls nest: each has the part of the scratch from base on.
	base := len(f.args)
	for i, e := range c.Args {
		v, err := e.Eval(f)
		if err != nil {
			f.args = f.args[:base]
			return v, err
		}
		if takes := fn.takes(i); takes != Any && !v.IsNull() && !takes.Has(v.Kind()) {
			n, ok := wholeNumber(v)
			if !ok || !takes.Has(document.KindInt) {
				f.args = f.args[:base]
				return f.wrongKind(), nil
			}
			v = document.Int(n) // 2.0 where an integer is taken
		}
		if v.IsNull() && !fn.nulls {
			f.args = f.args[:base]
			return document.Null(), nil
		}
		f.args = append(f.args, v)
	}
	v, err := fn.eval(f, f.args[base:])
	f.args = f.args[:base]
	return v, err
}

// Static is what the function tells.
func (c *Call) Static() Static {
	args := make([]Static, len(c.Args))
	for i, e := range c.Args {
		args[i] = staticResult(e)
	}
	s := c.Func.Result(args)
	if s.Kind == document.KindNull {
		s.Kind = document.KindMissing
	}
	return s
}

// Children returns the arguments.
func (c *Call) Children() []Expr { return c.Args }

// With returns the call with other arguments.
func (c *Call) With(children []Expr) Expr { return &Call{c.Func, children} }

func (c *Call) String() string { return string(c.appendTo(nil)) }

func (c *Call) appendTo(dst []byte) []byte {
	dst = append(append(dst, c.Func.Name...), '(')
	return append(appendList(dst, c.Args), ')')
}

func (c *Call) precedence() int { return precAtom }
