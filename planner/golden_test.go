package planner

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/fluxdb/fluxdb/parser"
)

// TestGolden runs testdata. The commands are
//
//	catalog              describes the collections and indexes, see fakeCatalog
//	plan [star=...]      prints the plan of a statement, as EXPLAIN does
//	columns [star=...]   prints the result columns with their types, and what the plan depends on
//	error                prints the error of a statement
func TestGolden(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var cat *fakeCatalog
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "catalog" {
				var err error
				if cat, err = newFakeCatalog(d.Input); err != nil {
					d.Fatalf(t, "%v", err)
				}
				return ""
			}
			options := Options{Explain: true}
			for _, arg := range d.CmdArgs {
				options.Star = map[string]Star{"flat": StarFlat, "document": StarDocument}[arg.Vals[0]]
			}
			plan, err := buildText(d.Input, cat, options)
			if d.Cmd == "error" {
				var bind *BindError
				if !errors.As(err, &bind) {
					d.Fatalf(t, "expected a BindError, found %v", err)
				}
				return err.Error() + "\n"
			}
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			switch d.Cmd {
			case "plan":
				return strings.Join(Explain(plan, nil), "\n") + "\n"
			case "columns":
				return printColumns(plan)
			}
			d.Fatalf(t, "unknown command %s", d.Cmd)
			return ""
		})
	})
}

func buildText(text string, cat Catalog, options Options) (*Plan, error) {
	statements, err := parser.Parse(text, parser.Limits{})
	if err != nil {
		return nil, err
	}
	return Build(statements[0], cat, options)
}

func printColumns(p *Plan) string {
	var b strings.Builder
	for _, c := range p.Columns {
		fmt.Fprintf(&b, "%s %s", c.Name, c.Type)
		if !c.Nullable {
			b.WriteString(" NOT NULL")
		}
		b.WriteByte('\n')
	}
	for _, d := range p.Deps {
		fmt.Fprintf(&b, "depends on %s: %s\n", d.Collection.Name, strings.Join(d.list(d.Fields), ", "))
	}
	for _, n := range p.Notices {
		fmt.Fprintf(&b, "notice: %s\n", n)
	}
	return b.String()
}
