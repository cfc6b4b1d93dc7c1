package engine_test

import (
	"context"
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
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// numbers inserts documents {_id: i, n: i, m: i % 10} in one collection.
func numbers(t testing.TB, db *engine.DB, name string, from, to int) {
	t.Helper()
	for from < to {
		tx := begin(t, db)
		c := collection(t, tx, name)
		for range min(2000, to-from) {
			_, err := tx.Insert(ctx, c, number(from, from))
			must(t, err)
			from++
		}
		commit(t, tx)
	}
}

func number(id, n int) document.Value {
	return document.Object([]document.Field{
		{Name: "_id", Value: document.Int(int64(id))}, {Name: "n", Value: document.Int(int64(n))}, {Name: "m", Value: document.Int(int64(n % 10))},
	})
}

func TestBuildOfALargeCollection(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	numbers(t, db, "c", 0, 12_000)
	tx := begin(t, db)
	err := tx.CreateIndex(ctx, collection(t, tx, "c"), def.Index{Name: "n", Keys: keys(t, "n")})
	if !errors.Is(err, engine.ErrTooManyDocuments) {
		t.Errorf("inside a transaction: %v", err)
	}
	tx.Rollback()
	must(t, db.CreateIndex(ctx, "c", def.Index{Name: "n", Keys: keys(t, "n desc"), Unique: true}, nil))
	must(t, db.CreateIndex(ctx, "C", def.Index{Name: "m", Keys: keys(t, "m, n")}, nil))

	err = db.CreateIndex(ctx, "c", def.Index{Name: "u", Keys: keys(t, "m"), Unique: true}, nil)
	var duplicate *engine.DuplicateKeyError
	if !errors.As(err, &duplicate) || duplicate.Index != "u" || duplicate.Value.Kind() != document.KindInt {
		t.Errorf("unique on what is not: %v", err)
	}
	if err := db.CreateIndex(ctx, "c", def.Index{Name: "m", Keys: keys(t, "m")}, nil); !errors.Is(err, engine.ErrIndexExists) {
		t.Error(err)
	}
	tx = begin(t, db)
	want(t, len(collection(t, tx, "c").Indexes), 2)
	c, ix, err := tx.Catalog().Index("n")
	must(t, err)
	want(t, tx.Entries(c, ix), 12_000)
	scan := tx.ScanIndex(ctx, c, ix, engine.Range{}, engine.ScanOptions{Reverse: true})
	for i := range int64(3) {
		scan.Next()
		want(t, scan.ID().AsInt(), i)
	}
	must(t, scan.Close())
}

func TestCancelledBuildLeavesNothing(t *testing.T) {
	limited, cancel := context.WithCancel(ctx)
	db := openHooked(t, func() { cancel() })
	create(t, db, def.Collection{Name: "c", Open: true})
	numbers(t, db, "c", 0, 12_000)
	err := db.CreateIndex(limited, "c", def.Index{Name: "n", Keys: keys(t, "n")}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	want(t, len(collection(t, begin(t, db), "c").Indexes), 0)
	must(t, db.CreateIndex(ctx, "c", def.Index{Name: "n", Keys: keys(t, "n")}, nil))
}

// hookedStore calls a function before the first load of index entries.
type hookedStore struct {
	storage.Store
	once sync.Once
	hook func()
}

func (s *hookedStore) Load(ctx context.Context, lo, hi []byte, source storage.Source) error {
	const tagIndex = 0x21
	if lo[0] == tagIndex {
		s.once.Do(s.hook)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.Store.Load(ctx, lo, hi, source)
}

func openHooked(t *testing.T, hook func()) *engine.DB {
	store, err := pebble.Open("test", pebble.Options{InMemory: true, Cached: engine.CachedKeys()})
	must(t, err)
	return enginetest.OpenStore(t, &hookedStore{Store: store, hook: hook}, engine.Options{})
}

// TestBuildWhileOthersWrite builds indexes while documents come, change and go.
func TestBuildWhileOthersWrite(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	const documents = 12_000
	numbers(t, db, "c", 0, documents)
	var stop atomic.Bool
	var writes atomic.Int64
	var wg sync.WaitGroup
	for worker := range 2 {
		wg.Go(func() {
			r := newRand(t)
			for !stop.Load() {
				err := writeSome(db, func(tx *engine.Tx, c *def.Collection) error {
					for range 1 + r.IntN(20) {
						id := r.IntN(documents/2)*2 + worker
						rec, err := tx.Get(ctx, c, document.Int(int64(id)))
						if err != nil {
							return err
						}
						switch {
						case rec == nil:
							_, err = tx.Insert(ctx, c, number(id, id))
						case r.IntN(2) == 0:
							err = tx.Delete(ctx, c, rec)
						default:
							// Away, or back: n is unique all the time.
							n := documents + id
							if rec.Decode().Get("n").AsInt() != int64(id) {
								n = id
							}
							_, err = tx.Update(ctx, c, rec, number(id, n))
						}
						if err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil && !errors.Is(err, storage.ErrConflict) {
					t.Error(err)
					return
				}
				writes.Add(1)
			}
		})
	}
	for i := range 5 {
		before := writes.Load()
		name := fmt.Sprint("x", i)
		must(t, db.CreateIndex(ctx, "c", def.Index{Name: name, Keys: keys(t, "n"), Unique: i%2 == 0}, nil))
		t.Logf("%d transactions during the build", writes.Load()-before)
	}
	stop.Store(true)
	wg.Wait()
	want(t, len(collection(t, begin(t, db), "c").Indexes), 5)
}

func writeSome(db *engine.DB, fn func(*engine.Tx, *def.Collection) error) error {
	tx, err := db.Begin(ctx, engine.TxOptions{})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	c, err := tx.Catalog().Collection("c")
	if err == nil {
		err = fn(tx, c)
	}
	if err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// TestBuildFindsDuplicatesOfWriters makes documents equal while the index is built.
func TestBuildFindsDuplicatesOfWriters(t *testing.T) {
	reached, resume := make(chan struct{}), make(chan struct{})
	db := openHooked(t, func() { close(reached); <-resume })
	create(t, db, def.Collection{Name: "c", Open: true})
	numbers(t, db, "c", 0, 12_000)
	done := make(chan error)
	go func() { done <- db.CreateIndex(ctx, "c", def.Index{Name: "n", Keys: keys(t, "n"), Unique: true}, nil) }()
	<-reached
	building := false
	must(t, writeSome(db, func(tx *engine.Tx, c *def.Collection) error {
		_, _, err := tx.Catalog().Index("n")
		building = err != nil
		_, err = tx.Insert(ctx, c, number(20_000, 5)) // stays
		if err == nil {
			_, err = tx.Insert(ctx, c, number(20_001, 6))
		}
		return err
	}))
	if !building {
		t.Error("the index is there before it is ready")
	}
	must(t, writeSome(db, func(tx *engine.Tx, c *def.Collection) error {
		rec, err := tx.Get(ctx, c, document.Int(20_001)) // goes again
		if err == nil {
			err = tx.Delete(ctx, c, rec)
		}
		return err
	}))
	close(resume)
	err := <-done
	var duplicate *engine.DuplicateKeyError
	if !errors.As(err, &duplicate) || !document.Equal(duplicate.Value, document.Int(5)) {
		t.Errorf("got %v, want a duplicate 5", err)
	}
	want(t, len(collection(t, begin(t, db), "c").Indexes), 0)
}

// TestBuildFindsDuplicatesOfDifferentChunks has more entries than are sorted at a time.
func TestBuildFindsDuplicatesOfDifferentChunks(t *testing.T) {
	store, err := pebble.Open("test", pebble.Options{InMemory: true, Memory: 64 << 20, Cached: engine.CachedKeys()})
	must(t, err)
	db := enginetest.OpenStore(t, store, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	const n = 12_000
	wide := strings.Repeat("x", 500)
	for i := 0; i < n; {
		tx := begin(t, db)
		for range 1000 {
			text := document.String(fmt.Sprint(i%(n-1), wide)) // the last is like the first
			_, err := tx.Insert(ctx, collection(t, tx, "c"), document.Object([]document.Field{{Name: "_id", Value: document.Int(int64(i))}, {Name: "s", Value: text}}))
			must(t, err)
			i++
		}
		commit(t, tx)
	}
	err = db.CreateIndex(ctx, "c", def.Index{Name: "s", Keys: keys(t, "s"), Unique: true}, nil)
	var duplicate *engine.DuplicateKeyError
	if !errors.As(err, &duplicate) || duplicate.Value.AsString() != "0"+wide {
		t.Errorf("got %v", err)
	}
	must(t, db.CreateIndex(ctx, "c", def.Index{Name: "s", Keys: keys(t, "s")}, nil))
}

func TestArraysAreCounted(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	tx := begin(t, db)
	insert(t, tx, "c", `{"_id":1,"a":[1]}`, `{"_id":2,"a":1}`)
	must(t, tx.CreateIndex(ctx, collection(t, tx, "c"), def.Index{Name: "x", Keys: keys(t, "a")}))
	insert(t, tx, "c", `{"_id":3,"a":[]}`)
	count := func(tx *engine.Tx) int64 {
		c, ix, err := tx.Catalog().Index("x")
		must(t, err)
		n, err := tx.Arrays(ctx, c, ix)
		must(t, err)
		return n
	}
	want(t, count(tx), 2)
	commit(t, tx)
	tx = begin(t, db)
	c := collection(t, tx, "c")
	rec, err := tx.Get(ctx, c, document.Int(1))
	must(t, err)
	_, err = tx.Update(ctx, c, rec, parse(t, `{"a":2}`))
	must(t, err)
	want(t, count(tx), 1)
	// Who relies on there being none must not commit beside one who brings some.
	other := begin(t, db)
	insert(t, other, "c", `{"a":[3]}`)
	commit(t, other)
	if err := tx.Commit(ctx); !errors.Is(err, storage.ErrConflict) {
		t.Error(err)
	}
}
