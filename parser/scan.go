package parser

import (
	"strings"
	"unicode/utf8"
)

// scanner cuts a text into tokens. It holds no buffer: going back is setting pos.
type scanner struct {
	text string
	pos  int
	// json is true inside a constructor that no row is in scope of: there a double-quoted
	// token is a JSON string, in which a backslash escapes.
	json bool
	// comments makes comments tokens.
	comments bool
	// problem says what is wrong with the last tInvalid token.
	problem string
}

// scan returns the next token. After the end it returns tEnd for ever. A tInvalid token begins
// where the error is; one that is not closed goes on to the end.
func (s *scanner) scan() token {
	for {
		for s.pos < len(s.text) && isBlank(s.text[s.pos]) {
			s.pos++
		}
		if s.pos == len(s.text) {
			return token{tEnd, s.pos, s.pos}
		}
		start := s.pos
		if k := s.one(s.text[start]); k != tComment || s.comments {
			return token{k, start, s.pos}
		}
	}
}

// one scans the token that begins with c, no blank.
func (s *scanner) one(c byte) kind {
	switch {
	case isLetter(c):
		if (c == 'x' || c == 'X') && s.at(1) == '\'' {
			s.pos++
			return s.quotedBy('\'', tBlob, "blob")
		}
		if (c == 'e' || c == 'E') && s.at(1) == '\'' {
			s.pos++
			return s.escapedString()
		}
		return s.word()
	case isDigit(c):
		return s.number()
	}
	switch c {
	case '\'':
		return s.quotedBy('\'', tString, "string")
	case '"':
		if s.json {
			return s.jsonString()
		}
		return s.quotedBy('"', tQuoted, "quoted name")
	case '`':
		return s.quotedBy('`', tQuoted, "quoted name")
	case '?', '$':
		if c == '$' && (s.at(1) == '$' || isLetter(s.at(1))) {
			return s.dollarString()
		}
		s.pos++
		for isDigit(s.at(0)) {
			s.pos++
		}
		if c == '$' && s.text[s.pos-1] == '$' {
			return s.invalid(s.pos, `a parameter $ needs a number, as in $1`)
		}
		return tParam
	case ':', '@':
		return s.colon(c)
	case '-':
		if s.at(1) == '-' {
			for s.pos < len(s.text) && s.text[s.pos] != '\n' {
				s.pos++
			}
			return tComment
		}
	case '/':
		if s.at(1) == '*' {
			return s.blockComment()
		}
	case '.':
		if isDigit(s.at(1)) {
			return s.number()
		}
	}
	return s.operator(c)
}

// at returns the byte i after pos, 0 beyond the end.
func (s *scanner) at(i int) byte {
	if s.pos+i < len(s.text) {
		return s.text[s.pos+i]
	}
	return 0
}

func (s *scanner) word() kind {
	start := s.pos
	for s.pos++; s.pos < len(s.text) && isNameByte(s.text[s.pos]); s.pos++ {
	}
	return wordKind(s.text[start:s.pos])
}

// quotedBy scans up to the quote that ends the token; a doubled quote stands for itself.
func (s *scanner) quotedBy(quote byte, k kind, what string) kind {
	for s.pos++; s.pos < len(s.text); s.pos++ {
		if s.text[s.pos] != quote {
			continue
		}
		if s.at(1) != quote {
			s.pos++
			return k
		}
		s.pos++
	}
	return s.invalid(len(s.text), "this "+what+" is not closed")
}

// escapedString scans E'...', in which a backslash escapes.
func (s *scanner) escapedString() kind {
	for s.pos++; s.pos < len(s.text); s.pos++ {
		switch s.text[s.pos] {
		case '\\':
			s.pos++
		case '\'':
			if s.at(1) != '\'' {
				s.pos++
				return tText
			}
			s.pos++
		}
	}
	return s.invalid(len(s.text), "this string is not closed")
}

// dollarString scans $$text$$ and $tag$text$tag$, in which nothing escapes.
func (s *scanner) dollarString() kind {
	start := s.pos
	for s.pos++; isLetter(s.at(0)) || isDigit(s.at(0)); s.pos++ {
	}
	if s.at(0) != '$' {
		return s.invalid(s.pos, `a parameter $ needs a number, as in $1`)
	}
	s.pos++
	tag := s.text[start:s.pos]
	n := strings.Index(s.text[s.pos:], tag)
	if n < 0 {
		return s.invalid(len(s.text), "this string is not closed: "+tag+" ends it")
	}
	s.pos += n + len(tag)
	return tText
}

// jsonString scans a double-quoted string with backslash escapes.
func (s *scanner) jsonString() kind {
	for s.pos++; s.pos < len(s.text); s.pos++ {
		switch s.text[s.pos] {
		case '\\':
			s.pos++
		case '"':
			if s.at(1) != '"' {
				s.pos++
				return tQuoted
			}
			s.pos++
		}
	}
	return s.invalid(len(s.text), "this string is not closed")
}

// blockComment skips a comment; comments nest.
func (s *scanner) blockComment() kind {
	depth := 0
	for s.pos < len(s.text) {
		switch {
		case s.text[s.pos] == '/' && s.at(1) == '*':
			depth++
			s.pos += 2
		case s.text[s.pos] == '*' && s.at(1) == '/':
			depth--
			s.pos += 2
			if depth == 0 {
				return tComment
			}
		default:
			s.pos++
		}
	}
	return s.invalid(len(s.text), "this comment is not closed")
}

// colon scans :name, @name, :: and the colon of an object or a slice.
func (s *scanner) colon(c byte) kind {
	s.pos++
	if isLetter(s.at(0)) {
		for s.pos < len(s.text) && isNameByte(s.text[s.pos]) {
			s.pos++
		}
		return tParam
	}
	if c == '@' {
		return s.invalid(s.pos, "a parameter @ needs a name, as in @id")
	}
	if s.at(0) == ':' {
		s.pos++
		return tDoubleColon
	}
	return tColon
}

// number scans 12, 1_000, 1.5, .5, 1., 1e3, 0x1F, 0o17 and 0b101.
func (s *scanner) number() kind {
	start, k := s.pos, tInteger
	if isDigitOf := digitsOf(s.text[start], s.at(1)); isDigitOf != nil {
		for s.pos += 2; isDigitOf(s.at(0)) || s.at(0) == '_' && isDigitOf(s.at(1)); s.pos++ {
		}
		if s.pos == start+2 {
			return s.badNumber(start)
		}
	} else {
		s.digits()
		if s.at(0) == '.' {
			k = tFloat
			s.pos++
			s.digits()
		}
		if s.at(0)|0x20 == 'e' {
			i := 1
			if c := s.at(1); c == '+' || c == '-' {
				i = 2
			}
			if !isDigit(s.at(i)) {
				return s.badNumber(start)
			}
			k = tFloat
			s.pos += i
			s.digits()
		}
	}
	if isNameByte(s.at(0)) {
		return s.badNumber(start)
	}
	return k
}

// digits skips decimal digits; an underscore may stand between two.
func (s *scanner) digits() {
	for isDigit(s.at(0)) || s.at(0) == '_' && isDigit(s.at(1)) && isDigit(s.text[max(s.pos-1, 0)]) {
		s.pos++
	}
}

// digitsOf tells the digits of a number that begins with zero and mark: 0x1F, 0o17, 0b101; nil is a decimal one.
func digitsOf(zero, mark byte) func(byte) bool {
	if zero != '0' {
		return nil
	}
	switch mark | 0x20 {
	case 'x':
		return isHex
	case 'o':
		return func(c byte) bool { return c >= '0' && c <= '7' }
	case 'b':
		return func(c byte) bool { return c == '0' || c == '1' }
	}
	return nil
}

func (s *scanner) badNumber(start int) kind {
	for isNameByte(s.at(0)) {
		s.pos++
	}
	return s.invalid(s.pos, quote(s.text[start:s.pos])+" is no number")
}

func (s *scanner) operator(c byte) kind {
	k, size := tInvalid, 1
	next := s.at(1)
	two := func(second byte, then kind) {
		if next == second {
			k, size = then, 2
		}
	}
	switch c {
	case '(':
		k = tLParen
	case ')':
		k = tRParen
	case '[':
		k = tLBracket
	case ']':
		k = tRBracket
	case '{':
		k = tLBrace
	case '}':
		k = tRBrace
	case ',':
		k = tComma
	case ';':
		k = tSemicolon
	case '.':
		k = tDot
	case '+':
		k = tPlus
	case '-':
		k = tMinus
	case '*':
		k = tStar
	case '/':
		k = tSlash
	case '%':
		k = tPercent
	case '&':
		k = tBitAnd
	case '~':
		k = tBitNot
		two('*', tMatchNoCase)
	case '|':
		k = tBitOr
		two('|', tConcat)
	case '=':
		k = tEqual
		two('=', tEqual)
	case '!':
		two('=', tNotEqual)
		if two('~', tNoMatch); k == tNoMatch && s.at(2) == '*' {
			k, size = tNoMatchNoCase, 3
		}
	case '<':
		k = tLess
		two('=', tLessEqual)
		two('>', tNotEqual)
		two('<', tShiftLeft)
	case '>':
		k = tGreater
		two('=', tGreaterEqual)
		two('>', tShiftRight)
	}
	if c == '^' {
		return s.invalid(s.pos+1, `unexpected character "^"; POWER(x, y) is a power`)
	}
	if k == tInvalid {
		r, n := utf8.DecodeRuneInString(s.text[s.pos:])
		return s.invalid(s.pos+n, "unexpected character "+quote(string(r)))
	}
	s.pos += size
	return k
}

// invalid ends a wrong token at end, from where scanning goes on.
func (s *scanner) invalid(end int, problem string) kind {
	s.pos = end
	s.problem = problem
	return tInvalid
}

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isLetter(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= utf8.RuneSelf
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func isNameByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '$' }
