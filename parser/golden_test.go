package parser

import (
	"errors"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestGolden runs testdata. The commands are
//
//	parse    prints the statements of a text
//	expr     prints each line's expression as SQL again
//	tree     prints the tree of an expression
//	default  prints each line's expression as ParseExpr reads it
//	error    prints the error of each line; with whole, of the text
func TestGolden(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "parse":
				statements, err := Parse(d.Input, Limits{})
				if err != nil {
					d.Fatalf(t, "%v", err)
				}
				var b strings.Builder
				for _, s := range statements {
					b.WriteString(dumpStatement(s))
				}
				return b.String()
			case "tree":
				return dumpTree(selected(t, d, d.Input))
			}
			lines := strings.Split(d.Input, "\n")
			if d.HasArg("whole") {
				lines = []string{d.Input}
			}
			var b strings.Builder
			for _, line := range lines {
				switch d.Cmd {
				case "expr":
					b.WriteString(Format(selected(t, d, line)))
				case "default":
					e, err := ParseExpr(line)
					if err != nil {
						d.Fatalf(t, "%s: %v", line, err)
					}
					b.WriteString(Format(e))
				case "error":
					statements, err := Parse(line, Limits{})
					var syntax *SyntaxError
					if !errors.As(err, &syntax) {
						d.Fatalf(t, "%s: expected a SyntaxError, found %v, %v", line, statements, err)
					}
					b.WriteString(err.Error())
				default:
					d.Fatalf(t, "unknown command %s", d.Cmd)
				}
				b.WriteByte('\n')
			}
			return b.String()
		})
	})
}

// selected parses an expression that has a row in scope.
func selected(t *testing.T, d *datadriven.TestData, text string) Expr {
	statements, err := Parse("SELECT "+text, Limits{})
	if err != nil {
		d.Fatalf(t, "%s: %v", text, err)
	}
	sel := statements[0].(*Query).Body.(*Select)
	if len(sel.Items) != 1 || sel.From != nil {
		d.Fatalf(t, "%s is no expression", text)
	}
	return sel.Items[0].Expr
}
