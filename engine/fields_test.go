package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/engine/enginetest"
	"github.com/fluxdb/fluxdb/index/def"
)

func fieldSet(t testing.TB, tx *engine.Tx) *def.FieldSet {
	t.Helper()
	set, err := tx.Fields(ctx, collection(t, tx, "c"))
	must(t, err)
	return set
}

func TestFieldsInFirstSeenOrder(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	tx := begin(t, db)
	insert(t, tx, "c", `{"_id":1,"z":1,"o":{"b":1,"a":{}},"a.b":1}`, `{"_id":2,"y":[{"x":1}],"o":{"c":null}}`)
	set := fieldSet(t, tx)
	want(t, set.Names, []string{"z", "o", "a.b", "y"})
	want(t, set.Leaves, []string{"z", "o.b", "o.a", `"a.b"`, "y", "o.c"})
	commit(t, tx)
	tx = begin(t, db)
	if fieldSet(t, tx) != fieldSet(t, begin(t, db)) {
		t.Error("two transactions with one state have two field sets")
	}
	older := begin(t, db)
	// The last document with a field takes it away, and it comes back in its place.
	c := collection(t, tx, "c")
	rec, err := tx.Get(ctx, c, document.Int(1))
	must(t, err)
	must(t, tx.Delete(ctx, c, rec))
	want(t, fieldSet(t, tx).Names, []string{"o", "y"})
	commit(t, tx)
	want(t, fieldSet(t, begin(t, db)).Leaves, []string{"y", "o.c"})
	want(t, fieldSet(t, older).Names, []string{"z", "o", "a.b", "y"})
	tx = begin(t, db)
	insert(t, tx, "c", `{"z":1}`)
	commit(t, tx)
	want(t, fieldSet(t, begin(t, db)).Names, []string{"z", "o", "y"})
}

func TestFieldsOfShapedDocuments(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	tx := begin(t, db)
	for i := range 20 {
		insert(t, tx, "c", fmt.Sprintf(`{"_id":%d,"a":1,"o":{"x":1,"y":2},"b":1}`, i))
	}
	// They fit the shape with absent slots.
	insert(t, tx, "c", `{"_id":100,"a":1}`, `{"_id":101,"o":{"y":1},"b":2}`)
	c := collection(t, tx, "c")
	shaped := 0
	scan := tx.Scan(ctx, c, nil, false)
	for scan.Next() {
		if scan.Record().Shape() != nil {
			shaped++
		}
	}
	must(t, scan.Close())
	want(t, shaped, 20-7+2)
	for i := range int64(20) {
		rec, err := tx.Get(ctx, c, document.Int(i))
		must(t, err)
		must(t, tx.Delete(ctx, c, rec))
	}
	want(t, fieldSet(t, tx).Leaves, []string{"a", "o.y", "b"})
	commit(t, tx)
	want(t, fieldSet(t, begin(t, db)).Leaves, []string{"a", "o.y", "b"})
}

// TestDataAsKeys has far more field names than the dictionary holds.
func TestDataAsKeys(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	wide := func(prefix string, from, n int) document.Value {
		var fields []document.Field
		for i := range n {
			fields = append(fields, document.Field{Name: fmt.Sprint(prefix, from+i), Value: document.Int(1)})
		}
		return document.Object(fields)
	}
	tx := begin(t, db)
	c := collection(t, tx, "c")
	insert(t, tx, "c", `{"first":1}`)
	for i := range 5 {
		doc := document.Object([]document.Field{{Name: "_id", Value: document.Int(int64(i))}, {Name: "byKey", Value: wide("k", i*1000, 1000)}})
		_, err := tx.Insert(ctx, c, doc)
		must(t, err)
	}
	set := fieldSet(t, tx)
	want(t, set.Names, []string{"first", "byKey"})
	want(t, len(set.Leaves), 4096+1)
	_, err := tx.Insert(ctx, c, wide("top", 0, 5000))
	must(t, err)
	insert(t, tx, "c", `{"late":{"deep":1}}`)
	commit(t, tx)
	tx = begin(t, db)
	want(t, len(fieldSet(t, tx).Leaves), 8192)
	for i := range int64(5) {
		rec, err := tx.Get(ctx, c, document.Int(i))
		must(t, err)
		must(t, tx.Delete(ctx, c, rec))
	}
	commit(t, tx)
	set = fieldSet(t, begin(t, db))
	want(t, set.Names[:2], []string{"first", "top0"})
	want(t, len(set.Leaves), 8192-4096)
}

// TestFieldsThatAreNotRemembered: the set of fields says that it is not complete, exactly as long as it is not.
func TestFieldsThatAreNotRemembered(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	create(t, db, def.Collection{Name: "long", Open: true})
	tx := begin(t, db)
	long := document.Object([]document.Field{{Name: "_id", Value: document.Int(1)}, {Name: strings.Repeat("n", 2000), Value: document.Int(1)}})
	for id := range int64(20) { // some of them with a shape
		long.AsObject()[0].Value = document.Int(id)
		_, err := tx.Insert(ctx, collection(t, tx, "long"), long)
		must(t, err)
	}
	insert(t, tx, "long", `{"_id":100}`) // fits the shape without its field
	others := func(tx *engine.Tx, name string) bool {
		t.Helper()
		set, err := tx.Fields(ctx, collection(t, tx, name))
		must(t, err)
		return set.Others
	}
	insert(t, tx, "c", `{"_id":1,"first":1}`)
	for i := range 9 {
		fields := []document.Field{{Name: "_id", Value: document.Int(int64(100 + i))}}
		for k := range 1000 {
			fields = append(fields, document.Field{Name: fmt.Sprintf("f%d", i*1000+k), Value: document.Int(1)})
		}
		want(t, others(tx, "c"), false)
		_, err := tx.Insert(ctx, collection(t, tx, "c"), document.Object(fields))
		must(t, err)
	}
	want(t, others(tx, "c"), true)
	want(t, others(tx, "long"), true)
	commit(t, tx)
	older := begin(t, db)
	want(t, others(older, "c"), true)
	remove := func(name string, id int64) {
		t.Helper()
		tx := begin(t, db)
		c := collection(t, tx, name)
		rec, err := tx.Get(ctx, c, document.Int(id))
		must(t, err)
		must(t, tx.Delete(ctx, c, rec))
		commit(t, tx)
	}
	for id := range int64(20) {
		want(t, others(begin(t, db), "long"), true)
		remove("long", id)
	}
	want(t, others(begin(t, db), "long"), false)
	remove("c", 108)
	want(t, others(begin(t, db), "c"), false)
	tx = begin(t, db)
	insert(t, tx, "c", `{"_id":2,"late":1}`)
	want(t, others(tx, "c"), true)
	commit(t, tx)
	want(t, others(begin(t, db), "c"), true)
	remove("c", 2)
	want(t, others(begin(t, db), "c"), false)
	want(t, others(older, "c"), true)
}

func TestManyShapes(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	tx := begin(t, db)
	c := collection(t, tx, "c")
	// Each a structure of its own that no other fits: names in an order of their own.
	for i := range 1100 {
		doc := document.Object([]document.Field{{Name: fmt.Sprint("f", i%1100), Value: document.Int(1)}, {Name: "z", Value: document.Int(1)}})
		for range 8 {
			_, err := tx.Insert(ctx, c, doc)
			must(t, err)
		}
	}
	commit(t, tx)
	shapes := map[uint32]bool{}
	tx = begin(t, db)
	scan := tx.Scan(ctx, c, nil, false)
	for scan.Next() {
		if s := scan.Record().Shape(); s != nil {
			shapes[s.ID()] = true
		}
	}
	must(t, scan.Close())
	want(t, len(shapes), 1024)
}
