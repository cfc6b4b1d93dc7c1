package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/engine/enginetest"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
)

func names(tx *engine.Tx) (out []string) {
	for _, c := range tx.Catalog().Collections() {
		out = append(out, c.Name)
	}
	return out
}

func TestDefinitionsAreTransactional(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "a", Open: true})
	before := begin(t, db)
	shared := before.Catalog()

	tx := begin(t, db)
	if tx.Catalog() != shared {
		t.Error("two transactions with one state have two catalogs")
	}
	must(t, tx.CreateCollection(ctx, def.Collection{Name: "b", Open: true}))
	if !tx.Catalog().Private() {
		t.Error("after own definitions the catalog is not private")
	}
	point := tx.Savepoint()
	insert(t, tx, "b", `{"_id":1}`)
	must(t, tx.DropCollection(ctx, collection(t, tx, "a")))
	must(t, tx.CreateCollection(ctx, def.Collection{Name: "c", Open: true}))
	want(t, names(tx), []string{"b", "c"})
	must(t, tx.RollbackTo(point))
	want(t, names(tx), []string{"a", "b"})
	want(t, all(t, tx, "b"), nil)
	insert(t, tx, "b", `{"_id":2}`)
	want(t, names(before), []string{"a"})
	commit(t, tx)
	want(t, names(before), []string{"a"})
	want(t, names(begin(t, db)), []string{"a", "b"})
	want(t, all(t, begin(t, db), "b"), []string{`{"_id":2}`})

	tx = begin(t, db)
	must(t, tx.DropCollection(ctx, collection(t, tx, "b")))
	tx.Rollback()
	tx.Rollback()
	want(t, names(begin(t, db)), []string{"a", "b"})
}

func TestDefinitionAndWriterConflict(t *testing.T) {
	changes := map[string]func(tx *engine.Tx, c *def.Collection) error{
		"drop":  func(tx *engine.Tx, c *def.Collection) error { return tx.DropCollection(ctx, c) },
		"clear": func(tx *engine.Tx, c *def.Collection) error { return tx.Truncate(ctx, c) },
		"index": func(tx *engine.Tx, c *def.Collection) error {
			return tx.CreateIndex(ctx, c, def.Index{Name: "x", Keys: keys(t, "a")})
		},
	}
	for name, change := range changes {
		for _, writerFirst := range []bool{true, false} {
			t.Run(fmt.Sprint(name, writerFirst), func(t *testing.T) {
				db := enginetest.Open(t, engine.Options{})
				create(t, db, def.Collection{Name: "c", Open: true})
				first, second := begin(t, db), begin(t, db)
				if !writerFirst {
					first, second = second, first
				}
				writer, ddl := first, second
				if !writerFirst {
					writer, ddl = second, first
				}
				insert(t, writer, "c", `{"a":1}`)
				must(t, change(ddl, collection(t, ddl, "c")))
				commit(t, first)
				if err := second.Commit(ctx); !errors.Is(err, storage.ErrConflict) {
					t.Errorf("both succeed: %v", err)
				}
			})
		}
	}
}

func TestConcurrentDefinitionsOfDifferentCollections(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	a, b, c := begin(t, db), begin(t, db), begin(t, db)
	must(t, a.CreateCollection(ctx, def.Collection{Name: "a", Open: true}))
	must(t, b.CreateCollection(ctx, def.Collection{Name: "b", Open: true}))
	must(t, c.CreateCollection(ctx, def.Collection{Name: "a", Open: true}))
	commit(t, a)
	commit(t, b)
	if err := c.Commit(ctx); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("two collections of one name: %v", err)
	}
	want(t, names(begin(t, db)), []string{"a", "b"})
}

func TestDroppedCollectionsStayReadableInOlderSnapshots(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	fill(t, db, "c", 100)
	reader, err := db.Begin(ctx, engine.TxOptions{ReadOnly: true})
	must(t, err)
	defer reader.Rollback()
	tx := begin(t, db)
	must(t, tx.DropCollection(ctx, collection(t, tx, "c")))
	must(t, tx.CreateCollection(ctx, def.Collection{Name: "c", Open: true}))
	commit(t, tx)
	want(t, len(all(t, begin(t, db), "c")), 0)
	want(t, len(all(t, reader, "c")), 100)
	// Beyond what is kept of catalogs and fields the snapshot answers for itself.
	for i := range 40 {
		create(t, db, def.Collection{Name: fmt.Sprint("d", i), Open: true})
	}
	want(t, len(all(t, reader, "c")), 100)
	set, err := reader.Fields(ctx, collection(t, reader, "c"))
	must(t, err)
	want(t, len(set.Names), 11)
}

func TestOldTransactionsReadTheirOwnCatalog(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	old := begin(t, db)
	insert(t, old, "c", `{"_id":1,"x":1}`)
	for i := range 40 {
		create(t, db, def.Collection{Name: fmt.Sprint("d", i), Open: true})
		tx := begin(t, db)
		insert(t, tx, "c", fmt.Sprintf(`{"f%d":1}`, i))
		commit(t, tx)
	}
	set, err := old.Fields(ctx, collection(t, old, "c"))
	must(t, err)
	want(t, set.Names, []string{"x"})
	commit(t, old)
}

func TestNamesResolve(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	for _, name := range []string{"Users", "orders", "ORDERS"} {
		create(t, db, def.Collection{Name: name, Open: true})
	}
	tx := begin(t, db)
	must(t, tx.CreateIndex(ctx, collection(t, tx, "Users"), def.Index{Name: "ByAge", Keys: keys(t, "age")}))
	cat := tx.Catalog()
	for _, test := range []struct{ name, want string }{
		{"Users", "Users"}, {"users", "Users"}, {"ORDERS", "ORDERS"}, {"orders", "orders"},
		{"Orders", "unknown collection Orders: it could be ORDERS or orders"},
		{"usres", "unknown collection usres: did you mean Users?"},
		{"something", "unknown collection something"},
	} {
		c, err := cat.Collection(test.name)
		got := fmt.Sprint(err)
		if err == nil {
			got = c.Name
		} else if !errors.Is(err, engine.ErrUnknownCollection) {
			t.Errorf("%v matches nothing", err)
		}
		want(t, got, test.want)
	}
	_, ix, err := cat.Index("byage")
	must(t, err)
	want(t, ix.Name, "ByAge")
	_, _, err = cat.Index("BuAge")
	want(t, fmt.Sprint(err), "unknown index BuAge: did you mean ByAge?")
	if err := tx.CreateCollection(ctx, def.Collection{Name: "Users"}); !errors.Is(err, engine.ErrCollectionExists) {
		t.Error(err)
	}
	err = tx.CreateIndex(ctx, collection(t, tx, "orders"), def.Index{Name: "ByAge", Keys: keys(t, "age")})
	if !errors.Is(err, engine.ErrIndexExists) {
		t.Error(err)
	}
	commit(t, tx)
}

func TestDefinitionsThatCannotBe(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	tx := begin(t, db)
	field := func(text string) def.Field { return def.Field{Path: path(t, text)} }
	for i, err := range []error{
		tx.CreateCollection(ctx, def.Collection{}),
		tx.CreateCollection(ctx, def.Collection{Name: strings.Repeat("x", 300)}),
		tx.CreateCollection(ctx, def.Collection{Name: "a\xff"}),
		tx.CreateCollection(ctx, def.Collection{Name: "d", Fields: []def.Field{field("a"), field("a")}}),
		tx.CreateCollection(ctx, def.Collection{Name: "d", PrimaryKey: "a", Fields: []def.Field{field("a"), field("_id")}}),
		tx.CreateCollection(ctx, def.Collection{Name: "d", Fields: []def.Field{field("a[0]")}}),
		tx.CreateCollection(ctx, def.Collection{Name: "d", Fields: []def.Field{{Path: path(t, "a"), Default: "1"}}}),
		tx.CreateIndex(ctx, collection(t, tx, "c"), def.Index{Name: "x"}),
		tx.CreateIndex(ctx, collection(t, tx, "c"), def.Index{Keys: keys(t, "a")}),
		tx.CreateIndex(ctx, collection(t, tx, "c"), def.Index{Name: "x", Keys: keys(t, "a[*]")}),
		tx.CreateIndex(ctx, collection(t, tx, "c"), def.Index{Name: "x", Keys: keys(t, "a, a desc")}),
	} {
		if !errors.Is(err, engine.ErrInvalidDefinition) {
			t.Errorf("%d: %v", i, err)
		}
	}
	want(t, names(tx), []string{"c"})
}

func TestIndexesOfConstraintsStay(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true, Indexes: []*def.Index{{Name: "u", Keys: keys(t, "a"), Unique: true, Constraint: true}}})
	tx := begin(t, db)
	c, ix, err := tx.Catalog().Index("u")
	must(t, err)
	if err := tx.DropIndex(ctx, c, ix); !errors.Is(err, engine.ErrConstraint) {
		t.Error(err)
	}
	must(t, tx.Truncate(ctx, c))
	insert(t, tx, "c", `{"a":1}`)
	_, err = tx.Insert(ctx, collection(t, tx, "c"), document.Object([]document.Field{{Name: "a", Value: document.Int(1)}}))
	if !errors.Is(err, engine.ErrDuplicateKey) {
		t.Error(err)
	}
	commit(t, tx)
}

func TestStaleDefinitionIsRefused(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	tx := begin(t, db)
	old := collection(t, tx, "c")
	must(t, tx.Truncate(ctx, old))
	if _, err := tx.Insert(ctx, old, document.Object(nil)); !errors.Is(err, engine.ErrUnknownCollection) {
		t.Error(err)
	}
	// An index more is the same generation.
	old = collection(t, tx, "c")
	must(t, tx.CreateIndex(ctx, old, def.Index{Name: "x", Keys: keys(t, "a")}))
	_, err := tx.Insert(ctx, old, document.Object(nil))
	must(t, err)
	commit(t, tx)
}
