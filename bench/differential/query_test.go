package differential

import (
	"fmt"
	"strconv"
	"strings"
)

// selection makes a random query of a table, and says whether its rows have an order.
func (g expressions) selection(t *table) (text string, ordered bool) {
	g.columns = t.columns
	switch g.IntN(8) {
	case 0, 1, 2:
		if len(t.key) == 1 && g.IntN(6) == 0 {
			// A group of one row has all of its fields.
			return fmt.Sprintf("SELECT %s, %s, %s FROM %s%s GROUP BY %[1]s", t.key[0], g.of(kind(g.IntN(4)), 2), g.aggregate(), t.name, g.where()), false
		}
		return g.grouped(t)
	case 3:
		// The rows of a whole table by an index, by its key, and counted: the planner's own ways.
		c := t.columns[g.IntN(len(t.columns))]
		return fmt.Sprintf("SELECT %s FROM %s WHERE %s %s %s", g.pick("*", "COUNT(*)", "COUNT(*), MIN(a), MAX(b)", "MIN("+c.name+")", "MAX("+c.name+")"),
			t.name, c.name, g.pick("=", ">", "<=", "<>"), g.literal(c.kind)), false
	}
	return g.listed(t)
}

// listed is a query without groups.
func (g expressions) listed(t *table) (string, bool) {
	distinct := g.IntN(4) == 0
	list := make([]string, 1+g.IntN(4))
	for i := range list {
		list[i] = g.of(kind(g.IntN(4)), 2)
	}
	text := "SELECT "
	if distinct {
		text += "DISTINCT "
	}
	text += strings.Join(list, ", ") + " FROM " + t.name + g.where()
	if g.IntN(3) == 0 {
		return text, false
	}
	var order []string
	if !distinct {
		for range g.IntN(3) {
			order = append(order, g.key(g.of(kind(g.IntN(3)), 1)))
		}
		// The key makes the order total: which of equal rows comes first is nobody's promise.
		for _, name := range t.key {
			order = append(order, g.key(name))
		}
	} else {
		order = g.ordinals(len(list))
	}
	return text + " ORDER BY " + strings.Join(order, ", ") + g.limit(), true
}

func (g expressions) where() string {
	if g.IntN(4) == 0 {
		return ""
	}
	text := " WHERE " + g.of(condition, 3)
	// What an index serves stands beside what it does not.
	for range g.IntN(3) {
		c := g.columns[g.IntN(len(g.columns))]
		text += fmt.Sprintf(" %s %s %s %s", g.pick("AND", "AND", "OR"), c.name, g.pick("=", "<", ">=", "IS"), g.literal(c.kind))
	}
	return text
}

func (g expressions) key(e string) string {
	// A number alone would be the place of a result.
	if _, err := strconv.ParseFloat(strings.TrimLeft(e, "+-~ "), 64); err == nil || strings.HasPrefix(e, "\x00") {
		e = "(" + e + ") + 0"
	}
	return e + g.pick("", " ASC", " DESC", " DESC NULLS LAST", " ASC NULLS LAST", " NULLS FIRST")
}

// ordinals orders by every result, so that the order is total.
func (g expressions) ordinals(n int) []string {
	order := make([]string, n)
	for i, at := range g.Perm(n) {
		order[i] = strconv.Itoa(at+1) + g.pick("", " DESC")
	}
	return order
}

func (g expressions) limit() string {
	switch g.IntN(4) {
	case 0:
		return fmt.Sprintf(" LIMIT %d", g.IntN(8))
	case 1:
		return fmt.Sprintf(" LIMIT %d OFFSET %d", g.IntN(8), g.IntN(12))
	}
	return ""
}

// grouped is a query with aggregates.
func (g expressions) grouped(t *table) (string, bool) {
	var keys []string
	for range g.IntN(3) {
		if g.IntN(2) == 0 {
			keys = append(keys, t.columns[g.IntN(len(t.columns))].name)
		} else {
			// A parameter is not the same expression in two places; a constant SQLite takes for
			// the place of a result, once it knows its value.
			without := g
			without.args = nil
			keys = append(keys, fmt.Sprintf("CASE WHEN a > 4 THEN %s ELSE %[1]s END", without.of(kind(g.IntN(4)), 1)))
		}
	}
	list := append([]string{}, keys...)
	for range 1 + g.IntN(3) {
		list = append(list, g.aggregate())
	}
	if g.IntN(6) == 0 {
		// The aggregate is of this query, not of the one in the parentheses.
		list = append(list, fmt.Sprintf("(SELECT COUNT(*) FROM %s s WHERE s.a %s %s(%[1]s.a))", t.name, g.pick("=", "<", ">="), g.pick("MIN", "MAX", "COUNT")))
	}
	text := "SELECT " + g.pick("", "", "", "DISTINCT ") + strings.Join(list, ", ") + " FROM " + t.name + g.where()
	if len(keys) > 0 {
		by := append([]string{}, keys...)
		if g.IntN(4) == 0 {
			by[0] = "1"
		}
		if g.IntN(6) == 0 { // a key that is no result, or one twice
			by = append(by, g.pick(t.columns[g.IntN(len(t.columns))].name, by[0]))
		}
		text += " GROUP BY " + strings.Join(by, ", ")
	}
	if g.IntN(3) == 0 {
		text += g.having(keys)
	}
	if g.IntN(2) == 0 {
		return text, false
	}
	order := g.ordinals(len(list))
	if strings.HasPrefix(text, "SELECT DISTINCT") {
		return text + " ORDER BY " + strings.Join(order, ", ") + g.limit(), true
	}
	if g.IntN(3) == 0 { // by what is no result, first
		order = append([]string{g.pick("COUNT(*)", "MIN(a)", "MAX(b)", "COUNT(c) + 1") + g.pick("", " DESC")}, order...)
	}
	return text + " ORDER BY " + strings.Join(order, ", ") + g.limit(), true
}

// having is a condition on groups, of which there is one without keys.
func (g expressions) having(keys []string) string {
	text := fmt.Sprintf(" HAVING %s %s %d", g.pick("COUNT(*)", "SUM(a)", "MIN(a)", "COUNT(DISTINCT b)", "MAX(a) - MIN(a)"), g.pick(">", "<=", "="), g.IntN(6))
	if len(keys) > 0 && g.IntN(3) == 0 {
		text += g.pick(" AND ", " OR ") + keys[0] + g.pick(" IS NULL", " IS NOT NULL")
	}
	return text
}

func (g expressions) aggregate() string {
	k := kind(g.IntN(2))
	filter := ""
	if g.IntN(5) == 0 {
		filter = " FILTER (WHERE " + g.of(condition, 1) + ")"
	}
	switch g.IntN(6) {
	case 0:
		return "COUNT(*)" + filter
	case 1:
		return fmt.Sprintf("COUNT(%s%s)", g.pick("", "DISTINCT "), g.of(kind(g.IntN(4)), 1)) + filter
	case 2:
		return fmt.Sprintf("%s(%s%s)", g.pick("MIN", "MAX"), g.pick("", "DISTINCT "), g.of(kind(g.IntN(4)), 1)) + filter
	case 3:
		return fmt.Sprintf("TOTAL(%s)", g.of(k, 1)) + filter
	}
	return fmt.Sprintf("%s(%s%s)", g.pick("SUM", "AVG"), g.pick("", "DISTINCT "), g.of(k, 1)) + filter
}
