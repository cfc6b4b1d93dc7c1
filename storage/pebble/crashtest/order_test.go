package crashtest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// What is ingested is on the disk at once, while commits before it may not be, with sync=normal and off. A crash during
// or after an ingest that touches nothing of an earlier commit must not keep the one without the other.
func TestNothingIngestedSurvivesWithoutTheCommitsBeforeIt(t *testing.T) {
	const early, large = values + "early", bulk
	for _, level := range []pebble.SyncLevel{pebble.SyncFull, pebble.SyncNormal, pebble.SyncOff} {
		for _, way := range []string{"commit", "load"} {
			t.Run(fmt.Sprint("sync ", level, " ", way), func(t *testing.T) {
				disk, rng := New(), rand.New(rand.NewPCG(1, 1))
				var crashes []*Disk
				s, err := disk.Open(small(level))
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				if err := put(s, early); err != nil {
					t.Fatal(err)
				}
				disk.BeforeWrite(func(int64) error {
					crashes = append(crashes, disk.Crash(0, rng))
					return nil
				})
				if way == "commit" {
					err = commitBulk(s, ingested)
				} else {
					err = loadRange(s, 1)
				}
				if err != nil {
					t.Fatal(err)
				}
				disk.BeforeWrite(nil)
				both := 0
				for i, c := range append(crashes, disk.Crash(0, rng)) {
					r, err := reopen(crash{disk: c}, level)
					if err != nil {
						t.Fatal(err)
					}
					_, first := r.state[early]
					second := len(r.state.take(large)) + len(r.state.take(loaded))
					if second > 0 && !first {
						t.Errorf("crash %d of %d: %d keys that were ingested survive without a commit before them", i, len(crashes), second)
					}
					if second > 0 && first {
						both++
					}
				}
				if both == 0 {
					t.Error("no crash came after the ingest")
				}
			})
		}
	}
}

// commitBulk commits n keys of bulk and nothing else.
func commitBulk(s storage.Store, n int64) error {
	txn, err := s.Begin(ctx, storage.TxnOptions{})
	if err != nil {
		return err
	}
	defer txn.Rollback()
	for i := range n {
		if err := txn.Set(bulkKey(i), nil); err != nil {
			return err
		}
	}
	return txn.Commit(ctx)
}
