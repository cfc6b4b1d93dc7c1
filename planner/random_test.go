package planner

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/parser"
)

// TestRulesKeepResults runs random queries as the rules make them, over random indexes, and as
// they are written: rows, their order and groups have to agree.
func TestRulesKeepResults(t *testing.T) {
	const rounds = 150
	for seed := range uint64(rounds) {
		g := &generator{rng: rand.New(rand.NewPCG(seed, 1))}
		g.typed = seed%3 == 0
		docs := g.documents()
		catalog := g.catalog()
		for range 20 {
			q := g.query()
			if !agree(t, g, docs, catalog, q) {
				t.Fatalf("seed %d\n%s\nparameters %v", seed, catalog, q.params)
			}
		}
	}
}

func agree(t *testing.T, g *generator, docs []document.Value, catalog string, q query) bool {
	t.Helper()
	cat, err := newFakeCatalog(catalog)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := buildText(q.text+q.limit, cat, Options{})
	if err != nil {
		t.Fatalf("%s: %v", q.text, err)
	}
	w := newWorld(t, g.rng, docs)
	w.params = q.params
	got := w.run(plan)
	all := w.run(asWritten(t, cat, q.text))
	want := all
	if q.limit != "" {
		want = want[min(len(want), q.offset):]
		want = want[:min(len(want), q.count)]
	}
	if problem := compareRows(got, want, all, q); problem != "" {
		t.Errorf("%s\n%s\n%s\ngot  %v\nwant %v", problem, q.text+q.limit, strings.Join(Explain(plan, nil), "\n"), printRows(got), printRows(want))
		return false
	}
	return true
}

// asWritten plans a query without any rule.
func asWritten(t *testing.T, cat *fakeCatalog, text string) *Plan {
	t.Helper()
	all := rules
	defer func() { rules = all }()
	rules = []rule{{"read everything", func(b *block) error {
		b.path, b.early = &path{idReg: -1}, b.distinct
		return nil
	}}}
	statements, err := parser.Parse(text, parser.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Build(statements[0], cat, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// compareRows checks that the rows are those wanted: in the wanted order as far as the first columns,
// the order keys, tell, and else any that are among all.
func compareRows(got, want, all [][]document.Value, q query) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d rows, want %d", len(got), len(want))
	}
	for i := range got {
		for k := range q.ordered {
			if !document.Equal(got[i][k], want[i][k]) {
				return fmt.Sprintf("row %d is out of order", i)
			}
		}
	}
	left := slices.Clone(all)
	for i, r := range got {
		at := slices.IndexFunc(left, func(l []document.Value) bool { return slices.EqualFunc(l, r, document.Equal) })
		if at < 0 {
			return fmt.Sprintf("row %d should not be there", i)
		}
		left = slices.Delete(left, at, at+1)
	}
	return ""
}

func printRows(rows [][]document.Value) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString("\n   ")
		for _, v := range r {
			b.WriteString(" " + v.Kind().String() + " " + string(document.AppendJSON(nil, v, document.Plain)))
		}
	}
	return b.String()
}

// query is a text of which the first result columns are the order keys.
type query struct {
	text, limit   string
	ordered       int
	count, offset int
	params        []document.Value
}

// generator makes documents, indexes and queries up.
type generator struct {
	rng *rand.Rand
	// typed says that a, b and c are declared INTEGER NOT NULL, TEXT and TIMESTAMP.
	typed  bool
	params []document.Value
}

func pick[T any](g *generator, list ...T) T { return list[g.rng.IntN(len(list))] }

// scalars are values that meet each other's special rules, with the SQL that gives them.
var scalars = []struct {
	sql   string
	value document.Value
}{
	{"NULL", document.Null()}, {"0", document.Int(0)}, {"1", document.Int(1)}, {"2", document.Int(2)}, {"1.0", document.Float(1)},
	{"2.5", document.Float(2.5)}, {"-1", document.Int(-1)}, {"TRUE", document.Bool(true)}, {"FALSE", document.Bool(false)},
	{"''", document.String("")}, {"'a'", document.String("a")}, {"'ab'", document.String("ab")}, {"'abc'", document.String("abc")},
	{"'b'", document.String("b")}, {"'2024-05-01'", document.String("2024-05-01")}, {"'2024-05-02'", document.String("2024-05-02")},
	{"TIMESTAMP '2024-05-01'", document.UnixTimestamp(1714521600, 0)}, {"TIMESTAMP '2024-05-02'", document.UnixTimestamp(1714608000, 0)},
	{"x'61'", document.Bytes([]byte("a"))}, {"[]", document.Array(nil)}, {"[1]", document.Array([]document.Value{document.Int(1)})},
	{"{x: 1}", document.Object([]document.Field{{Name: "x", Value: document.Int(1)}})},
}

func (g *generator) value() document.Value {
	switch g.rng.IntN(20) {
	case 0:
		return document.Missing()
	case 1:
		return document.Float(math.NaN())
	case 2:
		return document.Array([]document.Value{document.String("a"), document.Int(2)})
	}
	return pick(g, scalars...).value
}

// typedValue is a value of a declared field.
func (g *generator) typedValue(field string) document.Value {
	n := g.rng.IntN(4)
	switch {
	case field == "a":
		return document.Int(int64(n))
	case n == 0:
		return document.Missing()
	case field == "b":
		return pick(g, document.Null(), document.String("a"), document.String("abc"), document.String("2024-05-01"))
	}
	return document.UnixTimestamp(1714521600+int64(n-1)*86400, 0)
}

func (g *generator) documents() []document.Value {
	var docs []document.Value
	var ids []document.Value
	for range g.rng.IntN(25) {
		id := document.Int(int64(g.rng.IntN(40)))
		if g.rng.IntN(4) == 0 {
			id = pick(g, document.Bool(true), document.String("a"), document.String("2024-05-01"), document.UnixTimestamp(1714521600, 0))
		}
		if slices.ContainsFunc(ids, func(v document.Value) bool { return document.Equal(v, id) }) {
			continue
		}
		ids = append(ids, id)
		fields := []document.Field{{Name: document.IDField, Value: id}}
		for _, name := range []string{"a", "b", "c"} {
			v := g.value()
			if g.typed {
				v = g.typedValue(name)
			}
			if !v.IsMissing() {
				fields = append(fields, document.Field{Name: name, Value: v})
			}
		}
		docs = append(docs, document.Object(fields))
	}
	return docs
}

// catalog describes the collection as so large that indexes pay, or as small.
func (g *generator) catalog() string {
	declared := ""
	if g.typed {
		declared = "(a INTEGER NOT NULL, b TEXT, c TIMESTAMP) "
	}
	lines := []string{fmt.Sprintf("collection t %sdocuments %d observed a, b, c", declared, pick(g, 20, 1000, 1000000))}
	for i := range g.rng.IntN(4) {
		paths := []string{"a", "b", "c"}
		g.rng.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
		paths = paths[:1+g.rng.IntN(3)]
		for i := range paths {
			paths[i] += pick(g, "", "", " DESC")
		}
		unique := ""
		if g.rng.IntN(3) == 0 {
			unique, paths = "unique ", append(paths, "_id")
		}
		lines = append(lines, fmt.Sprintf("%sindex i%d on t (%s)", unique, i, strings.Join(paths, ", ")))
	}
	return strings.Join(lines, "\n")
}

func (g *generator) path() string { return pick(g, "a", "a", "b", "b", "c", "_id") }

// operand is a literal or a parameter.
func (g *generator) operand() string {
	s := pick(g, scalars...)
	if g.rng.IntN(3) == 0 {
		g.params = append(g.params, s.value)
		return pick(g, "?", "?", "?", "COALESCE(?, 'a')")
	}
	return s.sql
}

func (g *generator) condition(depth int) string {
	if depth > 0 && g.rng.IntN(3) == 0 {
		switch g.rng.IntN(4) {
		case 0:
			return "NOT (" + g.condition(depth-1) + ")"
		case 1:
			return "(" + g.condition(depth-1) + " OR " + g.condition(depth-1) + ")"
		}
		return g.condition(depth-1) + " AND " + g.condition(depth-1)
	}
	path, not := g.path(), pick(g, "", "", "NOT ")
	truth := "TRUE"
	if g.typed && path != "a" {
		truth = "NULL" // a kind that is known to be wrong is refused
	}
	switch g.rng.IntN(15) {
	case 0:
		return path + " " + not + "IN (" + g.operand() + ", " + g.operand() + ", " + g.operand() + ")"
	case 1:
		list := []document.Value{pick(g, scalars...).value, pick(g, scalars...).value}
		g.params = append(g.params, document.Array(list[:g.rng.IntN(3)]))
		return path + " " + not + "IN ?"
	case 2:
		return path + " " + not + "BETWEEN " + g.operand() + " AND " + g.operand()
	case 3:
		if g.typed {
			path = "b"
		}
		return path + " " + not + "LIKE " + pick(g, "'a%'", "'%b'", "'2024-05-01%'", "'a_'", "'ab'", "''", "'%'", "'2024%'")
	case 4:
		return path + " IS " + not + pick(g, "NULL", "NULL", "MISSING", truth, "NULL")
	case 5:
		return path + pick(g, " = ", " < ", " <> ") + pick(g, "a", "b")
	case 6:
		return path + " IS " + not + "DISTINCT FROM " + g.operand()
	case 8, 9, 10:
		return path + g.operator() + g.operand() + " AND " + path + g.operator() + g.operand()
	case 7:
		return g.operand() + pick(g, " = ", " < ", " >= ") + path
	}
	return path + g.operator() + g.operand()
}

func (g *generator) operator() string {
	return pick(g, " = ", " = ", " = ", " <> ", " < ", " <= ", " > ", " >= ")
}

func (g *generator) query() query {
	g.params = nil
	var q query
	where := ""
	if g.rng.IntN(5) > 0 {
		where = " WHERE " + g.condition(2)
	}
	switch g.rng.IntN(4) {
	case 0:
		q.text = "SELECT " + g.aggregates() + " FROM t" + where
		q.params = g.params
		return q
	case 1:
		keys := g.paths()
		having := ""
		if g.rng.IntN(3) == 0 {
			having = " HAVING " + pick(g, "COUNT(*) > 1", keys[0]+" > 1", keys[0]+" = 'a' AND COUNT(*) > 0", keys[0]+" IS NOT NULL", keys[len(keys)-1]+" IN (1, 'a', NULL)")
		}
		q.text = fmt.Sprintf("SELECT %s, %s FROM t%s GROUP BY %s%s", strings.Join(keys, ", "), g.aggregates(), where, strings.Join(keys, ", "), having)
		g.order(&q, keys)
	default:
		keys := g.paths()
		rest := pick(g, "", ", a", ", _id", ", c, b")
		q.text = "SELECT " + pick(g, "", "", "", "DISTINCT ") + strings.Join(keys, ", ") + rest + " FROM t" + where
		g.order(&q, keys)
	}
	if g.rng.IntN(2) == 0 {
		q.count, q.offset = g.rng.IntN(6), g.rng.IntN(3)
		q.limit = fmt.Sprintf(" LIMIT %d OFFSET %d", q.count, q.offset)
	}
	q.params = g.params
	return q
}

// order orders a query by a leading part of its result columns.
func (g *generator) order(q *query, keys []string) {
	q.ordered = g.rng.IntN(len(keys) + 1)
	if q.ordered == 0 {
		return
	}
	var list []string
	for _, key := range keys[:q.ordered] {
		list = append(list, key+pick(g, "", "", " DESC", " DESC", " NULLS LAST", " DESC NULLS FIRST"))
	}
	q.text += " ORDER BY " + strings.Join(list, ", ")
}

func (g *generator) paths() []string {
	paths := []string{"a", "b", "c", "_id"}
	g.rng.Shuffle(3, func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	if g.rng.IntN(4) == 0 {
		slices.Reverse(paths)
	}
	return paths[:1+g.rng.IntN(3)]
}

func (g *generator) aggregates() string {
	var list []string
	for range 1 + g.rng.IntN(2)*g.rng.IntN(2) {
		path := g.path()
		sum := path
		if g.typed {
			sum = "a"
		}
		list = append(list, pick(g, "COUNT(*)", "COUNT("+path+")", "MIN("+path+")", "MAX("+path+")", "MIN("+path+")", "MAX("+path+")",
			"COUNT(DISTINCT "+path+")", "SUM("+sum+")", "MAX("+path+") FILTER (WHERE a > 1)"))
	}
	return strings.Join(list, ", ")
}
