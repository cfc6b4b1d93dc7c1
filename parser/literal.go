package parser

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/fluxdb/fluxdb/document"
)

var nullValue = document.Null()

func wordValue(k kind) document.Value {
	if k == wMissing {
		return document.Missing()
	}
	return document.Bool(k == wTrue)
}

// literal makes a Literal. They are allotted many at a time: a large INSERT is little else.
func (p *parser) literal(at int, v document.Value) *Literal {
	if len(p.literals) == cap(p.literals) {
		p.literals = make([]Literal, 0, min(max(4, 2*cap(p.literals)), 256))
	}
	p.literals = append(p.literals, Literal{At: At(at), Value: v})
	return &p.literals[len(p.literals)-1]
}

// number parses the number in view. Its sign, at start, was read already.
func (p *parser) number(start int, negative bool) Expr {
	t := p.tok
	text := p.textOf(t)
	p.next()
	p.height = 1
	v, ok := numberValue(text, t.kind == tFloat, negative)
	switch {
	case ok:
		return p.literal(start, v)
	case t.kind == tFloat:
		p.fail(t.start, quote(text)+" is beyond the range of a float", "")
	default:
		p.fail(t.start, quote(text)+" is beyond the range of a 64-bit integer", "with a decimal point it is a float")
	}
	return p.literal(start, nullValue)
}

// numberValue reads a number; false is one beyond its range.
func numberValue(text string, float, negative bool) (document.Value, bool) {
	if strings.IndexByte(text, '_') >= 0 {
		text = strings.ReplaceAll(text, "_", "")
	}
	if float {
		f, err := strconv.ParseFloat(text, 64)
		if negative {
			f = -f
		}
		return document.Float(f), err == nil
	}
	base, digits := 10, text
	if len(text) > 1 && text[0] == '0' && text[1] > '9' && text[1] != '_' {
		base, digits = map[byte]int{'x': 16, 'o': 8, 'b': 2}[text[1]|0x20], text[2:]
	}
	u, err := strconv.ParseUint(digits, base, 64)
	switch {
	case err != nil:
		return document.Value{}, false
	case negative:
		return document.Int(-int64(u)), u <= 1<<63
	}
	return document.Int(int64(u)), u < 1<<63
}

func (p *parser) blob() Expr {
	t := p.tok
	text := p.textOf(t)
	b, err := hex.DecodeString(text[2 : len(text)-1])
	if err != nil {
		p.fail(t.start, "a blob is an even number of hexadecimal digits, as in x'00ff'", "")
	}
	p.next()
	return p.literal(t.start, document.Bytes(b))
}

// timestamp parses TIMESTAMP '...' and DATE '...'.
func (p *parser) timestamp() Expr {
	start := p.tok.start
	p.next()
	v, err := document.ParseTimestamp(stringText(p.textOf(p.tok)))
	if err != nil {
		p.fail(p.tok.start, err.Error(), "")
	}
	p.next()
	return p.literal(start, v)
}

// jsonString parses a double-quoted string.
func (p *parser) jsonString() Expr {
	t := p.tok
	s := p.jsonText(t)
	p.next()
	return p.literal(t.start, document.String(s))
}

func stringValue(quoted string) document.Value { return document.String(stringText(quoted)) }

// stringText returns the text of a string token.
func stringText(quoted string) string { return unquote(quoted) }

// unquote removes the quotes around a token; inside, a doubled one stands for one.
func unquote(quoted string) string {
	mark, s := quoted[:1], quoted[1:len(quoted)-1]
	if strings.Contains(s, mark) {
		s = strings.ReplaceAll(s, mark+mark, mark)
	}
	return s
}

// jsonText returns the text of a double-quoted token in a constructor without rows: a JSON string, in
// which line breaks and doubled quotes may stand too.
func (p *parser) jsonText(t token) string {
	s := unquote(p.textOf(t))
	if !strings.Contains(s, `\`) {
		return s
	}
	s = p.text[t.start+1 : t.end-1]
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != '\\' {
			if b = append(b, c); c == '"' {
				i++
			}
			continue
		}
		i++
		switch c := s[i]; c {
		case '"', '\\', '/':
			b = append(b, c)
		case 'b', 'f', 'n', 'r', 't':
			b = append(b, "\b\f\n\r\t"[strings.IndexByte("bfnrt", c)])
		case 'u':
			r, size := unicodeEscape(s[i-1:])
			if size == 0 {
				p.fail(t.start+i, `\u takes four hexadecimal digits, and surrogates come in pairs`, "")
				return ""
			}
			b = utf8.AppendRune(b, r)
			i += size - 2
		default:
			r, _ := utf8.DecodeRuneInString(s[i:])
			p.fail(t.start+i, `unknown escape \`+string(r), `a backslash itself is written \\`)
			return ""
		}
	}
	return string(b)
}

// unicodeEscape reads \uXXXX, or a surrogate pair of two, from the front of s. The size is 0 if there is none.
func unicodeEscape(s string) (r rune, size int) {
	r, ok := hex4(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	low, ok := hex4(s[6:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}
