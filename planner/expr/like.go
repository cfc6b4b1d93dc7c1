package expr

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/fluxdb/fluxdb/document"
)

// Like is x [NOT] LIKE pattern [ESCAPE escape], or ILIKE: % stands for any text, _ for any
// character, and what follows the escape character for itself.
type Like struct {
	X, Pattern, Escape Expr // Escape is nil without one
	NoCase             bool
	Not                bool

	compiled *pattern // of a constant pattern and escape
}

// NewLike returns x [NOT] LIKE pattern ESCAPE escape; a nil escape is none.
func NewLike(x, pattern, escape Expr, noCase, not bool) *Like {
	l := &Like{X: x, Pattern: pattern, Escape: escape, NoCase: noCase, Not: not}
	p, ok := pattern.(*Const)
	if !ok || p.Value.Kind() != document.KindString {
		return l
	}
	esc := document.String("")
	if escape != nil {
		e, ok := escape.(*Const)
		if !ok {
			return l
		}
		esc = e.Value
	}
	if utf8.RuneCountInString(esc.AsString()) == 1 || escape == nil {
		l.compiled = compilePattern(p.Value.AsString(), esc.AsString(), noCase)
	}
	return l
}

// Prefix returns the text with which everything that matches begins, for a
// constant pattern that is case-sensitive; ok is false when there is none.
func (l *Like) Prefix() (prefix string, ok bool) {
	if l.compiled == nil || l.NoCase || l.Not || len(l.compiled.segments) == 0 || l.compiled.lead {
		return "", false
	}
	for _, p := range l.compiled.segments[0] {
		if p.skip > 0 {
			break
		}
		prefix += p.text
	}
	return prefix, prefix != ""
}

// Eval returns TRUE, FALSE or NULL.
func (l *Like) Eval(f *Frame) (document.Value, error) {
	x, err := l.X.Eval(f)
	if err != nil {
		return x, err
	}
	p := l.compiled
	if p == nil {
		var null document.Value
		if p, null, err = l.compile(f); p == nil {
			return null, err
		}
	}
	if x.Kind() != document.KindString {
		if x.IsNull() {
			return document.Null(), nil
		}
		return f.wrongKind(), nil
	}
	text := x.AsString()
	if l.NoCase {
		f.text = appendFolded(f.text[:0], text)
		text = document.StringBytes(f.text).AsString()
	}
	found, err := p.match(text, f)
	if err != nil {
		return document.Missing(), err
	}
	return document.Bool(found != l.Not), nil
}

// compile evaluates the pattern and the escape; without a pattern the result is what they yield.
func (l *Like) compile(f *Frame) (*pattern, document.Value, error) {
	p, err := l.Pattern.Eval(f)
	if err != nil {
		return nil, p, err
	}
	esc := document.String("")
	if l.Escape != nil {
		if esc, err = l.Escape.Eval(f); err != nil {
			return nil, esc, err
		}
	}
	switch {
	case p.IsNull() || esc.IsNull():
		return nil, document.Null(), nil
	case p.Kind() != document.KindString || esc.Kind() != document.KindString:
		return nil, f.wrongKind(), nil
	case l.Escape != nil && utf8.RuneCountInString(esc.AsString()) != 1:
		return nil, document.Missing(), badArgument("ESCAPE takes one character, found %s", brief(esc))
	}
	return f.patternOf(l, p.AsString(), esc.AsString()), document.Missing(), nil
}

// patternOf compiles a pattern that is no constant; the last one of each operator is kept.
func (f *Frame) patternOf(l *Like, text, escape string) *pattern {
	for i := range f.memo.likes {
		m := &f.memo.likes[i]
		if m.node != l {
			continue
		}
		if m.pattern != text || m.escape != escape {
			*m = newLikeMemo(l, text, escape)
		}
		return m.compiled
	}
	m := newLikeMemo(l, text, escape)
	if len(f.memo.likes) < maxMemo {
		f.memo.likes = append(f.memo.likes, m)
	}
	return m.compiled
}

func newLikeMemo(l *Like, text, escape string) likeMemo {
	text, escape = strings.Clone(text), strings.Clone(escape)
	return likeMemo{l, text, escape, compilePattern(text, escape, l.NoCase)}
}

// cancelled returns why the run was cancelled, if it was.
func (f *Frame) cancelled() error {
	if f.Run == nil || f.Run.Context == nil || f.Run.Context.Err() == nil {
		return nil
	}
	return context.Cause(f.Run.Context)
}

// Static tells a boolean.
func (l *Like) Static() Static { return Static{Kind: document.KindBool} }

// Children returns x, the pattern and the escape, if there is one.
func (l *Like) Children() []Expr { return present(l.X, l.Pattern, l.Escape) }

// With returns the match of other operands.
func (l *Like) With(children []Expr) Expr {
	var escape Expr
	if l.Escape != nil {
		escape = children[2]
	}
	return NewLike(children[0], children[1], escape, l.NoCase, l.Not)
}

func (l *Like) String() string { return string(l.appendTo(nil)) }

func (l *Like) appendTo(dst []byte) []byte {
	word := "LIKE "
	if l.NoCase {
		word = "ILIKE "
	}
	dst = appendNot(appendOperand(dst, l.X, precCompare+1), l.Not, word)
	dst = appendOperand(dst, l.Pattern, precCompare+1)
	if l.Escape != nil {
		dst = appendOperand(append(dst, " ESCAPE "...), l.Escape, precCompare+1)
	}
	return dst
}

func (l *Like) precedence() int { return precCompare }
