package expr

import (
	"errors"
	"fmt"

	"github.com/fluxdb/fluxdb/document"
)

// Errors that evaluation names; match them with errors.Is.
var (
	// ErrOverflow is matched when a result lies beyond int64, or a timestamp beyond its years.
	ErrOverflow = errors.New("out of range")
	// ErrCast is matched when CAST, or a function that converts, can't convert a value.
	ErrCast = errors.New("can't convert")
	// ErrTooLarge is matched when a result would be larger than any document.
	ErrTooLarge = errors.New("result too large")
	// ErrArgument is matched when a function is given a value that has no meaning for it,
	// such as an unknown unit of time.
	ErrArgument = errors.New("invalid argument")
)

// Error is an error of evaluation with the sentinel that it matches.
type Error struct {
	Kind    error // ErrOverflow, ErrCast, ErrTooLarge or ErrArgument
	Message string
}

func (e *Error) Error() string { return e.Message }

// Unwrap makes errors.Is(err, e.Kind) true.
func (e *Error) Unwrap() error { return e.Kind }

func overflow(format string, args ...any) error {
	return &Error{ErrOverflow, fmt.Sprintf(format, args...)}
}

func badArgument(format string, args ...any) error {
	return &Error{ErrArgument, fmt.Sprintf(format, args...)}
}

// maxResult is the largest text, bytes or array (in its stored form) that an expression makes.
const maxResult = document.MaxSize

func tooLarge(what string) error {
	return &Error{ErrTooLarge, fmt.Sprintf("%s: the result is over %d MiB", what, maxResult>>20)}
}

// brief prints a value for a message, cut after some characters.
func brief(v document.Value) string {
	const most = 40
	var text string
	if v.Kind() == document.KindString {
		text = v.AsString()
		if len(text) > 4*most {
			text = text[:4*most]
		}
		text = string(appendQuoted(nil, text))
	} else if text = literalText(v); len(text) > 4*most {
		text = text[:4*most]
	}
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most]) + "..."
}
