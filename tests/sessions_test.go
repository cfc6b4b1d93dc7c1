package tests

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/fluxdb/fluxdb"
)

// TestIsolation runs the anomalies of testdata/isolation/, one to a file, with transactions of sql.Tx;
// TestSQL runs the same files with BEGIN, COMMIT and ROLLBACK as text: both must end alike. The commands,
// beside those of TestSQL, are
//
//	setup         a fresh database; its statements run outside a transaction
//	fill          puts n documents {_id: i, n: i} from 1 on into collection into
//	sessions      a schedule: a line for each step, "name: statement". Each name is a connection of
//	              its own; each step yields a line. Beside statements there are
//	              name: open QUERY     leaves the rows of a query open
//	              name: next           the next of them
//	              name: rest           the others, and closes them
//	              and the same with "second" after the verb for rows that are open beside those
//	concurrently  runs a statement times times on each of clients connections at once
func TestIsolation(t *testing.T) {
	datadriven.Walk(t, "testdata/isolation", func(t *testing.T, path string) {
		db := newSQLDatabase(t, "memory")
		db.viaTx = true
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string { return db.command(t, d) })
		db.check(t)
	})
}

// TestIsolationFilesSayWhatMustHappen holds them to their form.
func TestIsolationFilesSayWhatMustHappen(t *testing.T) {
	files, err := filepath.Glob("testdata/isolation/*")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files in testdata/isolation: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitN(string(text), "\n", 3)
		if len(lines) < 3 || !strings.HasPrefix(lines[0], "# ") || !strings.HasPrefix(lines[1], "# Must: ") {
			t.Errorf(`%s: its first lines must be "# what the anomaly is" and "# Must: what has to happen"`, file)
		}
	}
}

// steps are the connections of the schedules of a file.
type steps struct {
	txs  map[string]*sql.Tx
	rows map[string]*sql.Rows
}

func newSteps() steps { return steps{map[string]*sql.Tx{}, map[string]*sql.Rows{}} }

func (s *steps) close() {
	for _, r := range s.rows {
		r.Close()
	}
	for _, tx := range s.txs {
		_ = tx.Rollback()
	}
}

// setup makes a fresh database.
func (d *sqlDatabase) setup(t *testing.T, td *datadriven.TestData) string {
	d.check(t)
	d.close(t)
	if d.path != fluxdb.MemoryPath {
		d.path = filepath.Join(t.TempDir(), "db")
	}
	d.open(t)
	mustExec(t, d.db, td.Input)
	return ""
}

func (d *sqlDatabase) fill(t *testing.T, td *datadriven.TestData) string {
	var into string
	var n int
	td.ScanArgs(t, "into", &into)
	td.ScanArgs(t, "n", &n)
	tx, err := d.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if _, err := tx.Exec("INSERT INTO "+into+" VALUES (?)", map[string]any{"_id": i + 1, "n": i + 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return ""
}

func (d *sqlDatabase) concurrently(t *testing.T, td *datadriven.TestData) string {
	var clients, times int
	td.ScanArgs(t, "clients", &clients)
	td.ScanArgs(t, "times", &times)
	var changed atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range times {
				res, err := d.db.Exec(td.Input)
				if err != nil {
					t.Error(err)
					return
				}
				n, _ := res.RowsAffected()
				changed.Add(n)
			}
		})
	}
	wg.Wait()
	return fmt.Sprintf("%d changed\n", changed.Load())
}

// sessions runs a schedule and prints a line for each step.
func (d *sqlDatabase) sessions(t *testing.T, td *datadriven.TestData) string {
	var out strings.Builder
	for _, line := range strings.Split(td.Input, "\n") {
		name, text, ok := strings.Cut(line, ": ")
		if !ok {
			td.Fatalf(t, "%q is no step", line)
		}
		fmt.Fprintf(&out, "%s: %s\n", name, d.step(t, name, text))
	}
	return out.String()
}

func (d *sqlDatabase) step(t *testing.T, name, text string) string {
	conn := d.conn(t, name)
	verb, rest, _ := strings.Cut(text, " ")
	cursor := name
	if query, ok := strings.CutPrefix(rest, "second"); ok {
		cursor, rest = name+" second", strings.TrimSpace(query)
	}
	var err error
	done := "ok"
	switch verb {
	case "open":
		d.steps.rows[cursor], err = conn.QueryContext(context.Background(), rest)
		done = "opened"
	case "next":
		if rows := d.steps.rows[cursor]; rows.Next() {
			done = rowText(t, rows)
		} else if err, done = rows.Err(), "no more rows"; err == nil {
			err = rows.Close()
		}
	case "rest":
		done, err = allRows(t, d.steps.rows[cursor])
		delete(d.steps.rows, cursor)
	case "BEGIN":
		err, done = d.begin(name, conn, text), "begun"
	case "COMMIT":
		err, done = d.end(name, conn, text, (*sql.Tx).Commit), "committed"
	case "ROLLBACK":
		if rest != "" { // TO a savepoint
			_, err = conn.ExecContext(context.Background(), text)
			break
		}
		err, done = d.end(name, conn, text, (*sql.Tx).Rollback), "rolled back"
	case "SELECT", "EXPLAIN":
		var rows *sql.Rows
		if rows, err = conn.QueryContext(context.Background(), text); err == nil {
			done, err = allRows(t, rows)
		}
	case "INSERT", "UPDATE", "DELETE":
		var res sql.Result
		if res, err = conn.ExecContext(context.Background(), text); err == nil {
			n, _ := res.RowsAffected()
			done = fmt.Sprint(n, " changed")
		}
	default:
		_, err = conn.ExecContext(context.Background(), text)
	}
	switch {
	case errors.Is(err, fluxdb.ErrTxTooOld):
		return "too old"
	case errors.Is(err, fluxdb.ErrConflict):
		return "conflict"
	case err != nil:
		return "error: " + err.Error()
	}
	return done
}

// begin begins a transaction by text or, with viaTx, by BeginTx with the modes of the text as options.
func (d *sqlDatabase) begin(name string, conn *sql.Conn, text string) (err error) {
	if !d.viaTx {
		_, err := conn.ExecContext(context.Background(), text)
		return err
	}
	levels := map[string]sql.IsolationLevel{
		"READ UNCOMMITTED": sql.LevelReadUncommitted, "READ COMMITTED": sql.LevelReadCommitted,
		"REPEATABLE READ": sql.LevelRepeatableRead, "SNAPSHOT": sql.LevelSnapshot, "SERIALIZABLE": sql.LevelSerializable,
	}
	_, level, _ := strings.Cut(text, "ISOLATION LEVEL ")
	d.steps.txs[name], err = conn.BeginTx(context.Background(), &sql.TxOptions{Isolation: levels[level], ReadOnly: strings.Contains(text, "READ ONLY")})
	return err
}

func (d *sqlDatabase) end(name string, conn *sql.Conn, text string, how func(*sql.Tx) error) error {
	if !d.viaTx {
		_, err := conn.ExecContext(context.Background(), text)
		return err
	}
	tx := d.steps.txs[name]
	delete(d.steps.txs, name)
	return how(tx)
}

// allRows prints the rows that are left, as (1, 'a') (2, 'b'), and closes them.
func allRows(t *testing.T, rows *sql.Rows) (string, error) {
	defer rows.Close()
	var all []string
	for rows.Next() {
		all = append(all, rowText(t, rows))
	}
	if all == nil {
		all = []string{"no rows"}
	}
	return strings.Join(all, " "), rows.Err()
}

func rowText(t *testing.T, rows *sql.Rows) string {
	t.Helper()
	types, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	values := make([]any, len(types))
	for i := range values {
		values[i] = new(any)
	}
	if err := rows.Scan(values...); err != nil {
		t.Fatal(err)
	}
	cells := make([]string, len(values))
	for i, v := range values {
		cells[i] = cellText(*v.(*any), types[i].DatabaseTypeName())
	}
	return "(" + strings.Join(cells, ", ") + ")"
}
