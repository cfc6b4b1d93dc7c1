package engine_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
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
