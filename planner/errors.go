package planner

import (
	"fmt"
	"strings"
)

// BindError is returned by Build for a statement that is well formed but means nothing:
// an unknown name, a wrong kind, an aggregate where none can be.
type BindError struct {
	// Line and Column count from 1, Column in characters; Offset counts bytes
	// from the start of the text. They are 0 when the place is unknown.
	Line, Column, Offset int
	Message              string
	Hint                 string // what to write instead, or ""
}

func (e *BindError) Error() string {
	var b strings.Builder
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d, column %d: ", e.Line, e.Column)
	}
	b.WriteString(e.Message)
	if e.Hint != "" {
		b.WriteString("; ")
		b.WriteString(e.Hint)
	}
	return b.String()
}
