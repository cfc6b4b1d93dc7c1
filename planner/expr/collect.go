package expr

import (
	"encoding/binary"

	"github.com/fluxdb/fluxdb/document"
)

// comma separates where no separator was given.
const comma = ","

// collectingTable are the aggregates whose result holds what they have taken in.
var collectingTable = []Aggregate{
	{Name: "GROUP_CONCAT", ordered: true, Usage: "GROUP_CONCAT(x [, separator] [ORDER BY y])", Doc: "The text of all values with a separator between them, a comma if none is given.",
		aliases: []string{"LISTAGG"},
		MinArgs: 1, MaxArgs: 2, Args: []Kinds{Any &^ Blob, Text}, create: commaJoined, several: func() Accumulator { return &joined{} }, with: separatedBy, result: ofKind(document.KindString)},
	{Name: "STRING_AGG", ordered: true, Usage: "STRING_AGG(x [, separator] [ORDER BY y])", Doc: "The same as GROUP_CONCAT.",
		MinArgs: 1, MaxArgs: 2, Args: []Kinds{Any &^ Blob, Text}, create: commaJoined, several: func() Accumulator { return &joined{} }, with: separatedBy, result: ofKind(document.KindString)},
	{Name: "ARRAY_AGG", ordered: true, Usage: "ARRAY_AGG(x [ORDER BY y])", Doc: "An array of all values other than NULL.",
		Args: []Kinds{Any}, create: func() Accumulator { return &collected{} }, result: ofKind(document.KindArray)},
	{Name: "JSON_AGG", ordered: true, Usage: "JSON_AGG(x [ORDER BY y])", Doc: "An array of all values, NULL too.", aliases: []string{"JSONB_AGG"},
		Args: []Kinds{Any}, create: func() Accumulator { return &collected{nulls: true} }, result: ofKind(document.KindArray)},
	{Name: "JSON_GROUP_ARRAY", ordered: true, Usage: "JSON_GROUP_ARRAY(x [ORDER BY y])", Doc: "An array of all values, NULL too; an empty one without rows.", aliases: []string{"JSONB_GROUP_ARRAY"},
		Args: []Kinds{Any}, create: func() Accumulator { return &collected{nulls: true, empty: true} }, result: func(Static) Static { return Static{Kind: document.KindArray, NotNull: true} }},
	{Name: "OBJECT_AGG", ordered: true, Usage: "OBJECT_AGG(name, x)", Doc: "An object with a field for each name other than NULL; of those with one name the last value. NULL without any.",
		aliases: []string{"JSON_OBJECT_AGG", "JSONB_OBJECT_AGG"},
		MinArgs: 2, MaxArgs: 2, Args: []Kinds{Any &^ (Blob | List | Map), Any}, create: func() Accumulator { return &fields{} }, result: ofKind(document.KindObject)},
	{Name: "JSON_GROUP_OBJECT", ordered: true, Usage: "JSON_GROUP_OBJECT(name, x)", Doc: "The same as OBJECT_AGG, but an empty object without rows.", aliases: []string{"JSONB_GROUP_OBJECT"},
		MinArgs: 2, MaxArgs: 2, Args: []Kinds{Any &^ (Blob | List | Map), Any}, create: func() Accumulator { return &fields{collected{empty: true}} },
		result: func(Static) Static { return Static{Kind: document.KindObject, NotNull: true} }},
}

func commaJoined() Accumulator { return &joined{separator: comma, fixed: true} }

func separatedBy(v document.Value) (func() Accumulator, error) {
	separator := ""
	if !v.IsNull() {
		separator = v.AsString()
	}
	return func() Accumulator { return &joined{separator: separator, fixed: true} }, nil
}

// joined is GROUP_CONCAT. Where the separator is not fixed each value comes in a pair with its own, which stands before it.
type joined struct {
	separator string
	fixed     bool
	text      []byte // without fixed, begins with the separator of the first value
	lead      int    // how long that is
	any       bool
}

func (j *joined) Add(v document.Value) error {
	separator := j.separator
	if !j.fixed {
		pair := v.AsArray()
		v, separator = pair[0], ""
		if by := pair[1]; by.Kind() == document.KindString {
			separator = by.AsString()
		}
	}
	if v.IsNull() || v.Kind() == document.KindBytes {
		return nil
	}
	if j.any || !j.fixed {
		j.text = append(j.text, separator...)
	}
	if !j.any {
		j.lead = len(j.text)
	}
	j.any = true
	j.text = appendText(j.text, v)
	return j.check()
}

func (j *joined) check() error {
	if len(j.text) > maxResult {
		return tooLarge("GROUP_CONCAT")
	}
	return nil
}

func (j *joined) Result() (document.Value, error) {
	if !j.any {
		return document.Null(), nil
	}
	return document.StringBytes(j.text[j.lead:]), nil
}

func (j *joined) Size() int { return cap(j.text) }

func (j *joined) Append(dst []byte) []byte {
	if !j.any {
		return dst
	}
	return append(binary.AppendUvarint(append(dst, 1), uint64(j.lead)), j.text...)
}

func (j *joined) Merge(state []byte) error {
	if len(state) == 0 {
		return nil
	}
	lead, n := binary.Uvarint(state[1:])
	if state[0] != 1 || n <= 0 || lead > uint64(len(state)-1-n) {
		return errState
	}
	if j.any && j.fixed {
		j.text = append(j.text, j.separator...)
	}
	if !j.any {
		j.lead = int(lead)
	}
	j.any = true
	j.text = append(j.text, state[1+n:]...)
	return j.check()
}

// collected is ARRAY_AGG. The elements are kept in their stored form, which is
// smaller than values and what a spill writes.
type collected struct {
	nulls  bool // NULL is an element
	empty  bool // of no rows the result is an empty array
	stored []byte
	n      int
}

func (c *collected) Add(v document.Value) error {
	if v.IsNull() && !c.nulls {
		return nil
	}
	c.stored = document.AppendValue(c.stored, orNull(v))
	c.n++
	return c.check()
}

func (c *collected) check() error {
	if len(c.stored) > maxResult {
		return tooLarge("ARRAY_AGG")
	}
	return nil
}

func (c *collected) Result() (document.Value, error) {
	if c.n == 0 && !c.empty {
		return document.Null(), nil
	}
	list, err := readValues(c.stored, c.n)
	return document.Array(list), err
}

func (c *collected) Size() int { return cap(c.stored) }

func (c *collected) Append(dst []byte) []byte { return append(dst, c.stored...) }

func (c *collected) Merge(state []byte) error {
	n, err := countValues(state)
	if err != nil {
		return err
	}
	c.stored, c.n = append(c.stored, state...), c.n+n
	return c.check()
}

// fields is OBJECT_AGG. Names and values are kept in turn.
type fields struct {
	collected
}

func (o *fields) Add(v document.Value) error {
	pair := v.AsArray()
	switch pair[0].Kind() {
	case document.KindMissing, document.KindNull, document.KindBytes, document.KindArray, document.KindObject:
		return nil
	}
	o.stored = document.AppendValue(o.stored, document.StringBytes(appendText(nil, pair[0])))
	o.stored = document.AppendValue(o.stored, pair[1])
	o.n += 2
	return o.check()
}

func (o *fields) Result() (document.Value, error) {
	if o.n == 0 && !o.empty {
		return document.Null(), nil
	}
	list, err := readValues(o.stored, o.n)
	if err != nil {
		return document.Missing(), err
	}
	at := make(map[string]int, len(list)/2)
	out := make([]document.Field, 0, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		name := list[i].AsString()
		if k, ok := at[name]; ok {
			out[k].Value = list[i+1]
			continue
		}
		at[name] = len(out)
		out = append(out, document.Field{Name: name, Value: list[i+1]})
	}
	return document.Object(out), nil
}
