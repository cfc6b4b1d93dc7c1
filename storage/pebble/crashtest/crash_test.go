package crashtest

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

var every = flag.Int("crash.every", 4, "crash at every n-th write of the workload")

func sampling() int64 {
	if testing.Short() {
		return 5 * int64(*every)
	}
	return int64(*every)
}

// small keeps the memtables at 32 KiB, so that the workload flushes and compacts.
func small(sync pebble.SyncLevel) pebble.Options {
	return pebble.Options{Memory: 1 << 20, Sync: sync, Cached: []byte{values[0], dropped[0], loaded[0], bulk[0]}}
}

// crash is a disk after a crash, with what had returned by then.
type crash struct {
	disk                *Disk
	at                  int64
	acked, loads, drops int
}

// recovered is what a disk held when it was opened again.
type recovered struct {
	crash
	state state
}

// TestCrashAtEveryWrite runs concurrent committers, some of whose transactions are ingested or spill, loads and
// range drops on a disk that is cloned, as a power failure would leave it, before its writes. A clone must open, hold the
// commits up to some point of their order, each whole, and all that were acknowledged.
func TestCrashAtEveryWrite(t *testing.T) {
	for _, level := range []pebble.SyncLevel{pebble.SyncFull, pebble.SyncNormal, pebble.SyncOff} {
		t.Run(fmt.Sprint("sync ", level), func(t *testing.T) { crashEverywhere(t, level) })
	}
}

func crashEverywhere(t *testing.T, level pebble.SyncLevel) {
	const committers, each = 4, 60
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var l log
	disk := New()
	crashes := make(chan crash, 4)
	var results []recovered
	var readers, writers sync.WaitGroup
	var mu sync.Mutex
	for range 2 {
		readers.Go(func() {
			for c := range crashes {
				r, err := reopen(c, level)
				if err != nil {
					t.Errorf("crash at write %d: %v", c.at, err)
				}
				mu.Lock()
				results = append(results, r)
				mu.Unlock()
			}
		})
	}
	step := 6*sampling() - 5 // each takes its time: 1 of 19, and all with -crash.every=1
	disk.BeforeWrite(func(n int64) error {
		if n%step == 0 {
			c := crash{at: n}
			l.note(func() {
				c.acked, c.loads, c.drops = len(l.acked), l.loads, l.drops
				c.disk = powerFailure(disk, rng)
			})
			crashes <- c
		}
		return nil
	})
	s, err := disk.Open(small(level))
	if err != nil {
		t.Fatal(err)
	}
	for w := range committers {
		writers.Go(func() {
			for i := range each {
				i := i*committers + w
				if err := commit(s, seed, i, func(uint64) { l.note(func() { l.order = append(l.order, i) }) }); err != nil {
					t.Error(err)
				}
				l.note(func() { l.acked = append(l.acked, i) })
			}
		})
	}
	writers.Go(func() {
		for i := range 8 {
			if err := errors.Join(loadRange(s, i), dropRange(s, i)); err != nil {
				t.Error(err)
			}
			l.note(func() { l.loads, l.drops = i+1, i+1 })
		}
	})
	writers.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	close(crashes)
	readers.Wait()
	for _, r := range results {
		check(t, seed, &l, r, level == pebble.SyncFull)
	}
	t.Logf("%d crashes among %d writes, %d commits", len(results), disk.Writes(), len(l.order))
}

// powerFailure returns the disk as a power failure may leave it, with whole pages or torn ones.
func powerFailure(disk *Disk, rng *rand.Rand) *Disk {
	percent := []int{0, 50, 90, 100}[rng.IntN(4)]
	if rng.IntN(3) == 0 {
		return disk.Torn(percent, rng)
	}
	return disk.Crash(percent, rng)
}

// loadRange loads a range and commits a key that says it is there.
func loadRange(s storage.Store, i int) error {
	source := rangeKeys(loaded, i)
	if err := s.Load(ctx, []byte(source.prefix), []byte(source.prefix+"~"), source); err != nil {
		return err
	}
	return put(s, fmt.Sprintf("%s%03d!", loaded, i))
}

// dropRange fills a range and drops it.
func dropRange(s storage.Store, i int) error {
	source := rangeKeys(dropped, i)
	if err := put(s, keysOf(source)...); err != nil {
		return err
	}
	return s.DropRange(ctx, []byte(source.prefix), []byte(source.prefix+"~"))
}

func keysOf(p *pairs) (keys []string) {
	for p.Next() {
		keys = append(keys, string(p.Key()))
	}
	return keys
}

func put(s storage.Store, keys ...string) error {
	txn, err := s.Begin(ctx, storage.TxnOptions{})
	if err != nil {
		return err
	}
	defer txn.Rollback()
	for _, key := range keys {
		if err := txn.Set([]byte(key), nil); err != nil {
			return err
		}
	}
	return txn.Commit(ctx)
}

// reopen opens a crashed disk, reads it and writes once more.
func reopen(c crash, level pebble.SyncLevel) (recovered, error) {
	s, err := c.disk.Open(small(level))
	if err != nil {
		return recovered{crash: c}, err
	}
	if left := c.disk.List(Path + "/runs"); len(left) > 0 {
		err = fmt.Errorf("files of transactions that ended with the crash are left: %v", left)
	}
	got, readErr := read(s)
	if err = errors.Join(err, readErr); err == nil {
		err = put(s, values+"after the crash")
	}
	return recovered{c, got}, errors.Join(err, s.Close())
}

// check compares a recovered state with the log.
func check(t *testing.T, seed uint64, l *log, r recovered, durable bool) {
	t.Helper()
	if r.state == nil {
		return // reported already
	}
	in := func(i int) bool { _, ok := r.state[fmt.Sprintf("%s%05d", commits, i)]; return ok }
	n := 0
	for n < len(l.order) && in(l.order[n]) {
		n++
	}
	if i := slices.IndexFunc(l.order[n:], in); i >= 0 {
		t.Fatalf("crash at write %d: commit %d survives without commit %d before it", r.at, l.order[n+i], l.order[n])
	}
	if durable {
		for _, i := range l.acked[:r.acked] {
			if !in(i) {
				t.Fatalf("crash at write %d: commit %d was acknowledged and is lost", r.at, i)
			}
		}
	}
	load, drop := r.state.take(loaded), r.state.take(dropped)
	if wrong := differ(r.state, replay(seed, l.order[:n])); wrong != "" {
		t.Fatalf("crash at write %d, %d commits: %s", r.at, n, wrong)
	}
	for i := range 8 {
		if _, said := load[fmt.Sprintf("%s%03d!", loaded, i)]; said || durable && i < r.loads {
			if got := len(load.take(rangeKeys(loaded, i).prefix)); got != rangeSize {
				t.Fatalf("crash at write %d: %d keys of loaded range %d, want %d", r.at, got, i, rangeSize)
			}
		}
		got := len(drop.take(rangeKeys(dropped, i).prefix))
		if got != 0 && (got != rangeSize || durable && i < r.drops) {
			t.Fatalf("crash at write %d: %d keys of dropped range %d of %d", r.at, got, i, r.drops)
		}
	}
}
