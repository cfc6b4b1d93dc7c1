package executor

import (
	"context"
	"fmt"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// profiles returns a session on n user profiles of some 400 bytes of JSON.
func profiles(t testing.TB, n int) *Session {
	t.Helper()
	ctx := context.Background()
	// Room for all documents in the block cache.
	store, err := pebble.Open(":memory:", pebble.Options{InMemory: true, Memory: 512 << 20, Cached: engine.CachedKeys()})
	if err != nil {
		t.Fatal(err)
	}
	db, err := engine.Open(ctx, store, engine.Options{Compiler: Compiler()})
	if err != nil {
		t.Fatal(err)
	}
	s := Open(db, Options{}).NewSession()
	t.Cleanup(func() {
		s.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	mustExec(t, s, `CREATE COLLECTION users`)
	rng := newRand(t)
	st, err := s.Prepare(ctx, `INSERT INTO users VALUES (?)`)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if i%10000 == 0 {
			if i > 0 {
				mustExec(t, s, `COMMIT`)
			}
			mustExec(t, s, `BEGIN`)
		}
		doc := fmt.Sprintf(`{"name": "Ada Baker %d", "email": "ada.baker%d@example.com", "group": %d, "age": %d, "balance": %.2f,
			"active": %t, "country": "C%02d", "address": {"city": "City %d", "zip": "%05d", "geo": {"lat": %.4f, "lon": %.4f}},
			"tags": ["amber", "birch", "cobalt"], "bio": "granite harbor indigo juniper kestrel lagoon meadow nectar onyx prairie quartz river saffron",
			"created": "2024-05-0%dT10:00:00Z"}`,
			i, i, i/10, 18+rng.IntN(80), float64(rng.IntN(1000000))/100, rng.IntN(3) > 0, rng.IntN(30), rng.IntN(20),
			rng.IntN(100000), rng.Float64()*90, rng.Float64()*180, 1+rng.IntN(9))
		if _, err := st.Exec(ctx, []Arg{{Ordinal: 1, Value: document.String(doc)}}); err != nil {
			t.Fatal(err)
		}
	}
	mustExec(t, s, `COMMIT`)
	return s
}

// drainQuery runs a query to its end and returns its number of rows.
func drainQuery(t testing.TB, s *Session, text string) (n int) {
	rows, err := s.Query(context.Background(), text, nil)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	rows.Close()
	return n
}

// BenchmarkRead reports the cost of reading a document in queries that read all of them.
func BenchmarkRead(b *testing.B) {
	const documents = 100000
	s := profiles(b, documents)
	for _, q := range []struct{ name, text string }{
		{"count-all", `SELECT COUNT(active) FROM users`},
		{"count-filter", `SELECT COUNT(*) FROM users WHERE address.city = 'City 7'`},
		{"count-two-filters", `SELECT COUNT(*) FROM users WHERE address.geo.lat > 30 AND age < 40`},
		{"group", `SELECT country, COUNT(*), AVG(balance) FROM users GROUP BY country`},
		{"group-min-max", `SELECT country, COUNT(*), AVG(balance), MIN(age), MAX(age) FROM users GROUP BY country`},
		{"group-many", `SELECT "group", COUNT(*) FROM users GROUP BY "group"`},
		{"top10", `SELECT name FROM users ORDER BY balance DESC LIMIT 10`},
		{"sort", `SELECT name FROM users ORDER BY balance`},
		{"sort-documents", `SELECT VALUE u FROM users u ORDER BY balance`},
		{"distinct", `SELECT DISTINCT country, age FROM users`},
		{"count-distinct", `SELECT COUNT(DISTINCT name) FROM users`},
	} {
		b.Run(q.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				drainQuery(b, s, q.text)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/documents, "ns/doc")
		})
	}
	mustExec(b, s, `CREATE INDEX users_age ON users (age)`)
	mustExec(b, s, `CREATE INDEX users_group ON users ("group")`)
	for _, q := range []struct {
		name, text string
		documents  float64
	}{
		{"index-10", `SELECT VALUE u FROM users u WHERE "group" = 500`, 10},
		{"index-1.25%", `SELECT VALUE u FROM users u WHERE age = 30`, 1250},
		{"index-covering", `SELECT age FROM users WHERE age = 30`, 1250},
		{"index-order-limit", `SELECT name FROM users ORDER BY age LIMIT 10`, 10},
	} {
		b.Run(q.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				drainQuery(b, s, q.text)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/q.documents, "ns/doc")
		})
	}
}
