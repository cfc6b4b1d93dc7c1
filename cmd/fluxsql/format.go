package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/fluxdb/fluxdb/document"
)

// printer writes one result set, row by row.
type printer interface {
	begin(columns []string) error
	row(values []document.Value) error
	end() error
}

// newPrinter returns the printer of a --format name.
func newPrinter(format string, out *bufio.Writer) printer {
	switch format {
	case "csv":
		return &csvPrinter{out: csv.NewWriter(out)}
	case "json":
		return &jsonPrinter{out: out, open: "[", between: ",\n ", shut: "]\n"}
	case "ndjson":
		return &jsonPrinter{out: out, between: "\n", shut: "\n", skipEmpty: true}
	}
	return &tablePrinter{out: out}
}

// cell is the text of a value in a table or a CSV field; NULL is empty.
func cell(v document.Value) string {
	switch v.Kind() {
	case document.KindMissing, document.KindNull:
		return ""
	case document.KindString:
		return v.AsString()
	}
	text := string(document.AppendJSON(nil, v, document.Plain))
	if len(text) > 1 && text[0] == '"' {
		text = text[1 : len(text)-1] // timestamps and bytes have nothing to escape
	}
	return text
}

type csvPrinter struct {
	out    *csv.Writer
	record []string
}

func (p *csvPrinter) begin(columns []string) error { return p.out.Write(columns) }

func (p *csvPrinter) row(values []document.Value) error {
	p.record = p.record[:0]
	for _, v := range values {
		p.record = append(p.record, cell(v))
	}
	return p.out.Write(p.record)
}

func (p *csvPrinter) end() error {
	p.out.Flush()
	return p.out.Error()
}

// jsonPrinter writes rows as JSON objects, in an array or a line each.
type jsonPrinter struct {
	out                 io.Writer
	open, between, shut string
	skipEmpty           bool // write nothing when there is no row
	keys                []string
	buf                 []byte
	rows                int
}

func (p *jsonPrinter) begin(columns []string) error {
	seen := map[string]int{}
	for _, name := range columns {
		// A JSON object cannot hold one key twice: the second a becomes a_2.
		seen[name]++
		if n := seen[name]; n > 1 {
			name = fmt.Sprintf("%s_%d", name, n)
		}
		p.keys = append(p.keys, string(document.AppendJSONString(nil, name))+":")
	}
	_, err := io.WriteString(p.out, p.open)
	return err
}

func (p *jsonPrinter) row(values []document.Value) error {
	b := p.buf[:0]
	if p.rows > 0 {
		b = append(b, p.between...)
	}
	p.rows++
	b = append(b, '{')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, p.keys[i]...)
		b = document.AppendJSON(b, v, document.Plain)
	}
	b = append(b, '}')
	p.buf = b
	_, err := p.out.Write(b)
	return err
}

func (p *jsonPrinter) end() error {
	if p.rows == 0 && p.skipEmpty {
		return nil
	}
	_, err := io.WriteString(p.out, p.shut)
	return err
}

// sampleRows is how many rows a table looks at before it fixes its column
// widths and streams the rest; maxWidth is the widest that a sampled cell makes a column.
const (
	sampleRows = 500
	maxWidth   = 60
)

type tablePrinter struct {
	out     *bufio.Writer
	widths  []int
	right   []bool // numbers are aligned to the right
	columns []string
	sample  [][]string
	started bool
	rows    int
}

func (p *tablePrinter) begin(columns []string) error {
	p.columns = columns
	p.widths = make([]int, len(columns))
	p.right = make([]bool, len(columns))
	for i, c := range columns {
		p.widths[i] = displaywidth.String(c)
		p.right[i] = true
	}
	return nil
}

func (p *tablePrinter) row(values []document.Value) error {
	p.rows++
	cells := make([]string, len(values))
	for i, v := range values {
		cells[i] = strings.Clone(oneLine(cell(v))) // the sample outlives the row
		if !p.started {
			p.widths[i] = max(p.widths[i], min(maxWidth, displaywidth.String(cells[i])))
			p.right[i] = p.right[i] && (v.IsNull() || v.Kind().IsNumber())
		}
	}
	if p.started {
		return p.line(cells)
	}
	p.sample = append(p.sample, cells)
	if len(p.sample) == sampleRows {
		return p.start()
	}
	return nil
}

// start prints the head and the sample.
func (p *tablePrinter) start() error {
	p.started = true
	if err := p.line(p.columns); err != nil {
		return err
	}
	rule := make([]string, len(p.widths))
	for i, w := range p.widths {
		rule[i] = strings.Repeat("─", w)
	}
	if _, err := fmt.Fprintln(p.out, strings.Join(rule, "──")); err != nil {
		return err
	}
	for _, cells := range p.sample {
		if err := p.line(cells); err != nil {
			return err
		}
	}
	p.sample = nil
	return nil
}

func (p *tablePrinter) line(cells []string) error {
	var b strings.Builder
	for i, c := range cells {
		if i > 0 {
			b.WriteString("  ")
		}
		pad := strings.Repeat(" ", max(0, p.widths[i]-displaywidth.String(c)))
		if p.right[i] {
			b.WriteString(pad + c)
		} else {
			b.WriteString(c + pad)
		}
	}
	_, err := p.out.WriteString(strings.TrimRight(b.String(), " ") + "\n")
	return err
}

func (p *tablePrinter) end() error {
	if !p.started {
		if err := p.start(); err != nil {
			return err
		}
	}
	plural := "s"
	if p.rows == 1 {
		plural = ""
	}
	_, err := fmt.Fprintf(p.out, "(%d row%s)\n", p.rows, plural)
	return err
}

// oneLine keeps a cell on its line: control characters are shown as escapes.
func oneLine(s string) string {
	if strings.IndexFunc(s, isControl) < 0 {
		return s
	}
	quoted := string(document.AppendJSONString(nil, s))
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7F }
