package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// Aggregate is an aggregate function. What it takes in of a row is one value: that of its argument, or a Tuple
// of several.
type Aggregate struct {
	Name string
	// Alias is the aggregate that this one is another name of, or "".
	Alias string
	// Star says that it may be called with * in the argument's place.
	Star bool
	// Fixed says that the Size of its accumulators is always 0.
	Fixed bool
	// Compact says that an accumulator holds no more than a few numbers or one value, whatever it has taken in.
	Compact bool
	// Within says that WITHIN GROUP (ORDER BY x) may give its first argument.
	Within bool
	// Usage shows its argument, Doc says in a sentence what it returns.
	Usage, Doc string
	// MinArgs and MaxArgs bound the number of arguments; 0 is one.
	MinArgs, MaxArgs int
	// Args are the kinds that each argument may have; the last holds for all after it.
	Args []Kinds

	// ordered says that its result depends on the order of the rows.
	ordered bool
	result  func(Static) Static
	create  func() Accumulator
	// with makes accumulators for a last argument that is a constant; they are given the others only.
	with func(last document.Value) (func() Accumulator, error)
	// several makes accumulators for more than one argument, if it is not create.
	several func() Accumulator
	aliases []string
	bound   bound
}

// Accumulator takes in the rows of one group. The zero state of it is the empty group.
type Accumulator interface {
	// Add takes a value in; NULL and MISSING count for nothing, but in arrays and objects of JSON. The
	// value is borrowed: what is kept of it is copied. COUNT(*) is given any value that is not NULL for each row.
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

// Arity says how many arguments it takes.
func (a *Aggregate) Arity() string {
	if least, most := a.bounds(); least == 1 && most == 1 {
		return "one argument"
	} else {
		return arity(least, most)
	}
}

func (a *Aggregate) bounds() (least, most int) { return max(a.MinArgs, 1), max(a.MaxArgs, 1) }

// Takes reports whether it takes n arguments.
func (a *Aggregate) Takes(n int) bool {
	least, most := a.bounds()
	return n >= least && n <= most
}

// Check reports the first argument whose kind, known without a row, the aggregate can't take.
func (a *Aggregate) Check(args []Expr) (at int, err error) {
	for i, arg := range args {
		takes := a.Args[min(i, len(a.Args)-1)]
		if found, wrong := takes.refuse(arg.Static()); wrong {
			if which := ""; len(args) > 1 {
				which = fmt.Sprintf(" as argument %d", i+1)
				return i, fmt.Errorf("%s: expected %s%s, found %s", a.Name, takes, which, found)
			}
			return i, fmt.Errorf("%s: expected %s, found %s", a.Name, takes, found)
		}
	}
	return 0, nil
}

// New returns the accumulator of an empty group.
func (a *Aggregate) New() Accumulator { return a.create() }

var aggregates = map[string]*Aggregate{}

func init() {
	for _, table := range [][]Aggregate{aggregateTable, statisticTable, collectingTable} {
		for i := range table {
			a := &table[i]
			aggregates[a.Name] = a
			for _, name := range a.aliases {
				alias := *a
				alias.Name, alias.Alias = name, a.Name
				alias.Usage = name + strings.TrimPrefix(a.Usage, a.Name)
				aggregates[name] = &alias
			}
		}
	}
}

var aggregateTable = []Aggregate{
	{Name: "COUNT", Star: true, Fixed: true, Compact: true, Usage: "COUNT(*) or COUNT(x)", Doc: "The number of rows, or of those where x is not NULL.",
		Args: []Kinds{Any}, create: func() Accumulator { return &count{} }, result: countKnown},
	{Name: "SUM", Fixed: true, Compact: true, Usage: "SUM(x)", Doc: "The sum of all numbers, exact for integers; booleans count as 0 and 1. NULL without any.",
		Args: []Kinds{Number | Boolean}, create: func() Accumulator { return &sum{} }, result: sumResult},
	{Name: "TOTAL", Fixed: true, Compact: true, Usage: "TOTAL(x)", Doc: "The sum of all numbers as a float, 0.0 without any.",
		Args: []Kinds{Number | Boolean}, create: func() Accumulator { return &sum{kind: sumTotal} },
		result: func(Static) Static { return Static{Kind: document.KindFloat, Numeric: true, NotNull: true} }},
	{Name: "AVG", Fixed: true, Compact: true, Usage: "AVG(x)", Doc: "The mean of all numbers as a float. NULL without any.",
		Args: []Kinds{Number | Boolean}, create: func() Accumulator { return &sum{kind: sumMean} },
		result: func(Static) Static { return Static{Kind: document.KindFloat, Numeric: true} }},
	{Name: "MIN", Compact: true, Usage: "MIN(x)", Doc: "The first value other than NULL in the order of ORDER BY.",
		Args: []Kinds{Any}, create: func() Accumulator { return &extreme{sign: -1} }, result: nullable},
	{Name: "MAX", Compact: true, Usage: "MAX(x)", Doc: "The last value in the order of ORDER BY.",
		Args: []Kinds{Any}, create: func() Accumulator { return &extreme{sign: 1} }, result: nullable},
	{Name: "ANY_VALUE", Compact: true, ordered: true, Usage: "ANY_VALUE(x)", Doc: "The first value other than NULL that is met.",
		Args: []Kinds{Any}, create: func() Accumulator { return &extreme{} }, result: nullable},
	{Name: "BOOL_AND", Fixed: true, Compact: true, Usage: "BOOL_AND(x)", Doc: "Whether all conditions other than NULL are TRUE. NULL without any.", aliases: []string{"EVERY"},
		Args: []Kinds{Boolean | Number}, create: func() Accumulator { return &verdict{all: true} }, result: ofKind(document.KindBool)},
	{Name: "BOOL_OR", Fixed: true, Compact: true, Usage: "BOOL_OR(x)", Doc: "Whether one of the conditions other than NULL is TRUE. NULL without any.",
		Args: []Kinds{Boolean | Number}, create: func() Accumulator { return &verdict{} }, result: ofKind(document.KindBool)},
	{Name: "BIT_AND", Fixed: true, Compact: true, Usage: "BIT_AND(x)", Doc: "The bits that all integers have. NULL without any.",
		Args: []Kinds{Whole}, create: func() Accumulator { return &bits64{op: BitAnd} }, result: ofKind(document.KindInt)},
	{Name: "BIT_OR", Fixed: true, Compact: true, Usage: "BIT_OR(x)", Doc: "The bits that one of the integers has. NULL without any.",
		Args: []Kinds{Whole}, create: func() Accumulator { return &bits64{op: BitOr} }, result: ofKind(document.KindInt)},
	{Name: "APPROX_COUNT_DISTINCT", Compact: true, Usage: "APPROX_COUNT_DISTINCT(x)", Doc: "About how many different values other than NULL there are, within some percent, in 16 KiB of memory.",
		Args: []Kinds{Any}, create: func() Accumulator { return newSketch() }, result: countKnown},
}

func countKnown(Static) Static {
	return Static{Kind: document.KindInt, Numeric: true, NotNull: true}
}

// ofKind is a result of one kind that may be NULL.
func ofKind(kind document.Kind) func(Static) Static {
	return func(Static) Static { return Static{Kind: kind, Numeric: kind.IsNumber()} }
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
