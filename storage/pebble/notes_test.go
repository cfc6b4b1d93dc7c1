package pebble

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// logGateFS makes the next log only when the one before is gone, and calls back between the two.
type logGateFS struct {
	vfs.FS
	once    sync.Once
	gone    chan struct{} // closed when the first log is removed
	between func()
}

func (g *logGateFS) Remove(name string) error {
	err := g.FS.Remove(name)
	if strings.HasSuffix(name, ".log") && err == nil {
		g.once.Do(func() { close(g.gone) })
	}
	return err
}

func (g *logGateFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasSuffix(name, ".log") {
		select {
		case <-g.gone:
			g.between()
		case <-time.After(time.Minute):
			return nil, errors.New("the log before was not removed")
		}
	}
	return g.FS.Create(name, category)
}

// TestAStoreThatDiesWhileItOpensOpensAgain: the library writes what a log holds to tables, and removes it in the
// background, before it makes the next one. Who dies in between leaves none, and must not be taken for damaged.
func TestAStoreThatDiesWhileItOpensOpensAgain(t *testing.T) {
	// A crash that leaves all that was written, and removed.
	crash := func(mem *vfs.MemFS) *vfs.MemFS {
		if err := syncFolder("db", mem); err != nil {
			t.Error(err)
		}
		return mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
	}
	for _, level := range []SyncLevel{SyncFull, SyncNormal} {
		for _, orderly := range []bool{false, true} {
			mem := vfs.NewCrashableMem()
			s := mustOpen(t, "db", Options{Memory: testMemory, FS: mem})
			put(t, s, "\x10a", "1")
			if orderly {
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			died := crash(mem)
			var again *vfs.MemFS
			gate := &logGateFS{FS: died, gone: make(chan struct{})}
			gate.between = func() {
				if again == nil {
					again = crash(died)
				}
			}
			mustOpen(t, "db", Options{Memory: testMemory, FS: gate, Sync: level})
			next, err := Open("db", Options{Memory: testMemory, FS: again, Sync: level})
			if err != nil {
				t.Errorf("sync %d, closed %v: %v", level, orderly, err)
				continue
			}
			if v, err := next.Get(ctx, []byte("\x10a")); string(v) != "1" || err != nil {
				t.Errorf("sync %d, closed %v: %q, %v", level, orderly, v, err)
			}
			if err := next.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// heldFS makes no tables until they are let.
type heldFS struct {
	vfs.FS
	let chan struct{}
}

func (h heldFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasSuffix(name, ".sst") {
		<-h.let
	}
	return h.FS.Create(name, category)
}

// TestEveryLogOfAStoreThatDiedIsMissed: what the older of two logs holds is in no table yet.
func TestEveryLogOfAStoreThatDiedIsMissed(t *testing.T) {
	mem := vfs.NewCrashableMem()
	held := heldFS{mem, make(chan struct{})}
	s := mustOpen(t, "db", Options{Memory: testMemory, FS: held})
	defer close(held.let)
	logs := func() (names []string) {
		all, err := mem.List("db")
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
	for i := 0; len(logs()) < 3; i++ {
		put(t, s, fmt.Sprintf("\x10%06d", i), strings.Repeat("x", 50<<10))
	}
	died := func() *vfs.MemFS {
		return mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
	}
	for _, name := range logs() {
		without := died()
		if err := without.Remove(without.PathJoin("db", name)); err != nil {
			t.Fatal(err)
		}
		s, err := Open("db", Options{Memory: testMemory, FS: without})
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, storage.ErrCorrupt) || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	whole, err := Open("db", Options{Memory: testMemory, FS: died()})
	if err != nil {
		t.Fatal(err)
	}
	if err := whole.Close(); err != nil {
		t.Error(err)
	}
}

// TestNotesOfMoreLogsThanLines: the line of the oldest log is given to the newest, for good.
func TestNotesOfMoreLogsThanLines(t *testing.T) {
	mem := vfs.NewCrashableMem()
	if err := mem.MkdirAll("db", 0o755); err != nil {
		t.Fatal(err)
	}
	n, err := newNotesFS("db", mem, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer n.notes.Close()
	noted := func() (names []string) {
		text, err := readFile(mem, "db/"+notesFile)
		if err != nil {
			t.Fatal(err)
		}
		for line := range noteLines {
			if name, _, _ := readNote(text, line); name != "" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return names
	}
	var want []string
	for i := range noteLines {
		name := fmt.Sprintf("%06d.log", i)
		f, err := n.Create("db/"+name, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		for range 2 { // its line stays its own
			if err := f.Sync(); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if want = append(want, name); len(want) > noteLines-manifestLines {
			want = want[1:]
		}
		if got := noted(); !slices.Equal(got, want) {
			t.Fatalf("after %s: %v, want %v", name, got, want)
		}
	}
	for _, name := range want[1:] {
		if err := n.Remove("db/" + name); err != nil {
			t.Fatal(err)
		}
	}
	if got := noted(); !slices.Equal(got, want[:1]) {
		t.Errorf("after the others were removed: %v, want %v", got, want[:1])
	}
	if _, err := n.ReuseForWrite("db/"+want[0], "db/000100.log", vfs.WriteCategoryUnspecified); err != nil {
		t.Fatal(err)
	}
	if got := noted(); len(got) > 0 {
		t.Errorf("after the last one was used again: %v", got)
	}
}
