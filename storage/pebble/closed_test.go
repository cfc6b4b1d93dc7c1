package pebble

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// closedStore makes a closed store of some tables and returns its folder.
func closedStore(t *testing.T, pairs int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	for range 2 {
		s := mustOpen(t, path, Options{Memory: testMemory})
		for i := range pairs {
			put(t, s, fmt.Sprintf("\x10%06d", i), strings.Repeat("x", 100))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// theOne returns the file that a pattern names.
func theOne(t *testing.T, path, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(path, pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	return names[len(names)-1]
}

// TestWhatDiffersSinceTheCloseIsDamage: every file of the library is there, whole, and no other.
func TestWhatDiffersSinceTheCloseIsDamage(t *testing.T) {
	whole, other := closedStore(t, 50), closedStore(t, 30)
	for name, tt := range map[string]struct {
		change func(path string) error
		says   string
	}{
		"manifest cut":     {func(p string) error { return os.Truncate(theOne(t, p, "MANIFEST-*"), 100) }, "MANIFEST-"},
		"manifest emptied": {func(p string) error { return os.Truncate(theOne(t, p, "MANIFEST-*"), 0) }, "MANIFEST-"},
		"manifest longer":  {func(p string) error { return appendTo(theOne(t, p, "MANIFEST-*"), "x") }, "MANIFEST-"},
		"manifest missing": {func(p string) error { return os.Remove(theOne(t, p, "MANIFEST-*")) }, "missing"},
		"marker missing":   {func(p string) error { return os.Remove(theOne(t, p, "marker.manifest.*")) }, "missing"},
		"options damaged":  {func(p string) error { return appendTo(theOne(t, p, "OPTIONS-*"), "x") }, "OPTIONS-"},
		"table missing":    {func(p string) error { return os.Remove(theOne(t, p, "*.sst")) }, "missing"},
		"table cut":        {func(p string) error { return os.Truncate(theOne(t, p, "*.sst"), 700) }, ".sst"},
		"log missing":      {func(p string) error { return os.Remove(theOne(t, p, "*.log")) }, "missing"},
		"foreign log":      {func(p string) error { return os.Link(theOne(t, other, "*.log"), filepath.Join(p, "009999.log")) }, "009999.log"},
		"foreign table":    {func(p string) error { return os.Link(theOne(t, other, "*.sst"), filepath.Join(p, "009999.sst")) }, "009999.sst"},
		"list damaged":     {func(p string) error { return appendTo(filepath.Join(p, closedFile), " ") }, "its own sum"},
		"list emptied":     {func(p string) error { return os.Truncate(filepath.Join(p, closedFile), 0) }, "its own sum"},
		"list of another": {func(p string) error {
			return os.Rename(filepath.Join(copyOfStore(t, other), closedFile), filepath.Join(p, closedFile))
		}, "folder"},
		"marker unfinished": {func(p string) error { return os.WriteFile(filepath.Join(p, markerFile), []byte(unfinished), 0o644) }, "being created"},
	} {
		path := copyOfStore(t, whole)
		if err := tt.change(path); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// It stays so until somebody mends it.
		for _, readOnly := range []bool{true, false, false} {
			_, err := Open(path, Options{Memory: testMemory, ReadOnly: readOnly})
			if !errors.Is(err, storage.ErrCorrupt) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s: Open: %v; want ErrCorrupt that says %q", name, err, tt.says)
			}
		}
	}
}

func appendTo(name, text string) error {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// copyOfStore copies the folder of a store, which may be open: files that are not needed any more go meanwhile.
func copyOfStore(t *testing.T, path string) string {
	t.Helper()
	for {
		folder := filepath.Join(t.TempDir(), "copy")
		err := os.CopyFS(folder, os.DirFS(path))
		if err == nil {
			return folder
		}
		if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

// TestTheListOfAClosedStoreGoesBeforeItIsWritten: a crash must not leave the list of an older state.
func TestTheListOfAClosedStoreGoesBeforeItIsWritten(t *testing.T) {
	path := closedStore(t, 10)
	list := filepath.Join(path, closedFile)
	if err := mustOpen(t, path, Options{Memory: testMemory, ReadOnly: true}).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(list); err != nil {
		t.Fatalf("after reading only: %v", err)
	}
	s := mustOpen(t, path, Options{Memory: testMemory})
	put(t, s, "\x10new", "1")
	if _, err := os.Stat(list); !os.IsNotExist(err) {
		t.Errorf("while it is open: %v", err)
	}
	crashed := copyOfStore(t, path)
	if v, err := mustOpen(t, crashed, Options{Memory: testMemory}).Get(ctx, []byte("\x10new")); string(v) != "1" || err != nil {
		t.Errorf("after a crash: %q, %v", v, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(list); err != nil {
		t.Errorf("after closing: %v", err)
	}
}

// TestAFinishedStoreIsNeverEmpty: without what is noted of the files a manifest that the
// library reads as empty is damage as well.
func TestAFinishedStoreIsNeverEmpty(t *testing.T) {
	for _, level := range []SyncLevel{SyncFull, SyncNormal, SyncOff} {
		path := filepath.Join(t.TempDir(), "db")
		s := mustOpen(t, path, Options{Memory: testMemory, Sync: level})
		if err := mustOpen(t, copyOfStore(t, path), Options{Memory: testMemory, Sync: level}).Close(); err != nil {
			t.Errorf("sync %d: nothing was written yet: %v", level, err)
		}
		put(t, s, "\x10a", "1")
		for range 3 { // until the log of the first is gone
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = mustOpen(t, path, Options{Memory: testMemory, Sync: level})
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.Remove(filepath.Join(path, closedFile)), os.Remove(filepath.Join(path, notesFile))); err != nil {
			t.Fatal(err)
		}
		flipManifest(t, path, 7, func(s storage.Store, what string) {
			if v, err := s.Get(ctx, []byte("\x10a")); string(v) != "1" {
				t.Errorf("sync %d, %s: opens, and reads %q, %v", level, what, v, err)
			}
		})
	}
}

// TestADamagedManifestIsFoundAfterACrash: what was synced of it is noted.
func TestADamagedManifestIsFoundAfterACrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	open := mustOpen(t, path, Options{Memory: testMemory})
	for i := range 4 {
		put(t, open, fmt.Sprintf("\x10%d", i), "1")
		if err := open.db.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	// Closed and not marked so, it is what a crash may leave when nothing is under way.
	if err := errors.Join(open.Close(), os.Remove(filepath.Join(path, closedFile))); err != nil {
		t.Fatal(err)
	}
	opened := flipManifest(t, path, 3, func(s storage.Store, what string) {
		for i := range 4 {
			if v, err := s.Get(ctx, fmt.Appendf(nil, "\x10%d", i)); string(v) != "1" {
				t.Errorf("%s: opens, and reads %q, %v", what, v, err)
			}
		}
	})
	if opened > 0 {
		t.Errorf("%d damaged manifests were taken", opened)
	}
	if err := os.Truncate(theOne(t, path, "MANIFEST-*"), 120); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{Memory: testMemory}); !errors.Is(err, storage.ErrCorrupt) || !strings.Contains(err.Error(), "were synced") {
		t.Errorf("Open with a manifest that was cut: %v", err)
	}
}

// flipManifest opens the store with one byte of its manifest, every few, changed in three ways. It
// calls read for those that open and returns their number.
func flipManifest(t *testing.T, path string, every int, read func(s storage.Store, what string)) (opened int) {
	t.Helper()
	manifest := theOne(t, path, "MANIFEST-*")
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(text); i += every {
		for _, change := range []byte{0x01, 0x55, 0xff} {
			bad := append([]byte(nil), text...)
			bad[i] ^= change
			if err := os.WriteFile(manifest, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("byte %d of %d changed by %x", i, len(text), change)
			s, err := Open(path, Options{Memory: testMemory, ReadOnly: true})
			if err != nil {
				if !errors.Is(err, storage.ErrCorrupt) && !errors.Is(err, storage.ErrFormat) {
					t.Errorf("%s: %v", what, err)
				}
				continue
			}
			opened++
			read(s, what)
			s.Close()
		}
	}
	if err := os.WriteFile(manifest, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return opened
}

// TestNotesOfAnotherManifestAreForgotten: after a crash a new manifest may have the name of one
// whose folder entry was lost, and whose note was not.
func TestNotesOfAnotherManifestAreForgotten(t *testing.T) {
	path := closedStore(t, 10)
	text, err := os.ReadFile(filepath.Join(path, notesFile))
	if err != nil {
		t.Fatal(err)
	}
	current := filepath.Base(theOne(t, path, "MANIFEST-*"))
	line := strings.Index(string(text), current)
	if line != 0 && line != noteSize {
		t.Fatalf("%s is not noted: %q", current, text)
	}
	stale := append([]byte(nil), text...)
	copy(stale[noteSize-line:], noteOf("MANIFEST-009999", 1, 1))
	if err := os.WriteFile(filepath.Join(path, notesFile), stale, 0o644); err != nil {
		t.Fatal(err)
	}
	used, err := checkNotes(path, vfs.Default, true)
	if err != nil || used*noteSize != line {
		t.Fatalf("the line of %s: %d, %v; want %d", current, used, err, line/noteSize)
	}
	m, err := newNotesFS(path, vfs.Default, used)
	if err != nil {
		t.Fatal(err)
	}
	defer m.notes.Close()
	got, err := os.ReadFile(filepath.Join(path, notesFile))
	if err != nil || strings.Contains(string(got), "MANIFEST-009999") || !strings.Contains(string(got), current) {
		t.Errorf("want only the note of %s: %q, %v", current, got, err)
	}
	if m.line*noteSize == line {
		t.Errorf("the next note will be written over the one of %s", current)
	}
}
