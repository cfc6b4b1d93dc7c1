package tests

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
)

// TestSQL runs the behaviour files of testdata/<topic>/ once in memory and once on disk;
// each file begins with an empty database, which is checked at its end. The commands are
//
//	run [conn=name] [sort] [types]
//
// which runs the statements of a text on a connection of that name and prints the columns
// and rows of each that has some, "ok" with the number of documents for one that has none,
// or the error; sort orders the rows by their text, types adds the type of each column;
//
//	plan          prints EXPLAIN of a statement without the estimates
//	reopen        closes the database and opens it again (on disk)
//
// and those of TestIsolation, which need several sessions.
func TestSQL(t *testing.T) {
	for _, mode := range []string{"memory", "disk"} {
		t.Run(mode, func(t *testing.T) {
			datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
				path, _ = filepath.Abs(path)
				db := newSQLDatabase(t, mode)
				datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
					return db.command(t, d)
				})
				db.check(t)
			})
		})
	}
}

// sqlDatabase is a database under test with its named connections.
type sqlDatabase struct {
	path  string
	flux  *fluxdb.DB
	db    *sql.DB
	conns map[string]*sql.Conn
	steps steps
	viaTx bool // sessions begin and end transactions by sql.Tx
}

func (d *sqlDatabase) command(t *testing.T, td *datadriven.TestData) string {
	switch td.Cmd {
	case "run":
		return d.run(t, td)
	case "plan":
		return d.plan(t, td.Input)
	case "reopen":
		d.reopen(t)
		return ""
	case "setup":
		return d.setup(t, td)
	case "fill":
		return d.fill(t, td)
	case "sessions":
		return d.sessions(t, td)
	case "concurrently":
		return d.concurrently(t, td)
	}
	td.Fatalf(t, "unknown command %s", td.Cmd)
	return ""
}

func newSQLDatabase(t *testing.T, mode string) *sqlDatabase {
	t.Helper()
	d := &sqlDatabase{path: fluxdb.MemoryPath}
	if mode == "disk" {
		d.path = filepath.Join(t.TempDir(), "db")
	}
	d.open(t)
	t.Cleanup(func() { d.close(t) })
	return d
}

func (d *sqlDatabase) open(t *testing.T) {
	t.Helper()
	var err error
	if d.flux, err = fluxdb.Open(d.path, &fluxdb.Options{Memory: 64 << 20}); err != nil {
		t.Fatal(err)
	}
	d.db = sql.OpenDB(driver.NewConnector(d.flux))
	d.conns, d.steps = map[string]*sql.Conn{}, newSteps()
}

func (d *sqlDatabase) close(t *testing.T) {
	t.Helper()
	d.steps.close()
	for _, c := range d.conns {
		c.Close()
	}
	if err := d.db.Close(); err != nil {
		t.Error(err)
	}
	if err := d.flux.Close(); err != nil {
		t.Error(err)
	}
}

func (d *sqlDatabase) reopen(t *testing.T) {
	t.Helper()
	if d.path == fluxdb.MemoryPath {
		return
	}
	d.close(t)
	d.open(t)
}

// check fails the test when documents, indexes and counters disagree.
func (d *sqlDatabase) check(t *testing.T) {
	t.Helper()
	checkClean(t, d.flux)
}

func checkClean(t *testing.T, db *fluxdb.DB) {
	t.Helper()
	report, err := db.Check(context.Background())
	if err != nil {
		t.Fatalf("check: %v", err)
	}
	for _, p := range report.Problems {
		t.Errorf("check: %s", p)
	}
}

func (d *sqlDatabase) conn(t *testing.T, name string) *sql.Conn {
	t.Helper()
	if c := d.conns[name]; c != nil {
		return c
	}
	c, err := d.db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	d.conns[name] = c
	return c
}

func (d *sqlDatabase) run(t *testing.T, td *datadriven.TestData) string {
	var name string
	td.MaybeScanArgs(t, "conn", &name)
	p := resultPrinter{sorted: td.HasArg("sort"), types: td.HasArg("types")}
	if err := p.query(d.conn(t, name), td.Input); err != nil {
		fmt.Fprintf(&p.out, "error: %v\n", err)
	}
	return p.out.String()
}

// plan prints the plan of a statement; estimates depend on counters and are left to the planner's own tests.
func (d *sqlDatabase) plan(t *testing.T, text string) string {
	rows, err := d.conn(t, "").QueryContext(context.Background(), "EXPLAIN "+text)
	if err != nil {
		return fmt.Sprintf("error: %v\n", err)
	}
	defer rows.Close()
	var out strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		if i := strings.LastIndex(line, " (rows "); i >= 0 {
			line = line[:i]
		}
		if !strings.Contains(line, ": not used: ") {
			out.WriteString(line + "\n")
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Sprintf("error: %v\n", err)
	}
	return out.String()
}

// resultPrinter prints what a text of statements yields.
type resultPrinter struct {
	out           strings.Builder
	sorted, types bool
}

func (p *resultPrinter) query(conn *sql.Conn, text string) error {
	ctx := context.Background()
	rows, err := conn.QueryContext(ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close()
	for more := true; more; more = rows.NextResultSet() {
		if err := p.resultSet(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (p *resultPrinter) resultSet(rows *sql.Rows) error {
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	if len(types) == 0 {
		p.out.WriteString("ok\n")
		return nil
	}
	for i, c := range types {
		if i > 0 {
			p.out.WriteString(" | ")
		}
		p.out.WriteString(c.Name())
		if p.types {
			p.out.WriteString(" " + c.DatabaseTypeName())
		}
	}
	p.out.WriteByte('\n')
	var lines []string
	for rows.Next() {
		values := make([]any, len(types))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			return err
		}
		cells := make([]string, len(values))
		for i, v := range values {
			cells[i] = cellText(*v.(*any), types[i].DatabaseTypeName())
		}
		lines = append(lines, strings.Join(cells, " | "))
	}
	if p.sorted {
		slices.Sort(lines)
	}
	for _, l := range lines {
		p.out.WriteString(l + "\n")
	}
	if len(lines) == 0 {
		p.out.WriteString("(no rows)\n")
	}
	return rows.Err()
}

// cellText prints a column so that its type shows: 'text', 3, 3.0, true, x'00', JSON.
func cellText(v any, typ string) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return "'" + v + "'"
	case float64:
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(text, ".eIN") {
			text += ".0"
		}
		return text
	case []byte:
		if typ == "BLOB" {
			return fmt.Sprintf("x'%x'", v)
		}
		return string(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}
