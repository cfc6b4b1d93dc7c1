package expr

import (
	"slices"
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// AggregateKey is one key of the ORDER BY in a call of an aggregate.
type AggregateKey struct {
	// Column is its place among the arguments, and behind them among what else keys sort by.
	Column                   int
	Desc, NullsFirst, NoCase bool
	// Text prints what stands behind the expression: " DESC".
	Text string
}

// Tuple is several values of a row that an aggregate takes in together. Its value is an array.
type Tuple struct{ Array }

// With returns a tuple of other items.
func (t *Tuple) With(children []Expr) Expr { return &Tuple{Array{children}} }

func (t *Tuple) String() string { return string(t.appendTo(nil)) }

func (t *Tuple) appendTo(dst []byte) []byte { return appendList(dst, t.Items) }

// bound is what Bind has found.
type bound struct {
	args     int             // of what is taken in
	constant *document.Value // the last argument, which is not taken in
	keys     []AggregateKey
}

// Bind returns the aggregate as a call has it, and the expression of what it takes in. columns are its n
// arguments and behind them what else keys sort by. An order that changes nothing is left out.
func (a *Aggregate) Bind(columns []Expr, n int, keys []AggregateKey) (*Aggregate, Expr, error) {
	b := *a
	result := a.result(columns[0].Static())
	b.result = func(Static) Static { return result }
	switch {
	case a.ordered:
	case a.Within && len(keys) > 0 && keys[0].Column == 0 && keys[0].Desc:
		b.bound.keys = keys[:1]
		columns, keys = columns[:n], nil // it sorts what it takes in by itself
	default:
		columns, keys = columns[:n], nil
	}
	_, most := a.bounds()
	if last, ok := columns[n-1].(*Const); ok && a.with != nil && n == most {
		create, err := a.with(last.Value)
		if err != nil {
			return nil, nil, err
		}
		b.create, b.bound.constant = create, &last.Value
		columns = slices.Delete(slices.Clone(columns), n-1, n)
		var kept []AggregateKey
		for _, key := range keys {
			if key.Column == n-1 {
				continue // nothing is before another by a constant
			}
			if key.Column >= n {
				key.Column--
			}
			kept = append(kept, key)
		}
		keys = kept
		n--
	}
	arg := columns[0]
	if len(columns) > 1 {
		arg = &Tuple{Array{columns}}
	}
	if n > 1 && a.several != nil {
		b.create = a.several
	}
	b.bound.args = n
	if len(keys) > 0 {
		b.bound.keys = keys
		b.Fixed, b.Compact = false, false
		of, width := b.create, len(columns)
		b.create = func() Accumulator {
			return &sorted{name: a.Name, create: of, keys: keys, args: n, width: width}
		}
	}
	if create := b.create; !a.ordered && len(b.bound.keys) > 0 {
		b.create = func() Accumulator {
			acc := create()
			if d, ok := acc.(descending); ok {
				d.descend()
			}
			return acc
		}
	}
	return &b, arg, nil
}

// descending is an accumulator that sorts what it takes in, the other way round after descend.
type descending interface{ descend() }

// Call prints a call of a bound aggregate with what it takes in, nil for *.
func (a *Aggregate) Call(arg Expr, distinct bool) string {
	dst := append([]byte(a.Name), '(')
	if distinct {
		dst = append(dst, "DISTINCT "...)
	}
	if arg == nil {
		return string(append(dst, "*)"...))
	}
	columns := []Expr{arg}
	if t, ok := arg.(*Tuple); ok {
		columns = t.Items
	}
	args := columns
	if a.bound.args > 0 {
		args = columns[:min(a.bound.args, len(columns))] // one where constants were folded
	}
	dst = appendList(dst, args)
	if c := a.bound.constant; c != nil && !(c.Kind() == document.KindString && c.AsString() == comma) {
		dst = append(append(dst, ", "...), literalText(*c)...)
	}
	for i, key := range a.bound.keys {
		if i == 0 {
			dst = append(dst, " ORDER BY "...)
		} else {
			dst = append(dst, ", "...)
		}
		if key.Column < len(columns) {
			dst = appendOperand(dst, columns[key.Column], 0)
		}
		dst = append(dst, key.Text...)
	}
	return string(append(dst, ')'))
}

// sorted takes rows in and gives them to another accumulator in the order of keys. Equal ones keep their order.
type sorted struct {
	name   string
	create func() Accumulator
	keys   []AggregateKey
	// args are how many columns are arguments, width is how many there are; one is taken in as it is.
	args, width int
	stored      []byte
	n           int
}

func (s *sorted) Add(v document.Value) error {
	s.stored = document.AppendValue(s.stored, orNull(v))
	s.n++
	return s.check()
}

func (s *sorted) check() error { return checkHeld(s.name, len(s.stored)) }

// maxHeld is how many bytes of rows an aggregate keeps of one group, to sort them.
const maxHeld = 4 * maxResult

func checkHeld(name string, size int) error {
	if size > maxHeld {
		return &Error{ErrTooLarge, name + ": the values of one group are over 64 MiB"}
	}
	return nil
}

// readValues reads n values that lie behind each other.
func readValues(stored []byte, n int) ([]document.Value, error) {
	out := make([]document.Value, 0, n)
	for len(stored) > 0 {
		v, rest, err := document.ReadValue(stored)
		if err != nil {
			return nil, errState
		}
		out, stored = append(out, v), rest
	}
	return out, nil
}

func (s *sorted) Result() (document.Value, error) {
	rows, err := readValues(s.stored, s.n)
	if err != nil {
		return document.Missing(), err
	}
	slices.SortStableFunc(rows, s.compare)
	acc := s.create()
	for _, row := range rows {
		switch {
		case s.width == 1:
		case s.args == 1:
			row = s.column(row, 0)
		default:
			row = document.Array(row.AsArray()[:min(s.args, len(row.AsArray()))])
		}
		if err := acc.Add(row); err != nil {
			return document.Missing(), err
		}
	}
	return acc.Result()
}

func (s *sorted) column(row document.Value, i int) document.Value {
	if s.width == 1 {
		return row
	}
	if list := row.AsArray(); i < len(list) {
		return list[i]
	}
	return document.Null()
}

func (s *sorted) compare(a, b document.Value) int {
	for _, key := range s.keys {
		x, y := s.column(a, key.Column), s.column(b, key.Column)
		if x.IsNull() || y.IsNull() {
			if x.IsNull() == y.IsNull() {
				continue
			}
			if x.IsNull() == key.NullsFirst {
				return -1
			}
			return 1
		}
		if key.NoCase {
			x, y = lowerCase(x), lowerCase(y)
		}
		c := document.Compare(x, y)
		if key.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func lowerCase(v document.Value) document.Value {
	if v.Kind() == document.KindString {
		return document.String(strings.ToLower(v.AsString()))
	}
	return v
}

func (s *sorted) Size() int { return cap(s.stored) }

func (s *sorted) Append(dst []byte) []byte { return append(dst, s.stored...) }

func (s *sorted) Merge(state []byte) error {
	n, err := countValues(state)
	if err != nil {
		return err
	}
	s.stored = append(s.stored, state...)
	s.n += n
	return s.check()
}

// countValues counts values that lie behind each other.
func countValues(stored []byte) (n int, err error) {
	for ; len(stored) > 0; n++ {
		if _, stored, err = document.ReadValue(stored); err != nil {
			return 0, errState
		}
	}
	return n, nil
}
