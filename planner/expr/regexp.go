package expr

import (
	"regexp"
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

type regexpMemo struct {
	function, pattern string
	compiled          *regexp.Regexp
	err               error
}

// matchRegexp matches text, in time that grows with its length only. The last patterns are kept
// compiled; translate turns one into a regular expression.
func (f *Frame) matchRegexp(function, pattern, text string, translate func(string) string) (document.Value, error) {
	m := f.regexpOf(function, pattern, translate)
	if m.err != nil {
		return document.Missing(), m.err
	}
	return document.Bool(m.compiled.MatchString(text)), nil
}

func (f *Frame) regexpOf(function, pattern string, translate func(string) string) *regexpMemo {
	list := f.memo.regexps
	for i := range list {
		if m := &list[i]; m.function == function && m.pattern == pattern {
			return m
		}
	}
	m := regexpMemo{function: function, pattern: strings.Clone(pattern)}
	var err error
	if m.compiled, err = regexp.Compile(translate(m.pattern)); err != nil {
		m.err = badArgument("%s: %s is no pattern: %v", function, brief(document.String(pattern)), err)
	}
	if len(list) < maxMemo {
		f.memo.regexps = append(list, m)
		return &f.memo.regexps[len(list)]
	}
	list[f.memo.oldest] = m
	f.memo.oldest = (f.memo.oldest + 1) % maxMemo
	return &list[(f.memo.oldest+maxMemo-1)%maxMemo]
}
