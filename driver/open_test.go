package driver_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/fluxdb/fluxdb/driver"
)

// open opens a database for the length of a test. At its end the whole database is checked.
func open(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("fluxdb", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		check(t, db)
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

// memory opens a database in memory and runs statements in it.
func memory(t testing.TB, statements ...string) *sql.DB {
	t.Helper()
	db := open(t, ":memory:")
	for _, text := range statements {
		exec(t, db, text)
	}
	return db
}

// check fails the test when documents, indexes and counters disagree.
func check(t testing.TB, db *sql.DB) {
	t.Helper()
	conn, err := db.Conn(context.Background())
	if err != nil {
		if db.Ping() == nil {
			t.Errorf("check: %v", err)
		}
		return // the test closed it
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		report, err := c.(*driver.Conn).DB().Check(context.Background())
		if err != nil {
			return err
		}
		for _, p := range report.Problems {
			t.Errorf("check: %s", p)
		}
		return nil
	})
	if err != nil {
		t.Errorf("check: %v", err)
	}
}

// execer is a sql.DB, Conn or Tx.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// queryer is a sql.DB, Conn or Tx.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func exec(t testing.TB, db execer, text string, args ...any) sql.Result {
	t.Helper()
	res, err := db.ExecContext(context.Background(), text, args...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return res
}

// one returns the only column of the first row.
func one[T any](t testing.TB, db queryer, text string, args ...any) T {
	t.Helper()
	var v T
	if err := db.QueryRowContext(context.Background(), text, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
