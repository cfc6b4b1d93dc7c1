package driver_test

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
)

func TestOpenChecksOnlyTheDSN(t *testing.T) {
	if _, err := sql.Open("fluxdb", "file:x?sink=full"); err == nil || !strings.Contains(err.Error(), "sink") {
		t.Errorf("an unknown option: error %v", err)
	}
	dir := filepath.Join(t.TempDir(), "not", "yet")
	db, err := sql.Open("fluxdb", "file:"+dir+"?mode=ro")
	if err != nil {
		t.Fatalf("sql.Open touched the disk: %v", err)
	}
	defer db.Close()
	if err := db.Ping(); err == nil {
		t.Error("a missing database was opened read-only")
	}
}

func TestArgumentsMustFitTheParameters(t *testing.T) {
	db := memory(t)
	for _, tt := range []struct {
		text string
		args []any
		want string
	}{
		{`SELECT ?`, nil, "expected 1"},
		{`SELECT ?, ?`, []any{1}, "expected 2"},
		{`SELECT ?`, []any{1, 2}, "found 2"},
		{`SELECT 1`, []any{1}, "expected 0"},
		{`SELECT :a, :b`, []any{sql.Named("a", 1)}, "no :b"},
		{`SELECT :a`, []any{sql.Named("a", 1), sql.Named("c", 2)}, ":c"},
		{`SELECT :a`, []any{sql.Named("b", 1)}, "expected :a"},
		{`SELECT :a, :b`, []any{sql.Named("a", 1), sql.Named("a", 2)}, ":a twice"},
		{`SELECT :a`, []any{1}, "expected :a, found arguments without names"},
		{`SELECT ?`, []any{sql.Named("a", 1)}, "found named arguments"},
		{`SELECT :a, :b`, []any{sql.Named("a", 1), 2}, "some with and some without"},
		{`SELECT ?, :a`, []any{1, sql.Named("a", 1)}, ""},
		{``, []any{1}, "expected 0"},
	} {
		if err := queryError(context.Background(), db, tt.text, tt.args...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s with %v: error %v, want it to contain %q", tt.text, tt.args, err, tt.want)
		}
		if _, err := db.Exec(tt.text, tt.args...); err == nil {
			t.Errorf("%s with %v was executed", tt.text, tt.args)
		}
		if err := preparedError(db, tt.text, tt.args); err == nil {
			t.Errorf("%s with %v was executed as a prepared statement", tt.text, tt.args)
		}
	}
}

// queryError returns the error of a query whose rows are not read.
func queryError(ctx context.Context, db *sql.DB, text string, args ...any) error {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	return rows.Err()
}

// preparedError returns the error of a query that is prepared first.
func preparedError(db *sql.DB, text string, args []any) error {
	stmt, err := db.Prepare(text)
	if err != nil {
		return err
	}
	defer stmt.Close()
	rows, err := stmt.Query(args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	return rows.Err()
}

func TestParametersInAllForms(t *testing.T) {
	db := memory(t)
	for _, tt := range []struct {
		text string
		args []any
		want string
	}{
		{`SELECT ? || '-' || ?`, []any{"a", "b"}, "a-b"},
		{`SELECT ?2 || '-' || ?1`, []any{"a", "b"}, "b-a"},
		{`SELECT $2 || '-' || $1 || '-' || $2`, []any{"a", "b"}, "b-a-b"},
		{`SELECT :x || '-' || @y`, []any{sql.Named("y", "b"), sql.Named("x", "a")}, "a-b"},
		{`SELECT :x || '-' || :x`, []any{sql.Named("x", "a")}, "a-a"},
	} {
		if got := one[string](t, db, tt.text, tt.args...); got != tt.want {
			t.Errorf("%s = %q, want %q", tt.text, got, tt.want)
		}
		stmt, err := db.Prepare(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		defer stmt.Close()
		var got string
		if err := stmt.QueryRow(tt.args...).Scan(&got); err != nil || got != tt.want {
			t.Errorf("prepared %s = %q, %v, want %q", tt.text, got, err, tt.want)
		}
	}
}

func TestResults(t *testing.T) {
	db := memory(t, `CREATE TABLE t (id INTEGER PRIMARY KEY, n INT)`, `CREATE COLLECTION c`)
	affected := func(text string, args ...any) int64 {
		t.Helper()
		n, err := exec(t, db, text, args...).RowsAffected()
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		return n
	}
	res := exec(t, db, `INSERT INTO t (n) VALUES (10), (20), (30)`)
	last, err := res.LastInsertId()
	if n, _ := res.RowsAffected(); n != 3 || err != nil || last != one[int64](t, db, `SELECT MAX(id) FROM t`) {
		t.Errorf("insert: %d rows, last id %d, %v", n, last, err)
	}
	if n := affected(`UPDATE t SET n = n`); n != 3 {
		t.Errorf("an update that changes nothing matched %d rows, want 3", n)
	}
	if n := affected(`DELETE FROM t WHERE n > ?`, 10); n != 2 {
		t.Errorf("%d rows were deleted, want 2", n)
	}
	if n := affected(`DELETE FROM t; SELECT 1`); n != 1 {
		t.Errorf("the result of a text is that of its last change: %d, want 1", n)
	}
	if n := affected(``); n != 0 {
		t.Errorf("an empty text affected %d rows", n)
	}
	if _, err := exec(t, db, `INSERT INTO c VALUES {a: 1}`).LastInsertId(); err == nil || !strings.Contains(err.Error(), "RETURNING _id") {
		t.Errorf("last id of a generated _id: error %v", err)
	}
	if last, err := exec(t, db, `UPDATE c SET a = 2`).LastInsertId(); err != nil || last != 0 {
		t.Errorf("LastInsertId of an UPDATE = %d, %v", last, err)
	}
	if last, err := exec(t, db, `INSERT INTO c VALUES {_id: 7}`).LastInsertId(); err != nil || last != 7 {
		t.Errorf("last id = %d, %v, want 7", last, err)
	}
}

func TestSeveralResultSets(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	rows, err := db.Query(`INSERT INTO c VALUES {_id: 1}; SELECT 'a' AS first; INSERT INTO c VALUES {_id: 2}; SELECT _id, 'b' FROM c ORDER BY _id; SELECT 'never' WHERE FALSE; DELETE FROM c WHERE _id = 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for more := true; more; more = rows.NextResultSet() {
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Join(columns, ","))
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(string)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			got = append(got, *values[0].(*string))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"first", "a", "_id,'b'", "1", "2", "'never'"}, got); diff != "" {
		t.Error(diff)
	}
	if n := one[int](t, db, `SELECT COUNT(*) FROM c`); n != 1 {
		t.Errorf("%d documents, want 1: the statements after the last rows run", n)
	}
}

func TestClosingRowsLeavesOutTheRest(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	if got := one[int](t, db, `INSERT INTO c VALUES {_id: 1}; SELECT 5; INSERT INTO c VALUES {_id: 2}`); got != 5 {
		t.Errorf("got %d", got)
	}
	if n := one[int](t, db, `SELECT COUNT(*) FROM c`); n != 1 {
		t.Errorf("%d documents, want 1: what follows the rows that were closed does not run", n)
	}
	// Rows read to their end let what follows without rows run, and show its error.
	rows, err := db.Query(`SELECT 5; INSERT INTO c VALUES {_id: 1}`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
	}
	if err := rows.Err(); !errors.Is(err, fluxdb.ErrDuplicateKey) {
		t.Errorf("error %v, want ErrDuplicateKey", err)
	}
}

func TestUnreadReturningHasWritten(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	if err := queryError(context.Background(), db, `INSERT INTO c VALUES {_id: 1}, {_id: 2}, {_id: 3} RETURNING _id`); err != nil {
		t.Fatal(err)
	}
	if n := one[int](t, db, `SELECT COUNT(*) FROM c`); n != 3 {
		t.Errorf("%d documents, want 3", n)
	}
}

func TestPreparedStatementsOutliveTheCatalog(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`, `INSERT INTO c VALUES {_id: 1, a: 'one'}`)
	stmt, err := db.Prepare(`SELECT * FROM c WHERE a = ?`)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	columns := func() string {
		t.Helper()
		rows, err := stmt.Query("one")
		if err != nil {
			return err.Error()
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for rows.Next() {
			n++
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(strings.Join(names, ","), " ", n)
	}
	for _, step := range []struct{ do, want string }{
		{`SELECT 1`, "_id,a 1"},
		{`CREATE INDEX c_a ON c (a)`, "_id,a 1"},
		{`INSERT INTO c VALUES {_id: 2, b: 1}`, "_id,a,b 1"}, // a new field is a new column
		{`DELETE FROM c WHERE _id = 2`, "_id,a 1"},
		{`DROP COLLECTION c`, "unknown collection c"},
		{`CREATE TABLE c (a TEXT)`, "a 0"},
	} {
		exec(t, db, step.do)
		if got := columns(); got != step.want {
			t.Errorf("after %s: %s, want %s", step.do, got, step.want)
		}
	}
}

func TestMemoryIsSharedByThePool(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	ctx := context.Background()
	one1, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer one1.Close()
	two, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	exec(t, one1, `INSERT INTO c VALUES {_id: 1}`)
	if n := one[int](t, two, `SELECT COUNT(*) FROM c`); n != 1 {
		t.Errorf("the other connection sees %d documents", n)
	}
	// Another sql.DB is another database.
	other := memory(t)
	if _, err := other.Exec(`SELECT * FROM c`); !errors.Is(err, fluxdb.ErrUnknownCollection) {
		t.Errorf("error %v, want ErrUnknownCollection", err)
	}
}

func TestOnePathIsOneDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	first, second := open(t, path), open(t, path+"/../db")
	exec(t, first, `CREATE COLLECTION c; INSERT INTO c VALUES {_id: 1}`)
	if n := one[int](t, second, `SELECT COUNT(*) FROM c`); n != 1 {
		t.Errorf("the other sql.DB sees %d documents", n)
	}
	other, err := sql.Open("fluxdb", "file:"+path+"?sync=off")
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Ping(); err == nil || !strings.Contains(err.Error(), "sync") {
		t.Errorf("other options of the store: error %v", err)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	// The first to close leaves the database to the other one.
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	exec(t, second, `INSERT INTO c VALUES {_id: 2}`)
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, path)
	if n := one[int](t, again, `SELECT COUNT(*) FROM c`); n != 2 {
		t.Errorf("%d documents after reopening, want 2", n)
	}
}

func TestReadOnlyHandleBesideAWritableOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	writer := open(t, path)
	exec(t, writer, `CREATE COLLECTION c`)
	reader := open(t, "file:"+path+"?mode=ro")
	for _, text := range []string{`INSERT INTO c VALUES {a: 1}`, `CREATE INDEX c_a ON c (a)`, `DROP COLLECTION c`, `EXPLAIN ANALYZE DELETE FROM c`} {
		if _, err := reader.Exec(text); !errors.Is(err, fluxdb.ErrReadOnly) {
			t.Errorf("%s: error %v, want ErrReadOnly", text, err)
		}
	}
	exec(t, writer, `INSERT INTO c VALUES {a: 1}`)
	if n := one[int](t, reader, `SELECT COUNT(*) FROM c`); n != 1 {
		t.Errorf("the reader sees %d documents", n)
	}
}

func TestClosingInAnyOrder(t *testing.T) {
	flux, err := fluxdb.Open(fluxdb.MemoryPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(driver.NewConnector(flux))
	exec(t, db, `CREATE COLLECTION c; INSERT INTO c VALUES {_id: 1}, {_id: 2}`)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(`SELECT _id FROM c`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	stmt, err := db.Prepare(`SELECT 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	if err := flux.Close(); err != nil {
		t.Errorf("close the database under open rows and an open transaction: %v", err)
	}
	for rows.Next() {
	}
	if err := rows.Err(); err != nil && !errors.Is(err, fluxdb.ErrClosed) {
		t.Errorf("rows after close: error %v, want ErrClosed or none", err)
	}
	if _, err := tx.Exec(`INSERT INTO c VALUES {_id: 3}`); !errors.Is(err, fluxdb.ErrClosed) {
		t.Errorf("insert after close: error %v, want ErrClosed", err)
	}
	if err := tx.Commit(); !errors.Is(err, fluxdb.ErrClosed) {
		t.Errorf("commit after close: error %v, want ErrClosed", err)
	}
	if err := stmt.QueryRow().Scan(new(int)); err == nil {
		t.Error("a statement ran after close")
	}
	if err := db.Ping(); !errors.Is(err, fluxdb.ErrClosed) {
		t.Errorf("ping after close: error %v, want ErrClosed", err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("sql.DB.Close after it: %v", err)
	}
	if err := flux.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestRawGivesTheConnection(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		if err := c.(*driver.Conn).DB().Ping(); err != nil {
			return err
		}
		// A driver user that calls the old interfaces gets the same.
		stmt, err := c.(sqldriver.Conn).Prepare(`SELECT ?`)
		if err != nil {
			return err
		}
		defer stmt.Close()
		if n := stmt.NumInput(); n != 1 {
			return fmt.Errorf("NumInput = %d", n)
		}
		rows, err := stmt.Query([]sqldriver.Value{int64(5)}) //nolint:staticcheck // the old interface is what is tested
		if err != nil {
			return err
		}
		defer rows.Close()
		dest := make([]sqldriver.Value, 1)
		if err := rows.Next(dest); err != nil || dest[0] != int64(5) {
			return fmt.Errorf("row %v, %w", dest, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	c, err := (&driver.Driver{}).Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestConcurrentUse(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`, `INSERT INTO c VALUES {_id: 'sum', n: 0}`)
	const workers, each = 8, 25
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				if _, err := db.Exec(`UPDATE c SET n = n + 1 WHERE _id = 'sum'`); err != nil {
					t.Errorf("update: %v", err)
				}
				if _, err := db.Exec(`INSERT INTO c VALUES (?)`, map[string]any{"worker": w, "i": i}); err != nil {
					t.Errorf("insert: %v", err)
				}
				var n int
				if err := db.QueryRow(`SELECT COUNT(*) FROM c WHERE worker = ?`, w).Scan(&n); err != nil || n != i+1 {
					t.Errorf("worker %d sees %d of its documents after %d, %v", w, n, i+1, err)
				}
			}
		})
	}
	wg.Wait()
	if n := one[int](t, db, `SELECT n FROM c WHERE _id = 'sum'`); n != workers*each {
		t.Errorf("%d updates counted, want %d", n, workers*each)
	}
}

func TestErrorsKeepTheirTypes(t *testing.T) {
	db := memory(t, `CREATE TABLE t (id INTEGER PRIMARY KEY, sku TEXT UNIQUE, n INT)`, `INSERT INTO t VALUES (1, 'a', 1)`)
	for _, tt := range []struct {
		text string
		is   error
	}{
		{`INSERT INTO t VALUES (1, 'b', 1)`, fluxdb.ErrDuplicateKey},
		{`INSERT INTO t VALUES (2, 'a', 1)`, fluxdb.ErrDuplicateKey},
		{`INSERT INTO t VALUES (2, 'b', 'many')`, fluxdb.ErrInvalid},
		{`INSERT INTO t VALUES {id: 2, colour: 'red'}`, fluxdb.ErrInvalid},
		{`SELECT * FROM nowhere`, fluxdb.ErrUnknownCollection},
		{`DROP INDEX nowhere`, fluxdb.ErrUnknownIndex},
		{`CREATE TABLE t (a INT)`, fluxdb.ErrCollectionExists},
	} {
		if _, err := db.Exec(tt.text); !errors.Is(err, tt.is) {
			t.Errorf("%s: error %v does not match %v", tt.text, err, tt.is)
		}
	}
	var syntax *fluxdb.SyntaxError
	if _, err := db.Exec("SELECT *\nFORM t"); !errors.As(err, &syntax) || syntax.Line != 2 {
		t.Errorf("error %v is no SyntaxError of line 2", err)
	}
	var bind *fluxdb.BindError
	if _, err := db.Exec(`SELECT colour FROM t`); !errors.As(err, &bind) || bind.Column != 8 {
		t.Errorf("error %v is no BindError of column 8", err)
	}
	var dup *fluxdb.DuplicateKeyError
	if _, err := db.Exec(`INSERT INTO t VALUES (1, 'b', 1)`); !errors.As(err, &dup) || dup.Collection != "t" {
		t.Errorf("error %v is no DuplicateKeyError", err)
	}
	var params *fluxdb.ParamError
	if _, err := db.Exec(`SELECT ?`); !errors.As(err, &params) {
		t.Errorf("error %v is no ParamError", err)
	}
}
