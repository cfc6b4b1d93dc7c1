package document

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"
)

// JSONError says where JSON text is wrong. It matches ErrInvalid.
type JSONError struct {
	Line, Column int   // from 1; the column counts characters
	Offset       int64 // in bytes from 0
	Path         string
	Message      string
}

func (e *JSONError) Error() string {
	s := fmt.Sprintf("json: line %d, column %d", e.Line, e.Column)
	if e.Path != "" {
		s += ", path " + e.Path
	}
	return s + ": " + e.Message
}

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (e *JSONError) Unwrap() error { return ErrInvalid }

// ParseJSON reads one JSON value (RFC 8259) and nothing after it. The order of fields is kept.
// A number without fraction and exponent is an int, others are floats; an
// integer beyond int64 and a duplicate key are errors. Values in MongoDB's
// Extended JSON v2 ($date, $binary, $numberDouble, $numberLong, $numberInt,
// $oid) become what they stand for. The error is a *JSONError.
func ParseJSON(text []byte) (Value, error) {
	// One copy that all strings of the value share.
	return ParseJSONString(string(text))
}

// ParseJSONString is ParseJSON for a string, which the value then shares.
func ParseJSONString(text string) (Value, error) {
	p := parsers.Get().(*jsonParser)
	p.text = text
	v, err := p.whole()
	p.release()
	return v, err
}

// parsers keeps the stacks of parsers, which a small document takes longer to grow than to read.
var parsers = sync.Pool{New: func() any { return new(jsonParser) }}

// maxKept is how many fields or values a stack may have to be kept.
const maxKept = 1024

// release gives the parser back, without anything of the text.
func (p *jsonParser) release() {
	p.forget()
	parsers.Put(p)
}

// forget drops everything of the text, and stacks too large to keep.
func (p *jsonParser) forget() {
	if cap(p.fields) > maxKept || cap(p.values) > maxKept {
		*p = jsonParser{}
		return
	}
	clear(p.fields)
	clear(p.values)
	clear(p.path[:cap(p.path)])
	*p = jsonParser{fields: p.fields[:0], values: p.values[:0], path: p.path[:0]}
}

// jsonParser reads one value from text. Elements of open arrays and objects
// wait on stacks and are copied out, at their exact size, when they close. What lies above
// a stack's length holds nothing.
type jsonParser struct {
	text   string
	pos    int
	line   int   // lines before text, for a decoder
	column int   // characters on the line before text
	offset int64 // bytes before text
	fields []Field
	values []Value
	path   []Step
	sets   []openSet
}

func (p *jsonParser) whole() (Value, error) {
	v, err := p.value(1)
	if err != nil {
		return Value{}, err
	}
	p.space()
	if p.pos < len(p.text) {
		return Value{}, p.fail(p.pos, "expected the end, found %s", p.found(p.pos))
	}
	return v, nil
}

// fail makes the error for the byte at pos.
func (p *jsonParser) fail(pos int, format string, args ...any) error {
	before := p.text[:min(pos, len(p.text))]
	line, column := p.line+1, p.column+1
	if n := strings.Count(before, "\n"); n > 0 {
		line += n
		column = 1
		before = before[strings.LastIndexByte(before, '\n')+1:]
	}
	return &JSONError{
		Line: line, Column: column + utf8.RuneCountInString(before), Offset: p.offset + int64(pos),
		Path: clip(Path(p.path).String()), Message: fmt.Sprintf(format, args...),
	}
}

// found describes what stands at pos.
func (p *jsonParser) found(pos int) string {
	if pos >= len(p.text) {
		return "the end of the text"
	}
	r, size := utf8.DecodeRuneInString(p.text[pos:])
	if r == utf8.RuneError && size == 1 {
		return fmt.Sprintf("byte 0x%02X", p.text[pos])
	}
	return strconv.QuoteRune(r)
}

// take moves past c if it comes next.
func (p *jsonParser) take(c byte) bool {
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *jsonParser) space() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ' ', '\n', '\t', '\r':
			p.pos++
		default:
			return
		}
	}
}

func (p *jsonParser) value(depth int) (Value, error) {
	p.space()
	if p.pos >= len(p.text) {
		return Value{}, p.fail(p.pos, "expected a value, found the end of the text")
	}
	switch c := p.text[p.pos]; c {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		s, err := p.string()
		return String(s), err
	case 't':
		return Bool(true), p.word("true")
	case 'f':
		return Bool(false), p.word("false")
	case 'n':
		return Null(), p.word("null")
	default:
		if c == '-' || c >= '0' && c <= '9' {
			return p.number()
		}
		return Value{}, p.fail(p.pos, "expected a value, found %s", p.found(p.pos))
	}
}

func (p *jsonParser) word(w string) error {
	if !strings.HasPrefix(p.text[p.pos:], w) {
		return p.fail(p.pos, "expected %s", w)
	}
	p.pos += len(w)
	return nil
}

func (p *jsonParser) object(depth int) (Value, error) {
	if depth > MaxDepth {
		return Value{}, p.fail(p.pos, "nested deeper than %d", MaxDepth)
	}
	begin, base := p.pos, len(p.fields)
	p.pos++
	p.space()
	if p.pos < len(p.text) && p.text[p.pos] == '}' {
		p.pos++
		return Object(nil), nil
	}
	for {
		p.space()
		if p.pos >= len(p.text) || p.text[p.pos] != '"' {
			return Value{}, p.fail(p.pos, "expected a key in double quotes, found %s", p.found(p.pos))
		}
		at := p.pos
		name, err := p.string()
		if err != nil {
			return Value{}, err
		}
		p.path = append(p.path, Step{Name: name})
		if p.known(base, name) {
			return Value{}, p.fail(at, "duplicate key %q", clip(name))
		}
		p.space()
		if p.pos >= len(p.text) || p.text[p.pos] != ':' {
			return Value{}, p.fail(p.pos, "expected : after the key, found %s", p.found(p.pos))
		}
		p.pos++
		v, err := p.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		p.path = p.path[:len(p.path)-1]
		p.fields = append(p.fields, Field{name, v})
		p.space()
		if p.pos < len(p.text) && p.text[p.pos] == ',' {
			p.pos++
			continue
		}
		if p.pos < len(p.text) && p.text[p.pos] == '}' {
			p.pos++
			break
		}
		return Value{}, p.fail(p.pos, "expected , or } in an object, found %s", p.found(p.pos))
	}
	open := p.fields[base:]
	if len(open[0].Name) > 1 && open[0].Name[0] == '$' {
		v, ok, err := extended(open)
		if err != nil {
			return Value{}, p.fail(begin, "%v", err)
		}
		if ok {
			p.closed(base)
			return v, nil
		}
	}
	fs := make([]Field, len(open))
	copy(fs, open)
	p.closed(base)
	return Object(fs), nil
}

// known reports whether an open object, whose fields begin at base, has the
// key. An object of many keys gets a set, kept until it closes.
func (p *jsonParser) known(base int, name string) bool {
	fields := p.fields[base:]
	if len(fields) < 32 {
		for i := range fields {
			if fields[i].Name == name {
				return true
			}
		}
		return false
	}
	n := len(p.sets)
	if n == 0 || p.sets[n-1].base != base {
		p.sets = append(p.sets, openSet{base: base})
		p.sets[n].names.reset(fields)
		n++
	}
	set := &p.sets[n-1].names
	if set.has(name) {
		return true
	}
	set.seen[name] = struct{}{}
	return false
}

// openSet is the names of an object that is being read.
type openSet struct {
	base  int
	names nameSet
}

// closed drops the set of the object at base, if it got one.
func (p *jsonParser) closed(base int) {
	if n := len(p.sets); n > 0 && p.sets[n-1].base == base {
		p.sets = p.sets[:n-1]
	}
	clear(p.fields[base:])
	p.fields = p.fields[:base]
}

func (p *jsonParser) array(depth int) (Value, error) {
	if depth > MaxDepth {
		return Value{}, p.fail(p.pos, "nested deeper than %d", MaxDepth)
	}
	base := len(p.values)
	p.pos++
	p.space()
	if p.pos < len(p.text) && p.text[p.pos] == ']' {
		p.pos++
		return Array(nil), nil
	}
	p.path = append(p.path, Step{Kind: StepIndex})
	for {
		p.path[len(p.path)-1].Index = len(p.values) - base
		v, err := p.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		p.values = append(p.values, v)
		p.space()
		if p.pos < len(p.text) && p.text[p.pos] == ',' {
			p.pos++
			continue
		}
		if p.pos < len(p.text) && p.text[p.pos] == ']' {
			p.pos++
			break
		}
		return Value{}, p.fail(p.pos, "expected , or ] in an array, found %s", p.found(p.pos))
	}
	p.path = p.path[:len(p.path)-1]
	vs := make([]Value, len(p.values)-base)
	copy(vs, p.values[base:])
	clear(p.values[base:])
	p.values = p.values[:base]
	return Array(vs), nil
}

func (p *jsonParser) number() (Value, error) {
	begin := p.pos
	digits := func() bool {
		at := p.pos
		for p.pos < len(p.text) && p.text[p.pos]-'0' <= 9 {
			p.pos++
		}
		return p.pos > at
	}
	if p.text[p.pos] == '-' {
		p.pos++
	}
	first := p.pos
	if !digits() {
		return Value{}, p.fail(p.pos, "expected a digit, found %s", p.found(p.pos))
	}
	if p.text[first] == '0' && p.pos > first+1 {
		return Value{}, p.fail(first, "a number may not begin with 0")
	}
	integer := true
	if p.pos < len(p.text) && p.text[p.pos] == '.' {
		integer = false
		p.pos++
		if !digits() {
			return Value{}, p.fail(p.pos, "expected a digit after the point, found %s", p.found(p.pos))
		}
	}
	if p.pos < len(p.text) && p.text[p.pos]|0x20 == 'e' {
		integer = false
		p.pos++
		if p.pos < len(p.text) && (p.text[p.pos] == '+' || p.text[p.pos] == '-') {
			p.pos++
		}
		if !digits() {
			return Value{}, p.fail(p.pos, "expected a digit in the exponent, found %s", p.found(p.pos))
		}
	}
	text := p.text[begin:p.pos]
	if integer {
		i, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return Value{}, p.fail(begin, "integer %s is beyond 64 bits", clip(text))
		}
		return Int(i), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && math.IsInf(f, 0) {
		return Value{}, p.fail(begin, "number %s is beyond float64", clip(text))
	}
	return Float(f), nil
}

// string reads a string at its opening quote. It shares the text where nothing
// is escaped.
func (p *jsonParser) string() (string, error) {
	begin := p.pos + 1
	i := asciiRun(p.text, begin)
	ascii := i == len(p.text) || p.text[i] < utf8.RuneSelf
	if !ascii {
		i = plainRun(p.text, i)
	}
	if i < len(p.text) {
		switch p.text[i] {
		case '"':
			s := p.text[begin:i]
			if !ascii && !utf8.ValidString(s) {
				return "", p.badUTF8(begin, s)
			}
			p.pos = i + 1
			return s, nil
		case '\\':
			return p.escaped(begin, i)
		default:
			return "", p.fail(i, "control character 0x%02X in a string", p.text[i])
		}
	}
	return "", p.fail(begin-1, "string is not closed")
}

func (p *jsonParser) badUTF8(begin int, s string) error {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return p.fail(begin+i, "byte 0x%02X is not valid UTF-8", s[i])
			}
		}
	}
	return nil
}

// escaped reads a string that has its first backslash at i.
func (p *jsonParser) escaped(begin, i int) (string, error) {
	b := append(make([]byte, 0, 2*(i-begin)+16), p.text[begin:i]...)
	for i < len(p.text) {
		c := p.text[i]
		switch {
		case c == '"':
			if !utf8.Valid(b) {
				return "", p.badUTF8(begin, p.text[begin:i])
			}
			p.pos = i + 1
			return unsafe.String(unsafe.SliceData(b), len(b)), nil
		case c < ' ':
			return "", p.fail(i, "control character 0x%02X in a string", c)
		case c != '\\':
			b = append(b, c)
			i++
			continue
		}
		if i+1 >= len(p.text) {
			break
		}
		switch e := p.text[i+1]; e {
		case '"', '\\', '/':
			b = append(b, e)
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			r, ok := hex4(p.text, i+2)
			if !ok {
				return "", p.fail(i, `expected four hex digits after \u`)
			}
			i += 4
			if r >= 0xD800 && r < 0xDC00 {
				low, ok := rune(0), false
				if strings.HasPrefix(p.text[i+2:], `\u`) {
					low, ok = hex4(p.text, i+4)
				}
				if !ok || low < 0xDC00 || low > 0xDFFF {
					return "", p.fail(i-4, `\u%04X is half of a surrogate pair`, r)
				}
				r = (r-0xD800)<<10 + (low - 0xDC00) + 0x10000
				i += 6
			} else if r >= 0xDC00 && r <= 0xDFFF {
				return "", p.fail(i-4, `\u%04X is half of a surrogate pair`, r)
			}
			b = utf8.AppendRune(b, r)
		default:
			return "", p.fail(i, "unknown escape %s", strconv.Quote(p.text[i:i+2]))
		}
		i += 2
	}
	return "", p.fail(begin-1, "string is not closed")
}

func hex4(s string, at int) (r rune, ok bool) {
	if at+4 > len(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s[at:at+4], 16, 32)
	return rune(n), err == nil && s[at] != '+' && s[at] != '_'
}
