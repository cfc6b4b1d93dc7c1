package executor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// testDatabase returns a database in memory, which is checked at the end of the test.
func testDatabase(t testing.TB, options Options) *Database {
	t.Helper()
	ctx := context.Background()
	store, err := pebble.Open(":memory:", pebble.Options{InMemory: true, Memory: 32 << 20, Cached: engine.CachedKeys()})
	if err != nil {
		t.Fatal(err)
	}
	db, err := engine.Open(ctx, store, engine.Options{Compiler: Compiler()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		report, err := engine.Check(ctx, db)
		if err != nil {
			t.Errorf("check: %v", err)
		} else if len(report.Problems) > 0 {
			t.Errorf("check: %v", report.Problems)
		}
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return Open(db, options)
}

// testSession returns a session that has run the texts.
func testSession(t testing.TB, texts ...string) *Session {
	t.Helper()
	s := testDatabase(t, Options{}).NewSession()
	t.Cleanup(func() { s.Close() })
	for _, text := range texts {
		mustExec(t, s, text)
	}
	return s
}

func mustExec(t testing.TB, s *Session, text string, args ...Arg) Result {
	t.Helper()
	res, err := s.Exec(context.Background(), text, args)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return res
}

// answer returns the rows of a text as JSON, or its error.
func answer(s *Session, text string, args ...Arg) string {
	rows, err := s.Query(context.Background(), text, args)
	if err != nil {
		return "error: " + err.Error()
	}
	defer rows.Close()
	var all []string
	for {
		for rows.Next() {
			all = append(all, string(document.AppendJSON(nil, document.Array(rows.Values()), document.Plain)))
		}
		if !rows.NextResultSet() {
			break
		}
	}
	if err := rows.Err(); err != nil {
		all = append(all, "error: "+err.Error())
	}
	return strings.Join(all, " ")
}

func TestRowsSeeTheStateOfTheirStatement(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c; INSERT INTO c VALUES {_id: 1}, {_id: 2}, {_id: 3}`)
	ctx := context.Background()
	for _, begin := range []string{``, `BEGIN`} {
		mustExec(t, s, begin)
		rows, err := s.Query(ctx, `SELECT _id FROM c ORDER BY _id`, nil)
		if err != nil {
			t.Fatal(err)
		}
		rows.Next()
		mustExec(t, s, `INSERT INTO c VALUES {_id: 9}; DELETE FROM c WHERE _id = 2`)
		var seen []int64
		for ok := true; ok; ok = rows.Next() {
			seen = append(seen, rows.Values()[0].AsInt())
		}
		if err := rows.Err(); err != nil || fmt.Sprint(seen) != "[1 2 3]" {
			t.Errorf("after %q: rows %v, %v", begin, seen, err)
		}
		mustExec(t, s, `INSERT INTO c VALUES {_id: 2}; DELETE FROM c WHERE _id = 9`)
	}
	mustExec(t, s, `ROLLBACK`)
}

func TestOpenRowsEndWithTheirTransaction(t *testing.T) {
	ctx := context.Background()
	ends := map[string]func(s *Session) error{
		"commit":   func(s *Session) error { return s.Commit(ctx) },
		"rollback": func(s *Session) error { return s.Rollback() },
		"reset":    func(s *Session) error { return s.Reset(ctx) },
		"close":    func(s *Session) error { return s.Close() },
		"text":     func(s *Session) error { _, err := s.Exec(ctx, `COMMIT`, nil); return err },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			s := testSession(t, `CREATE COLLECTION c; INSERT INTO c VALUES {_id: 1}, {_id: 2}, {_id: 3}; BEGIN`)
			rows, err := s.Query(ctx, `SELECT _id FROM c; DELETE FROM c`, nil)
			if err != nil {
				t.Fatal(err)
			}
			rows.Next()
			if err := end(s); err != nil {
				t.Fatal(err)
			}
			if rows.Next() || rows.Err() == nil || rows.HasNextResultSet() {
				t.Errorf("the rows go on, error %v", rows.Err())
			}
			if err := rows.Close(); err != nil {
				t.Error(err)
			}
			if len(s.open) != 0 {
				t.Errorf("%d rows are still open", len(s.open))
			}
			other := s.db.NewSession()
			defer other.Close()
			if got := answer(other, `SELECT COUNT(*) FROM c`); got != "[3]" {
				t.Errorf("count %s", got)
			}
		})
	}
}

func TestTransactionStatements(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c`)
	ctx := context.Background()
	for _, text := range []string{`COMMIT`, `ROLLBACK`, `SAVEPOINT a`, `RELEASE a`, `ROLLBACK TO a`} {
		if _, err := s.Exec(ctx, text, nil); !errors.Is(err, ErrNoTransaction) {
			t.Errorf("%s outside a transaction: error %v, want ErrNoTransaction", text, err)
		}
	}
	mustExec(t, s, `BEGIN`)
	if _, err := s.Exec(ctx, `BEGIN`, nil); !errors.Is(err, ErrInTransaction) {
		t.Errorf("BEGIN in a transaction: error %v, want ErrInTransaction", err)
	}
	if err := s.Begin(ctx, TxOptions{}); !errors.Is(err, ErrInTransaction) {
		t.Errorf("Begin in a transaction: error %v, want ErrInTransaction", err)
	}
	mustExec(t, s, `INSERT INTO c VALUES {_id: 1}; COMMIT`)
	if got := answer(s, `SELECT _id FROM c`); got != "[1]" {
		t.Errorf("got %s", got)
	}
}

func TestALostTransactionAcceptsOnlyItsEnd(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c; BEGIN`)
	ctx := context.Background()
	err := s.change(ctx, func(*engine.Tx) error { return fmt.Errorf("lost: %w", ErrConflict) })
	if !errors.Is(err, ErrConflict) {
		t.Fatal(err)
	}
	for _, text := range []string{`SELECT 1`, `INSERT INTO c VALUES {a: 1}`, `SAVEPOINT a`, `SHOW COLLECTIONS`} {
		if _, err := s.Exec(ctx, text, nil); !errors.Is(err, ErrConflict) {
			t.Errorf("%s: error %v, want ErrConflict", text, err)
		}
	}
	if err := s.Commit(ctx); !errors.Is(err, ErrConflict) {
		t.Errorf("commit: error %v, want ErrConflict", err)
	}
	mustExec(t, s, `INSERT INTO c VALUES {_id: 1}`)
}

// cachedScript returns the script that runs a text, which was run before.
func cachedScript(t *testing.T, s *Session, text string) *script {
	t.Helper()
	f, err := s.db.lookup(&s.lifter, text)
	if err != nil {
		t.Fatal(err)
	}
	return f.script
}

func TestPlansAreMadeOncePerCatalog(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c; INSERT INTO c VALUES {_id: 1, a: 1}`)
	const text = `SELECT * FROM c WHERE a = 1`
	plan := func() *planner.Plan {
		t.Helper()
		if got := answer(s, text); strings.Contains(got, "error") {
			t.Fatal(got)
		}
		return cachedScript(t, s, text).plans[0].Load().plan
	}
	first := plan()
	if plan() != first {
		t.Error("the second run was planned anew")
	}
	mustExec(t, s, `INSERT INTO c VALUES {_id: 2, a: 1}`)
	if plan() != first {
		t.Error("a document without new fields made the plan stale")
	}
	mustExec(t, s, `INSERT INTO c VALUES {_id: 3, a: 2, b: 1}`)
	second := plan()
	if second == first {
		t.Error("a new field is not in *")
	}
	mustExec(t, s, `CREATE INDEX c_a ON c (a)`)
	third := plan()
	if third == second {
		t.Error("a new index did not make the plan stale")
	}
	// A transaction with definitions of its own neither uses nor fills the cache.
	mustExec(t, s, `BEGIN; DROP INDEX c_a; CREATE INDEX other ON c (a)`)
	if got := answer(s, text); got != "[1,1,null] [2,1,null]" {
		t.Errorf("rows %s", got)
	}
	if cachedScript(t, s, text).plans[0].Load().plan != third {
		t.Error("a private catalog's plan went into the cache")
	}
	mustExec(t, s, `ROLLBACK`)
	if plan() != third {
		t.Error("the plan is lost after the rollback")
	}
}

func TestPlansAreMadeAnewWhenACollectionGrows(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c; CREATE INDEX c_a ON c (a)`)
	const text = `SELECT _id FROM c WHERE a > 5 ORDER BY a`
	answer(s, text)
	before := cachedScript(t, s, text).plans[0].Load()
	mustExec(t, s, `BEGIN`)
	for i := range 3000 {
		mustExec(t, s, `INSERT INTO c VALUES {a: ?}`, Arg{Ordinal: 1, Value: document.Int(int64(i))})
	}
	mustExec(t, s, `COMMIT`)
	answer(s, text)
	after := cachedScript(t, s, text).plans[0].Load()
	if len(before.sizes) > 0 && after == before {
		t.Error("the plan for an empty collection is used for 3,000 documents")
	}
	answer(s, text)
	if cachedScript(t, s, text).plans[0].Load() != after {
		t.Error("the plan was made anew though nothing changed")
	}
}

func TestExplainDoesNotRunAndAnalyzeDoes(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c; INSERT INTO c VALUES {_id: 1}, {_id: 2}`)
	if got := answer(s, `EXPLAIN DELETE FROM c`); !strings.Contains(got, "Delete from c") {
		t.Errorf("plan %s", got)
	}
	if got := answer(s, `SELECT COUNT(*) FROM c`); got != "[2]" {
		t.Errorf("EXPLAIN ran the statement: %s documents left", got)
	}
	if got := answer(s, `EXPLAIN ANALYZE SELECT _id FROM c`); !strings.Contains(got, "actual rows 2") {
		t.Errorf("plan %s", got)
	}
	if got := answer(s, `EXPLAIN ANALYZE DELETE FROM c WHERE _id = 1`); !strings.Contains(got, "Delete from c") || !strings.Contains(got, "actual rows 1") {
		t.Errorf("plan %s", got)
	}
	if got := answer(s, `SELECT COUNT(*) FROM c`); got != "[1]" {
		t.Errorf("EXPLAIN ANALYZE did not delete: %s documents left", got)
	}
	if got := answer(s, `EXPLAIN CREATE COLLECTION d`); !strings.HasPrefix(got, "error: line 1, column ") {
		t.Errorf("EXPLAIN of a definition: %s", got)
	}
}

func TestManyReturnedRowsGoThroughAFile(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c`)
	s.db.memory = NewWorkMemory(256 << 10)
	pad := strings.Repeat("x", 1000)
	mustExec(t, s, `BEGIN`)
	for i := range 2000 {
		mustExec(t, s, `INSERT INTO c VALUES {_id: ?, pad: ?}`, Arg{Ordinal: 1, Value: document.Int(int64(i))}, Arg{Ordinal: 2, Value: document.String(pad)})
	}
	mustExec(t, s, `COMMIT`)
	rows, err := s.Query(context.Background(), `UPDATE c SET n = _id + 1 RETURNING _id, pad, n, nowhere`, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if r := rows.sets.source.(returnedRows).returning.rows; r.rest == nil || len(r.rows) == 0 {
		t.Errorf("%d rows in memory, file %v: want both", len(r.rows), r.rest)
	}
	n := int64(0)
	for ; rows.Next(); n++ {
		v := rows.Values()
		if v[0].AsInt() != n || v[1].AsString() != pad || v[2].AsInt() != n+1 || v[3].Kind() != document.KindNull {
			t.Fatalf("row %d: %v %v %v", n, v[0].AsInt(), v[2].AsInt(), v[3].Kind())
		}
	}
	if err := rows.Err(); err != nil || n != 2000 {
		t.Errorf("%d rows, %v", n, err)
	}
	if used := s.db.memory.used.Load(); used != 0 {
		t.Errorf("%d bytes of work memory are not given back", used)
	}
}

func TestReturningStarHasTheFieldsJustWritten(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c`)
	for _, tt := range []struct{ text, columns, rows string }{
		{`INSERT INTO c VALUES {_id: 1, a: 1}, {_id: 2, b: {c: 2}} RETURNING *`, "_id a b", `[1,1,null] [2,null,{"c":2}]`},
		{`UPDATE c SET d = _id RETURNING *, d + 1 AS e`, "_id a b d e", `[1,1,null,1,2] [2,null,{"c":2},2,3]`},
		{`UPDATE c SET x.y = 5 UNSET b WHERE _id = 2 RETURNING * FLATTEN`, "_id a d x.y", `[2,null,2,5]`},
		{`DELETE FROM c WHERE _id = 1 RETURNING *`, "_id a d x", `[1,1,1,null]`},
	} {
		rows, err := s.Query(context.Background(), tt.text, nil)
		if err != nil {
			t.Fatalf("%s: %v", tt.text, err)
		}
		var names, got []string
		for _, c := range rows.Columns() {
			names = append(names, c.Name)
		}
		for rows.Next() {
			got = append(got, string(document.AppendJSON(nil, document.Array(rows.Values()), document.Plain)))
		}
		if err := rows.Err(); err != nil || strings.Join(names, " ") != tt.columns || strings.Join(got, " ") != tt.rows {
			t.Errorf("%s: %v %v, %v", tt.text, names, got, err)
		}
	}
	// An error of RETURNING undoes the statement.
	if got := answer(s, `INSERT INTO c VALUES {_id: 3, new: 9223372036854775807} RETURNING *, new + 1`); !strings.HasPrefix(got, "error: ") {
		t.Errorf("rows %s", got)
	}
	if got := answer(s, `SELECT COUNT(*) FROM c`); got != "[1]" {
		t.Errorf("%s documents, want 1", got)
	}
}

func TestClosedSessions(t *testing.T) {
	s := testSession(t)
	ctx := context.Background()
	st, err := s.Prepare(ctx, `SELECT 1`)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := s.Query(ctx, `SELECT 1`, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("query: %v", err)
	}
	if _, err := st.Exec(ctx, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("statement: %v", err)
	}
	if err := s.Begin(ctx, TxOptions{}); !errors.Is(err, ErrClosed) {
		t.Errorf("begin: %v", err)
	}
	other := s.db.NewSession()
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(ctx, `SELECT 1`, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("a session of a closed database: %v", err)
	}
}
