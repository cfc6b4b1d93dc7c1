package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// Function is a scalar function. The tables of them stand beside their code, one a family.
type Function struct {
	Name string
	// Family is the group that it is documented in.
	Family string
	// Usage shows its arguments, Doc says in a sentence what it returns.
	Usage, Doc string
	// Alias is the function that this one is another name of, or "".
	Alias string
	// MinArgs and MaxArgs bound the number of arguments; MaxArgs is -1 for any.
	MinArgs, MaxArgs int
	// Volatile says that it gives another value each time it is called.
	Volatile bool
	// Args are the kinds that each argument may have; the last holds for all after it.
	Args []Kinds
	// Result is what is known of the result.
	Result func([]Static) Static

	// nulls says that it takes NULL and MISSING; else its result is NULL when an argument is.
	nulls bool
	// eval is given arguments of the kinds in Args only. It must not keep args.
	eval func(f *Frame, args []document.Value) (document.Value, error)
	// lazy is in eval's place where not all arguments may be evaluated.
	lazy func(f *Frame, args []Expr) (document.Value, error)
	// aliases are its other names.
	aliases []string
}

// functions are all functions by their name in upper case.
var functions = map[string]*Function{}

func init() {
	for _, family := range []struct {
		name  string
		table []Function
	}{
		{"conditions", conditionFunctions}, {"strings", stringFunctions}, {"strings", textFunctions}, {"numbers", numberFunctions},
		{"dates", dateFunctions}, {"arrays", arrayFunctions}, {"objects", objectFunctions}, {"values", valueFunctions},
	} {
		for i := range family.table {
			fn := &family.table[i]
			fn.Family = family.name
			functions[fn.Name] = fn
			for _, name := range fn.aliases {
				alias := *fn
				alias.Name, alias.Alias = name, fn.Name
				alias.Usage = name + strings.TrimPrefix(fn.Usage, fn.Name)
				functions[name] = &alias
			}
		}
	}
}

// Lookup returns the function of this name in any case.
func Lookup(name string) (*Function, bool) {
	fn, ok := functions[strings.ToUpper(name)]
	return fn, ok
}

// Functions returns all functions by family and name, for documentation and for finding
// the name that was meant.
func Functions() []*Function {
	list := make([]*Function, 0, len(functions))
	for _, fn := range functions {
		list = append(list, fn)
	}
	slices.SortFunc(list, func(a, b *Function) int {
		if c := strings.Compare(a.Family, b.Family); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return list
}

// Check reports a wrong number of arguments, and an argument whose kind, known without a
// row, the function can't take.
func (fn *Function) Check(args []Expr) error {
	if n := len(args); n < fn.MinArgs || fn.MaxArgs >= 0 && n > fn.MaxArgs {
		return fmt.Errorf("%s takes %s, found %d", fn.Name, fn.arity(), n)
	}
	for i, e := range args {
		takes := fn.takes(i)
		if c, ok := e.(*Const); takes.Has(document.KindInt) && (!ok || isWhole(c.Value)) {
			takes |= Number // a float without fraction will do
		}
		if found, wrong := takes.refuse(e.Static()); wrong {
			return fmt.Errorf("%s: expected %s as argument %d, found %s", fn.Name, fn.takes(i), i+1, found)
		}
	}
	return nil
}

func isWhole(v document.Value) bool {
	_, ok := wholeNumber(v)
	return ok
}

// arity says how many arguments the function takes.
func (fn *Function) arity() string { return arity(fn.MinArgs, fn.MaxArgs) }

func arity(least, most int) string {
	plural := "s"
	if most == 1 || least == 1 && most < 0 {
		plural = ""
	}
	switch {
	case most == 0:
		return "no arguments"
	case most < 0:
		return fmt.Sprintf("at least %d argument%s", least, plural)
	case least == most:
		return fmt.Sprintf("%d argument%s", least, plural)
	}
	return fmt.Sprintf("%d to %d argument%s", least, most, plural)
}

// takes returns the kinds of argument i.
func (fn *Function) takes(i int) Kinds {
	if len(fn.Args) == 0 {
		return Any
	}
	return fn.Args[min(i, len(fn.Args)-1)]
}

// Results that do not depend on the arguments; all may be NULL.
func always(kind document.Kind) func([]Static) Static {
	s := Static{Kind: kind, Numeric: kind.IsNumber()}
	return func([]Static) Static { return s }
}

var (
	textResult    = always(document.KindString)
	wholeResult   = always(document.KindInt)
	floatResult   = always(document.KindFloat)
	boolResult    = always(document.KindBool)
	stampResult   = always(document.KindTimestamp)
	arrayResult   = always(document.KindArray)
	objectResult  = always(document.KindObject)
	unknownResult = always(document.KindMissing)
)

// numberResult is a number of unknown kind.
func numberResult([]Static) Static { return Static{Numeric: true} }

// firstResult is of the first argument's kind, and may be NULL.
func firstResult(args []Static) Static {
	s := args[0]
	s.NotNull = false
	return s
}
