package driver_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fluxdb/fluxdb"
)

// level is stored as a word, though it is a number.
type level int

func (l level) Value() (driver.Value, error) {
	if l < 0 {
		return nil, errors.New("a level is not negative")
	}
	return []string{"low", "high"}[l], nil
}

// point knows by its pointer only what is stored of it.
type point struct{ x, y int }

func (p *point) Value() (driver.Value, error) { return fmt.Sprintf("%d/%d", p.x, p.y), nil }

// endless returns itself.
type endless struct{}

func (e endless) Value() (driver.Value, error) { return e, nil }

type visit struct {
	Who   sql.NullString                 `json:"who"`
	When  sql.NullTime                   `json:"when"`
	Level level                          `json:"level"`
	At    *point                         `json:"at"`
	Tags  sql.Null[[]string]             `json:"tags"`
	More  sql.Null[fluxdb.JSON[address]] `json:"more"`
	Left  sql.Null[time.Time]            `json:"left,omitzero"`
}

func TestValuersWithinDocuments(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	for _, tt := range []struct {
		in   any
		want string
	}{
		{visit{}, `{"who":null,"when":null,"level":"low","at":null,"tags":null,"more":null}`},
		{visit{
			Who: sql.NullString{String: "Ann", Valid: true}, When: sql.NullTime{Time: time.Unix(0, 0), Valid: true}, Level: 1, At: &point{1, 2},
			Tags: sql.Null[[]string]{V: []string{"a"}, Valid: true}, More: sql.Null[fluxdb.JSON[address]]{V: fluxdb.JSON[address]{V: address{City: "Oslo"}}, Valid: true},
		}, `{"who":"Ann","when":"1970-01-01T00:00:00Z","level":"high","at":"1/2","tags":["a"],"more":{"city":"Oslo"}}`},
		{map[string]any{"a": []any{level(1), sql.NullInt64{}, &point{}}}, `{"a":["high",null,"0/0"]}`},
		{map[string]level{"a": 1}, `{"a":"high"}`},
	} {
		if got := one[string](t, db, `SELECT ?`, tt.in); got != tt.want {
			t.Errorf("%T as a value: %s, want %s", tt.in, got, tt.want)
		}
		if got := one[string](t, db, `INSERT INTO c (_id, d) VALUES (1, ?) RETURNING d`, tt.in); got != tt.want {
			t.Errorf("%T stored: %s, want %s", tt.in, got, tt.want)
		}
		exec(t, db, `DELETE FROM c`)
		exec(t, db, `INSERT INTO c VALUES (?)`, tt.in) // in a document's place
		exec(t, db, `TRUNCATE c`)
	}
}

func TestSQLNullOfWhatIsNoColumnElsewhere(t *testing.T) {
	db := memory(t)
	for _, tt := range []struct {
		in, out any
	}{
		{sql.Null[map[string]any]{V: map[string]any{"a": 1}, Valid: true}, []byte(`{"a":1}`)},
		{sql.Null[map[string]any]{}, nil},
		{sql.Null[[]int]{V: []int{1}, Valid: true}, []byte(`[1]`)},
		{sql.Null[address]{V: address{City: "Oslo"}, Valid: true}, []byte(`{"city":"Oslo"}`)},
		{sql.Null[fluxdb.JSON[[]int]]{V: fluxdb.JSON[[]int]{V: []int{1}}, Valid: true}, []byte(`[1]`)},
		{sql.Null[level]{V: 1, Valid: true}, "high"},
		{sql.Null[uint8]{V: 7, Valid: true}, int64(7)},
	} {
		if got := one[any](t, db, `SELECT ?`, tt.in); fmt.Sprint(got) != fmt.Sprint(tt.out) {
			t.Errorf("%T: %v, want %v", tt.in, got, tt.out)
		}
	}
}

func TestValuersThatFail(t *testing.T) {
	db := memory(t)
	for _, in := range []any{
		map[string]any{"a": level(-1)},
		map[string]any{"a": endless{}},
		sql.Null[chan int]{V: make(chan int), Valid: true},
		time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
		map[string]any{"a\xff": 1},
	} {
		_, err := db.Exec(`CREATE COLLECTION IF NOT EXISTS c; INSERT INTO c (v) VALUES (?)`, in)
		if !errors.Is(err, fluxdb.ErrInvalid) {
			t.Errorf("%T: error %v, want one that matches ErrInvalid", in, err)
		}
	}
}
