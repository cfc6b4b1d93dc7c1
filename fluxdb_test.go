package fluxdb

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/storage/pebble"
)

// mustOpen opens a database for the length of a test.
func mustOpen(t *testing.T, path string, opts *Options) *DB {
	t.Helper()
	db, err := Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

func execText(t *testing.T, db *DB, text string) {
	t.Helper()
	s := db.NewSession()
	defer s.Close()
	if _, err := s.Exec(context.Background(), text, nil); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func count(t *testing.T, db *DB) int64 {
	t.Helper()
	report, err := db.Check(context.Background())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("check: %v, %v", report, err)
	}
	return report.Documents
}

func TestHandlesOfOnePathShareTheEngine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	first := mustOpen(t, path, nil)
	link := path + "-link"
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	second := mustOpen(t, link, &Options{Star: StarFlat})
	execText(t, first, `CREATE COLLECTION c; INSERT INTO c VALUES {a: 1}`)
	if n := count(t, second); n != 1 {
		t.Errorf("the other handle sees %d documents", n)
	}
	for _, opts := range []*Options{{Sync: SyncOff}, {Compression: CompressZstd}, {Memory: 128 << 20}} {
		if db, err := Open(path, opts); err == nil {
			db.Close()
			t.Errorf("%+v shares a store that was opened otherwise", *opts)
		} else if !strings.Contains(err.Error(), "option ") {
			t.Errorf("error %v names no option", err)
		}
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := first.Ping(); !errors.Is(err, ErrClosed) {
		t.Errorf("ping of a closed handle: %v", err)
	}
	if _, err := first.Check(context.Background()); !errors.Is(err, ErrClosed) {
		t.Errorf("check of a closed handle: %v", err)
	}
	execText(t, second, `INSERT INTO c VALUES {a: 2}`)
	if n := count(t, second); n != 2 {
		t.Errorf("%d documents", n)
	}
}

// TestAFolderIsOneDatabaseHoweverItIsNamed: when it was opened first, no part of its name said where it would be.
func TestAFolderIsOneDatabaseHoweverItIsNamed(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	first := mustOpen(t, filepath.Join(link, "new", "db"), nil)
	execText(t, first, `CREATE COLLECTION c; INSERT INTO c VALUES {a: 1}`)
	real, err := filepath.EvalSymlinks(filepath.Join(link, "new"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(real, "db"), filepath.Join(real, "renamed")); err != nil {
		t.Fatal(err)
	}
	renamed := mustOpen(t, filepath.Join(real, "renamed"), nil)
	if err := os.Rename(filepath.Join(real, "renamed"), filepath.Join(real, "db")); err != nil {
		t.Fatal(err)
	}
	execText(t, renamed, `INSERT INTO c VALUES {a: 2}`)
	second := mustOpen(t, filepath.Join(real, "db"), nil)
	execText(t, second, `INSERT INTO c VALUES {a: 3}`)
	for _, db := range []*DB{first, second, renamed} {
		if n := count(t, db); n != 3 {
			t.Errorf("%d documents, want those of all handles", n)
		}
	}
}

func TestWhatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("not a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(dir, "foreign")
	if err := os.Mkdir(foreign, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(foreign, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, opts := range map[string]*Options{
		"":                            nil,
		file:                          nil,
		foreign:                       nil,
		filepath.Join(dir, "missing"): {ReadOnly: true},
		MemoryPath:                    {Memory: 1000},
	} {
		db, err := Open(path, opts)
		if err == nil {
			db.Close()
			t.Errorf("%q with %+v was opened", path, opts)
			continue
		}
		if path != "" && !strings.Contains(err.Error(), path) {
			t.Errorf("error %q does not name %q", err, path)
		}
	}
	// What failed once can be opened when it is mended.
	if err := os.RemoveAll(foreign); err != nil {
		t.Fatal(err)
	}
	execText(t, mustOpen(t, foreign, nil), `CREATE COLLECTION c`)
}

func TestADatabaseInAGivenStore(t *testing.T) {
	store, err := pebble.Open("mine", pebble.Options{InMemory: true, Memory: 32 << 20})
	if err != nil {
		t.Fatal(err)
	}
	db := mustOpen(t, "mine", &Options{Store: store})
	execText(t, db, `CREATE COLLECTION c; INSERT INTO c VALUES {a: 1}`)
	if n := count(t, db); n != 1 {
		t.Errorf("%d documents", n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get(context.Background(), []byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("the store is open after the database was closed: %v", err)
	}
}

func TestReadOnlyOpensWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	db, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	execText(t, db, `CREATE COLLECTION c; INSERT INTO c VALUES {a: 1}`)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	ro := mustOpen(t, path, &Options{ReadOnly: true})
	if n := count(t, ro); n != 1 {
		t.Errorf("%d documents", n)
	}
	s := ro.NewSession()
	defer s.Close()
	if _, err := s.Exec(context.Background(), `INSERT INTO c VALUES {a: 2}`, nil); !errors.Is(err, ErrReadOnly) {
		t.Errorf("insert: error %v, want ErrReadOnly", err)
	}
	if _, err := Open(path, nil); err == nil || !strings.Contains(err.Error(), "mode=rw") {
		t.Errorf("a writable handle beside a read-only engine: error %v", err)
	}
}
