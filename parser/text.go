package parser

import (
	"strings"
	"unicode/utf8"

	"github.com/fluxdb/fluxdb/document"
)

// escapedText parses E'...' with its escapes, and $tag$...$tag$, which has none.
func (p *parser) escapedText() Expr {
	t := p.tok
	s := p.textOf(t)
	if s[0] == '$' {
		tag := strings.IndexByte(s[1:], '$') + 2
		s = s[tag : len(s)-tag]
	} else {
		s = p.unescaped(t.start+2, s[2:len(s)-1])
	}
	p.next()
	return p.literal(t.start, document.String(s))
}

// unescaped replaces the escapes of C in s, which stands at offset at, and doubled quotes.
func (p *parser) unescaped(at int, s string) string {
	if !strings.ContainsAny(s, `\'`) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'':
			i++
			b = append(b, c)
			continue
		case c != '\\':
			b = append(b, c)
			continue
		}
		i++
		start := i
		switch c := s[i]; c {
		case 'b', 'f', 'n', 'r', 't':
			b = append(b, "\b\f\n\r\t"[strings.IndexByte("bfnrt", c)])
		case 'x', 'u', 'U':
			digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
			n := rune(0)
			for ; i-start < digits && i+1 < len(s) && isHex(s[i+1]); i++ {
				n = n<<4 | hexDigit(s[i+1])
			}
			if i == start || c != 'x' && i-start < digits || n > utf8.MaxRune || n == 0 || c != 'x' && !utf8.ValidRune(n) {
				p.fail(at+start-1, `\x takes two hexadecimal digits, \u four and \U eight, of a character`, "")
				return ""
			}
			if c == 'x' {
				b = append(b, byte(n))
			} else {
				b = utf8.AppendRune(b, n)
			}
		case '0', '1', '2', '3', '4', '5', '6', '7':
			n := rune(0)
			for i--; i-start < 2 && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '7'; i++ {
				n = n<<3 | rune(s[i+1]-'0')
			}
			b = append(b, byte(n))
		default:
			b = append(b, c)
		}
	}
	if !utf8.Valid(b) {
		p.fail(at, "the bytes of this string are no UTF-8", "x'00ff' is a blob")
		return ""
	}
	return string(b)
}

func hexDigit(c byte) rune {
	switch {
	case c <= '9':
		return rune(c - '0')
	case c >= 'a':
		return rune(c - 'a' + 10)
	}
	return rune(c - 'A' + 10)
}

// arrayOfQuery parses ARRAY(query), which is in view: the values of its one column, as PostgreSQL has it. It is
//
//	(SELECT COALESCE(ARRAY_AGG([rows.v])[*][0], []) FROM (query) AS rows(v))
//
// where the arrays of one keep the NULLs.
func (p *parser) arrayOfQuery() Expr {
	at := At(p.tok.start)
	p.next()
	outer := p.enter()
	p.next()
	rows := &DerivedTable{Query: p.query(), Alias: "rows", Columns: []string{"v"}, At: int(at)}
	p.expect(tRParen)
	if p.tok.kind == wFor {
		e := &Comprehension{At: at, Value: &Subquery{at, rows.Query}}
		p.forEach(e)
		p.leave(outer)
		return e
	}
	p.leave(outer)
	v := &Path{At: at, Steps: document.Path{{Name: "rows"}, {Name: "v"}}}
	values := &Call{At: at, Name: "ARRAY_AGG", Args: []Expr{&Array{at, []Expr{v}}}}
	list := &Call{At: at, Name: "COALESCE", Args: []Expr{&Access{at, values, document.Path{{Kind: document.StepWildcard}, {Kind: document.StepIndex}}}, &Array{At: at}}}
	q := &Query{Body: &Select{Items: []SelectItem{{Expr: list, Pos: int(at)}}, From: []TableExpr{rows}}}
	p.begin(&q.Meta)
	q.Start = int(at)
	p.end(&q.Meta)
	return &Subquery{at, q}
}
