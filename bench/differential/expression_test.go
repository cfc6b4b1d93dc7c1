package differential

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// kind is the type of an expression. Expressions of different kinds are not mixed: SQLite compares
// any two values by their kinds' order, converts text to numbers where it meets them and has
// numbers for booleans; FluxDB does none of that.
type kind int

const (
	integer kind = iota
	float
	word
	condition
)

// expressions makes random expressions over the columns in scope.
type expressions struct {
	*rand.Rand
	columns []column
	// args holds the values that may become parameters, nil where none may: each stands in the text
	// as its number between two NULs until placed puts a `?` there.
	args *[]any
}

// placed returns the text with a `?` for each value in it, and the values in their order.
func placed(text string, values []any) (string, []any) {
	var args []any
	parts := strings.Split(text, "\x00")
	for i := 1; i < len(parts); i += 2 {
		n, _ := strconv.Atoi(parts[i])
		args = append(args, values[n])
		parts[i] = "?"
	}
	return strings.Join(parts, ""), args
}

func (g expressions) pick(list ...string) string { return list[g.IntN(len(list))] }

// of returns an expression of a kind, at most depth operators deep.
func (g expressions) of(k kind, depth int) string {
	if depth <= 0 || g.IntN(6) == 0 {
		return g.leaf(k)
	}
	d := depth - 1
	if g.IntN(7) == 0 {
		return g.choice(k, d)
	}
	switch k {
	case integer:
		return g.integer(d)
	case float:
		return g.float(d)
	case word:
		return g.word(d)
	}
	return g.condition(d)
}

// leaf is a column or a literal.
func (g expressions) leaf(k kind) string {
	if g.IntN(3) > 0 {
		var names []string
		for _, c := range g.columns {
			if c.kind == k {
				names = append(names, c.name)
			}
		}
		if len(names) > 0 {
			return g.pick(names...)
		}
	}
	if k == condition {
		return g.compare(0)
	}
	return g.literal(k)
}

// literal is a constant, or a parameter.
func (g expressions) literal(k kind) string {
	v := g.value(k, 12)
	if g.args != nil && g.IntN(3) == 0 {
		return g.parameter(v)
	}
	return literal(v)
}

func (g expressions) parameter(v any) string {
	*g.args = append(*g.args, v)
	return fmt.Sprintf("\x00%d\x00", len(*g.args)-1)
}

// choice is what gives one of several expressions of the same kind.
func (g expressions) choice(k kind, d int) string {
	switch g.IntN(5) {
	case 0:
		return fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", g.of(condition, d), g.of(k, d), g.of(k, d))
	case 1:
		on := kind(g.IntN(3))
		return fmt.Sprintf("CASE %s WHEN %s THEN %s WHEN %s THEN %s END", g.of(on, d), g.of(on, d), g.of(k, d), g.of(on, d), g.of(k, d))
	case 2:
		return fmt.Sprintf("COALESCE(%s, %s)", g.of(k, d), g.of(k, d))
	case 3:
		return fmt.Sprintf("IIF(%s, %s, %s)", g.of(condition, d), g.of(k, d), g.of(k, d))
	}
	return fmt.Sprintf("NULLIF(%s, %s)", g.of(k, d), g.of(k, d))
}

// integer is arithmetic: small numbers, for where int64 overflows SQLite goes on in floats and
// FluxDB refuses. The rest of a float division differs, integers alone have one here.
func (g expressions) integer(d int) string {
	a, b := g.of(integer, d), g.of(integer, d)
	switch g.IntN(13) {
	case 0, 1, 2:
		return fmt.Sprintf("(%s %s %s)", a, g.pick("+", "-", "*", "/", "%"), b)
	case 3: // precedence and associativity
		return fmt.Sprintf("(%s %s %s %s %s)", a, g.pick("+", "-", "*", "/"), g.leaf(integer), g.pick("+", "-", "*", "%"), g.leaf(integer))
	case 4:
		return fmt.Sprintf("(%s %s %s)", a, g.pick("&", "|"), b)
	case 5:
		return g.pick("- ", "+ ", "~ ") + g.leaf(integer)
	case 6:
		return fmt.Sprintf("ABS(%s)", a)
	case 7:
		return fmt.Sprintf("%s(%s)", g.pick("LENGTH", "UNICODE"), g.of(word, d))
	case 8:
		return fmt.Sprintf("INSTR(%s, %s)", g.of(word, d), g.of(word, d))
	case 9:
		return fmt.Sprintf("CAST(%s AS INTEGER)", g.of(kind(g.IntN(2)), d))
	case 10:
		return fmt.Sprintf("SIGN(%s)", g.of(kind(g.IntN(2)), d))
	case 11:
		return fmt.Sprintf("((%s) + %d)", g.of(condition, d), g.IntN(3))
	}
	return fmt.Sprintf("(%s %s %d)", a, g.pick("<<", ">>"), g.IntN(4))
}

func (g expressions) float(d int) string {
	a, b := g.of(float, d), g.of(kind(g.IntN(2)), d)
	switch g.IntN(7) {
	case 0, 1, 2:
		return fmt.Sprintf("(%s %s %s)", a, g.pick("+", "-", "*", "/"), b)
	case 3:
		return "- " + g.leaf(float)
	case 4:
		return fmt.Sprintf("ABS(%s)", a)
	case 5:
		return fmt.Sprintf("CAST(%s AS REAL)", b)
	}
	// Of stored values only, quarters: SQLite rounds the binary value of -0.15 down, FluxDB the decimal up.
	return fmt.Sprintf("ROUND(%s, %d)", g.leaf(float), g.IntN(2))
}

// word is text. A float has no text here: the two write its digits differently. SQLite leaves a text
// alone of which nothing is replaced by NULL.
func (g expressions) word(d int) string {
	a := g.of(word, d)
	switch g.IntN(9) {
	case 0:
		return fmt.Sprintf("(%s || %s)", a, g.of(kind(g.pick("0", "2")[0]-'0'), d))
	case 1:
		return fmt.Sprintf("%s(%s)", g.pick("UPPER", "LOWER", "TRIM", "LTRIM", "RTRIM"), a)
	case 2:
		return fmt.Sprintf("SUBSTR(%s, %d)", a, g.IntN(7)-3)
	case 3:
		return fmt.Sprintf("SUBSTR(%s, %d, %d)", a, g.IntN(7)-3, g.IntN(4))
	case 4:
		return fmt.Sprintf("REPLACE(%s, %s, %s)", a, literal(g.pick("a", "ab", "日")), g.of(word, d))
	case 5:
		return fmt.Sprintf("%s(%s, 'ab ')", g.pick("TRIM", "LTRIM", "RTRIM"), a)
	case 6:
		return fmt.Sprintf("CAST(%s AS TEXT)", g.of(integer, d))
	case 7: // of NULL SQLite has an empty one
		return fmt.Sprintf("HEX(COALESCE(%s, 'x'))", a)
	}
	return fmt.Sprintf("QUOTE(%s)", a)
}

func (g expressions) condition(d int) string {
	switch g.IntN(10) {
	case 0, 1:
		return fmt.Sprintf("(%s %s %s)", g.of(condition, d), g.pick("AND", "OR"), g.of(condition, d))
	case 2: // precedence
		return fmt.Sprintf("(%s %s NOT %s %s %s)", g.compare(0), g.pick("AND", "OR"), g.compare(0), g.pick("AND", "OR"), g.of(condition, d))
	case 3:
		return fmt.Sprintf("NOT (%s)", g.of(condition, d))
	case 4:
		return fmt.Sprintf("(%s IS %s)", g.of(condition, d), g.pick("NULL", "NOT NULL", "TRUE", "FALSE", "NOT TRUE", "NOT FALSE"))
	}
	return g.compare(d)
}

// compare tests values of one kind; numbers are one.
func (g expressions) compare(d int) string {
	k := kind(g.IntN(3))
	other := k
	if k < word {
		other = kind(g.IntN(2))
	}
	a := g.of(k, d)
	switch g.IntN(9) {
	case 0:
		return fmt.Sprintf("%s %sBETWEEN %s AND %s", a, g.pick("", "NOT "), g.of(other, d), g.of(k, d))
	case 1:
		list := make([]string, g.IntN(4))
		for i := range list {
			list[i] = g.of(other, d-1)
			if g.IntN(10) == 0 {
				list[i] = "NULL"
			}
		}
		return fmt.Sprintf("%s %sIN (%s)", a, g.pick("", "NOT "), strings.Join(list, ", "))
	case 2:
		return fmt.Sprintf("%s IS %sNULL", a, g.pick("", "NOT "))
	case 3:
		return fmt.Sprintf("%s IS %s%s", a, g.pick("", "NOT ", "DISTINCT FROM ", "NOT DISTINCT FROM "), g.of(other, d))
	case 4:
		return fmt.Sprintf("%s %sLIKE %s", g.of(word, d), g.pick("", "NOT "), g.pick("'a%'", "'%b'", "'_b%'", "'%a%b%'", "'ab'", "'%'", "'日%'", "'A%'", "'a!%%' ESCAPE '!'", "NULL"))
	}
	operator := g.pick("=", "<>", "!=", "<", "<=", ">", ">=", "==")
	if g.IntN(6) == 0 {
		second := kind(g.IntN(3))
		return fmt.Sprintf("(%s, %s) %s (%s, %s)", a, g.of(second, 0), operator, g.of(other, d), g.of(second, 0))
	}
	return fmt.Sprintf("%s %s %s", a, operator, g.of(other, d))
}

// value is a value of a kind, NULL once in so many; few distinct ones, so that they meet.
// Floats are multiples of a quarter, whose sums are exact in any order.
func (g expressions) value(k kind, nulls int) any {
	if g.IntN(nulls) == 0 {
		return nil
	}
	switch k {
	case integer:
		return int64(g.IntN(21) - 6)
	case float:
		return float64(g.IntN(60)-20) / 4
	}
	// Letters beyond ASCII have no case here: SQLite leaves theirs alone.
	return g.pick("", "a", "b", "ab", "aB", "B", "abc", "b a", " a ", "a%b", "a_b", "日本", "a日", "z'q", "7")
}

func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case float64:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprint(v)
}
