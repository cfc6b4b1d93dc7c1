package parser

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb/document"
)

// FuzzParse checks what holds for every text: no panic; an error lies inside the text; what
// parses is printed so that it parses to the same again; and the scanner comes to the end.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // the directory of the fuzzer's own findings
		}
		for _, part := range strings.Split(string(b), "\n\n") {
			text, _, _ := strings.Cut(part, "\n----")
			_, text, _ = strings.Cut(text, "\n")
			f.Add(text)
			for _, line := range strings.Split(text, "\n") {
				f.Add("SELECT " + line)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkScanner(t, text)
		if e, err := ParseExpr(text); err == nil {
			checkExpr(t, e)
		} else {
			checkError(t, text, err)
		}
		statements, err := Parse(text, Limits{})
		if err != nil {
			checkError(t, text, err)
			return
		}
		for _, s := range statements {
			m := s.Info()
			if m.Start >= m.End || m.End > len(text) || m.Text != text {
				t.Fatalf("%q: statement from %d to %d", text, m.Start, m.End)
			}
			if q, ok := s.(*Query); ok {
				checkQuery(t, q)
			}
		}
	})
}

func checkError(t *testing.T, text string, err error) {
	t.Helper()
	var e *SyntaxError
	if !errors.As(err, &e) {
		t.Fatalf("%q: %T: %v", text, err, err)
	}
	if e.Offset < 0 || e.Offset > len(text) {
		t.Fatalf("%q: the error is at %d", text, e.Offset)
	}
	if line, column := Position(text, e.Offset); line != e.Line || column != e.Column || e.Message == "" {
		t.Fatalf("%q: %+v", text, e)
	}
}

func checkScanner(t *testing.T, text string) {
	t.Helper()
	s := NewScanner(text)
	end := 0
	for token := s.Next(); token.Kind != TokenEnd; token = s.Next() {
		if token.Start < end || token.End <= token.Start || token.End > len(text) {
			t.Fatalf("%q: token %+v after %d", text, token, end)
		}
		end = token.End
	}
	if end := LastTerminator(text); end > 0 && text[end-1] != ';' {
		t.Fatalf("%q ends at %d", text, end)
	}
}

// checkExpr prints an expression without a row in scope, and parses it again.
func checkExpr(t *testing.T, e Expr) {
	t.Helper()
	printed := Format(e)
	again, err := ParseExpr(printed)
	if err != nil {
		t.Fatalf("%s: %v", printed, err)
	}
	if diff := cmp.Diff(e, again, same); diff != "" {
		t.Fatalf("%s: %s", printed, diff)
	}
	if s := Format(again); s != printed {
		t.Fatalf("%s, then %s", printed, s)
	}
}

func checkQuery(t *testing.T, q *Query) {
	t.Helper()
	var f formatter
	f.query(q)
	again, err := Parse(f.String(), Limits{})
	if err != nil {
		t.Fatalf("%s: %v", f.String(), err)
	}
	if diff := cmp.Diff(q, again[0], same); diff != "" {
		t.Fatalf("%s: %s", f.String(), diff)
	}
}

// same compares trees without what depends on how they were written.
var same = cmp.Options{
	cmp.FilterPath(func(p cmp.Path) bool {
		switch last := p.Last().String(); last {
		case ".At", ".Pos", ".Text", ".Meta":
			return true
		}
		return false
	}, cmp.Ignore()),
	cmp.Comparer(document.Identical),
}
