package expr

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/fluxdb/fluxdb/document"
)

// textFunctions make new text, whose size they bound before they make it.
var textFunctions = []Function{
	{Name: "REPLACE", Usage: "REPLACE(text, part, by)", Doc: "The text with another in place of each part.", MinArgs: 3, MaxArgs: 3,
		Args: []Kinds{Text}, Result: textResult, eval: replace},
	{Name: "REPEAT", Usage: "REPEAT(text, n)", Doc: "The text n times.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{Text, Whole}, Result: textResult, eval: repeat},
	{Name: "REVERSE", Usage: "REVERSE(text)", Doc: "The characters in reverse.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{Text}, Result: textResult, eval: mapText(reverse)},
	{Name: "LPAD", Usage: "LPAD(text, n [, fill])", Doc: "The text filled up at its front, or cut, to n characters.", MinArgs: 2, MaxArgs: 3,
		Args: []Kinds{Text, Whole, Text}, Result: textResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) { return pad("LPAD", a, true) }},
	{Name: "RPAD", Usage: "RPAD(text, n [, fill])", Doc: "The text filled up at its end, or cut, to n characters.", MinArgs: 2, MaxArgs: 3,
		Args: []Kinds{Text, Whole, Text}, Result: textResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) { return pad("RPAD", a, false) }},
	{Name: "CONCAT", Usage: "CONCAT(x, ...)", Doc: "The text of all arguments joined, leaving out NULL.", MinArgs: 1, MaxArgs: -1,
		nulls: true, Args: []Kinds{Any &^ Blob}, Result: textResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) { return join("CONCAT", "", a) }},
	{Name: "CONCAT_WS", Usage: "CONCAT_WS(separator, x, ...)", Doc: "The text of all arguments but the first with it between them, leaving out NULL.", MinArgs: 1, MaxArgs: -1,
		nulls: true, Args: []Kinds{Text, Any &^ Blob}, Result: textResult, eval: concatWith},
	{Name: "SPLIT", Usage: "SPLIT(text, separator)", Doc: "An array of the parts between separators; of the characters when it is empty.", MinArgs: 2, MaxArgs: 2,
		Args: []Kinds{Text}, Result: arrayResult, eval: split},
	{Name: "SPLIT_PART", Usage: "SPLIT_PART(text, separator, n)", Doc: "The part n between separators, from 1, or from the end when negative; else an empty string.", MinArgs: 3, MaxArgs: 3,
		Args: []Kinds{Text, Text, Whole}, Result: textResult, eval: splitPart},
	{Name: "CHAR", Usage: "CHAR(code, ...)", Doc: "The characters with these code points.", MinArgs: 1, MaxArgs: -1,
		aliases: []string{"CHR"}, Args: []Kinds{Whole}, Result: textResult, eval: char},
	{Name: "HEX", Usage: "HEX(x)", Doc: "The bytes of a string, or bytes, in upper-case hexadecimal digits.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{Text | Blob}, Result: textResult, eval: toHex},
	{Name: "UNHEX", Usage: "UNHEX(text)", Doc: "The bytes that hexadecimal digits stand for, NULL when the text is none.", MinArgs: 1, MaxArgs: 1,
		Args: []Kinds{Text}, Result: always(document.KindBytes), eval: fromHex},
	{Name: "QUOTE", Usage: "QUOTE(x)", Doc: "The text of x as a literal of SQL.", MinArgs: 1, MaxArgs: 1,
		nulls: true, Result: textResult, eval: func(_ *Frame, a []document.Value) (document.Value, error) {
			if a[0].IsNull() { // nothing else is a literal of what is absent
				return document.String("NULL"), nil
			}
			return textOf("QUOTE", appendLiteral(nil, a[0]))
		}},
}

// textOf returns text that a function made, or the error that it is too large.
func textOf(name string, text []byte) (document.Value, error) {
	if len(text) > maxResult {
		return document.Missing(), tooLarge(name)
	}
	return document.StringBytes(text), nil
}

func replace(_ *Frame, a []document.Value) (document.Value, error) {
	text, part, by := a[0].AsString(), a[1].AsString(), a[2].AsString()
	if part == "" {
		return a[0], nil
	}
	// More replacements than the count has no text; the product stays far within int64.
	n := strings.Count(text, part)
	if int64(len(text))+int64(n)*int64(len(by)-len(part)) > maxResult {
		return document.Missing(), tooLarge("REPLACE")
	}
	return document.String(strings.ReplaceAll(text, part, by)), nil
}

func repeat(_ *Frame, a []document.Value) (document.Value, error) {
	text, n := a[0].AsString(), a[1].AsInt()
	if n <= 0 || text == "" {
		return document.String(""), nil
	}
	if n > maxResult/int64(len(text)) {
		return document.Missing(), tooLarge("REPEAT")
	}
	return document.String(strings.Repeat(text, int(n))), nil
}

func reverse(s string) string {
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		_, size := utf8.DecodeLastRuneInString(s)
		out = append(out, s[len(s)-size:]...)
		s = s[:len(s)-size]
	}
	return string(out)
}

func pad(name string, a []document.Value, front bool) (document.Value, error) {
	text, fill := a[0].AsString(), " "
	if len(a) == 3 {
		fill = a[2].AsString()
	}
	n := max(a[1].AsInt(), 0)
	missing := n - int64(utf8.RuneCountInString(text))
	switch {
	case missing < 0:
		return document.String(text[:skipCharacters(text, n)]), nil
	case missing == 0 || fill == "":
		return a[0], nil
	case missing > maxResult:
		return document.Missing(), tooLarge(name)
	}
	out := make([]byte, 0, len(text)+int(missing))
	if !front {
		out = append(out, text...)
	}
	for each := int64(utf8.RuneCountInString(fill)); missing > 0; missing -= each {
		if missing < each {
			fill = fill[:skipCharacters(fill, missing)]
		}
		if out = append(out, fill...); len(out) > maxResult {
			return document.Missing(), tooLarge(name)
		}
	}
	if front {
		out = append(out, text...)
	}
	return textOf(name, out)
}

// join appends the text of all values that are not null with a separator between them.
func join(name, separator string, list []document.Value) (document.Value, error) {
	var out []byte
	first := true
	for _, v := range list {
		if v.IsNull() {
			continue
		}
		if !first {
			out = append(out, separator...)
		}
		first = false
		if out = appendText(out, v); len(out) > maxResult {
			return document.Missing(), tooLarge(name)
		}
	}
	return textOf(name, out)
}

func concatWith(_ *Frame, a []document.Value) (document.Value, error) {
	if a[0].IsNull() {
		return document.Null(), nil
	}
	return join("CONCAT_WS", a[0].AsString(), a[1:])
}

func split(_ *Frame, a []document.Value) (document.Value, error) {
	text, separator := a[0].AsString(), a[1].AsString()
	n := strings.Count(text, separator) + 1
	if n > maxResult/2 {
		return document.Missing(), tooLarge("SPLIT")
	}
	parts := make([]document.Value, 0, n)
	if separator == "" {
		for len(text) > 0 {
			_, size := utf8.DecodeRuneInString(text)
			parts = append(parts, document.String(text[:size]))
			text = text[size:]
		}
		return document.Array(parts), nil
	}
	for more := true; more; {
		var part string
		part, text, more = strings.Cut(text, separator)
		parts = append(parts, document.String(part))
	}
	return document.Array(parts), nil
}

func splitPart(_ *Frame, a []document.Value) (document.Value, error) {
	text, separator, n := a[0].AsString(), a[1].AsString(), a[2].AsInt()
	count := int64(1)
	if separator != "" {
		count += int64(strings.Count(text, separator))
	}
	if n < 0 {
		n += count + 1
	}
	if n < 1 || n > count {
		return document.String(""), nil
	}
	if separator == "" {
		return a[0], nil
	}
	for ; n > 1; n-- {
		_, text, _ = strings.Cut(text, separator)
	}
	part, _, _ := strings.Cut(text, separator)
	return document.String(part), nil
}

func char(_ *Frame, a []document.Value) (document.Value, error) {
	var out []byte
	for _, v := range a {
		r := v.AsInt()
		if r < 0 || r > utf8.MaxRune || !utf8.ValidRune(rune(r)) {
			return document.Missing(), badArgument("CHAR: %d is no code point", r)
		}
		out = utf8.AppendRune(out, rune(r))
	}
	return document.StringBytes(out), nil
}

func toHex(_ *Frame, a []document.Value) (document.Value, error) {
	b := a[0].AsBytes()
	if 2*len(b) > maxResult {
		return document.Missing(), tooLarge("HEX")
	}
	const digits = "0123456789ABCDEF"
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return document.StringBytes(out), nil
}

func fromHex(_ *Frame, a []document.Value) (document.Value, error) {
	if out, err := hex.DecodeString(a[0].AsString()); err == nil {
		return document.Bytes(out), nil
	}
	return document.Null(), nil
}
