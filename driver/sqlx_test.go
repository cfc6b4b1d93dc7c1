package driver_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/fluxdb/fluxdb"
)

// person is read by columns; Home is a nested struct that FLATTEN gives columns for, or JSON in one column.
type person struct {
	ID    string     `db:"_id" json:"_id"`
	Name  string     `db:"name" json:"name"`
	Age   *int       `db:"age" json:"age,omitempty"`
	Since time.Time  `db:"since" json:"since"`
	Home  homeStruct `db:"home" json:"home"`
}

type homeStruct struct {
	City string  `db:"city" json:"city"`
	Geo  geoMark `db:"geo" json:"geo"`
}

type geoMark struct {
	Lat float64 `db:"lat" json:"lat"`
}

func people(t *testing.T) (*sqlx.DB, []person) {
	t.Helper()
	db := sqlx.NewDb(memory(t, `CREATE COLLECTION people`), "fluxdb")
	age := 31
	list := []person{
		{"a", "Ann", &age, time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC), homeStruct{"Rome", geoMark{41.9}}},
		{"b", "Bob", nil, time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC), homeStruct{"Oslo", geoMark{59.9}}},
	}
	for _, p := range list {
		if _, err := db.Exec(`INSERT INTO people VALUES (?)`, p); err != nil {
			t.Fatal(err)
		}
	}
	return db, list
}

func TestSqlxReadsNestedStructsThroughFlatten(t *testing.T) {
	db, want := people(t)
	var got []person
	if err := db.Select(&got, `SELECT * FLATTEN FROM people ORDER BY name`); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var ann person
	if err := db.Get(&ann, `SELECT * FLATTEN FROM people WHERE home.city = ?`, "Rome"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[0], ann); diff != "" {
		t.Error(diff)
	}
	rows, err := db.Queryx(`SELECT * FLATTEN FROM people ORDER BY name DESC`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	var bob person
	if err := rows.StructScan(&bob); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[1], bob); diff != "" {
		t.Error(diff)
	}
}

func TestSqlxReadsNestedPartsAsJSON(t *testing.T) {
	db, want := people(t)
	var got []struct {
		Name string                      `db:"name"`
		Home fluxdb.JSON[homeStruct]     `db:"home"`
		Lost *fluxdb.JSON[homeStruct]    `db:"lost"`
		Map  fluxdb.JSON[map[string]any] `db:"again"`
	}
	if err := db.Select(&got, `SELECT name, home, lost, home AS again FROM people ORDER BY name`); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Home.V != want[0].Home || got[1].Map.V["city"] != "Oslo" || got[0].Lost != nil {
		t.Errorf("got %+v", got)
	}
	var whole []fluxdb.JSON[person]
	if err := db.Select(&whole, `SELECT VALUE p FROM people p ORDER BY name`); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[1], whole[1].V); diff != "" {
		t.Error(diff)
	}
}

func TestSqlxNamedStatements(t *testing.T) {
	db, _ := people(t)
	age := 40
	p := person{ID: "c", Name: "Cid", Age: &age, Home: homeStruct{City: "Bern"}}
	if _, err := db.NamedExec(`INSERT INTO people (_id, name, age, home) VALUES (:_id, :name, :age, :home)`, p); err != nil {
		t.Fatal(err)
	}
	if _, err := db.NamedExec(`INSERT INTO people VALUES (:doc)`, map[string]any{"doc": fluxdb.M{"_id": "d", "name": "Dot", "home": fluxdb.M{"city": "Bern"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.NamedExec(`INSERT INTO people (_id, name, home.city) VALUES (:_id, :name, :home.city)`,
		[]person{{ID: "e", Name: "Eve", Home: homeStruct{City: "Bern"}}, {ID: "f", Name: "Fay", Home: homeStruct{City: "Bern"}}}); err != nil {
		t.Fatal(err)
	}
	stmt, err := db.PrepareNamed(`SELECT name FROM people WHERE home.city = :city AND name > :from ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	var names []string
	if err := stmt.Select(&names, map[string]any{"city": "Bern", "from": "Cid"}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(names, " "); got != "Dot Eve Fay" {
		t.Errorf("names %q", got)
	}
}

func TestSqlxIn(t *testing.T) {
	db, _ := people(t)
	query, args, err := sqlx.In(`SELECT name FROM people WHERE _id IN (?) ORDER BY name`, []string{"b", "a", "z"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	if err := db.Select(&names, db.Rebind(query), args...); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(names, " "); got != "Ann Bob" {
		t.Errorf("names %q", got)
	}
	// An array as one parameter needs no rewriting.
	names = nil
	if err := db.Select(&names, `SELECT name FROM people WHERE _id IN ? ORDER BY name`, []string{"b", "z"}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(names, " "); got != "Bob" {
		t.Errorf("names %q", got)
	}
}

func TestSqlxMapsAndSlices(t *testing.T) {
	db, _ := people(t)
	row := map[string]any{}
	if err := db.QueryRowx(`SELECT name, age, home FROM people WHERE _id = 'a'`).MapScan(row); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"name": "Ann", "age": int64(31), "home": []byte(`{"city":"Rome","geo":{"lat":41.9}}`)}
	if diff := cmp.Diff(want, row); diff != "" {
		t.Error(diff)
	}
	tx := db.MustBegin()
	defer tx.Rollback()
	tx.MustExec(`UPDATE people SET age = 1`)
	var sum int
	if err := tx.Get(&sum, `SELECT SUM(age) FROM people`); err != nil || sum != 2 {
		t.Errorf("sum %d, %v", sum, err)
	}
}

func TestSqlxStarOfTheDSN(t *testing.T) {
	db := sqlx.NewDb(open(t, "file::memory:?star=flat"), "fluxdb")
	db.MustExec(`CREATE COLLECTION people`)
	p := person{ID: "a", Name: "Ann", Home: homeStruct{City: "Rome"}}
	db.MustExec(`INSERT INTO people VALUES (?)`, p)
	var got person
	if err := db.Get(&got, `SELECT * FROM people`); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, got); diff != "" {
		t.Error(diff)
	}
	docs := sqlx.NewDb(open(t, "file::memory:?star=document"), "fluxdb")
	docs.MustExec(`CREATE COLLECTION people`)
	docs.MustExec(`INSERT INTO people VALUES (?)`, p)
	var doc fluxdb.JSON[person]
	if err := docs.Get(&doc, `SELECT * FROM people`); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, doc.V); diff != "" {
		t.Error(diff)
	}
}
