package parser

import (
	"fmt"
	"strconv"
)

// maxOrdinal is the greatest number that a parameter can be given; ? alone counts beyond it.
const maxOrdinal = 65535

// param parses ?, ?1, $1, :name or @name. Numbers run through the whole text: ? is one more than the
// greatest so far, a name keeps the number of its first place.
func (p *parser) param() Expr {
	t := p.tok
	text := p.textOf(t)
	e := &Param{At: At(t.start)}
	if p.noParams != "" {
		p.fail(t.start, p.noParams, "")
	}
	if text[0] == ':' || text[0] == '@' {
		e.Name = text[1:]
		if p.ordinal {
			p.mixed(t)
		}
		if e.Ordinal = p.ordinals[e.Name]; e.Ordinal == 0 {
			p.params++
			e.Ordinal = p.params
			p.names = append(p.names, e.Name)
			if p.ordinals == nil {
				p.ordinals = make(map[string]int)
			}
			p.ordinals[e.Name] = e.Ordinal
		}
		p.next()
		return e
	}
	if p.names != nil {
		p.mixed(t)
	}
	p.ordinal = true
	e.Ordinal = p.params + 1
	if text != "?" {
		n, err := strconv.Atoi(text[1:])
		if err != nil || n < 1 || n > maxOrdinal {
			p.fail(t.start, fmt.Sprintf("the number of a parameter is from 1 to %d", maxOrdinal), "")
		}
		e.Ordinal = n
	}
	p.params = max(p.params, e.Ordinal)
	p.next()
	return e
}

func (p *parser) mixed(t token) {
	p.fail(t.start, "a text takes either named or numbered parameters, not both", "")
}
