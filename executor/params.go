package executor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// Arg is the value of one parameter: by name, or by its ordinal from 1. The value may
// borrow memory that stays unchanged until the rows of the statement are closed.
type Arg struct {
	Name    string
	Ordinal int
	Value   document.Value
}

// ParamError is returned when arguments do not fit the parameters of a text.
type ParamError struct {
	Expected, Found string
}

func (e *ParamError) Error() string {
	return fmt.Sprintf("parameters: expected %s, found %s", e.Expected, e.Found)
}

// bindArgs puts each argument at its parameter's place in dst, which is
// returned; names are those of the parameters, nil when they have none.
func bindArgs(dst []document.Value, params int, names []string, args []Arg) ([]document.Value, error) {
	for i := range args {
		if (args[i].Name != "") != (args[0].Name != "") {
			return nil, &ParamError{"arguments that all have names or none", "some with and some without"}
		}
	}
	switch {
	case len(args) > 0 && args[0].Name != "":
		return bindNamed(dst, params, names, args)
	case len(args) != params:
		return nil, &ParamError{describeParams(params, names), fmt.Sprint(len(args))}
	case names != nil:
		return nil, &ParamError{describeParams(params, names), "arguments without names (sql.Named gives them one)"}
	}
	dst = grow(dst, params)
	for i := range args {
		at := args[i].Ordinal - 1
		if at < 0 || at >= params {
			return nil, &ParamError{fmt.Sprintf("ordinals from 1 to %d", params), fmt.Sprint(args[i].Ordinal)}
		}
		if !dst[at].IsMissing() {
			return nil, &ParamError{"each ordinal once", fmt.Sprintf("%d twice", args[i].Ordinal)}
		}
		dst[at] = args[i].Value
	}
	return dst, nil
}

// bindNamed binds arguments that all have names.
func bindNamed(dst []document.Value, params int, names []string, args []Arg) ([]document.Value, error) {
	if names == nil {
		return nil, &ParamError{describeParams(params, names), "named arguments"}
	}
	dst = grow(dst, params)
	given := make([]bool, params)
	for i := range args {
		at := slices.Index(names, args[i].Name)
		switch {
		case at < 0:
			return nil, &ParamError{describeParams(params, names), ":" + args[i].Name}
		case given[at]:
			return nil, &ParamError{"each name once", fmt.Sprintf(":%s twice", args[i].Name)}
		}
		given[at] = true
		dst[at] = args[i].Value
	}
	if at := slices.Index(given, false); at >= 0 {
		return nil, &ParamError{describeParams(params, names), fmt.Sprintf("no :%s", names[at])}
	}
	return dst, nil
}

// grow returns dst with n places, all MISSING.
func grow(dst []document.Value, n int) []document.Value {
	if cap(dst) < n {
		return make([]document.Value, n)
	}
	dst = dst[:n]
	clear(dst)
	return dst
}

// describeParams says which parameters a text takes.
func describeParams(params int, names []string) string {
	if names == nil {
		return fmt.Sprint(params)
	}
	return ":" + strings.Join(names, ", :")
}
