package pebble

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// Every commit writes its number under all keys of one group, so that in any snapshot the keys of a group
// hold one number, not lower than when the snapshot began. Readers old and new read them through the
// cache, in any order, while writers write, ranges are deleted and other ranges dropped.
func TestCacheBesideRacingCommits(t *testing.T) {
	short := func(group, i int) []byte { return fmt.Appendf(nil, "\x20%d/%d", group, i) }
	spaces := func(group, i int) []byte { return []byte(keyIn(uint64(group/2*keySpaces+group%2), fmt.Sprint(i))) } // of which two share a floor
	for _, tt := range []struct {
		name string
		size int64
		mask uint64
		key  func(group, i int) []byte
	}{
		{"roomy", 0, allBits, short},
		{"tiny", leastRing, allBits, short},
		{"one hash", 0, 0, short},
		{"one set and slot", 0, tagBits, short},
		{"key spaces", 0, allBits, spaces},
		{"key spaces, one hash", 0, 0, spaces},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := cached(t, tt.size, tt.mask)
			const groups, keys, rounds = 3, 4, 500
			key := tt.key
			var newest [groups]atomic.Uint64
			var next atomic.Uint64
			write := func(group int) error {
				w, err := s.Begin(ctx, storage.TxnOptions{})
				if err != nil {
					return err
				}
				defer w.Rollback()
				n := next.Add(1)
				value := binary.BigEndian.AppendUint64(make([]byte, rand.IntN(2000), 2100), n)
				if rand.IntN(20) == 0 {
					if err := w.DeleteRange(key(group, 0), key(group, keys)); err != nil {
						return err
					}
				}
				for i := range keys {
					if err := w.Set(key(group, i), value); err != nil {
						return err
					}
				}
				if err := w.Commit(ctx); err != nil {
					if errors.Is(err, storage.ErrConflict) {
						return nil
					}
					return err
				}
				for old := newest[group].Load(); old < n && !newest[group].CompareAndSwap(old, n); {
					old = newest[group].Load()
				}
				return nil
			}
			for group := range groups {
				if err := write(group); err != nil {
					t.Fatal(err)
				}
			}
			var wg sync.WaitGroup
			var writing atomic.Int32
			for range 2 {
				writing.Add(1)
				wg.Go(func() {
					defer writing.Add(-1)
					for i := range rounds {
						if err := write(rand.IntN(groups)); err != nil {
							t.Error(err)
							return
						}
						if i%100 == 0 {
							lo := fmt.Appendf(nil, "\x30%d", next.Add(1))
							if err := s.DropRange(ctx, lo, append(lo, 0)); err != nil {
								t.Error(err)
							}
						}
					}
				})
			}
			for r := range 4 {
				wg.Go(func() {
					for writing.Load() > 0 {
						group := rand.IntN(groups)
						least := newest[group].Load()
						tx, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: r%2 == 0})
						if err != nil {
							t.Error(err)
							return
						}
						seen := uint64(0)
						for range 1 + rand.IntN(12) {
							value, err := tx.Get(ctx, key(group, rand.IntN(keys)))
							if err != nil || len(value) < 8 {
								t.Errorf("%d bytes, %v", len(value), err)
								break
							}
							n := binary.BigEndian.Uint64(value[len(value)-8:])
							switch {
							case n < least:
								t.Errorf("read %d, %d was committed before the transaction began", n, least)
							case seen != 0 && n != seen:
								t.Errorf("read %d and %d in one snapshot", seen, n)
							}
							seen = n
						}
						tx.Rollback()
					}
				})
			}
			wg.Wait()
			if st := s.cache.stats(); st.hits == 0 || st.misses == 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// hookFS calls a function for each log file that is begun, which the library does while it applies a batch
// that does not fit the memtable.
type hookFS struct {
	vfs.FS
	begin *func()
}

func (f hookFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasSuffix(name, ".log") {
		(*f.begin)()
	}
	return f.FS.Create(name, c)
}

// A reader may see a commit in the store as soon as it is being applied: what it writes counts as written by then, be it by
// key or by range.
func TestFloorsAreRaisedBeforeTheCommitIsApplied(t *testing.T) {
	begin := func() {}
	s := mustOpen(t, "db", Options{Memory: 4 << 20, FS: hookFS{vfs.NewMem(), &begin}, Cached: []byte{0x20}})
	written, removed := []byte(keyIn(1, "a")), []byte(keyIn(2, "a"))
	commit(t, s, string(written), "one", string(removed), "one")
	var raised []uint64
	begin = func() {
		for _, key := range [][]byte{written, removed} {
			h := s.cache.hash(key)
			raised = append(raised, s.cache.lastWrite(s.cache.shard(h), h, key))
		}
	}
	w := begun(t, s, storage.TxnOptions{})
	lo, hi := spaceRange(2)
	if err := errors.Join(w.Set(written, make([]byte, 200<<10)), w.DeleteRange(lo, hi), w.Commit(ctx)); err != nil {
		t.Fatal(err)
	}
	begin = func() {}
	if want := []uint64{s.version.Load(), s.version.Load()}; !slices.Equal(raised, want) {
		t.Errorf("last writes of the keys while they were applied: %d, want %d", raised, want)
	}
}

// So it is with what changes a range beside all transactions, and who begins meanwhile does not share a snapshot with those after.
func TestFloorsAreRaisedBeforeARangeIsChanged(t *testing.T) {
	s := cached(t, 0, allBits)
	key := []byte(keyIn(1, "a"))
	commit(t, s, string(key), "one")
	old := reader(t, s)
	wants(t, old, string(key), "one", false)
	lo, hi := spaceRange(1)
	var during *txn
	err := s.beside(lo, hi, func() error {
		h := s.cache.hash(key)
		if last := s.cache.lastWrite(s.cache.shard(h), h, key); last != s.version.Load()+1 {
			t.Errorf("last write %d of the key while its range is changed, at version %d", last, s.version.Load())
		}
		during = reader(t, s)
		return s.db.Set(key, []byte("two"), s.write)
	})
	if err != nil {
		t.Fatal(err)
	}
	now := reader(t, s)
	if during.snap == now.snap || during.version == now.version {
		t.Error("who began during the change shares the snapshot of after it")
	}
	wants(t, now, string(key), "two", false)
	wants(t, during, string(key), "one", false)
	wants(t, old, string(key), "one", false)
	wants(t, now, string(key), "two", true)
}
