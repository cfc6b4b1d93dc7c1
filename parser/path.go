package parser

import (
	"fmt"
	"strconv"

	"github.com/fluxdb/fluxdb/document"
)

// path parses a name and the steps after it.
func (p *parser) path() Expr {
	e := &Path{At: At(p.tok.start), Steps: document.Path{{Name: p.nameText(p.tok)}}}
	p.next()
	e.Steps = p.steps(e.Steps)
	return e
}

// fieldPath parses a path where nothing but a path can stand, as the target of SET.
func (p *parser) fieldPath() *Path {
	if !p.tok.kind.isName() {
		p.unexpected(aName)
		return &Path{At: At(p.tok.start), Steps: document.Path{{}}}
	}
	e, _ := p.path().(*Path)
	if p.tok.kind == tLBracket {
		p.next()
		p.unexpected("a constant index")
	}
	return e
}

// steps appends the steps in view that are constant: .name, [0], [-1], ['name'] and [*]. It
// stops before a subscript of any other kind.
func (p *parser) steps(steps document.Path) document.Path {
	for {
		if len(steps) > document.MaxSteps {
			p.fail(p.tok.start, fmt.Sprintf("a path of more than %d steps", document.MaxSteps), "documents nest up to 100 levels")
			return steps
		}
		switch p.tok.kind {
		case tDot:
			p.next()
			if !p.tok.kind.isWord() && p.tok.kind != tQuoted {
				p.unexpected(aName)
				return steps
			}
			steps = append(steps, document.Step{Name: p.nameText(p.tok)})
			p.next()
		case tLBracket:
			step, ok := p.constantStep()
			if !ok {
				return steps
			}
			steps = append(steps, step)
		default:
			return steps
		}
	}
}

// constantStep parses a constant subscript; if there is another it moves nowhere.
func (p *parser) constantStep() (document.Step, bool) {
	pos, tok, prev, tokens := p.pos, p.tok, p.prev, p.tokens
	p.next()
	var step document.Step
	ok := true
	switch t := p.tok; t.kind {
	case tStar:
		step.Kind = document.StepWildcard
	case tString:
		step.Name = stringText(p.textOf(t))
	case tInteger, tMinus:
		if p.accept(tMinus) && p.tok.kind != tInteger {
			ok = false
			break
		}
		n, err := strconv.ParseInt(p.text[t.start:p.tok.end], 0, 64)
		if err != nil && t.kind == tMinus {
			n, err = strconv.ParseInt("-"+p.textOf(p.tok), 0, 64)
		}
		ok = err == nil && int64(int(n)) == n
		step.Kind, step.Index = document.StepIndex, int(n)
	default:
		ok = false
	}
	if ok {
		p.next()
		ok = p.accept(tRBracket)
	}
	if !ok && p.err == nil {
		p.pos, p.tok, p.prev, p.tokens = pos, tok, prev, tokens
	}
	return step, ok
}

// postfix parses what is written right after x, which began at start: steps, subscripts,
// slices and casts.
func (p *parser) postfix(x Expr, start int) Expr {
	height := p.height
	for {
		switch p.tok.kind {
		case tDot, tLBracket:
			if steps := p.steps(nil); steps != nil {
				x = &Access{At(start), x, steps}
			} else {
				x = p.subscript(x, start)
				height = max(height, p.height)
			}
		case wCollate:
			at := At(p.tok.start)
			p.next()
			x = &Collate{At: at, X: x, Name: p.collation()}
		case tDoubleColon:
			at := At(p.tok.start)
			p.next()
			x = &Cast{At: at, X: x, Type: p.typeName()}
		default:
			p.height = height
			return x
		}
		height++
		p.grow(height)
	}
}

// subscript parses [i] or [lo:hi].
func (p *parser) subscript(x Expr, start int) Expr {
	outer := p.enter()
	p.next()
	var lo Expr
	if p.tok.kind != tColon {
		lo = p.expr()
	}
	if p.splitColon() {
		s := &Slice{At: At(start), X: x, Lo: lo}
		if p.tok.kind != tRBracket {
			s.Hi = p.expr()
		}
		x = s
	} else {
		x = &Subscript{At(start), x, lo}
	}
	p.expect(tRBracket)
	p.leave(outer)
	return x
}

// splitColon moves past a colon, also one that was taken for the beginning of :name or ::.
func (p *parser) splitColon() bool {
	switch {
	case p.tok.kind == tColon:
	case p.tok.kind == tDoubleColon, p.tok.kind == tParam && p.text[p.tok.start] == ':':
		p.pos = p.tok.start + 1
		p.tok.end = p.pos
	default:
		return false
	}
	p.next()
	return true
}
