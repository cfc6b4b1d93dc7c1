package tests

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/driver"
)

// seedEnv repeats a run of the differential test.
const seedEnv = "FLUXDB_TEST_SEED"

// TestIndexedEqualsUnindexedEqualsModel asks random questions of random documents of a
// collection without indexes, of one with many, and of a model in a few lines of Go.
func TestIndexedEqualsUnindexedEqualsModel(t *testing.T) {
	seed := rand.Uint64()
	if text := os.Getenv(seedEnv); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s=%d repeats this run", seedEnv, seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	for range rounds {
		differentialRound(t, rng)
	}
}

func differentialRound(t *testing.T, rng *rand.Rand) {
	flux, err := fluxdb.Open(fluxdb.MemoryPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer flux.Close()
	db := sql.OpenDB(driver.NewConnector(flux))
	defer db.Close()
	mustExec(t, db, `CREATE COLLECTION plain; CREATE COLLECTION indexed;
		CREATE INDEX i_a ON indexed (a); CREATE INDEX i_ab ON indexed (a DESC, b); CREATE INDEX i_ba ON indexed (b, a DESC);
		CREATE INDEX i_o ON indexed (o.x, a)`)
	docs := map[int64]document.Value{}
	insert := func(id int64) {
		doc := randomDocument(rng, id)
		docs[id] = doc
		for _, c := range []string{"plain", "indexed"} {
			mustExec(t, db, "INSERT INTO "+c+" VALUES (?)", doc)
		}
	}
	for id := range int64(120) {
		insert(id)
	}
	for range 40 {
		id := int64(rng.IntN(120))
		for _, c := range []string{"plain", "indexed"} {
			mustExec(t, db, "DELETE FROM "+c+" WHERE _id = ?", id)
		}
		delete(docs, id)
		if rng.IntN(2) == 0 {
			insert(id)
		}
	}
	for range 150 {
		q := randomQuestion(rng)
		want := q.answer(docs)
		for _, c := range []string{"plain", "indexed"} {
			got, err := ids(db, q.sql(c), q.args...)
			if err != nil {
				t.Fatalf("%s %v: %v", q.sql(c), q.args, err)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s %v\n got %v\nwant %v\nplan %s", q.sql(c), q.args, got, want, explained(db, q.sql(c), q.args))
			}
		}
	}
	checkClean(t, flux)
}

func ids(db *sql.DB, query string, args ...any) ([]int64, error) {
	rows, err := db.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

func explained(db *sql.DB, query string, args []any) string {
	rows, err := db.QueryContext(context.Background(), "EXPLAIN "+query, args...)
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return err.Error()
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// randomScalar is a value that comes up often enough to be equal to another one.
func randomScalar(rng *rand.Rand) document.Value {
	switch rng.IntN(10) {
	case 0:
		return document.Null()
	case 1, 2, 3:
		return document.Int(int64(rng.IntN(6)))
	case 4, 5:
		return document.Float(float64(rng.IntN(12)) / 2)
	case 6:
		return document.Bool(rng.IntN(2) == 0)
	case 7:
		return document.String(strings.Repeat("x", 1100) + strconv.Itoa(rng.IntN(4))) // cut in an index
	}
	return document.String([]string{"a", "b", "ab", "", "é"}[rng.IntN(5)])
}

func randomDocument(rng *rand.Rand, id int64) document.Value {
	fields := []document.Field{{Name: "_id", Value: document.Int(id)}}
	for _, name := range []string{"a", "b"} {
		switch rng.IntN(8) {
		case 0: // missing
		case 1:
			fields = append(fields, document.Field{Name: name, Value: document.Array([]document.Value{randomScalar(rng), randomScalar(rng)})})
		default:
			fields = append(fields, document.Field{Name: name, Value: randomScalar(rng)})
		}
	}
	if rng.IntN(3) > 0 {
		fields = append(fields, document.Field{Name: "o", Value: document.Object([]document.Field{{Name: "x", Value: randomScalar(rng)}})})
	}
	return document.Object(fields)
}

// question is a query in SQL and as the model understands it.
type question struct {
	where   string
	args    []any
	model   func(doc document.Value) truth
	order   []orderKey
	limit   int // -1 is none
	inOrder string
}

type orderKey struct {
	path document.Path
	desc bool
}

// truth is SQL's third value too.
type truth int8

const (
	no truth = iota - 1
	unknown
	yes
)

func randomQuestion(rng *rand.Rand) *question {
	q := &question{limit: -1}
	q.where, q.model = q.condition(rng, 2)
	var keys []string
	for range rng.IntN(3) {
		name := []string{"a", "b", "o.x"}[rng.IntN(3)]
		key := orderKey{desc: rng.IntN(2) == 0}
		key.path, _ = document.ParsePath(name)
		q.order = append(q.order, key)
		if key.desc {
			name += " DESC"
		}
		keys = append(keys, name)
	}
	q.order = append(q.order, orderKey{path: document.FieldPath("_id")})
	q.inOrder = strings.Join(append(keys, "_id"), ", ")
	if rng.IntN(2) == 0 {
		q.limit = rng.IntN(12)
	}
	return q
}

func (q *question) sql(collection string) string {
	s := "SELECT _id FROM " + collection + " WHERE " + q.where + " ORDER BY " + q.inOrder
	if q.limit >= 0 {
		s += fmt.Sprintf(" LIMIT %d", q.limit)
	}
	return s
}

func (q *question) answer(docs map[int64]document.Value) []int64 {
	var found []document.Value
	for _, doc := range docs {
		if q.model(doc) == yes {
			found = append(found, doc)
		}
	}
	slices.SortFunc(found, func(a, b document.Value) int {
		for _, key := range q.order {
			c := document.Compare(key.path.Lookup(a), key.path.Lookup(b))
			if key.desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	var out []int64
	for _, doc := range found {
		if q.limit >= 0 && len(out) == q.limit {
			break
		}
		out = append(out, doc.Get("_id").AsInt())
	}
	return out
}

// condition returns a random condition over a, b and o.x.
func (q *question) condition(rng *rand.Rand, depth int) (string, func(document.Value) truth) {
	if depth > 0 && rng.IntN(2) == 0 {
		op := rng.IntN(3)
		left, l := q.condition(rng, depth-1)
		if op == 0 {
			return "NOT (" + left + ")", func(d document.Value) truth { return -l(d) }
		}
		right, r := q.condition(rng, depth-1)
		if op == 1 {
			return "(" + left + " AND " + right + ")", func(d document.Value) truth { return min(l(d), r(d)) }
		}
		return "(" + left + " OR " + right + ")", func(d document.Value) truth { return max(l(d), r(d)) }
	}
	name := []string{"a", "b", "o.x", "_id"}[rng.IntN(4)]
	path, _ := document.ParsePath(name)
	switch rng.IntN(5) {
	case 0:
		return name + " IS NULL", func(d document.Value) truth { return truthOf(path.Lookup(d).IsNull()) }
	case 1:
		n := rng.IntN(3)
		values := make([]document.Value, n)
		for i := range values {
			values[i] = randomScalar(rng)
			q.args = append(q.args, values[i])
		}
		return name + " IN (" + strings.TrimSuffix(strings.Repeat("?, ", n), ", ") + ")", func(d document.Value) truth {
			found := no
			for _, v := range values {
				found = max(found, equalTruth(path.Lookup(d), v))
			}
			return found
		}
	}
	op := []string{"=", "<>", "<", "<=", ">", ">="}[rng.IntN(6)]
	value := randomScalar(rng)
	q.args = append(q.args, value)
	return name + " " + op + " ?", func(d document.Value) truth { return compareTruth(op, path.Lookup(d), value) }
}

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// asNumber takes a stored boolean as 0 or 1 against a number.
func asNumber(stored, value document.Value) document.Value {
	if stored.Kind() == document.KindBool && value.Kind().IsNumber() {
		if stored.AsBool() {
			return document.Int(1)
		}
		return document.Int(0)
	}
	return stored
}

func equalTruth(stored, value document.Value) truth { return compareTruth("=", stored, value) }

func compareTruth(op string, stored, value document.Value) truth {
	if stored.IsNull() || value.IsNull() {
		return unknown
	}
	stored = asNumber(stored, value)
	if !document.Comparable(stored.Kind(), value.Kind()) {
		switch op {
		case "=":
			return no
		case "<>":
			return yes
		}
		return unknown
	}
	c := document.Compare(stored, value)
	return truthOf(map[string]bool{"=": c == 0, "<>": c != 0, "<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}[op])
}
