package pebble

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
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
