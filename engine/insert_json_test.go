package engine_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/engine/enginetest"
	"github.com/fluxdb/fluxdb/index/def"
)

func TestATextIsStoredAsItsDocumentIs(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	sku := document.FieldPath("sku")
	for _, tt := range []struct {
		name  string
		shape def.Collection
	}{
		{"open", def.Collection{Open: true}},
		{"indexed", def.Collection{Open: true, Indexes: []*def.Index{{Name: "by_age", Keys: keys(t, "age"), Unique: false}, {Name: "by_city", Keys: keys(t, "address.city, name desc")}}}},
		{"declared", def.Collection{Open: true, Fields: []def.Field{{Path: path(t, "created"), Type: def.Timestamp}}}},
		{"keyed", def.Collection{Open: true, PrimaryKey: "sku", Fields: []def.Field{{Path: sku, Type: def.Text}}}},
		{"sequence", def.Collection{Open: true, PrimaryKey: "sku", Sequence: true, Fields: []def.Field{{Path: sku, Type: def.Int}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := tt.shape, tt.shape
			a.Name, b.Name = tt.name+"_a", tt.name+"_b"
			b.Indexes = nil
			create(t, db, a)
			create(t, db, b)
			r := rand.New(rand.NewPCG(3, 3))
			tx := begin(t, db)
			defer tx.Rollback()
			ca, cb := collection(t, tx, a.Name), collection(t, tx, b.Name)
			for i := range 60 {
				doc := person(r)
				if i%7 == 3 { // another structure now and then
					doc = document.Object(append(doc.AsObject(), document.Field{Name: "extra", Value: document.Int(int64(i))}))
				}
				if i%3 > 0 && tt.name != "sequence" && tt.name != "keyed" {
					doc = document.Object(append([]document.Field{{Name: "_id", Value: document.NewID()}}, doc.AsObject()...))
				} else if tt.name == "keyed" {
					doc = document.Object(append([]document.Field{{Name: "sku", Value: document.NewID()}}, doc.AsObject()...))
				}
				rec, err := tx.InsertJSON(ctx, ca, document.AppendJSON(nil, doc, document.Plain))
				must(t, err)
				whole := rec.Decode()
				data := bytes.Clone(rec.Data())
				rec, err = tx.Insert(ctx, cb, whole)
				must(t, err)
				if !bytes.Equal(data, rec.Data()) {
					t.Fatalf("document %d: % x\nby its value % x", i, data, rec.Data())
				}
				if want := document.Object(append([]document.Field{{Name: cb.PrimaryKey, Value: rec.ID()}}, doc.AsObject()...)); tt.name == "sequence" && !document.Equal(without(want, "created"), without(whole, "created")) {
					t.Fatalf("document %d is stored as %v", i, whole)
				}
			}
			commit(t, tx)
		})
	}
}

// TestATextOfDeclaredFieldsIsStoredAsItsDocumentIs inserts random texts into collections with random declarations, into one database
// as they are and into another one by their values: the same records and the same errors.
func TestATextOfDeclaredFieldsIsStoredAsItsDocumentIs(t *testing.T) {
	r := newRand(t)
	refused, stored := 0, 0
	for round := 0; round < 60 || refused < 200 || stored < 1000; round++ { // the declarations of few rounds may refuse nearly all, or nothing
		shape := def.Collection{Name: "c", Open: r.IntN(2) == 0}
		if r.IntN(2) == 0 {
			shape.PrimaryKey = "k"
			shape.Fields = declare(t, []string{"k TEXT", "k INTEGER", "k ANY", "k TEXT DEFAULT 1"}[r.IntN(4)])
			shape.Sequence = shape.Fields[0].Type == def.Int && r.IntN(2) == 0
		}
		for _, name := range []string{"a", "b", "o.p", "o.q.r", "l"} {
			if r.IntN(4) > 0 {
				text := name + " " + []string{"ANY", "INTEGER", "FLOAT", "TEXT", "BOOL", "ARRAY", "TIMESTAMP"}[r.IntN(7)]
				text += []string{"", "", " NOT NULL"}[r.IntN(3)] + []string{"", "", "", " DEFAULT 7"}[r.IntN(4)]
				shape.Fields = append(shape.Fields, declare(t, text)...)
			}
		}
		if r.IntN(3) == 0 && !slices.ContainsFunc(shape.Fields, func(f def.Field) bool { return f.Path[0].Name == "o" }) {
			shape.Fields = append(shape.Fields, declare(t, "o "+[]string{"OBJECT", "ANY", "TEXT"}[r.IntN(3)])...)
		}
		var txs [2]*engine.Tx
		var cs [2]*engine.Collection
		for i := range txs {
			db := enginetest.Open(t, engine.Options{Compiler: &jsonCompiler{}})
			create(t, db, shape)
			txs[i] = begin(t, db)
			defer txs[i].Rollback()
			cs[i] = collection(t, txs[i], "c")
		}
		usual := map[string]string{}
		for _, name := range []string{"a", "b", "p", "r", "l"} {
			usual[name] = randomText(r)
		}
		if r.IntN(5) == 0 {
			usual["o"] = `null` // which stands for an object that is declared by its parts
		}
		for _, f := range shape.Fields {
			if stores := textOfType[f.Type]; stores != nil && r.IntN(8) > 0 {
				usual[f.Path[len(f.Path)-1].Name] = stores[r.IntN(len(stores))]
			}
		}
		for i := range 80 {
			text := declaredText(r, shape.PrimaryKey, i, usual)
			doc, err := document.ParseJSONString(text)
			must(t, err)
			want, wantErr := txs[1].Insert(ctx, cs[1], doc)
			got, gotErr := txs[0].InsertJSON(ctx, cs[0], []byte(text))
			if wantErr != nil || gotErr != nil {
				if refused++; fmt.Sprint(wantErr) != fmt.Sprint(gotErr) {
					t.Fatalf("round %d: %s\nerror %v\nby its value %v", round, text, gotErr, wantErr)
				}
				continue
			}
			stored++
			a, b := got.Decode().AsObject(), want.Decode().AsObject()
			if made := doc.Get("_id").IsMissing() && doc.Get("k").IsMissing(); made && a[0].Value.Kind() == document.KindString {
				a[0].Value = b[0].Value // each is a new one
			} else if !bytes.Equal(got.Data(), want.Data()) {
				t.Fatalf("round %d: %s\n% x\nby its value\n% x", round, text, got.Data(), want.Data())
			}
			if !document.Identical(document.Object(a), document.Object(b)) || (got.Shape() == nil) != (want.Shape() == nil) {
				t.Fatalf("round %d: %s is stored as %v\nby its value as %v", round, text, got.Decode(), want.Decode())
			}
		}
	}
}

// TestATextIsRefusedAlongAShape has a shape in which NULL stands for an object that is declared by its parts: nothing else may stand there.
func TestATextIsRefusedAlongAShape(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Fields: declare(t, "a INTEGER; o.p INTEGER")})
	tx := begin(t, db)
	defer tx.Rollback()
	c := collection(t, tx, "c")
	for range 20 {
		rec, err := tx.InsertJSON(ctx, c, []byte(`{"a":1,"o":null}`))
		must(t, err)
		if rec.Decode().Get("o").Kind() != document.KindNull {
			t.Fatalf("stored as %v", rec.Decode())
		}
	}
	_, err := tx.InsertJSON(ctx, c, []byte(`{"a":1,"o":5}`))
	if want := "field o: expected an object, found int"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

// textOfType are values that a field stores as they are, or coerced.
var textOfType = map[def.Type][]string{
	def.Int: {`1`, `1`, `3.0`, `"12"`}, def.Float: {`2.5`, `2.5`, `1`}, def.Text: {`"text"`}, def.Bool: {`true`, `1`}, def.Array: {`[1,"x"]`},
	def.Timestamp: {`{"$date":"2026-01-02T03:04:05Z"}`, `"2026-01-02T03:04:05Z"`},
}

func randomText(r *rand.Rand) string {
	return []string{`1`, `2.5`, `3.0`, `"text"`, `"12"`, `true`, `[1,"x"]`, `null`, `{"$date":"2026-01-02T03:04:05Z"}`, `"2026-01-02T03:04:05Z"`}[r.IntN(10)]
}

// declaredText is a document of the usual values most of the time.
func declaredText(r *rand.Rand, key string, i int, usual map[string]string) string {
	value := func(name string) string {
		if r.IntN(40) == 0 {
			return randomText(r)
		}
		return usual[name]
	}
	var fields []string
	add := func(name, value string) {
		if r.IntN(40) > 0 {
			fields = append(fields, fmt.Sprintf("%q:%s", name, value))
		}
	}
	if key == "" || r.IntN(10) == 0 {
		key = "_id"
	}
	switch r.IntN(8) {
	case 0, 1:
		add(key, fmt.Sprintf(`"id %d"`, i))
	case 2, 3, 4, 5:
		add(key, fmt.Sprint(i-r.IntN(20)/19)) // taken now and then
	}
	add("a", value("a"))
	add("b", value("b"))
	switch {
	case usual["o"] != "":
		add("o", value("o"))
	case r.IntN(40) == 0:
		add("o", randomText(r))
	default:
		add("o", fmt.Sprintf(`{"p":%s,"q":{"r":%s}}`, value("p"), value("r")))
	}
	add("l", value("l"))
	if r.IntN(40) == 0 {
		add("extra", `1`)
	}
	return "{" + strings.Join(fields, ",") + "}"
}

// without leaves out a field, which a declaration may have changed.
func without(doc document.Value, name string) document.Value {
	return document.FieldPath(name).Unset(doc)
}

func TestATextThatCannotBeStored(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	tx := begin(t, db)
	defer tx.Rollback()
	c := collection(t, tx, "c")
	for range 20 { // known structure
		_, err := tx.InsertJSON(ctx, c, []byte(`{"a":1,"b":{"c":"x"}}`))
		must(t, err)
	}
	_, err := tx.InsertJSON(ctx, c, []byte(`{"_id":7,"a":1,"b":{"c":"x"}}`))
	must(t, err)
	for text, want := range map[string]string{
		`{"a":1,"b":{"c":"x"}`:                   "line 1, column 21",
		`{"a":1,"a":2}`:                          `path a: duplicate key "a"`,
		`{"a":9223372036854775808}`:              "path a: integer 9223372036854775808 is beyond 64 bits",
		`{"a":1,"b":{"c":"` + "\xff" + `"}}`:     "path b.c: byte 0xFF is not valid UTF-8",
		`{"_id":null,"a":1}`:                     "field _id: expected a scalar other than null, found null",
		`{"_id":[],"a":1}`:                       "field _id: expected a scalar other than null, found array",
		`[1]`:                                    "expected the JSON of an object, found array",
		`{"a":` + strings.Repeat("[", 101) + `1`: "nested deeper than 100",
	} {
		if _, err := tx.InsertJSON(ctx, c, []byte(text)); !errors.Is(err, document.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
	_, err = tx.InsertJSON(ctx, c, []byte(`{"_id":7,"a":2,"b":{"c":"y"}}`))
	if dup := new(engine.DuplicateKeyError); !errors.As(err, &dup) || dup.Value.AsInt() != 7 {
		t.Errorf("error %v, want a *DuplicateKeyError for 7", err)
	}
	if n, err := tx.Count(ctx, c); n != 21 || err != nil {
		t.Errorf("%d documents, %v, want 21", n, err)
	}
	commit(t, tx)
}
