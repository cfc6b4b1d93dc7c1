package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/bench/gen"
	"github.com/fluxdb/fluxdb/driver"
)

// What a soak works on. Accounts are users with a balance, of which units are moved from one to another: their
// sum never changes. Each writer has orders, as many as its document of totals says.
const (
	soakUsers   = 50_000
	soakOrders  = 5_000 // of one writer, at most
	soakWriters = 8
	soakReaders = 8
)

// soak is a long run of writers, readers and an index that comes and goes.
type soak struct {
	db             *sql.DB
	flux           *fluxdb.DB
	ids            []string
	writes, reads  atomic.Int64
	builds, checks atomic.Int64
}

// runSoak runs for so long and prints a line every minute: what was done in it, what the process holds,
// what the database says. Readers check what must always hold. In the end the database must check
// clean, and nothing may be left over.
func runSoak(dir string, length time.Duration, memory string) error {
	temporary := filepath.Join(dir, "tmp")
	if err := errors.Join(os.Mkdir(temporary, 0o755), os.Setenv("TMPDIR", temporary)); err != nil {
		return err
	}
	goroutines, files := runtime.NumGoroutine(), openFileCount()
	path, opts, err := fluxdb.ParseDSN("file:" + filepath.Join(dir, "soak") + "?sync=normal&memory=" + memory)
	if err != nil {
		return err
	}
	flux, err := fluxdb.Open(path, &opts)
	if err != nil {
		return err
	}
	s := &soak{flux: flux, db: sql.OpenDB(driver.NewConnector(flux))}
	s.db.SetMaxIdleConns(soakWriters + soakReaders + 1)
	err = s.fill()
	if err == nil {
		err = s.run(length)
	}
	if err == nil {
		err = s.end()
	}
	if err = errors.Join(err, s.db.Close(), flux.Close()); err != nil {
		return err
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > goroutines && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	left, err := os.ReadDir(temporary)
	if n, open := runtime.NumGoroutine(), openFileCount(); err != nil || n > goroutines || open > files || len(left) > 0 {
		return fmt.Errorf("left over: %d goroutines (%d before), %d open files (%d before), temporary files %v, %v", n, goroutines, open, files, left, err)
	}
	fmt.Println("after closing: no goroutine, open file or temporary file is left")
	return nil
}

func openFileCount() int {
	links, _ := os.ReadDir("/proc/self/fd")
	return len(links)
}

func (s *soak) fill() error {
	for _, text := range []string{
		"CREATE COLLECTION users", "CREATE INDEX users_country ON users (country)",
		"CREATE COLLECTION orders", "CREATE INDEX orders_writer ON orders (writer, n)", "CREATE COLLECTION totals",
	} {
		if _, err := s.db.Exec(text); err != nil {
			return err
		}
	}
	err := insertGenerated(s.db, 1, soakUsers, 5_000, func(doc gen.Document) { s.ids = append(s.ids, strings.Clone(doc.ID)) })
	if err != nil {
		return err
	}
	if _, err := s.db.Exec("UPDATE users SET units = 100"); err != nil {
		return err
	}
	for w := range soakWriters {
		if _, err := s.db.Exec("INSERT INTO totals VALUES {_id: ?, first: 0, next: 0}", w); err != nil {
			return err
		}
	}
	return nil
}

func (s *soak) run(length time.Duration) error {
	ctx, stop := context.WithTimeout(context.Background(), length)
	defer stop()
	var wg sync.WaitGroup
	errs := make(chan error, soakWriters+soakReaders+1)
	loop := func(name string, step func(ctx context.Context) error) {
		wg.Go(func() {
			for ctx.Err() == nil {
				// What is cancelled at the end has not failed.
				if err := step(ctx); err != nil && ctx.Err() == nil {
					errs <- fmt.Errorf("%s: %w", name, err)
					stop()
					return
				}
			}
		})
	}
	for w := range soakWriters {
		next := 0
		loop("writer", func(ctx context.Context) error { return s.write(ctx, w, &next) })
	}
	for range soakReaders {
		loop("reader", s.read)
	}
	loop("index", s.index)
	s.watch(ctx)
	wg.Wait()
	close(errs)
	var all error
	for err := range errs {
		all = errors.Join(all, err)
	}
	return all
}

// watch prints a line every minute, or four times a run where that is shorter.
func (s *soak) watch(ctx context.Context) {
	every := time.Minute
	if deadline, _ := ctx.Deadline(); time.Until(deadline) < 4*every {
		every = time.Until(deadline) / 4
	}
	fmt.Printf("%d writers, %d readers, an index built and dropped; a line every %v\n\n", soakWriters, soakReaders, every.Round(time.Second))
	fmt.Println("| elapsed | writes/s | reads/s | indexes built | conflicts | RSS MiB | heap MiB | goroutines | files | spills | stalls | log MiB | disk MiB |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	began := time.Now()
	tick := time.NewTicker(every)
	defer tick.Stop()
	var first, last [2]float64
	var before [3]int64
	for {
		select {
		case <-ctx.Done():
			fmt.Printf("\nwrites/s: %.0f at the start, %.0f at the end; reads/s: %.0f and %.0f; %d sums checked by readers\n", first[0], last[0], first[1], last[1], s.checks.Load())
			return
		case <-tick.C:
		}
		now := [3]int64{s.writes.Load(), s.reads.Load(), s.builds.Load()}
		last = [2]float64{float64(now[0]-before[0]) / every.Seconds(), float64(now[1]-before[1]) / every.Seconds()}
		if before[0] == 0 {
			first = last
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		st := s.flux.Stats()
		rss, _ := residentSizes()
		fmt.Printf("| %v | %.0f | %.0f | %d | %d | %d | %d | %d | %d | %d | %d | %.1f | %.0f |\n", time.Since(began).Round(time.Second), last[0], last[1], now[2]-before[2],
			st.Conflicts, rss>>20, m.HeapInuse>>20, runtime.NumGoroutine(), openFileCount(), st.Spills, st.WriteStalls, mib(st.LogSize), mib(st.DiskSize))
		before = now
	}
}

// write moves units between two accounts, or adds an order and takes away the oldest.
func (s *soak) write(ctx context.Context, writer int, next *int) error {
	for {
		err := s.transaction(ctx, false, func(tx *sql.Tx) error {
			if rand.IntN(2) == 0 {
				n := rand.IntN(10)
				from, to := rand.IntN(len(s.ids)), rand.IntN(len(s.ids))
				for id, units := range map[int]int{from: -n, to: n} {
					if from == to {
						units = 0
					}
					if _, err := tx.ExecContext(ctx, "UPDATE users SET units = units + ? WHERE _id = ?", units, s.ids[id]); err != nil {
						return err
					}
				}
				return nil
			}
			_, err := tx.ExecContext(ctx, "INSERT INTO orders VALUES {writer: ?, n: ?, text: ?}", writer, *next, s.ids[rand.IntN(len(s.ids))])
			if err != nil {
				return err
			}
			first := max(0, *next+1-soakOrders)
			if first > 0 {
				if _, err := tx.ExecContext(ctx, "DELETE FROM orders WHERE writer = ? AND n < ?", writer, first); err != nil {
					return err
				}
			}
			if _, err := tx.ExecContext(ctx, "UPDATE totals SET first = ?, next = ? WHERE _id = ?", first, *next+1, writer); err != nil {
				return err
			}
			*next++
			return nil
		})
		if errors.Is(err, fluxdb.ErrConflict) {
			// Also where it was an order: its number is used again.
			var committed int
			if err := s.db.QueryRowContext(ctx, "SELECT next FROM totals WHERE _id = ?", writer).Scan(&committed); err != nil {
				return err
			}
			*next = committed
			continue
		}
		if err == nil {
			s.writes.Add(1)
		}
		return err
	}
}

func (s *soak) transaction(ctx context.Context, readOnly bool, fn func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: readOnly})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// read runs one of some queries, mostly small ones, and now and then checks what must hold.
func (s *soak) read(ctx context.Context) error {
	s.reads.Add(1)
	switch n := rand.IntN(1000); {
	case n < 800:
		var doc sql.RawBytes
		rows, err := s.db.QueryContext(ctx, "SELECT VALUE u FROM users u WHERE _id = ?", s.ids[rand.IntN(len(s.ids))])
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(&doc); err != nil {
				return err
			}
		}
		return rows.Err()
	case n < 980: // read in part
		rows, err := s.db.QueryContext(ctx, "SELECT * FROM orders WHERE writer = ? ORDER BY n DESC LIMIT 20", rand.IntN(soakWriters))
		if err != nil {
			return err
		}
		for range rand.IntN(20) {
			rows.Next()
		}
		return errors.Join(rows.Err(), rows.Close())
	case n < 982:
		_, err := s.rows(ctx, "SELECT bio, COUNT(*) FROM users GROUP BY bio ORDER BY bio")
		return err
	case n < 990:
		var units, count int
		if err := s.db.QueryRowContext(ctx, "SELECT SUM(units), COUNT(*) FROM users").Scan(&units, &count); err != nil {
			return err
		}
		if s.checks.Add(1); units != 100*soakUsers || count != soakUsers {
			return fmt.Errorf("%d units in %d accounts, want %d in %d", units, count, 100*soakUsers, soakUsers)
		}
		return nil
	}
	return s.transaction(ctx, true, func(tx *sql.Tx) error {
		var orders, total, least, first int
		writer := rand.IntN(soakWriters)
		err := tx.QueryRowContext(ctx, "SELECT next - first, first FROM totals WHERE _id = ?", writer).Scan(&total, &first)
		if err == nil {
			err = tx.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(MIN(n), 0) FROM orders WHERE writer = ?", writer).Scan(&orders, &least)
		}
		if s.checks.Add(1); err == nil && (orders != total || least != first) {
			return fmt.Errorf("writer %d has %d orders from %d, its totals say %d from %d", writer, orders, least, total, first)
		}
		return err
	})
}

func (s *soak) rows(ctx context.Context, query string) (int, error) {
	rows, err := s.db.QueryContext(ctx, query)
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

// index builds an index, compares what it finds with what the accounts say, and drops it.
func (s *soak) index(ctx context.Context) error {
	if _, err := s.db.ExecContext(ctx, "CREATE INDEX users_units ON users (units)"); err != nil {
		return err
	}
	var units int
	if err := s.db.QueryRowContext(ctx, "SELECT SUM(units) FROM users WHERE units > -1000000").Scan(&units); err != nil {
		return err
	}
	if s.checks.Add(1); units != 100*soakUsers {
		return fmt.Errorf("%d units by the new index, want %d", units, 100*soakUsers)
	}
	s.builds.Add(1)
	_, err := s.db.ExecContext(ctx, "DROP INDEX users_units")
	return err
}

// end checks the database, and that nothing is in use.
func (s *soak) end() error {
	s.db.SetMaxIdleConns(-1)
	st := s.flux.Stats()
	fmt.Printf("%d commits, %d conflicts, %.1f commits a sync, %d flushes, %d compactions, %d write stalls (%v), %d spills (%.0f MiB)\n",
		st.Commits, st.Conflicts, st.CommitsPerSync, st.Flushes, st.Compactions, st.WriteStalls, st.WriteStallTime.Round(time.Millisecond), st.Spills, mib(int64(st.SpilledSize)))
	for _, share := range st.Memory {
		fmt.Printf("%s %.1f of %.1f MiB; ", share.Name, mib(share.Used), mib(share.Limit))
	}
	_, peak := residentSizes()
	fmt.Printf("peak RSS %d MiB\n", peak>>20)
	if open := st.ReadTransactions + st.WriteTransactions + st.Iterators + st.Rows + st.Sessions + st.TempFiles; open > 0 || st.OldestAge > 0 {
		return fmt.Errorf("left open: %d transactions, %d iterators, %d results, %d sessions, %d temporary files, snapshot of %v",
			st.ReadTransactions+st.WriteTransactions, st.Iterators, st.Rows, st.Sessions, st.TempFiles, st.OldestAge)
	}
	report, err := s.flux.Check(context.Background())
	if err != nil {
		return err
	}
	fmt.Printf("check: %d documents, %d index entries, %d problems\n", report.Documents, report.IndexEntries, len(report.Problems))
	if len(report.Problems) > 0 {
		return fmt.Errorf("check: %v", report.Problems)
	}
	return nil
}
