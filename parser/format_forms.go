package parser

import (
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// base prints what a subscript or a path is taken of. A path that continues another value than the
// path before it needs parentheses, or it would be one path.
func (f *formatter) base(x Expr, steps bool) {
	parens := precedence(x) < precPostfix
	switch x.(type) {
	case *Path, *Access:
		parens = steps
	}
	if parens {
		f.WriteByte('(')
		f.form(x)
		f.WriteByte(')')
		return
	}
	f.form(x)
	if l, ok := x.(*Literal); ok && steps && l.Value.Kind().IsNumber() {
		f.WriteByte(' ') // or the dot after it would be part of the number
	}
}

// index prints a computed subscript; one that is constant would be a step.
func (f *formatter) index(e Expr) {
	if l, ok := e.(*Literal); ok && (l.Value.Kind() == document.KindInt || l.Value.Kind() == document.KindString) {
		f.WriteByte('(')
		defer f.WriteByte(')')
	}
	f.expr(e, precOr)
}

func (f *formatter) slice(e *Slice) {
	f.base(e.X, false)
	f.WriteByte('[')
	if e.Lo != nil {
		f.expr(e.Lo, precOr)
	}
	f.WriteByte(':')
	if e.Hi != nil {
		f.WriteByte(' ') // or the colon might be read as the beginning of :name
		f.expr(e.Hi, precOr)
	}
	f.WriteByte(']')
}

// unary prints a prefix operator. A minus in front of a number would be its sign.
func (f *formatter) unary(e *Unary) {
	f.WriteString(e.Op)
	if e.Op == "NOT" {
		f.WriteByte(' ')
		f.expr(e.X, precNot)
		return
	}
	var inner formatter
	inner.constructors = f.constructors
	inner.expr(e.X, precUnary)
	s := inner.String()
	if e.Op == "-" && (s[0] == '-' || s[0] == '.' || isDigit(s[0])) {
		s = "(" + s + ")"
	}
	f.WriteString(s)
}

func (f *formatter) in(e *In) {
	f.expr(e.X, precCompare)
	f.write(" ", not(e.Not), "IN ")
	switch {
	case e.Query != nil:
		f.inParens(e.Query)
	case e.Array != nil:
		f.expr(e.Array, precBit)
	default:
		f.WriteByte('(')
		f.exprs(e.List)
		f.WriteByte(')')
	}
}

func (f *formatter) quantified(e *Quantified) {
	f.expr(e.X, precCompare)
	word := " ANY "
	if e.All {
		word = " ALL "
	}
	f.write(" ", e.Op, word)
	if e.Query != nil {
		f.inParens(e.Query)
		return
	}
	f.WriteByte('(')
	f.expr(e.Array, precOr)
	f.WriteByte(')')
}

// lowerBound prints the lower bound of a BETWEEN. One that begins with a word which may stand after BETWEEN needs parentheses.
func (f *formatter) lowerBound(e *Between) {
	inner := formatter{constructors: f.constructors}
	inner.expr(e.Lo, precBit)
	s := inner.String()
	if w := upperASCII(s); strings.HasPrefix(w, "SYMMETRIC") || strings.HasPrefix(w, "ASYMMETRIC") {
		s = "(" + s + ")"
	}
	f.WriteString(s)
}

func (f *formatter) like(e *Like) {
	f.expr(e.X, precCompare)
	word := "LIKE "
	if e.NoCase {
		word = "ILIKE "
	}
	f.write(" ", not(e.Not), word)
	f.expr(e.Pattern, precBit)
	if e.Escape != nil {
		f.WriteString(" ESCAPE ")
		f.expr(e.Escape, precBit)
	}
}

func (f *formatter) caseWhen(e *Case) {
	f.WriteString("CASE")
	if e.Operand != nil {
		f.WriteByte(' ')
		f.expr(e.Operand, precOr)
	}
	for _, w := range e.Whens {
		f.WriteString(" WHEN ")
		f.expr(w.Cond, precOr)
		f.WriteString(" THEN ")
		f.expr(w.Result, precOr)
	}
	if e.Else != nil {
		f.WriteString(" ELSE ")
		f.expr(e.Else, precOr)
	}
	f.WriteString(" END")
}

func (f *formatter) call(e *Call) {
	f.WriteString(e.Name)
	if k := wordKind(e.Name); k >= firstWord && words[k].call && len(e.Args) == 0 && !e.Star && e.OrderBy == nil && e.Filter == nil && e.Over == nil {
		return
	}
	f.WriteByte('(')
	switch {
	case e.Star:
		f.WriteByte('*')
	case e.Distinct:
		f.WriteString("DISTINCT ")
	}
	f.exprs(e.Args)
	if len(e.OrderBy) > 0 {
		if len(e.Args) > 0 {
			f.WriteByte(' ')
		}
		f.WriteString("ORDER BY ")
		f.list(len(e.OrderBy), func(i int) { f.orderItem(&e.OrderBy[i]) })
	}
	f.WriteByte(')')
	if e.Filter != nil {
		f.WriteString(" FILTER (WHERE ")
		f.expr(e.Filter, precOr)
		f.WriteByte(')')
	}
	if e.Over != nil {
		f.WriteString(" OVER ")
		f.window(e.Over)
	}
}

// object prints a constructor. A key that no reading takes for an escape may stand in double quotes.
func (f *formatter) object(e *Object) {
	f.constructors++
	f.WriteByte('{')
	f.list(len(e.Fields), func(i int) {
		n := e.Fields[i].Name
		switch {
		case document.IsPlainName(n):
			f.WriteString(n)
		case strings.ContainsAny(n, `\"`):
			f.quotedName(n)
		default:
			f.write(`"`, n, `"`)
		}
		f.WriteString(": ")
		f.expr(e.Fields[i].Value, precOr)
	})
	f.WriteByte('}')
	f.constructors--
}
