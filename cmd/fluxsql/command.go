package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// errExit is what .exit returns.
var errExit = errors.New("exit")

// dotCommand is a command of the shell, as opposed to SQL.
type dotCommand struct {
	name, args, help string
	least, most      int // number of arguments
	run              func(sh *shell, ctx context.Context, args []string) error
}

var dotCommands []dotCommand

func init() { // .help refers to the table
	dotCommands = []dotCommand{
		{".check", "", "compare documents, indexes and counters of the whole database", 0, 0, (*shell).check},
		{".collections", "", "list the collections", 0, 0, func(sh *shell, ctx context.Context, _ []string) error {
			return sh.statements(ctx, "SHOW COLLECTIONS")
		}},
		{".exit", "", "leave the shell", 0, 0, func(*shell, context.Context, []string) error { return errExit }},
		{".format", "table|csv|json|ndjson", "set how results are printed", 1, 1, (*shell).setFormat},
		{".help", "", "list these commands", 0, 0, (*shell).help},
		{".import", "FILE COLLECTION", "load JSON documents (array, one a line, or concatenated); - is standard input", 2, 2,
			func(sh *shell, ctx context.Context, args []string) error { return sh.importFile(ctx, args[0], args[1]) }},
		{".indexes", "[COLLECTION]", "list the indexes", 0, 1, func(sh *shell, ctx context.Context, args []string) error {
			text := "SHOW INDEXES"
			if len(args) == 1 {
				text += " FROM " + quoteName(args[0])
			}
			return sh.statements(ctx, text)
		}},
		{".quit", "", "leave the shell", 0, 0, func(*shell, context.Context, []string) error { return errExit }},
		{".read", "FILE", "run the statements and commands of a file", 1, 1, (*shell).readFile},
		{".stats", "", "show memory, transactions, caches and disk of the database", 0, 0, (*shell).stats},
	}
}

// command runs a line that begins with a dot.
func (sh *shell) command(ctx context.Context, line string) error {
	if strings.HasPrefix(line, `\`) {
		return errors.New("commands begin with a point: .help lists them")
	}
	// The semicolon that SQL wants at the end is no part of a name.
	words, err := splitWords(strings.TrimRight(line, "; \t"))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(dotCommands, func(c dotCommand) bool { return c.name == words[0] })
	if i < 0 {
		return fmt.Errorf("unknown command %s; .help lists the commands", words[0])
	}
	c, args := dotCommands[i], words[1:]
	if len(args) < c.least || len(args) > c.most {
		return fmt.Errorf("usage: %s", strings.TrimSpace(c.name+" "+c.args))
	}
	return c.run(sh, ctx, args)
}

// splitWords splits a command line at blanks; quotes, single or double, hold a word together.
func splitWords(line string) ([]string, error) {
	var words []string
	for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimSpace(rest) {
		if quote := rest[0]; quote == '\'' || quote == '"' {
			end := strings.IndexByte(rest[1:], quote)
			if end < 0 {
				return nil, fmt.Errorf("unclosed %c in: %s", quote, line)
			}
			words = append(words, rest[1:1+end])
			rest = rest[end+2:]
			continue
		}
		end := strings.IndexAny(rest, " \t")
		if end < 0 {
			end = len(rest)
		}
		words = append(words, rest[:end])
		rest = rest[end:]
	}
	return words, nil
}

// quoteName quotes a collection's name for SQL.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (sh *shell) setFormat(_ context.Context, args []string) error {
	if !slices.Contains([]string{"table", "csv", "json", "ndjson"}, args[0]) {
		return fmt.Errorf("unknown format %q: expected table, csv, json or ndjson", args[0])
	}
	sh.format = args[0]
	return nil
}

func (sh *shell) help(context.Context, []string) error {
	for _, c := range dotCommands {
		fmt.Fprintf(sh.out, "%-30s %s\n", strings.TrimSpace(c.name+" "+c.args), c.help)
	}
	fmt.Fprintln(sh.out, "Everything else is SQL; a statement ends with a semicolon.")
	return sh.out.Flush()
}

func (sh *shell) readFile(ctx context.Context, args []string) error {
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	return sh.runFile(ctx, f)
}

func (sh *shell) check(ctx context.Context, _ []string) error {
	report, err := sh.flux.Check(ctx)
	if err != nil {
		return err
	}
	for _, p := range report.Problems {
		fmt.Fprintln(sh.out, p)
	}
	fmt.Fprintf(sh.out, "%d collections, %d documents, %d index entries checked: %d problems\n",
		report.Collections, report.Documents, report.IndexEntries, len(report.Problems))
	if err := sh.out.Flush(); err != nil || len(report.Problems) == 0 {
		return err
	}
	return fmt.Errorf("check found %d problems", len(report.Problems))
}
