package expr

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// pattern is a LIKE pattern taken apart at its % signs. The first segment stands at the front of
// a text that matches, the last one at its end, the others between in their order, each as far
// to the front as it goes. Nothing is tried twice, so that matching takes at most text times
// pattern steps.
type pattern struct {
	segments []segment
	lead     bool // the pattern begins with %
	tail     bool // it ends with %
}

// segment is a part of a pattern without %.
type segment []piece

// piece is a number of any characters, then text.
type piece struct {
	skip int
	text string
}

// compilePattern reads a pattern; escape is one character or "".
func compilePattern(text, escape string, noCase bool) *pattern {
	p := &pattern{lead: strings.HasPrefix(text, "%") && escape != "%"}
	var current segment
	var literal []byte
	skip, begun := 0, false
	flushPiece := func() {
		if skip > 0 || len(literal) > 0 {
			if noCase {
				literal = appendFolded(nil, string(literal))
			}
			current = append(current, piece{skip, string(literal)})
		}
		skip, literal = 0, literal[:0]
	}
	flushSegment := func() {
		flushPiece()
		if begun {
			p.segments = append(p.segments, current)
		}
		current, begun = nil, false
	}
	for len(text) > 0 {
		_, size := utf8.DecodeRuneInString(text)
		c := text[:size]
		text = text[size:]
		switch {
		case c == escape && text != "":
			_, size = utf8.DecodeRuneInString(text)
			literal, begun = append(literal, text[:size]...), true
			text = text[size:]
		case c == "%":
			flushSegment()
		case c == "_":
			if len(literal) > 0 {
				flushPiece()
			}
			skip++
			begun = true
		default:
			literal, begun = append(literal, c...), true
		}
		p.tail = !begun
	}
	flushSegment()
	return p
}

// match reports whether all of text matches. The error is the run's, when it is cancelled.
func (p *pattern) match(text string, f *Frame) (bool, error) {
	n := len(p.segments)
	if n == 0 {
		return p.tail || text == "", nil
	}
	for i, s := range p.segments {
		last := i == n-1 && !p.tail
		switch {
		case i == 0 && !p.lead:
			size, ok := s.matchAt(text)
			if !ok || last && size != len(text) {
				return false, nil
			}
			text = text[size:]
		case last:
			at, ok := s.start(text)
			if !ok {
				return false, nil
			}
			size, ok := s.matchAt(text[at:])
			return ok && size == len(text)-at, nil
		default:
			end, ok, err := s.find(text, f)
			if !ok || err != nil {
				return false, err
			}
			text = text[end:]
		}
	}
	return true, nil
}

// matchAt matches the segment at the front of text and returns how much it takes.
func (s segment) matchAt(text string) (size int, ok bool) {
	rest := text
	for _, p := range s {
		for range p.skip {
			if rest == "" {
				return 0, false
			}
			_, k := utf8.DecodeRuneInString(rest)
			rest = rest[k:]
		}
		if !strings.HasPrefix(rest, p.text) {
			return 0, false
		}
		rest = rest[len(p.text):]
	}
	return len(text) - len(rest), true
}

// start returns where the segment has to begin to end with text: its characters are counted
// from the end, so that nothing is searched.
func (s segment) start(text string) (at int, ok bool) {
	at = len(text)
	for i := len(s) - 1; i >= 0; i-- {
		if at -= len(s[i].text); at < 0 {
			return 0, false
		}
		for range s[i].skip {
			if at == 0 {
				return 0, false
			}
			_, k := utf8.DecodeLastRuneInString(text[:at])
			at -= k
		}
	}
	return at, true
}

// find returns the end of the first place in text where the segment matches.
func (s segment) find(text string, f *Frame) (end int, ok bool, err error) {
	if len(s) == 1 && s[0].skip == 0 {
		at := strings.Index(text, s[0].text)
		return at + len(s[0].text), at >= 0, nil
	}
	const patience = 4096 // places between looks at whether the run goes on
	for at, tried := 0, 1; ; tried++ {
		if size, ok := s.matchAt(text[at:]); ok {
			return at + size, true, nil
		}
		if at == len(text) {
			return 0, false, nil
		}
		if tried%patience == 0 {
			if err := f.cancelled(); err != nil {
				return 0, false, err
			}
		}
		_, k := utf8.DecodeRuneInString(text[at:])
		at += k
	}
}

// appendFolded appends s with all characters that differ in case only made one.
func appendFolded(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c |= 0x20
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError {
			dst = append(dst, s[i:i+size]...)
		} else {
			dst = utf8.AppendRune(dst, unicode.ToLower(unicode.ToUpper(r)))
		}
		i += size
	}
	return dst
}
