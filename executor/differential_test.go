package executor

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb/document"
)

// Texts of literals that are often equal to something stored, or stand where the rules of comparison do.
var literals = []string{"0", "1", "2", "-1", "1.0", "0.5", "TRUE", "FALSE", "NULL", "'a'", "'bb'", "''", "'1970-01-01T00:00:01Z'", "3", "4", "'xxxx'"}

func randomCondition(rng *rand.Rand) string {
	path := []string{"a", "b", "o.p", "_id"}[rng.IntN(4)]
	lit := func() string { return literals[rng.IntN(len(literals))] }
	switch rng.IntN(9) {
	case 0:
		return path + " IS NULL"
	case 1:
		return path + " IS NOT NULL"
	case 2:
		return fmt.Sprintf("%s IN (%s, %s, %s)", path, lit(), lit(), lit())
	case 3:
		return fmt.Sprintf("%s BETWEEN %s AND %s", path, lit(), lit())
	case 4:
		return path + " LIKE 'b%'"
	case 5:
		return fmt.Sprintf("NOT (%s = %s OR %s > %s)", path, lit(), path, lit())
	case 6:
		return path + " IS MISSING"
	}
	return fmt.Sprintf("%s %s %s", path, []string{"=", "<", "<=", ">", ">=", "<>"}[rng.IntN(6)], lit())
}

// TestIndexesChangeNoAnswer asks the same of a collection with indexes and of one without.
func TestIndexesChangeNoAnswer(t *testing.T) {
	rng := newRand(t)
	s := testSession(t, `CREATE COLLECTION plain; CREATE COLLECTION indexed`,
		`CREATE INDEX i_a ON indexed (a); CREATE INDEX i_ab ON indexed (a, b DESC); CREATE INDEX i_b ON indexed (b DESC);
		 CREATE INDEX i_op ON indexed (o.p, a); CREATE INDEX i_bao ON indexed (b, a, o.p DESC)`)
	for i := range 400 {
		id := document.Int(int64(i))
		if i%7 == 0 {
			id = document.NewID()
		}
		doc := document.Object([]document.Field{{Name: "_id", Value: id}, {Name: "a", Value: randomValue(rng)}, {Name: "b", Value: randomValue(rng)},
			{Name: "o", Value: document.Object([]document.Field{{Name: "p", Value: randomValue(rng)}})}})
		mustExec(t, s, `INSERT INTO plain VALUES (?1); INSERT INTO indexed VALUES (?1)`, Arg{Ordinal: 1, Value: doc})
	}
	forms := []struct {
		text    string
		ordered bool
	}{
		{`SELECT _id, a, b FROM %s WHERE %s`, false},
		{`SELECT a FROM %s WHERE %s`, false},
		{`SELECT COUNT(*), COUNT(a), MIN(b), MAX(b) FROM %s WHERE %s`, false},
		{`SELECT MIN(b) FROM %s WHERE %s`, false},
		{`SELECT MAX(o.p) FROM %s WHERE %s`, false},
		{`SELECT a, COUNT(*) FROM %s WHERE %s GROUP BY a`, false},
		{`SELECT DISTINCT b FROM %s WHERE %s`, false},
		{`SELECT a, b FROM %s WHERE %s ORDER BY a, b DESC LIMIT 7`, true},
		{`SELECT b, _id FROM %s WHERE %s ORDER BY b, _id LIMIT 5 OFFSET 2`, true},
		{`SELECT b FROM %s WHERE %s ORDER BY b DESC LIMIT 9`, true},
		{`SELECT a FROM %s WHERE %s ORDER BY a NULLS LAST LIMIT 9`, true},
		{`SELECT _id FROM %s WHERE %s ORDER BY _id DESC LIMIT 6`, true},
	}
	for range 1500 {
		conditions := make([]string, 1+rng.IntN(3))
		for i := range conditions {
			conditions[i] = randomCondition(rng)
		}
		form := forms[rng.IntN(len(forms))]
		where := strings.Join(conditions, []string{" AND ", " AND ", " OR "}[rng.IntN(3)])
		want := canonicalRows(t, s, fmt.Sprintf(form.text, "plain", where), form.ordered)
		got := canonicalRows(t, s, fmt.Sprintf(form.text, "indexed", where), form.ordered)
		if diff := cmp.Diff(want, got); diff != "" {
			query := fmt.Sprintf(form.text, "indexed", where)
			t.Fatalf("%s\n(-without +with indexes)\n%s\n%s", query, diff, answer(s, "EXPLAIN ANALYZE "+query))
		}
	}
}

// canonicalRows returns the rows of a query, equal values written alike: which of 1 and 1.0 stands for a
// group is not fixed. Without an order they are sorted.
func canonicalRows(t *testing.T, s *Session, text string, ordered bool) []string {
	t.Helper()
	rows, err := s.Query(context.Background(), text, nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var row []byte
		for _, v := range rows.Values() {
			if f := v.AsFloat(); v.Kind() == document.KindFloat && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
				v = document.Int(int64(f))
			}
			if text := v.AsString(); len(text) > 40 {
				v = document.String(text[:4] + "..." + text[len(text)-1:])
			}
			row = append(document.AppendJSON(row, v, document.Exact), ' ')
		}
		all = append(all, string(row))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if !ordered {
		slices.Sort(all)
	}
	return all
}
