// Package differential holds FluxDB against SQLite: random tables of typed columns, random
// statements of the SQL that both speak, one answer. What the two mean differently on purpose is
// not generated, or made the same before answers are compared; each place says why.
package differential

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
)

const (
	seedEnv   = "FLUXDB_TEST_SEED"   // repeats a run
	roundsEnv = "FLUXDB_TEST_ROUNDS" // makes it longer or shorter
)

// TestAgainstSQLite plays rounds of statements, each round on databases of its own.
func TestAgainstSQLite(t *testing.T) {
	seed, rounds := fromEnv(t, seedEnv, rand.Uint64()), fromEnv(t, roundsEnv, 60)
	if testing.Short() {
		rounds = min(rounds, 3)
	}
	t.Logf("%s=%d repeats this run", seedEnv, seed)
	var total pair
	for round := range rounds {
		p := newPair(t)
		play(p, rand.New(rand.NewPCG(seed, round)))
		p.close()
		total.statements += p.statements
		total.refused += p.refused
		if t.Failed() {
			t.Fatalf("in round %d of %s=%d", round, seedEnv, seed)
		}
	}
	t.Logf("%d statements, %d of them refused by both", total.statements, total.refused)
	if total.refused*5 > total.statements {
		t.Error("so many refused statements compare nothing: the generator is wrong")
	}
}

func fromEnv(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// pair is one connection to each database.
type pair struct {
	t           *testing.T
	engine      *fluxdb.DB
	flux, lite  *sql.Conn
	pools       []*sql.DB
	log         []string // what changed something
	statements  int
	refused     int
	differences int
}

func newPair(t *testing.T) *pair {
	engine, err := fluxdb.Open(fluxdb.MemoryPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	lite, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{t: t, engine: engine, pools: []*sql.DB{sql.OpenDB(driver.NewConnector(engine)), lite}}
	if p.flux, err = p.pools[0].Conn(context.Background()); err != nil {
		t.Fatal(err)
	}
	if p.lite, err = p.pools[1].Conn(context.Background()); err != nil {
		t.Fatal(err)
	}
	// LIKE tells cases apart in FluxDB, as in PostgreSQL.
	if _, err := p.lite.ExecContext(context.Background(), "PRAGMA case_sensitive_like = 1"); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *pair) close() {
	for _, conn := range []*sql.Conn{p.flux, p.lite} {
		conn.Close()
	}
	for _, db := range p.pools {
		db.Close()
	}
	report, err := p.engine.Check(context.Background())
	if err != nil || len(report.Problems) > 0 {
		p.t.Errorf("check: %v, %v", report, err)
	}
	p.engine.Close()
}

// exec runs a statement that changes something: both do it, to as many rows, or both refuse.
func (p *pair) exec(text string, args ...any) {
	p.statements++
	p.log = append(p.log, text+argText(args))
	a, errA := affected(p.flux, text, args)
	b, errB := affected(p.lite, text, args)
	switch {
	case errA != nil && errB != nil:
		p.refused++
	case errA != nil || errB != nil:
		p.differ(text, args, "fluxdb: %v\nsqlite: %v", errA, errB)
	// SQLite counts nothing for definitions and transactions, but repeats the count before.
	case isChange(text) && a != b:
		p.differ(text, args, "fluxdb changed %d rows, sqlite %d", a, b)
	}
}

func isChange(text string) bool {
	for _, word := range []string{"INSERT", "REPLACE", "UPDATE", "DELETE"} {
		if strings.HasPrefix(text, word) {
			return true
		}
	}
	return false
}

func affected(conn *sql.Conn, text string, args []any) (int64, error) {
	r, err := conn.ExecContext(context.Background(), text, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// query compares the rows of a query, as a set unless ordered.
func (p *pair) query(text string, ordered bool, args ...any) {
	p.statements++
	a, errA := answer(p.flux, text, args)
	b, errB := answer(p.lite, text, args)
	switch {
	case errA != nil && errB != nil:
		p.refused++
		return
	case errA != nil || errB != nil:
		p.differ(text, args, "fluxdb: %v\nsqlite: %v", errA, errB)
		return
	}
	if !ordered {
		a.sort()
		b.sort()
	}
	if diff := a.diff(b); diff != "" {
		p.differ(text, args, "%s\nfluxdb: %s\nsqlite: %s", diff, a, b)
	}
}

// differ reports a difference with all that led to it.
func (p *pair) differ(text string, args []any, format string, found ...any) {
	p.t.Helper()
	p.differences++
	if p.differences == 1 {
		p.t.Logf("after\n%s;", strings.Join(p.log, ";\n"))
	}
	p.t.Errorf("%s%s\n"+format, append([]any{text, argText(args)}, found...)...)
}
