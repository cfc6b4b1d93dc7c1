package pebble

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// A log whose commits come twice, as when one of another database has the name of one that is gone: replayed, it
// ends the process.
func TestALogThatRepeatsItselfIsFound(t *testing.T) {
	mem := vfs.NewMem()
	s := mustOpen(t, "db", Options{Memory: testMemory, FS: mem})
	for i := range 50 {
		put(t, s, fmt.Sprintf("\x10%03d", i), "1")
	}
	killed := vfs.NewMem()
	if _, err := vfs.Clone(mem, killed, "db", "db"); err != nil {
		t.Fatal(err)
	}
	if err := checkLogs("db", killed); err != nil {
		t.Fatalf("as it was: %v", err)
	}
	names, err := killed.List("db")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	name := ""
	for _, n := range names {
		if strings.HasSuffix(n, ".log") {
			name = n
		}
	}
	text, err := readFile(killed, "db/"+name)
	if err != nil {
		t.Fatal(err)
	}
	// Once more at the end: whole records, and of the right log.
	var number uint64
	if _, err := fmt.Sscanf(name, "%d.log", &number); err != nil {
		t.Fatal(err)
	}
	records := text[:wholeRecords(text, number)]
	if err := replaceFile(killed, "db", name, string(records)+string(text)); err != nil {
		t.Fatal(err)
	}
	if err := checkLogs("db", killed); !errors.Is(err, storage.ErrCorrupt) || !strings.Contains(err.Error(), name) {
		t.Errorf("error %v", err)
	}
	if _, err := Open("db", Options{Memory: testMemory, FS: killed}); !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("opened with error %v", err)
	}
}
