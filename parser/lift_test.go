package parser

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

// lifted describes what becomes of a text: its key with the marks readable, and the values; "alone" for one
// without literals to lift, "refused" with the key when the tree says no.
func lifted(t *testing.T, text string) string {
	t.Helper()
	var l Lifter
	if !l.Lift(text) {
		return "alone"
	}
	statements, err := Parse(text, Limits{})
	if err != nil {
		return "error"
	}
	var b strings.Builder
	if !l.Mark(statements) {
		b.WriteString("refused ")
	}
	for i := 0; i < len(l.Key); i++ {
		if l.Key[i] != mark {
			b.WriteByte(l.Key[i])
			continue
		}
		i++
		fmt.Fprintf(&b, "<%c", l.Key[i])
		if l.Key[i] == 'l' {
			i++
			fmt.Fprint(&b, l.Key[i])
		}
		b.WriteByte('>')
	}
	for _, v := range l.Values {
		b.WriteByte(' ')
		b.Write(document.AppendJSON(nil, v, document.Plain))
	}
	return b.String()
}

func TestLiteralsAreLiftedWhereTheyMeanNoMoreThanTheirValue(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`SELECT 1, a FROM c WHERE a = 5 AND b <> 'x''y'`, `SELECT 1, a FROM c WHERE a = <i> AND b <> <s> 5 "x'y"`},
		{`SELECT a FROM c WHERE a > -5.5 OR (b <= 0x1F AND NOT c = -7)`, `SELECT a FROM c WHERE a > <h> OR (b <= <i> AND NOT c = <n>) -5.5 31 -7`},
		{`SELECT a FROM c WHERE a = 0 OR a = 1.0 OR a = -1 OR a = -0.0`, `SELECT a FROM c WHERE a = <b> OR a = <g> OR a = <n> OR a = <k> 0 1.0 -1 -0.0`},
		{`SELECT a FROM c WHERE t > '2024-05-01' AND s > '2024'`, `SELECT a FROM c WHERE t > <t> AND s > <s> "2024-05-01" "2024"`},
		{`SELECT a FROM c WHERE a BETWEEN 2 AND 9 AND b IN (2, 'x') LIMIT 10 OFFSET 3;`, `SELECT a FROM c WHERE a BETWEEN <i> AND <i> AND b IN (<i>, <s>) LIMIT <l4> OFFSET <l2>; 2 9 2 "x" 10 3`},
		{`SELECT a FROM c LIMIT 5, 100`, `SELECT a FROM c LIMIT <l3>, <l7> 5 100`},
		{`SELECT a FROM c WHERE u.where = 2 GROUP BY a, 1 HAVING SUM(b) > 3 ORDER BY 1`, `SELECT a FROM c WHERE u.where = <i> GROUP BY a, 1 HAVING SUM(b) > 3 ORDER BY 1 2`},
		{`UPDATE c SET a = 5, b.c = 'x', d = {x: 2, y: [3, {z: 'w'}]}, n = n + 1 WHERE _id = 9 RETURNING a + 2`, `UPDATE c SET a = <i>, b.c = <s>, d = {x: <i>, y: [<i>, {z: <s>}]}, n = n + 1 WHERE _id = <i> RETURNING a + 2 5 "x" 2 3 "w" 9`},
		{`DELETE FROM c WHERE a = ? AND b = 'x' AND c = ?`, `DELETE FROM c WHERE a = ? AND b = <s> AND c = ? "x"`},
		{`INSERT INTO c (a, b) VALUES (1, 'x'), (?, -2.5), (DEFAULT, NULL) RETURNING 5`, `INSERT INTO c (a, b) VALUES (<i>, <s>), (?, <h>), (DEFAULT, NULL) RETURNING 5 1 "x" -2.5`},
		{`INSERT INTO c VALUES {"from": 1, where: "x", a: [1, "y", true], 'k': {b = 'z'}}, ('{"a": 1}')`, `INSERT INTO c VALUES {"from": <i>, where: <j>, a: [<i>, <j>, true], 'k': {b = <s>}}, (<s>) 1 "x" 1 "y" "z" "{\"a\": 1}"`},
		{`INSERT INTO c (a) VALUES (UPPER('x')), (2)`, `INSERT INTO c (a) VALUES (UPPER('x')), (<i>) 2`},
		// What the pass leaves in the key.
		{`SELECT a FROM c WHERE 1 = 1 AND a = 5`, `SELECT a FROM c WHERE 1 = 1 AND a = <i> 5`},
		{`SELECT a FROM c WHERE a LIKE 'x%' AND tags[0] = 5 AND d > DATE '2024-01-01' AND TRUE = a`, `SELECT a FROM c WHERE a LIKE 'x%' AND tags[0] = <i> AND d > DATE '2024-01-01' AND TRUE = a 5`},
		{`SELECT a FROM c WHERE a = 1 + 1 AND b = 'x' || 'y' AND c = 5::TEXT AND d = 2`, `SELECT a FROM c WHERE a = 1 + 1 AND b = 'x' || 'y' AND c = 5::TEXT AND d = <i> 2`},
		{`SELECT a FROM c WHERE 5 BETWEEN 1 AND 9 AND a = 2`, `SELECT a FROM c WHERE 5 BETWEEN 1 AND 9 AND a = <i> 2`},
		// What the tree refuses.
		{`SELECT a FROM c WHERE COALESCE(a = 5, TRUE)`, `refused SELECT a FROM c WHERE COALESCE(a = <i>, TRUE) 5`},
		{`SELECT a FROM c WHERE a > 5 AND a > 7`, `refused SELECT a FROM c WHERE a > <i> AND a > <i> 5 7`},
		{`SELECT a FROM c WHERE a > 5 AND a < 7`, `SELECT a FROM c WHERE a > <i> AND a < <i> 5 7`},
		{`SELECT a FROM c WHERE a IN (2, 3, 4, 5, 6, 7, 8, 9)`, `refused SELECT a FROM c WHERE a IN (<i>, <i>, <i>, <i>, <i>, <i>, <i>, <i>) 2 3 4 5 6 7 8 9`},
		{`SELECT a FROM c WHERE CASE WHEN a = 5 THEN b END`, `alone`},
		{`SELECT a FROM c WHERE a IN (SELECT b FROM d WHERE e = 5)`, `refused SELECT a FROM c WHERE a IN (SELECT b FROM d WHERE e = <i>) 5`},
		// What shares nothing.
		{`SELECT a FROM c WHERE a = ?`, `alone`},
		{`SELECT 5`, `alone`},
		{`EXPLAIN SELECT a FROM c WHERE a = 5`, `alone`},
		{`SELECT a FROM c WHERE a = 5; SELECT 1`, `alone`},
		{`SELECT a FROM c WHERE a = 9223372036854775808`, `alone`},
		{`SELECT a FROM c WHERE a = -9223372036854775808`, `SELECT a FROM c WHERE a = <n> -9223372036854775808`},
		{`INSERT INTO c VALUES {a: "x\ny", b: 2}`, `alone`},
		{"SELECT a FROM c WHERE a = '\xff' AND b = 2", `alone`},
	} {
		if got := lifted(t, c.text); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestLiftedLiteralsAreNumberedAfterTheParameters(t *testing.T) {
	const text = `UPDATE c SET a = 5, b = :x WHERE c = 'y' AND d = :y AND e = :x`
	var l Lifter
	if !l.Lift(text) {
		t.Fatal("nothing was lifted")
	}
	statements, err := Parse(text, Limits{})
	if err != nil || !l.Mark(statements) {
		t.Fatal(err, "refused")
	}
	u := statements[0].(*Update)
	if n := u.Sets[0].Expr.(*Literal).Ordinal; n != 3 {
		t.Errorf("the first literal has number %d, want 3", n)
	}
	if u.Params != 2 {
		t.Errorf("%d parameters, want 2", u.Params)
	}
	and := u.Where.(*Binary).A.(*Binary).A.(*Binary)
	if n := and.B.(*Literal).Ordinal; n != 4 {
		t.Errorf("the second literal has number %d, want 4", n)
	}
}

func TestARefusedTreeStaysAsItIs(t *testing.T) {
	const text = `SELECT a FROM c WHERE b = 5 AND COALESCE(a = 5, TRUE)`
	var l Lifter
	statements, err := Parse(text, Limits{})
	if err != nil || !l.Lift(text) || l.Mark(statements) {
		t.Fatal("want a refusal", err)
	}
	where := statements[0].(*Query).Body.(*Select).Where.(*Binary)
	if n := where.A.(*Binary).B.(*Literal).Ordinal; n != 0 {
		t.Errorf("a literal is parameter %d", n)
	}
}

// FuzzLift holds what Lift says against the parser: the texts that a key stands for parse alike.
func FuzzLift(f *testing.F) {
	for _, text := range []string{
		`SELECT a FROM c WHERE a = 5 AND b IN (2, 'x') AND c BETWEEN -1.5 AND '2024-05-01' LIMIT 10`,
		`UPDATE c SET a = {b: [1, 'x']} UNSET c WHERE NOT (a <> ? OR b = 'y') RETURNING *`,
		`INSERT INTO c VALUES {"a": "x", b: [-1, {c = 'y'}]}, ('{}'), (:p)`,
		`DELETE FROM c WHERE "a" = 'x' AND f(b = 2)`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var l Lifter
		if !l.Lift(text) {
			return
		}
		statements, err := Parse(text, Limits{})
		if err != nil || !l.Mark(statements) {
			return
		}
		// Another text of the same key, with other literals.
		var other strings.Builder
		from := 0
		for i, at := range l.at {
			other.WriteString(text[from:at])
			v := l.Values[i]
			from = endOfLiteral(text, at)
			switch {
			case v.Kind() == document.KindString && text[at] == '"':
				other.WriteString(`"an''other"`)
			case v.Kind() == document.KindString && isStamp(v):
				other.WriteString(`'2001-01-01'`)
			case v.Kind() == document.KindString:
				other.WriteString(`'an"oth''er'`)
			default:
				other.WriteString(text[at:from])
			}
		}
		other.WriteString(text[from:])
		var m Lifter
		if !m.Lift(other.String()) || len(m.Values) != len(l.Values) {
			t.Fatalf("%q has %d literals, %q %d", text, len(l.Values), other.String(), len(m.Values))
		}
		if !bytes.Equal(l.Key, m.Key) {
			t.Fatalf("%q has the key %q, %q %q", text, l.Key, other.String(), m.Key)
		}
		again, err := Parse(other.String(), Limits{})
		if err != nil || !m.Mark(again) {
			t.Fatalf("%q is shared, %q is not: %v", text, other.String(), err)
		}
	})
}

func isStamp(v document.Value) bool {
	_, ok := document.ReadTimestamp(v.AsString())
	return ok
}

// endOfLiteral returns where the literal that begins at at ends, its sign included.
func endOfLiteral(text string, at int) int {
	s := scanner{text: text, pos: at, json: text[at] == '"'}
	if t := s.scan(); t.kind == tMinus {
		s.scan()
	}
	return s.pos
}
