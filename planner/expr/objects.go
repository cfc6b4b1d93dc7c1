package expr

import (
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// objectFunctions work on objects.
var objectFunctions = []Function{
	{Name: "OBJECT_LENGTH", Usage: "OBJECT_LENGTH(object)", Doc: "The number of fields.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{Map}, Result: wholeResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			return document.Int(int64(len(a[0].AsObject()))), nil
		}},
	{Name: "OBJECT_KEYS", Usage: "OBJECT_KEYS(object)", Doc: "An array of the names of all fields in their order.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{Map}, Result: arrayResult, eval: fieldsTo(func(f document.Field) document.Value { return document.String(f.Name) })},
	{Name: "OBJECT_VALUES", Usage: "OBJECT_VALUES(object)", Doc: "An array of the values of all fields in their order.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{Map}, Result: arrayResult, eval: fieldsTo(func(f document.Field) document.Value { return f.Value })},
	{Name: "OBJECT_PAIRS", Usage: "OBJECT_PAIRS(object)", Doc: "An array of {name, value} for all fields in their order.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{Map}, Result: arrayResult, eval: fieldsTo(func(f document.Field) document.Value {
			return document.Object([]document.Field{{Name: "name", Value: document.String(f.Name)}, {Name: "value", Value: f.Value}})
		})},
	{Name: "OBJECT_MERGE", Usage: "OBJECT_MERGE(object, ...)", Doc: "The fields of all objects; of those with one name the last value.", MinArgs: 1, MaxArgs: -1,
		Args: []Kinds{Map}, Result: objectResult, eval: merge},
	{Name: "OBJECT_GET", Usage: "OBJECT_GET(object, name)", Doc: "The value of the field with a name, the same as object[name].", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{Map, Text}, Result: unknownResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			return a[0].Get(a[1].AsString()), nil
		}},
	{Name: "OBJECT_HAS", Usage: "OBJECT_HAS(object, name)", Doc: "Whether the object has a field with a name.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{Map, Text}, Result: boolResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			return document.Bool(!a[0].Get(a[1].AsString()).IsMissing()), nil
		}},
}

func fieldsTo(fn func(document.Field) document.Value) func(*Frame, []document.Value) (document.Value, error) {
	return func(_ *Frame, a []document.Value) (document.Value, error) {
		fields := a[0].AsObject()
		out := make([]document.Value, len(fields))
		for i, f := range fields {
			out[i] = fn(f)
		}
		return document.Array(out), nil
	}
}

func merge(_ *Frame, a []document.Value) (document.Value, error) {
	at := map[string]int{}
	var out []document.Field
	size := 0
	for _, v := range a {
		for _, f := range v.AsObject() {
			if i, ok := at[f.Name]; ok {
				out[i].Value = f.Value
				continue
			}
			at[f.Name] = len(out)
			out = append(out, f)
			if size += len(f.Name) + 2; size > maxResult {
				return document.Missing(), tooLarge("OBJECT_MERGE")
			}
		}
	}
	return document.Object(out), nil
}

// valueFunctions work on values of any kind.
var valueFunctions = []Function{
	{Name: "TYPE_OF", Usage: "TYPE_OF(x)", Doc: "The name of x's kind: missing, null, bool, int, float, string, bytes, timestamp, array or object.", MinArgs: 1, MaxArgs: 1,
		aliases: []string{"TYPEOF"}, nulls: true, Result: func([]Static) Static { return Static{Kind: document.KindString, NotNull: true} },
		eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			return document.String(a[0].Kind().String()), nil
		}},
	{Name: "TO_JSON", Usage: "TO_JSON(x)", Doc: "The JSON text of x.", MinArgs: 1, MaxArgs: 1,
		nulls: true, Result: textResult, eval: toJSON("TO_JSON", document.Plain)},
	{Name: "EXACT_JSON", Usage: "EXACT_JSON(x)", Doc: "The JSON text of x in MongoDB's extended form, which keeps every kind.", MinArgs: 1, MaxArgs: 1,
		nulls: true, Result: textResult, eval: toJSON("EXACT_JSON", document.Exact)},
	{Name: "PARSE_JSON", Usage: "PARSE_JSON(text)", Doc: "The value that JSON text stands for.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{Text}, Result: unknownResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			v, err := document.ParseJSONString(a[0].AsString())
			if err != nil {
				return document.Missing(), &Error{ErrCast, "PARSE_JSON: " + err.Error()}
			}
			return v, nil
		}},
	{Name: "UUID", Usage: "UUID()", Doc: "A new UUID of version 7, as _id has when it is left out.", Volatile: true,
		aliases: []string{"GEN_RANDOM_UUID"}, Result: func([]Static) Static { return Static{Kind: document.KindString, NotNull: true} },
		eval: func(*Frame, []document.Value) (document.Value, error) { return document.NewID(), nil }},
	{Name: "REGEXP", Usage: "REGEXP(pattern, text)", Doc: "Whether a regular expression in the syntax of RE2 matches a part of the text; also text REGEXP pattern.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{Text}, Result: boolResult, eval: func(f *Frame, a []document.Value) (document.Value, error) {
			return f.matchRegexp("REGEXP", a[0].AsString(), a[1].AsString(), func(s string) string { return s })
		}},
	{Name: "GLOB", Usage: "GLOB(pattern, text)", Doc: "Whether a pattern matches the text, in which * is any text, ? any character and [a-z] one of some; also text GLOB pattern.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{Text}, Result: boolResult, eval: func(f *Frame, a []document.Value) (document.Value, error) {
			return f.matchRegexp("GLOB", a[0].AsString(), a[1].AsString(), globToRegexp)
		}},
}

func toJSON(name string, form document.Form) func(*Frame, []document.Value) (document.Value, error) {
	return func(_ *Frame, a []document.Value) (document.Value, error) {
		if a[0].IsMissing() {
			return document.Missing(), nil
		}
		return textOf(name, document.AppendJSON(nil, a[0], form))
	}
}

// globToRegexp translates a pattern of GLOB.
func globToRegexp(glob string) string {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for len(glob) > 0 {
		c := glob[0]
		glob = glob[1:]
		switch c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		case '[':
			// The bracket closes at the first ] after the first character of the set.
			not := strings.HasPrefix(glob, "^")
			set := strings.TrimPrefix(glob, "^")
			end := -1
			if len(set) > 1 {
				end = strings.IndexByte(set[1:], ']')
			}
			if end < 0 {
				b.WriteString(`\[`)
				continue
			}
			b.WriteByte('[')
			if not {
				b.WriteByte('^')
			}
			for _, r := range set[:end+1] {
				if strings.ContainsRune(`\[]^`, r) {
					b.WriteByte('\\')
				}
				b.WriteRune(r)
			}
			b.WriteByte(']')
			glob = set[end+2:]
		default:
			if strings.IndexByte(`\.+^$(){}|]`, c) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
		}
	}
	b.WriteString(`\z`)
	return b.String()
}
