package parser

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// grammar is built when the first statement needs it.
var grammar = sync.OnceValue(func() *participle.Parser[commandGrammar] {
	return participle.MustBuild[commandGrammar](participle.Lexer(definition{}), participle.UseLookahead(0))
})

// maxGrammarTokens bounds a statement of the grammar, which takes some microseconds a token: it holds no data.
const maxGrammarTokens = 50000

// definition gives the tokens of the scanner to participle, each operator and keyword as a
// type of its own: LParen, CREATE.
type definition struct{}

// Symbols names the token types.
func (definition) Symbols() map[string]lexer.TokenType {
	m := map[string]lexer.TokenType{"EOF": lexer.EOF}
	for k := range kindCount {
		if k < firstWord {
			m[symbols[k].name] = lexer.TokenType(k)
		} else {
			m[words[k].text] = lexer.TokenType(k)
		}
	}
	return m
}

// Lex reads all of r.
func (definition) Lex(_ string, r io.Reader) (lexer.Lexer, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return newStatementLexer(string(b), 0, maxGrammarTokens), nil
}

// statementLexer ends at the semicolon that ends a statement. Of a token's position only Offset
// counts; Filename carries the whole text, for the leaves that are parsed by hand.
type statementLexer struct {
	Scanner
	last, end token // the last of the statement, and what follows it
	tokens    int
	most      int // tokens at most
}

func newStatementLexer(text string, start, most int) *statementLexer {
	return &statementLexer{Scanner: Scanner{in: scanner{text: text, pos: start}}, most: most}
}

// Next returns the next token, or a *SyntaxError.
func (l *statementLexer) Next() (lexer.Token, error) {
	t := l.scan()
	l.last, l.end = l.end, t
	text := l.in.text
	if l.tokens++; l.tokens > l.most {
		return lexer.Token{}, syntaxError(text, t.start, fmt.Sprintf("the statement has more than %d words and signs", l.most), "")
	}
	pos := lexer.Position{Filename: text, Offset: t.start}
	switch t.kind {
	case tInvalid:
		return lexer.Token{}, syntaxError(text, t.start, l.in.problem, "")
	case tEnd, tSemicolon:
		return lexer.EOFToken(pos), nil
	}
	return lexer.Token{Type: lexer.TokenType(t.kind), Value: text[t.start:t.end], Pos: pos}, nil
}

// grammarStatement parses the statement that begins at the token in view, and moves behind it.
func (p *parser) grammarStatement() *commandGrammar {
	start := p.tok.start
	all := newStatementLexer(p.text, start, min(p.limits.Tokens, maxGrammarTokens))
	lex, err := lexer.Upgrade(all)
	if err != nil {
		return p.grammarFailed(start, err)
	}
	g, err := grammar().ParseFromLexer(lex)
	if err != nil {
		return p.grammarFailed(start, err)
	}
	p.tok, p.pos = all.last, all.end.start
	p.tokens += all.tokens
	p.next()
	return g
}

// grammarFailed makes an error of participle's one of ours, in the parser's place.
func (p *parser) grammarFailed(start int, err error) *commandGrammar {
	var ours *SyntaxError
	var theirs participle.Error
	switch {
	case errors.As(err, &ours):
		p.stop(ours)
	case errors.As(err, &theirs):
		at := theirs.Position().Offset
		s := NewScanner(p.text)
		s.in.comments, s.in.pos = false, start
		for p.tok = s.scan(); p.tok.start < at && p.tok.kind != tEnd; p.tok = s.scan() {
			p.prev = p.tok
		}
		p.unexpected(expected(theirs.Message()))
	default:
		p.fail(start, err.Error(), "")
	}
	return &commandGrammar{}
}

// expected finds in a message of participle's, which ends in the rest of the grammar as it would
// continue, what could stand at the place of the error.
func expected(message string) string {
	_, rest, _ := strings.Cut(message, "(expected ")
	first, _, _ := strings.Cut(strings.TrimPrefix(rest, "("), ")")
	var words []string
	for i, w := range strings.Fields(first) {
		if i > 0 && words == nil || i%2 == 1 && w != "|" {
			break
		}
		if i%2 == 0 {
			words = append(words, element(w))
		}
	}
	return strings.Join(words, " or ")
}

// element says what an element of the grammar is in SQL.
func element(name string) string {
	switch name {
	case "identifier", "PathLeaf", "KeyGrammar", "MemberGrammar":
		return aName
	case "CreateGrammar", "DropGrammar":
		return "TABLE, COLLECTION or INDEX"
	case "ShowGrammar":
		return "COLLECTIONS or INDEXES"
	case "<rparen>":
		return `"," or ")"` // everything in parentheses is a list
	case "<lparen>":
		return `"("`
	}
	if word := strings.Trim(name, "<>()?*"); strings.Contains(name, "<") {
		return strings.ToUpper(word)
	}
	return ""
}
