package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/fluxdb/fluxdb/bench/gen"
)

// budgetWorks are what must finish within a small memory budget: each would
// need several times of it if it kept its rows in memory.
var budgetWorks = []struct{ name, sql string }{
	{"GROUP BY, a group a document", `SELECT email, COUNT(*) AS n, AVG(balance) FROM users GROUP BY email`},
	{"ORDER BY without an index, one field", `SELECT email FROM users ORDER BY bio`},
	{"ORDER BY without an index, whole documents", `SELECT VALUE u FROM users u ORDER BY bio`},
	{"SELECT DISTINCT, all different", `SELECT DISTINCT email FROM users`},
	{"CREATE INDEX", `CREATE INDEX users_email ON users (email)`},
}

// runBudget runs FluxDB alone with a memory budget and prints the time of each work and the
// peak of the process. The documents are generated as they are inserted, so that they do not count.
func runBudget(dir string, n int, memory string) error {
	db, err := sql.Open("fluxdb", "file:"+filepath.Join(dir, "flux")+"?sync=normal&memory="+memory)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Exec("CREATE COLLECTION users"); err != nil {
		return err
	}
	fmt.Printf("%d documents, memory=%s, GOMAXPROCS %d\n\n| work | rows | seconds | peak RSS MiB |\n|---|---|---|---|\n", n, memory, runtime.GOMAXPROCS(0))
	began := time.Now()
	if err := insertGenerated(db, n); err != nil {
		return err
	}
	row := func(name string, rows int, began time.Time) error {
		peak, err := peakRSS()
		fmt.Printf("| %s | %d | %.1f | %s |\n", name, rows, time.Since(began).Seconds(), peak)
		return err
	}
	if err := row("insert in transactions of 10,000", n, began); err != nil {
		return err
	}
	debug.FreeOSMemory()
	for _, w := range budgetWorks {
		began := time.Now()
		rows, err := drain(db, w.sql)
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		if err := row(w.name, rows, began); err != nil {
			return err
		}
	}
	return nil
}

func insertGenerated(db *sql.DB, n int) error {
	g := gen.New(1)
	for done := 0; done < n; {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		defer tx.Rollback()
		stmt, err := tx.Prepare("INSERT INTO users VALUES (?)")
		if err != nil {
			return err
		}
		for range min(10_000, n-done) {
			if _, err := stmt.Exec(g.Next().JSON); err != nil {
				return err
			}
			done++
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	return nil
}

func drain(db *sql.DB, query string) (int, error) {
	rows, err := db.Query(query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

// peakRSS returns the process's greatest resident size in MiB, where the system tells.
func peakRSS() (string, error) {
	text, err := os.ReadFile("/proc/self/status")
	if os.IsNotExist(err) {
		return "unknown", nil
	}
	if err != nil {
		return "", err
	}
	for _, line := range strings.Split(string(text), "\n") {
		var kib int
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return fmt.Sprint(kib >> 10), nil
		}
	}
	return "unknown", nil
}
