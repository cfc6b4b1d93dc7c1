// Package enginetest opens databases for tests. What it opens is checked as a
// whole when the test ends.
package enginetest

import (
	"context"
	"testing"

	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/storage"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// Open opens a database in memory. At the end of the test it is checked and closed.
func Open(t testing.TB, opts engine.Options) *engine.DB {
	t.Helper()
	store, err := pebble.Open("test", pebble.Options{InMemory: true, Cached: engine.CachedKeys()})
	if err != nil {
		t.Fatal(err)
	}
	return OpenStore(t, store, opts)
}

// OpenFolder opens the database in a folder, such as t.TempDir(). At the end of the test, unless
// the test has closed it, it is checked and closed.
func OpenFolder(t testing.TB, path string, opts engine.Options) *engine.DB {
	t.Helper()
	store, err := pebble.Open(path, pebble.Options{ReadOnly: opts.ReadOnly, Sync: pebble.SyncNormal, Cached: engine.CachedKeys()})
	if err != nil {
		t.Fatal(err)
	}
	return OpenStore(t, store, opts)
}

// OpenStore opens the database in a store, as Open does.
func OpenStore(t testing.TB, store storage.Store, opts engine.Options) *engine.DB {
	t.Helper()
	db, err := engine.Open(context.Background(), store, opts)
	if err != nil {
		store.Close()
		t.Fatal(err)
	}
	t.Cleanup(func() { Close(t, db) })
	return db
}

// Close checks a database and closes it. A database that is closed already is left alone.
func Close(t testing.TB, db *engine.DB) {
	t.Helper()
	ctx := context.Background()
	if !db.Closed() {
		Check(ctx, t, db)
	}
	if err := db.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// Check fails the test for each problem that engine.Check finds.
func Check(ctx context.Context, t testing.TB, db *engine.DB) {
	t.Helper()
	report, err := engine.Check(ctx, db)
	if err != nil {
		t.Errorf("check: %v", err)
		return
	}
	for _, problem := range report.Problems {
		t.Errorf("check: %s", problem)
	}
}
