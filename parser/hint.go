package parser

import "github.com/fluxdb/fluxdb/document"

// clauses are the words that a misspelled word at the place of an error may have meant.
var clauses = []string{
	"SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "INSERT", "VALUES", "UPDATE", "DELETE",
	"UNSET", "RETURNING", "CREATE", "TABLE", "COLLECTION", "INDEX", "UNIQUE", "DROP", "TRUNCATE", "PRIMARY", "DEFAULT", "AUTOINCREMENT", "EXISTS",
	"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "EXPLAIN", "ANALYZE", "SHOW", "COLLECTIONS", "INDEXES",
	"DISTINCT", "BETWEEN", "UNION", "INTERSECT", "EXCEPT", "JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "LIKE", "ILIKE", "ESCAPE",
	"SATISFIES", "WHEN", "THEN", "ELSE", "FLATTEN", "EXCLUDE", "TRANSACTION", "NULLS", "MISSING",
	"WINDOW", "PARTITION", "UNBOUNDED", "PRECEDING", "FOLLOWING",
}

// hint guesses what was meant by the token in view, which can't stand there, or the one before it.
// With name a name could stand there.
func (p *parser) hint(name bool) string {
	for _, t := range []token{p.tok, p.prev} {
		if t.kind != tName || p.tok.kind == tEnd {
			continue
		}
		word := p.textOf(t)
		if meant := document.Nearest(word, clauses); meant != "" && len(word) > 2 {
			return "did you mean " + meant + " instead of " + word + "?"
		}
	}
	if k := p.tok.kind; name && k >= firstWord && words[k].reserved && !noNames[k] && p.peek().kind != wBy {
		return "a name that is the word " + k.String() + ` needs double quotes: "` + p.textOf(p.tok) + `"`
	}
	return ""
}

// noNames are the reserved words that hardly anybody means as a name.
var noNames = [kindCount]bool{
	wSelect: true, wFrom: true, wWhere: true, wHaving: true, wUnion: true, wIntersect: true, wExcept: true, wJoin: true,
	wOn: true, wInto: true, wAnd: true, wOr: true, wNot: true, wThen: true, wElse: true, wReturning: true, wIs: true, wIn: true, wAs: true,
	wIsnull: true, wNotnull: true, wNull: true,
}
