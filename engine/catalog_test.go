package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// TestCollectionsAreLimited has a transaction see as many collections as there may be.
func TestCollectionsAreLimited(t *testing.T) {
	ctx := context.Background()
	store, err := pebble.Open("test", pebble.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	db, err := Open(ctx, store, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin(ctx, TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	entries := map[string]*entry{}
	for i := range maxCollections - 1 {
		name := fmt.Sprint("c", i)
		entries[name] = db.newEntry(definition{Collection: &def.Collection{Name: name}}, nil, nil)
	}
	tx.catalog = newCatalog(tx.Version(), entries)
	if err := tx.CreateCollection(ctx, def.Collection{Name: "last", Open: true}); err != nil {
		t.Fatal(err)
	}
	err = tx.CreateCollection(ctx, def.Collection{Name: "more", Open: true})
	if !errors.Is(err, ErrInvalidDefinition) || !strings.Contains(err.Error(), "there are 10000 collections, expected at most 10000") {
		t.Errorf("error %v", err)
	}
}
