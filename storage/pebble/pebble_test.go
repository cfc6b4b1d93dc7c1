package pebble

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/fluxdb/fluxdb/storage"
	"github.com/fluxdb/fluxdb/storage/storetest"
)

func TestMain(m *testing.M) {
	// The library leaves the goroutine of a file that it could not write; tests here have disks fail.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/cockroachdb/pebble/v2/sstable/blob.(*FileWriter).drainWriteQueue"),
		goleak.IgnoreAnyFunction("github.com/cockroachdb/pebble/v2/sstable.(*RawColumnWriter).drainWriteQueue"))
}

const testMemory = 32 << 20

func TestContractInMemory(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storage.Store {
		return mustOpen(t, "", Options{InMemory: true, Memory: testMemory})
	})
}

func TestContractOnDisk(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storage.Store {
		return mustOpen(t, filepath.Join(t.TempDir(), "db"), Options{Memory: testMemory, Sync: SyncNormal, Cached: allKeys()})
	})
}

// Every few writes spill, and every commit is ingested.
func TestContractWithSpills(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storage.Store {
		s := mustOpen(t, "", Options{InMemory: true, Memory: testMemory})
		s.buffers.limit, s.ingestFrom = 700, 0 // six writes
		if strings.HasSuffix(t.Name(), "many_keys") || strings.HasSuffix(t.Name(), "many_range_deletes") {
			s.buffers.limit = 70_000
		}
		t.Cleanup(func() { noFilesLeft(t, s) })
		return s
	})
}

// noFilesLeft checks that no open transaction means no file in the folder of tables.
func noFilesLeft(t testing.TB, s *Store) {
	t.Helper()
	if names, err := s.files.List(s.tables); err == nil && len(names) > 0 {
		t.Errorf("files %v are left", names)
	}
}

func mustOpen(t testing.TB, path string, opts Options) *Store {
	t.Helper()
	s, err := Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.(*Store)
}

var ctx = context.Background()

func TestWhatIsCommittedIsThereAfterReopening(t *testing.T) {
	for _, sync := range []SyncLevel{SyncFull, SyncNormal, SyncOff} {
		path := filepath.Join(t.TempDir(), "a", "db")
		for i := range 3 {
			s := mustOpen(t, path, Options{Memory: testMemory, Sync: sync})
			txn, err := s.Begin(ctx, storage.TxnOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if n, err := txn.Counter(ctx, []byte("n")); n != int64(i) || err != nil {
				t.Errorf("sync %d: counter %d, %v; want %d", sync, n, err, i)
			}
			if err := errors.Join(txn.Set([]byte(fmt.Sprintf("\x10%d", i)), []byte("v")), txn.Add([]byte("n"), 1), txn.Commit(ctx), s.Close()); err != nil {
				t.Fatal(err)
			}
		}
		ro := mustOpen(t, path, Options{Memory: testMemory, ReadOnly: true})
		if v, err := ro.Get(ctx, []byte("\x102")); string(v) != "v" || err != nil {
			t.Errorf("read-only: %q, %v", v, err)
		}
		txn, err := ro.Begin(ctx, storage.TxnOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := txn.Set([]byte("\x10x"), nil); !errors.Is(err, storage.ErrReadOnly) {
			t.Errorf("Set on a read-only store: %v", err)
		}
		txn.Rollback()
	}
}

func TestOpenRefusesWithAReason(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(file, "x")
	write(filepath.Join(dir, "foreign", "photo.jpg"), "x")
	write(filepath.Join(dir, "newer", markerFile), markerPrefix+"2\n")
	write(filepath.Join(dir, "damaged", markerFile), "what is this")
	held := filepath.Join(dir, "held")
	mustOpen(t, held, Options{Memory: testMemory})
	tests := []struct {
		path string
		opts Options
		is   error
		says string
	}{
		{file, Options{}, storage.ErrCorrupt, "is a file"},
		{filepath.Join(dir, "foreign"), Options{}, storage.ErrCorrupt, "photo.jpg"},
		{filepath.Join(dir, "newer"), Options{}, storage.ErrFormat, "store format 2, this build reads up to 1"},
		{filepath.Join(dir, "damaged"), Options{}, storage.ErrCorrupt, "what is this"},
		{filepath.Join(dir, "none"), Options{ReadOnly: true}, fs.ErrNotExist, "does not create"},
		{held, Options{}, storage.ErrLocked, fmt.Sprint(os.Getpid())},
	}
	for _, tt := range tests {
		tt.opts.Memory = testMemory
		s, err := Open(tt.path, tt.opts)
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("Open(%s): %v; want it to match %v and say %q", filepath.Base(tt.path), err, tt.is, tt.says)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "foreign", markerFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a foreign folder was written to")
	}
}

func TestDamagedFilesAreErrorsNotPanics(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	s := mustOpen(t, path, Options{Memory: testMemory})
	txn, err := s.Begin(ctx, storage.TxnOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5000 {
		if err := txn.Set(fmt.Appendf(nil, "\x10%06d", i), make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(txn.Commit(ctx), s.Close()); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	files, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() == pidFile || f.Name() == "LOCK" {
			continue
		}
		name := filepath.Join(path, f.Name())
		good, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			bad := append([]byte(nil), good...)
			if len(bad) == 0 {
				continue
			}
			bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
			if err := os.WriteFile(name, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			readAll(t, path, f.Name())
		}
		if err := os.WriteFile(name, good, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// readAll opens and reads a damaged store: the error must be typed, or the data whole.
func readAll(t *testing.T, path, damaged string) {
	t.Helper()
	s, err := Open(path, Options{Memory: testMemory, ReadOnly: true})
	if err != nil {
		if !errors.Is(err, storage.ErrCorrupt) && !errors.Is(err, storage.ErrFormat) {
			t.Errorf("%s: %v", damaged, err)
		}
		return
	}
	defer s.Close()
	txn, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
	if err != nil {
		t.Errorf("%s: %v", damaged, err)
		return
	}
	defer txn.Rollback()
	it := txn.Scan(ctx, storage.ScanOptions{})
	defer it.Close()
	n := 0
	for it.Next() {
		if len(it.Value()) == 100 {
			n++
		}
	}
	if err := it.Err(); err != nil && !errors.Is(err, storage.ErrCorrupt) || err == nil && n != 5000 {
		t.Errorf("%s: %d pairs, %v", damaged, n, err)
	}
}

func TestATransactionOlderThanTheWindowIsTooOld(t *testing.T) {
	s := mustOpen(t, "", Options{InMemory: true, Memory: testMemory})
	s.window.limit = 4 << 10
	old, err := s.Begin(ctx, storage.TxnOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Rollback()
	for i := range 2000 {
		txn, err := s.Begin(ctx, storage.TxnOptions{})
		if err != nil {
			t.Fatal(err)
		}
		// Every commit in a key space of its own: ranges do not join.
		if err := errors.Join(txn.Set(fmt.Appendf(nil, "\x10%08d.x", i), nil), txn.Commit(ctx)); err != nil {
			t.Fatal(err)
		}
	}
	if s.window.bytes > s.window.limit {
		t.Errorf("the window holds %d bytes, its limit is %d", s.window.bytes, s.window.limit)
	}
	if err := old.Set([]byte("\x11never written"), nil); err != nil {
		t.Fatal(err)
	}
	err = old.Commit(ctx)
	if !errors.Is(err, storage.ErrTxTooOld) || !errors.Is(err, storage.ErrConflict) {
		t.Errorf("commit: %v, want ErrTxTooOld", err)
	}
}

func TestLargeReadSetsCollapseWithinTheirKeySpace(t *testing.T) {
	s := mustOpen(t, "", Options{InMemory: true, Memory: testMemory})
	put := func(key string) {
		t.Helper()
		txn, err := s.Begin(ctx, storage.TxnOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(txn.Set([]byte(key), nil), txn.Commit(ctx)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		key      string
		conflict bool
	}{{"\x10spaceAA.00500x", true}, {"\x10spaceBB.00500", false}, {"\x10spaceAA.9", false}} {
		txn, err := s.Begin(ctx, storage.TxnOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 * maxKeys {
			if _, err := txn.Get(ctx, fmt.Appendf(nil, "\x10spaceAA.%05d", i)); !errors.Is(err, storage.ErrNotFound) {
				t.Fatal(err)
			}
		}
		if err := txn.Set([]byte("\x10own"), nil); err != nil {
			t.Fatal(err)
		}
		put(tt.key)
		if err := txn.Commit(ctx); errors.Is(err, storage.ErrConflict) != tt.conflict {
			t.Errorf("%q: commit returned %v", tt.key, err)
		}
	}
}

func TestTheBudgetKeepsToTheContainer(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := cgroupRoom(dir); got != 1<<60 {
		t.Errorf("without a control group: %d", got)
	}
	write("memory.max", "max\n")
	write("memory.current", "5000\n")
	if got := cgroupRoom(dir); got != 1<<60 {
		t.Errorf("without a limit: %d", got)
	}
	write("memory.max", "9000\n")
	if got := cgroupRoom(dir); got != 4000 {
		t.Errorf("version 2: %d", got)
	}
	write("memory/memory.limit_in_bytes", "1000\n")
	write("memory/memory.usage_in_bytes", "1500\n")
	if got := cgroupRoom(dir); got != 0 {
		t.Errorf("version 1, overdrawn: %d", got)
	}
	for _, o := range []Options{{}, {Memory: 1}, {Memory: 1 << 40}} {
		if got := o.budget(); got < leastBudget || o.Memory == 0 && (got < minBudget || got > maxBudget) {
			t.Errorf("budget of %d: %d", o.Memory, got)
		}
	}
}

func TestHotPathsAllocateLittle(t *testing.T) {
	if raceDetector {
		return // it allocates
	}
	s := mustOpen(t, "", Options{InMemory: true, Memory: testMemory})
	txn, err := s.Begin(ctx, storage.TxnOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10000 {
		if err := txn.Set(fmt.Appendf(nil, "\x10%06d", i), make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
	}
	if err := txn.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	ro, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer ro.Rollback()
	it := ro.Scan(ctx, storage.ScanOptions{})
	defer it.Close()
	key := []byte("\x10005000")
	for _, tt := range []struct {
		name string
		most float64
		fn   func()
	}{
		{"scanned row", 0, func() { it.Next(); it.Value() }},
		{"get in a transaction", 2, func() { ro.Get(ctx, key) }},
		{"begin and roll back", 4, func() {
			if t, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true}); err == nil {
				t.Rollback()
			}
		}},
	} {
		if n := testing.AllocsPerRun(1000, tt.fn); n > tt.most {
			t.Errorf("%s: %v allocations, want at most %v", tt.name, n, tt.most)
		}
	}
}
