package pebble

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// lateSource yields pairs without end and does something before one of them.
type lateSource struct {
	at, when int
	do       func()
}

func (l *lateSource) Next() bool {
	if l.at++; l.at == l.when {
		l.do()
	}
	return true
}
func (l *lateSource) Key() []byte   { return fmt.Appendf(nil, "\x21%09d", l.at) }
func (l *lateSource) Value() []byte { return make([]byte, 4<<10) }
func (l *lateSource) Err() error    { return nil }

// A load that goes on while its store is closed, and opened again, ends with ErrClosed and leaves the files of the one who has the
// folder now alone.
func TestALoadThatOutlivesItsStoreTouchesNothing(t *testing.T) {
	files := vfs.NewMem()
	open := func() *Store {
		return mustOpen(t, "db", Options{Memory: leastBudget, FS: files})
	}
	first := open()
	var second *Store
	var w *txn
	var runs []string
	err := first.Load(ctx, []byte("\x21"), []byte("\x22"), &lateSource{when: 1000, do: func() {
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		second = open()
		w = begun(t, second, storage.TxnOptions{})
		for i := range 600 { // several runs
			if err := w.Set(fmt.Appendf(nil, "\x20%06d", i), make([]byte, 4<<10)); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range w.writes.files {
			runs = append(runs, f.name)
		}
	}})
	if !errors.Is(err, storage.ErrClosed) {
		t.Errorf("load: %v", err)
	}
	if len(runs) < 2 {
		t.Fatalf("%d runs", len(runs))
	}
	for _, name := range runs {
		if _, err := files.Stat(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.Commit(ctx); err != nil {
		t.Errorf("commit: %v", err)
	}
	noFilesLeft(t, second)
}

// unreadFS counts open files in the folder of tables that can't be read.
type unreadFS struct {
	vfs.FS
	open *int
}

type unreadFile struct {
	vfs.File
	open *int
}

func (f unreadFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	file, err := f.FS.Open(name, opts...)
	if err != nil || f.PathBase(f.PathDir(name)) != tablesFolder {
		return file, err
	}
	*f.open++
	return &unreadFile{file, f.open}, nil
}

func (f *unreadFile) ReadAt([]byte, int64) (int, error) { return 0, syscall.EIO }

func (f *unreadFile) Close() error {
	*f.open--
	return f.File.Close()
}

// A run that can't be read back is the transaction's error, and leaves no file open.
func TestARunThatCannotBeReadIsClosed(t *testing.T) {
	open := 0
	s := mustOpen(t, "db", Options{Memory: leastBudget, FS: unreadFS{vfs.NewMem(), &open}})
	w := begun(t, s, storage.TxnOptions{})
	var err error
	for i := 0; i < 200 && err == nil; i++ {
		err = w.Set(fmt.Appendf(nil, "\x20%06d", i), make([]byte, 4<<10))
	}
	if !errors.Is(err, syscall.EIO) || open != 0 {
		t.Errorf("%v, %d files are open", err, open)
	}
	w.Rollback()
	noFilesLeft(t, s)
}
