package driver_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
)

// TestCloseEndsWhatIsRunning closes the database while other goroutines read and write: each gets
// rows that are right or an error, and Close returns.
func TestCloseEndsWhatIsRunning(t *testing.T) {
	for round := range 5 {
		path := filepath.Join(t.TempDir(), fmt.Sprint("db", round))
		db, err := sql.Open("fluxdb", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("CREATE COLLECTION c"); err != nil {
			t.Fatal(err)
		}
		for i := range 500 {
			if _, err := db.Exec("INSERT INTO c VALUES {_id: ?, text: 'the same for all', raw: x'00ff'}", i); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		started := make(chan struct{}, 4)
		for w := range 4 {
			wg.Go(func() {
				started <- struct{}{}
				for {
					if err := readAll(db, w); err != nil {
						return
					}
				}
			})
		}
		for range cap(started) {
			<-started
		}
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		wg.Wait()
		flux, err := fluxdb.Open(path, nil)
		if err != nil {
			t.Fatalf("open again: %v", err)
		}
		if report, err := flux.Check(t.Context()); err != nil || len(report.Problems) > 0 {
			t.Errorf("check: %v, %v", report, err)
		}
		flux.Close()
	}
}

func readAll(db *sql.DB, w int) error {
	if w == 0 {
		_, err := db.Exec("UPDATE c SET n = ? WHERE _id < 10", w)
		return err
	}
	rows, err := db.Query("SELECT text, raw FROM c")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var raw sql.RawBytes
		if err := rows.Scan(&text, &raw); err != nil {
			return err
		}
		if text != "the same for all" || string(raw) != "\x00\xff" {
			panic(fmt.Sprintf("read %q, %x", text, raw))
		}
	}
	return rows.Err()
}

// TestCloseEndsChecksAndIndexBuilds closes the database while it is checked and an index is built.
func TestCloseEndsChecksAndIndexBuilds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	flux, err := fluxdb.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(driver.NewConnector(flux))
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("CREATE COLLECTION c"); err != nil {
		t.Fatal(err)
	}
	for i := range 12_000 { // more than one transaction indexes
		if _, err := tx.Exec("INSERT INTO c VALUES (?)", map[string]any{"_id": i, "n": i % 7}); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				if _, err := flux.Check(t.Context()); err != nil {
					if !errors.Is(err, fluxdb.ErrClosed) {
						t.Errorf("check: %v", err)
					}
					return
				}
			}
		})
	}
	built := make(chan struct{})
	wg.Go(func() {
		defer close(built)
		if _, err := db.Exec("CREATE INDEX c_n ON c (n)"); err != nil {
			t.Errorf("create index: %v", err)
		}
	})
	<-built
	wg.Go(func() {
		if _, err := db.Exec("CREATE INDEX c_n2 ON c (n, _id)"); err != nil && !errors.Is(err, fluxdb.ErrClosed) {
			t.Errorf("create index: %v", err)
		}
	})
	if err := flux.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	wg.Wait()
	again, err := fluxdb.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if report, err := again.Check(t.Context()); err != nil || len(report.Problems) > 0 {
		t.Errorf("check: %v, %v", report, err)
	}
}

// TestRowsOutlivingTheDatabaseFail reads on after Close.
func TestRowsOutlivingTheDatabaseFail(t *testing.T) {
	db, err := sql.Open("fluxdb", fluxdb.MemoryPath)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE COLLECTION c; INSERT INTO c VALUES {_id: 1}, {_id: 2}"); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query("SELECT _id FROM c")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if rows.Next() || rows.Err() == nil {
		t.Errorf("a row after Close, error %v", rows.Err())
	}
	if err := db.Ping(); !errors.Is(err, fluxdb.ErrClosed) && err == nil {
		t.Errorf("Ping after Close: %v", err)
	}
}
