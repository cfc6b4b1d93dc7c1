package pebble

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// put commits one pair.
func put(t testing.TB, s storage.Store, key, value string) {
	t.Helper()
	if err := tryPut(s, key, value); err != nil {
		t.Fatal(err)
	}
}

func tryPut(s storage.Store, key, value string) error {
	txn, err := s.Begin(ctx, storage.TxnOptions{})
	if err != nil {
		return err
	}
	defer txn.Rollback()
	if err := txn.Set([]byte(key), []byte(value)); err != nil {
		return err
	}
	return txn.Commit(ctx)
}

func TestAFolderIsLockedUnderAllItsNames(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(dir, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	// None of its names says at first where it will be.
	open := mustOpen(t, filepath.Join("link", "new", "db"), Options{Memory: testMemory})
	if err := os.Rename(filepath.Join("new", "db"), filepath.Join("new", "renamed")); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(filepath.Join("new", "renamed"), Options{Memory: testMemory}); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("Open of a renamed folder while it is open: %v, %v", s, err)
	}
	if err := os.Rename(filepath.Join("new", "renamed"), filepath.Join("new", "db")); err != nil {
		t.Fatal(err)
	}
	put(t, open, "\x10a", "1")
	for _, name := range []string{"new/db", "./new/db", filepath.Join("link", "new", "db"), filepath.Join(dir, "link", "link", "new", "db")} {
		s, err := Open(name, Options{Memory: testMemory})
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, storage.ErrLocked) {
			t.Errorf("Open(%s) while it is open: %v", name, err)
		}
	}
}

// lockedFS is a file system that cannot be written.
type lockedFS struct{ vfs.FS }

func (lockedFS) Create(string, vfs.DiskWriteCategory) (vfs.File, error) { return nil, syscall.EROFS }
func (lockedFS) Remove(string) error                                    { return syscall.EROFS }
func (lockedFS) Rename(string, string) error                            { return syscall.EROFS }
func (lockedFS) MkdirAll(string, os.FileMode) error                     { return syscall.EROFS }
func (lockedFS) Lock(string) (io.Closer, error)                         { return nil, syscall.EROFS }
func (lockedFS) OpenReadWrite(string, vfs.DiskWriteCategory, ...vfs.OpenOption) (vfs.File, error) {
	return nil, syscall.EROFS
}

func TestAReadOnlyFileSystem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	s := mustOpen(t, path, Options{Memory: testMemory})
	put(t, s, "\x10a", "1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ro := mustOpen(t, path, Options{Memory: testMemory, ReadOnly: true, FS: lockedFS{vfs.Default}})
	if v, err := ro.Get(ctx, []byte("\x10a")); string(v) != "1" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	if err := ro.Load(ctx, []byte("\x10a"), []byte("\x10b"), nil); !errors.Is(err, storage.ErrReadOnly) {
		t.Errorf("Load: %v", err)
	}
	if err := ro.DropRange(ctx, []byte("\x10a"), []byte("\x10b")); !errors.Is(err, storage.ErrReadOnly) {
		t.Errorf("DropRange: %v", err)
	}
	for _, dir := range []string{path, filepath.Join(path, "new")} {
		if s, err := Open(dir, Options{Memory: testMemory, FS: lockedFS{vfs.Default}}); !errors.Is(err, syscall.EROFS) || errors.Is(err, storage.ErrCorrupt) {
			t.Errorf("Open to write: %v, %v", s, err)
		}
	}
}

// TestWhoOnlyReadsKeepsWritersOut: also where he may not write the lock's file, and they may.
func TestWhoOnlyReadsKeepsWritersOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	if err := mustOpen(t, path, Options{Memory: testMemory}).Close(); err != nil {
		t.Fatal(err)
	}
	readers := []*Store{
		mustOpen(t, path, Options{Memory: testMemory, ReadOnly: true, FS: lockedFS{vfs.Default}}),
		mustOpen(t, path, Options{Memory: testMemory, ReadOnly: true, FS: lockedFS{vfs.Default}}),
	}
	writer := exec.Command(os.Args[0], "-test.run=^TestChild$")
	writer.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%d", childEnv, path, SyncFull))
	out, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(out)
	line, err := said.ReadString('\n')
	if strings.HasPrefix(line, "committed") {
		_ = writer.Process.Kill() // it would go on for ever
	}
	rest, readErr := io.ReadAll(said)
	if _ = writer.Wait(); !strings.Contains(line+string(rest), "is locked by") {
		t.Errorf("a process that writes beside one that reads: %s %s, %v", line, rest, errors.Join(err, readErr))
	}
	for _, r := range readers {
		if _, err := r.Get(ctx, []byte("\x10a")); !errors.Is(err, storage.ErrNotFound) {
			t.Error(err)
		}
	}
}

func TestAMarkerHalfWrittenIsNoDamage(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{markerFile + newSuffix, pidFile, pidFile + newSuffix, lockFile} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("Flux"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(t, mustOpen(t, dir, Options{Memory: testMemory}), "\x10a", "1")
}

// failingFS fails to sync log files.
type failingFS struct {
	vfs.FS
	fail *bool
}

type failingFile struct {
	vfs.File
	fail *bool
}

func (f failingFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, c)
	if strings.HasSuffix(name, ".log") && err == nil {
		file = &failingFile{file, f.fail}
	}
	return file, err
}

func (f *failingFile) SyncData() error {
	if *f.fail {
		return syscall.EIO
	}
	return f.File.SyncData()
}

func TestALateSyncThatFailsIsKnown(t *testing.T) {
	fail := false
	s := mustOpen(t, "db", Options{Memory: testMemory, Sync: SyncNormal, FS: failingFS{vfs.NewMem(), &fail}})
	put(t, s, "\x10a", "1")
	open, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	s.lazy.syncDirty()
	s.lazy.mu.Lock() // the timer looks at nothing meanwhile
	fail = true
	s.lazy.mu.Unlock()
	if err := tryPut(s, "\x10b", "1"); err != nil && !errors.Is(err, storage.ErrUndecided) {
		t.Fatal(err)
	}
	s.lazy.syncDirty() // what the timer does
	if err := tryPut(s, "\x10c", "1"); !errors.Is(err, storage.ErrUndecided) || !errors.Is(err, syscall.EIO) {
		t.Errorf("a commit after it: %v", err)
	}
	if _, err := open.Get(ctx, []byte("\x10a")); !errors.Is(err, storage.ErrUndecided) {
		t.Errorf("a read in an open transaction: %v", err)
	}
	open.Rollback()
}

// TestDamageOfWhatWasSyncedIsNotCut: sync=normal forgives a hole in the last 100 ms of the log,
// and nothing before.
func TestDamageOfWhatWasSyncedIsNotCut(t *testing.T) {
	mem := vfs.NewCrashableMem()
	// The library's checks of the log begin with the second one of a store.
	if err := mustOpen(t, "db", Options{Memory: testMemory, FS: mem}).Close(); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, "db", Options{Memory: testMemory, Sync: SyncNormal, FS: mem})
	for i := range 100 {
		put(t, s, fmt.Sprintf("\x10%03d", i), strings.Repeat("x", 1000))
	}
	s.lazy.syncDirty()
	clone := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
	names, err := clone.List("db")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".log") {
			f, err := clone.OpenReadWrite("db/"+name, vfs.WriteCategoryUnspecified)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteAt([]byte("damage"), 20_000); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	}
	if s, err := Open("db", Options{Memory: testMemory, FS: clone}); !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("Open of a damaged log: %v, %v", s, err)
	}
}

const childEnv = "FLUXDB_STORE_OF_CHILD"

// TestChild is the process that TestAKilledProcess starts: it commits and says so, for ever.
func TestChild(t *testing.T) {
	path, level, ok := strings.Cut(os.Getenv(childEnv), "|")
	if !ok {
		return
	}
	sync, err := strconv.Atoi(level)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, Options{Memory: testMemory, Sync: SyncLevel(sync)})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		put(t, s, fmt.Sprintf("\x10%08d", i), "x")
		fmt.Println("committed", i)
	}
}

// TestAKilledProcess kills a process that commits: what it said is there, nobody else could open the
// folder meanwhile, and the lock is gone with it.
func TestAKilledProcess(t *testing.T) {
	for _, level := range []SyncLevel{SyncFull, SyncNormal} {
		path := filepath.Join(t.TempDir(), "db")
		child := exec.Command(os.Args[0], "-test.run=^TestChild$")
		child.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%d", childEnv, path, level))
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		last := -1
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if _, err := fmt.Sscanf(lines.Text(), "committed %d", &last); err != nil {
				t.Fatalf("%q: %v", lines.Text(), err)
			}
			if last == 100 {
				_, err := Open(path, Options{Memory: testMemory})
				var locked *storage.LockedError
				if !errors.As(err, &locked) || locked.PID != child.Process.Pid {
					t.Errorf("Open beside process %d: %v", child.Process.Pid, err)
				}
				// Who may not write the lock's file does not pass either.
				_, err = Open(path, Options{Memory: testMemory, ReadOnly: true, FS: lockedFS{vfs.Default}})
				if locked = nil; !errors.As(err, &locked) || locked.PID != child.Process.Pid {
					t.Errorf("Open to read, beside process %d, what can't be written: %v", child.Process.Pid, err)
				}
			}
			if last == 500 {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait() // killed
		s := mustOpen(t, path, Options{Memory: testMemory, Sync: level})
		for i := range last + 1 {
			if _, err := s.Get(ctx, fmt.Appendf(nil, "\x10%08d", i)); err != nil {
				t.Fatalf("sync %d: commit %d of %d: %v", level, i, last, err)
			}
		}
	}
}

func TestAMissingFileIsDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	s := mustOpen(t, path, Options{Memory: testMemory})
	put(t, s, "\x10a", "1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(path, "MANIFEST*"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(path, Options{Memory: testMemory}); !errors.Is(err, storage.ErrCorrupt) || errors.Is(err, fs.ErrPermission) {
		t.Errorf("without its manifest: %v", err)
	}
}

// lateFS does something between the look into a folder and its lock.
type lateFS struct {
	vfs.FS
	before *func()
}

func (l lateFS) Lock(name string) (io.Closer, error) {
	if do := *l.before; do != nil {
		*l.before = nil
		do()
	}
	return l.FS.Lock(name)
}

// TestADatabaseMadeMeanwhileIsKept: who found the folder empty may get the lock when another has made a
// database in it, and closed it. It must not begin anew.
func TestADatabaseMadeMeanwhileIsKept(t *testing.T) {
	for _, crash := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "db")
		other := func() {
			s := mustOpen(t, path, Options{Memory: testMemory})
			put(t, s, "\x10a", "1")
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if crash {
				if err := os.Remove(filepath.Join(path, closedFile)); err != nil {
					t.Error(err)
				}
			}
		}
		s := mustOpen(t, path, Options{Memory: testMemory, FS: lateFS{vfs.Default, &other}})
		if v, err := s.Get(ctx, []byte("\x10a")); string(v) != "1" || err != nil {
			t.Errorf("what the other committed: %q, %v", v, err)
		}
	}
}
