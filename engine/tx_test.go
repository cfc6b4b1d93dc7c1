package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/engine/enginetest"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
)

var ctx = context.Background()

func begin(t testing.TB, db *engine.DB) *engine.Tx {
	t.Helper()
	tx, err := db.Begin(ctx, engine.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tx.Rollback)
	return tx
}

func commit(t testing.TB, tx *engine.Tx) {
	t.Helper()
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
}

// must fails the test on an error of a call that returns nothing else.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func collection(t testing.TB, tx *engine.Tx, name string) *def.Collection {
	t.Helper()
	c, err := tx.Catalog().Collection(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// create makes an open collection in a transaction of its own.
func create(t testing.TB, db *engine.DB, d def.Collection) {
	t.Helper()
	tx := begin(t, db)
	must(t, tx.CreateCollection(ctx, d))
	commit(t, tx)
}

func parse(t testing.TB, text string) document.Value {
	t.Helper()
	v, err := document.ParseJSONString(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func insert(t testing.TB, tx *engine.Tx, name string, docs ...string) {
	t.Helper()
	for _, text := range docs {
		if _, err := tx.Insert(ctx, collection(t, tx, name), parse(t, text)); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

func text(rec *document.Record) string { return string(rec.AppendJSON(nil, document.Exact)) }

// all returns all documents in the order of their _id.
func all(t testing.TB, tx *engine.Tx, name string) (docs []string) {
	t.Helper()
	scan := tx.Scan(ctx, collection(t, tx, name), nil, false)
	for scan.Next() {
		docs = append(docs, text(scan.Record()))
	}
	must(t, scan.Close())
	return docs
}

func want[T any](t testing.TB, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func path(t testing.TB, text string) document.Path {
	t.Helper()
	p, err := document.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// keys reads "a, b.c desc".
func keys(t testing.TB, text string) (out []def.Key) {
	t.Helper()
	for part := range strings.SplitSeq(text, ",") {
		name, desc := strings.CutSuffix(strings.TrimSpace(part), " desc")
		out = append(out, def.Key{Path: path(t, name), Desc: desc})
	}
	return out
}

func TestDocumentsComeAndGo(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "users", Open: true})
	tx := begin(t, db)
	users := collection(t, tx, "users")
	insert(t, tx, "users", `{"name":"Ann","_id":1,"age":3}`, `{"_id":"b","name":"Bob"}`)
	rec, err := tx.Get(ctx, users, document.Float(1))
	must(t, err)
	want(t, text(rec), `{"_id":1,"name":"Ann","age":3}`)
	commit(t, tx)

	tx = begin(t, db)
	users = collection(t, tx, "users")
	rec, err = tx.Get(ctx, users, document.Int(1))
	must(t, err)
	rec, err = tx.Update(ctx, users, rec, parse(t, `{"name":"Anna"}`))
	must(t, err)
	want(t, text(rec), `{"_id":1,"name":"Anna"}`)
	rec, err = tx.Update(ctx, users, rec, parse(t, `{"_id":2,"name":"Anna"}`))
	must(t, err)
	want(t, text(rec), `{"_id":2,"name":"Anna"}`)
	want(t, all(t, tx, "users"), []string{`{"_id":2,"name":"Anna"}`, `{"_id":"b","name":"Bob"}`})
	n, err := tx.Count(ctx, users)
	must(t, err)
	want(t, n, 2)
	rec, err = tx.Get(ctx, users, document.String("b"))
	must(t, err)
	must(t, tx.Delete(ctx, users, rec))
	commit(t, tx)

	tx = begin(t, db)
	want(t, all(t, tx, "users"), []string{`{"_id":2,"name":"Anna"}`})
	rec, err = tx.Get(ctx, users, document.Int(1))
	must(t, err)
	if rec != nil {
		t.Errorf("the old _id is still there: %s", text(rec))
	}
}

func TestGetManyKeepsTheOrderAsked(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	tx := begin(t, db)
	insert(t, tx, "c", `{"_id":1}`, `{"_id":2}`, `{"_id":3}`)
	var ids [][]byte
	for _, id := range []int64{3, 9, 1} {
		ids = append(ids, document.AppendID(nil, document.Int(id)))
	}
	var got []string
	err := tx.GetMany(ctx, collection(t, tx, "c"), ids, func(i int, rec *document.Record) error {
		s := "none"
		if rec != nil {
			s = text(rec)
		}
		got = append(got, fmt.Sprint(i, " ", s))
		return nil
	})
	must(t, err)
	want(t, got, []string{`0 {"_id":3}`, `1 none`, `2 {"_id":1}`})
}

func TestRefusedWritesLeaveTheTransactionIntact(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true, Indexes: []*def.Index{{Name: "c_email", Keys: keys(t, "email"), Unique: true}}})
	tx := begin(t, db)
	insert(t, tx, "c", `{"_id":1,"email":"a"}`)
	c := collection(t, tx, "c")
	for _, test := range []struct{ doc, want string }{
		{`{"_id":1}`, `collection c: duplicate key in _id: 1`},
		{`{"_id":1.0}`, `collection c: duplicate key in _id: 1.0`},
		{`{"_id":2,"email":"a"}`, `collection c: duplicate key in c_email: "a"`},
		{`{"_id":null}`, `collection c: field _id: expected a scalar other than null, found null`},
		{`{"_id":[1]}`, `collection c: field _id: expected a scalar other than null, found array`},
		{`{"_id":"` + strings.Repeat("x", 1025) + `"}`, `collection c: field _id: expected at most 1024 bytes, found 1025 bytes`},
		{`[1]`, `collection c: expected an object, found array`},
	} {
		_, err := tx.Insert(ctx, c, parse(t, test.doc))
		if err == nil || err.Error() != test.want {
			t.Errorf("%.40s: got %v, want %s", test.doc, err, test.want)
		}
		if !errors.Is(err, engine.ErrDuplicateKey) && !errors.Is(err, document.ErrInvalid) {
			t.Errorf("%.40s: %v matches nothing", test.doc, err)
		}
	}
	deep := document.Object(nil)
	for range document.MaxDepth {
		deep = document.Object([]document.Field{{Name: "a", Value: deep}})
	}
	if _, err := tx.Insert(ctx, c, deep); !errors.Is(err, document.ErrInvalid) {
		t.Errorf("too deep: %v", err)
	}
	want(t, all(t, tx, "c"), []string{`{"_id":1,"email":"a"}`})
	commit(t, tx)
}

func TestReadOnlyTransactionsRefuseWrites(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	tx, err := db.Begin(ctx, engine.TxOptions{ReadOnly: true})
	must(t, err)
	defer tx.Rollback()
	c := collection(t, tx, "c")
	_, err = tx.Insert(ctx, c, parse(t, `{}`))
	for i, err := range []error{
		err, tx.CreateCollection(ctx, def.Collection{Name: "d"}), tx.DropCollection(ctx, c), tx.Truncate(ctx, c),
		tx.CreateIndex(ctx, c, def.Index{Name: "x", Keys: keys(t, "a")}),
	} {
		if !errors.Is(err, storage.ErrReadOnly) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// TestExclusiveTransactionsTakeNotes: what is written beside transactions must not wait for an exclusive
// one, whoever needs it.
func TestExclusiveTransactionsTakeNotes(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true, PrimaryKey: "id", Sequence: true})
	other := begin(t, db)
	exclusive, err := db.Begin(ctx, engine.TxOptions{Exclusive: true})
	must(t, err)
	defer exclusive.Rollback()
	for i := range 50 {
		insert(t, exclusive, "c", fmt.Sprintf(`{"same":1,"f%d":1}`, i%5))
		insert(t, other, "c", fmt.Sprintf(`{"same":1,"g%d":1}`, i%5))
	}
	must(t, exclusive.CreateCollection(ctx, def.Collection{Name: "d", Open: true}))
	commit(t, exclusive)
	commit(t, other)
	want(t, len(all(t, begin(t, db), "c")), 100)
}

func TestUseAfterTheEnd(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true, Indexes: []*def.Index{{Name: "x", Keys: keys(t, "a")}}})
	for _, end := range []func(tx *engine.Tx){func(tx *engine.Tx) { commit(t, tx) }, (*engine.Tx).Rollback} {
		tx := begin(t, db)
		insert(t, tx, "c", `{}`)
		c, ix, err := tx.Catalog().Index("x")
		must(t, err)
		rec, err := tx.Insert(ctx, c, parse(t, `{"_id":1}`))
		must(t, err)
		kept := rec.Clone()
		must(t, tx.Delete(ctx, c, rec))
		end(tx)
		_, insertErr := tx.Insert(ctx, c, parse(t, `{}`))
		_, updateErr := tx.Update(ctx, c, &kept, parse(t, `{}`))
		_, getErr := tx.Get(ctx, c, document.Int(1))
		_, countErr := tx.Count(ctx, c)
		scan, index := tx.Scan(ctx, c, nil, false), tx.ScanIndex(ctx, c, ix, engine.Range{}, engine.ScanOptions{})
		if scan.Next() || index.Next() {
			t.Error("a scan goes on")
		}
		for i, err := range []error{
			insertErr, updateErr, tx.Delete(ctx, c, &kept), getErr, countErr, scan.Err(), index.Err(), tx.RollbackTo(tx.Savepoint()),
			tx.Truncate(ctx, c), tx.DropCollection(ctx, c), tx.CreateCollection(ctx, def.Collection{Name: "n"}), tx.DropIndex(ctx, c, ix),
			tx.CreateIndex(ctx, c, def.Index{Name: "y", Keys: keys(t, "a")}), tx.Commit(ctx),
		} {
			if !errors.Is(err, storage.ErrClosed) {
				t.Errorf("%d: %v", i, err)
			}
		}
		tx.EstimateCount(c)
		tx.Entries(c, ix)
		if _, err := tx.Fields(ctx, c); err != nil && !errors.Is(err, storage.ErrClosed) {
			t.Error(err)
		}
	}
}

// TestTransactionsHandOnMemoryAndNothingElse runs small transactions of different collections after one another,
// each in the memory of the one before.
func TestTransactionsHandOnMemoryAndNothingElse(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "a", Open: true, Indexes: []*def.Index{{Name: "an", Keys: keys(t, "n")}, {Name: "am", Unique: true, Keys: keys(t, "m")}}})
	create(t, db, def.Collection{Name: "b", Open: true})
	create(t, db, def.Collection{Name: "c", Open: true, Indexes: []*def.Index{{Name: "cm", Keys: keys(t, "m, n")}}})
	var ended []*engine.Tx
	counts := map[string]int64{}
	for i := range 60 {
		tx := begin(t, db)
		names := []string{"a", "b", "c"}[i%3:]
		for _, name := range names[:1+i%len(names)] {
			c, err := tx.Catalog().Collection(name)
			must(t, err)
			n := document.Int(int64(i))
			doc := document.Object([]document.Field{{Name: "_id", Value: n}, {Name: "n", Value: n}, {Name: "m", Value: n}})
			rec, err := tx.Insert(ctx, c, doc)
			must(t, err)
			if i%2 == 0 {
				doc.AsObject()[1].Value = document.String("new")
				_, err = tx.Update(ctx, c, rec, doc)
				must(t, err)
			}
			if i%5 != 0 {
				counts[name]++
			}
		}
		// One that has ended stays so whoever has its memory now.
		for _, old := range ended {
			c, err := old.Catalog().Collection("a")
			must(t, err)
			if _, err := old.Insert(ctx, c, document.Object(nil)); !errors.Is(err, storage.ErrClosed) {
				t.Fatalf("insert after the end: %v", err)
			}
			if _, err := old.Get(ctx, c, document.Int(1)); !errors.Is(err, storage.ErrClosed) {
				t.Fatalf("get after the end: %v", err)
			}
			old.Rollback()
		}
		if i%5 == 0 {
			tx.Rollback()
		} else {
			must(t, tx.Commit(ctx))
		}
		ended = append(ended, tx)
	}
	tx := begin(t, db)
	defer tx.Rollback()
	for name, want := range counts {
		c, err := tx.Catalog().Collection(name)
		must(t, err)
		if n, err := tx.Count(ctx, c); err != nil || n != want {
			t.Errorf("%s has %d documents, want %d; %v", name, n, want, err)
		}
	}
}

func TestCloseEndsOpenTransactions(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	tx := begin(t, db)
	c := collection(t, tx, "c")
	scan := tx.Scan(ctx, c, nil, false)
	must(t, db.Close())
	must(t, db.Close())
	_, err := tx.Insert(ctx, c, parse(t, `{}`))
	_, err2 := db.Begin(ctx, engine.TxOptions{})
	scan.Next()
	for i, err := range []error{err, err2, tx.Commit(ctx), scan.Err()} {
		if !errors.Is(err, storage.ErrClosed) {
			t.Errorf("%d: %v", i, err)
		}
	}
}
