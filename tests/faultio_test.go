package tests

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
	"github.com/fluxdb/fluxdb/storage/pebble"
	"github.com/fluxdb/fluxdb/storage/pebble/crashtest"
)

// faultWorkload is crashWorkload with what writes much at a time: a large transaction, indexes
// built on it, and what gives it up.
func faultWorkload(rng *rand.Rand) []string {
	large := "BEGIN; CREATE COLLECTION l"
	for i := range 300 {
		large += fmt.Sprintf("; INSERT INTO l VALUES {_id: %d, n: %d, pad: '%0300d'}", i, i%17, i)
	}
	large += fmt.Sprintf("; INSERT INTO l VALUES {_id: 'large', body: '%s'}; COMMIT", strings.Repeat("0123456789abcdef", 2000))
	steps := crashWorkload(rng)
	return append(append(steps[:10:10], large, "CREATE INDEX l_n ON l (n)", "UPDATE l SET n = n + 1", "CREATE UNIQUE INDEX l_pad ON l (pad)",
		"DROP INDEX l_n", "DELETE FROM l WHERE n < 9", "TRUNCATE l", "DROP COLLECTION l"), steps[10:]...)
}

// openFaulty opens the database of a disk that may fail.
func openFaulty(disk *crashtest.Disk, level pebble.SyncLevel) (*fluxdb.DB, *sql.DB, error) {
	store, err := disk.Open(pebble.Options{Memory: 16 << 20, Sync: level})
	if err != nil {
		return nil, nil, err
	}
	flux, err := fluxdb.Open("faulty", &fluxdb.Options{Store: store})
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return flux, sql.OpenDB(driver.NewConnector(flux)), nil
}

// statesOf runs a workload on a sound disk and returns the state before and after each step, and
// how many writes there were.
func statesOf(t *testing.T, steps []string) (states []string, writes int64) {
	t.Helper()
	disk := crashtest.New()
	flux, db, err := openFaulty(disk, pebble.SyncFull)
	if err != nil {
		t.Fatal(err)
	}
	states = append(states, "")
	for i, step := range steps {
		if _, err := db.Exec(step); err != nil {
			t.Fatalf("step %d %.200s: %v", i, step, err)
		}
		states = append(states, dump(t, db))
	}
	db.Close()
	if err := flux.Close(); err != nil {
		t.Fatal(err)
	}
	return states, disk.Writes()
}

// TestEveryWriteThatFailsEndsInATypedError lets each write, sync, rename, removal and creation of a
// workload fail in turn, once or from then on. Every statement from then on succeeds or says why; the
// database opened again, also after a power failure, checks clean and holds all that was acknowledged.
func TestEveryWriteThatFailsEndsInATypedError(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	steps := faultWorkload(rand.New(rand.NewPCG(seed, 2)))
	states, writes := statesOf(t, steps)
	rng := rand.New(rand.NewPCG(seed, 4))
	for _, tt := range []struct {
		name  string
		err   error
		again bool // also what follows fails
		level pebble.SyncLevel
	}{
		{"one input/output error", syscall.EIO, false, pebble.SyncFull},
		{"input/output errors", syscall.EIO, true, pebble.SyncFull},
		{"no space", syscall.ENOSPC, true, pebble.SyncFull},
		{"no space, sync normal", syscall.ENOSPC, true, pebble.SyncNormal},
		{"no handles for a moment", syscall.EMFILE, false, pebble.SyncFull},
	} {
		runs, undecided := 0, 0
		step := max(1, writes/campaign[int64](6, 40, 1<<40))
		for n := 1 + rng.Int64N(step); n <= writes; n += step {
			what := fmt.Sprintf("%s at write %d", tt.name, n)
			disk := crashtest.New()
			disk.BeforeWrite(func(i int64) error {
				if i == n || tt.again && i > n {
					return fmt.Errorf("injected: %w", tt.err)
				}
				return nil
			})
			acknowledged, failed := runFaulty(t, disk, tt.level, tt.err, steps, states, what)
			disk.BeforeWrite(nil)
			runs++
			if failed {
				undecided++
			}
			after := []*crashtest.Disk{disk}
			if tt.level == pebble.SyncFull {
				after = append(after, disk.Torn(50, rng), disk.Crash(50, rng))
			}
			for _, d := range after {
				verifyFaulty(t, d, tt.level, steps, states, acknowledged, what)
			}
			if t.Failed() {
				return
			}
		}
		t.Logf("%s: %d injected, %d ended in an error, 0 lost", tt.name, runs, undecided)
	}
}

// runFaulty runs the steps until one fails and returns how many were acknowledged.
func runFaulty(t *testing.T, disk *crashtest.Disk, level pebble.SyncLevel, cause error, steps, states []string, what string) (acknowledged int, failed bool) {
	t.Helper()
	flux, db, err := openFaulty(disk, level)
	if err != nil {
		if !errors.Is(err, cause) && !errors.Is(err, fluxdb.ErrUndecided) {
			t.Errorf("%s: open: %v", what, err)
		}
		return 0, true
	}
	for i, step := range steps {
		_, err := db.Exec(step)
		if err == nil {
			if failed {
				t.Errorf("%s: step %d succeeds after another did not: %.100s", what, i, step)
			}
			acknowledged = i + 1
			continue
		}
		if !failed && !errors.Is(err, cause) || !errors.Is(err, fluxdb.ErrUndecided) {
			t.Errorf("%s: step %d %.100s: %v", what, i, step, err)
		}
		failed = true
		if got, err := dumped(db); err == nil && got != states[acknowledged] {
			t.Errorf("%s: reading after step %d gives another state", what, i)
		} else if err != nil && !errors.Is(err, fluxdb.ErrUndecided) {
			t.Errorf("%s: reading after step %d: %v", what, i, err)
		}
		if i > acknowledged+3 {
			break
		}
	}
	db.Close()
	if err := flux.Close(); err != nil && !errors.Is(err, cause) && !errors.Is(err, fluxdb.ErrUndecided) {
		t.Errorf("%s: close: %v", what, err)
	}
	return acknowledged, failed
}

// verifyFaulty opens a disk that is sound again.
func verifyFaulty(t *testing.T, disk *crashtest.Disk, level pebble.SyncLevel, steps, states []string, acknowledged int, what string) {
	t.Helper()
	flux, db, err := openFaulty(disk, level)
	if err != nil {
		t.Errorf("%s: open again: %v", what, err)
		return
	}
	defer flux.Close()
	defer db.Close()
	checkClean(t, flux)
	if got := dump(t, db); got != states[acknowledged] && got != states[min(acknowledged+1, len(steps))] {
		t.Errorf("%s: %d steps were acknowledged, found neither their state nor the next one's", what, acknowledged)
	}
}

// TestEveryReadThatFailsEndsInATypedError lets each read fail once, over queries, updates and the
// check of a database that is opened cold. What failed says so; what was not told to be undecided was not done.
func TestEveryReadThatFailsEndsInATypedError(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	steps := faultWorkload(rand.New(rand.NewPCG(seed, 2)))[:14]
	states, _ := statesOf(t, steps)
	base := crashtest.New()
	runFaulty(t, base, pebble.SyncFull, syscall.EIO, steps, states, "without fault")
	const update = "UPDATE l SET n = 0 WHERE n = 5"
	changed := ""
	reads := int64(0)
	runs, seen := 0, 0
	for n := int64(0); n <= reads; n += 1 + reads/campaign[int64](25, 150, 1<<40) {
		what := fmt.Sprintf("read %d fails", n)
		disk := base.Clone()
		disk.BeforeRead(func(i int64) error {
			if i == n {
				return crashtest.ErrInjected
			}
			return nil
		})
		want := states[len(steps)]
		typed := func(err error) bool {
			return errors.Is(err, syscall.EIO) || errors.Is(err, fluxdb.ErrUndecided) && errors.Is(err, crashtest.ErrInjected)
		}
		flux, db, err := openFaulty(disk, pebble.SyncFull)
		runs++
		failed, undecided := err != nil, false
		if err != nil && !typed(err) {
			t.Errorf("%s: open: %v", what, err)
		}
		if err == nil {
			for _, do := range []func() (string, error){
				func() (string, error) { return dumped(db) },
				func() (string, error) { _, err := flux.Check(context.Background()); return want, err },
				func() (string, error) {
					_, err := db.Exec(update)
					if err == nil {
						want = changed
					}
					undecided = undecided || errors.Is(err, fluxdb.ErrUndecided)
					return want, err
				},
				func() (string, error) { return dumped(db) },
			} {
				got, err := do()
				switch {
				case err != nil && !typed(err):
					t.Errorf("%s: %v", what, err)
				case err == nil && got != want && n > 0:
					t.Errorf("%s: reads another state", what)
				case n == 0:
					changed = got
				}
				failed = failed || err != nil
			}
			db.Close()
			if err := flux.Close(); err != nil && !typed(err) {
				t.Errorf("%s: close: %v", what, err)
			}
		}
		if n == 0 {
			reads = disk.Reads()
		}
		if failed {
			seen++
		}
		disk.BeforeRead(nil)
		flux, db, err = openFaulty(disk, pebble.SyncFull)
		if err != nil {
			t.Fatalf("%s: open again: %v", what, err)
		}
		checkClean(t, flux)
		if got := dump(t, db); got != want && n > 0 && (!undecided || got != changed) {
			t.Errorf("%s: then the state is another one", what)
		}
		db.Close()
		flux.Close()
		if t.Failed() {
			return
		}
	}
	t.Logf("%d of %d reads failed, %d ended in an error, 0 lost", runs, reads, seen)
}

// TestAFullDisk: a database on a disk that fills up says so, reads or refuses with a reason, and
// holds all that was acknowledged once there is room again and it is opened anew.
func TestAFullDisk(t *testing.T) {
	for _, level := range []pebble.SyncLevel{pebble.SyncFull, pebble.SyncNormal} {
		for _, room := range campaign([]int64{0, 100_000, 700_000}, []int64{0, 1000, 10_000, 100_000, 300_000, 700_000}, []int64{0, 1, 10, 100, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 500_000, 700_000}) {
			disk := crashtest.New()
			flux, db, err := openFaulty(disk, level)
			if err != nil {
				t.Fatal(err)
			}
			mustExec(t, db, "CREATE COLLECTION c; CREATE INDEX c_n ON c (n)")
			disk.Room(room)
			n := 0
			for ; err == nil; n++ {
				_, err = db.Exec(fmt.Sprintf("INSERT INTO c VALUES {_id: %d, n: %d, pad: '%0400d'}", n, n%10, n))
			}
			n-- // the last one failed
			if !errors.Is(err, syscall.ENOSPC) || !errors.Is(err, fluxdb.ErrUndecided) {
				t.Errorf("sync %d, room %d: insert %d: %v", level, room, n, err)
			}
			if _, err := dumped(db); err != nil && !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("sync %d, room %d: reading: %v", level, room, err)
			}
			db.Close()
			if err := flux.Close(); err != nil && !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("sync %d, room %d: close: %v", level, room, err)
			}
			if flux, _, err := openFaulty(disk, level); err == nil {
				flux.Close() // there may be room for it
			} else if !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("sync %d, room %d: opening it still full: %v", level, room, err)
			}
			disk.Room(-1)
			flux, db, err = openFaulty(disk, level)
			if err != nil {
				t.Fatalf("sync %d, room %d: opening it with room: %v", level, room, err)
			}
			checkClean(t, flux)
			var found int
			if err := db.QueryRow("SELECT COUNT(*) FROM c").Scan(&found); err != nil || found < n || found > n+1 {
				t.Errorf("sync %d, room %d: %d documents, %d were acknowledged: %v", level, room, found, n, err)
			}
			mustExec(t, db, "INSERT INTO c VALUES {_id: 'again'}")
			db.Close()
			if err := flux.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
