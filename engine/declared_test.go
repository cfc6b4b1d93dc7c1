package engine_test

import (
	"context"
	"encoding/binary"
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

// jsonCompiler takes JSON for expressions; FAIL fails when it is evaluated, BEGIN
// begins a transaction.
type jsonCompiler struct{ db *engine.DB }

type constant struct {
	compiler *jsonCompiler
	text     string
	value    document.Value
}

func (c *jsonCompiler) Compile(text string) (engine.Evaluator, error) {
	if text == "FAIL" || text == "BEGIN" {
		return constant{c, text, document.Null()}, nil
	}
	v, err := document.ParseJSONString(text)
	return constant{c, text, v}, err
}

func (c constant) Eval(ctx context.Context, _ document.Value) (document.Value, error) {
	switch c.text {
	case "FAIL":
		return c.value, errors.New("it fails")
	case "BEGIN":
		tx, err := c.compiler.db.Begin(ctx, engine.TxOptions{})
		if err == nil {
			tx.Rollback()
		}
		return c.value, err
	}
	return c.value, nil
}

// declare reads "name TYPE [NOT NULL] [DEFAULT json]" separated by semicolons.
func declare(t testing.TB, text string) (fields []def.Field) {
	t.Helper()
	for part := range strings.SplitSeq(text, ";") {
		part, fallback, _ := strings.Cut(strings.TrimSpace(part), " DEFAULT ")
		part, notNull := strings.CutSuffix(part, " NOT NULL")
		name, typeName, _ := strings.Cut(part, " ")
		typ, ok := def.ParseType(typeName, nil)
		if !ok {
			t.Fatalf("no type %q", typeName)
		}
		fields = append(fields, def.Field{Path: path(t, name), Type: typ, NotNull: notNull, Default: fallback, TypeText: typeName})
	}
	return fields
}

func TestDeclaredFields(t *testing.T) {
	compiler := &jsonCompiler{}
	db := enginetest.Open(t, engine.Options{Compiler: compiler})
	compiler.db = db
	create(t, db, def.Collection{Name: "open", Open: true, Fields: declare(t,
		`age INTEGER; at TIMESTAMP; price FLOAT; name TEXT NOT NULL; address.zip TEXT; state TEXT DEFAULT "new"; tags ARRAY DEFAULT []`)})
	create(t, db, def.Collection{Name: "closed", Fields: declare(t, `name TEXT; address.city TEXT; address.geo.lat FLOAT; extra OBJECT`)})
	create(t, db, def.Collection{Name: "failing", Open: true, Fields: declare(t, `a INTEGER DEFAULT FAIL`)})
	create(t, db, def.Collection{Name: "nesting", Open: true, Fields: declare(t, `a INTEGER DEFAULT BEGIN`)})
	create(t, db, def.Collection{Name: "within", Open: true, Fields: declare(t, `o.p INTEGER DEFAULT 1`)})
	create(t, db, def.Collection{Name: "wrong", Open: true, Fields: declare(t, `a INTEGER DEFAULT "text"`)})
	for _, test := range []struct{ coll, doc, want string }{
		{"open", `{"_id":1,"name":"x"}`, `{"_id":1,"name":"x","state":"new","tags":[]}`},
		{"open", `{"_id":2,"age":3.0,"price":1,"at":"2026-01-02 03:04:05","name":"x","state":null,"tags":[1],"more":1}`,
			`{"_id":2,"age":3,"price":1.0,"at":{"$date":"2026-01-02T03:04:05Z"},"name":"x","state":null,"tags":[1],"more":1}`},
		{"open", `{"_id":3,"tags":[],"address":{"zip":"1"},"name":""}`, `{"_id":3,"tags":[],"address":{"zip":"1"},"state":"new","name":""}`},
		{"open", `{"name":"x","age":3.5}`, `collection open: field age: expected INTEGER, found float 3.5`},
		{"open", `{"name":"x","age":"three"}`, `collection open: field age: expected INTEGER, found string "three"`},
		{"open", `{"name":"x","at":"soon"}`, `collection open: field at: expected TIMESTAMP, found string "soon"`},
		{"open", `{"name":"x","address":{"zip":1}}`, `collection open: field address.zip: expected TEXT, found int 1`},
		{"open", `{"age":3}`, `collection open: field name: expected TEXT NOT NULL, found missing`},
		{"open", `{"name":null}`, `collection open: field name: expected TEXT NOT NULL, found null`},
		{"closed", `{"_id":1,"address":{"geo":{"lat":1},"city":"B"},"extra":{"any":1}}`, `{"_id":1,"address":{"geo":{"lat":1.0},"city":"B"},"extra":{"any":1}}`},
		{"closed", `{"nmae":"x"}`, `collection closed: field nmae: expected a declared field (did you mean name?), found an undeclared one`},
		{"closed", `{"address":{"cty":"x"}}`, `collection closed: field address.cty: expected a declared field (did you mean address.city?), found an undeclared one`},
		{"closed", `{"address":{"geo":1}}`, `collection closed: field address.geo: expected an object, found int`},
		{"closed", `{"_id":2,"address":null}`, `{"_id":2,"address":null}`},
		{"failing", `{}`, `collection failing: field a: default FAIL: it fails`},
		{"failing", `{"_id":1,"a":1}`, `{"_id":1,"a":1}`},
		{"nesting", `{}`, `collection nesting: field a: default BEGIN: write transaction within another one`},
		{"within", `{"_id":1}`, `{"_id":1,"o":{"p":1}}`},
		{"within", `{"_id":2,"o":{"q":2}}`, `{"_id":2,"o":{"q":2,"p":1}}`},
		{"within", `{"o":"text"}`, `collection within: field o.p: expected an object, found string`},
		{"wrong", `{}`, `collection wrong: field a: expected INTEGER, found string "text"`},
	} {
		tx := begin(t, db)
		rec, err := tx.Insert(ctx, collection(t, tx, test.coll), parse(t, test.doc))
		got := fmt.Sprint(err)
		if err == nil {
			got = text(rec)
		}
		if got != test.want {
			t.Errorf("%s %s:\ngot  %s\nwant %s", test.coll, test.doc, got, test.want)
		}
		commit(t, tx)
	}
}

func TestPrimaryKeyUnderTwoNames(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "t", PrimaryKey: "id", Sequence: true, Fields: declare(t, "id INTEGER; v ANY")})
	tx := begin(t, db)
	for _, test := range []struct{ doc, want string }{
		{`{"v":1}`, `{"id":1,"v":1}`},
		{`{"v":2,"id":null}`, `{"id":2,"v":2}`},
		{`{"v":3,"id":7.0}`, `{"id":7,"v":3}`},
		{`{"v":4}`, `{"id":8,"v":4}`},
		{`{"_id":20,"id":20,"v":5}`, `{"id":20,"v":5}`},
		{`{"_id":30,"id":31}`, `collection t: field id: expected one primary key, found different values under _id and id`},
		{`{"_id":30}`, `{"id":30}`},
		{`{"id":"x"}`, `collection t: field id: expected INTEGER, found string "x"`},
		{`{"id":1}`, `collection t: duplicate key in id: 1`},
	} {
		rec, err := tx.Insert(ctx, collection(t, tx, "t"), parse(t, test.doc))
		got := fmt.Sprint(err)
		if err == nil {
			got = text(rec)
		}
		want(t, got, test.want)
	}
	c := collection(t, tx, "t")
	rec, err := tx.Get(ctx, c, document.Int(1))
	must(t, err)
	_, err = tx.Update(ctx, c, rec, parse(t, `{"id":null}`))
	want(t, fmt.Sprint(err), `collection t: field id: expected a scalar other than null, found null`)
	rec, err = tx.Get(ctx, c, document.Int(1))
	must(t, err)
	rec, err = tx.Update(ctx, c, rec, parse(t, `{"id":100,"v":1}`))
	must(t, err)
	want(t, text(rec), `{"id":100,"v":1}`)
	insert(t, tx, "t", `{"v":6}`)
	rec, err = tx.Get(ctx, c, document.Int(101))
	must(t, err)
	want(t, text(rec), `{"id":101,"v":6}`)
	commit(t, tx)
}

func TestSequencesSkipWhatIsTaken(t *testing.T) {
	folder := t.TempDir()
	db := enginetest.OpenFolder(t, folder, engine.Options{})
	create(t, db, def.Collection{Name: "t", Open: true, PrimaryKey: "id", Sequence: true, Fields: declare(t, "id INTEGER")})
	// Two transactions draw different numbers, a rolled-back one leaves a gap.
	a, b, c := begin(t, db), begin(t, db), begin(t, db)
	insert(t, a, "t", `{"v":"a"}`)
	insert(t, b, "t", `{"v":"b"}`)
	insert(t, c, "t", `{"v":"c"}`)
	b.Rollback()
	commit(t, a)
	commit(t, c)
	want(t, all(t, begin(t, db), "t"), []string{`{"id":1,"v":"a"}`, `{"id":3,"v":"c"}`})
	// A clear goes on, in the next process too: no number twice.
	tx := begin(t, db)
	must(t, tx.Truncate(ctx, collection(t, tx, "t")))
	insert(t, tx, "t", `{}`)
	commit(t, tx)
	want(t, all(t, begin(t, db), "t"), []string{`{"id":4}`})
	enginetest.Close(t, db)
	db = enginetest.OpenFolder(t, folder, engine.Options{})
	tx = begin(t, db)
	rec, err := tx.Insert(ctx, collection(t, tx, "t"), parse(t, `{}`))
	must(t, err)
	next := rec.ID().AsInt()
	if next <= 4 {
		t.Errorf("number %d again", next)
	}
	// A number below the sequence may be taken by hand; the sequence passes over none that is.
	insert(t, tx, "t", `{"id":1}`)
	insert(t, tx, "t", fmt.Sprintf(`{"id":%d}`, next+5))
	rec, err = tx.Insert(ctx, collection(t, tx, "t"), parse(t, `{}`))
	must(t, err)
	want(t, rec.ID().AsInt(), next+6)
	commit(t, tx)
	// The end of numbers is an error.
	tx = begin(t, db)
	insert(t, tx, "t", `{"id":9223372036854775807}`)
	_, err = tx.Insert(ctx, collection(t, tx, "t"), parse(t, `{}`))
	want(t, fmt.Sprint(err), "collection t: sequence has no more numbers")
	commit(t, tx)
}

func TestTakenNumbersAreSkipped(t *testing.T) {
	folder := t.TempDir()
	db := enginetest.OpenFolder(t, folder, engine.Options{})
	create(t, db, def.Collection{Name: "t", Open: true, PrimaryKey: "id", Sequence: true})
	tx := begin(t, db)
	insert(t, tx, "t", `{}`, `{}`, `{"id":4}`)
	id := collection(t, tx, "t").ID
	commit(t, tx)
	enginetest.Close(t, db)
	// Its notes are lost, so the sequence begins anew.
	damage(t, folder, func(txn storage.Txn) error {
		lo := binary.BigEndian.AppendUint64([]byte{0x11}, id)
		return txn.DeleteRange(lo, binary.BigEndian.AppendUint64([]byte{0x11}, id+1))
	})
	db = enginetest.OpenFolder(t, folder, engine.Options{})
	tx = begin(t, db)
	insert(t, tx, "t", `{"v":{"text":"a"}}`, `{"v":{"text":"b"}}`)
	want(t, all(t, tx, "t"), []string{`{"id":1}`, `{"id":2}`, `{"id":3,"v":{"text":"a"}}`, `{"id":4}`, `{"id":5,"v":{"text":"b"}}`})
	commit(t, tx)
}
