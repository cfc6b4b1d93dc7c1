package expr

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// Expressions print themselves with parentheses where SQL needs them to be read back as they
// are, and where readers differ on which of two operators binds tighter.

// Precedences from loose to tight.
const (
	precOr = iota + 1
	precAnd
	precNot
	precCompare
	precBit
	precAdd
	precMultiply
	precConcat
	precUnary
	precPostfix
	precAtom
)

// printed is implemented by all expressions of this package.
type printed interface {
	// appendTo prints the expression. It is String without a string for every level, which
	// would take quadratic time.
	appendTo(dst []byte) []byte
	precedence() int
}

// appendOperand prints e, in parentheses when it binds looser than least.
func appendOperand(dst []byte, e Expr, least int) []byte {
	p, ok := e.(printed)
	switch {
	case !ok:
		return append(dst, e.String()...)
	case p.precedence() >= least:
		return p.appendTo(dst)
	}
	return append(p.appendTo(append(dst, '(')), ')')
}

// appendList prints expressions with commas between them.
func appendList(dst []byte, list []Expr) []byte {
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendOperand(dst, e, 0)
	}
	return dst
}

func appendNot(dst []byte, not bool, word string) []byte {
	dst = append(dst, ' ')
	if not {
		dst = append(dst, "NOT "...)
	}
	return append(dst, word...)
}

// wordPrecedence is the precedence of what an operator, as it is printed, joins.
var wordPrecedence = map[string]int{
	"OR": precOr, "AND": precAnd, "NOT": precNot,
	"=": precCompare, "<>": precCompare, "<": precCompare, "<=": precCompare, ">": precCompare, ">=": precCompare,
	"IS": precCompare, "IN": precCompare, "LIKE": precCompare, "ILIKE": precCompare,
	"|": precBit, "&": precBit, "<<": precBit, ">>": precBit,
	"+": precAdd, "-": precAdd, "*": precMultiply, "/": precMultiply, "%": precMultiply, "||": precConcat,
}

// textPrecedence returns the precedence of an expression that was printed: that of its
// loosest operator outside brackets and quotes. Operators stand between blanks.
func textPrecedence(text string) int {
	prec, depth, word := precAtom, 0, 0
	if text != "" && (text[0] == '-' || text[0] == '~') {
		prec = precUnary
	}
	for i := 0; i <= len(text); i++ {
		if i == len(text) || text[i] == ' ' {
			if p, ok := wordPrecedence[text[word:i]]; ok && depth == 0 {
				prec = min(prec, p)
			}
			word = i + 1
			continue
		}
		switch c := text[i]; c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case '\'', '"', '`':
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				return prec
			}
			i += end + 1
		}
	}
	return prec
}

// literalText prints a value as a SQL literal.
func literalText(v document.Value) string { return string(appendLiteral(nil, v)) }

func appendLiteral(dst []byte, v document.Value) []byte {
	switch v.Kind() {
	case document.KindMissing:
		return append(dst, "MISSING"...)
	case document.KindNull:
		return append(dst, "NULL"...)
	case document.KindBool:
		if v.AsBool() {
			return append(dst, "TRUE"...)
		}
		return append(dst, "FALSE"...)
	case document.KindInt:
		return strconv.AppendInt(dst, v.AsInt(), 10)
	case document.KindString:
		return appendQuoted(dst, v.AsString())
	case document.KindTimestamp:
		return append(document.AppendTimestamp(append(dst, "TIMESTAMP '"...), v), '\'')
	case document.KindBytes:
		return append(hex.AppendEncode(append(dst, "x'"...), v.AsBytes()), '\'')
	case document.KindFloat:
		if f := v.AsFloat(); math.IsNaN(f) || math.IsInf(f, 0) {
			return append(appendText(append(dst, "CAST('"...), v), "' AS FLOAT)"...)
		}
	case document.KindArray:
		dst = append(dst, '[')
		for i, e := range v.AsArray() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendLiteral(dst, e)
		}
		return append(dst, ']')
	case document.KindObject:
		dst = append(dst, '{')
		for i, f := range v.AsObject() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(dst, document.FieldPath(f.Name).String()...)
			dst = appendLiteral(append(dst, ": "...), f.Value)
		}
		return append(dst, '}')
	}
	return document.AppendJSON(dst, v, document.Plain)
}

// appendQuoted prints a string in single quotes, a quote in it doubled.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '\'')
	for {
		i := strings.IndexByte(s, '\'')
		if i < 0 {
			return append(append(dst, s...), '\'')
		}
		dst = append(append(dst, s[:i+1]...), '\'')
		s = s[i+1:]
	}
}
