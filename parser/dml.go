package parser

import "fmt"

// insert parses INSERT [OR IGNORE | REPLACE | ABORT] INTO c [(paths)] VALUES rows | query | DEFAULT VALUES [ON CONFLICT ...]
// [RETURNING list], and REPLACE INTO, which is INSERT OR REPLACE.
func (p *parser) insert() Statement {
	s := &Insert{}
	p.begin(&s.Meta)
	at := p.tok.start
	if p.tok.kind == wReplace {
		s.Conflict = &OnConflict{Action: "REPLACE", At: at}
	}
	p.next()
	if s.Conflict == nil && p.accept(wOr) {
		at = p.tok.start
		switch {
		case p.accept(wIgnore):
			s.Conflict = &OnConflict{Action: "NOTHING", At: at}
		case p.accept(wReplace):
			s.Conflict = &OnConflict{Action: "REPLACE", At: at}
		case p.accept(wAbort): // as without
		default:
			p.unexpected("IGNORE, REPLACE or ABORT")
		}
	}
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
	if p.tok.kind == wOn && s.Conflict == nil {
		s.Conflict = p.onConflict()
	}
	s.Returning = p.returning()
	p.end(&s.Meta)
	return s
}

// onConflict parses ON CONFLICT [(paths)] DO NOTHING | DO UPDATE SET path = expr, ... [UNSET path, ...] [WHERE cond].
func (p *parser) onConflict() *OnConflict {
	c := &OnConflict{At: p.tok.start}
	p.next()
	p.expect(wConflict)
	if p.tok.kind == tLParen {
		c.Target = p.pathList()
	}
	p.expect(wDo)
	if p.accept(wNothing) {
		c.Action = "NOTHING"
		return c
	}
	c.Action = "UPDATE"
	p.expect(wUpdate)
	c.Sets, c.Unset = p.changes()
	if p.accept(wWhere) {
		c.Where = p.expr()
	}
	return c
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

// update parses UPDATE c [alias] SET path = expr, ... UNSET path, ... [FROM sources] [WHERE cond] [RETURNING list].
func (p *parser) update() Statement {
	s := &Update{}
	p.begin(&s.Meta)
	p.next()
	s.Table = p.tableName()
	s.Sets, s.Unset = p.changes()
	if p.accept(wFrom) {
		s.From = p.from()
	}
	if p.accept(wWhere) {
		s.Where = p.expr()
	}
	s.Returning = p.returning()
	p.end(&s.Meta)
	return s
}

// changes parses SET path = expr, ... and UNSET path, ... in any order; either may be left out.
func (p *parser) changes() (sets []Assignment, unset []*Path) {
	for {
		switch {
		case p.tok.kind == wSet && sets == nil:
			p.next()
			sets = p.assignments()
			continue
		case p.tok.kind == wUnset && unset == nil:
			p.next()
			unset = []*Path{p.fieldPath()}
			for p.accept(tComma) {
				unset = append(unset, p.fieldPath())
			}
			continue
		case sets == nil && unset == nil:
			p.unexpected("SET or UNSET")
		}
		return sets, unset
	}
}

func (p *parser) assignments() []Assignment {
	var list []Assignment
	for {
		if p.tok.kind == tLParen {
			list = p.rowAssignment(list)
		} else {
			a := Assignment{Path: p.fieldPath()}
			if p.expect(tEqual); !p.accept(wDefault) {
				a.Expr = p.expr()
			}
			list = append(list, a)
		}
		if !p.accept(tComma) {
			return list
		}
	}
}

// rowAssignment parses (path, ...) = (value, ...), which is one assignment for each path, or (path, ...) = (query).
func (p *parser) rowAssignment(list []Assignment) []Assignment {
	row := p.pathList()
	p.expect(tEqual)
	at := p.tok.start
	e := p.expr()
	values := []Expr{e}
	if t, ok := e.(*Tuple); ok {
		values = t.Items
	}
	switch _, query := e.(*Subquery); {
	case query && len(row) > 1:
		return append(list, Assignment{Row: row, Expr: e})
	case len(values) != len(row):
		p.fail(at, fmt.Sprintf("%d values for %d paths", len(values), len(row)), "")
	default:
		for i := range row {
			list = append(list, Assignment{Path: row[i], Expr: values[i]})
		}
	}
	return list
}

// delete parses DELETE FROM c [alias] [USING sources] [WHERE cond] [RETURNING list].
func (p *parser) delete() Statement {
	s := &Delete{}
	p.begin(&s.Meta)
	p.next()
	p.expect(wFrom)
	s.Table = p.tableName()
	if p.accept(wUsing) {
		s.Using = p.from()
	}
	if p.accept(wWhere) {
		s.Where = p.expr()
	}
	s.Returning = p.returning()
	p.end(&s.Meta)
	return s
}
