package differential

import (
	"fmt"
	"slices"
	"strings"
)

// table is a table under test; every one has the columns a (integer), b (float) and c (text).
type table struct {
	name    string
	columns []column
	key     []string // the columns of the primary key
	indexes []string
	made    int  // indexes so far
	unique  bool // one of them was
}

type column struct {
	name string
	kind kind
}

var types = map[kind][]string{integer: {"INTEGER", "INT", "BIGINT"}, float: {"REAL", "FLOAT", "DOUBLE PRECISION"}, word: {"TEXT", "VARCHAR(30)"}}

// newTable returns a random table and the statement that makes it.
func newTable(g expressions, name string) (*table, string) {
	t := &table{name: name, columns: []column{{"a", integer}, {"b", float}, {"c", word}}}
	for _, c := range "def"[:g.IntN(4)] {
		t.columns = append(t.columns, column{string(c), kind(g.IntN(3))})
	}
	var fields []string
	form := g.IntN(3)
	switch form {
	case 0:
		t.key = []string{"id"}
		t.columns = append([]column{{"id", integer}}, t.columns...)
	case 1: // by text
		t.key = []string{"k"}
		t.columns = append(t.columns, column{"k", word})
	case 2: // by two columns
		t.key = []string{"x", "y"}
		t.columns = append([]column{{"x", integer}}, append(t.columns, column{"y", word})...)
	}
	for _, c := range t.columns {
		text := c.name + " " + g.pick(types[c.kind]...)
		switch {
		case form == 0 && c.name == "id":
			text = "id INTEGER PRIMARY KEY"
		case c.name == t.key[0] || c.name == t.key[len(t.key)-1]:
			// SQLite lets a key be NULL unless told otherwise.
			text += " NOT NULL"
		}
		fields = append(fields, text)
	}
	if form > 0 {
		fields = append(fields, "PRIMARY KEY ("+strings.Join(t.key, ", ")+")")
	}
	return t, fmt.Sprintf("CREATE TABLE %s (%s)", name, strings.Join(fields, ", "))
}

func (t *table) isKey(name string) bool {
	return name == t.key[0] || name == t.key[len(t.key)-1]
}

// insert adds some rows with values in the columns' types; keys collide now and then.
func (g expressions) insert(t *table) (string, []any) {
	columns := t.columns
	into := t.name
	if g.IntN(2) == 0 { // some columns in some order
		columns = nil
		for _, i := range g.Perm(len(t.columns)) {
			if c := t.columns[i]; t.isKey(c.name) || g.IntN(3) > 0 {
				columns = append(columns, c)
			}
		}
		names := make([]string, len(columns))
		for i, c := range columns {
			names[i] = c.name
		}
		into += " (" + strings.Join(names, ", ") + ")"
	}
	var args []any
	g.args = &args
	rows := make([]string, 1+g.IntN(4))
	for i := range rows {
		values := make([]string, len(columns))
		for j, c := range columns {
			values[j] = g.stored(t, c)
		}
		rows[i] = "(" + strings.Join(values, ", ") + ")"
	}
	text := " INTO " + into + " VALUES " + strings.Join(rows, ", ")
	switch g.IntN(8) {
	case 0:
		text = g.pick("INSERT OR IGNORE", "INSERT OR REPLACE", "REPLACE") + text
	case 1:
		text = "INSERT" + text + " ON CONFLICT DO NOTHING"
	case 2:
		// SQLite compares excluded.a as it was written, before it becomes a number.
		key := strings.Join(t.key, ", ")
		text = "INSERT" + text + " ON CONFLICT (" + key + ") DO " + g.pick("NOTHING", "UPDATE SET a = excluded.a", "UPDATE SET a = COALESCE("+t.name+".a, 0) + 1, c = excluded.c WHERE CAST(excluded.a AS INTEGER) > 2")
	default:
		text = "INSERT" + text
	}
	return placed(text, args)
}

// stored is a value for a column, as a literal or a parameter. Text that spells a number is
// one in a column of numbers, and whole numbers are floats in one of floats.
func (g expressions) stored(t *table, c column) string {
	v := g.value(c.kind, 6)
	switch {
	case t.isKey(c.name):
		v = g.keyOf(c)
	case c.kind == integer && v != nil && g.IntN(8) == 0:
		v = fmt.Sprint(v)
	case c.kind == float && g.IntN(4) == 0:
		v = g.value(integer, 6)
	}
	if g.IntN(2) == 0 {
		return g.parameter(v)
	}
	return literal(v)
}

// keyOf is a value for a column of a primary key.
func (g expressions) keyOf(c column) any {
	if c.kind == integer {
		return int64(g.IntN(120))
	}
	return fmt.Sprintf("k%d", g.IntN(120))
}

// update changes columns outside of the key, each to a value of its own kind: what does not fit
// SQLite stores as it is, FluxDB refuses.
func (g expressions) update(t *table) (string, []any) {
	if len(t.key) == 1 && g.IntN(4) == 0 { // the row moves
		c := t.columns[slices.IndexFunc(t.columns, func(c column) bool { return c.name == t.key[0] })]
		return fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s = %s", t.name, c.name, literal(g.keyOf(c)), c.name, literal(g.keyOf(c))), nil
	}
	var args []any
	g.columns, g.args = t.columns, &args
	var sets []string
	for _, c := range t.columns {
		if !t.isKey(c.name) && g.IntN(3) == 0 {
			sets = append(sets, c.name+" = "+g.small(c.kind))
		}
	}
	if len(sets) == 0 {
		sets = []string{"a = " + g.small(integer)}
	}
	text := "UPDATE " + t.name + " SET " + strings.Join(sets, ", ") + g.where()
	if t.unique {
		// One row alone: SQLite refuses two rows that are alike only until the other one is
		// updated too.
		c := t.columns[slices.IndexFunc(t.columns, func(c column) bool { return c.name == t.key[0] })]
		text = fmt.Sprintf("UPDATE %s SET %s WHERE %s = %s", t.name, strings.Join(sets, ", "), t.key[0], literal(g.keyOf(c)))
		if len(t.key) > 1 {
			text += fmt.Sprintf(" AND %s = 'k%d'", t.key[1], g.IntN(120))
		}
	}
	return placed(text, args)
}

// updateFrom changes columns outside of the key to what another table, which may be the same one, has for the row. It is
// grouped, so that no row has two: whose values it would take is nobody's promise.
func (g expressions) updateFrom(t, other *table) (string, []any) {
	if t.unique {
		return g.update(t)
	}
	var args []any
	g.args = &args
	var sets []string
	for _, set := range []string{"a = (q.n + " + t.name + ".a) % 20", "c = q.m", "b = q.n"} {
		if !t.isKey(set[:1]) && (len(sets) == 0 || g.IntN(2) == 0) {
			sets = append(sets, set)
		}
	}
	on := g.pick("a", "b", "c")
	g.columns = other.columns
	text := fmt.Sprintf("UPDATE %s SET %s FROM (SELECT %s AS k, COUNT(*) AS n, MIN(c) AS m FROM %s%s GROUP BY %[3]s) AS q", t.name, strings.Join(sets, ", "), on, other.name, g.where())
	g.columns = nil
	for _, c := range t.columns {
		g.columns = append(g.columns, column{t.name + "." + c.name, c.kind})
	}
	text += " WHERE q.k = " + t.name + "." + on
	if g.IntN(2) == 0 {
		text += " AND " + g.of(condition, 1)
	}
	if g.IntN(3) == 0 {
		text += fmt.Sprintf(" AND %s.a %s (SELECT a FROM %s)", t.name, g.pick("IN", "NOT IN"), other.name)
	}
	return placed(text, args)
}

// small is an expression whose value does not grow when it is stored and computed from again.
func (g expressions) small(k kind) string {
	switch k {
	case integer:
		return "(" + g.of(k, 2) + ") % 20"
	case float:
		return fmt.Sprintf("CASE WHEN ABS(b) > 100 THEN 1 ELSE b %s 0.25 END", g.pick("+", "-"))
	}
	return "SUBSTR(" + g.of(k, 2) + ", 1, 6)"
}

func (g expressions) remove(t *table) (string, []any) {
	if g.IntN(8) == 0 { // all at once
		return "DELETE FROM " + t.name, nil
	}
	var args []any
	g.columns, g.args = t.columns, &args
	text := fmt.Sprintf("DELETE FROM %s WHERE %s AND a %s %s", t.name, g.of(condition, 2), g.pick("=", "<", ">"), g.literal(integer))
	return placed(text, args)
}

// index makes an index, unique ones too, or drops one.
func (g expressions) index(t *table) string {
	if n := len(t.indexes); n > 3 || n > 0 && g.IntN(3) == 0 {
		at := g.IntN(n)
		name := t.indexes[at]
		t.indexes = append(t.indexes[:at], t.indexes[at+1:]...)
		return "DROP INDEX IF EXISTS " + name
	}
	var keys []string
	for _, i := range g.Perm(len(t.columns))[:1+g.IntN(3)] {
		keys = append(keys, t.columns[i].name+g.pick("", " ASC", " DESC"))
	}
	t.made++
	name := fmt.Sprintf("%s_%d", t.name, t.made)
	t.indexes = append(t.indexes, name)
	unique := ""
	if g.IntN(6) == 0 {
		unique, t.unique = "UNIQUE ", true
	}
	return fmt.Sprintf("CREATE %sINDEX %s ON %s (%s)", unique, name, t.name, strings.Join(keys, ", "))
}
