//go:build !race

// Under the race detector pools drop what is put into them at random.

package executor

import (
	"context"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

// pointRead is the query whose cost is asserted: a document by its _id.
const pointRead = `SELECT name FROM users WHERE _id = ?`

func usersByID(t testing.TB) *Session {
	s := testSession(t, `CREATE COLLECTION users`)
	mustExec(t, s, `BEGIN`)
	for i := range 1000 {
		mustExec(t, s, `INSERT INTO users VALUES {_id: ?, name: 'Ann', address: {city: 'Rome'}}`, Arg{Ordinal: 1, Value: document.Int(int64(i))})
	}
	mustExec(t, s, `COMMIT`)
	return s
}

// readPoint runs the point read of a statement.
func readPoint(t testing.TB, query func(args []Arg) (*Rows, error), args []Arg) {
	rows, err := query(args)
	if err != nil {
		t.Fatal(err)
	}
	if !rows.Next() || rows.Values()[0].AsString() != "Ann" || rows.Next() {
		t.Fatal(rows.Err())
	}
	rows.Close()
}

func TestAllocationsOfAPointRead(t *testing.T) {
	s := usersByID(t)
	ctx := context.Background()
	st, err := s.Prepare(ctx, pointRead)
	if err != nil {
		t.Fatal(err)
	}
	args := []Arg{{Ordinal: 1, Value: document.Int(500)}}
	for name, query := range map[string]func([]Arg) (*Rows, error){
		"prepared": func(args []Arg) (*Rows, error) { return st.Query(ctx, args) },
		"by text":  func(args []Arg) (*Rows, error) { return s.Query(ctx, pointRead, args) },
	} {
		const most = 1
		if n := testing.AllocsPerRun(200, func() { readPoint(t, query, args) }); n > most {
			t.Errorf("%s: %v allocations, want at most %d", name, n, most)
		} else {
			t.Logf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkPointRead(b *testing.B) {
	s := usersByID(b)
	ctx := context.Background()
	st, err := s.Prepare(ctx, pointRead)
	if err != nil {
		b.Fatal(err)
	}
	args := []Arg{{Ordinal: 1}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		args[0].Value = document.Int(int64(i % 1000))
		readPoint(b, func(args []Arg) (*Rows, error) { return st.Query(ctx, args) }, args)
	}
}

func BenchmarkInsert(b *testing.B) {
	s := testSession(b, `CREATE COLLECTION c`)
	ctx := context.Background()
	st, err := s.Prepare(ctx, `INSERT INTO c (n) VALUES (?)`)
	if err != nil {
		b.Fatal(err)
	}
	args := []Arg{{Ordinal: 1, Value: document.Int(1)}}
	b.ReportAllocs()
	mustExec(b, s, `BEGIN`)
	for i := 1; b.Loop(); i++ {
		if _, err := st.Exec(ctx, args); err != nil {
			b.Fatal(err)
		}
		if i%10_000 == 0 {
			mustExec(b, s, `COMMIT; BEGIN`)
		}
	}
	mustExec(b, s, `COMMIT`)
}

// TestRowsDoNotAllocate asserts that reading more documents does not allocate more.
func TestRowsDoNotAllocate(t *testing.T) {
	s := profiles(t, 4000)
	for _, text := range []string{
		`SELECT COUNT(*) FROM users WHERE address.city = 'City 7'`,
		`SELECT COUNT(*) FROM users WHERE address.geo.lat > 30 AND age < 40`,
		`SELECT country, COUNT(*), AVG(balance), MIN(age), MAX(age) FROM users GROUP BY country`,
		`SELECT name FROM users ORDER BY balance DESC LIMIT 10`,
		`SELECT name, age, address.city FROM users`,
		`SELECT DISTINCT country FROM users`,
	} {
		if n := testing.AllocsPerRun(5, func() { drainQuery(t, s, text) }); n > 200 {
			t.Errorf("%s: %v allocations for 4,000 documents", text, n)
		}
	}
}
