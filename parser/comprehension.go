package parser

import "github.com/fluxdb/fluxdb/document"

// Comprehensions: ARRAY value FOR x IN array, ... [WHEN cond] END, FIRST the same, and OBJECT key: value FOR ... END.

// comprehends reports whether the word in view begins a comprehension, and is no name: an expression follows that is no
// alias of it.
func (p *parser) comprehends() bool {
	next, after := p.peek2()
	switch next.kind {
	case tInteger, tFloat, tString, tText, tBlob, tLBrace, wCase, wNull:
		return true
	case wNot:
		return !p.negates(after.kind)
	case tName, tQuoted:
	case wArray, wFirst, wObject:
		if after.kind == tName || after.kind == tLBrace {
			return true
		}
	default:
		if next.kind < firstWord || words[next.kind].reserved || words[next.kind].noAlias || binding[next.kind] != precNone {
			return false
		}
	}
	switch after.kind {
	case wFor, tDot, tLBracket, tLParen, tColon, tDoubleColon:
		return true
	case tParam:
		return p.text[after.start] == ':'
	}
	return binding[after.kind] != precNone && after.kind != wIn
}

// arrayFrom parses ARRAY[a, b], in view, and ARRAY [a, b] FOR ... END.
func (p *parser) arrayFrom() Expr {
	at := At(p.tok.start)
	outer := p.enter()
	p.next()
	e := p.array()
	if p.tok.kind == wFor {
		c := &Comprehension{At: at, Value: e}
		p.forEach(c)
		e = c
	}
	p.leave(outer)
	return e
}

// arrayOf parses ARRAY value FOR ... END, in view.
func (p *parser) arrayOf() Expr {
	e := &Comprehension{At: At(p.tok.start)}
	outer := p.enter()
	p.next()
	e.Value = p.expr()
	p.forEach(e)
	p.leave(outer)
	return e
}

// firstOf parses FIRST value FOR ... END, in view: the first element of the array.
func (p *parser) firstOf() Expr {
	at := At(p.tok.start)
	return &Access{at, p.arrayOf(), document.Path{{Kind: document.StepIndex}}}
}

// objectOf parses OBJECT key: value FOR ... END, in view.
func (p *parser) objectOf() Expr {
	e := &Comprehension{At: At(p.tok.start)}
	outer := p.enter()
	p.next()
	e.Key = p.expr()
	if !p.splitColon() {
		p.unexpected(tColon.expected())
	}
	e.Value = p.expr()
	p.forEach(e)
	p.leave(outer)
	return e
}

// forEach parses FOR x IN array, y IN array [WHEN cond] END.
func (p *parser) forEach(e *Comprehension) {
	p.expect(wFor)
	e.Vars = p.bindings()
	if p.accept(wWhen) {
		e.When = p.expr()
	}
	p.expect(wEnd)
}

// bindings parses x IN array, y IN array.
func (p *parser) bindings() []ForVar {
	var list []ForVar
	for {
		v := ForVar{Name: p.name()}
		p.expect(wIn)
		v.Array = p.expr()
		list = append(list, v)
		if !p.accept(tComma) {
			return list
		}
	}
}

// comprehension prints e, what it makes in parentheses: a word beside ARRAY or OBJECT may make a name of these.
func (f *formatter) comprehension(e *Comprehension) {
	word := "ARRAY ("
	if e.Key != nil {
		f.WriteString("OBJECT (")
		f.expr(e.Key, precOr)
		word = "): ("
	}
	f.WriteString(word)
	f.expr(e.Value, precOr)
	f.WriteString(") FOR ")
	f.list(len(e.Vars), func(i int) {
		f.name(e.Vars[i].Name)
		f.WriteString(" IN ")
		f.expr(e.Vars[i].Array, precOr)
	})
	f.clause(" WHEN ", e.When)
	f.WriteString(" END")
}
