package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/engine/enginetest"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
)

func TestUniqueness(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true, Indexes: []*def.Index{
		{Name: "ab", Keys: keys(t, "a, b desc"), Unique: true},
		{Name: "strict", Keys: keys(t, "s"), Unique: true, NullsNotDistinct: true},
	}})
	tx := begin(t, db)
	long := strings.Repeat("x", 2000)
	for _, test := range []struct {
		doc       string
		duplicate string // index and value, "" for none
	}{
		{`{"a":1,"b":2,"s":0}`, ``},
		{`{"a":1.0,"b":2,"s":1}`, `ab: [1.0,2]`},
		{`{"a":1,"b":null,"s":2}`, ``},
		{`{"a":1,"b":null,"s":3}`, ``},
		{`{"a":1,"s":4}`, ``},
		{`{"s":5}`, ``},
		{`{"s":-0.0}`, `strict: -0.0`},
		{`{"s":null}`, ``},
		{`{"s":null}`, `strict: null`},
		{`{}`, `strict: null`},
		{`{"a":[1],"b":{"x":1,"y":2},"s":6}`, ``},
		{`{"a":[1.0],"b":{"y":2,"x":1},"s":7}`, `ab: [[1.0],{"y":2,"x":1}]`},
		{fmt.Sprintf(`{"s":%q}`, long), ``},
		{fmt.Sprintf(`{"s":%q}`, long+"y"), ``},
	} {
		_, err := tx.Insert(ctx, collection(t, tx, "c"), parse(t, test.doc))
		got := ""
		var duplicate *engine.DuplicateKeyError
		if errors.As(err, &duplicate) {
			got = fmt.Sprintf("%s: %s", duplicate.Index, document.AppendJSON(nil, duplicate.Value, document.Plain))
		} else if err != nil {
			t.Fatal(err)
		}
		want(t, got, test.duplicate)
	}
	commit(t, tx)
}

func TestUpdatesKeepUniqueness(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true, Indexes: []*def.Index{{Name: "u", Keys: keys(t, "u"), Unique: true}}})
	tx := begin(t, db)
	insert(t, tx, "c", `{"_id":1,"u":1}`, `{"_id":2,"u":2}`)
	c := collection(t, tx, "c")
	update := func(id int64, doc string) error {
		rec, err := tx.Get(ctx, c, document.Int(id))
		must(t, err)
		_, err = tx.Update(ctx, c, rec, parse(t, doc))
		return err
	}
	if err := update(1, `{"u":2}`); !errors.Is(err, engine.ErrDuplicateKey) {
		t.Error(err)
	}
	if err := update(1, `{"_id":2,"u":3}`); !errors.Is(err, engine.ErrDuplicateKey) {
		t.Error(err)
	}
	must(t, update(1, `{"u":1.0}`))         // the same key
	must(t, update(1, `{"_id":3,"u":1.0}`)) // another _id, the same key
	must(t, update(2, `{"_id":1,"u":4}`))
	insert(t, tx, "c", `{"_id":2,"u":2}`)
	want(t, all(t, tx, "c"), []string{`{"_id":1,"u":4}`, `{"_id":2,"u":2}`, `{"_id":3,"u":1.0}`})
	commit(t, tx)
}

// TestConcurrentWritersOfOneKey has many transactions want the same keys: each is got once.
func TestConcurrentWritersOfOneKey(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true, Indexes: []*def.Index{{Name: "u", Keys: keys(t, "u"), Unique: true}}})
	var got, conflicts, duplicates atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := 0; i < 200; {
				err := writeSome(db, func(tx *engine.Tx, c *def.Collection) error {
					_, err := tx.Insert(ctx, c, document.Object([]document.Field{{Name: "u", Value: document.Int(int64(i))}}))
					return err
				})
				switch {
				case err == nil:
					got.Add(1)
				case errors.Is(err, storage.ErrConflict):
					conflicts.Add(1)
					continue
				case errors.Is(err, engine.ErrDuplicateKey):
					duplicates.Add(1)
				default:
					t.Error(err)
				}
				i++
			}
		})
	}
	wg.Wait()
	want(t, got.Load(), 200)
	want(t, duplicates.Load(), 600)
	t.Logf("%d conflicts", conflicts.Load())
}

func TestWriteSkewIsPrevented(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	a, b := begin(t, db), begin(t, db)
	for i, tx := range []*engine.Tx{a, b} {
		n, err := tx.Count(ctx, collection(t, tx, "c"))
		must(t, err)
		insert(t, tx, "c", fmt.Sprintf(`{"_id":%d,"n":%d}`, i, n))
	}
	commit(t, a)
	if err := b.Commit(ctx); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("both counted 0: %v", err)
	}
}

// TestScanOfOneRegionDependsOnTheOther: who saw no plain _id and stopped early must not
// commit beside one who brings it.
func TestScanOfOneRegionDependsOnTheOther(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	tx := begin(t, db)
	insert(t, tx, "c", `{"_id":"77777777-7777-7777-7777-777777777777"}`)
	commit(t, tx)
	reader := begin(t, db)
	scan := reader.Scan(ctx, collection(t, reader, "c"), nil, true)
	if !scan.Next() {
		t.Fatal("nothing")
	}
	must(t, scan.Close())
	insert(t, reader, "c", `{"_id":1}`)
	tx = begin(t, db)
	insert(t, tx, "c", `{"_id":"zz"}`)
	commit(t, tx)
	if err := reader.Commit(ctx); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("a greater _id came by: %v", err)
	}
}
