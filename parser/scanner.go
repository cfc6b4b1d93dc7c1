package parser

// Token is a piece of a text as an editor colours it.
type Token struct {
	Kind TokenKind
	// Start and End are its byte offsets in the text.
	Start, End int
}

// TokenKind says what a Token is.
type TokenKind uint8

const (
	TokenEnd       TokenKind = iota // after the last token
	TokenName                       // a word that is no keyword, or a quoted name
	TokenKeyword                    // a keyword; most of them are names in a name's place
	TokenString                     // a string or a blob
	TokenNumber                     // a number
	TokenParameter                  // a parameter
	TokenOperator                   // an operator, a bracket or a comma
	TokenSemicolon                  // the end of a statement
	TokenComment                    // a comment
	TokenInvalid                    // what can't stand there, or is not closed
)

// Scanner reads the tokens of a text, for editors; blanks lie between them. It never fails.
type Scanner struct {
	in scanner
	// depth counts the braces and brackets open; rowless says that the statement has no row in
	// scope of its constructors, so that double quotes inside them are JSON.
	depth   int
	rowless bool
	inside  bool // a statement has begun
}

// NewScanner returns a Scanner of text.
func NewScanner(text string) *Scanner {
	return &Scanner{in: scanner{text: text, comments: true}}
}

// Next returns the next token. After the end it returns TokenEnd for ever.
func (s *Scanner) Next() Token {
	t := s.scan()
	return Token{tokenKind(t.kind), t.start, t.end}
}

func (s *Scanner) scan() token {
	t := s.in.scan()
	switch t.kind {
	case tComment, tEnd:
		return t
	case tLBrace, tLBracket:
		s.depth++
	case tRBrace, tRBracket:
		s.depth--
	case tSemicolon:
		s.depth, s.inside = 0, false
	}
	if t.kind != tSemicolon && !s.inside {
		s.inside = true
		s.rowless = t.kind == wInsert || t.kind == wCreate
	}
	s.in.json = s.rowless && s.depth > 0
	return t
}

func tokenKind(k kind) TokenKind {
	switch {
	case k >= firstWord:
		return TokenKeyword
	case k >= tLParen && k != tSemicolon:
		return TokenOperator
	}
	switch k {
	case tEnd:
		return TokenEnd
	case tComment:
		return TokenComment
	case tName, tQuoted:
		return TokenName
	case tString, tText, tBlob:
		return TokenString
	case tInteger, tFloat:
		return TokenNumber
	case tParam:
		return TokenParameter
	case tSemicolon:
		return TokenSemicolon
	}
	return TokenInvalid
}

// LastTerminator returns the offset just after the last semicolon of text that ends a statement,
// so none in a string, a quoted name or a comment; 0 without one.
func LastTerminator(text string) int {
	s := NewScanner(text)
	end := 0
	for t := s.scan(); t.kind != tEnd; t = s.scan() {
		if t.kind == tSemicolon {
			end = t.end
		}
	}
	return end
}
