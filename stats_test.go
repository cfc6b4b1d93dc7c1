package fluxdb_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb"
)

func ExampleDB_Stats() {
	db, err := fluxdb.Open(fluxdb.MemoryPath, &fluxdb.Options{Memory: 64 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	s := db.NewSession()
	defer s.Close()
	for _, text := range []string{"CREATE COLLECTION users", "INSERT INTO users VALUES {name: 'Ann'}, {name: 'Bob'}"} {
		if _, err := s.Exec(context.Background(), text, nil); err != nil {
			log.Fatal(err)
		}
	}
	st := db.Stats()
	fmt.Println("conflicts:", st.Conflicts, "open transactions:", st.ReadTransactions+st.WriteTransactions)
	for _, share := range st.Memory {
		if share.Name == "work memory" {
			fmt.Printf("%s: %d of %d bytes\n", share.Name, share.Used, share.Limit)
		}
	}
	// Output:
	// conflicts: 0 open transactions: 0
	// work memory: 0 of 8388608 bytes
}

// stats are figures that a test compares by name.
func figures(st fluxdb.Stats) map[string]int {
	return map[string]int{
		"commits": int(st.Commits), "conflicts": int(st.Conflicts), "aborted": int(st.Aborted), "retries": int(st.Retries),
		"readers": st.ReadTransactions, "writers": st.WriteTransactions, "iterators": st.Iterators,
		"rows": st.Rows, "sessions": st.Sessions, "behind": int(st.Version - st.OldestVersion), "spills": int(st.Spills),
		"helpers": st.Helpers, "temporary files": st.TempFiles, "indexes": st.Indexes, "collections": st.Collections,
	}
}

func TestStatsCount(t *testing.T) {
	ctx := context.Background()
	db, err := fluxdb.Open(t.TempDir(), &fluxdb.Options{Memory: 16 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a, b := db.NewSession(), db.NewSession()
	exec := func(s *fluxdb.Session, text string) {
		t.Helper()
		if _, err := s.Exec(ctx, text, nil); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	before := figures(db.Stats())
	expect := func(when string, changes map[string]int) {
		t.Helper()
		now := figures(db.Stats())
		for name, n := range now {
			if want := before[name] + changes[name]; n != want {
				t.Errorf("%s: %s %d, want %d", when, name, n, want)
			}
		}
		before = now
	}
	exec(a, "CREATE COLLECTION c")
	exec(a, "CREATE INDEX i ON c (n)")
	exec(a, "INSERT INTO c VALUES {_id: 1, n: 1}, {_id: 2, n: 2}")
	expect("a collection", map[string]int{"commits": 3, "collections": 1, "indexes": 1})

	rows, err := a.Query(ctx, "SELECT * FROM c", nil)
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	expect("a row read", map[string]int{"rows": 1, "iterators": 1, "readers": 1})
	exec(b, "UPDATE c SET n = 3 WHERE _id = 1")
	expect("a commit beside", map[string]int{"commits": 1, "behind": 1})
	if age := db.Stats().OldestAge; age <= 0 {
		t.Errorf("the oldest snapshot is %v old", age)
	}
	rows.Close()
	expect("closed rows", map[string]int{"rows": -1, "iterators": -1, "readers": -1, "behind": -1})

	exec(a, "BEGIN")
	exec(a, "UPDATE c SET n = n + 1 WHERE _id = 1")
	exec(b, "UPDATE c SET n = n + 1 WHERE _id = 1")
	expect("an open transaction", map[string]int{"writers": 1, "commits": 1, "behind": 1})
	if _, err := a.Exec(ctx, "COMMIT", nil); !errors.Is(err, fluxdb.ErrConflict) {
		t.Fatalf("commit: %v", err)
	}
	expect("a conflict", map[string]int{"conflicts": 1, "writers": -1, "behind": -1})
	exec(a, "BEGIN; INSERT INTO c VALUES {_id: 3}; ROLLBACK")
	expect("a rollback", map[string]int{"aborted": 1})

	share := func(name string) fluxdb.MemoryShare {
		for _, s := range db.Stats().Memory {
			if s.Name == name {
				return s
			}
		}
		t.Fatalf("no share %q", name)
		return fluxdb.MemoryShare{}
	}
	pad := strings.Repeat("x", 1000)
	exec(a, "BEGIN; INSERT INTO c VALUES {pad: '"+pad+"'}")
	if used := share("write buffers").Used; used < 1000 || used > 1<<20 {
		t.Errorf("write buffers hold %d bytes", used)
	}
	exec(a, "ROLLBACK")
	if used := share("write buffers").Used; used != 0 {
		t.Errorf("write buffers hold %d bytes after the rollback", used)
	}
	before = figures(db.Stats())
	a.Close()
	expect("a closed session", map[string]int{"sessions": -1})

	st := db.Stats()
	if st.Statements.Hits == 0 || st.Statements.Misses == 0 || st.LogSyncs == 0 || st.CommitsPerSync <= 0 {
		t.Errorf("statements %+v, %d syncs, %.1f commits each", st.Statements, st.LogSyncs, st.CommitsPerSync)
	}
	if st.LogSize == 0 || st.DiskSize < st.LogSize {
		t.Errorf("log %d, disk %d bytes", st.LogSize, st.DiskSize)
	}
	sum := int64(0)
	for _, s := range st.Memory {
		if sum += s.Limit; s.Limit <= 0 || s.Used < 0 || s.Used > s.Limit {
			t.Errorf("%s holds %d of %d bytes", s.Name, s.Used, s.Limit)
		}
	}
	if st.MemoryBudget != 16<<20 || sum > st.MemoryBudget {
		t.Errorf("the shares add up to %d of %d bytes", sum, st.MemoryBudget)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if st := db.Stats(); st.Commits != 0 || len(st.Memory) != 0 {
		t.Errorf("a closed database has %+v", st)
	}
}

func BenchmarkStats(b *testing.B) {
	db, err := fluxdb.Open(fluxdb.MemoryPath, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for b.Loop() {
		db.Stats()
	}
}
