package parser

import (
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fluxdb/fluxdb/document"
)

// Lifter takes the literals out of a text, so that texts that differ in nothing else share one
// syntax tree and one plan. It is a single pass over the tokens that makes no tree:
//
//	SELECT name FROM users WHERE age > 30 AND city = 'Rome' LIMIT 10
//	SELECT name FROM users WHERE age > <i> AND city = <s> LIMIT <l2>     Key
//	30, 'Rome', 10                                                       Values
//
// Lifted are the numbers and strings that a comparison in WHERE, a BETWEEN or a short IN list has as
// an operand by themselves, the values of VALUES and SET, those inside of their objects and arrays,
// and the counts of LIMIT and OFFSET. All others have a say in what the statement means or in how its
// columns are called, and stay in the key, as do NULL, TRUE and FALSE.
//
// The pass only guesses what a token is to the parser. Mark, which has the tree, decides: a key whose
// first text it refuses is never shared. That answer holds for every text of the key, because
// they have the same tokens, and because no two literals of one class are of different use:
//
//	class   what all its literals have in common
//	i n     a whole number, without or with a sign; b m if it is 0 or 1, which equal a boolean
//	f h     a float, without or with a sign; g k if it is 0 or 1
//	s       a string; t if it reads as a timestamp
//	j       a string in double quotes, without a backslash
//	l d     a count of d bits: the plan depends on about how many rows are wanted
//
// A Lifter is for one goroutine; its buffers are used again by the next Lift.
type Lifter struct {
	// Key is the text with a mark in each literal's place. It is no valid UTF-8, and so no text.
	Key []byte
	// Values are the literals, in the order of the text, which they may borrow from.
	Values []document.Value

	at     []int // where each begins, with its sign
	in     scanner
	copied int // up to where the text is in Key
	clause clause
	// open holds what the brackets are that have not been closed.
	open []bracket
	// depth counts those in open by what they are.
	depth [aCall + 1]int
}

// mark begins the place of a literal in a key; no valid UTF-8 has this byte.
const mark = 0xFF

// clause is what the words before a token say of the literals that may follow.
type clause uint8

const (
	inOther clause = iota
	inWhere
	inValues
	inSet
	inLimit
)

// bracket is what an open bracket is.
type bracket uint8

const (
	aRow     bracket = iota // of VALUES
	aList                   // after IN
	anArray                 // [ in the place of a value
	anObject                // {
	aCall                   // anything else: arguments, a subscript, an expression in parentheses
)

// Lift lifts the literals of a text, and reports whether there are any. Other texts than one
// SELECT, INSERT, UPDATE or DELETE have none.
func (l *Lifter) Lift(text string) bool {
	l.Key, l.Values, l.at, l.open = l.Key[:0], l.Values[:0], l.at[:0], l.open[:0]
	l.in = scanner{text: text}
	l.copied, l.clause, l.depth = 0, inOther, [aCall + 1]int{}
	if !utf8.ValidString(text) {
		return false
	}
	first := l.in.scan()
	switch first.kind {
	case wSelect, wInsert, wUpdate, wDelete:
	default:
		return false
	}
	if !l.scan(first) {
		return false
	}
	l.Key = append(l.Key, text[l.copied:]...)
	return len(l.Values) > 0
}

// scan goes over the tokens after the first one. False is a text that is not to be shared.
func (l *Lifter) scan(first token) bool {
	var before token // the token before prev
	prev := first
	between := false // the next AND is that of a BETWEEN whose bounds are lifted
	expects := false // a literal may stand here
	for {
		t := l.in.scan()
		switch t.kind {
		case tEnd:
			return true
		case tInvalid:
			return false
		case tSemicolon:
			return l.in.scan().kind == tEnd // which leaves a semicolon at the end in the key
		}
		start := t.start
		if expects && t.kind == tMinus && l.clause != inLimit {
			before, prev = prev, t
			if t = l.in.scan(); t.kind != tInteger && t.kind != tFloat {
				expects = false
			}
			if t.kind == tEnd || t.kind == tInvalid || t.kind == tSemicolon {
				return false // what the parser will say
			}
		}
		if expects && l.literal(t.kind) {
			next := l.peek()
			if endsValue(next.kind) && !l.lift(start, t) {
				return false
			}
		}
		l.word(t, prev)
		l.bracket(t, prev, expects)
		l.in.json = l.clause == inValues && l.depth[anArray]+l.depth[anObject] > 0
		expects = l.expects(t, prev, before, between)
		if t.kind == wBetween || t.kind == wAnd {
			between = t.kind == wBetween && expects
		}
		before, prev = prev, t
	}
}

// peek returns the token after the one just scanned.
func (l *Lifter) peek() token {
	pos := l.in.pos
	t := l.in.scan()
	l.in.pos = pos
	return t
}

// literal reports whether a token is one that is lifted where literals are.
func (l *Lifter) literal(k kind) bool {
	switch k {
	case tInteger:
		return true
	case tFloat, tString:
		return l.clause != inLimit
	case tQuoted:
		return l.in.json
	}
	return false
}

// endsValue reports whether a token of this kind ends the value before it: then that was one literal.
func endsValue(k kind) bool {
	switch k {
	case tEnd, tSemicolon, tRParen, tRBracket, tRBrace, tComma,
		wAnd, wOr, wOrder, wGroup, wHaving, wLimit, wOffset, wReturning, wFrom, wWhere, wUnset:
		return true
	}
	return false
}

// word notes the clause that a word begins. After a dot, and as the key of an object, it is a name.
func (l *Lifter) word(t, prev token) {
	if t.kind < firstWord || prev.kind == tDot || l.inside(anObject) && (prev.kind == tLBrace || prev.kind == tComma) {
		return
	}
	switch t.kind {
	case wWhere:
		l.clause = inWhere
	case wValues:
		if len(l.open) == 0 {
			l.clause = inValues
		}
	case wSet:
		if len(l.open) == 0 {
			l.clause = inSet
		}
	case wLimit, wOffset:
		l.clause = inLimit
	case wSelect, wFrom, wOrder, wGroup, wHaving, wReturning, wUnset, wOn, wUnion, wIntersect, wExcept:
		l.clause = inOther
	}
}

// bracket keeps track of the open brackets.
func (l *Lifter) bracket(t, prev token, expects bool) {
	b := aCall
	switch t.kind {
	case tRParen, tRBracket, tRBrace:
		if n := len(l.open); n > 0 {
			l.depth[l.open[n-1]]--
			l.open = l.open[:n-1]
		}
		return
	case tLParen:
		switch {
		case prev.kind == wIn:
			b = aList
		case l.clause == inValues && len(l.open) == 0 && (prev.kind == wValues || prev.kind == tComma):
			b = aRow
		}
	case tLBracket:
		if expects && l.clause != inWhere {
			b = anArray
		}
	case tLBrace:
		if expects && l.clause != inWhere || l.clause == inValues && len(l.open) == 0 {
			b = anObject
		}
	default:
		return
	}
	l.depth[b]++
	l.open = append(l.open, b)
}

func (l *Lifter) inside(b bracket) bool { return len(l.open) > 0 && l.open[len(l.open)-1] == b }

// expects reports whether a literal that comes after t is lifted; prev and before are the tokens before t.
func (l *Lifter) expects(t, prev, before token, between bool) bool {
	switch l.clause {
	case inLimit:
		return len(l.open) == 0 && (t.kind == wLimit || t.kind == wOffset || t.kind == tComma)
	case inWhere:
		switch t.kind {
		case tEqual, tNotEqual, tLess, tLessEqual, tGreater, tGreaterEqual:
			return !isConstant(prev.kind) // 1 = 1 is a constant
		case wBetween:
			return !isConstant(prev.kind) && !(prev.kind == wNot && isConstant(before.kind))
		case wAnd:
			return between
		case tLParen, tComma:
			return l.inside(aList)
		}
	case inValues, inSet:
		if l.depth[aCall] > 0 {
			return false
		}
		switch t.kind {
		case tLParen:
			return l.inside(aRow)
		case tLBracket:
			return l.inside(anArray)
		case tComma:
			return l.inside(aRow) || l.inside(anArray)
		case tColon:
			return l.inside(anObject)
		case tEqual:
			return l.inside(anObject) || l.clause == inSet && len(l.open) == 0
		}
	}
	return false
}

func isConstant(k kind) bool {
	switch k {
	case tInteger, tFloat, tString, tText, tBlob, tParam, wNull, wTrue, wFalse, wMissing:
		return true
	}
	return false
}

// lift takes out the literal t, which begins at start with its sign. It fails where the parser does.
func (l *Lifter) lift(start int, t token) bool {
	v, class, ok := l.value(t, start < t.start)
	if !ok {
		return false
	}
	l.Key = append(append(l.Key, l.in.text[l.copied:start]...), mark, class)
	if l.clause == inLimit {
		l.Key = append(l.Key, byte(bits.Len64(uint64(v.AsInt()))))
	}
	l.copied = t.end
	l.Values, l.at = append(l.Values, v), append(l.at, start)
	return true
}

// value reads a literal as the parser does.
func (l *Lifter) value(t token, negative bool) (v document.Value, class byte, ok bool) {
	text := l.in.text[t.start:t.end]
	switch t.kind {
	case tQuoted:
		if text[0] != '"' || strings.IndexByte(text, '\\') >= 0 {
			return v, 0, false
		}
		return document.String(unquote(text)), 'j', true
	case tString:
		v = document.String(unquote(text))
		if l.clause == inWhere {
			if _, stamp := document.ReadTimestamp(v.AsString()); stamp {
				return v, 't', true
			}
		}
		return v, 's', true
	}
	if v, ok = numberValue(text, t.kind == tFloat, negative); !ok {
		return v, 0, false
	}
	at := 0
	if negative {
		at = 2
	}
	if t.kind == tFloat {
		at++
	}
	switch {
	case l.clause == inLimit:
		return v, 'l', true
	case l.clause == inWhere && (v.AsFloat() == 0 || v.AsFloat() == 1):
		return v, "bgmk"[at], true
	}
	return v, "ifnh"[at], true
}

// Mark makes the literals that the last Lift lifted from a text parameters of its tree, statements: their
// ordinals follow those of the text's own. It returns false, and leaves the tree as it is, if
// one of them is not what Lift took it for.
func (l *Lifter) Mark(statements []Statement) bool {
	if len(statements) != 1 {
		return false
	}
	m := marker{lifter: l, marked: make([]*Literal, len(l.at))}
	m.statement(statements[0])
	if m.refused || slices.Contains(m.marked, nil) {
		return false
	}
	params := statements[0].Info().Params
	for i, lit := range m.marked {
		lit.Ordinal = params + i + 1
	}
	return true
}
