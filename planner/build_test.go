package planner

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/parser"
)

const benchCatalog = `
	collection users documents 1000000 observed name, age, city, email
	index users_age on users (age)
	index users_city_age on users (city, age)
	unique index users_email on users (email)`

// BenchmarkBuild measures planning alone; the statement is parsed once.
func BenchmarkBuild(b *testing.B) {
	for _, text := range []string{
		"SELECT VALUE u FROM users u WHERE _id = ?",
		"SELECT name FROM users WHERE email = ?",
		"SELECT name, age FROM users WHERE city = ? AND age > ? ORDER BY age LIMIT 10",
		"SELECT city, COUNT(*), AVG(age) FROM users GROUP BY city ORDER BY 2 DESC",
		"UPDATE users SET age = age + 1 WHERE _id = ?",
		"INSERT INTO users VALUES (?)",
	} {
		b.Run(text, func(b *testing.B) {
			cat, err := newFakeCatalog(benchCatalog)
			if err != nil {
				b.Fatal(err)
			}
			statements, err := parser.Parse(text, parser.Limits{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Build(statements[0], cat, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestCountersAreReadOnlyWhereTheyMatter keeps point reads, and collections without an
// index, from reading counters.
func TestCountersAreReadOnlyWhereTheyMatter(t *testing.T) {
	for _, c := range []struct {
		text  string
		reads int
	}{
		{"SELECT VALUE u FROM users u WHERE _id = ?", 0},
		{"SELECT name FROM plain WHERE age > 3 ORDER BY name", 0},
		{"SELECT COUNT(*) FROM users", 0},
		{"SELECT MAX(age) FROM users", 0},
		{"SELECT name FROM users WHERE age > 3", 1},
	} {
		cat, err := newFakeCatalog(benchCatalog + "\ncollection plain documents 10")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := buildText(c.text, cat, Options{}); err != nil {
			t.Fatal(err)
		}
		if cat.statsRead != c.reads {
			t.Errorf("%s: counters were read %d times, want %d", c.text, cat.statsRead, c.reads)
		}
	}
}

// TestDepHolds: a plan is stale when the list that it was made from has changed.
func TestDepHolds(t *testing.T) {
	for _, c := range []struct {
		name, text string
		options    Options
		change     func(*FieldSet)
		holds      bool
	}{
		{"nothing new", "SELECT * FROM users", Options{}, func(*FieldSet) {}, true},
		{"a new field", "SELECT * FROM users", Options{}, func(f *FieldSet) { f.Names = append(f.Names, "x") }, false},
		{"a new leaf", "SELECT * FROM users", Options{}, func(f *FieldSet) { f.Leaves = append(f.Leaves, "name.x") }, true},
		{"a new leaf of flat", "SELECT * FROM users", Options{Star: StarFlat}, func(f *FieldSet) { f.Leaves = append(f.Leaves, "name.x") }, false},
		{"a name that was an alias", "SELECT UPPER(name) AS x FROM users GROUP BY x", Options{}, func(f *FieldSet) { f.Names = append(f.Names, "x") }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cat, err := newFakeCatalog(benchCatalog)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := buildText(c.text, cat, c.options)
			if err != nil {
				t.Fatal(err)
			}
			changed := &FieldSet{Names: append([]string(nil), cat.fields["users"].Names...)}
			c.change(changed)
			cat.fields["users"] = changed
			holds := true
			for i := range plan.Deps {
				ok, err := plan.Deps[i].Holds(cat)
				if err != nil {
					t.Fatal(err)
				}
				holds = holds && ok
			}
			if holds != c.holds || len(plan.Deps) != 1 {
				t.Errorf("holds %v with %d dependencies, want %v with 1", holds, len(plan.Deps), c.holds)
			}
		})
	}
}

// TestBoundsKeepParameters: what a cached plan is run with later stays in its bounds.
func TestBoundsKeepParameters(t *testing.T) {
	cat, err := newFakeCatalog("table t (id INTEGER PRIMARY KEY, at TIMESTAMP)\nindex t_at on t (at)")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := buildText("SELECT id FROM t WHERE at >= ?", cat, Options{})
	if err != nil {
		t.Fatal(err)
	}
	scan, ok := plan.Root.(*Project).Input.(*IndexScan)
	if !ok {
		t.Fatalf("the plan is %T", plan.Root.(*Project).Input)
	}
	if low := scan.Bounds.Lower; low == nil || !low.Inclusive || low.Type != def.Timestamp || low.Value.String() != "?1" {
		t.Errorf("lower bound %+v", low)
	}
}

func TestAfterPrefix(t *testing.T) {
	for prefix, want := range map[string]string{
		"a": "b", "az": "a{", "a\U0010FFFF": "b", "\U0010FFFF": "", "\uD7FF": "\uE000", "é": "ê",
	} {
		if got := afterPrefix(prefix); got != want {
			t.Errorf("after all that begin with %q comes %q, want %q", prefix, got, want)
		}
	}
}

// TestHugeStatementsArePlannedQuickly: a text as long as one may be takes time in proportion.
func TestHugeStatementsArePlannedQuickly(t *testing.T) {
	many := func(n int, join string, piece func(i int) string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = piece(i)
		}
		return strings.Join(parts, join)
	}
	const n, chain = 20000, 4900 // the parser takes no chains of operators much longer
	for name, text := range map[string]string{
		"AND of different paths": "SELECT name FROM users WHERE " + many(chain, " AND ", func(i int) string { return fmt.Sprintf("f%d > %d", i, i) }),
		"AND of one path":        "SELECT name FROM users WHERE " + many(chain, " AND ", func(i int) string { return fmt.Sprintf("age <> %d", i) }),
		"OR of one path":         "SELECT name FROM users WHERE " + many(chain, " OR ", func(i int) string { return fmt.Sprintf("age = %d", i) }),
		"OR of different paths":  "SELECT name FROM users WHERE " + many(chain, " OR ", func(i int) string { return fmt.Sprintf("f%d = %d", i, i) }),
		"IN":                     "SELECT name FROM users WHERE _id IN (" + many(n, ", ", strconv.Itoa) + ")",
		"aggregates":             "SELECT " + many(3000, ", ", func(i int) string { return fmt.Sprintf("SUM(f%d)", i) }) + " FROM users",
		"results":                "SELECT " + many(3000, ", ", func(i int) string { return fmt.Sprintf("f%d + 1", i) }) + " FROM users ORDER BY " + many(maxKeys, ", ", func(i int) string { return fmt.Sprintf("f%d + 2", i) }),
		"rows":                   "INSERT INTO users (name) VALUES " + many(n, ", ", func(i int) string { return fmt.Sprintf("('n%d')", i) }),
		"columns":                "INSERT INTO users (" + many(n, ", ", func(i int) string { return fmt.Sprintf("f%d", i) }) + ") VALUES (" + many(n, ", ", strconv.Itoa) + ")",
		"sum":                    "SELECT " + many(chain, " + ", strconv.Itoa) + ", age + " + many(chain, " + ", strconv.Itoa) + " FROM users",
		"comparisons":            "SELECT " + many(chain, " = ", func(int) string { return "sku" }) + " FROM items",
		"negations":              "SELECT name FROM users WHERE " + many(200, "", func(int) string { return "NOT (" }) + "age = 1" + strings.Repeat(")", 200),
		"sets":                   "UPDATE users SET " + many(n, ", ", func(i int) string { return fmt.Sprintf("f%d = %d", i, i) }),
	} {
		t.Run(name, func(t *testing.T) {
			cat, err := newFakeCatalog(benchCatalog + "\ntable items (sku TEXT)")
			if err != nil {
				t.Fatal(err)
			}
			statements, err := parser.Parse(text, parser.Limits{Text: 4 << 20})
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			if _, err := Build(statements[0], cat, Options{}); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took > 15*time.Second {
				t.Errorf("planning %d bytes took %s", len(text), took)
			} else {
				t.Logf("%d bytes in %s", len(text), took)
			}
		})
	}
}

// TestEveryRuleHasGoldenFiles: testdata has a folder named after each rule.
func TestEveryRuleHasGoldenFiles(t *testing.T) {
	for _, r := range rules {
		folder := filepath.Join("testdata", strings.ReplaceAll(r.name, " ", "_"))
		if files, err := os.ReadDir(folder); err != nil || len(files) == 0 {
			t.Errorf("rule %q has no golden file in %s", r.name, folder)
		}
	}
}
