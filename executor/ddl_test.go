package executor

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
)

func TestDefinitions(t *testing.T) {
	s := testSession(t,
		`CREATE COLLECTION open1`,
		`CREATE COLLECTION strict1 (a INT) WITH (strict)`,
		`CREATE TABLE closed1 (id INTEGER PRIMARY KEY, sku VARCHAR(20) NOT NULL UNIQUE, size.width INT DEFAULT (1 + 1), tags TEXT[], UNIQUE (Sku, size.width))`,
		`CREATE TABLE open2 (a INT) WITH (open)`,
		`CREATE TABLE open3`,
		`CREATE TABLE pairs (a INT, b TEXT, PRIMARY KEY (A, b))`,
		`CREATE INDEX ON open1 (address.city, tags[0] DESC)`,
		`CREATE INDEX ON open1 (address.city, tags[0] DESC)`,
		`CREATE INDEX IF NOT EXISTS by_width ON closed1 (SIZE.width, _id)`,
		`CREATE INDEX IF NOT EXISTS by_width ON closed1 (size.width)`,
		`CREATE TABLE IF NOT EXISTS closed1 (b INT)`,
		`DROP TABLE IF EXISTS nowhere; DROP INDEX IF EXISTS nowhere`,
	)
	want := strings.Join([]string{
		`["closed1","closed",0,3]`, `["open1","open",0,2]`, `["open2","open",0,0]`, `["open3","open",0,0]`, `["pairs","closed",0,1]`, `["strict1","closed",0,0]`,
	}, " ")
	if got := answer(s, `SHOW COLLECTIONS`); got != want {
		t.Errorf("SHOW COLLECTIONS\n got %s\nwant %s", got, want)
	}
	want = strings.Join([]string{
		`["closed1","closed1_sku_key","sku",true,0,"ready"]`, `["closed1","closed1_sku_size_width_key","sku, size.width",true,0,"ready"]`, `["closed1","by_width","size.width, id",false,0,"ready"]`,
		`["open1","open1_address_city_tags_0_idx","address.city, tags[0] DESC",false,0,"ready"]`, `["open1","open1_address_city_tags_0_idx1","address.city, tags[0] DESC",false,0,"ready"]`,
		`["pairs","pairs_pkey","a, b",true,0,"ready"]`,
	}, " ")
	if got := answer(s, `SHOW INDEXES`); got != want {
		t.Errorf("SHOW INDEXES\n got %s\nwant %s", got, want)
	}
	if got := answer(s, `INSERT INTO closed1 (sku) VALUES ('a') RETURNING *`); got != `[1,"a",2,null]` {
		t.Errorf("row %s", got)
	}
}

func TestDefinitionsThatCannotBe(t *testing.T) {
	s := testSession(t, `CREATE TABLE t (id INTEGER PRIMARY KEY, sku TEXT UNIQUE)`, `CREATE COLLECTION c`, `CREATE INDEX c_a ON c (a)`)
	for _, tt := range []struct{ text, want string }{
		{`CREATE TABLE x (a NUMERC)`, `line 1, column 19: unknown type NUMERC; did you mean NUMERIC? the types are ANY, `},
		{`CREATE TABLE x (a INT, A TEXT)`, "column 24: field A is declared twice"},
		{`CREATE TABLE x (a INT, a.b TEXT)`, "fields a and a.b overlap"},
		{`CREATE TABLE x (a INT PRIMARY KEY, b INT PRIMARY KEY)`, "a second PRIMARY KEY"},
		{`CREATE TABLE x (a INT PRIMARY KEY, PRIMARY KEY (a))`, "a second PRIMARY KEY"},
		{`CREATE TABLE x (a INT, PRIMARY KEY (b))`, `"x" has no field "b"`},
		{`CREATE TABLE x (a INT, UNIQUE (ab))`, `"x" has no field "ab"; did you mean "a"?`},
		{`CREATE TABLE x (a INT, UNIQUE (a, a))`, "a is given twice"},
		{`CREATE TABLE x (a.b INT PRIMARY KEY)`, "not a nested one"},
		{`CREATE TABLE x (_id INT, a INT PRIMARY KEY)`, "_id"},
		{`CREATE TABLE x (a TEXT PRIMARY KEY AUTOINCREMENT)`, "AUTOINCREMENT is for an INTEGER PRIMARY KEY"},
		{`CREATE TABLE x (a INT DEFAULT 'abc')`, `default of a: expected INTEGER, found string "abc"`},
		{`CREATE TABLE x (a INT NOT NULL DEFAULT NULL)`, "default of a: it is NULL"},
		{`CREATE TABLE x (a INT DEFAULT (b + 1))`, "default of a: "},
		{`CREATE TABLE x (a INT DEFAULT COUNT(*))`, "default of a: "},
		{`CREATE TABLE x (a INT DEFAULT (9223372036854775807 + 1))`, "default of a: "},
		{`CREATE INDEX ON t (colour)`, `"t" has no field "colour"`},
		{`CREATE INDEX ON c (tags[*])`, "elements of arrays"},
		{`CREATE INDEX ON c (a, a)`, "a is given twice"},
		{`CREATE INDEX ON nowhere (a)`, "unknown collection nowhere"},
		{`DROP INDEX t_sku_key`, `keeps a UNIQUE or PRIMARY KEY of "t"`},
		{`DROP INDEX c_a ON t`, `index "c_a" is on "c", not on "t"`},
		{`DROP INDEX c_b`, "unknown index c_b: did you mean c_a?"},
		{`TRUNCATE nowhere`, "unknown collection nowhere"},
	} {
		for _, begin := range []string{"", "BEGIN"} {
			mustExec(t, s, begin)
			if got := answer(s, tt.text); !strings.HasPrefix(got, "error: ") || !strings.Contains(got, tt.want) {
				t.Errorf("%s: %s, want it to contain %q", tt.text, got, tt.want)
			}
			if begin != "" {
				mustExec(t, s, "COMMIT")
			}
		}
	}
	ctx := context.Background()
	var bind *planner.BindError
	if _, err := s.Exec(ctx, "CREATE TABLE x (\n  a NUMERC)", nil); !errors.As(err, &bind) || bind.Line != 2 || bind.Column != 5 {
		t.Errorf("error %v is not at line 2, column 5", err)
	}
	for text, is := range map[string]error{
		`CREATE TABLE t (a INT)`:    engine.ErrCollectionExists,
		`CREATE COLLECTION c`:       engine.ErrCollectionExists,
		`CREATE INDEX c_a ON c (b)`: engine.ErrIndexExists,
	} {
		if _, err := s.Exec(ctx, text, nil); !errors.Is(err, is) {
			t.Errorf("%s: error %v does not match %v", text, err, is)
		}
	}
	if got := answer(s, `SHOW COLLECTIONS`); got != `["c","open",0,1] ["t","closed",0,1]` {
		t.Errorf("something was left of them: %s", got)
	}
}

func TestDefaultsHaveTheTimeOfTheStatement(t *testing.T) {
	s := testSession(t, `CREATE TABLE t (id INTEGER PRIMARY KEY, made TIMESTAMP DEFAULT NOW(), tag TEXT DEFAULT UUID())`)
	mustExec(t, s, `INSERT INTO t (id) VALUES (1), (2), (3); INSERT INTO t (id, made) VALUES (4, NOW()), (5, DEFAULT)`)
	if got := answer(s, `SELECT COUNT(DISTINCT made), COUNT(DISTINCT tag) FROM t`); got != "[2,5]" {
		t.Errorf("distinct times and tags: %s, want [2,5]", got)
	}
}

func TestCompilerRefusesWhatHasNoMeaning(t *testing.T) {
	for _, text := range []string{``, `1 +`, `a`, `COUNT(*)`, `?`, `1; 2`, `NOWHERE()`} {
		if _, err := Compiler().Compile(text); err == nil {
			t.Errorf("%q was compiled", text)
		}
	}
}
