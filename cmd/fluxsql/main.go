// Command fluxsql is the FluxDB shell: it runs SQL and dot commands given as
// flags, in a file or on standard input, and prints the results.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitOK         = 0
	exitSQL        = 1 // a statement or command failed
	exitUsage      = 2 // the command line is wrong
	exitCannotOpen = 3 // the database can't be opened
)

type commandLine struct {
	DSN     string   `arg:"" optional:"" name:"DSN" default:":memory:" help:"Database folder, \":memory:\" (the default), or \"file:path?option=value\"."`
	Command []string `short:"c" sep:"none" placeholder:"TEXT" help:"Run SQL or a dot command; may be given several times."`
	File    []string `short:"f" sep:"none" placeholder:"FILE" help:"Run the statements and dot commands of a file, before those of -c; may be given several times."`
	Format  string   `enum:"table,csv,json,ndjson" default:"table" help:"How results are printed: table, csv, json or ndjson."`
}

const about = `The FluxDB shell. Without -c and -f it reads statements, each ended by a
semicolon, and dot commands from standard input; .help lists the dot commands.

Exit codes: 0 ok, 1 a statement failed, 2 wrong usage, 3 cannot open the database.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program with its surroundings as arguments; it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var cl commandLine
	helped := false
	parser, err := kong.New(&cl, kong.Name("fluxsql"), kong.Description(about), kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(stderr, "fluxsql:", err)
		return exitUsage
	}
	_, err = parser.Parse(args)
	if helped {
		return exitOK
	}
	if err != nil {
		hint := ""
		if strings.HasPrefix(err.Error(), "unexpected argument") {
			hint = "SQL and dot commands stand after -c.\n"
		}
		fmt.Fprintf(stderr, "fluxsql: %v\n%sTry fluxsql --help.\n", err, hint)
		return exitUsage
	}
	var files []*os.File // opened first: a wrong name should not create a database
	for _, name := range cl.File {
		f, err := os.Open(name)
		if err != nil {
			fmt.Fprintln(stderr, "fluxsql:", err)
			return exitSQL
		}
		defer f.Close()
		files = append(files, f)
	}
	sh, err := openShell(ctx, cl.DSN, cl.Format, stdin, stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "fluxsql:", err)
		return exitCannotOpen
	}
	err = sh.runAll(ctx, files, cl.Command)
	if errors.Is(err, errExit) {
		err = nil
	}
	closeErr := sh.close()
	switch {
	case err == nil:
		err = closeErr
	case closeErr != nil && !strings.Contains(err.Error(), closeErr.Error()):
		err = errors.Join(err, closeErr)
	}
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil && err.Error() == ctx.Err().Error():
		err = errInterrupted
	}
	fmt.Fprintln(stderr, "fluxsql:", err)
	return exitSQL
}

var errInterrupted = errors.New("interrupted")

// runAll runs what the command line asks for, up to the first error.
func (sh *shell) runAll(ctx context.Context, files []*os.File, commands []string) error {
	if len(files) == 0 && len(commands) == 0 {
		return sh.runStdin(ctx)
	}
	for _, f := range files {
		if err := sh.runFile(ctx, f); err != nil {
			return err
		}
	}
	for _, text := range commands {
		if err := sh.runText(ctx, text); err != nil {
			return err
		}
	}
	return nil
}
