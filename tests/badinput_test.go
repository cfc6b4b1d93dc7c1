package tests

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/fluxdb/fluxdb"
)

// badStatement is a statement that is refused, and the error that says why.
type badStatement struct {
	name string
	text string
	args []any
	// is is matched with errors.Is, as returns the typed error or nil.
	is error
	as func(err error) error
	// want are parts of the message.
	want []string
}

// as makes the check of one error type.
func as[E error](err error) error {
	var typed E
	if errors.As(err, &typed) {
		return typed
	}
	return nil
}

// nested is JSON of arrays within one another.
func nested(depth int) string {
	return `{"a": ` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + `}`
}

// nestedMap is the same from Go.
func nestedMap(depth int) map[string]any {
	inner := map[string]any{}
	for range depth - 1 {
		inner = map[string]any{"m": inner}
	}
	return inner
}

func badStatements() []badStatement {
	json := func(name, text string, want ...string) badStatement {
		return badStatement{name, "INSERT INTO c VALUES (?)", []any{text}, fluxdb.ErrInvalid, as[*fluxdb.JSONError], want}
	}
	syntax := func(name, text string, want ...string) badStatement {
		return badStatement{name, text, nil, nil, as[*fluxdb.SyntaxError], want}
	}
	bind := func(name, text string, want ...string) badStatement {
		return badStatement{name, text, nil, nil, as[*fluxdb.BindError], want}
	}
	value := func(name, text string, arg any, want ...string) badStatement {
		return badStatement{name, text, []any{arg}, fluxdb.ErrInvalid, as[*fluxdb.ValueError], want}
	}
	const document = "INSERT INTO c VALUES (?)"
	big := strings.Repeat("x", 16<<20)
	return []badStatement{
		json("malformed", "{\"a\": 1,\n \"b\": {\"c\": [1, tru]}}", "line 2, column 17", "path b.c[1]"),
		json("cut off", `{"a": {"b": "`, "line 1, column", "path a.b"),
		json("trailing", `{"a": 1} x`, "line 1, column 10", "expected the end"),
		json("empty", "", "line 1, column 1"),
		{"not UTF-8", document, []any{[]byte("{\"a\": \"\xff\"}")}, fluxdb.ErrInvalid, as[*fluxdb.JSONError], []string{"line 1, column 8, path a", "UTF-8"}},
		value("text not UTF-8", document, "{\"a\": \"\xff\"}", "parameter 1", "UTF-8"),
		json("duplicate key", "{\"a\": {\"b\": 1,\n\"b\": 2}}", "line 2, column 1", "path a.b", `duplicate key "b"`),
		json("integer", `{"a": {"n": 9223372036854775808}}`, "line 1, column 13", "path a.n", "9223372036854775808 is beyond 64 bits"),
		json("float", `{"a": 1e999}`, "path a", "beyond float64"),
		json("nesting", nested(101), "nest"),
		json("deep nesting", nested(1_000_000), "nest"),
		value("over 16 MiB", document, `{"a": "`+big+`"}`, "at most 16777216 bytes"),
		value("over 16 MiB from Go", document, map[string]any{"a": big}, "16777216"),
		value("nesting from Go", document, nestedMap(101), "nesting of at most 100"),
		value("deep nesting from Go", document, nestedMap(100_000), "nesting of at most 100"),
		value("unsigned integer", document, map[string]any{"a": []uint64{1, math.MaxUint64}}, "path a[1]", "18446744073709551615"),
		value("name not UTF-8", document, map[string]any{"a\xff": 1}, "UTF-8"),
		value("no document", document, 5, "expected an object", "found int"),
		value("null for a document", document, nil, "expected an object", "found null"),
		value("no storable value", document, map[string]any{"a": make(chan int)}, "path a", "chan int"),
		value("_id null", "INSERT INTO c (_id) VALUES (?)", nil, "_id", "found null"),
		value("_id object", "INSERT INTO c (_id) VALUES (?)", map[string]any{}, "_id", "found object"),
		value("_id long", "INSERT INTO c (_id) VALUES (?)", strings.Repeat("i", 1025), "_id", "at most 1024 bytes"),
		value("_id NaN", "INSERT INTO c (_id) VALUES (?)", math.NaN(), "_id", "NaN"),
		value("year 10000", "INSERT INTO c (t) VALUES (?)", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "years 1 to 9999"),
		value("wrong type", "INSERT INTO t (name, age) VALUES ('x', ?)", "old", "collection t", "field age", "expected INTEGER", `found string "old"`),
		value("wrong type nested", "INSERT INTO t VALUES (?)", map[string]any{"name": "x", "home": map[string]any{"zip": true}}, "field home.zip", "expected INTEGER"),
		value("wrong type in UPDATE", "UPDATE t SET age = ? WHERE id = 1", "old", "field age", "expected INTEGER"),
		value("NULL where there is none", "INSERT INTO t (name) VALUES (?)", nil, "field name", "null"),
		value("undeclared field", "INSERT INTO t VALUES (?)", map[string]any{"name": "x", "agee": 1}, "field agee", "did you mean age?"),

		{"duplicate _id", "INSERT INTO c VALUES {_id: 'taken'}", nil, fluxdb.ErrDuplicateKey, as[*fluxdb.DuplicateKeyError], []string{"collection c", "_id", `"taken"`}},
		{"duplicate primary key", "INSERT INTO t (id, name) VALUES (1, 'x')", nil, fluxdb.ErrDuplicateKey, as[*fluxdb.DuplicateKeyError], []string{"collection t", "id", "1"}},
		{"duplicate in one statement", "INSERT INTO c VALUES {_id: 7}, {_id: 7.0}", nil, fluxdb.ErrDuplicateKey, as[*fluxdb.DuplicateKeyError], []string{"7"}},
		{"unique", "INSERT INTO c VALUES {_id: 'other', mail: 'ann@x'}", nil, fluxdb.ErrDuplicateKey, as[*fluxdb.DuplicateKeyError], []string{"c_mail", `"ann@x"`}},
		{"unique by UPDATE", "UPDATE c SET mail = 'ann@x'", nil, fluxdb.ErrDuplicateKey, as[*fluxdb.DuplicateKeyError], []string{"c_mail"}},
		{"unknown collection", "SELECT * FROM customer", nil, fluxdb.ErrUnknownCollection, as[*fluxdb.UnknownCollectionError], []string{"customer", "did you mean customers?"}},
		{"unknown collection written", "INSERT INTO nowhere VALUES {}", nil, fluxdb.ErrUnknownCollection, as[*fluxdb.UnknownCollectionError], []string{"nowhere"}},
		{"unknown index", "DROP INDEX c_male", nil, fluxdb.ErrUnknownIndex, as[*fluxdb.UnknownIndexError], []string{"c_male", "did you mean c_mail?"}},
		{"collection exists", "CREATE COLLECTION c", nil, fluxdb.ErrCollectionExists, nil, []string{"c"}},
		{"index exists", "CREATE INDEX c_mail ON c (x)", nil, fluxdb.ErrIndexExists, nil, []string{"c_mail"}},
		{"parameters", "SELECT ?, ?", []any{1}, nil, as[*fluxdb.ParamError], []string{"expected 2, found 1"}},
		{"named parameters", "SELECT :a", []any{sql.Named("b", 1)}, nil, as[*fluxdb.ParamError], []string{":a", ":b"}},
		{"BEGIN in a transaction", "BEGIN", nil, fluxdb.ErrInTransaction, nil, nil},
		{"no savepoint", "RELEASE nowhere", nil, nil, nil, nil},

		bind("unknown type", "CREATE TABLE x (a STRNG)", "line 1, column 19", "unknown type STRNG", "did you mean STRING?"),
		bind("unknown field of a table", "SELECT agee FROM t", "line 1, column 8", `did you mean "age"?`),
		bind("unknown function", "SELECT len_gth(name) FROM t", "line 1, column 8", "LENGTH"),
		syntax("unknown option", "CREATE TABLE x (a INT) WITH (fast)", "line 1, column 30", `unexpected "fast"`, "OPEN or STRICT"),
		syntax("misspelled", "SELCT 1", "line 1, column 1", "did you mean SELECT instead of SELCT?"),
		syntax("not closed", "SELECT 'abc", "line 1, column 8", "not closed"),
		syntax("no UTF-8", "SELECT '\xff'", "line 1, column 9", "UTF-8"),
		syntax("binary", "\x00\x01\x02", "line 1, column 1"),
		syntax("integer in SQL", "INSERT INTO c VALUES {a: 9223372036854775808}", "line 1, column 26", "9223372036854775808"),
		syntax("duplicate key in SQL", "INSERT INTO c VALUES {a: 1, a: 2}", "line 1, column", `"a" is given twice`),
		{"overflow", "SELECT 9223372036854775807 + COUNT(*) FROM c", nil, nil, as[*fluxdb.EvalError], []string{"overflow"}},
		{"CAST", "INSERT INTO c VALUES {a: CAST(? AS INT)}", []any{"x"}, nil, as[*fluxdb.EvalError], []string{"can't cast"}},
		{"definition", "CREATE COLLECTION \"\"", nil, fluxdb.ErrInvalidDefinition, nil, []string{"without a name"}},
	}
}

// badDatabase has something of everything that the bad statements run into.
func badDatabase(t *testing.T) (*fluxdb.DB, *sql.DB) {
	t.Helper()
	flux, db := openFolder(t, fluxdb.MemoryPath)
	t.Cleanup(func() {
		checkClean(t, flux)
		db.Close()
		flux.Close()
	})
	mustExec(t, db, `
		CREATE COLLECTION c; CREATE UNIQUE INDEX c_mail ON c (mail); CREATE COLLECTION customers;
		CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INT, home.zip INT);
		INSERT INTO c VALUES {_id: 'taken', mail: 'ann@x'}, {_id: 'bob', mail: 'bob@x'};
		INSERT INTO t (id, name) VALUES (1, 'Ann')`)
	return flux, db
}

// TestABadStatementLeavesTheTransactionIntact runs every bad statement in one transaction. Each
// is refused with an error of its own, and what stands beside it is committed.
func TestABadStatementLeavesTheTransactionIntact(t *testing.T) {
	_, db := badDatabase(t)
	before := dump(t, db)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec("CREATE COLLECTION beside"); err != nil {
		t.Fatal(err)
	}
	bad := badStatements()
	for i := range bad {
		bad[i].refused(t, tx.ExecContext)
		if _, err := tx.Exec("INSERT INTO beside VALUES {_id: ?}", i); err != nil {
			t.Fatalf("after %s the transaction is broken: %v", bad[i].name, err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	var beside int
	if err := db.QueryRow("SELECT COUNT(*) FROM beside").Scan(&beside); err != nil || beside != len(bad) {
		t.Errorf("%d of %d documents are there: %v", beside, len(bad), err)
	}
	mustExec(t, db, "DROP COLLECTION beside")
	if after := dump(t, db); after != before {
		t.Errorf("a statement that was refused left something:\n%s\nwas:\n%s", after, before)
	}
}

// TestABadStatementAlone runs them outside a transaction, prepared too.
func TestABadStatementAlone(t *testing.T) {
	_, db := badDatabase(t)
	before := dump(t, db)
	for _, bad := range badStatements() {
		if bad.text == "BEGIN" {
			continue // no mistake here
		}
		bad.refused(t, db.ExecContext)
		bad.refused(t, func(ctx context.Context, text string, args ...any) (sql.Result, error) {
			st, err := db.PrepareContext(ctx, text)
			if err != nil {
				return nil, err
			}
			defer st.Close()
			rows, err := st.QueryContext(ctx, args...)
			if err == nil {
				for rows.Next() {
				}
				err = errors.Join(rows.Err(), rows.Close())
			}
			return nil, err
		})
	}
	if after := dump(t, db); after != before {
		t.Errorf("a statement that was refused left something:\n%s\nwas:\n%s", after, before)
	}
}

// quickly is how long a refusal may take, with the race detector on a busy machine.
const quickly = 10 * time.Second

func (b *badStatement) refused(t *testing.T, exec func(context.Context, string, ...any) (sql.Result, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), quickly)
	defer cancel()
	_, err := exec(ctx, b.text, b.args...)
	switch {
	case err == nil:
		t.Errorf("%s: no error", b.name)
		return
	case b.is != nil && !errors.Is(err, b.is):
		t.Errorf("%s: error %v does not match %v", b.name, err, b.is)
	case b.as != nil && b.as(err) == nil && !strings.HasPrefix(err.Error(), "sql: expected"): // database/sql counts parameters itself
		t.Errorf("%s: error %T %v is not of its type", b.name, err, err)
	}
	if len(err.Error()) > 2000 {
		t.Errorf("%s: an error of %d bytes", b.name, len(err.Error()))
	}
	if strings.HasPrefix(err.Error(), "sql: expected") {
		return
	}
	for _, want := range b.want {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %q does not say %q", b.name, err, want)
		}
	}
}

// TestUnknownOptionsOfADatabase: the DSN is checked by sql.Open.
func TestUnknownOptionsOfADatabase(t *testing.T) {
	for dsn, want := range map[string]string{
		"file:db?sink=full":  "the options are autocreate, compression, memory, mode, star, sync, timeout",
		"file:db?sync=half":  "expected one of full, normal, off",
		"file:db?memory=1KB": "at least 16MB",
		"db?mode=ro":         "begin with file:",
		"":                   "empty",
	} {
		if db, err := sql.Open("fluxdb", dsn); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want an error that says %q", dsn, db, err, want)
		}
	}
}

// TestStatementsThatAreTooMuch: texts nested 100,000 deep or 20 MB long are refused at once.
func TestStatementsThatAreTooMuch(t *testing.T) {
	_, db := badDatabase(t)
	deep := func(open, shut string) string {
		return strings.Repeat(open, 100_000) + "1" + strings.Repeat(shut, 100_000)
	}
	long := 20_000_000
	for name, text := range map[string]string{
		"brackets":       "SELECT " + deep("(", ")"),
		"arrays":         "SELECT " + deep("[", "]"),
		"objects":        "SELECT " + deep("{a: ", "}"),
		"calls":          "SELECT " + deep("ABS(", ")"),
		"NOT":            "SELECT " + deep("NOT ", ""),
		"minus":          "SELECT " + deep("- ", ""),
		"plus":           "SELECT " + deep("1+", ""),
		"AND":            "SELECT " + deep("a AND ", "") + " FROM c",
		"concatenation":  "SELECT " + deep("'a'||", ""),
		"CASE":           "SELECT " + deep("CASE WHEN 1 THEN ", " END"),
		"CAST":           "SELECT " + deep("CAST(", " AS INT)"),
		"casts":          "SELECT " + deep("", "::INT"),
		"subscripts":     "SELECT a" + deep("", "[0]") + " FROM c",
		"subscripted":    "SELECT a" + strings.Repeat("[a", 100_000) + strings.Repeat("]", 100_000) + " FROM c",
		"path":           "SELECT a" + strings.Repeat(".a", 100_000) + " FROM c",
		"IS":             "SELECT " + deep("", " IS NULL"),
		"COLLATE":        "SELECT " + deep("", " COLLATE NOCASE"),
		"ANY":            "SELECT " + deep("ANY x IN [1] SATISFIES ", " END"),
		"EXPLAIN":        strings.Repeat("EXPLAIN ", 100_000) + "SELECT 1",
		"open brackets":  "SELECT " + strings.Repeat("(", 100_000),
		"comments":       "SELECT " + strings.Repeat("/*", 100_000),
		"statements":     strings.Repeat("SELECT 1;", 300_000),
		"columns":        "SELECT " + strings.Repeat("a,", 300_000) + "a FROM c",
		"string":         "SELECT '" + strings.Repeat("x", long) + "'",
		"blanks":         "SELECT 1" + strings.Repeat(" ", long),
		"comment":        "SELECT 1 /*" + strings.Repeat("x", long) + "*/",
		"name":           `SELECT "` + strings.Repeat("x", long) + `" FROM c`,
		"number":         "SELECT " + strings.Repeat("1", long),
		"rows":           "INSERT INTO c VALUES {a: 1}" + strings.Repeat(",{a: 1}", long/7),
		"list":           "SELECT 1 IN (1" + strings.Repeat(",1", long/2) + ")",
		"parameters":     "SELECT ?" + strings.Repeat(",?", long/2),
		"quotes":         strings.Repeat("'", long+1),
		"zero bytes":     strings.Repeat("\x00", long),
		"LIKE":           "SELECT '" + strings.Repeat("a", 400_000) + "' LIKE '" + strings.Repeat("%a", 200_000) + "b'",
		"fields":         "CREATE TABLE x (" + strings.Repeat("a INT,", 100_000) + "b INT)",
		"index keys":     "CREATE INDEX x ON c (" + strings.Repeat("a,", 100_000) + "b)",
		"ordered by":     "SELECT * FROM c ORDER BY " + strings.Repeat("a,", 100_000) + "b",
		"grouped by":     "SELECT 1 FROM c GROUP BY " + strings.Repeat("a,", 100_000) + "b",
		"star":           "SELECT " + strings.Repeat("*,", 100_000) + "* FROM c",
		"excluded":       "SELECT * EXCLUDE (" + strings.Repeat("a,", 100_000) + "b) FROM c",
		"savepoint name": "SAVEPOINT " + strings.Repeat("s", 900_000),
	} {
		ctx, cancel := context.WithTimeout(context.Background(), quickly)
		rows, err := db.QueryContext(ctx, text)
		if err == nil {
			for rows.Next() {
			}
			err = errors.Join(rows.Err(), rows.Close())
		}
		cancel()
		var syntax *fluxdb.SyntaxError
		var bind *fluxdb.BindError
		switch {
		case harmless[name]:
			if err != nil {
				t.Errorf("%s: %.300v", name, err)
			}
		case name == "savepoint name":
			if !errors.Is(err, fluxdb.ErrNoTransaction) {
				t.Errorf("%s: %.300v", name, err)
			}
		case !errors.As(err, &syntax) && !errors.As(err, &bind):
			t.Errorf("%s: error %.300v is neither a SyntaxError nor a BindError", name, err)
		case len(err.Error()) > 2000:
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}

// harmless are texts that look bad and are not: they run, as quickly.
var harmless = map[string]bool{"LIKE": true}
