package parser

import (
	"fmt"
	"unicode/utf8"
)

// Limits bounds what Parse takes; a zero field is the default. They keep a hostile text from
// taking the process down, and are far beyond what people write.
type Limits struct {
	Text   int // bytes of the text: 1 MiB by default, 16 MiB at most
	Tokens int // tokens of the text: a quarter of Text by default and at most
	Depth  int // nesting of brackets, prefix operators and queries: 500 by default, 2,000 at most
}

const (
	defaultText  = 1 << 20
	maxText      = 16 << 20
	defaultDepth = 500
	maxDepth     = 2000
	// maxHeight bounds the height of an expression, which a chain like a + b + c + ... makes
	// without any nesting: who walks the tree recurses that deep.
	maxHeight = 10000
)

// fewer is the way out of a text that is too long.
const fewer = "send the values as parameters, or the statements one by one"

func (l Limits) withDefaults() Limits {
	if l.Text <= 0 {
		l.Text = defaultText
	}
	l.Text = min(l.Text, maxText)
	if l.Tokens <= 0 || l.Tokens > maxText/4 {
		l.Tokens = max(l.Text/4, 256)
	}
	if l.Depth <= 0 {
		l.Depth = defaultDepth
	}
	l.Depth = min(l.Depth, maxDepth)
	return l
}

// Parse returns the statements of a text, which semicolons divide; empty ones are left
// out. The error is a *SyntaxError.
func Parse(text string, limits Limits) ([]Statement, error) {
	p, err := newParser(text, limits)
	if err != nil {
		return nil, err
	}
	var statements []Statement
	for p.next(); ; {
		for p.tok.kind == tSemicolon {
			p.next()
		}
		if p.tok.kind == tEnd {
			break
		}
		statements = append(statements, p.statement())
		if p.tok.kind != tSemicolon && p.tok.kind != tEnd {
			p.unexpected("")
		}
	}
	if p.err != nil {
		return nil, p.err
	}
	for _, m := range p.metas {
		m.Params, m.Names = p.params, p.names
	}
	return statements, nil
}

// ParseExpr returns the expression that is the whole text, such as a stored DEFAULT. No row is
// in its scope and it takes no parameters. The error is a *SyntaxError.
func ParseExpr(text string) (Expr, error) {
	p, err := newParser(text, Limits{})
	if err != nil {
		return nil, err
	}
	p.rowless, p.noParams = true, "an expression that is stored takes no parameters"
	p.next()
	e := p.expr()
	if p.tok.kind != tEnd {
		p.unexpected("")
	}
	if p.err != nil {
		return nil, p.err
	}
	return e, nil
}

// parser reads a text with one token in view.
//
// The first error sticks: it stays in err, and from then on the text is at its end, so
// that every loop stops and no caller needs to ask. What was parsed is then of no use, but never nil.
type parser struct {
	scanner
	tok  token // in view
	prev token // the one before it
	err  error // a *SyntaxError

	limits Limits
	tokens int
	depth  int
	// height is the height of the expression parsed last, peak the greatest since the
	// enclosing one began.
	height, peak int

	// rowless says that no row is in scope: in VALUES and DEFAULT. In a constructor there
	// (constructors counts those open) a double-quoted token is a string.
	rowless      bool
	constructors int

	params   int
	names    []string
	ordinals map[string]int // of names
	ordinal  bool           // a positional parameter was seen
	noParams string         // why there can be no parameters

	metas    []*Meta
	literals []Literal // room for the next ones, see literal
}

func newParser(text string, limits Limits) (*parser, error) {
	p := &parser{scanner: scanner{text: text}, limits: limits.withDefaults()}
	if len(text) > p.limits.Text {
		return nil, &SyntaxError{Line: 1, Column: 1,
			Message: fmt.Sprintf("the text is %d bytes long, the limit is %d", len(text), p.limits.Text),
			Hint:    fewer}
	}
	if !utf8.ValidString(text) {
		at := 0
		for at < len(text) {
			r, n := utf8.DecodeRuneInString(text[at:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			at += n
		}
		return nil, syntaxError(text, at, "the text is not valid UTF-8", "send bytes as parameters, or as x'00ff'")
	}
	return p, nil
}

// next moves to the next token.
func (p *parser) next() {
	p.prev = p.tok
	p.tok = p.scan()
	if p.tokens++; p.tokens > p.limits.Tokens {
		p.stop(tooManyTokens(p.text, p.tok.start, p.limits.Tokens))
	}
	if p.tok.kind == tInvalid {
		hint := ""
		if p.text[p.tok.start] == '\'' && p.prev.end == p.tok.start && p.prev.kind.isWord() {
			hint = "a quote inside a string is written twice: ''"
		}
		p.fail(p.tok.start, p.problem, hint)
	}
}

// peek returns the token after the one in view.
func (p *parser) peek() token {
	pos := p.pos
	t := p.scan()
	p.pos = pos
	return t
}

// peek2 returns the two tokens after the one in view.
func (p *parser) peek2() (token, token) {
	pos := p.pos
	t, u := p.scan(), p.scan()
	p.pos = pos
	return t, u
}

// accept moves on if k is in view.
func (p *parser) accept(k kind) bool {
	if p.tok.kind != k {
		return false
	}
	p.next()
	return true
}

// expect moves past k; anything else is an error.
func (p *parser) expect(k kind) {
	if !p.accept(k) {
		p.unexpected(k.expected())
	}
}

// textOf returns what was written.
func (p *parser) textOf(t token) string { return p.text[t.start:t.end] }

// fail keeps the first error and ends the text.
func (p *parser) fail(at int, message, hint string) {
	if p.err == nil {
		p.stop(syntaxError(p.text, at, message, hint))
	}
}

// stop keeps the first error and ends the text.
func (p *parser) stop(err *SyntaxError) {
	if p.err == nil {
		p.err = err
	}
	p.pos = len(p.text)
	p.tok = token{tEnd, p.pos, p.pos}
}

func tooManyTokens(text string, at, most int) *SyntaxError {
	return syntaxError(text, at, fmt.Sprintf("the text has more than %d words and signs", most), fewer)
}

// unexpected fails at the token in view; expected says what could stand there, or is "".
func (p *parser) unexpected(expected string) {
	if p.err != nil {
		return
	}
	message := "unexpected " + quote(p.textOf(p.tok))
	switch p.tok.kind {
	case tEnd:
		message = "unexpected end"
	case tSemicolon:
		message = "unexpected end of the statement"
	}
	if expected != "" {
		message += ", expected " + expected
	}
	p.fail(p.tok.start, message, p.hint(expected == aName || expected == anExpression))
}

// What could stand at the place of an error, where a reserved word may be meant as a name.
const (
	aName        = "a name"
	anExpression = "an expression"
)

// enter begins what nests: brackets, prefix operators, CASE, queries. Each ends with leave.
func (p *parser) enter() (outer int) {
	if p.depth++; p.depth > p.limits.Depth {
		p.fail(p.tok.start, fmt.Sprintf("nested deeper than %d levels", p.limits.Depth), "")
	}
	outer, p.peak = p.peak, 0
	return outer
}

func (p *parser) leave(outer int) {
	p.depth--
	p.height = p.peak + 1
	p.peak = outer
	p.grow(p.height)
}

// grow notes that something is h high.
func (p *parser) grow(h int) {
	if h > maxHeight {
		p.fail(p.tok.start, fmt.Sprintf("a chain of more than %d operators", maxHeight), "IN with a list, or a parameter, says the same in one")
	}
	p.peak = max(p.peak, h)
}

// begin starts the Meta of a statement at the token in view; end completes it.
func (p *parser) begin(m *Meta) {
	m.Text, m.Start = p.text, p.tok.start
	p.metas = append(p.metas, m)
}

func (p *parser) end(m *Meta) { m.End = p.prev.end }
