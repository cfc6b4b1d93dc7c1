package driver_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestAllocations(t *testing.T) {
	db := thousand(t)
	stmt, err := db.Prepare(`SELECT name FROM users WHERE _id = ?`)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	var name string
	point := testing.AllocsPerRun(200, func() {
		if err := stmt.QueryRow(500).Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	if point > 20 && !raceDetector {
		t.Errorf("a point read allocates %v times, want at most 20", point)
	}
	exec(t, db, `CREATE COLLECTION others`)
	// Half of them are those of database/sql, and a third the store's.
	for text, most := range map[string]float64{
		`UPDATE users SET age = ? WHERE _id = ?`:                                   34,
		`INSERT INTO others (age, n) VALUES (?, ?)`:                                42,
		`INSERT INTO others VALUES {age: ?, n: ?, name: 'Bob', address: {a: 'x'}}`: 42,
	} {
		stmt := prepare(t, db, text)
		i := 0
		got := testing.AllocsPerRun(300, func() {
			i++
			if _, err := stmt.Exec(i, i%1000); err != nil {
				t.Fatal(err)
			}
		})
		if t.Logf("%s: %v allocations", text, got); got > most && !raceDetector {
			t.Errorf("%s allocates %v times, want at most %v", text, got, most)
		}
	}
	literals := testing.AllocsPerRun(300, func() {
		eachRow(t, db, fmt.Sprintf(`SELECT name FROM users WHERE _id = %d`, rand.IntN(1000)), &name)
	})
	if literals > 20 && !raceDetector {
		t.Errorf("a point read by a fresh literal allocates %v times, want at most 20", literals)
	}
	var raw sql.RawBytes
	scan := func(text string, dest any) float64 {
		return testing.AllocsPerRun(5, func() { eachRow(t, db, text, dest) }) / 1000
	}
	// A string is copied and boxed; JSON is rendered where the last row's was, and boxed.
	if n := scan(`SELECT name FROM users`, &name); n > 2.1 && !raceDetector {
		t.Errorf("a row with a string allocates %.2f times, want 2", n)
	}
	if n := scan(`SELECT VALUE u FROM users u`, &raw); n > 1.1 && !raceDetector {
		t.Errorf("a row with a document allocates %.2f times, want 1", n)
	}
}
