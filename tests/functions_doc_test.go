package tests

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// TestTheFunctionPageListsWhatThereIs holds docs/functions.md to the function tables and the
// word lists of the parser.
func TestTheFunctionPageListsWhatThereIs(t *testing.T) {
	const page = "../docs/functions.md"
	want := functionPage()
	if *updateDocs {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/functions.md (-tables +page); -update-docs rewrites it:\n%s", diff)
	}
}

func functionPage() string {
	var b strings.Builder
	b.WriteString("# Functions\n\nWritten from the tables in `planner/expr`. A stored value of a kind that a function does not take makes its result NULL.\n")
	aliases := map[string][]string{}
	for _, fn := range expr.Functions() {
		if fn.Alias != "" {
			aliases[fn.Alias] = append(aliases[fn.Alias], fn.Name)
		}
	}
	b.WriteString("\n## Aggregates\n\n| function | what it returns |\n|---|---|\n")
	for _, a := range expr.Aggregates() {
		if a.Alias != "" {
			aliases[a.Alias] = append(aliases[a.Alias], a.Name)
		}
	}
	for _, a := range expr.Aggregates() {
		if a.Alias == "" {
			fmt.Fprintf(&b, "| `%s` | %s |\n", a.Usage, alsoCalled(cellOf(a.Doc), aliases[a.Name]))
		}
	}
	b.WriteString("\n## Window functions\n\nThese stand before `OVER (...)` only, as every aggregate may.\n\n| function | what it returns |\n|---|---|\n")
	for _, fn := range expr.WindowFunctions() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", fn.Usage, cellOf(fn.Doc))
	}
	family := ""
	for _, fn := range expr.Functions() {
		if fn.Alias != "" {
			continue
		}
		if fn.Family != family {
			family = fn.Family
			fmt.Fprintf(&b, "\n## %s%s\n\n| function | what it returns |\n|---|---|\n", strings.ToUpper(family[:1]), family[1:])
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", fn.Usage, alsoCalled(cellOf(fn.Doc), aliases[fn.Name]))
	}
	fmt.Fprintf(&b, "\n## Reserved words\n\nThese are names only in double quotes or backquotes: %s.\n", strings.Join(parser.Reserved(), ", "))
	fmt.Fprintf(&b, "\nThese besides are no alias without AS: %s.\n", strings.Join(parser.NoAlias(), ", "))
	return b.String()
}

// alsoCalled adds the other names of a function.
func alsoCalled(doc string, also []string) string {
	if len(also) == 0 {
		return doc
	}
	return strings.TrimSuffix(doc, ".") + "; also `" + strings.Join(also, "`, `") + "`"
}

// cellOf keeps a text within its cell of a table.
func cellOf(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
