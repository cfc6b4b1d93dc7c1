package parser

// groupBy parses the list after GROUP BY: ALL, or expressions, ROLLUP, CUBE and GROUPING SETS.
func (p *parser) groupBy(s *Select) {
	if p.tok.kind == wAll {
		p.next()
		s.GroupAll = true
		return
	}
	s.GroupBy = []Expr{p.groupElement()}
	for p.accept(tComma) {
		s.GroupBy = append(s.GroupBy, p.groupElement())
	}
	if p.tok.kind == wWith && p.wordAfter("ROLLUP") { // as MySQL has it
		at := At(p.tok.start)
		p.next()
		p.next()
		s.GroupBy = []Expr{&GroupingSets{at, "ROLLUP", s.GroupBy}}
	}
}

// groupElement parses an expression, (a, b) or (), ROLLUP (...), CUBE (...) or GROUPING SETS (...).
func (p *parser) groupElement() Expr {
	at := At(p.tok.start)
	switch {
	case p.tok.kind == tLParen && p.peek().kind == tRParen:
		p.next()
		p.next()
		return &Tuple{At: at}
	case p.peek().kind == tLParen && p.acceptText("ROLLUP"):
		return p.groupingSets(at, "ROLLUP")
	case p.peek().kind == tLParen && p.acceptText("CUBE"):
		return p.groupingSets(at, "CUBE")
	case p.tok.kind.isWord() && p.wordAfter("SETS") && p.acceptText("GROUPING"):
		p.next()
		return p.groupingSets(at, "GROUPING SETS")
	}
	return p.expr()
}

// groupingSets parses the elements in parentheses.
func (p *parser) groupingSets(at At, kind string) Expr {
	g := &GroupingSets{At: at, Kind: kind}
	outer := p.enter()
	p.expect(tLParen)
	g.Items = []Expr{p.groupElement()}
	for p.accept(tComma) {
		g.Items = append(g.Items, p.groupElement())
	}
	p.expect(tRParen)
	p.leave(outer)
	return g
}

// wordAfter reports whether the token after the one in view is this word.
func (p *parser) wordAfter(word string) bool {
	t := p.peek()
	return t.kind.isWord() && upperASCII(p.textOf(t)) == word
}
