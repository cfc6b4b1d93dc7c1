package executor

import (
	"testing"
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
