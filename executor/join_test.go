package executor

import (
	"fmt"
	"strings"
	"testing"
)

// Joins that outgrow the work memory give the rows that they give with memory to spare, whatever the kind of join, with
// keys and without, and with keys that are all equal.
func TestJoinsWithLittleMemory(t *testing.T) {
	s := testSession(t, "CREATE TABLE a (id INTEGER PRIMARY KEY, k INTEGER, pad TEXT)", "CREATE TABLE b (id INTEGER PRIMARY KEY, k INTEGER, pad TEXT)", "BEGIN")
	for i := range 1200 {
		k := fmt.Sprint(i % 300)
		if i%11 == 0 {
			k = "NULL"
		}
		mustExec(t, s, fmt.Sprintf("INSERT INTO a VALUES (%d, %s, 'padding of a %d')", i, k, i))
		if i%3 == 0 {
			mustExec(t, s, fmt.Sprintf("INSERT INTO b VALUES (%d, %s, 'padding of b %d')", i, k, i))
		}
	}
	mustExec(t, s, "COMMIT")
	queries := []string{
		"SELECT COUNT(*), SUM(a.id), SUM(b.id), MAX(b.pad) FROM a %s JOIN b ON a.k = b.k",
		"SELECT COUNT(*), SUM(a.id), SUM(b.id), MAX(b.pad) FROM a %s JOIN b ON a.k = b.k AND a.id < b.id",
		"SELECT COUNT(*), SUM(a.id), SUM(b.id), MAX(b.pad) FROM a %s JOIN b ON a.id %% 5 = b.id %% 5 AND a.id < 400",
		"SELECT COUNT(*), SUM(a.id), SUM(b.id), MAX(b.pad) FROM a %s JOIN b ON a.id < b.id AND a.id > 1150",
	}
	var list []string
	for _, q := range queries {
		for _, kind := range []string{"", "LEFT", "RIGHT", "FULL"} {
			list = append(list, fmt.Sprintf(q, kind))
		}
	}
	list = append(list,
		"SELECT COUNT(*), SUM(id) FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND b.id > a.id)",
		"SELECT COUNT(*), SUM(id) FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND b.id > a.id)",
		"SELECT COUNT(*), SUM(k) FROM (SELECT k FROM a INTERSECT ALL SELECT k FROM b) q",
		"SELECT COUNT(*), SUM(k) FROM (SELECT k FROM a EXCEPT ALL SELECT k FROM b) q",
		"SELECT COUNT(*), SUM(k) FROM (SELECT k, pad FROM a EXCEPT SELECT k, pad FROM b) q",
		"SELECT COUNT(*), SUM(k) FROM (SELECT k FROM a UNION SELECT k + 100 FROM b) q",
		"SELECT COUNT(*), SUM(m), MIN(p), MAX(p) FROM (SELECT DISTINCT ON (id % 700) id % 700 AS m, 'padding of p ' || (id % 700) AS p FROM a) q",
		"SELECT COUNT(*), SUM(id), MAX(pad) FROM (SELECT DISTINCT ON (k) id, pad FROM a ORDER BY k, id DESC) q",
		"SELECT DISTINCT ON (id % 2) id, pad FROM a ORDER BY id % 2, k DESC, id",
	)
	want := map[string]string{}
	for _, q := range list {
		want[q] = answer(s, q)
	}
	s.db.memory = NewWorkMemory(32 << 10)
	made := s.db.memory.spill.made.Load()
	for _, q := range list {
		if got := answer(s, q); got != want[q] || strings.HasPrefix(got, "error") {
			t.Errorf("%s: %s with much memory, %s with little", q, want[q], got)
		}
	}
	if s.db.memory.spill.made.Load() == made {
		t.Error("no query made a temporary file")
	}
	if n := s.db.memory.spill.open.Load(); n != 0 {
		t.Errorf("%d temporary files are left", n)
	}
	if n := s.db.memory.used.Load(); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}

// A join whose right side fails ends with that error, whatever its left side is, which was not opened yet.
func TestAJoinWhoseRightSideFails(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c`, `INSERT INTO c VALUES {_id: 1, n: 1, s: 'x'}, {_id: 2, n: 2, s: 'y'}`)
	for _, left := range []string{
		"c", "(SELECT n, COUNT(*) AS k FROM c GROUP BY n)", "(SELECT DISTINCT n FROM c)", "(SELECT n FROM c ORDER BY s LIMIT 1)", "(SELECT n FROM c UNION SELECT 1)",
		"(SELECT n FROM c EXCEPT SELECT 1)", "(SELECT MAX(n) AS n FROM c WHERE s > 'a')", "(SELECT x FROM UNNEST([1]) x)", "(VALUES (1))", "(SELECT COUNT(*) AS n FROM c)",
		"(SELECT MAX(_id) AS n FROM c)", "(SELECT a.n FROM c a JOIN c b ON a.n = b.n)", "(WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT n + 1 FROM t WHERE n < 3) SELECT n FROM t)",
	} {
		for _, query := range []string{
			"SELECT * FROM %s l LEFT JOIN (SELECT CAST(s AS INT) AS k FROM c) r ON TRUE",
			"SELECT * FROM %s l FULL JOIN (SELECT CAST(s AS INT) AS k FROM c) r ON r.k = 1 LIMIT 1",
			"SELECT (SELECT COUNT(*) FROM %s l LEFT JOIN (SELECT CAST(s AS INT) AS k FROM c) r ON TRUE) FROM c",
		} {
			query = fmt.Sprintf(query, left)
			if got := answer(s, query); !strings.HasPrefix(got, "error: can't cast 'x'") {
				t.Errorf("%s: %s", query, got)
			}
			if n := s.db.memory.used.Load(); n != 0 {
				t.Errorf("%s: %d bytes are still held", query, n)
			}
		}
	}
}
