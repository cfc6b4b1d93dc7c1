package tests

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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
// power failure would leave it, before its writes. Every clone must open, check clean and hold all
// acknowledged steps and at most one more; with sync=normal or off, which lose the newest, those up to some step.
func TestCrashAtEveryWriteKeepsCommitsWhole(t *testing.T) {
	for _, tt := range []struct {
		level pebble.SyncLevel
		every int64
	}{{pebble.SyncFull, campaign[int64](4, 1, 1)}, {pebble.SyncNormal, campaign[int64](16, 4, 1)}, {pebble.SyncOff, campaign[int64](16, 4, 1)}} {
		crashEverywhere(t, tt.level, tt.every)
	}
}

func crashEverywhere(t *testing.T, level pebble.SyncLevel, every int64) {
	if testing.Short() {
		every *= 3
	}
	seed := rand.Uint64()
	t.Logf("sync %d: seed %d", level, seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	disk := crashtest.New()
	var (
		mu     sync.Mutex
		points []crashPoint
		done   int
	)
	disk.BeforeWrite(func(n int64) error {
		mu.Lock()
		defer mu.Unlock()
		if n%every == 0 {
			points = append(points, crashPoint{powerFailure(disk, rng), n, done})
		}
		return nil
	})
	flux, db, err := openFaulty(disk, level)
	if err != nil {
		t.Fatal(err)
	}
	steps := faultWorkload(rand.New(rand.NewPCG(seed, 2)))
	states := []string{""}
	for i, step := range steps {
		if _, err := db.Exec(step); err != nil {
			t.Fatalf("step %d %.200s: %v", i, step, err)
		}
		states = append(states, dump(t, db))
		mu.Lock()
		done = i + 1
		mu.Unlock()
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := flux.Close(); err != nil {
		t.Fatal(err)
	}
	disk.BeforeWrite(nil)
	for _, p := range points {
		flux, db, err := openFaulty(p.disk, level)
		if err != nil {
			t.Errorf("sync %d: crash before write %d: %v", level, p.at, err)
			continue
		}
		checkClean(t, flux)
		got := dump(t, db)
		from, to := p.acknowledged, min(p.acknowledged+1, len(steps))
		if level != pebble.SyncFull {
			from = 0
		}
		if !slices.Contains(states[from:to+1], got) {
			t.Errorf("sync %d: crash before write %d: %d steps were acknowledged, found no state it may have:\n%.500s", level, p.at, p.acknowledged, got)
		}
		db.Close()
		flux.Close()
	}
	t.Logf("sync %d: %d steps, %d crashes, 0 lost", level, len(steps), len(points))
}

// powerFailure returns the disk as a power failure may leave it, with whole pages or torn ones.
func powerFailure(disk *crashtest.Disk, rng *rand.Rand) *crashtest.Disk {
	percent := []int{0, 50, 90, 100}[rng.IntN(4)]
	if rng.IntN(2) == 0 {
		return disk.Torn(percent, rng)
	}
	return disk.Crash(percent, rng)
}

// TestCrashWhileAnIndexIsBuilt beside the writers of the collection: after each crash the index is
// there, and complete, or it is not, and can be built again.
func TestCrashWhileAnIndexIsBuilt(t *testing.T) {
	const documents = 10_050 // more than are indexed in one transaction
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	disk := crashtest.New()
	flux, db := openDisk(t, disk)
	values := make([]string, documents)
	for i := range values {
		values[i] = fmt.Sprintf("{_id: %d, n: %d}", i, i%100)
	}
	mustExec(t, db, "CREATE COLLECTION c; INSERT INTO c VALUES "+strings.Join(values, ", "))
	most, seen, built := campaign(8, 60, 1000), 0, false
	var mu sync.Mutex // guards those and the points
	var points []*crashtest.Disk
	disk.BeforeWrite(func(int64) error {
		mu.Lock()
		defer mu.Unlock()
		if built {
			return nil
		}
		seen++ // every write has the same chance to be among the crashes
		if i := rng.IntN(seen); len(points) < most {
			points = append(points, powerFailure(disk, rng))
		} else if i < most {
			points[i] = powerFailure(disk, rng)
		}
		return nil
	})
	done := make(chan error)
	go func() {
		_, err := db.Exec("CREATE INDEX c_n ON c (n)")
		mu.Lock()
		built = true
		mu.Unlock()
		done <- err
	}()
	building := true
	for i := 0; building; i++ {
		// It may lose to the commits of the build, and then runs again.
		for err := fluxdb.ErrConflict; err != nil; {
			_, err = db.Exec(fmt.Sprintf("BEGIN; UPDATE c SET n = n + 1 WHERE _id = %d; DELETE FROM c WHERE _id = %d; INSERT INTO c VALUES {_id: %d, n: 7}; COMMIT", i, i+5000, i+5000))
			if err != nil && !errors.Is(err, fluxdb.ErrConflict) {
				t.Fatal(err)
			}
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			building = false
		default:
		}
	}
	db.Close()
	if err := flux.Close(); err != nil {
		t.Fatal(err)
	}
	disk.BeforeWrite(nil)
	ready := 0
	for i, p := range append(points, disk) {
		flux, db := openDisk(t, p)
		checkClean(t, flux)
		var n int
		if err := db.QueryRow("SELECT COUNT(*) FROM c").Scan(&n); err != nil || n != documents {
			t.Errorf("crash %d: %d documents, %v", i, n, err)
		}
		if _, err := db.Exec("CREATE INDEX c_n ON c (n)"); errors.Is(err, fluxdb.ErrIndexExists) {
			ready++
		} else if err != nil {
			t.Errorf("crash %d: building it again: %v", i, err)
		}
		checkClean(t, flux)
		db.Close()
		flux.Close()
	}
	if ready == 0 {
		t.Error("nobody found the index")
	}
	t.Logf("%d crashes among %d writes, %d with the index, 0 lost", len(points), seen, ready)
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
