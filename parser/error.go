package parser

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// SyntaxError is returned for a text that is no SQL.
type SyntaxError struct {
	// Line and Column count from 1, Column in characters. Offset is in bytes.
	Line, Column, Offset int
	// Message is what is wrong: unexpected "id".
	Message string
	// Snippet is the line of the error and a caret under its place.
	Snippet string
	// Hint is what might have been meant, or "".
	Hint string
}

// Error returns place and message, and in lines of their own the snippet and the hint.
func (e *SyntaxError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "line %d, column %d: %s", e.Line, e.Column, e.Message)
	for _, part := range []string{e.Snippet, e.Hint} {
		if part != "" {
			b.WriteString("\n" + part)
		}
	}
	return b.String()
}

func syntaxError(text string, offset int, message, hint string) *SyntaxError {
	offset = max(0, min(offset, len(text)))
	line, column := Position(text, offset)
	return &SyntaxError{Line: line, Column: column, Offset: offset, Message: message, Snippet: snippet(text, offset), Hint: hint}
}

// shownToken is how many bytes of a token a message quotes.
const shownToken = 40

// quote prints a piece of the text in a message, cut where it is long.
func quote(s string) string {
	if len(s) > shownToken {
		end := shownToken
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end] + "..."
	}
	return `"` + printable(s) + `"`
}
