package differential

import (
	"fmt"
	"strings"
)

// windowed makes a random query with window functions. Its rows have no order.
func (g expressions) windowed(tables []*table) string {
	t := tables[g.IntN(len(tables))]
	g.columns = t.columns
	switch g.IntN(6) {
	case 0:
		return g.windowedGroups(t)
	case 1:
		return g.windowedJoin(tables)
	}
	list := append([]string{}, t.key...)
	for range 1 + g.IntN(3) {
		list = append(list, g.windowCall(t))
	}
	switch g.IntN(8) {
	case 0:
		return fmt.Sprintf("SELECT * FROM (SELECT %s, %s AS r FROM %s) q WHERE r IS %s (SELECT MAX(a) FROM %[3]s)", strings.Join(t.key, ", "), g.windowCall(t), t.name, g.pick("", "NOT"))
	case 1:
		list = append(list, "COUNT(*) OVER w", fmt.Sprintf("SUM(a) OVER (w ORDER BY %s)", g.key("c")), "RANK() OVER (v ROWS CURRENT ROW)", "MIN(a) OVER v")
		return fmt.Sprintf("SELECT %s FROM %s%s WINDOW w AS (%s), v AS (w ORDER BY %s)", strings.Join(list, ", "), t.name, g.where(), g.partition(), g.key("a"))
	case 2:
		// In the order of the results: each is a place of it.
		return "SELECT " + strings.Join(list, ", ") + " FROM " + t.name + g.where() + " ORDER BY " + strings.Join(g.ordinals(len(list)), ", ") + g.limit()
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM " + t.name + g.where()
}

// windowedGroups is a query with window functions over groups.
func (g expressions) windowedGroups(t *table) string {
	key := g.pickColumn().name
	return fmt.Sprintf("SELECT %s, COUNT(*), SUM(COUNT(*)) OVER (ORDER BY %[1]s %s), RANK() OVER (ORDER BY COUNT(*) %s), MAX(MIN(a)) OVER (ORDER BY COUNT(*) %s) FROM %s%s GROUP BY %[1]s",
		key, g.pick("", "ROWS 2 PRECEDING", "GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW"), g.pick("", "DESC"), g.pick("", "RANGE 1 PRECEDING", "GROUPS 1 PRECEDING"), t.name, g.where())
}

// windowedJoin is one over a join, whose rows have no key: only what is the same for equal rows.
func (g expressions) windowedJoin(tables []*table) string {
	from := g.from(tables, 2)
	order := g.key(g.pickColumn().name)
	return fmt.Sprintf("SELECT %s, %s OVER (%s), %s OVER (ORDER BY %s), DENSE_RANK() OVER (%s ORDER BY %s) FROM %s%s",
		g.pickColumn().name, g.windowAggregate(), g.partition(), g.pick("RANK()", "CUME_DIST()", "PERCENT_RANK()", g.windowAggregate()), order, g.partition(), order, from, g.whereWith(tables))
}

func (g expressions) partition() string {
	var keys []string
	for range g.IntN(3) {
		keys = append(keys, g.pick(g.pickColumn().name, g.columnOf(integer)+" % 3", "COALESCE("+g.columnOf(word)+", 'x')"))
	}
	if len(keys) == 0 {
		return ""
	}
	return "PARTITION BY " + strings.Join(keys, ", ")
}

// windowAggregate is an aggregate whose result does not depend on the order of equal rows.
func (g expressions) windowAggregate() string {
	filter := ""
	if g.IntN(4) == 0 {
		filter = " FILTER (WHERE " + g.of(condition, 1) + ")"
	}
	number := g.columnOf(integer)
	return g.pick("COUNT(*)", "COUNT("+g.pickColumn().name+")", "SUM("+number+")", "AVG("+number+")", "TOTAL("+number+")",
		"MIN("+g.pickColumn().name+")", "MAX("+g.pickColumn().name+")", "SUM(LENGTH("+g.columnOf(word)+"))") + filter
}

// columnOf is a column of a kind, or a literal where none is in scope.
func (g expressions) columnOf(k kind) string {
	for range 20 {
		if c := g.pickColumn(); c.kind == k {
			return c.name
		}
	}
	return g.literal(k)
}

// windowCall is a call with its window.
func (g expressions) windowCall(t *table) string {
	// The key makes the order total, where the result depends on it.
	var order []string
	for range g.IntN(3) {
		order = append(order, g.key(g.pickColumn().name))
	}
	loose := strings.Join(append(order, g.key("a")), ", ")
	for _, name := range t.key {
		order = append(order, g.key(name))
	}
	total := strings.Join(order, ", ")
	column := g.pickColumn().name
	switch g.IntN(10) {
	case 0:
		return fmt.Sprintf("%s OVER (%s ORDER BY %s)", g.pick("ROW_NUMBER()", "NTILE(1)", "NTILE(3)", "NTILE(100)"), g.partition(), total)
	case 1:
		return fmt.Sprintf("%s OVER (%s ORDER BY %s)", g.pick("RANK()", "DENSE_RANK()", "PERCENT_RANK()", "CUME_DIST()"), g.partition(), loose)
	case 2:
		return fmt.Sprintf("%s(%s%s) OVER (%s ORDER BY %s)", g.pick("LAG", "LEAD"), column, g.pick("", ", 0", ", 2", ", 3, 'none'", ", 1, "+column), g.partition(), total)
	case 3, 4:
		// No value that is joined is empty: of those SQLite loses count when they leave a frame.
		value := g.pick("FIRST_VALUE("+column+")", "LAST_VALUE("+column+")", "NTH_VALUE("+column+", 2)", "NTH_VALUE("+column+", 5)", "GROUP_CONCAT('-' || c)", "GROUP_CONCAT(c || '+', '/')")
		return fmt.Sprintf("%s OVER (%s ORDER BY %s%s)", value, g.partition(), total, g.frame(g.pick("ROWS", "GROUPS"), "1", "2", "7"))
	case 5:
		return fmt.Sprintf("%s OVER (%s ORDER BY %s%s)", g.windowAggregate(), g.partition(), loose, g.frame("GROUPS", "0", "1", "2", "9"))
	case 6:
		return fmt.Sprintf("%s OVER (%s ORDER BY %s%s)", g.windowAggregate(), g.partition(), g.key(g.pick("a", "a", "b")), g.frame("RANGE", "0", "1", "2", "1.5", "30"))
	case 7:
		return fmt.Sprintf("%s OVER (%s ORDER BY %s)", g.windowAggregate(), g.partition(), loose)
	case 8:
		return fmt.Sprintf("%s OVER (%s)", g.windowAggregate(), g.partition())
	}
	return fmt.Sprintf("%s OVER (%s ORDER BY %s%s)", g.windowAggregate(), g.partition(), total, g.frame("ROWS", "0", "1", "2", "12", "25", "60"))
}

// frame is a frame of which each end is one of the offsets away, or at another place.
func (g expressions) frame(unit string, offsets ...string) string {
	places := []string{"UNBOUNDED PRECEDING", g.pick(offsets...) + " PRECEDING", "CURRENT ROW", g.pick(offsets...) + " FOLLOWING", "UNBOUNDED FOLLOWING"}
	start := g.IntN(4)
	end := max(1, start) + g.IntN(5-max(1, start))
	from, to := places[start], places[end]
	if start == end && start != 2 {
		to = g.pick(offsets...) + from[strings.IndexByte(from, ' '):]
	}
	text := " " + unit + " BETWEEN " + from + " AND " + to
	if start < 3 && g.IntN(4) == 0 && end == 2 {
		text = " " + unit + " " + from
	}
	return text + g.pick("", "", "", " EXCLUDE NO OTHERS", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES")
}
