package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"

	"github.com/fluxdb/fluxdb"
)

// shell runs statements and dot commands on one database. All statements share
// one session, so that a textual BEGIN spans them.
type shell struct {
	flux    *fluxdb.DB
	session *fluxdb.Session
	stdin   *bufio.Reader
	// terminal says that somebody types into stdin.
	terminal bool
	out      *bufio.Writer
	stderr   io.Writer
	format   string
	reading  int // .read files within one another
}

func openShell(ctx context.Context, dsn, format string, stdin io.Reader, stdout, stderr io.Writer) (*shell, error) {
	path, opts, err := fluxdb.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	flux, err := fluxdb.Open(path, &opts)
	if err != nil {
		return nil, err
	}
	f, ok := stdin.(*os.File)
	return &shell{
		flux: flux, session: flux.NewSession(),
		stdin: bufio.NewReaderSize(&interruptible{ctx: ctx, r: stdin}, 1<<16), terminal: ok && isatty.IsTerminal(f.Fd()),
		out: bufio.NewWriterSize(stdout, 1<<16), stderr: stderr, format: format,
	}, nil
}

func (sh *shell) close() error {
	return errors.Join(sh.out.Flush(), sh.session.Close(), sh.flux.Close())
}

// statements runs a text of statements and prints the rows of each that has some.
func (sh *shell) statements(ctx context.Context, text string) error {
	built := sh.watchBuild(ctx, text)
	rows, err := sh.session.Query(ctx, text, nil)
	built()
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		if err := sh.print(rows); err != nil {
			return err
		}
		built := sh.watchBuild(ctx, text)
		more := rows.NextResultSet()
		built()
		if !more {
			return errors.Join(rows.Err(), sh.out.Flush())
		}
	}
}

// print prints one result set as its rows arrive.
func (sh *shell) print(rows *fluxdb.Rows) error {
	for _, notice := range rows.Notices() {
		fmt.Fprintln(sh.stderr, "notice:", notice)
	}
	columns := rows.Columns()
	if len(columns) == 0 {
		return rows.Err()
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	p := newPrinter(sh.format, sh.out)
	if err := p.begin(names); err != nil {
		return err
	}
	for rows.Next() {
		if err := p.row(rows.Values()); err != nil {
			return err
		}
	}
	// What was printed before an error stands, as it does in every streaming tool.
	return errors.Join(rows.Err(), p.end())
}
