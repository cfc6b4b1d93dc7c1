package fluxdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type home struct {
	City string `json:"city"`
}

type user struct {
	ID      string       `json:"_id,omitempty"`
	Name    string       `json:"name"`
	Visits  int          `json:"visits"`
	Since   time.Time    `json:"since,omitzero"`
	Address home         `json:"address"`
	Tags    []string     `json:"tags,omitempty"`
	More    JSON[[]home] `json:"more"`
}

// all returns the documents of a collection, as the type of out.
func all[T any](t *testing.T, c *Collection) (out []T) {
	t.Helper()
	cur, err := c.FindAll(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := cur.All(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestStructsGoInAndComeOut(t *testing.T) {
	db := mustOpen(t, MemoryPath, nil)
	users := db.Collection("users")
	ctx := context.Background()
	var want []user
	for i := range 30 { // known structures after the eighth
		u := user{Name: fmt.Sprint("Ann ", i), Visits: i, Since: time.Unix(int64(i), 5).UTC(), Address: home{"Oslo"}, Tags: []string{"a"}, More: JSON[[]home]{[]home{{"Rome"}}}}
		id, err := users.InsertOne(ctx, u)
		if err != nil {
			t.Fatal(err)
		}
		u.ID = id.(string)
		want = append(want, u)
	}
	more := []user{{ID: "z1", Name: "Bea"}, {ID: "z2", Name: "Cid"}}
	ids, err := users.InsertMany(ctx, more)
	if err != nil || !cmp.Equal(ids, []any{"z1", "z2"}) {
		t.Errorf("ids %v, %v", ids, err)
	}
	if diff := cmp.Diff(append(want, more...), all[user](t, users)); diff != "" {
		t.Error(diff)
	}
	if got := all[*user](t, users); len(got) != 32 || got[31].Name != "Cid" {
		t.Errorf("pointers: %v", got)
	}
	if n := count(t, db); n != 32 {
		t.Errorf("%d documents", n)
	}
}

func TestWhatADocumentMayBeGivenAs(t *testing.T) {
	db := mustOpen(t, MemoryPath, nil)
	c := db.Collection("c")
	ctx := context.Background()
	ids, err := c.InsertMany(ctx, []any{
		`{"_id": 0, "a": 1}`, []byte(`{"_id": 1, "a": 1}`), json.RawMessage(`{"_id": 2, "a": 1}`), M{"_id": 3, "a": 1},
		map[string]int{"_id": 4, "a": 1}, &struct {
			ID int `json:"_id"`
			A  int `json:"a"`
		}{5, 1}, JSON[M]{M{"_id": 6, "a": 1}},
	})
	if err != nil || fmt.Sprint(ids) != "[0 1 2 3 4 5 6]" {
		t.Fatalf("ids %v, %v", ids, err)
	}
	for i, m := range all[M](t, c) {
		if !cmp.Equal(m, M{"_id": int64(i), "a": int64(1)}) {
			t.Errorf("document %d: %v", i, m)
		}
	}
	for _, tt := range []struct {
		doc  any
		want string
	}{
		{5, "insert into c: document: expected an object or its JSON text, found int"},
		{nil, "insert into c: document: expected an object or its JSON text, found null"},
		{`{"a": tru}`, "line 1, column 7"},
		{`[]`, "expected the JSON of an object, found array"},
		{M{"a": "\xff"}, "path a: expected valid UTF-8"},
		{M{"a": make(chan int)}, "path a"},
		{`{"_id": null}`, "field _id"},
	} {
		if _, err := c.InsertOne(ctx, tt.doc); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: error %v, want %q", tt.doc, err, tt.want)
		}
	}
	if _, err := c.InsertMany(ctx, `{"a": 1}`); err == nil || !strings.Contains(err.Error(), "expected a slice") {
		t.Errorf("a text in place of a slice: %v", err)
	}
	if ids, err := c.InsertMany(ctx, []M{}); err != nil || len(ids) != 0 {
		t.Errorf("no documents: %v, %v", ids, err)
	}
}

func TestInsertManyIsAllOrNothing(t *testing.T) {
	db := mustOpen(t, MemoryPath, nil)
	c := db.Collection("c")
	ids, err := c.InsertMany(context.Background(), []M{{"_id": 1}, {"_id": 2}, {"_id": 1}, {"_id": 4}})
	if dup := new(DuplicateKeyError); ids != nil || !errors.As(err, &dup) || !strings.HasPrefix(err.Error(), "insert into c: document 3: ") {
		t.Errorf("ids %v, error %v", ids, err)
	}
	if n := count(t, db); n != 0 {
		t.Errorf("%d documents", n)
	}
}

func TestIDsOfSequencesAndDeclaredKeys(t *testing.T) {
	db := mustOpen(t, MemoryPath, nil)
	execText(t, db, `CREATE TABLE t (n INTEGER PRIMARY KEY, at TIMESTAMP DEFAULT NOW(), s TEXT)`)
	c := db.Collection("T")
	ids, err := c.InsertMany(context.Background(), []any{`{"s": "x"}`, M{"s": "y"}, M{"n": 9}})
	if err != nil || fmt.Sprint(ids) != "[1 2 9]" {
		t.Errorf("ids %v, %v", ids, err)
	}
	type row struct {
		N  int
		At time.Time
		S  *string
	}
	got := all[row](t, c)
	if len(got) != 3 || got[0].N != 1 || *got[1].S != "y" || got[2].S != nil || got[0].At.IsZero() || got[0].At != got[1].At {
		t.Errorf("%+v", got)
	}
}

func TestAMissingCollectionIsCreatedByTheFirstDocument(t *testing.T) {
	ctx := context.Background()
	db := mustOpen(t, MemoryPath, nil)
	c := db.Collection(`a "quoted" name`)
	if got := all[M](t, c); got == nil || len(got) != 0 {
		t.Errorf("before: %v, want an empty slice", got)
	}
	if _, err := c.InsertOne(ctx, `[]`); err == nil {
		t.Error("an array was inserted")
	}
	execText(t, db, `CREATE COLLECTION "a ""quoted"" name"`) // the failed insertion has left none behind
	if _, err := c.InsertOne(ctx, M{}); err != nil || len(all[M](t, c)) != 1 {
		t.Errorf("after: %v, %v", all[M](t, c), err)
	}
	if _, err := db.Collection("other").InsertOne(ctx, M{}); err != nil || len(all[M](t, db.Collection("other"))) != 1 {
		t.Errorf("created: %v", err)
	}

	strict := mustOpen(t, MemoryPath, &Options{NoAutocreate: true})
	c = strict.Collection("usres")
	execText(t, strict, `CREATE COLLECTION users`)
	var unknown *UnknownCollectionError
	if _, err := c.InsertOne(ctx, M{}); !errors.As(err, &unknown) {
		t.Errorf("insert: error %v", err)
	}
	if _, err := c.FindAll(ctx); !errors.As(err, &unknown) || !errors.Is(err, ErrUnknownCollection) {
		t.Errorf("find: error %v", err)
	}
}

func TestAReadOnlyDatabaseTakesNoDocuments(t *testing.T) {
	path := t.TempDir()
	db := mustOpen(t, path, nil)
	if _, err := db.Collection("c").InsertOne(context.Background(), M{"_id": 1}); err != nil {
		t.Fatal(err)
	}
	ro := mustOpen(t, path, &Options{ReadOnly: true})
	for _, name := range []string{"c", "new"} {
		if _, err := ro.Collection(name).InsertOne(context.Background(), M{}); !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if got := all[M](t, ro.Collection("c")); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

// meddler is a document that does something when it is read.
type meddler struct{ do func() }

func (m meddler) MarshalJSON() ([]byte, error) { m.do(); return []byte(`{"_id":"meddler"}`), nil }

func TestInsertManyThatLosesRunsAgain(t *testing.T) {
	db := mustOpen(t, MemoryPath, nil)
	execText(t, db, `CREATE COLLECTION c`)
	tries := 0
	ids, err := db.Collection("c").InsertMany(context.Background(), []any{M{"_id": 1}, meddler{func() {
		if tries++; tries == 1 {
			execText(t, db, `CREATE INDEX x ON c (a)`) // what the first document was written without
		}
	}}})
	if err != nil || tries != 2 || fmt.Sprint(ids) != "[1 meddler]" {
		t.Errorf("ids %v after %d tries, %v", ids, tries, err)
	}
	if n := count(t, db); n != 2 {
		t.Errorf("%d documents", n)
	}
}

func TestConcurrentInsertsIntoAMissingCollection(t *testing.T) {
	db := mustOpen(t, MemoryPath, nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			ids, err := db.Collection("c").InsertMany(context.Background(), []M{{"i": i, "k": 0}, {"i": i, "k": 1}})
			if err != nil || len(ids) != 2 || ids[0] == ids[1] {
				t.Errorf("%d: %v, %v", i, ids, err)
			}
		})
	}
	wg.Wait()
	if n := count(t, db); n != 16 {
		t.Errorf("%d documents", n)
	}
}
