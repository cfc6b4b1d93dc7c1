package pebble

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// The library's snapshot is made by the first read, and at the latest by the next commit: what a transaction sees
// is the state when it began.
func TestSnapshotsAreMadeWhenNeeded(t *testing.T) {
	s := mustOpen(t, "", Options{InMemory: true, Memory: testMemory, Cached: []byte{0x20}})
	commit(t, s, "\x20a", "one", "\x21a", "one")
	first, second := reader(t, s), reader(t, s)
	if first.snap != second.snap || first.snap.made.Load() != nil {
		t.Error("the transactions of one version do not share a snapshot that is still to be made")
	}
	commit(t, s, "\x20a", "two", "\x21a", "two")
	if first.snap.made.Load() == nil {
		t.Error("the commit did not make the snapshot that others wait for")
	}
	commit(t, s, "\x21a", "three")
	for _, tx := range []*txn{first, second} {
		for _, key := range []string{"\x20a", "\x21a"} {
			if v, err := tx.Get(ctx, []byte(key)); string(v) != "one" || err != nil {
				t.Errorf("%q at version %d: %q, %v", key, tx.version, v, err)
			}
		}
	}
	now := reader(t, s)
	if v, err := now.Get(ctx, []byte("\x21a")); string(v) != "three" || err != nil || now.snap.made.Load() == nil {
		t.Errorf("%q, %v, made: %t", v, err, now.snap.made.Load() != nil)
	}
}

// A transaction that only writes, alone, and one that only hits the cache cost no snapshot.
func TestNoSnapshotIsMadeForNobody(t *testing.T) {
	s := mustOpen(t, "", Options{InMemory: true, Memory: testMemory, Cached: []byte{0x20}})
	commit(t, s, "\x20a", "one")
	wants(t, reader(t, s), "\x20a", "one", false)
	commit(t, s, "\x20b", "one")
	w := begun(t, s, storage.TxnOptions{})
	snap := w.snap
	if err := errors.Join(w.Set([]byte("\x20b"), []byte("two")), w.Commit(ctx)); err != nil {
		t.Fatal(err)
	}
	if snap.made.Load() != nil {
		t.Error("a snapshot was made for a transaction that read nothing")
	}
	r := reader(t, s)
	wants(t, r, "\x20a", "one", true)
	if r.snap.made.Load() != nil {
		t.Error("a snapshot was made for a hit")
	}
}

// A note that is loaded beside open transactions does not change what they see later.
func TestLoadFixesTheSnapshotOfOthers(t *testing.T) {
	s := mustOpen(t, "", Options{InMemory: true, Memory: testMemory})
	commit(t, s, "\x20a", "one")
	old := reader(t, s)
	if err := s.Load(ctx, []byte("\x14"), []byte("\x15"), &list{pairs: []string{"\x14a", "note"}}); err != nil {
		t.Fatal(err)
	}
	commit(t, s, "\x20a", "two")
	if v, err := old.Get(ctx, []byte("\x20a")); string(v) != "one" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	if v, err := reader(t, s).Get(ctx, []byte("\x14a")); string(v) != "note" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
}

// fullFS is a disk that is full for the next tables that are made.
type fullFS struct {
	vfs.FS
	full func() bool
}

func (f fullFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasSuffix(f.PathDir(name), tablesFolder) && f.full() {
		return nil, syscall.ENOSPC
	}
	return f.FS.Create(name, c)
}

// A large commit whose last table, that of its counters, does not fit the disk has changed nothing: neither what the
// cache knows, nor that those who begin afterwards share a snapshot.
func TestACommitThatFailsAtItsLastTableChangesNothing(t *testing.T) {
	tables, fullAt := 0, 0
	full := func() bool { tables++; return tables == fullAt }
	s := mustOpen(t, "db", Options{Memory: leastBudget, FS: fullFS{vfs.NewMem(), full}, Cached: []byte{0x20}})
	commit(t, s, "\x20a", "one")
	wants(t, reader(t, s), "\x20a", "one", false)
	large := func() error {
		w := begun(t, s, storage.TxnOptions{})
		value := make([]byte, 32<<10)
		for at := range byte(5) {
			if err := w.Set([]byte{0x21, at}, value); err != nil {
				t.Fatal(err)
			}
		}
		err := errors.Join(w.Set([]byte("\x20a"), []byte("two")), w.Add([]byte("n"), 1))
		if err != nil {
			t.Fatal(err)
		}
		return w.Commit(ctx)
	}
	tables, fullAt = 0, 2
	if err := large(); !errors.Is(err, syscall.ENOSPC) || errors.Is(err, storage.ErrUndecided) {
		t.Fatalf("commit on a full disk: %v", err)
	}
	if tables != 2 {
		t.Fatalf("%d tables were begun: it was not the last that failed", tables)
	}
	first, second := reader(t, s), reader(t, s)
	if first.snap != second.snap {
		t.Error("after a commit that failed, transactions make a snapshot each")
	}
	wants(t, first, "\x20a", "one", true)
	tables, fullAt = 0, 0
	if err := large(); err != nil || tables != 2 {
		t.Fatalf("with room again: %d tables, %v", tables, err)
	}
	wants(t, first, "\x20a", "one", false)
	wants(t, reader(t, s), "\x20a", "two", false)
	if n, err := reader(t, s).Counter(ctx, []byte("n")); n != 1 || err != nil {
		t.Errorf("counter %d, %v", n, err)
	}
}
