package crashtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// typed reports whether an error says what it is.
func typed(err error) bool {
	return errors.Is(err, storage.ErrUndecided) || errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ENOSPC)
}

// TestErrorsOfTheDisk lets each write of a workload fail, once or for good. Every outcome must be
// an error that says what it is, Close must return, and the store opened again must hold a prefix of
// the commits that has all acknowledged ones.
func TestErrorsOfTheDisk(t *testing.T) {
	for _, tt := range []struct {
		name  string
		level pebble.SyncLevel
		err   error
		again bool // also what follows fails
	}{
		{"one write", pebble.SyncFull, ErrInjected, false},
		{"all writes", pebble.SyncFull, ErrInjected, true},
		{"one write, sync normal", pebble.SyncNormal, ErrInjected, false},
		{"disk full", pebble.SyncFull, syscall.ENOSPC, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			step := 2 * sampling()
			runs, failed := 0, 0
			for n := int64(1); ; n += step {
				seed := rand.Uint64()
				disk := New()
				disk.BeforeWrite(func(i int64) error {
					if i == n || tt.again && i > n {
						return tt.err
					}
					return nil
				})
				did, hit := failing(t, disk, seed, tt.level, fmt.Sprintf("%s %d, seed %d", tt.name, n, seed))
				runs++
				if hit {
					failed++
				}
				if did < n || t.Failed() {
					break
				}
			}
			t.Logf("%d runs, %d with an error that was seen", runs, failed)
		})
	}
}

// failing runs the workload on a disk that fails somewhere, and opens it again.
func failing(t *testing.T, disk *Disk, seed uint64, level pebble.SyncLevel, what string) (writes int64, hit bool) {
	t.Helper()
	const n = 120
	var l log
	s, err := disk.Open(small(level))
	if err != nil {
		if !errors.Is(err, syscall.EIO) && !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: open: %v", what, err)
		}
		hit = true
	} else {
		for i := range n {
			err := commit(s, seed, i, func(uint64) { l.order = append(l.order, i) })
			switch {
			case err == nil && hit:
				t.Errorf("%s: commit %d succeeds after another did not", what, i)
			case err == nil:
				l.acked = append(l.acked, i)
			case errors.Is(err, storage.ErrUndecided):
				hit = true
			case !typed(err):
				t.Errorf("%s: commit %d: %v", what, i, err)
			default:
				l.refused = append(l.refused, i) // its own files could not be written: it alone is lost
			}
		}
		if hit {
			if _, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true}); !errors.Is(err, storage.ErrUndecided) {
				t.Errorf("%s: Begin after a failed sync: %v", what, err)
			}
			if _, err := s.Get(ctx, []byte(values)); !errors.Is(err, storage.ErrUndecided) {
				t.Errorf("%s: Get after a failed sync: %v", what, err)
			}
		}
		if err := s.Close(); err != nil && !typed(err) {
			t.Errorf("%s: close: %v", what, err)
		}
	}
	writes = disk.Writes()
	disk.BeforeWrite(nil)
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, d := range []*Disk{disk.Crash(50, rng), disk} {
		c := crash{disk: d, at: writes, acked: len(l.acked)}
		r, err := reopen(c, level)
		if err != nil {
			t.Errorf("%s: open again: %v", what, err)
			continue
		}
		// A commit whose outcome was unknown may be there: those that came to be applied are in the order,
		// the one that failed on its way may be the next.
		if i := len(l.order) + len(l.refused); i < n {
			if _, ok := r.state[fmt.Sprintf("%s%05d", commits, i)]; ok {
				l.order = append(l.order, i)
			}
		}
		check(t, seed, &l, r, level == pebble.SyncFull)
		for _, i := range l.refused {
			if _, ok := r.state[fmt.Sprintf("%s%05d", commits, i)]; ok {
				t.Errorf("%s: commit %d was refused and is there", what, i)
			}
		}
	}
	return writes, hit || len(l.refused) > 0
}

// TestErrorsOfReading lets reads fail: the error says so, and the store goes on.
func TestErrorsOfReading(t *testing.T) {
	seed := rand.Uint64()
	disk := New()
	s, err := disk.Open(small(pebble.SyncFull))
	if err != nil {
		t.Fatal(err)
	}
	var order []int
	for i := range 300 {
		if err := commit(s, seed, i, func(uint64) {}); err != nil {
			t.Fatal(err)
		}
		order = append(order, i)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := replay(seed, order)
	for n := int64(1); ; n += max(1, sampling()/3) {
		disk.BeforeRead(nil)
		reads := disk.Reads()
		disk.BeforeRead(func(i int64) error {
			if i == reads+n {
				return ErrInjected
			}
			return nil
		})
		opts := small(pebble.SyncFull)
		opts.ReadOnly = true
		s, err := disk.Open(opts)
		if err == nil {
			var got state
			if got, err = read(s); err == nil {
				if wrong := differ(got, want); wrong != "" {
					t.Errorf("read %d fails: %s", n, wrong)
				}
			}
			if closeErr := s.Close(); closeErr != nil && !errors.Is(closeErr, syscall.EIO) {
				t.Errorf("read %d fails: close: %v", n, closeErr)
			}
		}
		if err != nil && !errors.Is(err, syscall.EIO) {
			t.Errorf("read %d fails: %v", n, err)
		}
		if disk.Reads() < reads+n {
			break
		}
	}
}
