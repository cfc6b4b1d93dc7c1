package executor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// testCollection is a collection with random documents: fields a and b of any kind, u unique.
type testCollection struct {
	tx   *engine.Tx
	def  *def.Collection
	docs []document.Value // in order of _id
}

// openTx opens a database in memory and begins a transaction that ends with the test.
func openTx(t testing.TB) *engine.Tx {
	t.Helper()
	ctx := context.Background()
	store, err := pebble.Open(":memory:", pebble.Options{InMemory: true, Cached: engine.CachedKeys()})
	if err != nil {
		t.Fatal(err)
	}
	db, err := engine.Open(ctx, store, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin(ctx, engine.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tx.Rollback()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return tx
}

func path(t testing.TB, text string) document.Path {
	p, err := document.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// createIndex creates an index; a key that begins with - is descending.
func (c *testCollection) createIndex(t testing.TB, name string, unique bool, keys ...string) *def.Index {
	t.Helper()
	ix := def.Index{Name: name, Unique: unique}
	for _, k := range keys {
		desc := strings.HasPrefix(k, "-")
		ix.Keys = append(ix.Keys, def.Key{Path: path(t, strings.TrimPrefix(k, "-")), Desc: desc})
	}
	if err := c.tx.CreateIndex(context.Background(), c.def, ix); err != nil {
		t.Fatal(err)
	}
	c.refresh(t)
	return c.index(t, name)
}

func (c *testCollection) index(t testing.TB, name string) *def.Index {
	_, ix, err := c.tx.Catalog().Index(name)
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

func (c *testCollection) refresh(t testing.TB) {
	var err error
	if c.def, err = c.tx.Catalog().Collection("c"); err != nil {
		t.Fatal(err)
	}
}

func newTestCollection(t testing.TB) *testCollection {
	c := &testCollection{tx: openTx(t)}
	if err := c.tx.CreateCollection(context.Background(), def.Collection{Name: "c", Open: true}); err != nil {
		t.Fatal(err)
	}
	c.refresh(t)
	return c
}

func (c *testCollection) insert(t testing.TB, fields ...document.Field) {
	t.Helper()
	doc := document.Object(fields)
	if _, err := c.tx.Insert(context.Background(), c.def, doc); err != nil {
		t.Fatalf("insert %s: %v", document.AppendJSON(nil, doc, document.Exact), err)
	}
	c.docs = append(c.docs, doc)
}

// fill inserts random documents with distinct ids of several kinds.
func (c *testCollection) fill(t testing.TB, rng *rand.Rand, n int) {
	for i := range n {
		id := document.Int(int64(i*7919) % 100003)
		switch i % 5 {
		case 3:
			id = document.String(fmt.Sprintf("id %d", i*31%1000))
		case 4:
			id = document.NewID()
		}
		c.insert(t, document.Field{Name: "_id", Value: id}, document.Field{Name: "u", Value: document.Int(int64(n - i))},
			document.Field{Name: "a", Value: randomValue(rng)}, document.Field{Name: "b", Value: randomValue(rng)})
	}
	slices.SortFunc(c.docs, func(a, b document.Value) int { return document.Compare(a.Get("_id"), b.Get("_id")) })
}

// execution returns an execution on the collection with registers for one document and three values.
func (c *testCollection) execution(t testing.TB) *execution {
	x := newTestExecution(t, 4, 1<<20)
	x.tx = c.tx
	x.frame.Docs = make([]document.Record, 1)
	return x
}

// matching returns the documents for which cond is TRUE, read one by one.
func (c *testCollection) matching(t testing.TB, x *execution, cond expr.Expr) []document.Value {
	t.Helper()
	op := newScan(&planner.Scan{Collection: c.def})
	if err := op.open(x); err != nil {
		t.Fatal(err)
	}
	defer op.close()
	var out []document.Value
	for {
		ok, err := op.next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return out
		}
		if ok, err := holds(cond, x.frame); err != nil {
			t.Fatal(err)
		} else if ok {
			out = append(out, x.frame.Docs[0].Decode().Clone())
		}
	}
}

func rowsOf(docs []document.Value, paths ...string) [][]document.Value {
	rows := make([][]document.Value, len(docs))
	for i, d := range docs {
		for _, p := range paths {
			rows[i] = append(rows[i], d.Get(p))
		}
	}
	return rows
}
