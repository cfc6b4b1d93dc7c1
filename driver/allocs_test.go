package driver_test

import (
	"database/sql"
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
