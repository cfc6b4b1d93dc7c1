package fluxdb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// numbered inserts n documents {_id: 0 ... n-1}.
func numbered(t *testing.T, db *DB, n int) *Collection {
	t.Helper()
	docs := make([]M, n)
	for i := range docs {
		docs[i] = M{"_id": i, "name": fmt.Sprint("n", i)}
	}
	c := db.Collection("c")
	if _, err := c.InsertMany(context.Background(), docs); err != nil {
		t.Fatal(err)
	}
	return c
}

func findAll(t *testing.T, c *Collection) *Cursor {
	t.Helper()
	cur, err := c.FindAll(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cur.Close(); err != nil {
			t.Errorf("close the cursor: %v", err)
		}
	})
	return cur
}

func TestACursorShowsTheStateAtItsOpening(t *testing.T) {
	ctx := context.Background()
	db := mustOpen(t, MemoryPath, nil)
	c := numbered(t, db, 50)
	cur := findAll(t, c)
	for i := range 50 {
		if i == 3 {
			execText(t, db, `DELETE FROM c WHERE _id > 10; INSERT INTO c VALUES {_id: 100}`)
		}
		var got struct {
			ID   int `json:"_id"`
			Name string
		}
		if !cur.Next(ctx) {
			t.Fatalf("ended at %d: %v", i, cur.Err())
		}
		for range 2 { // it may be decoded again
			if err := cur.Decode(&got); err != nil || got.ID != i || got.Name != fmt.Sprint("n", i) {
				t.Fatalf("document %d: %+v, %v", i, got, err)
			}
		}
	}
	for range 2 {
		if cur.Next(ctx) || cur.Err() != nil {
			t.Errorf("after the end: %v", cur.Err())
		}
	}
	if n := db.Stats().Rows; n != 0 {
		t.Errorf("%d cursors are open", n)
	}
}

func TestAllTakesWhatIsLeft(t *testing.T) {
	ctx := context.Background()
	db := mustOpen(t, MemoryPath, nil)
	cur := findAll(t, numbered(t, db, 5))
	cur.Next(ctx)
	var got []map[string]any
	if err := cur.All(ctx, &got); err != nil || len(got) != 4 || got[0]["_id"] != int64(1) {
		t.Errorf("%v, %v", got, err)
	}
	if err := cur.All(ctx, &got); err == nil || len(got) != 4 {
		t.Errorf("All on a closed cursor: %v, %v", got, err)
	}
	for _, into := range []any{nil, got, new(int), (*[]M)(nil)} {
		if err := findAll(t, db.Collection("c")).All(ctx, into); err == nil || !strings.Contains(err.Error(), "expected a pointer to a slice") {
			t.Errorf("%T: error %v", into, err)
		}
	}
}

func TestADocumentThatDoesNotFitIsNamed(t *testing.T) {
	ctx := context.Background()
	db := mustOpen(t, MemoryPath, nil)
	cur := findAll(t, numbered(t, db, 3))
	cur.Next(ctx)
	cur.Next(ctx)
	var wrong struct{ Name int }
	var at *DecodeError
	err := cur.Decode(&wrong)
	if !errors.As(err, &at) || at.Path != "Name" || err.Error() != "c, _id 1: path Name: cannot decode string into Go type int" {
		t.Errorf("error %v", err)
	}
	var right struct{ Name string }
	if err := cur.Decode(&right); err != nil || right.Name != "n1" {
		t.Errorf("the same document again: %v, %v", right, err)
	}
	if !cur.Next(ctx) || cur.Err() != nil {
		t.Errorf("the cursor has ended: %v", cur.Err())
	}
	many := []struct{ Name int }{{7}}
	if err := findAll(t, db.Collection("c")).All(ctx, &many); !errors.As(err, &at) || len(many) != 1 || many[0].Name != 7 {
		t.Errorf("All: %v, %v", many, err)
	}
	if n := db.Stats().Rows; n != 1 {
		t.Errorf("%d cursors are open, want 1", n)
	}
}

func TestDecodeNeedsADocument(t *testing.T) {
	ctx := context.Background()
	cur := findAll(t, numbered(t, mustOpen(t, MemoryPath, nil), 1))
	var m M
	for range 2 { // before the first, after the last
		if err := cur.Decode(&m); err == nil || !strings.Contains(err.Error(), "after Next has returned true") {
			t.Errorf("error %v", err)
		}
		for cur.Next(ctx) {
		}
	}
}

func TestACancelledContextEndsACursor(t *testing.T) {
	db := mustOpen(t, MemoryPath, nil)
	c := numbered(t, db, 2000)
	cancelled, cancel := context.WithCancel(context.Background())
	byNext, byAll := findAll(t, c), findAll(t, c)
	byFind, err := c.FindAll(cancelled)
	if err != nil {
		t.Fatal(err)
	}
	defer byFind.Close()
	if !byNext.Next(cancelled) || !byFind.Next(context.Background()) {
		t.Fatal(byNext.Err(), byFind.Err())
	}
	cancel()
	var m M
	if byNext.Next(cancelled) || !errors.Is(byNext.Err(), context.Canceled) || !errors.Is(byNext.Decode(&m), context.Canceled) {
		t.Errorf("Next: %v", byNext.Err())
	}
	var ms []M
	if err := byAll.All(cancelled, &ms); !errors.Is(err, context.Canceled) || ms != nil {
		t.Errorf("All: %d, %v", len(ms), err)
	}
	if err := byFind.All(context.Background(), &ms); !errors.Is(err, context.Canceled) {
		t.Errorf("the context of FindAll: %d, %v", len(ms), err)
	}
	if _, err := c.FindAll(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("FindAll: %v", err)
	}
	if _, err := c.InsertOne(cancelled, M{}); !errors.Is(err, context.Canceled) {
		t.Errorf("InsertOne: %v", err)
	}
	if n := db.Stats().Rows; n != 0 {
		t.Errorf("%d cursors are open", n)
	}
}

func TestACursorLeftOpenEndsWithItsDatabase(t *testing.T) {
	ctx := context.Background()
	db := mustOpen(t, t.TempDir(), nil)
	c := numbered(t, db, 100)
	moved, decoding, fresh := findAll(t, c), findAll(t, c), findAll(t, c)
	moved.Next(ctx)
	decoding.Next(ctx)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	var m M
	var ms []M
	if moved.Next(ctx) || !errors.Is(moved.Err(), ErrClosed) {
		t.Errorf("Next: %v", moved.Err())
	}
	if err := decoding.Decode(&m); !errors.Is(err, ErrClosed) || !errors.Is(decoding.Err(), ErrClosed) {
		t.Errorf("Decode: %v", err)
	}
	if err := fresh.All(ctx, &ms); !errors.Is(err, ErrClosed) {
		t.Errorf("All: %v", err)
	}
	if _, err := c.FindAll(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("FindAll: %v", err)
	}
	if _, err := c.InsertOne(ctx, M{}); !errors.Is(err, ErrClosed) {
		t.Errorf("InsertOne: %v", err)
	}
}

func TestOpenCursorsAreLimited(t *testing.T) {
	db := mustOpen(t, MemoryPath, &Options{Memory: 16 << 20})
	c := numbered(t, db, 3)
	most := db.Stats().MaxIterators
	open := make([]*Cursor, most)
	for i := range open {
		if open[i] = findAll(t, c); !open[i].Next(context.Background()) {
			t.Fatal(open[i].Err())
		}
	}
	over, err := c.FindAll(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if over.Next(context.Background()) || !errors.Is(over.Err(), ErrTooManyCursors) {
		t.Errorf("cursor %d: error %v", most+1, over.Err())
	}
	open[0].Close()
	open[0].Close()
	if got := all[M](t, c); len(got) != 3 {
		t.Errorf("after one was closed: %v", got)
	}
}

func TestALargeCollectionDecodesAsItIsStored(t *testing.T) {
	ctx := context.Background()
	db := mustOpen(t, MemoryPath, nil)
	const n = 20_000 // scanned by all cores, ahead of the cursor
	c := numbered(t, db, n)
	type doc struct {
		ID   int `json:"_id"`
		Name string
	}
	var got []doc
	if err := findAll(t, c).All(ctx, &got); err != nil || len(got) != n {
		t.Fatalf("%d documents, %v", len(got), err)
	}
	seen := map[int]bool{}
	for _, d := range got {
		if d.Name != fmt.Sprint("n", d.ID) || seen[d.ID] {
			t.Fatalf("%+v, seen before: %v", d, seen[d.ID])
		}
		seen[d.ID] = true
	}
	cur := findAll(t, c)
	for cur.Next(ctx) {
		if cur.rows.Values()[0].RecordOf() == nil {
			t.Fatal("a document has come as a value that was taken apart")
		}
	}
	if err := cur.Err(); err != nil {
		t.Error(err)
	}
}
