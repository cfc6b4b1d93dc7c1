package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// Aggregate is an aggregate function of one argument.
type Aggregate struct {
	Name string
	// Star says that it may be called with * in the argument's place.
	Star bool
	// Separator stands between the values of one that makes text of them; it is nil for the others.
	Separator *string
	// Fixed says that the Size of its accumulators is always 0.
	Fixed bool
	// Compact says that an accumulator holds no more than a few numbers or one value, whatever it has taken in.
	Compact bool
	// Usage shows its argument, Doc says in a sentence what it returns.
	Usage, Doc string

	takes  Kinds
	result func(Static) Static
	create func() Accumulator
}

// Accumulator takes in the rows of one group. The zero state of it is the empty group.
type Accumulator interface {
	// Add takes a value in; NULL and MISSING count for nothing. The value is borrowed: what
	// is kept of it is copied. COUNT(*) is given any value that is not NULL for each row.
	Add(v document.Value) error
	// Result returns what was aggregated. The value is valid until the next Add or Merge.
	Result() (document.Value, error)
	// Size is how many bytes are held beyond the accumulator's own.
	Size() int
	// Append appends the state, to be merged later into an accumulator of the same function.
	Append(dst []byte) []byte
	// Merge takes in a state that Append wrote, exactly its bytes.
	Merge(state []byte) error
}

// LookupAggregate returns the aggregate of this name in any case.
func LookupAggregate(name string) (*Aggregate, bool) {
	a, ok := aggregates[strings.ToUpper(name)]
	return a, ok
}

// Aggregates returns all aggregates by name, for documentation and for finding the name that was meant.
func Aggregates() []*Aggregate {
	list := make([]*Aggregate, 0, len(aggregates))
	for _, a := range aggregates {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *Aggregate) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Result is what is known of the result; arg is nil for *.
func (a *Aggregate) Result(arg Expr) Static {
	if arg == nil {
		return a.result(Static{})
	}
	return a.result(arg.Static())
}

// Check reports an argument whose kind, known without a row, the aggregate can't take.
func (a *Aggregate) Check(arg Expr) error {
	if arg == nil {
		return nil
	}
	if found, wrong := a.takes.refuse(arg.Static()); wrong {
		return fmt.Errorf("%s: expected %s, found %s", a.Name, a.takes, found)
	}
	return nil
}

// New returns the accumulator of an empty group.
func (a *Aggregate) New() Accumulator {
	if a.Separator != nil {
		return &joined{separator: *a.Separator}
	}
	return a.create()
}

// Separated returns an aggregate that has a Separator with another one.
func (a *Aggregate) Separated(by string) *Aggregate {
	other := *a
	other.Separator = &by
	return &other
}

// Call prints a call with an argument, or *.
func (a *Aggregate) Call(arg string) string {
	if a.Separator != nil && *a.Separator != comma {
		arg += ", " + string(appendLiteral(nil, document.String(*a.Separator)))
	}
	return a.Name + "(" + arg + ")"
}

// comma separates where no separator was given.
var comma = ","

var aggregates = map[string]*Aggregate{}

func init() {
	for i := range aggregateTable {
		a := &aggregateTable[i]
		aggregates[a.Name] = a
	}
}

var aggregateTable = []Aggregate{
	{Name: "COUNT", Star: true, Fixed: true, Compact: true, Usage: "COUNT(*) or COUNT(x)", Doc: "The number of rows, or of those where x is not NULL.",
		takes: Any, create: func() Accumulator { return &count{} },
		result: func(Static) Static { return Static{Kind: document.KindInt, Numeric: true, NotNull: true} }},
	{Name: "SUM", Fixed: true, Compact: true, Usage: "SUM(x)", Doc: "The sum of all numbers, exact for integers; booleans count as 0 and 1. NULL without any.",
		takes: Number | Boolean, create: func() Accumulator { return &sum{} }, result: sumResult},
	{Name: "TOTAL", Fixed: true, Compact: true, Usage: "TOTAL(x)", Doc: "The sum of all numbers as a float, 0.0 without any.",
		takes: Number | Boolean, create: func() Accumulator { return &sum{kind: sumTotal} },
		result: func(Static) Static { return Static{Kind: document.KindFloat, Numeric: true, NotNull: true} }},
	{Name: "AVG", Fixed: true, Compact: true, Usage: "AVG(x)", Doc: "The mean of all numbers as a float. NULL without any.",
		takes: Number | Boolean, create: func() Accumulator { return &sum{kind: sumMean} },
		result: func(Static) Static { return Static{Kind: document.KindFloat, Numeric: true} }},
	{Name: "MIN", Compact: true, Usage: "MIN(x)", Doc: "The first value other than NULL in the order of ORDER BY.",
		takes: Any, create: func() Accumulator { return &extreme{sign: -1} }, result: nullable},
	{Name: "MAX", Compact: true, Usage: "MAX(x)", Doc: "The last value in the order of ORDER BY.",
		takes: Any, create: func() Accumulator { return &extreme{sign: 1} }, result: nullable},
	{Name: "GROUP_CONCAT", Usage: "GROUP_CONCAT(x [, separator])", Doc: "The text of all values with a separator between them, a comma if none is given.",
		Separator: &comma, takes: Any &^ Blob,
		result: func(Static) Static { return Static{Kind: document.KindString} }},
	{Name: "STRING_AGG", Usage: "STRING_AGG(x [, separator])", Doc: "The same as GROUP_CONCAT.",
		Separator: &comma, takes: Any &^ Blob,
		result: func(Static) Static { return Static{Kind: document.KindString} }},
	{Name: "ARRAY_AGG", Usage: "ARRAY_AGG(x)", Doc: "An array of all values other than NULL.",
		takes: Any, create: func() Accumulator { return &collected{} },
		result: func(Static) Static { return Static{Kind: document.KindArray} }},
}

func nullable(arg Static) Static {
	arg.NotNull = false
	return arg
}

func sumResult(arg Static) Static {
	s := Static{Numeric: true}
	switch arg.Kind {
	case document.KindInt, document.KindBool:
		s.Kind = document.KindInt
	case document.KindFloat:
		s.Kind = document.KindFloat
	}
	return s
}
