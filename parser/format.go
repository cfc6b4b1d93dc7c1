package parser

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

// Format prints an expression as SQL that parses to the same one again: in one line, keywords
// in upper case, and parentheses only where they are needed.
func Format(e Expr) string {
	var f formatter
	f.expr(e, precOr)
	return f.String()
}

// formatter prints syntax trees.
type formatter struct {
	strings.Builder
	// constructors counts those open: there a name in double quotes might be read as a string.
	constructors int
}

func (f *formatter) write(parts ...string) {
	for _, s := range parts {
		f.WriteString(s)
	}
}

// list prints n items separated by commas.
func (f *formatter) list(n int, item func(i int)) {
	for i := range n {
		if i > 0 {
			f.WriteString(", ")
		}
		item(i)
	}
}

func (f *formatter) exprs(list []Expr) {
	f.list(len(list), func(i int) { f.expr(list[i], precOr) })
}

// precedence returns how tight an expression binds that is printed without parentheses.
func precedence(e Expr) uint8 {
	switch e := e.(type) {
	case *Binary:
		return operatorPrec[e.Op]
	case *Unary:
		if e.Op == "NOT" {
			return precNot
		}
		return precUnary
	case *IsDistinct, *IsNull, *In, *Quantified, *Between, *Like:
		return precCompare
	}
	return precPostfix
}

var operatorPrec = func() map[string]uint8 {
	m := make(map[string]uint8)
	for k, prec := range binding {
		if prec != precNone {
			m[kind(k).String()] = prec
		}
	}
	return m
}()

// expr prints e, in parentheses if it binds less tight than least.
func (f *formatter) expr(e Expr, least uint8) {
	if precedence(e) < least {
		f.WriteByte('(')
		f.form(e)
		f.WriteByte(')')
		return
	}
	f.form(e)
}

func not(n bool) string {
	if n {
		return "NOT "
	}
	return ""
}

func (f *formatter) form(e Expr) {
	switch e := e.(type) {
	case *Literal:
		f.value(e.Value)
	case *Param:
		f.param(e)
	case *Path:
		f.name(e.Steps[0].Name)
		f.steps(e.Steps[1:])
	case *Access:
		f.base(e.X, true)
		f.steps(e.Steps)
	case *Subscript:
		f.base(e.X, false)
		f.WriteByte('[')
		f.index(e.Index)
		f.WriteByte(']')
	case *Slice:
		f.slice(e)
	case *Unary:
		f.unary(e)
	case *Binary:
		prec := operatorPrec[e.Op]
		f.expr(e.A, prec)
		f.write(" ", e.Op, " ")
		f.expr(e.B, prec+1)
	case *IsDistinct:
		f.expr(e.A, precCompare)
		f.write(" IS ", not(e.Not), "DISTINCT FROM ")
		f.expr(e.B, precBit)
	case *IsNull:
		f.expr(e.X, precCompare)
		f.write(" IS ", not(e.Not), e.What)
	case *In:
		f.in(e)
	case *Quantified:
		f.quantified(e)
	case *Between:
		f.expr(e.X, precCompare)
		f.write(" ", not(e.Not), "BETWEEN ")
		if e.Symmetric {
			f.WriteString("SYMMETRIC ")
		}
		f.lowerBound(e)
		f.WriteString(" AND ")
		f.expr(e.Hi, precBit)
	case *Like:
		f.like(e)
	case *Case:
		f.caseWhen(e)
	case *Cast:
		if e.Try {
			f.WriteString("TRY_")
		}
		f.WriteString("CAST(")
		f.expr(e.X, precOr)
		f.write(" AS ", e.Type.String(), ")")
	case *Call:
		f.call(e)
	case *Array:
		f.constructors++
		f.WriteByte('[')
		f.exprs(e.Items)
		f.WriteByte(']')
		f.constructors--
	case *Object:
		f.object(e)
	case *Quantifier:
		word := "ANY "
		if e.Every {
			word = "EVERY "
		}
		f.WriteString(word)
		f.name(e.Var)
		f.WriteString(" IN ")
		f.expr(e.Array, precOr)
		f.WriteString(" SATISFIES ")
		f.expr(e.Cond, precOr)
		f.WriteString(" END")
	case *Tuple:
		if len(e.Items) < 2 {
			f.WriteString("ROW")
		}
		f.WriteByte('(')
		f.exprs(e.Items)
		f.WriteByte(')')
	case *Collate:
		f.expr(e.X, precPostfix)
		f.write(" COLLATE ")
		f.name(e.Name)
	case *Comprehension:
		f.comprehension(e)
	case *Subquery:
		f.inParens(e.Query)
	case *Exists:
		f.WriteString("EXISTS ")
		f.inParens(e.Query)
	}
}

// param prints ?1 for all numbered forms.
func (f *formatter) param(e *Param) {
	if e.Name != "" {
		f.write(":", e.Name)
		return
	}
	f.write("?", strconv.Itoa(e.Ordinal))
}

// value prints a literal.
func (f *formatter) value(v document.Value) {
	switch v.Kind() {
	case document.KindMissing:
		f.WriteString("MISSING")
	case document.KindNull:
		f.WriteString("NULL")
	case document.KindBool:
		if v.AsBool() {
			f.WriteString("TRUE")
		} else {
			f.WriteString("FALSE")
		}
	case document.KindInt:
		f.WriteString(strconv.FormatInt(v.AsInt(), 10))
	case document.KindFloat:
		f.float(v.AsFloat())
	case document.KindString:
		f.string(v.AsString())
	case document.KindBytes:
		f.write("x'", hex.EncodeToString(v.AsBytes()), "'")
	case document.KindTimestamp:
		f.write("TIMESTAMP '", string(document.AppendTimestamp(nil, v)), "'")
	}
}

// float prints a float so that it is read as one.
func (f *formatter) float(x float64) {
	s := strconv.FormatFloat(x, 'g', -1, 64)
	if math.Abs(x) < 1e15 && math.Abs(x) >= 1e-5 {
		s = strconv.FormatFloat(x, 'f', -1, 64)
	}
	f.WriteString(s)
	if !strings.ContainsAny(s, ".eIN") {
		f.WriteString(".0")
	}
}

func (f *formatter) string(s string) {
	f.write("'", strings.ReplaceAll(s, "'", "''"), "'")
}

// name prints a name where an expression may begin.
func (f *formatter) name(n string) {
	k := wordKind(n)
	if document.IsPlainName(n) && (k == tName || !words[k].reserved && !words[k].value && binding[k] == precNone && k != wArray) {
		f.WriteString(n)
		return
	}
	f.quotedName(n)
}

func (f *formatter) quotedName(n string) {
	mark := `"`
	if f.constructors > 0 {
		mark = "`"
	}
	f.write(mark, strings.ReplaceAll(n, mark, mark+mark), mark)
}

func (f *formatter) steps(steps document.Path) {
	for _, s := range steps {
		switch s.Kind {
		case document.StepField:
			f.WriteByte('.')
			if document.IsPlainName(s.Name) {
				f.WriteString(s.Name)
			} else {
				f.quotedName(s.Name)
			}
		case document.StepIndex:
			f.write("[", strconv.Itoa(s.Index), "]")
		case document.StepWildcard:
			f.WriteString("[*]")
		}
	}
}

// String prints a type as it was written.
func (t TypeName) String() string {
	if len(t.Args) == 0 {
		return t.Name
	}
	var b strings.Builder
	name, rest := t.Name, ""
	for _, end := range []string{"[]", " WITH TIME ZONE", " WITHOUT TIME ZONE"} {
		if s, ok := strings.CutSuffix(name, end); ok {
			name, rest = s, end+rest
		}
	}
	b.WriteString(name + "(")
	for i, a := range t.Args {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.FormatInt(a, 10))
	}
	return b.String() + ")" + rest
}
