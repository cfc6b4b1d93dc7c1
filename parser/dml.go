package parser

// insert parses INSERT INTO c [(paths)] VALUES rows | query | DEFAULT VALUES [RETURNING list].
func (p *parser) insert() Statement {
	s := &Insert{}
	p.begin(&s.Meta)
	p.next()
	p.expect(wInto)
	s.Table.At = p.tok.start
	s.Table.Name = p.name()
	if p.accept(wAs) {
		s.Table.Alias = p.name()
	}
	if p.tok.kind == tLParen && !p.queryInView() {
		s.Columns = p.pathList()
	}
	switch {
	case p.accept(wValues):
		p.rowless = true
		p.rows(s)
		p.rowless = false
	case p.tok.kind == wSelect || p.tok.kind == wWith || p.tok.kind == tLParen:
		s.Query = p.query()
	case p.tok.kind == wDefault && s.Columns == nil:
		// A document without fields of its own has the defaults of all.
		at := p.tok.start
		p.next()
		p.expect(wValues)
		s.Rows = []Row{{Pos: at, Document: true, Values: []Expr{&Object{At: At(at)}}}}
	default:
		p.unexpected("VALUES or SELECT")
	}
	s.Returning = p.returning()
	p.end(&s.Meta)
	return s
}

// queryInView reports whether the parenthesis in view opens a query.
func (p *parser) queryInView() bool {
	first, second := p.peek2()
	return first.kind == wSelect || first.kind == wWith && second.kind.isWord() || first.kind == tLParen
}

// rows parses the list after VALUES.
func (p *parser) rows(s *Insert) {
	width := 1
	for {
		r := Row{Pos: p.tok.start}
		switch {
		case p.tok.kind == tLBrace:
			if s.Columns != nil {
				p.fail(p.tok.start, "a document stands without a column list", "")
			}
			r.Document = true
			r.Values = []Expr{p.postfix(p.primary(), r.Pos)}
		case p.tok.kind == tLParen:
			r.Values = p.row(width)
			width = len(r.Values)
			r.Document = width == 1 && isDocument(r.Values[0])
		default:
			p.unexpected("a row in parentheses or a document")
		}
		s.Rows = append(s.Rows, r)
		if !p.accept(tComma) {
			return
		}
	}
}

// row parses (value, DEFAULT, ...), as many as the row before had.
func (p *parser) row(width int) []Expr {
	outer := p.enter()
	p.next()
	values := make([]Expr, 0, width)
	for {
		if p.accept(wDefault) {
			values = append(values, nil)
		} else {
			values = append(values, p.expr())
		}
		if !p.accept(tComma) {
			break
		}
	}
	p.expect(tRParen)
	p.leave(outer)
	return values
}

func isDocument(e Expr) bool {
	switch e.(type) {
	case *Object, *Param:
		return true
	}
	return false
}

// returning parses [RETURNING list].
func (p *parser) returning() []SelectItem {
	if !p.accept(wReturning) {
		return nil
	}
	return p.results()
}

// update parses UPDATE c [alias] SET path = expr, ... UNSET path, ... [WHERE cond] [RETURNING list].
// SET and UNSET stand in any order, either may be left out.
func (p *parser) update() Statement {
	s := &Update{}
	p.begin(&s.Meta)
	p.next()
	s.Table = p.tableName()
	for {
		switch {
		case p.tok.kind == wSet && s.Sets == nil:
			p.next()
			s.Sets = p.assignments()
			continue
		case p.tok.kind == wUnset && s.Unset == nil:
			p.next()
			s.Unset = []*Path{p.fieldPath()}
			for p.accept(tComma) {
				s.Unset = append(s.Unset, p.fieldPath())
			}
			continue
		case s.Sets == nil && s.Unset == nil:
			p.unexpected("SET or UNSET")
		}
		break
	}
	if p.accept(wWhere) {
		s.Where = p.expr()
	}
	s.Returning = p.returning()
	p.end(&s.Meta)
	return s
}

func (p *parser) assignments() []Assignment {
	var list []Assignment
	for {
		a := Assignment{Path: p.fieldPath()}
		p.expect(tEqual)
		a.Expr = p.expr()
		list = append(list, a)
		if !p.accept(tComma) {
			return list
		}
	}
}

// delete parses DELETE FROM c [alias] [WHERE cond] [RETURNING list].
func (p *parser) delete() Statement {
	s := &Delete{}
	p.begin(&s.Meta)
	p.next()
	p.expect(wFrom)
	s.Table = p.tableName()
	if p.accept(wWhere) {
		s.Where = p.expr()
	}
	s.Returning = p.returning()
	p.end(&s.Meta)
	return s
}
