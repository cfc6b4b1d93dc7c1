package tests

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
	"github.com/fluxdb/fluxdb/storage"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// damage is one way to break a file.
type damage struct {
	name  string
	apply func(text []byte) []byte // nil removes the file
}

func flip(at func(n int) int) func([]byte) []byte {
	return func(text []byte) []byte {
		if len(text) > 0 {
			text[at(len(text))] ^= 0x55
		}
		return text
	}
}

var damages = []damage{
	{"removed", nil},
	{"emptied", func([]byte) []byte { return []byte{} }},
	{"cut in half", func(b []byte) []byte { return b[:len(b)/2] }},
	{"cut by one byte", func(b []byte) []byte { return b[:max(0, len(b)-1)] }},
	{"first byte", flip(func(int) int { return 0 })},
	{"early byte", flip(func(n int) int { return n / 8 })},
	{"middle byte", flip(func(n int) int { return n / 2 })},
	{"late byte", flip(func(n int) int { return n - n/8 - 1 })},
	{"last byte", flip(func(n int) int { return n - 1 })},
	{"zeroed", func(b []byte) []byte { clear(b); return b }},
	{"other", func([]byte) []byte { return []byte(strings.Repeat("this is somebody's letter\n", 1000)) }},
}

// TestADamagedFolder breaks every file of a database in every way. It is then refused
// with a reason, or all is as it was, or the check or the reading says what is wrong: never
// other data, never a panic.
func TestADamagedFolder(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "db")
	flux, db := openFolder(t, whole)
	mustExec(t, db, "CREATE COLLECTION c; CREATE INDEX c_a ON c (a)")
	for i := range 2000 {
		mustExec(t, db, "INSERT INTO c VALUES (?)", map[string]any{"_id": i, "a": fmt.Sprint(i % 100), "text": strings.Repeat("x", 100)})
	}
	want := dump(t, db)
	db.Close()
	flux.Close()
	for range 3 {
		flux, db = openFolder(t, whole)
		mustExec(t, db, "DELETE FROM c WHERE _id = 5000; INSERT INTO c VALUES {_id: 5000}; DELETE FROM c WHERE _id = 5000")
		db.Close()
		flux.Close()
	}
	files, err := filepath.Glob(whole + "/*")
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]int{}
	for _, file := range files {
		for _, d := range damages {
			name := filepath.Base(file) + " " + d.name
			folder := filepath.Join(t.TempDir(), "db")
			if err := os.CopyFS(folder, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			target := filepath.Join(folder, filepath.Base(file))
			if d.apply == nil {
				os.Remove(target)
			} else if text, err := os.ReadFile(target); err != nil {
				t.Fatal(err)
			} else if err := os.WriteFile(target, d.apply(text), 0o600); err != nil {
				t.Fatal(err)
			}
			outcome, err := openDamaged(t, folder, want)
			switch {
			case outcome == "other data" || outcome == "panic":
				t.Errorf("%s: %s %v", name, outcome, err)
			case err != nil && !errors.Is(err, fluxdb.ErrCorrupt):
				t.Errorf("%s: %s: error %v does not match ErrCorrupt", name, outcome, err)
			case err != nil && (len(err.Error()) > 1000 || strings.Contains(err.Error(), "goroutine") || strings.Contains(err.Error(), "stack trace")):
				t.Errorf("%s: %s: no message for a user: %v", name, outcome, err)
			case outcome == "refused" && !strings.Contains(err.Error(), folder):
				t.Errorf("%s: the error does not name the folder: %v", name, err)
			}
			outcomes[outcome]++
		}
	}
	t.Logf("%v", outcomes)
	for _, outcome := range []string{"refused", "found by the check", "the same"} {
		if outcomes[outcome] == 0 {
			t.Errorf("nothing was %s: %v", outcome, outcomes)
		}
	}
}

// openDamaged opens, checks and reads a folder and says how far that went.
func openDamaged(t *testing.T, folder, want string) (outcome string, err error) {
	defer func() {
		if r := recover(); r != nil {
			outcome, err = "panic", fmt.Errorf("%v", r)
		}
	}()
	flux, err := fluxdb.Open(folder, nil)
	if err != nil {
		return "refused", err
	}
	defer flux.Close() // which may complain of the damage again
	report, err := flux.Check(context.Background())
	if err != nil {
		return "found by the check", err
	}
	if len(report.Problems) > 0 {
		return "other data", errors.New(report.Problems[0])
	}
	db := sql.OpenDB(driver.NewConnector(flux))
	defer db.Close()
	if dump(t, db) != want {
		return "other data", nil
	}
	return "the same", nil
}

// TestAFolderThatIsNoDatabase is refused and left as it is.
func TestAFolderThatIsNoDatabase(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"file": "a file", "photos/cat.jpg": "miau", "pebble/MANIFEST-000001": "", "sqlite.db": "SQLite format 3\x00",
		"newer/FLUXDB": "FluxDB store, format 2\n", "strange/FLUXDB": "FluxDB store, format x\n", "subfolder/FLUXDB/file": "",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "dangling")); err != nil {
		t.Fatal(err)
	}
	before := listing(t, dir)
	for name, tt := range map[string]struct {
		is   error
		want string
	}{
		"file":         {fluxdb.ErrCorrupt, "is a file, a database is a folder"},
		"sqlite.db":    {fluxdb.ErrCorrupt, "is a file, a database is a folder"},
		"photos":       {fluxdb.ErrCorrupt, "not a FluxDB database (it holds cat.jpg); nothing was changed"},
		"pebble":       {fluxdb.ErrCorrupt, "not a FluxDB database (it holds MANIFEST-000001)"},
		"newer":        {fluxdb.ErrFormat, "store format 2, this build reads up to 1: upgrade FluxDB"},
		"strange":      {fluxdb.ErrCorrupt, "FLUXDB in folder"},
		"subfolder":    {nil, "FLUXDB"},
		"file/below":   {nil, "not a directory"},
		"bad\x00name":  {nil, "invalid"},
		"missing?":     {fs.ErrNotExist, "mode=ro does not create one"},
		"photos/../..": {fluxdb.ErrCorrupt, "not a FluxDB database"},
	} {
		path := filepath.Join(dir, strings.TrimSuffix(name, "?"))
		dsn := path
		if strings.HasSuffix(name, "?") {
			dsn = "file:" + path + "?mode=ro"
		}
		db, err := sql.Open("fluxdb", dsn)
		if err == nil {
			err = db.Ping()
			db.Close()
		}
		if err == nil || tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want one that matches %v and says %q", name, err, tt.is, tt.want)
		}
	}
	if after := listing(t, dir); after != before {
		t.Errorf("files were changed:\n%s\nwere:\n%s", after, before)
	}
}

// listing has the name, size and content of every file below dir.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var text []byte
		if d.Type().IsRegular() {
			text, err = os.ReadFile(path)
		}
		fmt.Fprintf(&b, "%s %s %x\n", path, d.Type(), sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestADatabaseOfANewerVersion: the marker of the folder is one place that says so, the
// engine's metadata the other, by its version and by features that must be known.
func TestADatabaseOfANewerVersion(t *testing.T) {
	for name, change := range map[string]func(meta []byte){
		"format 2":   func(meta []byte) { binary.BigEndian.PutUint32(meta[8:], 2) },
		"features":   func(meta []byte) { binary.BigEndian.PutUint64(meta[12:], 1<<63) },
		"no version": func(meta []byte) { binary.BigEndian.PutUint32(meta[8:], 0) },
		"no magic":   func(meta []byte) { meta[0] = 'f' },
	} {
		folder := filepath.Join(t.TempDir(), "db")
		flux, db := openFolder(t, folder)
		mustExec(t, db, "CREATE COLLECTION c")
		db.Close()
		flux.Close()
		changeMeta(t, folder, change)
		before := listing(t, folder)
		is, says := fluxdb.ErrFormat, "upgrade FluxDB"
		if strings.HasPrefix(name, "no ") {
			is, says = fluxdb.ErrCorrupt, "metadata"
		}
		for range 2 {
			flux, err := fluxdb.Open(folder, &fluxdb.Options{ReadOnly: true})
			if err == nil {
				flux.Close()
			}
			if !errors.Is(err, is) || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: error %v, want one that matches %v", name, err, is)
			}
		}
		if listing(t, folder) != before {
			t.Errorf("%s: refused, and yet changed", name)
		}
	}
}

// changeMeta rewrites the engine's metadata (see engine/meta.go) with a sum that is right.
func changeMeta(t *testing.T, folder string, change func(meta []byte)) {
	t.Helper()
	ctx := context.Background()
	store, err := pebble.Open(folder, pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	txn, err := store.Begin(ctx, storage.TxnOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer txn.Rollback()
	it := txn.Scan(ctx, storage.ScanOptions{})
	for it.Next() {
		key, meta := bytes.Clone(it.Key()), bytes.Clone(it.Value())
		if !bytes.HasPrefix(meta, []byte("FluxDB\r\n")) {
			continue
		}
		it.Close()
		change(meta)
		sum := len(meta) - 4
		binary.BigEndian.PutUint32(meta[sum:], crc32.ChecksumIEEE(meta[:sum]))
		if err := errors.Join(txn.Set(key, meta), txn.Commit(ctx)); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("no metadata found: %v", it.Close())
}

// TestWhereNothingCanBeWritten: mode=ro leaves every byte as it is, and a place
// that takes no folder is refused with the system's reason.
func TestWhereNothingCanBeWritten(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "db")
	flux, db := openFolder(t, folder)
	mustExec(t, db, "CREATE COLLECTION c; INSERT INTO c VALUES {_id: 1}")
	db.Close()
	flux.Close()
	if err := os.Chmod(folder, 0o555); err != nil { // binds who is not root
		t.Fatal(err)
	}
	defer os.Chmod(folder, 0o755)
	before := listing(t, folder)
	db, err := sql.Open("fluxdb", "file:"+folder+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRow("SELECT COUNT(*) FROM c").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d documents: %v", n, err)
	}
	for _, text := range []string{"INSERT INTO c VALUES {}", "UPDATE c SET a = 1", "DELETE FROM c", "TRUNCATE c", "DROP COLLECTION c", "CREATE COLLECTION d", "CREATE INDEX i ON c (a)",
		"BEGIN; DELETE FROM c", "INSERT INTO c VALUES {} RETURNING _id"} {
		if _, err := db.Exec(text); !errors.Is(err, fluxdb.ErrReadOnly) {
			t.Errorf("%s: error %v, want one that matches ErrReadOnly", text, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if after := listing(t, folder); after != before {
		t.Errorf("mode=ro changed files:\n%s\nwere:\n%s", after, before)
	}
	if runtime.GOOS == "linux" {
		if flux, err := fluxdb.Open("/proc/self/db", nil); err == nil || !strings.Contains(err.Error(), "create folder") {
			t.Errorf("a folder in /proc: %v, %v", flux, err)
		}
	}
}

// holdEnv makes the test binary a child that holds the database of that DSN open until
// its standard input ends.
const holdEnv = "FLUXDB_TEST_HOLD_CHILD"

func holdOpen(dsn string) error {
	db, err := sql.Open("fluxdb", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Ping(); err != nil {
		return err
	}
	fmt.Println("open")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// TestASecondProcessIsRefused, at once, with the process that holds the database; also
// where that one only reads, when its number is not known.
func TestASecondProcessIsRefused(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "db")
	for _, tt := range []struct {
		dsn   string
		knows bool
	}{{folder, true}, {"file:" + folder + "?mode=ro", false}} {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), holdEnv+"="+tt.dsn)
		cmd.Stderr = os.Stderr
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "open\n" {
			t.Fatalf("the child said %q, %v", line, err)
		}
		for _, dsn := range []string{folder, "file:" + folder + "?mode=ro"} {
			db, err := sql.Open("fluxdb", dsn)
			if err != nil {
				t.Fatal(err)
			}
			err = db.Ping()
			var locked *fluxdb.LockedError
			pid := 0
			if tt.knows {
				pid = cmd.Process.Pid
			}
			if !errors.Is(err, fluxdb.ErrLocked) || !errors.As(err, &locked) || locked.PID != pid {
				t.Errorf("%s beside %s: error %v, want ErrLocked by process %d", dsn, tt.dsn, err, pid)
			}
			db.Close()
		}
		if err := errors.Join(stdin.Close(), cmd.Wait()); err != nil {
			t.Fatal(err)
		}
		flux, db := openFolder(t, folder)
		db.Close()
		if err := flux.Close(); err != nil {
			t.Error(err)
		}
		// So that the number left behind is that of a process that is gone.
		if err := os.WriteFile(filepath.Join(folder, "PID"), []byte(fmt.Sprintln(cmd.Process.Pid)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
