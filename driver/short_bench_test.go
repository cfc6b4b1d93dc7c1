package driver_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// crowd fills two collections with a hundred thousand documents of 400 bytes each: in people their ids are random,
// in ordered they are in the order of insertion.
func crowd(b *testing.B) *sql.DB {
	db := open(b, "file:"+filepath.Join(b.TempDir(), "db")+"?sync=normal&memory=512MB")
	exec(b, db, `CREATE COLLECTION people; CREATE COLLECTION ordered`)
	rng := rand.New(rand.NewPCG(1, 2))
	words := []string{"amber", "birch", "cobalt", "delta", "ember", "fjord", "granite", "harbor", "indigo", "juniper", "kestrel", "lagoon", "meadow"}
	word := func() string { return words[rng.IntN(len(words))] }
	for _, collection := range []string{"people", "ordered"} {
		tx, err := db.Begin()
		if err != nil {
			b.Fatal(err)
		}
		stmt, err := tx.Prepare(`INSERT INTO ` + collection + ` VALUES (?)`)
		if err != nil {
			b.Fatal(err)
		}
		for i := range 100_000 {
			id := fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", rng.Uint32(), rng.Uint32N(1<<16), rng.Uint32N(1<<12), rng.Uint32N(1<<12), rng.Uint64N(1<<48))
			if collection == "ordered" {
				id = fmt.Sprintf("01890a5d-%04x-7%03x-8%03x-%012x", i>>16, i>>4&0xFFF, i&0xF, i)
			}
			bio := ""
			for range 13 {
				bio += word() + " "
			}
			_, err := stmt.Exec(fmt.Sprintf(`{"_id":"%s","name":"Ann Example","email":"ann.example%d@example.com","group":%d,"age":%d,"balance":%.3f,"active":%t,"country":"DE",`+
				`"address":{"city":"%s","zip":"%d","geo":{"lat":%.4f,"lon":%.4f}},"tags":["%s","%s","%s"],"created":"2024-05-01T12:00:00Z","bio":"%s"}`,
				id, i, i/10, 18+rng.IntN(80), float64(rng.IntN(1_000_000))/100+0.001, rng.IntN(3) > 0, word(), 10000+rng.IntN(90000),
				float64(rng.IntN(180_000)-90_000)/1000+0.0001, float64(rng.IntN(360_000)-180_000)/1000+0.0001, word(), word(), word(), bio))
			if err != nil {
				b.Fatal(err)
			}
		}
		stmt.Close()
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	exec(b, db, `CREATE INDEX people_age ON people (age); CREATE INDEX ordered_group ON ordered ("group")`)
	return db
}

// BenchmarkShort runs queries that read ten whole documents by an index, as JSON.
func BenchmarkShort(b *testing.B) {
	db := crowd(b)
	for _, c := range []struct {
		name, text string
		arg        func() any
	}{
		{"range", `SELECT VALUE u FROM people u WHERE age >= ? ORDER BY age LIMIT 10`, func() any { return 18 + rand.IntN(80) }},
		{"equal", `SELECT VALUE u FROM ordered u WHERE "group" = ?`, func() any { return rand.IntN(10_000) }},
	} {
		stmt := prepare(b, db, c.text)
		var doc sql.RawBytes
		run := func() {
			rows, err := stmt.Query(c.arg())
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for ; rows.Next(); n++ {
				if err := rows.Scan(&doc); err != nil {
					b.Fatal(err)
				}
			}
			if rows.Close(); n != 10 || rows.Err() != nil {
				b.Fatal(n, rows.Err())
			}
		}
		for range 50_000 {
			run()
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}
