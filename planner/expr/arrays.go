package expr

import (
	"slices"

	"github.com/fluxdb/fluxdb/document"
)

// arrayFunctions work on arrays. Positions count from 0, as subscripts do; elements are
// equal as in the order of ORDER BY.
var arrayFunctions = []Function{
	{Name: "ARRAY_LENGTH", Usage: "ARRAY_LENGTH(array)", Doc: "The number of elements.", MinArgs: 1, MaxArgs: 1,
		aliases: []string{"CARDINALITY"}, Args: []Kinds{List}, Result: wholeResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			return document.Int(int64(len(a[0].AsArray()))), nil
		}},
	{Name: "ARRAY_CONTAINS", Usage: "ARRAY_CONTAINS(array, x)", Doc: "Whether an element is equal to x.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{List, Any}, Result: boolResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			return document.Bool(position(a[0].AsArray(), a[1]) >= 0), nil
		}},
	{Name: "ARRAY_POSITION", Usage: "ARRAY_POSITION(array, x)", Doc: "The position of the first element that is equal to x, from 0; NULL without one.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{List, Any}, Result: wholeResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			if i := position(a[0].AsArray(), a[1]); i >= 0 {
				return document.Int(int64(i)), nil
			}
			return document.Null(), nil
		}},
	{Name: "ARRAY_APPEND", Usage: "ARRAY_APPEND(array, x, ...)", Doc: "The array with more elements at its end.", MinArgs: 2, MaxArgs: -1,
		nulls: true, Args: []Kinds{List, Any}, Result: arrayResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			if a[0].IsNull() {
				return document.Null(), nil
			}
			return concatArrays("ARRAY_APPEND", a[0].AsArray(), items(a[1:]))
		}},
	{Name: "ARRAY_PREPEND", Usage: "ARRAY_PREPEND(x, array)", Doc: "The array with one more element at its front.", MinArgs: 2, MaxArgs: 2,
		nulls: true, Args: []Kinds{Any, List}, Result: arrayResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			if a[1].IsNull() {
				return document.Null(), nil
			}
			return concatArrays("ARRAY_PREPEND", items(a[:1]), a[1].AsArray())
		}},
	{Name: "ARRAY_CONCAT", Usage: "ARRAY_CONCAT(array, ...)", Doc: "The elements of all arrays.", MinArgs: 1, MaxArgs: -1,
		Args: []Kinds{List}, Result: arrayResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			lists := make([][]document.Value, len(a))
			for i := range a {
				lists[i] = a[i].AsArray()
			}
			return concatArrays("ARRAY_CONCAT", lists...)
		}},
	{Name: "ARRAY_REMOVE", Usage: "ARRAY_REMOVE(array, x)", Doc: "The array without the elements that are equal to x.", MinArgs: 2, MaxArgs: 2,
		nulls: true, Args: []Kinds{List, Any}, Result: arrayResult, eval: arrayRemove},
	{Name: "ARRAY_DISTINCT", Usage: "ARRAY_DISTINCT(array)", Doc: "The array with the first of equal elements only.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{List}, Result: arrayResult, eval: arrayDistinct},
	{Name: "ARRAY_SORT", Usage: "ARRAY_SORT(array)", Doc: "The elements in the order of ORDER BY.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{List}, Result: arrayResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			list := slices.Clone(a[0].AsArray())
			slices.SortStableFunc(list, document.Compare)
			return document.Array(list), nil
		}},
	{Name: "ARRAY_REVERSE", Usage: "ARRAY_REVERSE(array)", Doc: "The elements in reverse.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{List}, Result: arrayResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			list := slices.Clone(a[0].AsArray())
			slices.Reverse(list)
			return document.Array(list), nil
		}},
	{Name: "ARRAY_JOIN", Usage: "ARRAY_JOIN(array, separator)", Doc: "The text of all elements but NULL with separators between them.", MinArgs: 2, MaxArgs: 2,
		aliases: []string{"ARRAY_TO_STRING"}, Args: []Kinds{List, Text}, Result: textResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			return join("ARRAY_JOIN", a[1].AsString(), a[0].AsArray())
		}},
	{Name: "ARRAY_SUM", Usage: "ARRAY_SUM(array)", Doc: "What SUM makes of the elements.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{List}, Result: numberResult, eval: overElements(func() Accumulator { return &sum{} })},
	{Name: "ARRAY_AVG", Usage: "ARRAY_AVG(array)", Doc: "What AVG makes of the elements.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{List}, Result: floatResult, eval: overElements(func() Accumulator { return &sum{kind: sumMean} })},
	{Name: "ARRAY_MIN", Usage: "ARRAY_MIN(array)", Doc: "What MIN makes of the elements.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{List}, Result: unknownResult, eval: overElements(func() Accumulator { return &extreme{sign: -1} })},
	{Name: "ARRAY_MAX", Usage: "ARRAY_MAX(array)", Doc: "What MAX makes of the elements.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{List}, Result: unknownResult, eval: overElements(func() Accumulator { return &extreme{sign: 1} })},
	{Name: "SLICE", Usage: "SLICE(array, from [, to])", Doc: "The same as array[from:to]: elements up to but without to; negative ones count from the end.", MinArgs: 2, MaxArgs: 3,
		aliases: []string{"ARRAY_SLICE"}, Args: []Kinds{List, Whole, Whole}, Result: arrayResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			to := int64(len(a[0].AsArray()))
			if len(a) == 3 {
				to = a[2].AsInt()
			}
			return slice(a[0].AsArray(), a[1].AsInt(), to), nil
		}},
}

// items returns values as elements, in which nothing is MISSING.
func items(list []document.Value) []document.Value {
	out := slices.Clone(list)
	for i := range out {
		if out[i].IsMissing() {
			out[i] = document.Null()
		}
	}
	return out
}

func position(list []document.Value, x document.Value) int {
	return slices.IndexFunc(list, func(v document.Value) bool { return document.Equal(v, x) })
}

func arrayRemove(_ *Frame, a []document.Value) (document.Value, error) {
	if a[0].IsNull() {
		return document.Null(), nil
	}
	var out []document.Value
	for _, v := range a[0].AsArray() {
		if !document.Equal(v, a[1]) {
			out = append(out, v)
		}
	}
	return document.Array(out), nil
}

func arrayDistinct(_ *Frame, a []document.Value) (document.Value, error) {
	list := a[0].AsArray()
	seen := newSetFor(len(list))
	out := make([]document.Value, 0, len(list))
	for _, v := range list {
		if v.IsNull() {
			if seen.null {
				continue
			}
			seen.null = true
		} else if !seen.add(v) {
			continue
		}
		out = append(out, v)
	}
	return document.Array(out), nil
}

func overElements(create func() Accumulator) func(*Frame, []document.Value) (document.Value, error) {
	return func(_ *Frame, a []document.Value) (document.Value, error) {
		acc := create()
		for _, v := range a[0].AsArray() {
			if err := acc.Add(v); err != nil {
				return document.Missing(), err
			}
		}
		return acc.Result()
	}
}
