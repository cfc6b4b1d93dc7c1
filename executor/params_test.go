package executor

import (
	"errors"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

func TestArgumentsAreBoundByOrdinalAndByName(t *testing.T) {
	arg := func(name string, ordinal int, v int64) Arg { return Arg{name, ordinal, document.Int(v)} }
	tests := []struct {
		names []string
		n     int
		args  []Arg
		want  []int64
		err   string
	}{
		{nil, 0, nil, nil, ""},
		{nil, 2, []Arg{arg("", 1, 10), arg("", 2, 20)}, []int64{10, 20}, ""},
		{nil, 2, []Arg{arg("", 2, 20), arg("", 1, 10)}, []int64{10, 20}, ""},
		{nil, 2, []Arg{arg("", 1, 10)}, nil, "parameters: expected 2, found 1"},
		{nil, 1, []Arg{arg("", 5, 10)}, nil, "parameters: expected ordinals from 1 to 1, found 5"},
		{nil, 2, []Arg{arg("", 1, 10), arg("", 1, 10)}, nil, "parameters: expected each ordinal once, found 1 twice"},
		{[]string{"a", "b"}, 2, []Arg{arg("b", 1, 20), arg("a", 2, 10)}, []int64{10, 20}, ""},
		{[]string{"a", "b"}, 2, []Arg{arg("b", 1, 20)}, nil, "parameters: expected :a, :b, found no :a"},
		{[]string{"a"}, 1, []Arg{arg("c", 1, 20)}, nil, "parameters: expected :a, found :c"},
		{[]string{"a"}, 1, []Arg{arg("a", 1, 1), arg("a", 2, 1)}, nil, "parameters: expected each name once, found :a twice"},
		{[]string{"a"}, 1, []Arg{arg("", 1, 1)}, nil, "parameters: expected :a, found arguments without names (sql.Named gives them one)"},
		{nil, 1, []Arg{arg("a", 1, 1)}, nil, "parameters: expected 1, found named arguments"},
		{[]string{"a", "b"}, 2, []Arg{arg("a", 1, 1), arg("", 2, 1)}, nil, "parameters: expected arguments that all have names or none, found some with and some without"},
	}
	for _, tt := range tests {
		got, err := bindArgs(nil, tt.n, tt.names, tt.args)
		if tt.err != "" {
			var params *ParamError
			if !errors.As(err, &params) || err.Error() != tt.err {
				t.Errorf("%v: error %v, want %s", tt.args, err, tt.err)
			}
			continue
		}
		if err != nil || len(got) != len(tt.want) {
			t.Errorf("%v: %v, %v", tt.args, got, err)
			continue
		}
		for i, want := range tt.want {
			if got[i].AsInt() != want {
				t.Errorf("%v: parameter %d is %d, want %d", tt.args, i+1, got[i].AsInt(), want)
			}
		}
	}
}
