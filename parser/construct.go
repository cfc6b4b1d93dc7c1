package parser

import "fmt"

// Constructors. Where no row is in scope, double-quoted tokens in them are JSON strings, so that pasted
// JSON works. The scanner must know before it reads the token after a bracket.

func (p *parser) openConstructor() {
	p.constructors++
	p.json = p.rowless
	p.next()
}

// closeConstructor ends at the closing bracket k; what follows it is scanned as outside.
func (p *parser) closeConstructor(k kind) {
	p.constructors--
	p.json = p.rowless && p.constructors > 0
	p.expect(k)
}

// array parses [a, b].
func (p *parser) array() Expr {
	e := &Array{At: At(p.tok.start)}
	outer := p.enter()
	p.openConstructor()
	if p.tok.kind != tRBracket {
		e.Items = p.exprs()
	}
	p.closeConstructor(tRBracket)
	p.leave(outer)
	return e
}

// object parses {a: 1, "b": 2} and {a = 1}.
func (p *parser) object() Expr {
	e := &Object{At: At(p.tok.start)}
	outer := p.enter()
	p.openConstructor()
	if p.tok.kind != tRBrace {
		p.fields(e)
	}
	p.closeConstructor(tRBrace)
	p.leave(outer)
	return e
}

// manyFields is from how many fields on a map finds a key that is given twice.
const manyFields = 16

func (p *parser) fields(e *Object) {
	var seen map[string]bool
	for {
		f := ObjectField{At: p.tok.start, Name: p.key()}
		twice := seen[f.Name]
		if len(e.Fields) < manyFields {
			for i := range e.Fields {
				twice = twice || e.Fields[i].Name == f.Name
			}
		} else if seen == nil {
			seen = make(map[string]bool)
			for i := range e.Fields {
				seen[e.Fields[i].Name] = true
			}
			twice = seen[f.Name]
		}
		if twice {
			p.fail(f.At, fmt.Sprintf("the key %s is given twice", quote(f.Name)), "")
		}
		if !p.accept(tEqual) && !p.splitColon() {
			p.unexpected(tColon.expected())
		}
		f.Value = p.expr()
		e.Fields = append(e.Fields, f)
		if seen != nil {
			seen[f.Name] = true
		}
		if !p.accept(tComma) {
			return
		}
	}
}

// key parses the name of a field: any word, or a name or string in quotes.
func (p *parser) key() (name string) {
	t := p.tok
	switch {
	case t.kind.isWord():
		name = p.textOf(t)
	case t.kind == tString:
		name = stringText(p.textOf(t))
	case t.kind == tQuoted && p.json && p.text[t.start] == '"':
		name = p.jsonText(t)
	case t.kind == tQuoted:
		name = p.nameText(t)
	default:
		p.unexpected("a key")
		return ""
	}
	p.next()
	return name
}
