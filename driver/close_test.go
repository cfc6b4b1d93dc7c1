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

// TestCloseEndsRowsMadeAhead closes the database while goroutines read collections that are large enough for their rows to be
// made ahead: each row is right, and nothing is left behind.
func TestCloseEndsRowsMadeAhead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	db := large(t, path, 6000)
	var wg sync.WaitGroup
	started := make(chan struct{}, 6)
	for range 3 {
		wg.Go(func() {
			defer func() { started <- struct{}{} }() // in case the first rows were not read
			for first := true; ; first = false {
				rows, err := db.Query(`SELECT VALUE c FROM c`)
				if err != nil {
					return
				}
				n := 0
				var doc sql.RawBytes
				for rows.Next() && rows.Scan(&doc) == nil {
					if want := largeDocument(n); string(doc) != want {
						t.Errorf("row %d is %s, expected %s", n, doc, want)
					}
					if n++; n == 4000 && first {
						started <- struct{}{}
					}
				}
				err = rows.Err()
				rows.Close()
				if err != nil {
					return
				}
			}
		})
	}
	for range 3 {
		<-started
	}
	if err := db.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	wg.Wait()
}

// large returns a database with a collection of n documents.
func large(t testing.TB, path string, n int) *sql.DB {
	t.Helper()
	db, err := sql.Open("fluxdb", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	exec(t, db, `CREATE COLLECTION c`)
	tx := begin(t, db, nil)
	for i := range n {
		exec(t, tx, `INSERT INTO c VALUES (?)`, largeDocument(i))
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return db
}

func largeDocument(i int) string {
	return fmt.Sprintf(`{"_id":%d,"name":"Ann %d","address":{"city":"Rome","floors":[%d,2]}}`, i, i, i%7)
}

// TestRowsMadeAheadAreTheDocuments reads all documents in several forms, also only the first of them.
func TestRowsMadeAheadAreTheDocuments(t *testing.T) {
	db := large(t, filepath.Join(t.TempDir(), "db"), 6000)
	for _, stop := range []int{1, 2048, 2049, 3000, 6000} {
		rows, err := db.Query(`SELECT _id, c.address, name FROM c WHERE _id % 7 < 6`)
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for ; at < stop && rows.Next(); at++ {
			var id int
			var address, name string
			if at%7 == 6 {
				at++
			}
			if err := rows.Scan(&id, &address, &name); err != nil {
				t.Fatal(err)
			}
			if id != at || name != fmt.Sprint("Ann ", at) || address != fmt.Sprintf(`{"city":"Rome","floors":[%d,2]}`, at%7) {
				t.Fatalf("row %d is %d, %s, %s", at, id, address, name)
			}
		}
		if err := rows.Err(); err != nil || stop == 6000 && at != 6000 {
			t.Errorf("%d rows, error %v", at, err)
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
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
