package parser

// from parses the list after FROM.
func (p *parser) from() []TableExpr {
	list := []TableExpr{p.joins()}
	for p.accept(tComma) {
		list = append(list, p.joins())
	}
	return list
}

// joins parses a table and what is joined to it, from left to right.
func (p *parser) joins() TableExpr {
	t := p.table()
	for n := 2; ; n++ {
		j, ok := p.join(t)
		if !ok {
			return t
		}
		t = j
		p.grow(n)
	}
}

// join parses [NATURAL] [INNER | CROSS | LEFT [OUTER] ...] JOIN table [ON cond | USING (names)].
func (p *parser) join(left TableExpr) (*Join, bool) {
	j := &Join{Kind: "INNER", Left: left, At: p.tok.start}
	if j.Natural = p.accept(wNatural); !j.Natural {
		switch p.tok.kind {
		case wJoin, wInner, wCross, wLeft, wRight, wFull:
		default:
			return nil, false
		}
	}
	switch p.tok.kind {
	case wInner, wCross:
		j.Kind = p.tok.kind.String()
		p.next()
	case wLeft, wRight, wFull:
		j.Kind = p.tok.kind.String()
		p.next()
		p.accept(wOuter)
	}
	p.expect(wJoin)
	j.Right = p.table()
	switch {
	case p.accept(wOn):
		j.On = p.expr()
	case p.tok.kind == wUsing:
		p.next()
		j.Using = p.nameList()
	}
	return j, true
}

// table parses a collection, a query or joins in parentheses, or UNNEST(array).
func (p *parser) table() TableExpr {
	at := p.tok.start
	switch {
	case p.tok.kind == tLParen:
		return p.tableInParens()
	case p.tok.kind == wUnnest && p.peek().kind == tLParen:
		p.next()
		outer := p.enter()
		p.next()
		u := &Unnest{At: at, Array: p.expr()}
		p.expect(tRParen)
		p.leave(outer)
		if p.tok.kind == wWith {
			p.next()
			p.expect(wOrdinality)
			u.Ordinality = true
		}
		if u.Alias = p.alias(false); u.Alias != "" && p.tok.kind == tLParen {
			u.Columns = p.nameList()
		}
		return u
	}
	t := p.tableName()
	return &t
}

// tableInParens parses a query or joins in parentheses. Only a query takes an alias after them.
func (p *parser) tableInParens() TableExpr {
	at := p.tok.start
	outer := p.enter()
	p.next()
	var t TableExpr
	if p.startsQuery() {
		t = &DerivedTable{Query: p.query(), At: at}
	} else {
		t = p.joins()
	}
	d, _ := t.(*DerivedTable)
	if d != nil && d.Alias == "" && p.continuesQuery() {
		d.Query = p.queryOf(d.Query, d.At)
	}
	p.expect(tRParen)
	p.leave(outer)
	if d != nil && d.Alias == "" {
		if d.Alias = p.alias(false); d.Alias != "" && p.tok.kind == tLParen {
			d.Columns = p.nameList()
		}
	}
	return t
}

// tableName parses a collection with its alias.
func (p *parser) tableName() TableName {
	t := TableName{At: p.tok.start}
	t.Name = p.name()
	t.Alias = p.alias(false)
	return t
}
