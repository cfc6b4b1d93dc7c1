package driver_test

import (
	"database/sql"
	"fmt"
	"testing"
)

// profiles returns a database with ten thousand documents of 400 bytes and an index.
func profiles(t testing.TB) *sql.DB {
	db := memory(t)
	fillProfiles(t, db)
	return db
}

func fillProfiles(t testing.TB, db *sql.DB) {
	exec(t, db, `CREATE COLLECTION users; CREATE INDEX users_age ON users (age)`)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10_000 {
		exec(t, tx, `INSERT INTO users VALUES (?)`, fmt.Sprintf(`{"_id": %d, "name": "Ann Example %d", "email": "ann%d@example.com", "age": %d, "balance": %d.25,
			"active": true, "country": "DE", "address": {"city": "Rome", "street": "Via Appia 17", "zip": "00178", "geo": {"lat": 41.8, "lon": 12.5}},
			"tags": ["alpha", "beta", "gamma"], "created": "2024-05-01T12:00:00Z", "note": "a text that takes its place in the document and is read as a whole"}`, i, i, i, i%100, i))
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// prepare prepares a statement that lives as long as the test.
func prepare(t testing.TB, db interface {
	Prepare(string) (*sql.Stmt, error)
}, text string) *sql.Stmt {
	stmt, err := db.Prepare(text)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stmt.Close() })
	return stmt
}

// BenchmarkStatement runs the statements that programs run most, each by the way that costs most.
func BenchmarkStatement(b *testing.B) {
	db := profiles(b)
	var doc sql.RawBytes
	run := func(name string, one func(i int) error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := one(i % 10_000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	read := func(rows *sql.Rows, err error) error {
		if err != nil {
			return err
		}
		for rows.Next() {
			if err := rows.Scan(&doc); err != nil {
				return err
			}
		}
		return rows.Close()
	}
	byID := prepare(b, db, `SELECT VALUE u FROM users u WHERE _id = ?`)
	run("point read", func(i int) error { return read(byID.Query(i)) })
	run("point read by text", func(i int) error { return read(db.Query(`SELECT VALUE u FROM users u WHERE _id = ?`, i)) })
	run("point read, fresh literal", func(i int) error {
		return read(db.Query(fmt.Sprintf(`SELECT VALUE u FROM users u WHERE _id = %d`, i)))
	})
	byAge := prepare(b, db, `SELECT name FROM users WHERE age = ? LIMIT 10`)
	run("small range", func(i int) error { return read(byAge.Query(i % 100)) })
	exec := func(stmt *sql.Stmt, args ...any) error { _, err := stmt.Exec(args...); return err }
	update := prepare(b, db, `UPDATE users SET balance = ? WHERE _id = ?`)
	run("update by id", func(i int) error { return exec(update, float64(i), i) })
	insert := prepare(b, db, `INSERT INTO users (name, age) VALUES (?, ?)`)
	run("insert", func(i int) error { return exec(insert, "Ann", i) })
	tx, err := db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	update = prepare(b, tx, `UPDATE users SET balance = ? WHERE _id = ?`)
	run("update by id in a transaction", func(i int) error { return exec(update, float64(i), i) })
	insert = prepare(b, tx, `INSERT INTO users (name, age) VALUES (?, ?)`)
	run("insert in a transaction", func(i int) error { return exec(insert, "Ann", i) })
}
