package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/engine/enginetest"
	"github.com/fluxdb/fluxdb/index/def"
)

// person is a document of some 400 bytes of JSON, without _id.
func person(r *rand.Rand) document.Value {
	city := []string{"Berlin", "Paris", "Vienna", "Lisbon", "Oslo"}[r.IntN(5)]
	text := fmt.Sprintf(`{"name":"Person %d","email":"p%d@example.com","age":%d,"balance":%.2f,"active":%v,`+
		`"tags":["t%d","t%d","longer tag %d"],"address":{"street":"%d Main Street","city":%q,"zip":"%05d","geo":{"lat":%.5f,"lon":%.5f}},`+
		`"visits":%d,"score":%d,"note":"some text that is a little longer, as notes are, %d","created":"2026-01-%02dT10:00:00Z"}`,
		r.IntN(1e6), r.IntN(1e9), r.IntN(90), r.Float64()*1e4, r.IntN(2) == 0, r.IntN(9), r.IntN(9), r.IntN(9),
		r.IntN(999), city, r.IntN(99999), r.Float64()*90, r.Float64()*90, r.IntN(1000), r.IntN(100), r.IntN(1000), 1+r.IntN(28))
	v, err := document.ParseJSONString(text)
	if err != nil {
		panic(err)
	}
	return v
}

func people(n int) []document.Value {
	r := rand.New(rand.NewPCG(1, 1))
	docs := make([]document.Value, n)
	for i := range docs {
		docs[i] = person(r)
	}
	return docs
}

// fill inserts n documents in transactions of 1,000 and returns their ids.
func fill(t testing.TB, db *engine.DB, name string, n int) (ids []document.Value) {
	docs := people(min(n, 5000))
	for i := 0; i < n; {
		tx := begin(t, db)
		c := collection(t, tx, name)
		for range min(1000, n-i) {
			rec, err := tx.Insert(ctx, c, docs[i%len(docs)])
			must(t, err)
			ids = append(ids, rec.ID().Clone())
			i++
		}
		commit(t, tx)
	}
	return ids
}

// inserting measures insert in transactions of 1,000, without their commits.
func inserting(b *testing.B, d def.Collection, insert func(tx *engine.Tx, c *def.Collection, i int) error) {
	db := enginetest.Open(b, engine.Options{})
	d.Name, d.Open = "c", true
	create(b, db, d)
	fill(b, db, "c", 10)
	b.ReportAllocs()
	b.ResetTimer()
	tx := begin(b, db)
	c := collection(b, tx, "c")
	for i := range b.N {
		if err := insert(tx, c, i); err != nil {
			b.Fatal(err)
		}
		if i%1000 == 999 {
			b.StopTimer() // the store's part
			commit(b, tx)
			b.StartTimer()
			tx = begin(b, db)
		}
	}
}

func BenchmarkInsert(b *testing.B) {
	two := []*def.Index{{Name: "age", Keys: keys(b, "age")}, {Name: "city", Keys: keys(b, "address.city, name desc")}}
	docs := people(2000)
	for name, indexes := range map[string][]*def.Index{"plain": nil, "two indexes": two} {
		b.Run(name, func(b *testing.B) {
			inserting(b, def.Collection{Indexes: indexes}, func(tx *engine.Tx, c *def.Collection, i int) error {
				_, err := tx.Insert(ctx, c, docs[i%len(docs)])
				return err
			})
		})
	}
}

func BenchmarkInsertJSON(b *testing.B) {
	var texts [][]byte
	for _, doc := range people(2000) {
		texts = append(texts, document.AppendJSON(nil, doc, document.Plain))
	}
	fields := declare(b, "name TEXT NOT NULL; email TEXT; age INTEGER; balance FLOAT; active BOOL; tags ARRAY; address.city TEXT; address.geo OBJECT")
	for name, d := range map[string]def.Collection{"open": {}, "declared": {Fields: fields}, "coerced": {Fields: declare(b, "created TIMESTAMP")}} {
		b.Run(name, func(b *testing.B) {
			inserting(b, d, func(tx *engine.Tx, c *def.Collection, i int) error {
				_, err := tx.InsertJSON(ctx, c, texts[i%len(texts)])
				return err
			})
		})
	}
}

func BenchmarkInsertAndCommit(b *testing.B) {
	db := enginetest.Open(b, engine.Options{})
	create(b, db, def.Collection{Name: "c", Open: true})
	docs := people(2000)
	fill(b, db, "c", 10)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		tx, err := db.Begin(ctx, engine.TxOptions{})
		must(b, err)
		c, _ := tx.Catalog().Collection("c")
		_, err = tx.Insert(ctx, c, docs[i%len(docs)])
		must(b, err)
		must(b, tx.Commit(ctx))
	}
}

func BenchmarkScan(b *testing.B) {
	db := enginetest.Open(b, engine.Options{})
	create(b, db, def.Collection{Name: "c", Open: true})
	fill(b, db, "c", 100_000)
	city := document.NewAccessor(path(b, "address.city"))
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		tx, _ := db.Begin(ctx, engine.TxOptions{ReadOnly: true})
		scan := tx.Scan(ctx, collection(b, tx, "c"), nil, false)
		for ; n < b.N && scan.Next(); n++ {
			if scan.Record().Lookup(city).IsMissing() {
				b.Fatal("no city")
			}
		}
		must(b, scan.Close())
		tx.Rollback()
	}
}

func BenchmarkScanIndex(b *testing.B) {
	db := enginetest.Open(b, engine.Options{})
	create(b, db, def.Collection{Name: "c", Open: true, Indexes: []*def.Index{{Name: "age", Keys: keys(b, "age")}}})
	fill(b, db, "c", 100_000)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		tx, _ := db.Begin(ctx, engine.TxOptions{ReadOnly: true})
		c, ix, _ := tx.Catalog().Index("age")
		scan := tx.ScanIndex(ctx, c, ix, engine.Range{}, engine.ScanOptions{})
		for ; n < b.N && scan.Next(); n++ {
			if _, exact := scan.Component(0); !exact || len(scan.IDKey()) != 17 {
				b.Fatal("bad entry")
			}
		}
		must(b, scan.Close())
		tx.Rollback()
	}
}

func BenchmarkGet(b *testing.B) {
	db := enginetest.Open(b, engine.Options{})
	create(b, db, def.Collection{Name: "c", Open: true})
	ids := fill(b, db, "c", 100_000)
	r := rand.New(rand.NewPCG(1, 2))
	b.Run("within a transaction", func(b *testing.B) {
		tx, _ := db.Begin(ctx, engine.TxOptions{ReadOnly: true})
		defer tx.Rollback()
		c := collection(b, tx, "c")
		b.ReportAllocs()
		for range b.N {
			if rec, err := tx.Get(ctx, c, ids[r.IntN(len(ids))]); err != nil || rec == nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("with its transaction", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			tx, _ := db.Begin(ctx, engine.TxOptions{ReadOnly: true})
			c, _ := tx.Catalog().Collection("c")
			if rec, err := tx.Get(ctx, c, ids[r.IntN(len(ids))]); err != nil || rec == nil {
				b.Fatal(err)
			}
			tx.Rollback()
		}
	})
}

func BenchmarkFields(b *testing.B) {
	db := enginetest.Open(b, engine.Options{})
	create(b, db, def.Collection{Name: "c", Open: true})
	fill(b, db, "c", 1000)
	tx := begin(b, db)
	c := collection(b, tx, "c")
	for range b.N {
		if _, err := tx.Fields(ctx, c); err != nil {
			b.Fatal(err)
		}
	}
}
