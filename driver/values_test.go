package driver_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/fluxdb/fluxdb"
)

type address struct {
	City string `json:"city"`
	Zip  string `json:"zip,omitempty"`
}

type celsius float64

func TestValuesGoInAndComeOut(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	moment := time.Date(2024, 5, 1, 10, 11, 12, 123456789, time.FixedZone("", 2*3600))
	id := uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057")
	text := "pointed at"
	tests := []struct{ in, out any }{
		{nil, nil},
		{int64(math.MaxInt64), int64(math.MaxInt64)},
		{int8(-7), int64(-7)},
		{uint32(7), int64(7)},
		{uint64(math.MaxInt64), int64(math.MaxInt64)},
		{1.5, 1.5},
		{float32(0.5), 0.5},
		{celsius(36.6), 36.6},
		{true, true},
		{"it's \u00e9", "it's \u00e9"},
		{"", ""},
		{[]byte{0, 1, 0xff}, []byte{0, 1, 0xff}},
		{[]byte{}, []byte{}},
		{[]byte(nil), nil},
		{moment, moment.UTC()},
		{id, id.String()},
		{&text, text},
		{(*string)(nil), nil},
		{sql.NullInt64{Int64: 5, Valid: true}, int64(5)},
		{sql.NullString{}, nil},
		{sql.Null[time.Time]{V: moment, Valid: true}, moment.UTC()},
		{[]int{1, 2}, []byte(`[1,2]`)},
		{[]string{}, []byte(`[]`)},
		{map[string]any{"a": 1.0}, []byte(`{"a":1.0}`)},
		{address{City: "Oslo"}, []byte(`{"city":"Oslo"}`)},
		{&address{City: "Oslo"}, []byte(`{"city":"Oslo"}`)},
		{json.RawMessage(`{"a":[1,null]}`), []byte(`{"a":[1,null]}`)},
		{fluxdb.JSON[address]{V: address{"Rome", "00100"}}, []byte(`{"city":"Rome","zip":"00100"}`)},
		{fluxdb.M{"k": "v"}, []byte(`{"k":"v"}`)},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%T", tt.in), func(t *testing.T) {
			// Once as a value that is only passed through, once stored and read back.
			if got := one[any](t, db, `SELECT ?`, tt.in); !cmp.Equal(tt.out, got) {
				t.Errorf("SELECT ?: %s", cmp.Diff(tt.out, got))
			}
			stored := one[any](t, db, `INSERT INTO c (v) VALUES (?) RETURNING v`, tt.in)
			if !cmp.Equal(tt.out, stored) {
				t.Errorf("RETURNING: %s", cmp.Diff(tt.out, stored))
			}
			read := one[any](t, db, `SELECT v FROM c ORDER BY _id DESC LIMIT 1`)
			if !cmp.Equal(tt.out, read) {
				t.Errorf("SELECT v: %s", cmp.Diff(tt.out, read))
			}
		})
	}
}

func TestValuesThatCannotBeStored(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	out := 0
	for _, tt := range []struct {
		in   any
		want string
	}{
		{uint64(math.MaxInt64) + 1, "9223372036854775808"},
		{[]uint64{1, math.MaxUint64}, "[1]"},
		{"\xff", "UTF-8"},
		{make(chan int), "chan"},
		{time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), "years 1 to 9999"},
		{sql.Out{Dest: &out}, "output parameters"},
		{json.RawMessage(`{"a":`), "line 1"},
	} {
		_, err := db.Exec(`INSERT INTO c (v) VALUES (?)`, tt.in)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%T: error %v, want it to contain %q", tt.in, err, tt.want)
		}
	}
	if n := one[int](t, db, `SELECT COUNT(*) FROM c`); n != 0 {
		t.Errorf("%d documents were stored", n)
	}
}

func TestADocumentInADocumentsPlace(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	for i, doc := range []any{
		`{"_id": 0, "a": {"b": [1]}}`,
		[]byte(`{"_id": 1, "a": {"b": [1]}}`),
		json.RawMessage(`{"_id": 2, "a": {"b": [1]}}`),
		map[string]any{"_id": 3, "a": map[string]any{"b": []int{1}}},
		fluxdb.M{"_id": 4, "a": fluxdb.M{"b": []int{1}}},
		struct {
			ID int              `json:"_id"`
			A  map[string][]int `json:"a"`
		}{5, map[string][]int{"b": {1}}},
	} {
		exec(t, db, `INSERT INTO c VALUES (?)`, doc)
		want := fmt.Sprintf(`{"_id":%d,"a":{"b":[1]}}`, i)
		if got := one[string](t, db, `SELECT VALUE c FROM c WHERE _id = ?`, i); got != want {
			t.Errorf("%T is stored as %s, want %s", doc, got, want)
		}
	}
	for _, tt := range []struct {
		doc  any
		want string
	}{
		{`{"a": tru}`, "line 1, column 7"},
		{`{"a": 1, "a": 2}`, `"a"`},
		{`[1]`, "array"},
		{`{"a": 99999999999999999999}`, "a"},
		{5, "expected an object or its JSON text, found int"},
		{nil, "found null"},
	} {
		_, err := db.Exec(`INSERT INTO c VALUES (?)`, tt.doc)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: error %v, want it to contain %q", tt.doc, err, tt.want)
		}
		if !errors.Is(err, fluxdb.ErrInvalid) {
			t.Errorf("%v: error %v does not match ErrInvalid", tt.doc, err)
		}
	}
}

func TestColumnsScanIntoGoTypes(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`,
		`INSERT INTO c VALUES {_id: 'x', n: 1, f: 1.5, yes: TRUE, t: TIMESTAMP '2024-05-01T10:00:00Z', b: x'00ff', o: {city: 'Oslo'}, l: [1, 2], nil: NULL}`)
	var (
		id       string
		n        int32
		f        float64
		yes      bool
		at       time.Time
		b, raw   []byte
		o        fluxdb.JSON[address]
		l        fluxdb.JSON[[]int]
		null     *string
		missing  sql.NullInt64
		rawJSON  json.RawMessage
		asString string
	)
	err := db.QueryRow(`SELECT _id, n, f, yes, t, b, o, l, nil, nowhere, o, l, b FROM c`).
		Scan(&id, &n, &f, &yes, &at, &b, &o, &l, &null, &missing, &rawJSON, &asString, &raw)
	if err != nil {
		t.Fatal(err)
	}
	if id != "x" || n != 1 || f != 1.5 || !yes || !at.Equal(time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)) || at.Location() != time.UTC {
		t.Errorf("scalars: %v %v %v %v %v", id, n, f, yes, at)
	}
	if string(b) != "\x00\xff" || o.V.City != "Oslo" || len(l.V) != 2 || null != nil || missing.Valid {
		t.Errorf("others: %x %v %v %v %v", b, o.V, l.V, null, missing)
	}
	if string(rawJSON) != `{"city":"Oslo"}` || asString != "[1,2]" {
		t.Errorf("JSON: %s %s", rawJSON, asString)
	}
	// A value that does not fit is an error of Scan, as with any driver.
	if err := db.QueryRow(`SELECT _id FROM c`).Scan(&n); err == nil {
		t.Error("'x' was scanned into an int")
	}
}

func TestRawBytesAreGoodUntilTheNextRow(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`, `INSERT INTO c VALUES {_id: 1, o: {a: 1}, s: 'text'}, {_id: 2, o: {a: 2}, s: 'more'}`)
	rows, err := db.Query(`SELECT o, s, o FROM c ORDER BY _id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for i := 1; rows.Next(); i++ {
		var a, s, b sql.RawBytes
		if err := rows.Scan(&a, &s, &b); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf(`{"a":%d}`, i); string(a) != want || string(b) != want {
			t.Errorf("row %d: %s and %s, want %s", i, a, b, want)
		}
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
}

func TestColumnTypesBeforeTheFirstRow(t *testing.T) {
	db := memory(t, `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, f FLOAT, yes BOOL, b BLOB, at TIMESTAMP, o OBJECT, l ARRAY, x ANY)`)
	rows, err := db.Query(`SELECT *, id + 1 AS next, LENGTH(name) AS len FROM t`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err = errors.Join(err, rows.Err()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range types {
		nullable, ok := c.Nullable()
		got = append(got, fmt.Sprint(c.Name(), " ", c.DatabaseTypeName(), " ", c.ScanType(), " ", nullable, ok))
	}
	want := []string{
		"id INTEGER int64 false true", "name TEXT string false true", "f FLOAT float64 true true", "yes BOOL bool true true",
		"b BLOB []uint8 true true", "at TIMESTAMP time.Time true true", "o OBJECT []uint8 true true", "l ARRAY []uint8 true true",
		"x ANY interface {} true true", "next INTEGER int64 false true", "len INTEGER int64 true true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestArgumentsAreTheCallersAgainOnceTheCallReturns: rows that are open show what was given, whatever becomes of its bytes.
func TestArgumentsAreTheCallersAgainOnceTheCallReturns(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`, `INSERT INTO c VALUES {_id: 1}, {_id: 2}`)
	plain, nested, list, raw := []byte("aaa"), []byte("aaa"), []byte("aaa"), json.RawMessage(`["aaa"]`)
	rows, err := db.Query(`SELECT ?, ?, ?, ? FROM c`, plain, map[string]any{"k": nested}, [][]byte{list}, raw)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for _, b := range [][]byte{plain, nested, list, raw[2:5]} {
		copy(b, "zzz")
	}
	for rows.Next() {
		var p, n, l, r string
		if err := rows.Scan(&p, &n, &l, &r); err != nil {
			t.Fatal(err)
		}
		if got, want := p+n+l+r, `aaa{"k":"YWFh"}["YWFh"]["aaa"]`; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
}
