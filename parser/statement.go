package parser

// statement parses one statement. The frequent ones are parsed here, over the tokens; the
// others are grammar (see grammar.go).
func (p *parser) statement() Statement {
	switch p.tok.kind {
	case wSelect, wValues, wTable, tLParen:
		return p.query()
	case wWith:
		return p.afterWith()
	case wInsert:
		return p.insert()
	case wReplace:
		if p.peek().kind == wInto {
			return p.insert()
		}
	case wUpdate:
		return p.update()
	case wDelete:
		return p.delete()
	case wExplain:
		return p.explain()
	}
	return p.command()
}

// afterWith parses WITH and the statement that it stands before: a query, an INSERT of one, an UPDATE or a DELETE.
func (p *parser) afterWith() Statement {
	start := p.tok.start
	q := &Query{}
	p.next()
	p.with(q)
	switch p.tok.kind {
	case wInsert, wReplace:
		at := p.tok.start
		s, ok := p.insert().(*Insert)
		if !ok || s.Query == nil {
			p.fail(at, "WITH stands before an INSERT of a query", "")
			return s
		}
		s.Query.With = append(q.With, s.Query.With...)
		s.Start = start
		return s
	case wUpdate:
		s := p.update().(*Update)
		s.With, s.Start = q.With, start
		return s
	case wDelete:
		s := p.delete().(*Delete)
		s.With, s.Start = q.With, start
		return s
	case wWith:
		p.unexpected("SELECT, VALUES, INSERT, UPDATE or DELETE")
	}
	r := p.query()
	r.With, r.Start = q.With, start
	return r
}

func (p *parser) explain() Statement {
	s := &Explain{}
	p.begin(&s.Meta)
	p.next()
	if s.Analyze = p.accept(wAnalyze); !s.Analyze && p.acceptText("QUERY") { // as SQLite has it
		if !p.acceptText("PLAN") {
			p.unexpected("PLAN")
		}
	}
	switch p.tok.kind {
	case wSelect, wWith, wValues, tLParen, wInsert, wReplace, wUpdate, wDelete:
		s.Statement = p.statement()
	default:
		p.unexpected("SELECT, INSERT, UPDATE or DELETE")
	}
	p.end(&s.Meta)
	return s
}

// name parses a name: a word that is not reserved, or a quoted one.
func (p *parser) name() string {
	if !p.tok.kind.isName() {
		p.unexpected(aName)
		return ""
	}
	n := p.nameText(p.tok)
	p.next()
	return n
}

// nameText returns the name that a token spells.
func (p *parser) nameText(t token) string {
	if t.kind == tQuoted {
		return unquote(p.textOf(t))
	}
	return p.textOf(t)
}

// nameList parses a list of names in parentheses.
func (p *parser) nameList() []string {
	p.expect(tLParen)
	list := []string{p.name()}
	for p.accept(tComma) {
		list = append(list, p.name())
	}
	p.expect(tRParen)
	return list
}

// alias parses [AS] alias and returns "" for none. After AS a result takes any word.
func (p *parser) alias(result bool) string {
	if p.accept(wAs) {
		if result && p.tok.kind.isWord() {
			p.next()
			return p.textOf(p.prev)
		}
		return p.name()
	}
	if p.tok.kind.isAlias() {
		return p.name()
	}
	return ""
}
