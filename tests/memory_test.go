//go:build linux && !race

package tests

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "github.com/fluxdb/fluxdb/driver"
)

// memoryEnv makes the test binary a child that works on a database at its value with memoryBudget.
const memoryEnv = "FLUXDB_TEST_MEMORY_CHILD"

const (
	memoryBudget    = 48 << 20
	memoryDocuments = 50_000 // of half a kilobyte
)

func init() { children[memoryEnv] = workWithinBudget }

// TestProcessStaysWithinThreeTimesItsBudget runs work that would need several times the budget if it were
// kept in memory, much of it at the same time, in a process of its own.
func TestProcessStaysWithinThreeTimesItsBudget(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), memoryEnv+"="+filepath.Join(t.TempDir(), "db"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var peak int
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if _, err := fmt.Sscanf(lines[len(lines)-1], "VmHWM: %d kB", &peak); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("\n%s", out)
	if peak<<10 > 3*memoryBudget {
		t.Errorf("the process held up to %d MiB with a budget of %d", peak>>10, memoryBudget>>20)
	}
}

// workWithinBudget prints the peak of the process after each step.
func workWithinBudget(path string) error {
	db, err := sql.Open("fluxdb", fmt.Sprintf("file:%s?sync=off&memory=%dMB", path, memoryBudget>>20))
	if err != nil {
		return err
	}
	defer db.Close()
	drain := func(query string, args ...any) error {
		rows, err := db.Query(query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
		}
		return rows.Err()
	}
	atOnce := func(n int, fn func(i int) error) func() error {
		return func() error {
			var wg sync.WaitGroup
			errs := make([]error, n)
			for i := range n {
				wg.Go(func() { errs[i] = fn(i) })
			}
			wg.Wait()
			return errors.Join(errs...)
		}
	}
	insert := func(first, n int) error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		defer tx.Rollback()
		stmt, err := tx.Prepare("INSERT INTO c VALUES {_id: ?, k: ?, city: ?, pad: ?}")
		if err != nil {
			return err
		}
		defer stmt.Close()
		pad := strings.Repeat("p", 450)
		for i := first; i < first+n; i++ {
			if _, err := stmt.Exec(i, i%1000, fmt.Sprint("city", i*7919%memoryDocuments), pad); err != nil {
				return err
			}
		}
		return tx.Commit()
	}
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"create", func() error { return drain("CREATE COLLECTION c; CREATE INDEX c_k ON c (k)") }},
		{"insert", func() error {
			for at := 0; at < memoryDocuments; at += 4000 {
				if err := insert(at, 4000); err != nil {
					return err
				}
			}
			return nil
		}},
		{"build an index", func() error { return drain("CREATE INDEX c_city ON c (city)") }},
		{"8 sorts at once", atOnce(8, func(int) error { return drain("SELECT VALUE c FROM c ORDER BY city DESC, pad") })},
		{"8 groupings at once", atOnce(8, func(int) error { return drain("SELECT pad || city, COUNT(*) FROM c GROUP BY pad || city") })},
		{"8 DISTINCTs at once", atOnce(8, func(int) error { return drain("SELECT DISTINCT pad, city FROM c") })},
		{"8 sets of IN at once", atOnce(8, func(int) error {
			return drain("SELECT COUNT(*) FROM c WHERE k < 0 OR pad || city IN (SELECT pad || city FROM c)")
		})},
		{"8 recursions at once", atOnce(8, func(int) error {
			return drain("WITH RECURSIVE r(n, t) AS (SELECT 1, '' UNION SELECT n % 20000 + 1, REPEAT('a text of some length ', 50) || n FROM r) SELECT COUNT(*) FROM r")
		})},
		{"64 index scans at once", atOnce(64, func(i int) error { return drain("SELECT * FROM c WHERE k >= ? AND k < ?", i*10, i*10+60) })},
		{"many texts", func() error {
			for i := range 5000 {
				if err := drain(fmt.Sprintf("SELECT %d + k AS a%d FROM c WHERE _id = %d", i, i, i)); err != nil {
					return err
				}
			}
			return nil
		}},
		{"8 transactions at once", atOnce(8, func(i int) error { return insert(1_000_000+i*1000, 500) })},
		{"RETURNING everything", func() error { return drain("UPDATE c SET n = 1 WHERE k < 100 RETURNING *") }},
	} {
		if err := step.run(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			return err
		}
		at := strings.Index(string(status), "VmHWM:")
		line, _, _ := strings.Cut(string(status[at:]), "\n")
		fmt.Printf("%s:\n%s\n", step.name, line)
	}
	return nil
}
