package parser

import (
	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// The leaves of the grammar that are parsed by hand. Each says NextMatch only at its first token.

// identifier is a name.
type identifier struct {
	Name string
	At   int
}

// Parse reads a name.
func (i *identifier) Parse(lex *lexer.PeekingLexer) error {
	t := lex.Peek()
	k := kindOf(t)
	if !k.isName() {
		return participle.NextMatch
	}
	i.Name, i.At = t.Value, t.Pos.Offset
	if k == tQuoted {
		i.Name = unquote(t.Value)
	}
	lex.Next()
	return nil
}

// text returns the name, "" of nil.
func (i *identifier) text() string {
	if i == nil {
		return ""
	}
	return i.Name
}

func (i *identifier) at() int {
	if i == nil {
		return 0
	}
	return i.At
}

// pathLeaf is the path of a field.
type pathLeaf struct{ Path *Path }

// Parse reads a path.
func (l *pathLeaf) Parse(lex *lexer.PeekingLexer) error {
	if !kindOf(lex.Peek()).isName() {
		return participle.NextMatch
	}
	p := resume(lex)
	l.Path = p.fieldPath()
	return p.suspend(lex)
}

// typeLeaf is a type.
type typeLeaf struct{ Type TypeName }

// Parse reads a type.
func (l *typeLeaf) Parse(lex *lexer.PeekingLexer) error {
	k := kindOf(lex.Peek())
	if !k.isWord() || !k.isName() || k == wAutoincrement || k == wAutoIncrement {
		return participle.NextMatch
	}
	p := resume(lex)
	l.Type = p.typeName()
	return p.suspend(lex)
}

// defaultLeaf is what stands after DEFAULT: an expression without operators around it, or any in
// parentheses.
type defaultLeaf struct {
	Expr Expr
	Text string
}

// Parse reads the expression.
func (l *defaultLeaf) Parse(lex *lexer.PeekingLexer) error {
	p := resume(lex)
	p.rowless, p.noParams = true, "a DEFAULT takes no parameters"
	start := p.tok.start
	l.Expr = p.operand(precUnary)
	if p.err == nil {
		l.Text = p.text[start:p.prev.end]
	}
	return p.suspend(lex)
}

// queryLeaf is a query.
type queryLeaf struct{ Query *Query }

// Parse reads a query.
func (l *queryLeaf) Parse(lex *lexer.PeekingLexer) error {
	switch kindOf(lex.Peek()) {
	case wSelect, wWith, wValues, tLParen:
	default:
		return participle.NextMatch
	}
	p := resume(lex)
	p.noParams = "CREATE takes no parameters"
	l.Query = p.query()
	return p.suspend(lex)
}

func kindOf(t *lexer.Token) kind {
	if t.EOF() {
		return tEnd
	}
	return kind(t.Type)
}

// resume returns a parser by hand that stands where lex does.
func resume(lex *lexer.PeekingLexer) *parser {
	t := lex.Peek()
	p := &parser{scanner: scanner{text: t.Pos.Filename, pos: t.Pos.Offset}, limits: Limits{}.withDefaults()}
	p.next()
	return p
}

// suspend moves lex to where p came, or returns its error.
func (p *parser) suspend(lex *lexer.PeekingLexer) error {
	if p.err != nil {
		return p.err
	}
	for t := lex.Peek(); !t.EOF() && t.Pos.Offset < p.tok.start; t = lex.Peek() {
		lex.Next()
	}
	return nil
}
