package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Decoder reads a stream of documents: the elements of one JSON array, one
// document a line (NDJSON), or documents one after another. It holds one
// document in memory at a time, of at most MaxSize bytes.
type Decoder struct {
	r        io.Reader
	buf      []byte // read and not yet consumed from at
	at       int
	ended    bool // r has no more
	inArray  bool
	begun    bool
	finished bool
	err      error
	parser   jsonParser
	text     []byte // of the document that NextText returned, not consumed yet
	// line and column are where the document begins that Next returned last, from 0.
	line, column int
}

// NewDecoder returns a decoder of what r holds; a byte order mark is skipped.
func NewDecoder(r io.Reader) *Decoder { return &Decoder{r: r} }

// Position returns where the document begins that Next returned last: its line and column, from 1.
func (d *Decoder) Position() (line, column int) { return d.line + 1, d.column + 1 }

// Next returns the next document; io.EOF after the last one. A malformed text is a
// *JSONError with the position in the whole stream, after which Next repeats the error.
func (d *Decoder) Next() (Value, error) {
	if _, err := d.NextText(); err != nil {
		return Value{}, err
	}
	return d.Value()
}

// NextText returns the text of the next document, valid until the next call; io.EOF after the last one. Only its end was
// looked for: what is within may be wrong, see Value. An error is repeated by later calls.
func (d *Decoder) NextText() ([]byte, error) {
	if d.err == nil {
		d.consume(len(d.text))
		d.text, d.err = d.nextText()
	}
	return d.text, d.err
}

// Value parses the text that NextText returned. A malformed one is a *JSONError with the position in the whole stream, which
// later calls repeat.
func (d *Decoder) Value() (Value, error) {
	if d.err != nil {
		return Value{}, d.err
	}
	d.parser.text = string(d.text)
	d.parser.pos = 0
	d.parser.path = d.parser.path[:0]
	v, err := d.parser.whole()
	if err != nil {
		d.text, d.err = nil, err
	}
	return v, err
}

func (d *Decoder) nextText() ([]byte, error) {
	if !d.begun {
		if err := d.begin(); err != nil {
			return nil, err
		}
	} else if d.inArray && !d.finished {
		if err := d.separator(); err != nil {
			return nil, err
		}
	}
	c, err := d.peek()
	switch {
	case errors.Is(err, io.EOF) && (!d.inArray || d.finished):
		return nil, io.EOF
	case errors.Is(err, io.EOF):
		return nil, d.fail("expected a document, found the end of the text")
	case err != nil:
		return nil, err
	case d.finished:
		return nil, d.fail("expected the end after the array, found %q", c)
	}
	end, err := d.valueEnd()
	if err != nil {
		return nil, err
	}
	d.line, d.column = d.parser.line, d.parser.column
	return d.buf[d.at:end], nil
}

// begin skips a byte order mark and looks whether the stream is one array.
func (d *Decoder) begin() error {
	d.begun = true
	for len(d.buf) < 3 && !d.ended {
		if err := d.fill(); err != nil {
			return err
		}
	}
	if strings.HasPrefix(string(d.buf[:min(3, len(d.buf))]), "\uFEFF") {
		d.at = 3
		d.parser.offset = 3
	}
	if mark := string(d.buf[:min(2, len(d.buf))]); mark == "\xFF\xFE" || mark == "\xFE\xFF" {
		return d.fail("the text is UTF-16, JSON is UTF-8")
	}
	c, err := d.peek()
	if err != nil || c != '[' {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	d.inArray = true
	d.consume(1)
	if c, err = d.peek(); err == nil && c == ']' {
		d.consume(1)
		d.finished = true
	}
	if errors.Is(err, io.EOF) {
		return nil // next reports the array that is not closed
	}
	return err
}

// separator reads what stands between two elements of the array.
func (d *Decoder) separator() error {
	c, err := d.peek()
	switch {
	case errors.Is(err, io.EOF):
		return d.fail("expected , or ] after a document, found the end of the text")
	case err != nil:
		return err
	case c == ']':
		d.consume(1)
		d.finished = true
	case c == ',':
		d.consume(1)
	default:
		return d.fail("expected , or ] after a document, found %q", c)
	}
	return nil
}

// fail makes the error for the present position.
func (d *Decoder) fail(format string, args ...any) error {
	d.parser.text, d.parser.path = "", nil
	return d.parser.fail(0, format, args...)
}

// consume moves n bytes on, keeping count of lines and columns.
func (d *Decoder) consume(n int) {
	text := d.buf[d.at : d.at+n]
	if last := bytes.LastIndexByte(text, '\n'); last >= 0 {
		d.parser.line += bytes.Count(text, []byte{'\n'})
		d.parser.column = 0
		text = text[last+1:]
	}
	d.parser.column += utf8.RuneCount(text)
	d.parser.offset += int64(n)
	d.at += n
}

// peek skips white space and returns the next byte without consuming it.
func (d *Decoder) peek() (byte, error) {
	for {
		i := d.at
		for i < len(d.buf) && (d.buf[i] == ' ' || d.buf[i] == '\n' || d.buf[i] == '\t' || d.buf[i] == '\r') {
			i++
		}
		d.consume(i - d.at)
		if i < len(d.buf) {
			return d.buf[i], nil
		}
		if d.ended {
			return 0, io.EOF
		}
		if err := d.fill(); err != nil {
			return 0, err
		}
	}
}

// fill reads more, dropping what was consumed.
func (d *Decoder) fill() error {
	if d.at > 0 {
		d.buf = d.buf[:copy(d.buf, d.buf[d.at:])]
		d.at = 0
	}
	if len(d.buf) == cap(d.buf) {
		grown := make([]byte, len(d.buf), max(64<<10, 2*cap(d.buf)))
		copy(grown, d.buf)
		d.buf = grown
	}
	n, err := d.r.Read(d.buf[len(d.buf):cap(d.buf)])
	d.buf = d.buf[:len(d.buf)+n]
	if errors.Is(err, io.EOF) {
		d.ended = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	return nil
}

// valueEnd returns where the value that begins at d.at ends in d.buf, reading more as
// needed. It only counts brackets outside strings; the parser checks the rest.
func (d *Decoder) valueEnd() (int, error) {
	depth, inString, escaped := 0, false, false
	for i := 0; ; i++ {
		for d.at+i >= len(d.buf) {
			if d.ended {
				return len(d.buf), nil
			}
			if err := d.fill(); err != nil {
				return 0, err
			}
		}
		if i == MaxSize {
			return 0, d.fail("document is over %d bytes", MaxSize)
		}
		c := d.buf[d.at+i]
		switch {
		case inString:
			switch {
			case escaped:
				escaped = false
			case c == '\\':
				escaped = true
			case c == '"':
				inString = false
				if depth == 0 {
					return d.at + i + 1, nil
				}
			}
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
			if depth == 0 {
				return d.at + i + 1, nil
			}
			if depth < 0 {
				return d.at + max(i, 1), nil
			}
		case depth == 0 && (c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t') && i > 0:
			return d.at + i, nil
		}
	}
}
