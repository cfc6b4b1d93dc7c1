package differential

import (
	"fmt"
	"strings"
)

// joined makes a random query of several sources, and says whether its rows have an order.
func (g expressions) joined(tables []*table) (string, bool) {
	from := g.from(tables, 1+g.IntN(3))
	if g.IntN(5) == 0 {
		text := "SELECT COUNT(*), " + g.aggregate() + " FROM " + from + g.whereWith(tables)
		return text, false
	}
	if g.IntN(4) == 0 {
		key := g.pickColumn().name
		return fmt.Sprintf("SELECT %s, %s, COUNT(*) FROM %s%s GROUP BY %[1]s ORDER BY 1, 2, 3", key, g.aggregate(), from, g.whereWith(tables)), true
	}
	list := make([]string, 1+g.IntN(3))
	for i := range list {
		list[i] = g.of(kind(g.IntN(3)), 1)
		if g.IntN(6) == 0 {
			list[i] = g.scalar(tables)
		}
	}
	text := "SELECT " + g.pick("", "", "DISTINCT ") + strings.Join(list, ", ") + " FROM " + from + g.whereWith(tables)
	if g.IntN(2) == 0 {
		return text, false
	}
	return text + " ORDER BY " + strings.Join(g.ordinals(len(list)), ", ") + g.limit(), true
}

// from makes a FROM of n sources or more, r1 the first, and has g's columns be theirs.
func (g *expressions) from(tables []*table, n int) string {
	g.columns = nil
	text := g.source(tables, 1)
	comma := false
	for i := 2; i <= n; i++ {
		before := g.columns
		src := g.source(tables, i)
		switch g.IntN(8) {
		case 0:
			by := g.pick(", ", " CROSS JOIN ")
			comma = comma || by == ", "
			text += by + src
		default:
			mine := g.columns[len(before):]
			on := g.tie(before, mine)
			if g.IntN(4) == 0 {
				on += " AND " + g.of(condition, 1)
			}
			if g.IntN(10) == 0 {
				on = g.of(condition, 1)
			}
			by := g.pick(" JOIN ", " INNER JOIN ", " LEFT JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ")
			if comma && (by == " RIGHT JOIN " || by == " FULL JOIN ") {
				by = " JOIN " // of SQLite's, all before the comma is a part of the left side
			}
			text += by + src + " ON " + on
		}
	}
	return text
}

// tie compares columns of one kind of both sides.
func (g expressions) tie(a, b []column) string {
	for range 20 {
		x, y := a[g.IntN(len(a))], b[g.IntN(len(b))]
		if x.kind == y.kind {
			return x.name + g.pick(" = ", " = ", " = ", " = ", " < ", " IS ") + y.name
		}
	}
	return "1 = 1"
}

func (g expressions) pickColumn() column { return g.columns[g.IntN(len(g.columns))] }

// source is a table or a query in FROM called ri; its columns are added to g's.
func (g *expressions) source(tables []*table, i int) string {
	t := tables[g.IntN(len(tables))]
	alias := fmt.Sprintf("r%d", i)
	if g.IntN(4) > 0 {
		for _, c := range t.columns {
			g.columns = append(g.columns, column{alias + "." + c.name, c.kind})
		}
		return t.name + g.pick(" ", " AS ") + alias
	}
	inner := *g
	inner.columns = t.columns
	var list []string
	for j := range 2 + g.IntN(2) {
		k := kind(g.IntN(3))
		c := inner.of(k, 1)
		if g.IntN(2) == 0 {
			c = t.columns[g.IntN(len(t.columns))].name
			for _, col := range t.columns {
				if col.name == c {
					k = col.kind
				}
			}
		}
		name := fmt.Sprintf("q%d", j)
		list = append(list, c+" AS "+name)
		g.columns = append(g.columns, column{alias + "." + name, k})
	}
	return fmt.Sprintf("(SELECT %s%s FROM %s%s) AS %s", g.pick("", "", "DISTINCT "), strings.Join(list, ", "), t.name, inner.where(), alias)
}

// whereWith is a WHERE that may hold subqueries.
func (g expressions) whereWith(tables []*table) string {
	text := ""
	if g.IntN(3) > 0 {
		text = " WHERE " + g.of(condition, 2)
	}
	for range g.IntN(3) {
		word := " WHERE "
		if text != "" {
			word = g.pick(" AND ", " AND ", " OR ")
		}
		text += word + g.pick("", "", "NOT ") + g.subquery(tables)
	}
	return text
}

// subquery is a condition on a query, mostly one that reads the row outside.
func (g expressions) subquery(tables []*table) string {
	t := tables[g.IntN(len(tables))]
	inner := g
	inner.columns = nil
	for _, c := range t.columns {
		inner.columns = append(inner.columns, column{"s." + c.name, c.kind})
	}
	tie := g.tie(g.columns, inner.columns)
	if g.IntN(4) == 0 {
		tie = inner.of(condition, 1)
	}
	if g.IntN(3) == 0 {
		both := inner
		both.columns = append(append([]column{}, g.columns...), inner.columns...)
		tie += " AND " + both.of(condition, 1)
	}
	k := kind(g.IntN(3))
	switch g.IntN(3) {
	case 0:
		return fmt.Sprintf("EXISTS (SELECT %s FROM %s s WHERE %s)", g.pick("1", "*", "s.a"), t.name, tie)
	case 1:
		where := ""
		if g.IntN(2) == 0 {
			where = " WHERE " + tie
		}
		if g.IntN(3) == 0 {
			second := kind(g.IntN(3))
			return fmt.Sprintf("(%s, %s) %sIN (SELECT %s, %s FROM %s s%s)", g.of(k, 1), g.of(second, 0), g.pick("", "NOT "), inner.of(k, 1), inner.of(second, 0), t.name, where)
		}
		return fmt.Sprintf("%s %sIN (SELECT %s FROM %s s%s)", g.of(k, 1), g.pick("", "NOT "), inner.of(k, 1), t.name, where)
	}
	return fmt.Sprintf("(SELECT %s(s.a) FROM %s s WHERE %s) %s %s", g.pick("MAX", "MIN", "COUNT", "SUM"), t.name, tie, g.pick("=", "<", ">="), g.of(integer, 1))
}

// scalar is a query that stands for a value.
func (g expressions) scalar(tables []*table) string {
	t := tables[g.IntN(len(tables))]
	var inner []column
	for _, c := range t.columns {
		inner = append(inner, column{"s." + c.name, c.kind})
	}
	return fmt.Sprintf("(SELECT %s FROM %s s WHERE %s)", g.pick("MAX(s.a)", "COUNT(*)", "SUM(s.b)", "MIN(s.c)"), t.name, g.tie(g.columns, inner))
}

// compound makes a random UNION, INTERSECT or EXCEPT.
func (g expressions) compound(tables []*table) (string, bool) {
	kinds := make([]kind, 1+g.IntN(3))
	for i := range kinds {
		kinds[i] = kind(g.IntN(3))
	}
	arm := func() string {
		t := tables[g.IntN(len(tables))]
		g := g
		g.columns = t.columns
		list := make([]string, len(kinds))
		for i, k := range kinds {
			list[i] = g.of(k, 1)
		}
		return "SELECT " + strings.Join(list, ", ") + " FROM " + t.name + g.where()
	}
	// SQLite binds INTERSECT no tighter than the others: one kind only, where there are several.
	op := g.pick(" UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT ")
	text := arm()
	for range 1 + g.IntN(2) {
		text += op + arm()
	}
	switch g.IntN(4) {
	case 0:
		return text + " ORDER BY " + strings.Join(g.ordinals(len(kinds)), ", ") + g.limit(), true
	case 1:
		return fmt.Sprintf("WITH w AS (%s) SELECT COUNT(*) FROM w x JOIN w y ON 1 = 1", text), false
	case 2:
		return fmt.Sprintf("SELECT * FROM (%s) AS w ORDER BY %s", text, strings.Join(g.ordinals(len(kinds)), ", ")), true
	}
	return text, false
}
