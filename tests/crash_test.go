package tests

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/storage/pebble"
	"github.com/fluxdb/fluxdb/storage/pebble/crashtest"
)

// crashPoint is a disk as a crash may have left it, with what was acknowledged by then.
type crashPoint struct {
	disk         *crashtest.Disk
	at           int64
	acknowledged int // steps of the workload
}

// TestCrashAtEveryWriteKeepsCommitsWhole runs a mixed workload on a disk that is cloned, as a
// power failure would leave it, before each of its writes. Every clone must open,
// hold all acknowledged steps and at most one more, and check clean.
func TestCrashAtEveryWriteKeepsCommitsWhole(t *testing.T) {
	every := int64(1)
	if testing.Short() {
		every = 7
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	disk := crashtest.New()
	var (
		mu     sync.Mutex
		points []crashPoint
		done   int
	)
	disk.BeforeWrite = func(n int64) error {
		mu.Lock()
		defer mu.Unlock()
		if n%every == 0 {
			points = append(points, crashPoint{disk.Crash([]int{0, 50, 100}[rng.IntN(3)], rng), n, done})
		}
		return nil
	}
	flux, db := openDisk(t, disk)
	steps := crashWorkload(rand.New(rand.NewPCG(seed, 2)))
	var states []string
	mu.Lock()
	states = append(states, "")
	mu.Unlock()
	for i, step := range steps {
		if _, err := db.Exec(step); err != nil {
			t.Fatalf("step %d %s: %v", i, step, err)
		}
		state := dump(t, db)
		mu.Lock()
		states = append(states, state)
		done = i + 1
		mu.Unlock()
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := flux.Close(); err != nil {
		t.Fatal(err)
	}
	disk.BeforeWrite = nil
	for _, p := range points {
		flux, db := openDisk(t, p.disk)
		checkClean(t, flux)
		got := dump(t, db)
		next := min(p.acknowledged+1, len(steps))
		if got != states[p.acknowledged] && got != states[next] {
			t.Errorf("crash before write %d: %d steps were acknowledged, found neither their state nor the next one's:\n%s\nwant\n%s", p.at, p.acknowledged, got, states[p.acknowledged])
		}
		db.Close()
		flux.Close()
	}
	t.Logf("%d steps, %d crash points", len(steps), len(points))
}

// openDisk opens the database of a disk with a small budget, so that memtables are flushed.
func openDisk(t *testing.T, disk *crashtest.Disk) (*fluxdb.DB, *sql.DB) {
	t.Helper()
	store, err := disk.Open(pebble.Options{Memory: 16 << 20, Cached: engine.CachedKeys()})
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	flux, err := fluxdb.Open("crash", &fluxdb.Options{Store: store})
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	return flux, sql.OpenDB(driver.NewConnector(flux))
}

// crashWorkload is a list of texts, each one transaction.
func crashWorkload(rng *rand.Rand) []string {
	steps := []string{"CREATE COLLECTION c", "CREATE INDEX c_n ON c (n)", "CREATE UNIQUE INDEX c_u ON c (u DESC, n)"}
	for i := range 60 {
		id := rng.IntN(25)
		switch rng.IntN(10) {
		case 0, 1, 2:
			steps = append(steps, fmt.Sprintf("BEGIN; DELETE FROM c WHERE _id = %d; INSERT INTO c VALUES {_id: %d, n: %d, u: 'u%d', pad: '%0200d'}; COMMIT", id, id, rng.IntN(5), id, i))
		case 3:
			steps = append(steps, fmt.Sprintf("UPDATE c SET n = n + 1, more.step = %d WHERE _id < %d", i, id))
		case 4:
			steps = append(steps, fmt.Sprintf("DELETE FROM c WHERE n = %d", rng.IntN(5)))
		case 5:
			steps = append(steps, fmt.Sprintf("UPDATE c UNSET pad WHERE _id > %d", id))
		case 6:
			steps = append(steps, fmt.Sprintf("BEGIN; CREATE COLLECTION d%d; INSERT INTO d%d VALUES {_id: 1}, {_id: 2}; CREATE INDEX d%d_x ON d%d (x); COMMIT", i, i, i, i))
		case 7:
			steps = append(steps, "BEGIN; DROP INDEX c_n; CREATE INDEX c_n ON c (n); COMMIT")
		case 8:
			steps = append(steps, fmt.Sprintf("DROP COLLECTION IF EXISTS d%d", max(i-1, 0)))
		default:
			steps = append(steps, fmt.Sprintf("BEGIN; SAVEPOINT s; DELETE FROM c; ROLLBACK TO s; UPDATE c SET n = %d WHERE _id = %d; COMMIT", rng.IntN(5), id))
		}
		if i == 40 {
			steps = append(steps, "TRUNCATE c")
		}
	}
	return steps
}

// dump prints all documents of all collections; "" before the first one exists.
func dump(t *testing.T, db *sql.DB) string {
	t.Helper()
	text, err := dumped(db)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// dumped is dump where reading may fail.
func dumped(db *sql.DB) (string, error) {
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	rows, err := conn.QueryContext(ctx, "SHOW COLLECTIONS")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name, kind string
		var documents, indexes any
		if err := rows.Scan(&name, &kind, &documents, &indexes); err != nil {
			return "", err
		}
		names = append(names, name)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return "", err
	}
	p := resultPrinter{}
	for _, name := range names {
		fmt.Fprintf(&p.out, "%s: ", name)
		if err := p.query(conn, fmt.Sprintf("SELECT VALUE d FROM %s d ORDER BY _id", name)); err != nil {
			return "", err
		}
	}
	return p.out.String(), nil
}
