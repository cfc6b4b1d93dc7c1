package fluxdb_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/fluxdb/fluxdb"
)

// TestBuildsAndSortsKeepWithinTheirShares builds two indexes, each larger than all work memory, beside sorts that are, and
// looks at the shares all the while.
func TestBuildsAndSortsKeepWithinTheirShares(t *testing.T) {
	ctx := context.Background()
	db, err := fluxdb.Open(t.TempDir(), &fluxdb.Options{Memory: 64 << 20, Sync: fluxdb.SyncOff})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	type doc struct {
		A string `json:"a"`
		B string `json:"b"`
	}
	const documents = 60_000
	pad := strings.Repeat("x", 120)
	rng := rand.New(rand.NewPCG(1, 2))
	for range documents / 5000 {
		docs := make([]doc, 5000)
		for i := range docs {
			docs[i] = doc{fmt.Sprintf("%08x%s", rng.Uint32(), pad), fmt.Sprintf("%08x%s", rng.Uint32(), pad)}
		}
		if _, err := db.Collection("c").InsertMany(ctx, docs); err != nil {
			t.Fatal(err)
		}
	}
	var building sync.WaitGroup
	done := make(chan struct{})
	for _, field := range []string{"a", "b"} {
		building.Go(func() {
			s := db.NewSession()
			defer s.Close()
			if _, err := s.Exec(ctx, fmt.Sprintf("CREATE INDEX c_%s ON c (%s)", field, field), nil); err != nil {
				t.Error(err)
			}
		})
	}
	go func() { building.Wait(); close(done) }()
	over := func() (most int64) {
		for _, share := range db.Stats().Memory {
			if share.Used > share.Limit+share.Limit/8 { // what is needed in any case
				t.Errorf("%s holds %d of %d bytes", share.Name, share.Used, share.Limit)
			}
			if share.Name == "work memory" {
				most = share.Used
			}
		}
		return most
	}
	most := int64(0)
	s := db.NewSession()
	defer s.Close()
	for at, ended := 0, false; !ended; {
		rows, err := s.Query(ctx, "SELECT a, b FROM c ORDER BY b DESC, a", nil)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			if at++; at%64 == 0 {
				most = max(most, over())
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
			ended = true
		default:
		}
	}
	if most == 0 {
		t.Error("nobody held work memory")
	}
	if st := db.Stats(); st.TempFiles != 0 || st.TempSize != 0 || st.Spills < 3 {
		t.Errorf("%d temporary files of %d bytes are open in the end, %d were made", st.TempFiles, st.TempSize, st.Spills)
	}
	over()
}
