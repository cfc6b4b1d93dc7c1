package engine_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/engine/enginetest"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
)

// TestCheckFindsDamage injects damage of every kind that Check is there to find.
func TestCheckFindsDamage(t *testing.T) {
	var c *def.Collection
	key := func(tag byte, id uint64, rest ...byte) []byte {
		return append(binary.BigEndian.AppendUint64([]byte{tag}, id), rest...)
	}
	doc := func(id int64) []byte { return key(0x20, c.ID, document.AppendID(nil, document.Int(id))...) }
	counter := func(id uint64, rest ...byte) []byte { return append(binary.BigEndian.AppendUint64(nil, id), rest...) }
	entry := func(n, id int64) []byte {
		k, _ := document.AppendKey(nil, document.Int(n), false)
		return key(0x21, c.Indexes[0].ID, document.AppendID(k, document.Int(id))...)
	}
	for name, test := range map[string]struct {
		damage func(storage.Txn) error
		want   string
	}{
		"none":               {func(storage.Txn) error { return nil }, ""},
		"bits of a record":   {func(x storage.Txn) error { return x.Set(doc(3), []byte{1, 9, 9, 9}) }, "document"},
		"record gone":        {func(x storage.Txn) error { return x.Delete(doc(3)) }, "entry"},
		"record moved":       {func(x storage.Txn) error { v, _ := x.Get(ctx, doc(3)); return x.Set(doc(1000), v) }, "its _id has the key"},
		"record of another":  {func(x storage.Txn) error { v, _ := x.Get(ctx, doc(4)); return x.Set(doc(3), v) }, "its _id has the key"},
		"entry gone":         {func(x storage.Txn) error { return x.Delete(entry(3, 3)) }, "index n has no entry"},
		"entry of nothing":   {func(x storage.Txn) error { return x.Set(entry(5000, 3), []byte{2, 2}) }, "is no document's"},
		"wrong kind":         {func(x storage.Txn) error { return x.Set(entry(3, 3), []byte{3, 2}) }, "has the value"},
		"malformed entry":    {func(x storage.Txn) error { return x.Set(key(0x21, c.Indexes[0].ID, 0x99), []byte{2, 2}) }, "entry"},
		"documents":          {func(x storage.Txn) error { return x.Add(counter(c.ID, 'd'), 1) }, "counter d"},
		"packed":             {func(x storage.Txn) error { return x.Add(counter(c.ID, 'p'), 1) }, "counter p"},
		"shapes":             {func(x storage.Txn) error { return x.Add(counter(c.ID, 's', 0, 0, 0, 1), -1) }, "counter s"},
		"leaves":             {func(x storage.Txn) error { return x.Add(counter(c.ID, 'f', 0, 0, 0, 1), 1) }, "counter f"},
		"entries":            {func(x storage.Txn) error { return x.Add(counter(c.Indexes[0].ID, 'e'), 1) }, "counter e"},
		"arrays":             {func(x storage.Txn) error { return x.Add(counter(c.Indexes[0].ID, 'a'), 1) }, "counter a"},
		"counter of nothing": {func(x storage.Txn) error { return x.Add(counter(99, 'd'), 1) }, "belongs to nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			db := enginetest.OpenFolder(t, folder, engine.Options{})
			create(t, db, def.Collection{Name: "c", Open: true, Indexes: []*def.Index{{Name: "n", Keys: keys(t, "n")}}})
			numbers(t, db, "c", 0, 50)
			c = collection(t, begin(t, db), "c")
			enginetest.Close(t, db)
			damage(t, folder, test.damage)
			store := openRaw(t, folder)
			db, err := engine.Open(ctx, store, engine.Options{})
			must(t, err)
			defer db.Close()
			report, err := engine.Check(ctx, db)
			must(t, err)
			problems := strings.Join(report.Problems, "\n")
			if test.want == "" && problems != "" || !strings.Contains(problems, test.want) {
				t.Errorf("want %q, got\n%s", test.want, problems)
			}
		})
	}
}

// TestDamagedRecordsAreErrors reads through all doors.
func TestDamagedRecordsAreErrors(t *testing.T) {
	folder := t.TempDir()
	db := enginetest.OpenFolder(t, folder, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	numbers(t, db, "c", 0, 1)
	id := collection(t, begin(t, db), "c").ID
	enginetest.Close(t, db)
	key := document.AppendID(binary.BigEndian.AppendUint64([]byte{0x20}, id), document.Int(0))
	damage(t, folder, func(x storage.Txn) error { return x.Set(key, []byte{0x3F, 0}) })
	db, err := engine.Open(ctx, openRaw(t, folder), engine.Options{})
	must(t, err)
	defer db.Close()
	tx := begin(t, db)
	c := collection(t, tx, "c")
	_, getErr := tx.Get(ctx, c, document.Int(0))
	manyErr := tx.GetMany(ctx, c, [][]byte{document.AppendID(nil, document.Int(0))}, func(int, *document.Record) error { return nil })
	scan := tx.Scan(ctx, c, nil, false)
	for scan.Next() {
		t.Error("a document")
	}
	for _, err := range []error{getErr, manyErr, scan.Close()} {
		want(t, err.Error(), "collection c: damaged data: corrupt record: record format 63, this build reads 1")
	}
}
