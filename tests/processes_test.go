package tests

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
)

// raceEnv makes the test binary a child that waits for the end of its standard input, opens the
// database at the value, making it where there is none, and inserts a document.
const raceEnv = "FLUXDB_TEST_RACE_CHILD"

func openRacing(path string) error {
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	flux, err := fluxdb.Open(path, nil)
	var locked *fluxdb.LockedError
	if errors.As(err, &locked) {
		fmt.Println("locked", locked.PID)
		return nil
	}
	if err != nil {
		return err
	}
	session := flux.NewSession()
	rows, err := session.Query(context.Background(), fmt.Sprintf("CREATE COLLECTION IF NOT EXISTS c; INSERT INTO c VALUES {_id: %d}", os.Getpid()), nil)
	if err == nil {
		err = rows.Close()
	}
	if err = errors.Join(err, session.Close(), flux.Close()); err != nil {
		return err
	}
	fmt.Println("inserted", os.Getpid())
	return nil
}

// TestProcessesRaceToMakeADatabase: of several processes that open one new folder at the same moment
// each gets it, alone, or is told which process has it; nobody's document is lost.
func TestProcessesRaceToMakeADatabase(t *testing.T) {
	opened, refused := 0, 0
	for range campaign(3, 20, 100) {
		path := filepath.Join(t.TempDir(), "new", "db")
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		type child struct {
			cmd   *exec.Cmd
			start io.Closer
			out   bytes.Buffer
		}
		children := make([]child, 5)
		for i := range children {
			c := &children[i]
			c.cmd = exec.CommandContext(ctx, os.Args[0])
			c.cmd.Env = append(os.Environ(), raceEnv+"="+path)
			c.cmd.Stdout, c.cmd.Stderr = &c.out, &c.out
			stdin, err := c.cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			c.start = stdin
			if err := c.cmd.Start(); err != nil {
				t.Fatal(err)
			}
		}
		for i := range children {
			children[i].start.Close()
		}
		var want []string
		for i := range children {
			c := &children[i]
			err := c.cmd.Wait()
			pid := 0
			switch said := c.out.String(); {
			case err == nil && said == fmt.Sprintf("inserted %d\n", c.cmd.Process.Pid):
				want = append(want, fmt.Sprint(c.cmd.Process.Pid))
			case err == nil && strings.HasPrefix(said, "locked "):
				refused++
				if n, _ := fmt.Sscanf(said, "locked %d", &pid); n != 1 {
					t.Errorf("a child said %q", said)
				}
			default:
				t.Errorf("a child ended with %v and said %q", err, said)
			}
		}
		cancel()
		opened += len(want)
		flux, db := openFolder(t, path)
		checkClean(t, flux)
		var n int
		if err := db.QueryRow("SELECT COUNT(*) FROM c WHERE _id IN (" + strings.Join(want, ", ") + ")").Scan(&n); err != nil || n != len(want) {
			t.Errorf("%d documents of those of processes %v: %v", n, want, err)
		}
		db.Close()
		flux.Close()
	}
	if opened == 0 {
		t.Error("nobody got the folder")
	}
	t.Logf("%d opened it, %d were refused", opened, refused)
}

// TestAFolderThatGoesAway under an open database: what is open works on or says so, and nothing is
// written where the folder was.
func TestAFolderThatGoesAway(t *testing.T) {
	rename := func(path string) error { return os.Rename(path, path+" moved") }
	for _, way := range []struct {
		name    string
		do      func(path string) error
		inserts int
	}{
		{"renamed", rename, 300},
		{"removed", os.RemoveAll, 300},
		{"removed", os.RemoveAll, 1}, // only closing needs the folder
	} {
		told := false
		path := filepath.Join(t.TempDir(), "db")
		flux, db := openFolder(t, path)
		mustExec(t, db, "CREATE COLLECTION c; INSERT INTO c VALUES {_id: 1}")
		if err := way.do(path); err != nil {
			t.Fatal(err)
		}
		for i := range way.inserts {
			_, err := db.Exec(fmt.Sprintf("INSERT INTO c VALUES {_id: 'n%d', pad: '%05000d'}", i, i))
			if err != nil && !errors.Is(err, fluxdb.ErrUndecided) {
				t.Errorf("%s: insert %d: %v", way.name, i, err)
			}
			told = told || err != nil
		}
		if _, err := dumped(db); err != nil && !errors.Is(err, fluxdb.ErrUndecided) && !errors.Is(err, fluxdb.ErrCorrupt) {
			t.Errorf("%s: read: %v", way.name, err)
		}
		db.Close()
		if err := flux.Close(); err == nil && !told {
			t.Errorf("%s: nobody is told", way.name)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s: something is there again: %v", way.name, err)
		}
		if way.name == "renamed" {
			flux, db := openFolder(t, path+" moved")
			checkClean(t, flux)
			var n int
			if err := db.QueryRow("SELECT COUNT(*) FROM c WHERE _id = 1").Scan(&n); err != nil || n != 1 {
				t.Errorf("where it was moved to: %d, %v", n, err)
			}
			db.Close()
			flux.Close()
		}
	}
}

// TestAClockThatGoesBackwards: ids that a process with a clock ahead has made are greater than
// all that this one makes; those it makes itself ascend, whatever the clock does, and are never the same.
func TestAClockThatGoesBackwards(t *testing.T) {
	flux, err := fluxdb.Open(fluxdb.MemoryPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer flux.Close()
	db := sql.OpenDB(driver.NewConnector(flux))
	defer db.Close()
	mustExec(t, db, "CREATE COLLECTION c; CREATE TABLE s (id INTEGER PRIMARY KEY, at TIMESTAMP)")
	for i := range 100 {
		mustExec(t, db, fmt.Sprintf("INSERT INTO c VALUES {_id: '%012x-7%03x-8000-%012x', n: %d}", time.Now().Add(time.Hour).UnixMilli(), i, i, i))
	}
	last := ""
	for i := range 500 {
		var id string
		if err := db.QueryRow(fmt.Sprintf("INSERT INTO c VALUES {m: %d} RETURNING _id", i)).Scan(&id); err != nil {
			t.Fatal(err)
		}
		if id <= last {
			t.Fatalf("id %s follows %s", id, last)
		}
		last = id
	}
	checkClean(t, flux)
	var n int
	if err := db.QueryRow("SELECT COUNT(*) FROM c WHERE _id > ?", last).Scan(&n); err != nil || n != 100 {
		t.Errorf("%d ids are greater than the last one made, want 100: %v", n, err)
	}
	mustExec(t, db, "INSERT INTO s VALUES (10, '9999-01-01'); INSERT INTO s (at) VALUES ('1970-01-01')")
	if err := db.QueryRow("SELECT id FROM s WHERE at < '2000-01-01'").Scan(&n); err != nil || n != 11 {
		t.Errorf("a sequence draws %d after 10: %v", n, err)
	}
}
