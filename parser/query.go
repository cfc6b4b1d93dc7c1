package parser

import (
	"slices"
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// query parses [WITH ...] SELECT ... with what applies to its whole result.
func (p *parser) query() *Query { return p.queryOf(nil, 0) }

// queryOf parses a query, or the rest of one of which first, in parentheses from start, was
// parsed already.
func (p *parser) queryOf(first *Query, start int) *Query {
	q := &Query{}
	outer := p.enter()
	rowless, json, constructors := p.rowless, p.json, p.constructors
	p.rowless, p.json, p.constructors = false, false, 0
	p.begin(&q.Meta)
	var left QueryBody
	switch {
	case first != nil:
		q.Start, left = start, first.unwrapped()
		p.grow(p.height)
	case p.accept(wWith):
		p.with(q)
	}
	q.Body = p.union(left)
	if p.accept(wOrder) {
		p.expect(wBy)
		q.OrderBy = p.orderBy()
	}
	p.limit(q)
	p.end(&q.Meta)
	p.rowless, p.json, p.constructors = rowless, json, constructors
	p.leave(outer)
	return q
}

// continuesQuery reports whether the token in view goes on after a query in parentheses.
func (p *parser) continuesQuery() bool {
	switch p.tok.kind {
	case wUnion, wIntersect, wExcept, wOrder, wLimit, wOffset:
		return true
	}
	return false
}

// unwrapped returns a query as the operand of another: its body, if it is no more than that.
func (q *Query) unwrapped() QueryBody {
	if q.With == nil && q.OrderBy == nil && q.Limit == nil && q.Offset == nil {
		return q.Body
	}
	return q
}

// with parses the list after WITH.
func (p *parser) with(q *Query) {
	recursive := false
	if p.tok.kind == wRecursive && p.peek().kind != wAs {
		p.next()
		recursive = true
	}
	for {
		c := CTE{At: p.tok.start, Name: p.name(), Recursive: recursive}
		if p.tok.kind == tLParen {
			c.Columns = p.nameList()
		}
		p.expect(wAs)
		p.expect(tLParen)
		c.Query = p.query()
		p.expect(tRParen)
		q.With = append(q.With, c)
		if !p.accept(tComma) {
			return
		}
	}
}

// union parses SELECTs joined by UNION and EXCEPT, after left if that is not nil; INTERSECT binds tighter.
func (p *parser) union(left QueryBody) QueryBody {
	b := p.intersect(left)
	for n := 1; p.tok.kind == wUnion || p.tok.kind == wExcept; n++ {
		c := p.compound(b)
		c.Right = p.intersect(nil)
		b = c
		p.grow(n + 1)
	}
	return b
}

func (p *parser) intersect(left QueryBody) QueryBody {
	b := left
	if b == nil {
		b = p.body()
	}
	for n := 1; p.tok.kind == wIntersect; n++ {
		c := p.compound(b)
		c.Right = p.body()
		b = c
		p.grow(n + 1)
	}
	return b
}

func (p *parser) compound(left QueryBody) *Compound {
	c := &Compound{Op: p.tok.kind.String(), Left: left, At: p.tok.start}
	p.next()
	c.All = p.accept(wAll)
	if !c.All {
		p.accept(wDistinct)
	}
	return c
}

// body parses a SELECT, VALUES or a query in parentheses.
func (p *parser) body() QueryBody {
	switch p.tok.kind {
	case tLParen:
	case wValues:
		return p.values()
	case wTable:
		p.next()
		at := p.tok.start
		return &Select{Items: []SelectItem{{Star: true, Pos: at}}, From: []TableExpr{&TableName{Name: p.name(), At: at}}}
	default:
		return p.selectBody()
	}
	p.next()
	q := p.query()
	p.expect(tRParen)
	return q.unwrapped()
}

// values parses VALUES (expr, ...), ...
func (p *parser) values() *Values {
	v := &Values{At: p.tok.start}
	p.next()
	for {
		outer := p.enter()
		p.expect(tLParen)
		v.Rows = append(v.Rows, p.exprs())
		p.expect(tRParen)
		p.leave(outer)
		if !p.accept(tComma) {
			return v
		}
	}
}

// selectBody parses SELECT ... WINDOW.
func (p *parser) selectBody() QueryBody {
	s := &Select{}
	p.expect(wSelect)
	switch {
	case p.accept(wDistinct):
		s.Distinct = true
		if p.accept(wOn) {
			p.expect(tLParen)
			s.DistinctOn = p.exprs()
			p.expect(tRParen)
		}
	default:
		p.accept(wAll)
	}
	s.Items = p.results()
	if p.accept(wFrom) {
		s.From = p.from()
	}
	if p.accept(wWhere) {
		s.Where = p.expr()
	}
	if p.accept(wGroup) {
		p.expect(wBy)
		p.groupBy(s)
	}
	if p.accept(wHaving) {
		s.Having = p.expr()
	}
	if p.accept(wWindow) {
		s.Windows = p.windows()
	}
	return s
}

// selectValue reports whether the word VALUE in view makes SELECT VALUE: it does before
// the start of an expression, and is a name before anything else.
func (p *parser) selectValue() bool {
	if p.tok.kind != wValue {
		return false
	}
	next, after := p.peek2()
	switch next.kind {
	case tInteger, tFloat, tString, tText, tBlob, tParam, tQuoted, tLBrace, tBitNot, tName, wNull, wCase:
		return true
	case wNot:
		return !p.negates(after.kind)
	}
	return next.kind >= firstWord && !words[next.kind].reserved && binding[next.kind] == precNone
}

// results parses a select list, or that of RETURNING: VALUE and one expression, or items.
func (p *parser) results() []SelectItem {
	if !p.selectValue() {
		return p.items()
	}
	it := SelectItem{Pos: p.tok.start, Value: true}
	p.next()
	p.result(&it)
	if p.tok.kind == tComma {
		p.fail(p.tok.start, "SELECT VALUE takes one expression", "")
	}
	return []SelectItem{it}
}

// items parses a list of results.
func (p *parser) items() []SelectItem {
	list := []SelectItem{p.item()}
	for p.accept(tComma) {
		list = append(list, p.item())
	}
	return list
}

func (p *parser) item() SelectItem {
	it := SelectItem{Pos: p.tok.start}
	switch {
	case p.tok.kind == tStar:
		it.Star = true
	case p.tok.kind.isName():
		if dot, star := p.peek2(); dot.kind == tDot && star.kind == tStar {
			it.Star = true
			it.Table = p.name()
			p.next()
		}
	}
	if it.Star {
		p.next()
		it.Flatten = p.accept(wFlatten)
		except := p.tok.kind == wExcept && p.peek().kind == tLParen // as some others call it; without FROM there is no EXCEPT of queries here
		switch {
		case !except && !p.accept(wExclude):
		case p.tok.kind == tLParen || except:
			if except {
				p.next()
			}
			it.Exclude = p.pathList()
		default:
			it.Exclude = []*Path{p.fieldPath()}
		}
		return it
	}
	p.result(&it)
	return it
}

// result parses an expression and its alias.
func (p *parser) result(it *SelectItem) {
	start := p.tok.start
	it.Expr = p.expr()
	if p.err == nil {
		it.Text = p.text[start:p.prev.end]
	}
	it.Alias = p.alias(true)
}

// pathList parses paths in parentheses.
func (p *parser) pathList() []*Path {
	p.expect(tLParen)
	list := []*Path{p.fieldPath()}
	for p.accept(tComma) {
		list = append(list, p.fieldPath())
	}
	p.expect(tRParen)
	return list
}

func (p *parser) orderBy() []OrderItem {
	var list []OrderItem
	for {
		o := OrderItem{Expr: p.expr()}
		if c, ok := o.Expr.(*Collate); ok {
			o.Expr, o.Collate = c.X, c.Name
		}
		if !p.accept(wAsc) {
			o.Desc = p.accept(wDesc)
		}
		if p.accept(wNulls) {
			first := p.accept(wFirst)
			if !first && !p.accept(wLast) {
				p.unexpected("FIRST or LAST")
			}
			o.NullsFirst = &first
		}
		list = append(list, o)
		if !p.accept(tComma) {
			return list
		}
	}
}

// limit parses LIMIT n [OFFSET m], LIMIT m, n, OFFSET m [ROWS] and FETCH FIRST [n] ROWS ONLY, in any order.
func (p *parser) limit(q *Query) {
	for {
		switch {
		case p.tok.kind == wLimit && q.Limit == nil:
			p.next()
			if p.accept(wAll) {
				continue
			}
			q.Limit = p.expr()
			if p.tok.kind == tComma && q.Offset == nil {
				p.next()
				q.Offset, q.Limit = q.Limit, p.expr()
			}
		case p.tok.kind == wOffset && q.Offset == nil:
			p.next()
			q.Offset = p.expr()
			p.acceptText("ROW", "ROWS")
		case p.tok.kind == wFetch && q.Limit == nil:
			q.Limit = p.fetch()
		default:
			return
		}
	}
}

// fetch parses FETCH FIRST|NEXT [n] ROW|ROWS ONLY, the standard's LIMIT.
func (p *parser) fetch() Expr {
	at := p.tok.start
	p.next()
	if !p.acceptText("FIRST", "NEXT") {
		p.unexpected("FIRST or NEXT")
	}
	var n Expr = &Literal{At: At(at), Value: document.Int(1)}
	if !p.acceptText("ROW", "ROWS") {
		n = p.primary()
		if !p.acceptText("ROW", "ROWS") {
			p.unexpected("ROWS")
		}
	}
	p.expect(wOnly)
	return n
}

// acceptText skips a name that is one of these words, which need not be keywords for it.
func (p *parser) acceptText(words ...string) bool {
	if !p.tok.kind.isWord() || !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, p.textOf(p.tok)) }) {
		return false
	}
	p.next()
	return true
}

// collation parses the name after COLLATE.
func (p *parser) collation() string {
	return upperASCII(p.name())
}
