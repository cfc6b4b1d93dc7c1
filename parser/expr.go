package parser

import "github.com/fluxdb/fluxdb/document"

// Precedences, from loose to tight. A binary operator takes operands that bind tighter on its
// right and at least as tight on its left.
const (
	precNone = iota
	precOr
	precAnd
	precNot
	precCompare // = <> < IS IN LIKE BETWEEN
	precBit     // & | << >>
	precAdd
	precMultiply
	precConcat
	precUnary
	precPostfix // :: [] .
)

// binding gives how tight the operator that a token can be binds the expression before it.
var binding = [kindCount]uint8{
	wOr: precOr, wAnd: precAnd,
	tEqual: precCompare, tNotEqual: precCompare, tLess: precCompare, tLessEqual: precCompare, tGreater: precCompare, tGreaterEqual: precCompare,
	wIs: precCompare, wIsnull: precCompare, wNotnull: precCompare, wNot: precCompare, wIn: precCompare,
	wLike: precCompare, wIlike: precCompare, wGlob: precCompare, wRegexp: precCompare, wBetween: precCompare,
	tBitAnd: precBit, tBitOr: precBit, tShiftLeft: precBit, tShiftRight: precBit,
	tPlus: precAdd, tMinus: precAdd,
	tStar: precMultiply, tSlash: precMultiply, tPercent: precMultiply,
	tConcat: precConcat,
	tBitNot: precCompare, tMatchNoCase: precCompare, tNoMatch: precCompare, tNoMatchNoCase: precCompare, // ~ between two operands
}

// expr parses an expression.
func (p *parser) expr() Expr { return p.operators(precOr) }

// operators parses an expression of operators that bind at least as tight as least.
func (p *parser) operators(least uint8) Expr {
	x := p.operand(least)
	height := p.height
	for {
		prec := binding[p.tok.kind]
		if prec < least || prec == precNone {
			break
		}
		if p.tok.kind == wNot && !p.notOperator() {
			break
		}
		op := p.tok
		p.next()
		x = p.operator(x, op, prec)
		height = max(height, p.height) + 1
		p.grow(height)
	}
	p.height = height
	p.grow(height)
	return x
}

// notOperator reports whether the NOT in view negates the operator after it.
func (p *parser) notOperator() bool {
	return p.negates(p.peek().kind)
}

// negates reports whether NOT in front of a token of this kind, after an operand, is an operator.
func (p *parser) negates(k kind) bool {
	switch k {
	case wIn, wLike, wIlike, wGlob, wRegexp, wBetween, wNull:
		return true
	}
	return false
}

// operator parses what follows op, which stands after x.
func (p *parser) operator(x Expr, op token, prec uint8) Expr {
	at := At(op.start)
	switch op.kind {
	case wIs:
		return p.is(x, at)
	case wIsnull:
		return &IsNull{at, x, "NULL", false}
	case wNotnull:
		return &IsNull{at, x, "NULL", true}
	}
	not := op.kind == wNot
	if not {
		op = p.tok
		p.next()
	}
	switch op.kind {
	case wNull:
		return &IsNull{at, x, "NULL", true}
	case wIn:
		return p.in(x, at, not)
	case wLike, wIlike:
		e := &Like{At: at, X: x, Pattern: p.operators(precBit), NoCase: op.kind == wIlike, Not: not}
		height := p.height
		if p.accept(wEscape) {
			e.Escape = p.operators(precBit)
			p.height = max(height, p.height)
		}
		return e
	case wGlob, wRegexp:
		// As in SQLite, x GLOB y is the function GLOB(y, x).
		var e Expr = &Call{At: at, Name: op.kind.String(), Args: []Expr{p.operators(precBit), x}}
		if not {
			e = &Unary{at, "NOT", e}
		}
		return e
	case wBetween:
		e := &Between{At: at, X: x, Not: not}
		if p.tok.kind == tName && p.peek().kind != wAnd && !p.acceptText("ASYMMETRIC") {
			e.Symmetric = p.acceptText("SYMMETRIC")
		}
		e.Lo = p.operators(precBit)
		height := p.height
		p.expect(wAnd)
		e.Hi = p.operators(precBit)
		p.height = max(height, p.height)
		return e
	}
	switch op.kind {
	case tBitNot, tMatchNoCase, tNoMatch, tNoMatchNoCase:
		return p.match(x, at, op.kind)
	}
	if prec == precCompare && p.quantified() {
		return p.quantifiedBy(x, at, op.kind.String())
	}
	return &Binary{at, op.kind.String(), x, p.operators(prec + 1)}
}

// match parses the pattern after ~, ~*, !~ and !~*, PostgreSQL's operators for REGEXP(pattern, text).
func (p *parser) match(x Expr, at At, op kind) Expr {
	pattern := p.operators(precBit)
	if op == tMatchNoCase || op == tNoMatchNoCase {
		pattern = &Binary{at, "||", &Literal{At: at, Value: document.String("(?i)")}, pattern}
	}
	var e Expr = &Call{At: at, Name: "REGEXP", Args: []Expr{pattern, x}}
	if op == tNoMatch || op == tNoMatchNoCase {
		e = &Unary{at, "NOT", e}
	}
	return e
}

// quantified reports whether ANY (, SOME ( or ALL ( is in view.
func (p *parser) quantified() bool {
	switch p.tok.kind {
	case wAny, wSome, wAll:
		return p.peek().kind == tLParen
	}
	return false
}

// quantifiedBy parses what is in view after x op: ANY | SOME | ALL and a query or an array in parentheses.
func (p *parser) quantifiedBy(x Expr, at At, op string) Expr {
	e := &Quantified{At: at, X: x, Op: op, All: p.tok.kind == wAll}
	p.next()
	outer := p.enter()
	p.next()
	if p.startsQuery() {
		e.Query = p.query()
	} else {
		e.Array = p.expr()
		if sub, ok := e.Array.(*Subquery); ok && p.continuesQuery() {
			e.Query, e.Array = p.queryOf(sub.Query, sub.Pos()), nil
		}
	}
	p.expect(tRParen)
	p.leave(outer)
	return e
}

// is parses what follows IS.
func (p *parser) is(x Expr, at At) Expr {
	not := p.accept(wNot)
	switch p.tok.kind {
	case wNull, wMissing, wTrue, wFalse, wUnknown:
		what := p.tok.kind.String()
		p.next()
		return &IsNull{at, x, what, not}
	case wDistinct:
		p.next()
		p.expect(wFrom)
		return &IsDistinct{at, x, p.operators(precBit), not}
	}
	return &IsDistinct{at, x, p.operators(precBit), !not}
}

// in parses what follows IN: a list or a query in parentheses, else an expression that gives an array.
func (p *parser) in(x Expr, at At, not bool) Expr {
	e := &In{At: at, X: x, Not: not}
	if p.tok.kind != tLParen {
		e.Array = p.operators(precBit)
		return e
	}
	outer := p.enter()
	p.next()
	switch {
	case p.startsQuery():
		e.Query = p.query()
	case p.tok.kind == tRParen:
		e.List = []Expr{}
	default:
		e.List = p.exprs()
	}
	p.expect(tRParen)
	p.leave(outer)
	return e
}

// exprs parses expressions separated by commas.
func (p *parser) exprs() []Expr {
	list := []Expr{p.expr()}
	for p.accept(tComma) {
		list = append(list, p.expr())
	}
	return list
}

// operand parses a prefix operator with what it applies to, or a primary with what is written
// after it. NOT stands only where nothing that binds tighter waits for an operand.
func (p *parser) operand(least uint8) Expr {
	t := p.tok
	switch t.kind {
	case wNot:
		if least > precNot {
			break
		}
		outer := p.enter()
		p.next()
		e := &Unary{At(t.start), "NOT", p.operators(precNot)}
		p.leave(outer)
		return e
	case tMinus:
		if next := p.peek(); next.kind == tInteger || next.kind == tFloat {
			p.next()
			return p.postfix(p.number(t.start, true), t.start)
		}
		fallthrough
	case tPlus, tBitNot:
		outer := p.enter()
		p.next()
		e := &Unary{At(t.start), t.kind.String(), p.operators(precUnary)}
		p.leave(outer)
		return e
	}
	return p.postfix(p.primary(), t.start)
}
