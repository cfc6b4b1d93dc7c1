package tests

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/driver"
)

// limitTests has a test for each line of docs/limits.md, by its first cell. Each runs what is just
// within the limit and what is just beyond.
var limitTests = map[string]func(l limits){
	"a document, as stored": func(l limits) {
		l.within("INSERT INTO c VALUES (?)", map[string]any{"a": strings.Repeat("x", 16<<20-100)})
		l.beyond(fluxdb.ErrInvalid, "at most 16777216 bytes", "INSERT INTO c VALUES (?)", map[string]any{"a": strings.Repeat("x", 16<<20)})
		l.beyond(fluxdb.ErrInvalid, "at most 16777216 bytes", "UPDATE c SET b = ?", strings.Repeat("x", 200))
		l.beyond(fluxdb.ErrInvalid, "at most 16777216 bytes", "UPDATE c SET b = a")
	},
	"the JSON of a document in an import": func(l limits) {
		blanks := strings.Repeat(" ", 16<<20-8)
		if _, err := document.NewDecoder(strings.NewReader(`{"a": 1` + blanks + "}")).Next(); err != nil {
			l.t.Error(err)
		}
		_, err := document.NewDecoder(strings.NewReader(`{"a": 1` + blanks + " }")).Next()
		l.check(err, fluxdb.ErrInvalid, "over 16777216 bytes")
	},
	"nesting of a document": func(l limits) {
		l.within("INSERT INTO c VALUES (?)", nested(100))
		l.within("INSERT INTO c VALUES (?)", nestedMap(100))
		l.beyond(fluxdb.ErrInvalid, "nest", "INSERT INTO c VALUES (?)", nested(101))
		l.beyond(fluxdb.ErrInvalid, "nest", "INSERT INTO c VALUES (?)", nestedMap(101))
		l.beyond(fluxdb.ErrInvalid, "nest", "UPDATE c SET a = [a]")
	},
	"an `_id`": func(l limits) {
		l.within("INSERT INTO c (_id) VALUES (?), (TRUE), (1.5), (x'00'), ('2024-01-01'::TIMESTAMP)", strings.Repeat("i", 1024))
		l.beyond(fluxdb.ErrInvalid, "at most 1024 bytes", "INSERT INTO c (_id) VALUES (?)", strings.Repeat("i", 1025))
		l.beyond(fluxdb.ErrInvalid, "null", "INSERT INTO c (_id) VALUES (NULL)")
		l.beyond(fluxdb.ErrInvalid, "NaN", "INSERT INTO c (_id) VALUES (?)", math.NaN())
		l.beyond(fluxdb.ErrInvalid, "array", "INSERT INTO c (_id) VALUES ([1])")
	},
	"an integer": func(l limits) {
		l.within("INSERT INTO c VALUES {a: 9223372036854775807, b: -9223372036854775808}")
		l.within("INSERT INTO c VALUES (?)", `{"a": 9223372036854775807, "b": -9223372036854775808}`)
		l.beyond(nil, "64-bit integer", "SELECT 9223372036854775808")
		l.beyond(fluxdb.ErrInvalid, "beyond 64 bits", "INSERT INTO c VALUES (?)", `{"a": -9223372036854775809}`)
		l.beyond(fluxdb.ErrInvalid, "9223372036854775808", "SELECT ?", uint64(math.MaxInt64)+1)
		l.beyond(nil, "integer overflow", "SELECT a + 1 FROM c")
	},
	"a timestamp": func(l limits) {
		l.within("INSERT INTO c VALUES {a: TIMESTAMP '0001-01-01T00:00:00Z', b: TIMESTAMP '9999-12-31T23:59:59.999999999Z'}")
		l.beyond(nil, "10000", "SELECT TIMESTAMP '10000-01-01'")
		l.beyond(fluxdb.ErrInvalid, "years 1 to 9999", "SELECT ?", time.Date(0, 12, 31, 23, 59, 59, 0, time.UTC))
		l.beyond(fluxdb.ErrInvalid, "years 1 to 9999", "SELECT ?", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))
	},
	"a value that an expression makes": func(l limits) {
		l.within("SELECT LENGTH(REPEAT('x', 16000000))")
		l.beyond(nil, "16", "SELECT LENGTH(REPEAT('x', 17000000))")
	},
	"grouping sets of GROUP BY, and elements of CUBE": func(l limits) {
		l.within("SELECT COUNT(*) FROM c GROUP BY CUBE (a, b, c, d, e, f, g, h, i, j, k, l)")
		l.beyond(nil, "CUBE takes at most 12 elements, found 13", "SELECT COUNT(*) FROM c GROUP BY CUBE (a, b, c, d, e, f, g, h, i, j, k, l, m)")
		l.beyond(nil, "more than 4096 grouping sets", "SELECT COUNT(*) FROM c GROUP BY CUBE (a, b, c, d, e, f, g, h, i, j, k, l), ROLLUP (m)")
	},
	"elements that `ARRAY ... FOR` and `OBJECT ... FOR` go over": func(l limits) {
		l.within("SELECT ARRAY_LENGTH(ARRAY 1 FOR x IN SPLIT(REPEAT('x', 1024), ''), y IN SPLIT(REPEAT('x', 1000), '') END)")
		l.beyond(nil, "more than 1048576 elements", "SELECT ARRAY_LENGTH(ARRAY 1 FOR x IN SPLIT(REPEAT('x', 1024), ''), y IN SPLIT(REPEAT('x', 1100), '') END)")
	},
	"a statement's text": func(l limits) {
		l.within("SELECT '" + strings.Repeat("x", 1<<20-9) + "'")
		l.beyond(nil, "the limit is 1048576", "SELECT '"+strings.Repeat("x", 1<<20-8)+"'")
		l.within("SELECT 1 IN (1" + strings.Repeat(",1", 131_000) + ")")
		l.beyond(nil, "more than 262144 words and signs", "SELECT 1 IN (1"+strings.Repeat(",1", 132_000)+")")
		l.within("SELECT LENGTH(?)", strings.Repeat("x", 2<<20))
	},
	"a statement other than SELECT, INSERT, UPDATE and DELETE": func(l limits) {
		l.beyond(nil, "more than 50000 words and signs", "CREATE INDEX i ON c ("+strings.Repeat("a,", 30_000)+"b)")
	},
	"brackets, prefix operators and queries within one another": func(l limits) {
		l.within("SELECT " + strings.Repeat("(", 490) + "1" + strings.Repeat(")", 490))
		l.within("SELECT " + strings.Repeat("NOT ", 490) + "1")
		l.beyond(nil, "nested deeper than 500 levels", "SELECT "+strings.Repeat("(", 501)+"1"+strings.Repeat(")", 501))
		l.beyond(nil, "nested deeper than 500 levels", "SELECT "+strings.Repeat("NOT ", 501)+"1")
	},
	"operators in a chain, as in `a + b + c`": func(l limits) {
		l.within("SELECT 1" + strings.Repeat(" + 1", 9_990))
		l.within("SELECT * FROM c WHERE a = 1" + strings.Repeat(" OR a = 1", 9_900))
		l.beyond(nil, "a chain of more than 10000 operators", "SELECT 1"+strings.Repeat(" + 1", 10_001))
	},
	"the number of a parameter, as in `?7` or `$7`": func(l limits) {
		args := make([]any, 70_000)
		for i := range args {
			args[i] = i
		}
		l.within("SELECT ?65535", args[:65535]...)
		l.within("SELECT 1 IN (?"+strings.Repeat(",?", 69_999)+")", args...)
		l.beyond(nil, "from 1 to 65535", "SELECT ?65536", 1)
		l.beyond(nil, "from 1 to 65535", "SELECT $0")
	},
	"names of top-level fields that a collection remembers": func(l limits) {
		l.within("INSERT INTO c VALUES (?)", map[string]any{strings.Repeat("n", 1024): 1})
		l.within("SELECT * FROM c")
		l.within("INSERT INTO c VALUES (?)", map[string]any{strings.Repeat("n", 1025): 1})
		l.beyond(nil, "what * stands for is not known", "SELECT * FROM c")
		l.within("SELECT VALUE c FROM c")
		l.within("TRUNCATE c")
		l.within("SELECT * FROM c")
	},
	"sources of FROM": func(l limits) {
		list := func(n int) string {
			from := make([]string, n)
			for i := range from {
				from[i] = fmt.Sprintf("c c%d", i)
			}
			return "SELECT COUNT(*) FROM " + strings.Join(from, ", ")
		}
		l.within(list(64))
		l.beyond(nil, "more than 64 sources", list(65))
	},
	"queries of WITH that refer to each other": func(l limits) {
		chain := func(n int) string {
			list := []string{"q0 AS (SELECT 1 AS x)"}
			for i := 1; i < n; i++ {
				list = append(list, fmt.Sprintf("q%d AS (SELECT x FROM q%d)", i, i-1))
			}
			return fmt.Sprintf("WITH %s SELECT x FROM q%d", strings.Join(list, ", "), n-1)
		}
		l.within(chain(101))
		l.beyond(nil, "more than 100 deep", chain(102))
	},
	"rounds of a recursive query": func(l limits) {
		l.within("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 1000000) SELECT MAX(n) FROM t")
		l.beyond(nil, "did not end after 1000000 rounds", "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t) SELECT MAX(n) FROM t")
	},
	"columns of a result": func(l limits) {
		l.within("SELECT 1" + strings.Repeat(",1", 3_999))
		l.beyond(nil, "more than 4000 columns", "SELECT 1"+strings.Repeat(",1", 4_000))
	},
	"columns of `SELECT *`": func(l limits) {
		wide := map[string]any{}
		for i := range 999 {
			wide[fmt.Sprint("f", i)] = i
		}
		l.within("INSERT INTO c VALUES (?)", wide)
		l.within("SELECT * FROM c") // _id is the 1,000th
		l.within("INSERT INTO c VALUES {one_more: 1}")
		l.beyond(nil, "SELECT VALUE", "SELECT * FROM c")
		l.within("SELECT VALUE c FROM c")
	},
	"keys of GROUP BY and of ORDER BY": func(l limits) {
		keys := func(n int) string {
			names := make([]string, n)
			for i := range names {
				names[i] = fmt.Sprint("f", i)
			}
			return strings.Join(names, ", ")
		}
		l.within("SELECT COUNT(*) FROM c GROUP BY " + keys(250))
		l.within("SELECT a FROM c ORDER BY " + keys(250))
		l.beyond(nil, "GROUP BY has more than 250 keys", "SELECT COUNT(*) FROM c GROUP BY "+keys(251))
		l.beyond(nil, "ORDER BY has more than 250 keys", "SELECT a FROM c ORDER BY "+keys(251))
	},
	"the name of a collection or index": func(l limits) {
		l.within("CREATE COLLECTION " + strings.Repeat("n", 255))
		l.within("CREATE INDEX " + strings.Repeat("i", 255) + " ON c (a)")
		l.beyond(nil, "name of 256 bytes, expected at most 255", "CREATE COLLECTION "+strings.Repeat("n", 256))
		l.beyond(nil, "name of 256 bytes, expected at most 255", "CREATE INDEX "+strings.Repeat("i", 256)+" ON c (b)")
	},
	"declared fields of a collection": func(l limits) {
		fields := func(n int) string {
			list := make([]string, n)
			for i := range list {
				list[i] = fmt.Sprint("f", i, " INT")
			}
			return strings.Join(list, ", ")
		}
		l.within("CREATE TABLE t (" + fields(1000) + ")")
		l.beyond(nil, "1001 fields, expected at most 1000", "CREATE TABLE u ("+fields(1001)+")")
	},
	"paths of an index": func(l limits) {
		paths := func(n int) string {
			list := make([]string, n)
			for i := range list {
				list[i] = fmt.Sprint("f", i)
			}
			return strings.Join(list, ", ")
		}
		l.within("CREATE INDEX i ON c (" + paths(32) + ")")
		long := map[string]any{"_id": strings.Repeat("i", 1024)} // the longest key that an index can have
		for i := range 32 {
			long[fmt.Sprint("f", i)] = strings.Repeat("\x00", 2000)
		}
		l.within("INSERT INTO c VALUES (?)", long)
		l.beyond(fluxdb.ErrInvalidDefinition, "33 fields, expected 1 to 32", "CREATE INDEX j ON c ("+paths(33)+")")
	},
	"steps of a path, as in `a.b[0].c`": func(l limits) {
		l.within("SELECT a" + strings.Repeat(".a", 999) + " FROM c")
		l.beyond(nil, "more than 1000 steps", "SELECT a"+strings.Repeat(".a", 1000)+" FROM c")
	},
	"indexes of a collection": func(l limits) {
		for i := range 64 {
			l.within(fmt.Sprintf("CREATE INDEX i%d ON c (f%d)", i, i))
		}
		l.beyond(fluxdb.ErrInvalidDefinition, "65 indexes, expected at most 64", "CREATE INDEX j ON c (a)")
		l.within("DROP INDEX i3; CREATE INDEX j ON c (a)")
		l.within("INSERT INTO c VALUES {a: 1, f1: 2}")
	},
	"collections of a database": func(l limits) {}, // engine.TestCollectionsAreLimited
	"open cursors, which are results neither read to their end nor closed": func(l limits) {
		l.fill(10)
		var open []*sql.Rows
		for range 1024 { // of 32 KiB each in 32 MiB
			rows, err := l.db.Query("SELECT * FROM c")
			if err != nil || !rows.Next() {
				l.t.Fatalf("result %d: %v", len(open)+1, errors.Join(err, rows.Err()))
			}
			open = append(open, rows)
		}
		l.beyond(fluxdb.ErrTooManyCursors, "1024 are open", "SELECT * FROM c")
		for _, rows := range open {
			rows.Close()
		}
		l.within("SELECT * FROM c")
	},
	"sessions, which are connections": func(l limits) { // TestNothingIsLeftOver and the memory test look at what they keep
		l.db.SetMaxIdleConns(3000)
		conns := make([]*sql.Conn, 3000)
		for i := range conns {
			var err error
			if conns[i], err = l.db.Conn(context.Background()); err != nil {
				l.t.Fatal(err)
			}
		}
		l.within("SELECT 1")
		for _, conn := range conns {
			conn.Close()
		}
	},
	"one transaction's writes": func(l limits) {
		part := strings.Repeat("x", 1<<20)
		tx, err := l.db.Begin()
		if err != nil {
			l.t.Fatal(err)
		}
		defer tx.Rollback()
		const n = 24 // MiB; the budget of these tests is 32, a transaction's share 8
		for i := range n {
			if _, err := tx.Exec("INSERT INTO c (_id, a) VALUES (?, ?)", i, part); err != nil {
				l.t.Fatal(err)
			}
		}
		if _, err := tx.Exec("INSERT INTO c (_id) VALUES (3)"); !errors.Is(err, fluxdb.ErrDuplicateKey) {
			l.t.Errorf("a duplicate of what went to the disk: %v", err)
		}
		if _, err := tx.Exec("DELETE FROM c WHERE _id = 5"); err != nil {
			l.t.Error(err)
		}
		if err := tx.Commit(); err != nil {
			l.t.Fatal(err)
		}
		var kept int
		if err := l.db.QueryRow("SELECT COUNT(*) FROM c WHERE LENGTH(a) = ?", len(part)).Scan(&kept); err != nil || kept != n-1 {
			l.t.Errorf("%d of %d documents: %v", kept, n-1, err)
		}
	},
	"the memory budget": func(l limits) {
		_, err := sql.Open("fluxdb", "file:db?memory=15MB")
		l.check(err, nil, "at least 16MB")
		_, err = fluxdb.Open(fluxdb.MemoryPath, &fluxdb.Options{Memory: 16<<20 - 1})
		l.check(err, nil, "expected at least 16777216")
	},
	"building an index inside an explicit transaction": func(l limits) {
		l.fill(10_000)
		tx, err := l.db.Begin()
		if err != nil {
			l.t.Fatal(err)
		}
		defer tx.Rollback()
		if _, err := tx.Exec("CREATE INDEX i ON c (n)"); err != nil {
			l.t.Error(err)
		}
		if _, err := tx.Exec("INSERT INTO c VALUES {}"); err != nil {
			l.t.Error(err)
		}
		_, err = tx.Exec("CREATE INDEX j ON c (n)")
		l.check(err, fluxdb.ErrTooManyDocuments, "inside a transaction")
		if err := tx.Commit(); err != nil {
			l.t.Error(err)
		}
		l.within("CREATE INDEX j ON c (n)")
	},
	"a component of an index": func(l limits) {
		l.within("CREATE UNIQUE INDEX i ON c (a)")
		long := strings.Repeat("x", 1<<20)
		l.within("INSERT INTO c VALUES {_id: 1, a: ?}, {_id: 2, a: ?}", long+"1", long+"2")
		var id int
		if err := l.db.QueryRow("SELECT _id FROM c WHERE a = ?", long+"2").Scan(&id); err != nil || id != 2 {
			l.t.Errorf("found %d, %v", id, err)
		}
		if err := l.db.QueryRow("SELECT _id FROM c WHERE a > ? ORDER BY a DESC LIMIT 1", long).Scan(&id); err != nil || id != 2 {
			l.t.Errorf("found %d, %v", id, err)
		}
		l.beyond(fluxdb.ErrDuplicateKey, "i", "INSERT INTO c VALUES {a: ?}", long+"1")
	},
	"the values of one group that `MEDIAN`, `PERCENTILE_CONT`, `PERCENTILE_DISC`, `MODE`, or an aggregate with ORDER BY sorts": func(l limits) {
		l.fill(40_000)
		l.within("SELECT MEDIAN(n), MODE(text), GROUP_CONCAT(n, ',' ORDER BY text) FROM c")
		l.beyond(nil, "over 64 MiB", "SELECT PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY text || text || n) FROM c")
		l.beyond(nil, "over 64 MiB", "SELECT GROUP_CONCAT(n, ',' ORDER BY text || text) FROM c")
	},
	"a sort, a grouping, a join, the rows of a recursion, the values of `IN (query)`": func(l limits) { // of 40 MB in a budget of 32; executor/memory_test.go measures it
		l.fill(40_000)
		var n int
		if err := l.db.QueryRow("SELECT n FROM c ORDER BY text, n DESC LIMIT 1 OFFSET 39999").Scan(&n); err != nil || n != 0 {
			l.t.Errorf("the last is %d, %v", n, err)
		}
		rows, err := l.db.Query("SELECT text || n, COUNT(*) FROM c GROUP BY text || n")
		if err != nil {
			l.t.Fatal(err)
		}
		defer rows.Close()
		groups := 0
		for rows.Next() {
			groups++
		}
		if rows.Err() != nil || groups != 40_000 {
			l.t.Errorf("%d groups, %v", groups, rows.Err())
		}
		if err := l.db.QueryRow("SELECT COUNT(*) FROM c WHERE n < 0 OR text || n IN (SELECT text || n FROM c)").Scan(&n); err != nil || n != 40_000 {
			l.t.Errorf("%d values are found, %v", n, err)
		}
	},
	"processes that have a database open": func(l limits) {}, // TestASecondProcessIsRefused
}

// TestLimits holds docs/limits.md to the truth: every line there has a test, and every
// test here a line.
func TestLimits(t *testing.T) {
	page, err := os.ReadFile("../docs/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^\| (.*?) \| .* \|$`).FindAllStringSubmatch(string(page), -1)
	seen := map[string]bool{"what": true}
	for _, line := range lines {
		what := line[1]
		if seen[what] {
			continue
		}
		seen[what] = true
		test := limitTests[what]
		if test == nil {
			t.Errorf("docs/limits.md: no test of the line %q", what)
			continue
		}
		t.Run(what, func(t *testing.T) {
			memory := int64(32 << 20)
			if what == "a document, as stored" {
				memory = 256 << 20 // a share of which one fits
			}
			flux, err := fluxdb.Open(fluxdb.MemoryPath, &fluxdb.Options{Memory: memory})
			if err != nil {
				t.Fatal(err)
			}
			defer flux.Close()
			db := sql.OpenDB(driver.NewConnector(flux))
			defer db.Close()
			mustExec(t, db, "CREATE COLLECTION c")
			test(limits{t, db})
			checkClean(t, flux)
		})
	}
	for what := range limitTests {
		if !seen[what] {
			t.Errorf("docs/limits.md does not name %q", what)
		}
	}
}

// limits is an empty collection c to try limits on.
type limits struct {
	t  *testing.T
	db *sql.DB
}

// run runs statements, and reads what they yield.
func (l limits) run(text string, args []any) error {
	rows, err := l.db.QueryContext(context.Background(), text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

func (l limits) within(text string, args ...any) {
	l.t.Helper()
	if err := l.run(text, args); err != nil {
		l.t.Errorf("%.60s: %.300v", text, err)
	}
}

func (l limits) beyond(is error, want, text string, args ...any) {
	l.t.Helper()
	l.check(l.run(text, args), is, want)
}

func (l limits) check(err, is error, want string) {
	l.t.Helper()
	if err == nil || is != nil && !errors.Is(err, is) || !strings.Contains(err.Error(), want) {
		l.t.Errorf("error %.300v, want one that matches %v and says %q", err, is, want)
	}
}

// fill inserts n documents of 1 KB.
func (l limits) fill(n int) {
	l.t.Helper()
	text := strings.Repeat("x", 1000)
	for from := 0; from < n; from += 1000 {
		docs := make([]any, 0, 1000)
		for i := from; i < min(n, from+1000); i++ {
			docs = append(docs, map[string]any{"n": i, "text": text})
		}
		l.within("INSERT INTO c VALUES (?)"+strings.Repeat(", (?)", len(docs)-1), docs...)
	}
}
