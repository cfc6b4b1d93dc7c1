package expr

import (
	"fmt"

	"github.com/fluxdb/fluxdb/document"
)

// Comprehension is ARRAY value FOR v IN list, ... [WHEN cond] END: the values for all elements, or combinations of the
// elements of several lists, for which cond is TRUE. With a Key it is an object: OBJECT key: value FOR ... END. It is NULL
// where a list is none.
type Comprehension struct {
	Vars  []ForVar
	Lists []Expr // of each variable; one may read the variables before it
	When  Expr   // nil takes all
	Key   Expr   // nil makes an array
	Value Expr
}

// ForVar is a variable of a Comprehension and its register in Frame.Vals.
type ForVar struct {
	Name string
	Reg  int
}

// maxElements is how many elements a comprehension may look at.
const maxElements = 1 << 20

// Eval makes the array or the object.
func (c *Comprehension) Eval(f *Frame) (document.Value, error) {
	for _, v := range c.Vars {
		if missing := v.Reg + 1 - len(f.Vals); missing > 0 { // constants are computed without registers
			f.Vals = append(f.Vals, make([]document.Value, missing)...)
		}
	}
	made := comprehended{Comprehension: c}
	null, err := made.each(0, f)
	switch {
	case err != nil:
		return document.Missing(), err
	case null:
		return document.Null(), nil
	case c.Key != nil:
		return document.Object(made.fields), nil
	}
	return document.Array(made.values), nil
}

// comprehended is what a comprehension has made so far.
type comprehended struct {
	*Comprehension
	values []document.Value
	fields []document.Field
	names  map[string]int // places in fields
	looked int
	size   int // of what was made, about
}

// each goes over the elements of list i, and of those after it. null says that one of them is no array.
func (m *comprehended) each(i int, f *Frame) (null bool, err error) {
	if i == len(m.Vars) {
		return false, m.add(f)
	}
	list, err := m.Lists[i].Eval(f)
	switch {
	case err != nil:
		return false, err
	case list.IsNull():
		return true, nil
	case list.Kind() != document.KindArray:
		f.wrongKind()
		return true, nil
	}
	for _, v := range list.AsArray() {
		if m.looked++; m.looked > maxElements {
			return false, &Error{ErrTooLarge, fmt.Sprintf("%s goes over more than %d elements", m.word(), maxElements)}
		}
		if m.looked&1023 == 0 && f.Run != nil && f.Run.Context != nil && f.Run.Context.Err() != nil {
			return false, f.Run.Context.Err()
		}
		f.Vals[m.Vars[i].Reg] = v
		if null, err := m.each(i+1, f); null || err != nil {
			return null, err
		}
	}
	return false, nil
}

// add adds the element that the variables stand on.
func (m *comprehended) add(f *Frame) error {
	if m.When != nil {
		if t, err := condition(m.When, f); t != yes || err != nil {
			return err
		}
	}
	if m.Key == nil {
		v, err := m.Value.Eval(f)
		if v.IsMissing() {
			v = document.Null()
		}
		m.values = append(m.values, v)
		return m.grow(v, err)
	}
	key, err := m.Key.Eval(f)
	if err != nil || key.IsNull() {
		return err // without a name there is no field
	}
	if key.Kind() != document.KindString {
		f.wrongKind()
		return nil
	}
	v, err := m.Value.Eval(f)
	if err != nil || v.IsMissing() {
		return err
	}
	if m.names == nil {
		m.names = map[string]int{}
	}
	if at, ok := m.names[key.AsString()]; ok { // the last one of a name counts
		m.fields[at].Value = v
		return m.grow(v, nil)
	}
	name := key.Clone().AsString()
	m.names[name] = len(m.fields)
	m.fields = append(m.fields, document.Field{Name: name, Value: v})
	return m.grow(v, nil)
}

// grow refuses what no document could hold: arrays of arrays of arrays are soon that large.
func (m *comprehended) grow(v document.Value, err error) error {
	if m.size += 8 + sizeOf(v); err == nil && m.size > maxResult {
		return tooLarge(m.word())
	}
	return err
}

// Static tells an array or an object.
func (c *Comprehension) Static() Static {
	if c.Key != nil {
		return Static{Kind: document.KindObject}
	}
	return Static{Kind: document.KindArray}
}

// Children returns the lists, and then the condition, the key and the value as far as there are any.
func (c *Comprehension) Children() []Expr {
	list := append([]Expr(nil), c.Lists...)
	for _, e := range []Expr{c.When, c.Key, c.Value} {
		if e != nil {
			list = append(list, e)
		}
	}
	return list
}

// With returns the same comprehension over other operands.
func (c *Comprehension) With(children []Expr) Expr {
	n := *c
	n.Lists, children = children[:len(c.Lists):len(c.Lists)], children[len(c.Lists):]
	for _, e := range []*Expr{&n.When, &n.Key, &n.Value} {
		if *e != nil {
			*e, children = children[0], children[1:]
		}
	}
	return &n
}

func (c *Comprehension) String() string { return string(c.appendTo(nil)) }

func (c *Comprehension) word() string {
	if c.Key != nil {
		return "OBJECT"
	}
	return "ARRAY"
}

func (c *Comprehension) appendTo(dst []byte) []byte {
	dst = append(append(dst, c.word()...), ' ')
	if c.Key != nil {
		dst = append(appendOperand(dst, c.Key, 0), ": "...)
	}
	dst = append(appendOperand(dst, c.Value, 0), " FOR "...)
	for i, v := range c.Vars {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(append(dst, document.FieldPath(v.Name).String()...), " IN "...)
		dst = appendOperand(dst, c.Lists[i], 0)
	}
	if c.When != nil {
		dst = appendOperand(append(dst, " WHEN "...), c.When, 0)
	}
	return append(dst, " END"...)
}

func (c *Comprehension) precedence() int { return precAtom }
