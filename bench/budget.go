package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/bench/gen"
	"github.com/fluxdb/fluxdb/driver"
)

// budgetWorks are what must finish within a small memory budget beside the rows of the table: each
// would need several times of it if it kept its rows in memory.
var budgetWorks = []work{
	drains("GROUP BY, a group a document", `SELECT email, COUNT(*) AS n, AVG(balance) FROM users GROUP BY email`),
	drains("ORDER BY without an index, one field", `SELECT email FROM users ORDER BY bio`),
	drains("ORDER BY without an index, whole documents", `SELECT VALUE u FROM users u ORDER BY bio`),
	drains("window functions over one partition", `SELECT email, LAG(bio) OVER (ORDER BY bio), SUM(balance) OVER (ORDER BY bio ROWS 100000 PRECEDING) FROM users`),
	drains("SELECT DISTINCT, all different", `SELECT DISTINCT email FROM users`),
	drains("IN a subquery, beside another condition", `SELECT COUNT(*) FROM users WHERE age < 0 OR email IN (SELECT email FROM users)`),
	drains("WITH RECURSIVE, all rows different", `WITH RECURSIVE r(n, t) AS (SELECT 1, '' UNION SELECT n % 500000 + 1, 'a text of some length ' || n FROM r) SELECT COUNT(*) FROM r`),
	{"8 groupings at once", perSecond, func(d *database, in *input) (int, error) {
		return atOnce(8, func(int) (int, error) {
			return drain(d.DB, `SELECT bio, COUNT(*) AS n FROM users GROUP BY bio ORDER BY n, bio`)
		})
	}},
	{"16 transactions of 5,000 documents at once", perSecond, func(d *database, in *input) (int, error) {
		return atOnce(16, func(i int) (int, error) {
			// A transaction that went through temporary files is checked by ranges and may lose to the others.
			for {
				if err := insertGenerated(d.DB, uint64(i+2), 5_000, 5_000, nil); !errors.Is(err, fluxdb.ErrConflict) {
					return 5_000, err
				}
			}
		})
	}},
	{"one transaction of 200,000 documents", perSecond, func(d *database, _ *input) (int, error) {
		return 200_000, insertGenerated(d.DB, 100, 200_000, 200_000, nil)
	}},
}

func drains(name, query string) work {
	return work{name, perSecond, func(d *database, _ *input) (int, error) { return drain(d.DB, query) }}
}

// sampled is how many ids the works choose from: the documents themselves are generated as they are
// inserted, so that they do not count.
const sampled = 10_000

// runBudget runs FluxDB alone with a memory budget, through every work of the table and those that would
// need much memory. It prints the time of each, the resident size of the process and its peak, and
// what the database says it holds. It fails when the peak is over three times the budget.
func runBudget(dir string, n int, loop time.Duration, memory string) error {
	path, opts, err := fluxdb.ParseDSN("file:" + filepath.Join(dir, "flux") + "?sync=normal&memory=" + memory)
	if err != nil {
		return err
	}
	flux, err := fluxdb.Open(path, &opts)
	if err != nil {
		return err
	}
	defer flux.Close()
	d := &database{target: &fluxdbTarget, DB: sql.OpenDB(driver.NewConnector(flux)), dir: dir}
	defer d.DB.Close()
	d.SetMaxIdleConns(16)
	if err := d.run("create"); err != nil {
		return err
	}
	in := &input{loop: loop}
	works := []work{{"insert in transactions of 10,000", perSecond, func(d *database, in *input) (int, error) {
		return n, insertGenerated(d.DB, 1, n, 10_000, func(doc gen.Document) {
			if len(in.docs) < sampled {
				in.docs = append(in.docs, gen.Document{ID: strings.Clone(doc.ID)})
			}
		})
	}}}
	for _, index := range []string{"index group", "index age", "index email", "index city"} {
		works = append(works, work{"CREATE INDEX, " + strings.TrimPrefix(index, "index "), millisecond,
			func(d *database, _ *input) (int, error) { return n, d.run(index) }})
	}
	works = append(works, readWorks...)
	works = append(works, budgetWorks...)
	works = append(works, changeWorks...)

	fmt.Printf("%d documents, memory=%s, GOMAXPROCS %d; MiB\n\n| work | units | seconds | RSS | peak |", n, memory, runtime.GOMAXPROCS(0))
	columns := flux.Stats().Memory
	for _, share := range columns {
		fmt.Printf(" %s |", share.Name)
	}
	fmt.Printf("\n|---|---|---|---|---|%s\n", strings.Repeat("---|", len(columns)))
	for _, w := range works {
		began := time.Now()
		units, err := w.run(d, in)
		took := time.Since(began).Seconds()
		done := fmt.Sprint(units)
		if errors.Is(err, fluxdb.ErrTxTooLarge) {
			done, err = "too large", nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		rss, peak := residentSizes()
		fmt.Printf("| %s | %s | %.1f | %d | %d |", w.name, done, took, rss>>20, peak>>20)
		for _, share := range flux.Stats().Memory {
			fmt.Printf(" %.1f of %.1f |", mib(share.Used), mib(share.Limit))
		}
		fmt.Println()
	}
	st := flux.Stats()
	fmt.Printf("\n%d commits, %d conflicts, %d flushes, %d compactions, %d stalls of %v together, %d spills of %.0f MiB, log %.1f MiB, disk %.0f MiB\n",
		st.Commits, st.Conflicts, st.Flushes, st.Compactions, st.WriteStalls, st.WriteStallTime.Round(time.Millisecond),
		st.Spills, mib(int64(st.SpilledSize)), mib(st.LogSize), mib(st.DiskSize))
	if _, peak := residentSizes(); peak > 3*opts.Memory {
		return fmt.Errorf("the process held up to %d MiB with a budget of %d", peak>>20, opts.Memory>>20)
	}
	return nil
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

// atOnce runs n of a work at the same time and adds their units.
func atOnce(n int, run func(i int) (int, error)) (int, error) {
	var wg sync.WaitGroup
	units, errs := make([]int, n), make([]error, n)
	for i := range n {
		wg.Go(func() { units[i], errs[i] = run(i) })
	}
	wg.Wait()
	total := 0
	for _, u := range units {
		total += u
	}
	return total, errors.Join(errs...)
}

// insertGenerated inserts the first n documents of a seed in transactions of so many, and shows each to see.
func insertGenerated(db *sql.DB, seed uint64, n, each int, see func(gen.Document)) error {
	g := gen.New(seed)
	insert := func(count int) error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		defer tx.Rollback()
		stmt, err := tx.Prepare("INSERT INTO users VALUES (?)")
		if err != nil {
			return err
		}
		defer stmt.Close()
		for range count {
			doc := g.Next()
			if see != nil {
				see(doc)
			}
			if _, err := stmt.Exec(doc.JSON); err != nil {
				return err
			}
		}
		return tx.Commit()
	}
	for done := 0; done < n; done += each {
		if err := insert(min(each, n-done)); err != nil {
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

// residentSizes returns the process's resident size and its peak in bytes, 0 where the system does not tell.
func residentSizes() (now, peak int64) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	for _, line := range strings.Split(string(text), "\n") {
		var kib int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			peak = kib << 10
		}
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); err == nil {
			now = kib << 10
		}
	}
	return now, peak
}
