package tests

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
	"github.com/fluxdb/fluxdb/storage"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// watchedStore calls a function while the entries of an index are loaded.
type watchedStore struct {
	storage.Store
	during func()
}

func (s *watchedStore) Load(ctx context.Context, lo, hi []byte, source storage.Source) error {
	const tagIndex = 0x21
	if lo[0] == tagIndex {
		source = &watchedSource{Source: source, during: s.during}
	}
	return s.Store.Load(ctx, lo, hi, source)
}

type watchedSource struct {
	storage.Source
	during func()
	n      int
}

func (s *watchedSource) Next() bool {
	if s.n++; s.n == 11_000 {
		s.during()
	}
	return s.Source.Next()
}

func TestAnIndexBeingBuiltShowsHowFarItIsAndCanBeCancelled(t *testing.T) {
	store, err := pebble.Open("db", pebble.Options{InMemory: true, Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	watched := &watchedStore{Store: store}
	front, err := fluxdb.Open("db", &fluxdb.Options{Store: watched})
	if err != nil {
		t.Fatal(err)
	}
	defer front.Close()
	db := sql.OpenDB(driver.NewConnector(front))
	defer db.Close()
	var docs strings.Builder
	for i := range 12_000 {
		if i > 0 {
			docs.WriteString(", ")
		}
		fmt.Fprintf(&docs, "{_id: %d, n: %d}", i, i)
	}
	for _, statement := range []string{"CREATE COLLECTION c", "INSERT INTO c VALUES " + docs.String()} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	states := func() (all []string) {
		rows, err := db.Query("SHOW INDEXES")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var collection, name, keys, state string
			var unique bool
			var entries sql.NullInt64
			if err := rows.Scan(&collection, &name, &keys, &unique, &entries, &state); err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprint(name, " ", entries.Int64, " ", state))
		}
		return all
	}
	ctx, cancel := context.WithCancel(t.Context())
	var seen []string
	watched.during = func() { seen = states(); cancel() }
	if _, err := db.ExecContext(ctx, "CREATE INDEX by_n ON c (n)"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if len(seen) != 1 || seen[0] != "by_n 0 building, 88 %" {
		t.Errorf("while it is built: %q", seen)
	}
	if left := states(); len(left) > 0 {
		t.Errorf("after cancelling: %q", left)
	}
	watched.during = func() { seen = states() }
	if _, err := db.Exec("CREATE INDEX by_n ON c (n)"); err != nil {
		t.Fatal(err)
	}
	if done := states(); len(done) != 1 || done[0] != "by_n 12000 ready" {
		t.Errorf("when it is built: %q", done)
	}
}
