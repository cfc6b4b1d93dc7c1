package expr

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fluxdb/fluxdb/document"
)

func TestLikeExamples(t *testing.T) {
	like := func(x, pattern, escape any, noCase, not bool) Expr {
		var esc Expr
		if escape != nil {
			esc = lit(t, escape)
		}
		return NewLike(lit(t, x), lit(t, pattern), esc, noCase, not)
	}
	for _, c := range []struct {
		e    Expr
		want string
	}{
		{like("Anna", "an%", nil, false, false), "FALSE"},
		{like("Anna", "an%", nil, true, false), "TRUE"},
		{like("ÄNNA", "änn_", nil, true, false), "TRUE"},
		{like("Anna", "_nn_", nil, false, false), "TRUE"},
		{like("10%", `10\%`, `\`, false, false), "TRUE"},
		{like("10x", `10\%`, `\`, false, false), "FALSE"},
		{like("a_b", "aä_b", "ä", false, false), "TRUE"},
		{like("abc", "%d%", nil, false, true), "TRUE"},
		{like(null, "a", nil, false, false), "NULL"},
		{like("a", null, nil, false, true), "NULL"},
		{like("a", "a", null, false, false), "NULL"},
		{like("a", "a", "xx", false, false), "error: ESCAPE takes one character, found 'xx'"},
		{like("a", "a", "", false, false), "error: ESCAPE takes one character, found ''"},
		{like("", "", nil, false, false), "TRUE"},
		{like("", "%", nil, false, false), "TRUE"},
		{like("", "_", nil, false, false), "FALSE"},
		{like("日本", "__", nil, false, false), "TRUE"},
		{like("aXbXc", "a%X_", nil, false, false), "TRUE"},
		{like("abab", "%ab", nil, false, false), "TRUE"},
		{like("ab", "ab%ab", nil, false, false), "FALSE"},
		{like(1, "1", nil, false, false), "NULL"},
		{like("1", 1, nil, false, false), "NULL"},
	} {
		if got := eval(t, c.e); got != c.want {
			t.Errorf("%s = %s, want %s", c.e, got, c.want)
		}
	}
}

// TestLikeMatchesAsARegularExpression compares with a translation, over an alphabet in which matches are frequent.
func TestLikeMatchesAsARegularExpression(t *testing.T) {
	r := newRand(t)
	letters := []string{"a", "b", "ä", "A", "%", "_", `\`, "日"}
	random := func(n int) string {
		var b strings.Builder
		for range r.IntN(n) {
			b.WriteString(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	for range 20000 {
		pattern, text := random(8), random(12)
		escape := ""
		var esc Expr
		if r.IntN(2) == 0 {
			escape = `\`
			esc = lit(t, escape)
		}
		var b strings.Builder
		b.WriteString(`(?s)\A`)
		runes := []rune(pattern)
		for i := 0; i < len(runes); i++ {
			switch c := string(runes[i]); {
			case c == escape && i+1 < len(runes):
				i++
				b.WriteString(regexp.QuoteMeta(string(runes[i])))
			case c == "%":
				b.WriteString(".*")
			case c == "_":
				b.WriteString(".")
			default:
				b.WriteString(regexp.QuoteMeta(c))
			}
		}
		b.WriteString(`\z`)
		for _, noCase := range []bool{false, true} {
			expression := b.String()
			if noCase {
				expression = "(?i)" + expression
			}
			want := document.Bool(regexp.MustCompile(expression).MatchString(text))
			l := NewLike(stored(document.String(text)), lit(t, pattern), esc, noCase, false)
			f := frame(t, "", document.String(pattern))
			check(t, f, l, want, "constant pattern")
			check(t, f, NewLike(l.X, &Param{Ordinal: 1}, esc, noCase, false), want, "parameter")
			if prefix, ok := l.Prefix(); ok && want.AsBool() && !strings.HasPrefix(text, prefix) {
				t.Errorf("%s matches %q, which does not begin with %q", l, text, prefix)
			}
		}
	}
}

func TestLikePrefix(t *testing.T) {
	for pattern, want := range map[string]string{"ann%": "ann", "ann": "ann", "an_%": "an", "%ann": "", "_a": "", `10!%x%`: "10%x", "": ""} {
		got, ok := NewLike(&Param{Ordinal: 1}, lit(t, pattern), lit(t, "!"), false, false).Prefix()
		if got != want || ok != (want != "") {
			t.Errorf("%q has the prefix %q, %v", pattern, got, ok)
		}
	}
	for _, l := range []*Like{NewLike(&Param{Ordinal: 1}, lit(t, "a%"), nil, true, false), NewLike(&Param{Ordinal: 1}, lit(t, "a%"), nil, false, true), NewLike(&Param{Ordinal: 1}, &Param{Ordinal: 2}, nil, false, false)} {
		if _, ok := l.Prefix(); ok {
			t.Errorf("%s has no prefix that bounds it", l)
		}
	}
}

// TestLikeIsNotExponential would not end within any patience if the matcher tried all ways.
func TestLikeIsNotExponential(t *testing.T) {
	text := strings.Repeat("a", 20000)
	for _, pattern := range []string{strings.Repeat("%a", 200) + "%b", strings.Repeat("%a_", 200) + "b", "%" + strings.Repeat("_a", 100) + "b%"} {
		begin := time.Now()
		check(t, frame(t, ""), NewLike(stored(document.String(text)), lit(t, pattern), nil, false, false), document.Bool(false), "long")
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%.20s... took %s", pattern, took)
		}
	}
}

func TestLikeNoticesThatTheRunIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f := frame(t, "")
	f.Run.Context = ctx
	text := strings.Repeat("a", 100000)
	_, err := NewLike(stored(document.String(text)), lit(t, "%_b%"), nil, false, false).Eval(f)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestRegularExpressionsAreKeptCompiledAndRefusedClearly(t *testing.T) {
	f := frame(t, "")
	for round := range 3 {
		for i := range 2 * maxMemo { // more than are kept
			letter := string(rune('À' + i))
			check(t, f, call(t, "REGEXP", "^"+letter, letter+"x"), document.Bool(true), letter)
			check(t, f, call(t, "REGEXP", "^"+letter, "-"), document.Bool(false), letter)
		}
		if len(f.memo.regexps) > maxMemo {
			t.Errorf("%d kept in round %d", len(f.memo.regexps), round)
		}
	}
	if got := eval(t, call(t, "REGEXP", "(", "x")); !strings.HasPrefix(got, "error: REGEXP: '(' is no pattern: ") {
		t.Errorf("%s", got)
	}
}
