package tests

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var updateDocs = flag.Bool("update-docs", false, "rewrite the outputs in docs/")

// buildShell builds fluxsql once for a test.
func buildShell(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "fluxsql")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/fluxsql").CombinedOutput(); err != nil {
		t.Fatalf("build fluxsql: %v\n%s", err, out)
	}
	return binary
}

// TestDocumentedStatementsPrintWhatTheDocsSay runs the sql blocks of a page in one
// database from top to bottom and compares each output with the text block below it.
func TestDocumentedStatementsPrintWhatTheDocsSay(t *testing.T) {
	shell := buildShell(t)
	for _, page := range []string{"../docs/sql.md"} {
		source, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		db := filepath.Join(t.TempDir(), "db")
		var out strings.Builder
		blocks := 0
		parts := strings.Split(string(source), "```sql\n")
		out.WriteString(parts[0])
		for _, part := range parts[1:] {
			statements, rest, ok := strings.Cut(part, "```\n")
			if !ok {
				t.Fatalf("%s: a sql block is not closed", page)
			}
			if after, ok := strings.CutPrefix(rest, "```text\n"); ok {
				_, rest, _ = strings.Cut(after, "```\n")
			}
			cmd := exec.Command(shell, db)
			cmd.Stdin = strings.NewReader(statements)
			printed, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%s: %s: %v\n%s", page, statements, err, printed)
			}
			out.WriteString("```sql\n" + statements + "```\n")
			if len(printed) > 0 {
				out.WriteString("```text\n" + string(printed) + "```\n")
			}
			out.WriteString(rest)
			blocks++
		}
		if blocks == 0 {
			t.Fatalf("%s has no sql blocks", page)
		}
		if *updateDocs {
			if err := os.WriteFile(page, []byte(out.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if diff := cmp.Diff(string(source), out.String()); diff != "" {
			t.Errorf("%s (-documented +printed):\n%s", page, diff)
		}
	}
}

// TestExamplesRun runs the programs of docs/examples, and holds the pages that show lines of them to them.
func TestExamplesRun(t *testing.T) {
	for _, tt := range []struct {
		name string
		want []string
	}{
		{"first", []string{`Ann ["admin"]`}},
		{"documents", []string{"inserted ann [bob cid]", "Ann 1970  [admin]", "Bob 1 Oslo []", `users, _id "cid": path tags: cannot decode string into Go type []string`, "streamed 3", "after C: 4"}},
		{"sqlx", []string{"Name:Ann", "City:Oslo", "lost to another transaction, again:", "Ann has 11 visits after 2 tries"}},
	} {
		out, err := exec.Command("go", "run", "../docs/examples/"+tt.name).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", tt.name, err, out)
		}
		for _, want := range tt.want {
			if !bytes.Contains(out, []byte(want)) {
				t.Errorf("%s printed %s, want it to contain %s", tt.name, out, want)
			}
		}
	}
	showsLinesOf(t, "../README.md", "first")
	showsLinesOf(t, "../docs/go.md", "documents")
}

// showsLinesOf checks that the go blocks of a page are made of lines of an example.
func showsLinesOf(t *testing.T, page, example string) {
	t.Helper()
	source, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("../docs/examples/" + example + "/main.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(source), "```go\n")[1:]
	if len(blocks) == 0 {
		t.Fatalf("%s has no go blocks", page)
	}
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		for _, line := range strings.Split(strings.TrimSpace(block), "\n") {
			if !bytes.Contains(program, []byte(strings.TrimSpace(line))) {
				t.Errorf("%s: a line is not in docs/examples/%s: %s", page, example, line)
			}
		}
	}
}

// TestTheReadmesMainCommandAnswers runs the README's command on what the Go toolchain prints.
func TestTheReadmesMainCommandAnswers(t *testing.T) {
	const query = "SELECT ImportPath, ARRAY_LENGTH(Imports) AS imports FROM packages ORDER BY imports DESC LIMIT 5"
	const command = "go list -json std | go run ./cmd/fluxsql std.db -c '.import - packages' -c '" + query + "'"
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), command) {
		t.Errorf("the README no longer has the command %s", command)
	}
	list, err := exec.Command("go", "list", "-json", "std").Output()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(buildShell(t), filepath.Join(t.TempDir(), "std.db"), "-c", ".import - packages", "-c", query)
	cmd.Stdin = bytes.NewReader(list)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	if lines := strings.Split(strings.TrimSpace(stdout.String()), "\n"); len(lines) != 8 || lines[7] != "(5 rows)" {
		t.Errorf("printed\n%s", stdout.String())
	}
	if !strings.Contains(stderr.String(), "documents into packages") {
		t.Errorf("said %q", stderr.String())
	}
}
