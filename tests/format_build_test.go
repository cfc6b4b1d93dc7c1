package tests

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/storage"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// loadedStore tells when the entries of an index that is built are in the store.
type loadedStore struct {
	storage.Store
	loaded func()
}

func (s *loadedStore) Load(ctx context.Context, lo, hi []byte, source storage.Source) error {
	err := s.Store.Load(ctx, lo, hi, source)
	if lo[0] == 0x21 {
		s.loaded()
	}
	return err
}

// writeBuildingDatabase writes name.tar.gz and name.txt: a database whose process ended while it built a unique index. Its
// entries are loaded, and others have changed documents since, which is written down and not yet applied.
func writeBuildingDatabase(t *testing.T, name string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "db")
	store, err := pebble.Open(folder, pebble.Options{Cached: engine.CachedKeys()})
	if err != nil {
		t.Fatal(err)
	}
	loaded, resume := make(chan struct{}), make(chan struct{})
	flux, err := fluxdb.Open(folder, &fluxdb.Options{Store: &loadedStore{store, func() { close(loaded); <-resume }}})
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(driver.NewConnector(flux))
	mustExec(t, db, "CREATE COLLECTION c; CREATE COLLECTION other; CREATE UNIQUE INDEX other_n ON other (n); INSERT INTO other VALUES {_id: 1, n: 1}")
	const documents = 10_500 // more than are indexed in one transaction
	var rows strings.Builder
	for i := range documents {
		fmt.Fprintf(&rows, ", {_id: %d, n: %d}", i, i*7919%documents)
	}
	mustExec(t, db, "INSERT INTO c VALUES "+rows.String()[2:])
	built := make(chan error)
	go func() {
		_, err := db.Exec("CREATE UNIQUE INDEX c_n ON c (n)")
		built <- err
	}()
	<-loaded
	mustExec(t, db, "INSERT INTO c VALUES {_id: 'new', n: -1}; UPDATE c SET n = -2 WHERE _id = 5; DELETE FROM c WHERE _id = 6; UPDATE other SET n = 2")
	err = errors.Join(pack(folder, name+".tar.gz"), os.WriteFile(name+".txt", []byte(summed(dump(t, db))), 0o644))
	close(resume)
	if err := errors.Join(err, <-built, db.Close(), flux.Close()); err != nil {
		t.Fatal(err)
	}
}

// summed is a text as it is kept: a large one only by its sum.
func summed(text string) string {
	if len(text) < 64<<10 {
		return text
	}
	return fmt.Sprintf("%d lines, SHA-256 %x\n", strings.Count(text, "\n"), sha256.Sum256([]byte(text)))
}

// noBuildIsLeft looks for what a build wrote down, and for entries of more indexes than there are.
func noBuildIsLeft(t *testing.T, folder string, indexes int) {
	t.Helper()
	store, err := pebble.Open(folder, pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	txn, err := store.Begin(context.Background(), storage.TxnOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer txn.Rollback()
	it := txn.Scan(context.Background(), storage.ScanOptions{Lower: []byte{0x21}, Upper: []byte{0x23}, KeysOnly: true})
	defer it.Close()
	ids := map[string]bool{}
	for it.Next() {
		if it.Key()[0] == 0x22 {
			t.Fatalf("key %x of a build is left", it.Key())
		}
		ids[string(it.Key()[1:9])] = true
	}
	if err := it.Err(); err != nil || len(ids) > indexes {
		t.Errorf("entries of %d indexes, there are %d, %v", len(ids), indexes, err)
	}
}
