package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/parser"
)

// input is a text that is run as it is read, line by line: a file or standard input.
type input struct {
	name  string // "" is standard input
	lines *bufio.Reader
	line  int // how many were read
	// pending is what was read of a statement that is not complete. It begins after so many
	// lines of the text, and characters of its line.
	pending       string
	line0, column int
}

// runText runs one -c: a dot command or any number of statements.
func (sh *shell) runText(ctx context.Context, text string) error {
	if strings.HasPrefix(strings.TrimSpace(text), ".") {
		return sh.command(ctx, strings.TrimSpace(text))
	}
	return sh.statements(ctx, text)
}

// maxReading bounds .read in files that .read one another.
const maxReading = 32

// runFile runs the statements and commands of a file.
func (sh *shell) runFile(ctx context.Context, f *os.File) error {
	if sh.reading == maxReading {
		return fmt.Errorf("%s: files that .read one another, %d deep", f.Name(), maxReading)
	}
	sh.reading++
	defer func() { sh.reading-- }()
	in := &input{name: f.Name(), lines: bufio.NewReaderSize(f, 1<<16)}
	for {
		if atEnd, err := sh.runLine(ctx, in); atEnd || err != nil {
			return err
		}
	}
}

// runStdin runs what standard input holds. At a terminal it prompts and goes on after an error.
func (sh *shell) runStdin(ctx context.Context) error {
	in := &input{lines: sh.stdin}
	for {
		if sh.terminal {
			sh.prompt(in.pending != "")
		}
		atEnd, err := sh.runLine(ctx, in)
		if err != nil && sh.terminal && ctx.Err() == nil && !errors.Is(err, errExit) {
			fmt.Fprintln(sh.stderr, "error:", err)
			in.pending, err = "", nil
		}
		if atEnd || err != nil {
			return err
		}
	}
}

func (sh *shell) prompt(inside bool) {
	text := "fluxsql> "
	if inside {
		text = "    ...> "
	}
	fmt.Fprint(sh.out, text)
	sh.out.Flush()
}

// runLine reads a line and runs the command that it is, or the statements that it completes.
func (sh *shell) runLine(ctx context.Context, in *input) (atEnd bool, err error) {
	text, err := in.lines.ReadString('\n')
	if atEnd = errors.Is(err, io.EOF); err != nil && !atEnd {
		return false, err
	}
	if in.line == 0 {
		text = strings.TrimPrefix(text, "\uFEFF")
	}
	in.line++
	if strings.TrimSpace(in.pending) == "" {
		in.pending, in.line0, in.column = "", in.line-1, 0
		if command, ok := commandLineOf(text); ok {
			return atEnd, in.locate(sh.command(ctx, command))
		}
	} else if name := looksLikeCommand(text); name != "" {
		fmt.Fprintf(sh.stderr, "notice: line %d: %s is read as part of the statement before it, which no semicolon ends\n", in.line, name)
	}
	in.pending += text
	if atEnd || strings.Contains(text, ";") {
		err = sh.runComplete(ctx, in, atEnd)
	}
	return atEnd, err
}

// commandLineOf returns the dot command that a line is. Who types help, exit or quit
// gets what is meant, though these are not SQL.
func commandLineOf(line string) (command string, ok bool) {
	line = strings.TrimSpace(line)
	switch word := strings.ToLower(strings.TrimRight(line, "; ")); word {
	case "help", "exit", "quit":
		return "." + word, true
	}
	return line, strings.HasPrefix(line, ".") || strings.HasPrefix(line, `\`)
}

// looksLikeCommand returns the name of the dot command that a line would be.
func looksLikeCommand(line string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	word = strings.TrimRight(word, ";")
	if slices.ContainsFunc(dotCommands, func(c dotCommand) bool { return c.name == word }) {
		return word
	}
	return ""
}

// runComplete runs the statements of the pending text that are complete and leaves the
// rest; all of it at the end of the input.
func (sh *shell) runComplete(ctx context.Context, in *input, atEnd bool) error {
	text := in.pending
	if !atEnd {
		text = text[:parser.LastTerminator(text)]
	}
	if text == "" {
		return nil
	}
	if err := sh.statements(ctx, text); err != nil {
		return in.locate(err)
	}
	in.pending = in.pending[len(text):]
	if i := strings.LastIndexByte(text, '\n'); i >= 0 {
		in.line0 += strings.Count(text, "\n")
		in.column, text = 0, text[i+1:]
	}
	in.column += utf8.RuneCountInString(text)
	return nil
}

// locate makes the place that an error of the pending text names one of the whole input.
func (in *input) locate(err error) error {
	var syntax *fluxdb.SyntaxError
	var bind *fluxdb.BindError
	move := func(line, column *int) {
		if *line == 1 {
			*column += in.column
		}
		*line += in.line0
	}
	switch {
	case err == nil || errors.Is(err, errExit):
		return err
	case errors.As(err, &syntax):
		at := *syntax // the text's own error may be shared
		move(&at.Line, &at.Column)
		err = &at
	case errors.As(err, &bind) && bind.Line > 0:
		at := *bind
		move(&at.Line, &at.Column)
		err = &at
	case in.name != "":
		return fmt.Errorf("%s, statement at line %d: %w", in.name, in.line0+1, err)
	}
	if in.name != "" {
		return fmt.Errorf("%s: %w", in.name, err)
	}
	return err
}

// interruptible is a reader whose Read ends with its context. A read that waits then is left
// behind: standard input may never answer.
type interruptible struct {
	ctx context.Context
	r   io.Reader
	buf []byte
}

func (i *interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	if len(i.buf) < len(p) {
		i.buf = make([]byte, len(p))
	}
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	buf := i.buf[:len(p)]
	go func() {
		n, err := i.r.Read(buf)
		done <- result{n, err}
	}()
	select {
	case got := <-done:
		copy(p, buf[:got.n])
		return got.n, got.err
	case <-i.ctx.Done():
		i.buf = nil // the read that is left behind has it
		return 0, i.ctx.Err()
	}
}
