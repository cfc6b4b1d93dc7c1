package engine_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/engine/enginetest"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// openRaw opens the store of a database that nobody has open.
func openRaw(t testing.TB, folder string) storage.Store {
	t.Helper()
	store, err := pebble.Open(folder, pebble.Options{})
	must(t, err)
	return store
}

// damage changes keys beneath the engine.
func damage(t testing.TB, folder string, fn func(storage.Txn) error) {
	t.Helper()
	store := openRaw(t, folder)
	defer store.Close()
	txn, err := store.Begin(ctx, storage.TxnOptions{})
	must(t, err)
	must(t, fn(txn))
	must(t, txn.Commit(ctx))
}

// rawKeys returns the keys of a store.
func rawKeys(t testing.TB, store storage.Store) (out []string) {
	t.Helper()
	txn, err := store.Begin(ctx, storage.TxnOptions{ReadOnly: true})
	must(t, err)
	defer txn.Rollback()
	it := txn.Scan(ctx, storage.ScanOptions{})
	for it.Next() {
		out = append(out, string(it.Key()))
	}
	must(t, it.Close())
	return out
}

func TestReopen(t *testing.T) {
	folder := t.TempDir()
	compiler := &jsonCompiler{}
	opts := engine.Options{Compiler: compiler}
	db := enginetest.OpenFolder(t, folder, opts)
	create(t, db, def.Collection{Name: "c", Open: true, Indexes: []*def.Index{
		{Name: "age", Keys: keys(t, "age desc, address.city")}, {Name: "email", Keys: keys(t, "email"), Unique: true, NullsNotDistinct: true, Constraint: true},
	}})
	create(t, db, def.Collection{Name: "t", PrimaryKey: "id", Sequence: true, Fields: declare(t, `id INTEGER; "odd-name" TEXT NOT NULL; v.w FLOAT DEFAULT 1.5`)})
	fill(t, db, "c", 3000)
	tx := begin(t, db)
	insert(t, tx, "c", `{"_id":"x","email":"special","only":{"here":1}}`)
	insert(t, tx, "t", `{"odd-name":"n"}`)
	commit(t, tx)
	tx = begin(t, db)
	docs, definitions := all(t, tx, "c"), tx.Catalog().Collections()
	set, err := tx.Fields(ctx, collection(t, tx, "c"))
	must(t, err)
	tx.Rollback()
	enginetest.Close(t, db)

	for _, readOnly := range []bool{false, true} {
		opts.ReadOnly = readOnly
		db = enginetest.OpenFolder(t, folder, opts)
		tx = begin(t, db)
		want(t, tx.Catalog().Collections(), definitions)
		want(t, all(t, tx, "c"), docs)
		again, err := tx.Fields(ctx, collection(t, tx, "c"))
		must(t, err)
		want(t, again, set)
		want(t, tx.EstimateCount(collection(t, tx, "c")), int64(len(docs)))
		c, ix, err := tx.Catalog().Index("age")
		must(t, err)
		want(t, tx.Entries(c, ix), int64(len(docs)))
		_, err = tx.Insert(ctx, c, parse(t, `{"email":"special"}`))
		if readOnly && !errors.Is(err, storage.ErrReadOnly) || !readOnly && !errors.Is(err, engine.ErrDuplicateKey) {
			t.Error(err)
		}
		tx.Rollback()
		enginetest.Close(t, db)
	}
}

func TestReadOnlyNeedsADatabase(t *testing.T) {
	store, err := pebble.Open("test", pebble.Options{InMemory: true})
	must(t, err)
	defer store.Close()
	if _, err := engine.Open(ctx, store, engine.Options{ReadOnly: true}); !errors.Is(err, storage.ErrReadOnly) {
		t.Error(err)
	}
}

func TestForeignAndNewerStoresAreRefused(t *testing.T) {
	meta := func(magic string, version uint32, required uint64) []byte {
		b := binary.BigEndian.AppendUint32([]byte(magic), version)
		b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, required), 1<<40)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	}
	flipped := meta("FluxDB\r\n", 1, 0)
	flipped[9] ^= 1
	for _, test := range []struct {
		name  string
		value []byte
		want  error
		text  string
	}{
		{"optional features", meta("FluxDB\r\n", 1, 0), nil, ""},
		{"newer", meta("FluxDB\r\n", 2, 0), storage.ErrFormat, "upgrade FluxDB"},
		{"newer and longer", meta("FluxDB\r\n", 3, 0), storage.ErrFormat, "format 3"},
		{"required feature", meta("FluxDB\r\n", 1, 4), storage.ErrFormat, "0x4"},
		{"other magic", meta("OtherDB\n", 1, 0), storage.ErrCorrupt, "not that of a FluxDB"},
		{"flipped bit", flipped, storage.ErrCorrupt, "checksum"},
		{"short", []byte("FluxDB\r\n"), storage.ErrCorrupt, ""},
		{"none", nil, storage.ErrCorrupt, "no metadata"},
	} {
		store, err := pebble.Open("test", pebble.Options{InMemory: true})
		must(t, err)
		txn, err := store.Begin(ctx, storage.TxnOptions{})
		must(t, err)
		must(t, txn.Set([]byte{0x20}, []byte("data")))
		if test.value != nil {
			must(t, txn.Delete([]byte{0x20}))
			must(t, txn.Set([]byte{0x10}, test.value))
		}
		must(t, txn.Commit(ctx))
		_, err = engine.Open(ctx, store, engine.Options{})
		if !errors.Is(err, test.want) || err != nil && !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: %v", test.name, err)
		}
		must(t, store.Close())
	}
}

func TestDamagedCatalogIsRefused(t *testing.T) {
	folder := t.TempDir()
	db := enginetest.OpenFolder(t, folder, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	enginetest.Close(t, db)
	for _, value := range [][]byte{nil, {1, 2, 3}, document.AppendValue(nil, document.Object(nil))} {
		damage(t, folder, func(txn storage.Txn) error { return txn.Set([]byte("\x12c"), value) })
		store := openRaw(t, folder)
		if _, err := engine.Open(ctx, store, engine.Options{}); !errors.Is(err, storage.ErrCorrupt) {
			t.Errorf("%x: %v", value, err)
		}
		must(t, store.Close())
	}
}

// TestWhatIsGivenUpIsRemoved looks for keys of dropped generations.
func TestWhatIsGivenUpIsRemoved(t *testing.T) {
	folder := t.TempDir()
	db := enginetest.OpenFolder(t, folder, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true, Sequence: true, Indexes: []*def.Index{{Name: "x", Keys: keys(t, "age")}}})
	create(t, db, def.Collection{Name: "gone", Open: true, Sequence: true, Indexes: []*def.Index{{Name: "y", Keys: keys(t, "age")}}})
	numbers(t, db, "c", 1, 100)
	numbers(t, db, "gone", 1, 100)
	tx := begin(t, db)
	must(t, tx.CreateIndex(ctx, collection(t, tx, "c"), def.Index{Name: "z", Keys: keys(t, "n")}))
	commit(t, tx)
	tx = begin(t, db)
	c, ix, err := tx.Catalog().Index("z")
	must(t, err)
	must(t, tx.DropIndex(ctx, c, ix))
	must(t, tx.DropCollection(ctx, collection(t, tx, "gone")))
	must(t, tx.Truncate(ctx, collection(t, tx, "c")))
	insert(t, tx, "c", `{"n":1}`)
	commit(t, tx)
	// A collection of a transaction that is rolled back leaves its notes.
	tx = begin(t, db)
	must(t, tx.CreateCollection(ctx, def.Collection{Name: "never", Open: true, Sequence: true}))
	insert(t, tx, "never", `{"n":1}`)
	tx.Rollback()
	enginetest.Close(t, db)
	enginetest.Close(t, enginetest.OpenFolder(t, folder, engine.Options{}))
	store := openRaw(t, folder)
	defer store.Close()
	var got []string
	for _, key := range rawKeys(t, store) {
		got = append(got, fmt.Sprintf("%x %.1q", key[:1], key[1:min(2, len(key))]))
	}
	want(t, got, []string{
		`10 ""`, `11 "\x00"`, `11 "\x00"`, `12 "c"`, `13 "x"`, `15 "\x00"`, `20 "\x00"`, `21 "\x00"`,
	})
}

// TestUnfinishedBuildIsRemoved makes the catalog look as after a crash within a build.
func TestUnfinishedBuildIsRemoved(t *testing.T) {
	folder := t.TempDir()
	reached, resume := make(chan struct{}), make(chan struct{})
	store := openRaw(t, folder)
	db, err := engine.Open(ctx, &hookedStore{Store: store, hook: func() { close(reached); <-resume }}, engine.Options{})
	must(t, err)
	create(t, db, def.Collection{Name: "c", Open: true})
	numbers(t, db, "c", 0, 12_000)
	done := make(chan error)
	go func() { done <- db.CreateIndex(ctx, "c", def.Index{Name: "n", Keys: keys(t, "n")}, nil) }()
	<-reached
	numbers(t, db, "c", 12_000, 12_010)
	must(t, db.Close())
	close(resume)
	if err := <-done; !errors.Is(err, storage.ErrClosed) {
		t.Errorf("build on a closed database: %v", err)
	}
	db = enginetest.OpenFolder(t, folder, engine.Options{})
	want(t, len(collection(t, begin(t, db), "c").Indexes), 0)
	must(t, db.CreateIndex(ctx, "c", def.Index{Name: "n", Keys: keys(t, "n")}, nil))
	enginetest.Close(t, db)
}

// noDrops is a store that fails to drop ranges.
type noDrops struct{ storage.Store }

func (noDrops) DropRange(context.Context, []byte, []byte) error { return errors.New("not now") }

// A commit that drops a collection and an index is one, whatever becomes of their keys: the next open finds them.
func TestDropsThatFailAfterTheCommitAreMadeUpFor(t *testing.T) {
	folder := t.TempDir()
	db, err := engine.Open(ctx, noDrops{openRaw(t, folder)}, engine.Options{})
	must(t, err)
	create(t, db, def.Collection{Name: "c", Open: true, Indexes: []*def.Index{{Name: "x", Keys: keys(t, "n")}}})
	create(t, db, def.Collection{Name: "gone", Open: true, Sequence: true, Indexes: []*def.Index{{Name: "y", Keys: keys(t, "n")}}})
	numbers(t, db, "c", 1, 10)
	numbers(t, db, "gone", 1, 10)
	tx := begin(t, db)
	must(t, tx.DropCollection(ctx, collection(t, tx, "gone")))
	c, ix, err := tx.Catalog().Index("x")
	must(t, err)
	must(t, tx.DropIndex(ctx, c, ix))
	commit(t, tx)
	must(t, db.Close())
	count := func() map[byte]int {
		store := openRaw(t, folder)
		defer store.Close()
		n := map[byte]int{}
		for _, key := range rawKeys(t, store) {
			n[key[0]]++
		}
		return n
	}
	if n := count(); n[0x20] != 18 || n[0x21] != 18 {
		t.Errorf("before the open: keys by tag %v", n)
	}
	enginetest.Close(t, enginetest.OpenFolder(t, folder, engine.Options{}))
	if n := count(); n[0x20] != 9 || n[0x21] != 0 {
		t.Errorf("after it: keys by tag %v", n)
	}
}
