package pebble

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// A log of another database that has the name of one that is gone holds commits with the numbers of those in
// the log after it. Replayed, they end the process.
func TestALogOfAnotherDatabaseIsFound(t *testing.T) {
	// killed returns a folder whose process was killed after n commits in its newest log.
	killed := func(n int) vfs.FS {
		mem := vfs.NewMem()
		for _, commits := range []int{1, n} { // the log of the second time has another number
			s := mustOpen(t, "db", Options{Memory: testMemory, FS: mem})
			for i := range commits {
				put(t, s, fmt.Sprintf("\x10%03d", i), "1")
			}
			if commits == n {
				clone := vfs.NewMem()
				if _, err := vfs.Clone(mem, clone, "db", "db"); err != nil {
					t.Fatal(err)
				}
				return clone
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		return nil
	}
	logs := func(files vfs.FS) (names []string) {
		all, err := files.List("db")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range all {
			if strings.HasSuffix(name, ".log") {
				names = append(names, name)
			}
		}
		return names
	}
	ours := killed(50)
	if err := checkLogs("db", ours); err != nil {
		t.Fatalf("our own: %v", err)
	}
	names := logs(ours)
	name := names[len(names)-1]
	text, err := readFile(ours, "db/"+name)
	if err != nil {
		t.Fatal(err)
	}
	// The same records once more, at the end: whole, and of the right log.
	if err := replaceFile(ours, "db", name, string(text)+string(text)); err != nil {
		t.Fatal(err)
	}
	if err := checkLogs("db", ours); !errors.Is(err, storage.ErrCorrupt) || !strings.Contains(err.Error(), name) {
		t.Errorf("a log that repeats itself: error %v", err)
	}
	if _, err := Open("db", Options{Memory: testMemory, FS: ours}); !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("opened with error %v", err)
	}
}
