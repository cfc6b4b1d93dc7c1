package parser

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxdb/fluxdb/document"
)

func TestEmptyTextsHaveNoStatements(t *testing.T) {
	for _, text := range []string{"", " ", ";", " ; ;; ", "-- SELECT 1", "/* ; */ ;"} {
		statements, err := Parse(text, Limits{})
		if err != nil || len(statements) != 0 {
			t.Errorf("%q: %v, %v", text, statements, err)
		}
	}
}

func TestParametersAreNumberedThroughTheText(t *testing.T) {
	for _, c := range []struct {
		text  string
		want  []int // of the parameters as they stand
		names []string
	}{
		{"SELECT ?, ?; SELECT ?", []int{1, 2, 3}, nil},
		{"SELECT ?3, ?, $1, ?", []int{3, 4, 1, 5}, nil},
		{"SELECT :a, @b, :a; SELECT @a, :c", []int{1, 2, 1, 1, 3}, []string{"a", "b", "c"}},
		{"SELECT ?7", []int{7}, nil},
	} {
		statements, err := Parse(c.text, Limits{})
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		var got []int
		for _, s := range statements {
			if i := s.Info(); i.Params != slices.Max(c.want) || !slices.Equal(i.Names, c.names) {
				t.Errorf("%s: %d parameters %q", c.text, i.Params, i.Names)
			}
			for _, it := range s.(*Query).Body.(*Select).Items {
				got = append(got, it.Expr.(*Param).Ordinal)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, expected %v", c.text, got, c.want)
		}
	}
}

func TestHostileTextsAreErrorsAtOnce(t *testing.T) {
	const n = 100000
	nested := func(open, inner, end string) string {
		return "SELECT " + strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	for name, text := range map[string]string{
		"parentheses":      nested("(", "1", ")"),
		"arrays":           nested("[", "1", "]"),
		"objects":          nested("{a:", "1", "}"),
		"json":             "INSERT INTO c VALUES " + strings.Repeat(`{"a":`, n),
		"default":          "CREATE TABLE t (a INT DEFAULT " + strings.Repeat("(", n),
		"calls":            nested("f(", "1", ")"),
		"subscripts":       nested("a[", "i", "]"),
		"many subscripts":  "SELECT a" + strings.Repeat("[i]", n),
		"casts":            "SELECT a" + strings.Repeat("::INT", n),
		"not":              nested("NOT ", "1", ""),
		"minus":            nested("- ", "1", ""),
		"tilde":            nested("~", "1", ""),
		"case":             nested("CASE WHEN ", "1", ""),
		"case else":        nested("CASE WHEN 1 THEN 1 ELSE ", "1", ""),
		"cast":             nested("CAST(", "1", ""),
		"any":              nested("ANY x IN ", "1", ""),
		"in":               nested("1 IN (", "1", ""),
		"subqueries":       nested("(SELECT ", "1", ")"),
		"exists":           nested("EXISTS (SELECT ", "1", ")"),
		"derived tables":   "SELECT 1 FROM " + strings.Repeat("(SELECT 1 FROM ", n),
		"joins in":         "SELECT 1 FROM " + strings.Repeat("(", n),
		"queries in":       strings.Repeat("(", n) + "SELECT 1",
		"with":             strings.Repeat("WITH a AS (", n),
		"explain":          strings.Repeat("EXPLAIN ", n),
		"sum":              "SELECT 1" + strings.Repeat(" + 1", n),
		"or":               "SELECT 1" + strings.Repeat(" OR a = 1", n/2),
		"or in brackets":   "SELECT " + strings.Repeat("(", 400) + "1" + strings.Repeat(strings.Repeat(" OR 1", 50)+")", 400),
		"union":            "SELECT 1" + strings.Repeat(" UNION SELECT 1", n/2),
		"join":             "SELECT 1 FROM a" + strings.Repeat(" JOIN a", n),
		"is":               "SELECT 1" + strings.Repeat(" IS NULL", n),
		"between":          "SELECT 1" + strings.Repeat(" BETWEEN 1 AND 2", n/2),
		"between in":       "SELECT " + strings.Repeat("1 BETWEEN ", n) + "1",
		"comments":         "SELECT " + strings.Repeat("/*", n),
		"quotes":           "SELECT '" + strings.Repeat("''", n),
		"long":             "SELECT '" + strings.Repeat("x", 20<<20) + "'",
		"many tokens":      "SELECT " + strings.Repeat("1,", 300000) + "1",
		"many fields":      "CREATE TABLE t (" + strings.Repeat("a,", 300000),
		"many modes":       "BEGIN " + strings.Repeat("READ ONLY, ", n/2),
		"not utf-8":        "SELECT '" + strings.Repeat("x", n) + "\xff'",
		"long wrong token": "SELECT 1 a " + strings.Repeat("x", n),
	} {
		start := time.Now()
		_, err := Parse(text, Limits{})
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(err.Error()) > 1000 {
			t.Errorf("%s: a message of %d bytes", name, len(err.Error()))
		}
		// Some milliseconds in truth; what is quadratic or worse takes minutes.
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s: took %v", name, d)
		}
		if _, err := ParseExpr(strings.TrimPrefix(text, "SELECT ")); err == nil {
			t.Errorf("%s: no expression, but no error", name)
		}
	}
}

func TestLimitsHoldWithinTheirBounds(t *testing.T) {
	deep := func(n int) string { return "SELECT " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) }
	for _, c := range []struct {
		text   string
		limits Limits
		ok     bool
	}{
		{deep(499), Limits{}, true},
		{deep(500), Limits{}, false}, // the query itself is a level
		{deep(10), Limits{Depth: 5}, false},
		{deep(1 << 20), Limits{Text: 1 << 30, Depth: 1 << 30, Tokens: 1 << 30}, false},
		{"SELECT " + strings.Repeat(" ", 2<<20) + "1", Limits{}, false},
		{"SELECT " + strings.Repeat(" ", 2<<20) + "1", Limits{Text: 4 << 20}, true},
		{"SELECT 1" + strings.Repeat(" + 1", 9000), Limits{}, true},
		{"CREATE TABLE t (a INT" + strings.Repeat(", a INT DEFAULT 1", 9000) + ")", Limits{}, true},
		{"SELECT 1, 2, 3", Limits{Tokens: 5}, false},
		{"SELECT 1, 2, 3", Limits{Tokens: 7}, true},
		{"SELECT a IN (1" + strings.Repeat(", 1", 100000) + ")", Limits{}, true},
	} {
		if _, err := Parse(c.text, c.limits); (err == nil) != c.ok {
			t.Errorf("%.40s, %+v: %v", c.text, c.limits, err)
		}
	}
}

func TestReservedWordsAreNamesOnlyInQuotesAfterADotAndAsKeys(t *testing.T) {
	reserved := Reserved()
	for k := firstWord; k < kindCount; k++ {
		word := strings.ToLower(k.String())
		_, err := Parse("SELECT * FROM "+word, Limits{})
		if want := slices.Contains(reserved, k.String()); (err != nil) != want {
			t.Errorf("%s as a collection: %v", word, err)
		}
		for _, text := range []string{
			`SELECT a.` + word + `, "` + word + `", {` + word + `: 1} AS ` + word + ` FROM "` + word + `"`,
			"SELECT `" + word + "`." + word + "[0]." + word,
		} {
			if _, err := Parse(text, Limits{}); err != nil {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	if !slices.IsSorted(reserved) || !slices.IsSorted(NoAlias()) {
		t.Error("the lists are not sorted")
	}
}

func TestWordsThatMayFollowAreNoAliasWithoutAs(t *testing.T) {
	for _, word := range NoAlias() {
		if _, err := Parse("SELECT a AS "+word+" FROM b AS "+word, Limits{}); err != nil {
			t.Errorf("%s after AS: %v", word, err)
		}
		statements, err := Parse("SELECT a "+word, Limits{})
		if err == nil && statements[0].(*Query).Body.(*Select).Items[0].Alias != "" {
			t.Errorf("%s is an alias without AS", word)
		}
	}
	if _, err := Parse("UPDATE c SET a = 1 UNSET b", Limits{}); err != nil {
		t.Error(err)
	}
}

func TestNamesThatAreNotReservedAreAliases(t *testing.T) {
	for _, text := range []string{"SELECT a value, b key, c type FROM t date", "DELETE FROM c first", "SELECT 1 end"} {
		if _, err := Parse(text, Limits{}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestPositionCountsCharacters(t *testing.T) {
	text := "a\r\nüb\n\tc"
	for _, c := range []struct{ offset, line, column int }{
		{-1, 1, 1}, {0, 1, 1}, {1, 1, 2}, {3, 2, 1}, {5, 2, 2}, {6, 2, 3}, {7, 3, 1}, {8, 3, 2}, {9, 3, 3}, {100, 3, 3},
	} {
		if line, column := Position(text, c.offset); line != c.line || column != c.column {
			t.Errorf("%d: line %d, column %d", c.offset, line, column)
		}
	}
}

func TestPositionsOfExpressions(t *testing.T) {
	for text, mark := range map[string]string{
		"a + b * c":    "  ^",
		"a AND NOT b":  "  ^",
		"(a)":          " ^",
		"f(x).a":       "^",
		"a[i]":         "^",
		"-a":           "^",
		"x.y":          "^",
		"a NOT IN (1)": "  ^",
		"a IS NULL":    "  ^",
		"CAST(a AS X)": "^",
		"-1":           "^",
		"{a: 1}":       "^",
	} {
		e, err := ParseExpr(text)
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.IndexByte(mark, '^'); e.Pos() != want {
			t.Errorf("%s: %d, expected %d", text, e.Pos(), want)
		}
	}
}

func TestWrongUTF8IsAnErrorAtItsPlace(t *testing.T) {
	var e *SyntaxError
	if _, err := Parse("SELECT\n'ü\xff'", Limits{}); !errors.As(err, &e) || e.Line != 2 || e.Column != 3 {
		t.Errorf("%v", e)
	}
}

func TestStringsBorrowTheText(t *testing.T) {
	e, err := ParseExpr("'it''s'")
	if err != nil || e.(*Literal).Value.AsString() != "it's" {
		t.Errorf("%v, %v", e, err)
	}
	e, err = ParseExpr(`["\u0041\ud83d\ude00\/\\\b\f\n\r\t\"", "a""b"]`)
	if err != nil {
		t.Fatal(err)
	}
	items := e.(*Array).Items
	for i, want := range []string{"A\U0001f600/\\\b\f\n\r\t\"", `a"b`} {
		if v := items[i].(*Literal).Value; v.Kind() != document.KindString || v.AsString() != want {
			t.Errorf("%v, expected %q", v, want)
		}
	}
}
