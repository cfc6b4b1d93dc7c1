package parser

import (
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// primary parses an expression without operators around it. On an error it returns a Literal.
func (p *parser) primary() Expr {
	t := p.tok
	p.height = 1
	switch t.kind {
	case tInteger, tFloat:
		return p.number(t.start, false)
	case tString:
		p.next()
		return p.literal(t.start, stringValue(p.textOf(t)))
	case tText:
		return p.escapedText()
	case tBlob:
		return p.blob()
	case tParam:
		return p.param()
	case tLParen:
		return p.parens()
	case tLBrace:
		return p.object()
	case tLBracket:
		return p.array()
	case tQuoted:
		if p.rowless && p.constructors > 0 && p.text[t.start] == '"' {
			return p.jsonString()
		}
		return p.path()
	case tName:
		if p.peek().kind == tLParen {
			return p.call()
		}
		return p.path()
	}
	if t.kind >= firstWord {
		return p.keyword()
	}
	p.unexpected(anExpression)
	return &Literal{At: At(t.start)}
}

// keyword parses an expression that begins with a keyword: a form of its own, else a name.
func (p *parser) keyword() Expr {
	t := p.tok
	switch t.kind {
	case wNull:
		p.next()
		return p.literal(t.start, nullValue)
	case wCase:
		return p.caseWhen()
	}
	next := p.peek()
	switch t.kind {
	case wTrue, wFalse, wMissing:
		if next.kind != tLParen && next.kind != tDot {
			p.next()
			return p.literal(t.start, wordValue(t.kind))
		}
	case wCurrentDate, wCurrentTime, wCurrentTimestamp, wLocaltime, wLocaltimestamp:
		if next.kind != tLParen && next.kind != tDot {
			p.next()
			return &Call{At: At(t.start), Name: t.kind.String()}
		}
	case wCast, wTryCast:
		if next.kind == tLParen {
			return p.cast()
		}
	case wSome, wAny, wEvery:
		if t.kind != wEvery && next.kind == tLParen {
			p.fail(t.start, t.kind.String()+" (...) stands after a comparison", "x = ANY (...); of one array: ANY v IN array SATISFIES ... END")
			return &Literal{At: At(t.start)}
		}
		if v, in := p.peek2(); v.kind.isName() && in.kind == wIn {
			return p.quantifier()
		}
	case wExists:
		if next.kind == tLParen {
			return p.exists()
		}
	case wRow:
		if next.kind == tLParen {
			return p.rowOf()
		}
	case wArray:
		switch next.kind {
		case tLBracket:
			return p.arrayFrom()
		case tLParen:
			if _, first := p.peek2(); first.kind == wSelect || first.kind == wWith || first.kind == wValues || first.kind == wTable {
				return p.arrayOfQuery()
			}
			return p.arrayOf()
		}
		if p.comprehends() {
			return p.arrayOf()
		}
	case wFirst:
		if p.comprehends() {
			return p.firstOf()
		}
	case wObject:
		if next.kind == tLParen || p.comprehends() {
			return p.objectOf()
		}
	case wDate, wTimestamp, wTimestamptz:
		if next.kind == tString {
			return p.timestamp()
		}
	}
	switch {
	case words[t.kind].reserved:
		p.unexpected(anExpression)
		return &Literal{At: At(t.start)}
	case next.kind == tLParen:
		return p.call()
	}
	return p.path()
}

// parens parses ( ): an expression or a query.
func (p *parser) parens() Expr {
	at := At(p.tok.start)
	outer := p.enter()
	p.next()
	var e Expr
	if p.startsQuery() {
		e = &Subquery{at, p.query()}
	} else {
		e = p.expr()
		if sub, ok := e.(*Subquery); ok && p.continuesQuery() {
			e = &Subquery{at, p.queryOf(sub.Query, sub.Pos())}
		}
		if p.accept(tComma) {
			e = &Tuple{at, append([]Expr{e}, p.exprs()...)}
		}
	}
	p.expect(tRParen)
	p.leave(outer)
	return e
}

// rowOf parses ROW(a, b), which is in view.
func (p *parser) rowOf() Expr {
	e := &Tuple{At: At(p.tok.start)}
	p.next()
	outer := p.enter()
	p.next()
	e.Items = p.exprs()
	p.expect(tRParen)
	p.leave(outer)
	return e
}

// startsQuery reports whether a query begins at the token in view, the first one in parentheses.
func (p *parser) startsQuery() bool {
	switch p.tok.kind {
	case wSelect:
		return true
	case wWith:
		return p.peek().kind.isWord()
	case wValues:
		return p.peek().kind == tLParen
	case wTable:
		return p.peek().kind.isName()
	}
	return false
}

// call parses name(args [ORDER BY items]) [WITHIN GROUP (ORDER BY items)] [FILTER (WHERE cond)] [OVER window], which is
// in view.
func (p *parser) call() Expr {
	e := &Call{At: At(p.tok.start), Name: upperASCII(p.textOf(p.tok))}
	p.next()
	outer := p.enter()
	p.next()
	switch {
	case p.tok.kind == tStar:
		p.next()
		e.Star = true
	case e.Name == "EXTRACT" && p.tok.kind.isWord() && p.peek().kind == wFrom:
		// EXTRACT(part FROM t) is DATE_PART('part', t).
		part := &Literal{At: At(p.tok.start), Value: document.String(strings.ToLower(p.textOf(p.tok)))}
		p.next()
		p.next()
		e.Name, e.Args = "DATE_PART", []Expr{part, p.expr()}
	case p.tok.kind != tRParen:
		e.Distinct = p.accept(wDistinct)
		if !e.Distinct {
			p.accept(wAll)
		}
		if e.Distinct || p.tok.kind != wOrder {
			e.Args = p.exprs()
		}
		if p.accept(wOrder) {
			p.expect(wBy)
			e.OrderBy = p.orderBy()
		}
	}
	p.expect(tRParen)
	if e.OrderBy == nil && p.withinGroup() {
		p.next()
		p.next()
		p.next()
		p.expect(wOrder)
		p.expect(wBy)
		e.OrderBy = p.orderBy()
		p.expect(tRParen)
	}
	if p.tok.kind == wFilter && p.peek().kind == tLParen {
		p.next()
		p.next()
		p.expect(wWhere)
		e.Filter = p.expr()
		p.expect(tRParen)
	}
	if p.accept(wOver) {
		e.Over = p.over()
	}
	p.leave(outer)
	return e
}

// withinGroup reports whether WITHIN GROUP ( is in view.
func (p *parser) withinGroup() bool {
	if p.tok.kind != tName || !strings.EqualFold(p.textOf(p.tok), "WITHIN") {
		return false
	}
	group, paren := p.peek2()
	return group.kind == wGroup && paren.kind == tLParen
}

func (p *parser) caseWhen() Expr {
	e := &Case{At: At(p.tok.start)}
	outer := p.enter()
	p.next()
	if p.tok.kind != wWhen {
		e.Operand = p.expr()
	}
	if p.tok.kind != wWhen {
		p.unexpected("WHEN")
	}
	for p.accept(wWhen) {
		var w When
		w.Cond = p.expr()
		p.expect(wThen)
		w.Result = p.expr()
		e.Whens = append(e.Whens, w)
	}
	if p.accept(wElse) {
		e.Else = p.expr()
	}
	p.expect(wEnd)
	p.leave(outer)
	return e
}

// cast parses CAST(x AS type) and TRY_CAST.
func (p *parser) cast() Expr {
	e := &Cast{At: At(p.tok.start), Try: p.tok.kind == wTryCast}
	p.next()
	outer := p.enter()
	p.next()
	e.X = p.expr()
	p.expect(wAs)
	e.Type = p.typeName()
	p.expect(tRParen)
	p.leave(outer)
	return e
}

// quantifier parses ANY|SOME|EVERY v IN array, ... SATISFIES cond END. With several variables it is one in the other.
func (p *parser) quantifier() Expr {
	e := &Quantifier{At: At(p.tok.start), Every: p.tok.kind == wEvery}
	outer := p.enter()
	p.next()
	vars := p.bindings()
	p.expect(wSatisfies)
	cond := p.expr()
	p.expect(wEnd)
	for i := len(vars) - 1; i > 0; i-- {
		cond = &Quantifier{e.At, e.Every, vars[i].Name, vars[i].Array, cond}
		p.grow(p.height + len(vars) - i)
	}
	e.Var, e.Array, e.Cond = vars[0].Name, vars[0].Array, cond
	p.leave(outer)
	return e
}

// exists parses EXISTS (query).
func (p *parser) exists() Expr {
	at := At(p.tok.start)
	p.next()
	outer := p.enter()
	p.next()
	e := &Exists{at, p.query()}
	p.expect(tRParen)
	p.leave(outer)
	return e
}
