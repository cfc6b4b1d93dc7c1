package driver_test

import (
	"context"
	"database/sql"
	"testing"
)

// thousand returns a database with a thousand small documents.
func thousand(t testing.TB) *sql.DB {
	db := memory(t, `CREATE COLLECTION users`)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		exec(t, tx, `INSERT INTO users VALUES {_id: ?, name: 'Ann', age: ?, address: {city: 'Rome'}}`, i, i%80)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return db
}

func BenchmarkPointRead(b *testing.B) {
	db := thousand(b)
	stmt, err := db.Prepare(`SELECT name FROM users WHERE _id = ?`)
	if err != nil {
		b.Fatal(err)
	}
	defer stmt.Close()
	b.ReportAllocs()
	var name string
	for i := 0; b.Loop(); i++ {
		if err := stmt.QueryRow(i % 1000).Scan(&name); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScannedRow(b *testing.B) {
	db := thousand(b)
	b.ReportAllocs()
	var name string
	var age int
	for n := 0; n < b.N; n += 1000 {
		eachRow(b, db, `SELECT name, age FROM users`, &name, &age)
	}
}

// eachRow scans all rows of a query into dest.
func eachRow(t testing.TB, db *sql.DB, text string, dest ...any) {
	t.Helper()
	rows, err := db.Query(text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkConnection(b *testing.B) {
	db := memory(b)
	db.SetMaxIdleConns(-1)
	b.ReportAllocs()
	for b.Loop() {
		c, err := db.Conn(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}
