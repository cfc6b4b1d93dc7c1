package parser

import (
	"fmt"
	"strings"
	"testing"
)

func TestLastTerminatorIsOutsideOfQuotesAndComments(t *testing.T) {
	// The place is after the bar, which is not part of the text; none is 0.
	for _, marked := range []string{
		"", "SELECT 1", "SELECT 1;|", "SELECT 1;| SELECT 2", "a; b;|\n c", "SELECT ';'", "SELECT ';';|", `a ";" b`, "a `;`",
		"a -- ;", "a -- ;\n;|", "/* ; /* ; */ ; */", "/* ; */;| x", "a;| 'b; c", "a;| /* b;", `a;| "b;`, "SELECT 'it''s;'",
		`INSERT INTO c VALUES {"a": "x\";y"};| `, `INSERT INTO c VALUES {"a": ["\\"]};|`, `SELECT "a\";|`, "SELECT :a;|",
		"SELECT # ;|",
	} {
		text := strings.Replace(marked, "|", "", 1)
		want := max(0, strings.IndexByte(marked, '|'))
		if got := LastTerminator(text); got != want {
			t.Errorf("%q: %d, expected %d", text, got, want)
		}
	}
}

func TestScannerCoversTheText(t *testing.T) {
	text := "SELECT a.\"b\", 'c', x'0f', 1.5e3 -- d\nFROM /* e */ ünï WHERE $1 >= :f || ? ; 'g"
	var b strings.Builder
	s := NewScanner(text)
	for token := s.Next(); token.Kind != TokenEnd; token = s.Next() {
		fmt.Fprintf(&b, "%d %s\n", token.Kind, text[token.Start:token.End])
	}
	want := `2 SELECT
1 a
6 .
1 "b"
6 ,
3 'c'
6 ,
3 x'0f'
6 ,
4 1.5e3
8 -- d
2 FROM
8 /* e */
1 ünï
2 WHERE
5 $1
6 >=
5 :f
6 ||
5 ?
7 ;
9 'g
`
	if b.String() != want {
		t.Errorf("%s", b.String())
	}
}

func TestKeywordsIgnoreCase(t *testing.T) {
	for k := firstWord; k < kindCount; k++ {
		upper := words[k].text
		lower := strings.ToLower(upper)
		for _, word := range []string{upper, lower, upper[:1] + lower[1:], lower[:1] + upper[1:]} {
			if got := wordKind(word); got != k {
				t.Errorf("%s is %s", word, got)
			}
		}
		for _, word := range []string{upper + "x", lower[1:], upper + "_", "ſ" + lower[1:]} {
			if got := wordKind(word); got != tName && words[got].text != upperASCII(word) {
				t.Errorf("%s is %s", word, got)
			}
		}
	}
}
