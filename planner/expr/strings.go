package expr

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fluxdb/fluxdb/document"
)

// stringFunctions work on text. Positions count characters from 1, as SQL does.
var stringFunctions = []Function{
	{Name: "LENGTH", Usage: "LENGTH(text)", Doc: "The number of characters of a string, or of bytes.", MinArgs: 1, MaxArgs: 1,
		aliases: []string{"CHAR_LENGTH", "CHARACTER_LENGTH"}, Args: []Kinds{Text | Blob}, Result: wholeResult, eval: length},
	{Name: "OCTET_LENGTH", Usage: "OCTET_LENGTH(text)", Doc: "The number of bytes of a string, or of bytes.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{Text | Blob}, Result: wholeResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			return document.Int(int64(len(a[0].AsBytes()))), nil
		}},
	{Name: "UPPER", Usage: "UPPER(text)", Doc: "The text in upper case.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{Text}, Result: textResult,
		eval: mapText(strings.ToUpper)},
	{Name: "LOWER", Usage: "LOWER(text)", Doc: "The text in lower case.", MinArgs: 1, MaxArgs: 1, Args: []Kinds{Text}, Result: textResult,
		eval: mapText(strings.ToLower)},
	{Name: "INITCAP", Usage: "INITCAP(text)", Doc: "The text with each word's first letter in upper case, the others in lower case.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{Text}, Result: textResult, eval: mapText(initcap)},
	{Name: "TRIM", Usage: "TRIM(text [, characters])", Doc: "The text without blanks, or without these characters, at both ends.", MinArgs: 1, MaxArgs: 2,
		aliases: []string{"BTRIM"}, Args: []Kinds{Text}, Result: textResult, eval: trim(strings.Trim)},
	{Name: "LTRIM", Usage: "LTRIM(text [, characters])", Doc: "The text without blanks, or without these characters, at its front.", MinArgs: 1, MaxArgs: 2,
		Args: []Kinds{Text}, Result: textResult, eval: trim(strings.TrimLeft)},
	{Name: "RTRIM", Usage: "RTRIM(text [, characters])", Doc: "The text without blanks, or without these characters, at its end.", MinArgs: 1, MaxArgs: 2,
		Args: []Kinds{Text}, Result: textResult, eval: trim(strings.TrimRight)},
	{Name: "SUBSTR", Usage: "SUBSTR(text, start [, length])", Doc: "The part of a string, or of bytes, from a position, counted from the end when negative.", MinArgs: 2, MaxArgs: 3,
		aliases: []string{"SUBSTRING"}, Args: []Kinds{Text | Blob, Whole, Whole}, Result: firstResult, eval: substr},
	{Name: "LEFT", Usage: "LEFT(text, n)", Doc: "The first n characters; without the last -n when n is negative.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{Text, Whole}, Result: textResult, eval: left},
	{Name: "RIGHT", Usage: "RIGHT(text, n)", Doc: "The last n characters; without the first -n when n is negative.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{Text, Whole}, Result: textResult, eval: right},
	{Name: "INSTR", Usage: "INSTR(text, part)", Doc: "The position of the first place where part stands in a string, or in bytes, 0 when it does not.", MinArgs: 2, MaxArgs: 2,
		aliases: []string{"STRPOS"}, Args: []Kinds{Text | Blob}, Result: wholeResult, eval: instr},
	{Name: "STARTS_WITH", Usage: "STARTS_WITH(text, part)", Doc: "Whether the text begins with part.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{Text}, Result: boolResult, eval: testText(strings.HasPrefix)},
	{Name: "ENDS_WITH", Usage: "ENDS_WITH(text, part)", Doc: "Whether the text ends with part.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{Text}, Result: boolResult, eval: testText(strings.HasSuffix)},
	{Name: "CONTAINS", Usage: "CONTAINS(text, part)", Doc: "Whether part stands in the text.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{Text}, Result: boolResult, eval: testText(strings.Contains)},
	{Name: "UNICODE", Usage: "UNICODE(text)", Doc: "The code point of the first character, NULL for an empty string.", MinArgs: 1, MaxArgs: 1,
		aliases: []string{"ASCII"}, Args: []Kinds{Text}, Result: wholeResult, eval: codePoint},
}

func mapText(fn func(string) string) func(*Frame, []document.Value) (document.Value, error) {
	return func(_ *Frame, a []document.Value) (document.Value, error) {
		return document.String(fn(a[0].AsString())), nil
	}
}

func testText(fn func(text, part string) bool) func(*Frame, []document.Value) (document.Value, error) {
	return func(_ *Frame, a []document.Value) (document.Value, error) {
		return document.Bool(fn(a[0].AsString(), a[1].AsString())), nil
	}
}

func trim(fn func(text, cutset string) string) func(*Frame, []document.Value) (document.Value, error) {
	return func(_ *Frame, a []document.Value) (document.Value, error) {
		cutset := " "
		if len(a) == 2 {
			cutset = a[1].AsString()
		}
		return document.String(fn(a[0].AsString(), cutset)), nil
	}
}

func initcap(s string) string {
	inWord := false
	return strings.Map(func(r rune) rune {
		was := inWord
		inWord = unicode.IsLetter(r) || unicode.IsDigit(r)
		if was {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

func length(_ *Frame, a []document.Value) (document.Value, error) {
	n := len(a[0].AsBytes())
	if a[0].Kind() == document.KindString {
		n = utf8.RuneCountInString(a[0].AsString())
	}
	return document.Int(int64(n)), nil
}

func codePoint(_ *Frame, a []document.Value) (document.Value, error) {
	if a[0].AsString() == "" {
		return document.Null(), nil
	}
	r, _ := utf8.DecodeRuneInString(a[0].AsString())
	return document.Int(int64(r)), nil
}

// substr follows SQLite: position 1 is the first character, -1 the last one, 0 the place before
// the first; a negative length takes what stands before the position.
func substr(_ *Frame, a []document.Value) (document.Value, error) {
	text := a[0].AsString()
	n := int64(utf8.RuneCountInString(text))
	if a[0].Kind() == document.KindBytes {
		n = int64(len(a[0].AsBytes()))
	}
	begin := a[1].AsInt()
	switch {
	case begin > 0:
		begin--
	case begin < 0:
		begin = max(begin, -1<<40) + n // no text is so long, and the sums stay within int64
	default:
		begin = -1
	}
	begin = min(begin, n)
	end := n
	if len(a) == 3 {
		size := min(max(a[2].AsInt(), -1<<40), 1<<40)
		if end = begin + size; size < 0 {
			begin, end = end, begin
		}
	}
	begin, end = min(max(begin, 0), n), min(max(end, 0), n)
	if begin >= end {
		begin, end = 0, 0
	}
	if a[0].Kind() == document.KindBytes {
		return document.Bytes(a[0].AsBytes()[begin:end]), nil
	}
	return document.String(characters(text, begin, end)), nil
}

// characters returns the characters of s from begin up to end, which lie within it.
func characters(s string, begin, end int64) string {
	from := skipCharacters(s, begin)
	return s[from : from+skipCharacters(s[from:], end-begin)]
}

// skipCharacters returns how many bytes the first n characters take.
func skipCharacters(s string, n int64) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		if s[at] < utf8.RuneSelf {
			at++
			continue
		}
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

func left(_ *Frame, a []document.Value) (document.Value, error) {
	text, n := a[0].AsString(), a[1].AsInt()
	if n < 0 {
		n = max(int64(utf8.RuneCountInString(text))+n, 0)
	}
	return document.String(text[:skipCharacters(text, n)]), nil
}

func right(_ *Frame, a []document.Value) (document.Value, error) {
	text, n := a[0].AsString(), a[1].AsInt()
	skip := -max(n, -maxResult)
	if n >= 0 {
		skip = max(int64(utf8.RuneCountInString(text))-n, 0)
	}
	return document.String(text[skipCharacters(text, max(skip, 0)):]), nil
}

func instr(f *Frame, a []document.Value) (document.Value, error) {
	if a[0].Kind() != a[1].Kind() {
		return f.wrongKind(), nil
	}
	at := bytes.Index(a[0].AsBytes(), a[1].AsBytes())
	if at > 0 && a[0].Kind() == document.KindString {
		at = utf8.RuneCountInString(a[0].AsString()[:at])
	}
	return document.Int(int64(at) + 1), nil
}
