package parser

import (
	"strings"
	"unicode/utf8"
)

// Position returns the line and column, in characters, of a byte offset in text. Both count
// from 1; an offset beyond the text is its end.
func Position(text string, offset int) (line, column int) {
	before := text[:max(0, min(offset, len(text)))]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}

// The part of a line that an error shows around its place, in characters.
const (
	shownBefore = 60
	shownAfter  = 40
)

// snippet returns the line around offset, cut where it is long, and under it a caret.
func snippet(text string, offset int) string {
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	end := len(text)
	if i := strings.IndexByte(text[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	left, right := offset, offset
	for i := 0; left > start && i < shownBefore; i++ {
		_, n := utf8.DecodeLastRuneInString(text[start:left])
		left -= n
	}
	for i := 0; right < end && i < shownAfter; i++ {
		_, n := utf8.DecodeRuneInString(text[right:end])
		right += n
	}
	var b strings.Builder
	lead := ""
	if left > start {
		lead = "..."
	}
	b.WriteString(lead + printable(text[left:right]))
	if right < end {
		b.WriteString("...")
	}
	b.WriteString("\n" + strings.Repeat(" ", len(lead)))
	for _, r := range text[left:offset] {
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	b.WriteByte('^')
	return b.String()
}

// printable replaces what would disturb a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
