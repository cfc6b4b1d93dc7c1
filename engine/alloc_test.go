//go:build !race

// Under the race detector pools drop what is put into them at random.

package engine_test

import (
	"fmt"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/engine/enginetest"
	"github.com/fluxdb/fluxdb/index/def"
)

// TestHotPathsDoNotAllocate fixes the allocations of what runs once for each document.
func TestHotPathsDoNotAllocate(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true, Indexes: []*def.Index{{Name: "age", Keys: keys(t, "age, name")}}})
	ids := fill(t, db, "c", 3000)
	tx, err := db.Begin(ctx, engine.TxOptions{ReadOnly: true})
	must(t, err)
	defer tx.Rollback()
	c, ix, err := tx.Catalog().Index("age")
	must(t, err)
	city := document.NewAccessor(path(t, "address.city"))
	scan := tx.Scan(ctx, c, nil, false)
	defer scan.Close()
	index := tx.ScanIndex(ctx, c, ix, engine.Range{}, engine.ScanOptions{Ordered: true})
	defer index.Close()
	writing := begin(t, db)
	docs := people(50)
	create(t, db, def.Collection{Name: "d", PrimaryKey: "id", Fields: declare(t, "id INTEGER NOT NULL; name TEXT NOT NULL; age INTEGER; address.city TEXT; tags ARRAY")})
	declared := begin(t, db)
	defer declared.Rollback()
	d := collection(t, declared, "d")
	n := 0
	var text []byte
	for name, test := range map[string]struct {
		most float64
		run  func()
	}{
		"scan": {0, func() {
			if !scan.Next() || scan.Record().Lookup(city).IsMissing() {
				t.Fatal("no document")
			}
		}},
		"index scan": {0, func() {
			if !index.Next() || len(index.IDKey()) != 17 {
				t.Fatal("no entry")
			}
			for i := range index.Len() {
				index.Component(i)
			}
		}},
		"get": {0, func() {
			n++
			if rec, err := tx.Get(ctx, c, ids[n%len(ids)]); err != nil || rec == nil {
				t.Fatal("no document")
			}
		}},
		// Two are the new _id. The store's buffer grows now and then.
		"insert": {6, func() {
			n++
			if _, err := writing.Insert(ctx, c, docs[n%len(docs)]); err != nil {
				t.Fatal(err)
			}
		}},
		// It is not taken apart: that alone takes a dozen.
		"insert the text of declared fields": {4, func() {
			n++
			text = fmt.Appendf(text[:0], `{"id":%d,"name":"Ann","age":31,"address":{"city":"Rome"},"tags":["a","b"]}`, n)
			if _, err := declared.InsertJSON(ctx, d, text); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		if got := testing.AllocsPerRun(1000, test.run); got > test.most {
			t.Errorf("%s: %v allocations, at most %v", name, got, test.most)
		}
	}
}
