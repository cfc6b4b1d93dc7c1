package parser

import (
	"strconv"
	"strings"
)

// typeName parses a type: a word, for some types several words, arguments in parentheses and [].
func (p *parser) typeName() TypeName {
	t := TypeName{At: p.tok.start}
	if !p.tok.kind.isWord() || !p.tok.kind.isName() {
		p.unexpected("a type")
		return t
	}
	t.Name = upperASCII(p.textOf(p.tok))
	p.next()
	switch {
	case t.Name == "DOUBLE" && p.accept(wPrecision):
		t.Name += " PRECISION"
	case (t.Name == "CHARACTER" || t.Name == "CHAR" || t.Name == "BIT") && p.accept(wVarying):
		t.Name += " VARYING"
	}
	if p.accept(tLParen) {
		for {
			t.Args = append(t.Args, p.typeArgument())
			if !p.accept(tComma) {
				break
			}
		}
		p.expect(tRParen)
	}
	if (t.Name == "TIMESTAMP" || t.Name == "TIME") && (p.tok.kind == wWith || p.tok.kind == wWithout) {
		if time, zone := p.peek2(); time.kind == wTime && zone.kind == wZone {
			t.Name += " " + p.tok.kind.String() + " TIME ZONE"
			p.next()
			p.next()
			p.next()
		}
	}
	for p.tok.kind == tLBracket && p.peek().kind == tRBracket {
		p.next()
		p.next()
		if !strings.HasSuffix(t.Name, "[]") {
			t.Name += "[]"
		}
	}
	return t
}

func (p *parser) typeArgument() int64 {
	n, err := strconv.ParseInt(p.textOf(p.tok), 10, 64)
	if p.tok.kind != tInteger || err != nil {
		p.unexpected("a whole number")
	}
	p.next()
	return n
}
