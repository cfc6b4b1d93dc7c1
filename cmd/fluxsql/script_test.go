package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"fluxsql": func() { os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs the shell as a process of its own, as the files of testdata say. Beyond
// the commands of testscript there is
//
//	exits CODE fluxsql ARG...
//
// which runs the shell and fails unless it exits with that code.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			for name, text := range foreignFiles {
				if err := os.WriteFile(filepath.Join(env.WorkDir, name), []byte(text), 0o600); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits},
	})
}

// foreignFiles are in every script's folder: files as other systems write them, with bytes
// that an archive of text would not keep.
var foreignFiles = map[string]string{
	"windows.sql":   "\uFEFFSELECT 1 AS one;\r\nSELECT 2\r\nAS two;\r\n",
	"marked.ndjson": "\uFEFF{\"n\": 1}\r\n\r\n{\"n\": 2}\r\n",
	"utf16.json":    "\xFF\xFE{\x00}\x00",
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}
