package executor

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNoRowIsChangedTwice moves documents to ids that the statement reads too.
func TestNoRowIsChangedTwice(t *testing.T) {
	for _, c := range []struct{ text, rows string }{
		{`UPDATE t SET id = TRUE, n = n + 1 WHERE id >= 1`, `[true,1]`},
		{`UPDATE t SET id = 2, n = n + 1 WHERE id IN (1, 2)`, `[2,1]`},
		{`UPDATE t SET id = TRUE, n = n + 1 WHERE id = 1`, `[true,1]`},
		{`UPDATE t SET id = 7, n = n + 1 WHERE id = 1.0`, `[7,1]`},
		{`UPDATE t SET id = 7, n = n + 1 WHERE id = 1 AND n > 0`, `[1,0]`},
	} {
		s := testSession(t, `CREATE TABLE t (id PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 0)`)
		res := mustExec(t, s, c.text)
		if got := answer(s, `SELECT * FROM t`); got != c.rows {
			t.Errorf("%s: %s, want %s after %d rows", c.text, got, c.rows, res.RowsAffected)
		}
	}
}

// TestAnUpdateOfLeavesIsOneOfTheWholeDocument runs random updates beside the same ones with an UNSET of a field that
// no document has, which makes them take documents apart. Indexes and counters are checked at the end.
func TestAnUpdateOfLeavesIsOneOfTheWholeDocument(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	setup := []string{
		`CREATE COLLECTION c; CREATE INDEX c_a ON c (a, o.p DESC); CREATE UNIQUE INDEX c_u ON c (u)`,
		`CREATE TABLE d (id INTEGER PRIMARY KEY, a FLOAT, o TEXT, u TIMESTAMP, spare TEXT)`,
	}
	leaves, whole := testSession(t, setup...), testSession(t, setup...)
	values := []string{`1`, `-7.5`, `'x'`, `'a longer text, to move what comes after it'`, `NULL`, `TRUE`, `x'00ff'`, `[1, 2]`, `{p: 3}`, `'2024-05-01'`, `a`, `o.p`, `MISSING`}
	value := func() string { return values[rng.IntN(len(values))] }
	for i := range 60 {
		for _, s := range []*Session{leaves, whole} {
			mustExec(t, s, fmt.Sprintf(`INSERT INTO c VALUES {_id: %d, a: %d, o: {p: 'x', q: %d}, u: %d, list: [1]}`, i, i%7, i, i))
			mustExec(t, s, fmt.Sprintf(`INSERT INTO d VALUES (%d, %d, 'x', '2024-05-01', DEFAULT)`, i, i))
		}
	}
	same := func(text, other string) {
		t.Helper()
		if diff := cmp.Diff(answer(whole, other), answer(leaves, text)); diff != "" {
			t.Fatalf("%s\n%s", text, diff)
		}
	}
	for range 800 {
		path := []string{`a`, `o.p`, `o.q`, `u`, `list[0]`, `new`, `o`}
		rng.Shuffle(len(path), func(i, j int) { path[i], path[j] = path[j], path[i] })
		set := path[0] + ` = ` + value()
		if rng.IntN(2) == 0 {
			set += `, ` + path[1] + ` = ` + value()
		}
		where := fmt.Sprintf(` WHERE _id = %d RETURNING *`, rng.IntN(60))
		if rng.IntN(5) == 0 {
			where = fmt.Sprintf(` WHERE a = %d RETURNING *`, rng.IntN(7))
		}
		same(`UPDATE c SET `+set+where, `UPDATE c SET `+set+` UNSET nosuch`+where)
		set = []string{`a`, `o`, `u`}[rng.IntN(3)] + ` = ` + value()
		where = fmt.Sprintf(` WHERE id = %d RETURNING *`, rng.IntN(60))
		same(`UPDATE d SET `+set+where, `UPDATE d SET `+set+` UNSET spare`+where)
	}
	if got := answer(leaves, `UPDATE c SET o = 'new' UNSET a, list WHERE _id = 3 RETURNING a, list`); got != `[null,null]` {
		t.Errorf("SET with UNSET left %s", got)
	}
	mustExec(t, whole, `UPDATE c SET o = 'new' UNSET a, list WHERE _id = 3`)
	same(`SELECT * FROM c ORDER BY _id`, `SELECT * FROM c ORDER BY _id`)
}
