//go:build !race

package driver_test

import (
	"database/sql"
	"testing"
)

// TestAllocationsOfAShortRange counts those of a query that reads ten whole documents by an index. Ten box the rows, eight are those of
// database/sql, and the rows and their handle are ours.
func TestAllocationsOfAShortRange(t *testing.T) {
	db := profiles(t)
	for _, text := range []string{
		`SELECT VALUE u FROM users u WHERE age >= ? ORDER BY age LIMIT 10`,
		`SELECT VALUE u FROM users u WHERE age = ? LIMIT 10`,
	} {
		stmt := prepare(t, db, text)
		var doc sql.RawBytes
		got := testing.AllocsPerRun(300, func() {
			rows, err := stmt.Query(30)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for ; rows.Next(); n++ {
				if err := rows.Scan(&doc); err != nil {
					t.Fatal(err)
				}
			}
			if rows.Close(); n != 10 || rows.Err() != nil {
				t.Fatal(n, rows.Err())
			}
		})
		if t.Logf("%s: %v allocations", text, got); got > 20 {
			t.Errorf("%s allocates %v times, want at most 20", text, got)
		}
	}
}
