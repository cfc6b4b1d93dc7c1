package tests

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
)

// openQueries read by every way there is what a transaction writes while they are open.
var openQueries = []string{
	"SELECT _id, n, s FROM o", "SELECT _id, n, s FROM o ORDER BY _id DESC", "SELECT * FROM o WHERE n BETWEEN ? AND ? + 20 ORDER BY n",
	"SELECT _id, s FROM o WHERE n BETWEEN ? AND ? + 40", "SELECT n FROM o WHERE n > ? + ? ORDER BY n DESC LIMIT 20", "SELECT _id, s FROM o WHERE n IN (?, ?, 7, 70) ORDER BY n",
	"SELECT _id, n FROM o WHERE _id IN (?, ?, 3, 'x1')", "SELECT n, s FROM o WHERE _id = ? OR _id = ? + 1", "SELECT _id, n FROM o ORDER BY s DESC LIMIT 9",
	"SELECT COUNT(*) FROM o", "SELECT MAX(n), MIN(s), COUNT(*) FROM o", "SELECT n % 7, COUNT(*), MAX(s) FROM o GROUP BY n % 7 ORDER BY 1",
}

// TestRowsSeeTheTransactionAsItWasWhenTheyWereOpened opens rows at random moments of random transactions and
// reads them bit by bit, while the transaction writes, fails and returns to savepoints: each must yield
// what the same query yielded at once.
func TestRowsSeeTheTransactionAsItWasWhenTheyWereOpened(t *testing.T) {
	rounds := 30
	if testing.Short() {
		rounds = 8
	}
	for range rounds {
		seed := rand.Uint64()
		o := openRound{t: t, rng: rand.New(rand.NewPCG(seed, 2))}
		if o.run(); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

type openRound struct {
	t    *testing.T
	rng  *rand.Rand
	tx   *sql.Tx
	open []*openRows
}

type openRows struct {
	query     string
	rows      *sql.Rows
	got, want []string
}

func (o *openRound) run() {
	flux, err := fluxdb.Open(fluxdb.MemoryPath, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	defer flux.Close()
	db := sql.OpenDB(driver.NewConnector(flux))
	defer db.Close()
	mustExec(o.t, db, "CREATE COLLECTION o; CREATE INDEX o_n ON o (n); CREATE INDEX o_s ON o (s)")
	for i := range 150 {
		mustExec(o.t, db, "INSERT INTO o VALUES (?)", o.document(i))
	}
	if o.tx, err = db.Begin(); err != nil {
		o.t.Fatal(err)
	}
	defer o.tx.Rollback()
	o.exec("SAVEPOINT s0")
	for step := range 60 {
		switch n := o.rng.IntN(10); {
		case n < 3:
			o.start()
		case n < 5 && len(o.open) > 0:
			o.open[o.rng.IntN(len(o.open))].read(o.t, 1+o.rng.IntN(30))
		default:
			o.write(step)
		}
	}
	for _, r := range o.open {
		r.read(o.t, 1<<30)
		if diff := cmp.Diff(r.want, r.got); diff != "" {
			o.t.Errorf("%s (-at once +bit by bit):\n%s", r.query, diff)
		}
	}
	if err := o.tx.Commit(); err != nil {
		o.t.Error(err)
	}
	checkClean(o.t, flux)
}

// document has a text that is too long for an index now and then.
func (o *openRound) document(id any) map[string]any {
	s := fmt.Sprint("s", o.rng.IntN(50))
	if o.rng.IntN(4) == 0 {
		s = strings.Repeat("long", 300) + s
	}
	return map[string]any{"_id": id, "n": o.rng.IntN(150), "s": s}
}

func (o *openRound) start() {
	query := openQueries[o.rng.IntN(len(openQueries))]
	args := []any{o.rng.IntN(100), o.rng.IntN(100)}[:min(2, strings.Count(query, "?"))]
	at := &openRows{query: fmt.Sprint(query, args), rows: o.query(query, args)}
	at.read(o.t, 1<<30)
	later := &openRows{query: at.query, rows: o.query(query, args), want: at.got}
	later.read(o.t, o.rng.IntN(3))
	o.open = append(o.open, later)
}

func (o *openRound) query(query string, args []any) *sql.Rows {
	rows, err := o.tx.Query(query, args...)
	if err != nil {
		o.t.Fatalf("%s: %v", query, err)
	}
	return rows
}

func (r *openRows) read(t *testing.T, n int) {
	for ; n > 0 && r.rows.Next(); n-- {
		r.got = append(r.got, rowText(t, r.rows))
	}
	if err := r.rows.Err(); err != nil {
		t.Errorf("%s: %v", r.query, err)
	}
}

func (o *openRound) exec(text string, args ...any) {
	if _, err := o.tx.ExecContext(context.Background(), text, args...); err != nil {
		o.t.Errorf("%s: %v", text, err)
	}
}

func (o *openRound) write(step int) {
	lo := o.rng.IntN(150)
	switch o.rng.IntN(9) {
	case 0:
		o.exec("INSERT INTO o VALUES (?)", o.document(fmt.Sprint("x", step)))
	case 1:
		o.exec("DELETE FROM o WHERE _id = ?", lo)
	case 2:
		o.exec("DELETE FROM o WHERE n BETWEEN ? AND ?", lo, lo+3)
	case 3:
		o.exec("UPDATE o SET n = n + 11 WHERE n BETWEEN ? AND ?", lo, lo+30)
	case 4:
		o.exec("UPDATE o SET s = 'new' || n WHERE _id BETWEEN ? AND ?", lo, lo+20)
	case 5:
		// A statement that fails half-way.
		if _, err := o.tx.Exec("INSERT INTO o VALUES (?), ({_id: NULL})", o.document(fmt.Sprint("y", step))); err == nil {
			o.t.Error("an _id of NULL was taken")
		}
	case 6:
		o.exec("SAVEPOINT s1")
		o.exec("UPDATE o SET n = -n, s = 'undone'")
		o.exec("ROLLBACK TO s1")
	case 7:
		o.exec("ROLLBACK TO s0")
	case 8:
		o.exec([]string{"SAVEPOINT s0", "TRUNCATE o", "DROP INDEX IF EXISTS o_s", "CREATE INDEX IF NOT EXISTS o_s ON o (s)", "DROP INDEX IF EXISTS o_n", "CREATE INDEX IF NOT EXISTS o_n ON o (n)"}[o.rng.IntN(6)])
	}
}

// TestLongRowsSeeTheTransactionAsItWas has rows begin to be read by one goroutine and go on, after their transaction
// has written, on all cores: the iterators that are opened for that must not see the writes.
func TestLongRowsSeeTheTransactionAsItWas(t *testing.T) {
	const documents = 20_000
	d := newSQLDatabase(t, "memory")
	mustExec(t, d.db, "CREATE COLLECTION o")
	tx, err := d.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for i := range documents {
		if _, err := tx.Exec("INSERT INTO o VALUES (?)", map[string]any{"_id": i, "n": i}); err != nil {
			t.Fatal(err)
		}
	}
	for _, read := range []int{0, 1, 1000, 2047, 2048, 5000} {
		rows, err := tx.Query("SELECT _id, n FROM o")
		if err != nil {
			t.Fatal(err)
		}
		for i := range documents {
			if i == read {
				for _, text := range []string{"SAVEPOINT s", "UPDATE o SET n = -1", "DELETE FROM o WHERE _id % 3 = 0", "INSERT INTO o VALUES {_id: 2500.5, n: -2}"} {
					if _, err := tx.Exec(text); err != nil {
						t.Fatal(err)
					}
				}
			}
			var id, n int
			if !rows.Next() {
				t.Fatalf("%d rows, %v", i, rows.Err())
			}
			if err := rows.Scan(&id, &n); err != nil || id != i || n != i {
				t.Fatalf("written after %d rows: row %d is %d %d, %v", read, i, id, n, err)
			}
		}
		if rows.Next() {
			t.Errorf("written after %d rows: a row too many", read)
		}
		rows.Close()
		if _, err := tx.Exec("ROLLBACK TO s"); err != nil {
			t.Fatal(err)
		}
	}
}
