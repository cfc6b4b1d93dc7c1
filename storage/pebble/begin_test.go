package pebble

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// Who begins between the moment a commit shows in the library and that of its version sees one state of both: that of after a small commit,
// which it waits for, that of before a large one or where others have that.
func TestWhoBeginsDuringACommitSeesOneState(t *testing.T) {
	for _, tt := range []struct {
		name   string
		size   int
		others bool
		want   string
	}{
		{"small", 1, false, "two"},
		{"small, beside a reader", 1, true, "one"},
		{"large batch", slowBatch, false, "one"},
		{"tables", 16 << 20, false, "one"},
		{"tables, beside a reader", 16 << 20, true, "one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := mustOpen(t, "db", Options{Memory: 64 << 20, FS: vfs.NewMem(), Cached: []byte{0x20}})
			commit(t, s, "\x20a", "one", "\x21a", "one")
			old := "one"
			w := begun(t, s, storage.TxnOptions{})
			before := s.version.Load()
			if tt.others {
				reader(t, s)
			}
			begun := make(chan *txn, 1)
			w.OnCommit(func(uint64) { // it is applied, and not published
				go func() {
					r, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
					if err != nil {
						t.Error(err)
						close(begun)
						return
					}
					begun <- r.(*txn)
				}()
				waits := func() bool {
					s.reg.mu.Lock()
					defer s.reg.mu.Unlock()
					return s.reg.waiting > 0
				}
				for len(begun) == 0 && !waits() {
					runtime.Gosched()
				}
			})
			err := errors.Join(w.Set([]byte("\x20a"), []byte("two")), w.Set([]byte("\x21a"), []byte("two")), w.Set([]byte("\x22"), []byte(strings.Repeat("x", tt.size))), w.Commit(ctx))
			if err != nil {
				t.Fatal(err)
			}
			during := <-begun
			defer during.Rollback()
			want := before
			if tt.want != old {
				want++
			}
			if during.version != want {
				t.Errorf("version %d, want %d", during.version, want)
			}
			for _, key := range []string{"\x20a", "\x21a"} {
				if v, err := during.Get(ctx, []byte(key)); string(v) != tt.want || err != nil {
					t.Errorf("%q at version %d: %q, %v; want %q", key, during.version, v, err, tt.want)
				}
			}
			now := reader(t, s)
			if v, err := now.Get(ctx, []byte("\x21a")); string(v) != "two" || now.version != before+1 {
				t.Errorf("after the commit, version %d: %q, %v", now.version, v, err)
			}
		})
	}
}

// In a snapshot of version v the number under a key is v: commits, notes that are loaded beside them and readers race.
func TestVersionsAndSnapshotsAreOfOneState(t *testing.T) {
	s := mustOpen(t, "", Options{InMemory: true, Memory: testMemory, Cached: []byte{0x20}})
	commit(t, s, "\x21n", "1")
	var done atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		defer done.Store(true)
		for range 1500 {
			w, err := s.Begin(ctx, storage.TxnOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			value := numeral(s.version.Load() + 1) // the only one who writes
			if err := errors.Join(w.Set([]byte("\x21n"), []byte(value)), w.Commit(ctx)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	wg.Go(func() {
		for !done.Load() {
			if err := s.Load(ctx, []byte("\x14"), []byte("\x15"), &list{pairs: []string{"\x14a", "note"}}); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 3 {
		wg.Go(func() {
			for !done.Load() {
				r, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
				if err != nil {
					t.Error(err)
					return
				}
				runtime.Gosched()
				if v, err := r.Get(ctx, []byte("\x21n")); string(v) != numeral(r.Version()) || err != nil {
					t.Errorf("version %d: %q, %v", r.Version(), v, err)
				}
				r.Rollback()
			}
		})
	}
	wg.Wait()
}

func numeral(n uint64) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return numeral(n/10) + numeral(n%10)
}
