package executor

import (
	"context"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

// TestClosedRowsStayClosed uses rows after Close while the session runs other statements with the memory that they left.
func TestClosedRowsStayClosed(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION users; CREATE INDEX users_n ON users (n)`)
	for i := range 20 {
		mustExec(t, s, `INSERT INTO users VALUES {_id: ?, n: ?}`, Arg{Ordinal: 1, Value: document.Int(int64(i))}, Arg{Ordinal: 2, Value: document.Int(int64(i / 10))})
	}
	query := func(text string) *Rows {
		t.Helper()
		rows, err := s.Query(context.Background(), text, nil)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	count := func(rows *Rows, want int) {
		t.Helper()
		n := 0
		for rows.Next() {
			n++
		}
		if n != want || rows.Err() != nil {
			t.Fatalf("%d rows, expected %d, %v", n, want, rows.Err())
		}
	}
	closed := func(rows *Rows) {
		t.Helper()
		if rows.Next() || rows.Read(nil) || rows.Look(nil) || rows.HasNextResultSet() || rows.NextResultSet() || rows.Values() != nil || rows.Err() != nil || rows.Close() != nil {
			t.Fatal("rows live on after Close")
		}
		if c := rows.Columns(); len(c) != 1 || c[0].Name != "_id" {
			t.Fatalf("columns %v", c)
		}
	}
	const text = `SELECT _id FROM users WHERE n = 0; SELECT name FROM users`
	first := query(text)
	if !first.Next() {
		t.Fatal(first.Err())
	}
	first.Close()
	second := query(`SELECT n FROM users WHERE n >= 0 ORDER BY n LIMIT 15`)
	if second.sets == nil || !second.Next() {
		t.Fatal(second.Err())
	}
	closed(first)
	third := query(text) // beside open rows
	closed(first)
	count(third, 10)
	count(second, 14)
	third.Close()
	closed(third)
	fourth := query(`SELECT n FROM users`)
	closed(first)
	closed(third)
	second.Close() // which has been read to its end
	count(fourth, 20)
	fourth.Close()
	if len(s.open) != 0 || s.db.rows.Load() != 0 {
		t.Fatalf("%d rows are open", len(s.open))
	}
}

// TestARenewedSnapshotIsTheNewest reads through one session what another has committed meanwhile, and through open rows what was there.
func TestARenewedSnapshotIsTheNewest(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION users; CREATE INDEX users_n ON users (n)`)
	other := s.db.NewSession()
	defer other.Close()
	insert := func(i int) {
		mustExec(t, other, `INSERT INTO users VALUES {_id: ?, n: 1}`, Arg{Ordinal: 1, Value: document.Int(int64(i))})
	}
	insert(0)
	for i := 1; i < 50; i++ {
		open, err := s.Query(context.Background(), `SELECT _id FROM users WHERE n = 1`, nil)
		if err != nil {
			t.Fatal(err)
		}
		insert(i)
		for _, text := range []string{`SELECT _id FROM users WHERE n = 1`, `SELECT _id FROM users`} {
			rows, err := s.Query(context.Background(), text, nil)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for rows.Next() {
				n++
			}
			if rows.Close(); n != i+1 {
				t.Fatalf("%s: %d documents, expected %d", text, n, i+1)
			}
		}
		n := 0
		for open.Next() {
			n++
		}
		if open.Close(); n != i {
			t.Fatalf("open rows have %d documents, expected %d", n, i)
		}
	}
}
