package executor

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fluxdb/fluxdb/document"
)

// FuzzStatements runs any text through all floors: it may fail, but not panic, hang, or leave
// something open.
func FuzzStatements(f *testing.F) {
	for _, text := range []string{
		`SELECT *, a.b[0] FROM c WHERE n > 1 AND s LIKE 'x%' ORDER BY n DESC LIMIT 2 OFFSET 1`,
		`SELECT s, COUNT(*), SUM(DISTINCT n) FROM c GROUP BY s HAVING COUNT(*) > 1`,
		`SELECT DISTINCT * FLATTEN EXCLUDE (s) FROM c; SELECT VALUE c FROM c`,
		`INSERT INTO c VALUES {a: {b: [1, 2]}, "q": null} RETURNING *; UPDATE c SET n = n + 1, a.b[0] = 'x' UNSET s WHERE n IN (1, 2); DELETE FROM c`,
		`CREATE TABLE t (id INTEGER PRIMARY KEY, n INT DEFAULT (1 + 1), UNIQUE (n)); INSERT INTO t (n) VALUES (1), (DEFAULT); DROP TABLE t`,
		`CREATE UNIQUE INDEX i ON c (n DESC, a.b); SAVEPOINT s; TRUNCATE c; ROLLBACK TO s; DROP INDEX i`,
		`EXPLAIN ANALYZE SELECT MAX(n) FROM c WHERE s = 'x'; SHOW INDEXES; SHOW COLLECTIONS`,
		`SELECT CASE WHEN TRUE THEN CAST('1' AS INT) END, ANY x IN [1, 2] SATISFIES x > 1 END, {a: 1}.a, -9223372036854775808 / -1`,
		`SELECT a.n, b.s FROM c a LEFT JOIN c b ON a.n = b._id AND b.n > 1 FULL JOIN (SELECT s, COUNT(*) AS k FROM c GROUP BY s) q ON q.s = a.s WHERE a.n IS NOT NULL ORDER BY 1`,
		`SELECT * FROM c a NATURAL JOIN c b, c d WHERE EXISTS (SELECT 1 FROM c e WHERE e.n = a.n) OR a._id IN (SELECT n FROM c UNION VALUES (1), (2))`,
		`WITH RECURSIVE t(x) AS (SELECT 1 UNION SELECT x + 1 FROM t WHERE x < 5) SELECT x, (SELECT MAX(n) FROM c WHERE _id <> x) FROM t EXCEPT ALL SELECT 1, 2 LIMIT 3`,
		`INSERT INTO c SELECT n AS k FROM c; DELETE FROM c WHERE n = (SELECT MIN(n) FROM c d WHERE d.s = c.s) RETURNING (SELECT COUNT(*) FROM c)`,
		`SELECT s, ROW_NUMBER() OVER (PARTITION BY s ORDER BY n), SUM(n) FILTER (WHERE n > 1) OVER (ORDER BY n RANGE BETWEEN 1 PRECEDING AND 2.5 FOLLOWING EXCLUDE TIES) FROM c`,
		`SELECT s, SUM(COUNT(*)) OVER w, NTH_VALUE(s, 2) OVER (w GROUPS BETWEEN ?1 PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE GROUP) FROM c GROUP BY s WINDOW w AS (ORDER BY COUNT(*) DESC) ORDER BY LAG(s, 2, 'x') OVER (ORDER BY s)`,
		`SELECT * FROM (SELECT *, NTILE(3) OVER (ORDER BY RANDOM()) AS k FROM c) q WHERE k = 2 AND EXISTS (SELECT LEAD(n) OVER (ROWS 1 PRECEDING) FROM c WHERE c.n = q.n)`,
		`SELECT SUBSTR('abc', -1, 9223372036854775807), REPEAT('x', 10), DATE_TRUNC('month', NOW())`,
	} {
		f.Add(text)
	}
	s := testSession(f, `CREATE COLLECTION c; CREATE INDEX c_n ON c (n)`,
		`INSERT INTO c VALUES {_id: 1, n: 1, s: 'x', a: {b: [1]}}, {_id: 2, n: 2.5, s: 'y'}, {_id: 'three', n: 'text', t: NOW()}`)
	f.Fuzz(func(t *testing.T, text string) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		// What does not even notice that it was cancelled is told by all its stacks.
		hangs := time.AfterFunc(20*time.Second, func() { panic("hangs") })
		defer hangs.Stop()
		if err := s.Begin(ctx, TxOptions{}); err != nil {
			t.Fatal(err)
		}
		rows, err := s.Query(ctx, text, nil)
		if err == nil {
			var buf []byte
			for more := true; more; more = rows.NextResultSet() {
				for rows.Next() {
					buf = document.AppendJSON(buf[:0], document.Array(rows.Values()), document.Plain)
				}
			}
			err = rows.Err()
			rows.Close()
		}
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q takes long", text)
		}
		if err := s.Reset(ctx); err != nil {
			t.Error(err)
		}
		if len(s.open) > 0 || s.db.memory.used.Load() != 0 {
			t.Errorf("%q leaves %d rows open and %d bytes of work memory", text, len(s.open), s.db.memory.used.Load())
		}
	})
}
