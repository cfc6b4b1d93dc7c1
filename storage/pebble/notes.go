package pebble

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// notesFile says how many bytes of the two newest manifests and of the logs are on the
// disk for sure, and their sum. The library takes a broken record of its manifest, and all that
// follow, for one that a crash cut short, and the last one of its newest log; and a log that is missing for
// one that never was. Within what was synced nothing was cut short, and the next open can tell.
//
// Each manifest has a line of its own, since a crash leaves either one as the current, and so has each log.
// Lines have noteSize bytes, are filled up with blanks, and end with a sum of their own.
//
//	MANIFEST-000012 4711 9f03ab41 5d0c8e77
//	MANIFEST-000017 815 01c40fe2 9e4f7d10
//	000018.log 65536 c2b1a097 30f91b6c
//	000019.log 11 49e6895f 6c7c1241
//
// A line is written after the sync that it tells of and not synced itself. That it gets to the
// disk later, or never, is safe: it then says less than is true. It must never say more:
//
//   - The line of a log goes, durably, before the log does, when what was in it is in tables. So a
//     log that has a line is there, also while a store is opened, when for a moment there is no log at all.
//   - It must never be that of another manifest of the same name, which a crash may let come about: whoever opens
//     the store first removes, durably, all but the line of the current one. Names of logs do not come again.
const (
	notesFile     = "NOTES"
	noteSize      = 64
	manifestLines = 2
	noteLines     = 8 // one sector; the library seldom has more than four logs
)

// noteOf returns the line for a file.
func noteOf(name string, size int64, sum uint32) string {
	text := fmt.Sprintf("%s %d %08x", name, size, sum)
	text = fmt.Sprintf("%s %08x", text, crc32.Checksum([]byte(text), castagnoli))
	return text + strings.Repeat(" ", max(0, noteSize-1-len(text))) + "\n"
}

// readNote returns what a line says; name is "" when it says nothing, or is damaged.
func readNote(text []byte, line int) (name string, size int64, sum uint32) {
	note := string(text[min(line*noteSize, len(text)):min((line+1)*noteSize, len(text))])
	if n, _ := fmt.Sscanf(note, "%s %d %x", &name, &size, &sum); n != 3 || note != noteOf(name, size, sum) {
		return "", 0, 0
	}
	return name, size, sum
}

// checkNotes compares the current manifest and, unless the store was closed in order, the logs
// with what is noted of them. used is the line of the manifest, -1 when it has none.
func checkNotes(dir string, files vfs.FS, closed bool) (used int, err error) {
	text, err := readFile(files, files.PathJoin(dir, notesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return -1, nil // a store that has none yet
	} else if err != nil {
		return -1, fmt.Errorf("read %s: %w", notesFile, err)
	}
	for line := manifestLines; line < noteLines && !closed; line++ {
		name, size, sum := readNote(text, line)
		if name == "" {
			continue
		}
		err := checkNoted(dir, files, name, size, sum)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w: file %s in folder %s is missing", storage.ErrCorrupt, name, dir)
		}
		if err != nil {
			return -1, err
		}
	}
	desc, err := pebble.Peek(dir, files)
	if err != nil {
		return -1, diagnosed(err)
	}
	if !desc.Exists {
		return -1, nil // the library says it better
	}
	for used := range manifestLines {
		name, size, sum := readNote(text, used)
		if name != files.PathBase(desc.ManifestFilename) {
			continue
		}
		if err := checkNoted(dir, files, name, size, sum); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return -1, err
		}
		return used, nil
	}
	return -1, nil
}

// checkNoted sums the part of a file that was synced.
func checkNoted(dir string, files vfs.FS, name string, size int64, sum uint32) error {
	f, err := files.Open(files.PathJoin(dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	hash := crc32.New(castagnoli)
	n, err := io.Copy(hash, io.NewSectionReader(f, 0, size))
	switch {
	case err != nil:
		return fmt.Errorf("read %s: %w", name, err)
	case n < size:
		return fmt.Errorf("%w: file %s in folder %s has %d bytes, %d were synced", storage.ErrCorrupt, name, dir, n, size)
	case hash.Sum32() != sum:
		return fmt.Errorf("%w: file %s in folder %s is damaged within the %d bytes that were synced", storage.ErrCorrupt, name, dir, size)
	}
	return nil
}

// notesFS keeps the notesFile while the library writes its manifests and logs.
type notesFS struct {
	vfs.FS
	mu    sync.Mutex
	notes vfs.File
	line  int               // where the next manifest is noted
	logs  [noteLines]string // the log that has each line
}

// newNotesFS opens the notesFile with only the lines of the logs and of the current manifest;
// used is the number of the latter, and -1 when it has none.
func newNotesFS(dir string, files vfs.FS, used int) (*notesFS, error) {
	name := files.PathJoin(dir, notesFile)
	text, err := readFile(files, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w", notesFile, err)
	}
	n := &notesFS{FS: files, line: (used + 1) % manifestLines}
	want := bytes.Repeat([]byte(" "), noteLines*noteSize)
	for line := range noteLines {
		name, size, sum := readNote(text, line)
		if name == "" || line < manifestLines && line != used {
			continue
		}
		copy(want[line*noteSize:], noteOf(name, size, sum))
		if line >= manifestLines {
			n.logs[line] = name
		}
	}
	n.notes, err = files.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
	if err == nil && !bytes.Equal(text, want) {
		if _, err = n.notes.WriteAt(want, 0); err == nil {
			err = n.notes.Sync()
		}
		if err != nil {
			err = errors.Join(err, n.notes.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", notesFile, err)
	}
	return n, nil
}

// noteManifest notes what was synced of a manifest. A note that fails leaves the one before.
func (n *notesFS) noteManifest(line int, name string, size int64, sum uint32) {
	_, _ = n.notes.WriteAt([]byte(noteOf(name, size, sum)), int64(line)*noteSize)
}

// noteLog notes what was synced of a log. Where all lines are taken it gets that of the oldest, which is gone
// for good before the log is.
func (n *notesFS) noteLog(name string, size int64, sum uint32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	line := slices.Index(n.logs[:], name)
	for i := manifestLines; line < 0 && i < noteLines; i++ {
		if n.logs[i] == "" {
			line = i
		}
	}
	if line < 0 {
		oldest := slices.MinFunc(n.logs[manifestLines:], func(a, b string) int {
			return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
		})
		if n.forget(oldest) != nil {
			return
		}
		line = slices.Index(n.logs[manifestLines:], "") + manifestLines
	}
	if _, err := n.notes.WriteAt([]byte(noteOf(name, size, sum)), int64(line)*noteSize); err == nil {
		n.logs[line] = name
	}
}

// forget removes the line of a log for good, if it has one; n.mu is held.
func (n *notesFS) forget(log string) error {
	line := slices.Index(n.logs[:], log)
	if line < manifestLines {
		return nil
	}
	_, err := n.notes.WriteAt(bytes.Repeat([]byte(" "), noteSize), int64(line)*noteSize)
	if err == nil {
		err = n.notes.Sync()
	}
	if err != nil {
		return fmt.Errorf("forget %s in %s: %w", log, notesFile, err)
	}
	n.logs[line] = ""
	return nil
}

// Remove forgets the line of a log first.
func (n *notesFS) Remove(name string) error {
	n.mu.Lock()
	err := n.forget(n.PathBase(name))
	n.mu.Unlock()
	if err != nil {
		return err
	}
	return n.FS.Remove(name)
}

func (n *notesFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := n.FS.Create(name, category)
	return n.wrap(name, f), err
}

func (n *notesFS) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	n.mu.Lock()
	err := n.forget(n.PathBase(old))
	n.mu.Unlock()
	if err != nil {
		return nil, err
	}
	f, err := n.FS.ReuseForWrite(old, name, category)
	return n.wrap(name, f), err
}

func (n *notesFS) Unwrap() vfs.FS { return n.FS }

func (n *notesFS) wrap(name string, f vfs.File) vfs.File {
	name = n.PathBase(name)
	noted := &notedFile{File: f}
	switch {
	case f == nil:
		return f
	case strings.HasPrefix(name, "MANIFEST-"):
		n.mu.Lock()
		line := n.line
		n.line = 1 - line
		n.mu.Unlock()
		noted.note = func(size int64, sum uint32) { n.noteManifest(line, name, size, sum) }
	case strings.HasSuffix(name, ".log"):
		noted.note = func(size int64, sum uint32) { n.noteLog(name, size, sum) }
	default:
		return f
	}
	return noted
}

// notedFile is a manifest or log being written, which the library only appends to.
type notedFile struct {
	vfs.File
	note func(size int64, sum uint32)
	mu   sync.Mutex
	size int64
	sum  uint32
	// broken says that a write failed, so that the sum is of no use.
	broken bool
}

func (f *notedFile) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sum := crc32.Update(f.sum, castagnoli, p) // before: a vfs.File may change what it is given
	n, err := f.File.Write(p)
	if n < len(p) {
		f.broken = true
	}
	f.size, f.sum = f.size+int64(n), sum
	return n, err
}

// sync notes what was written before the sync.
func (f *notedFile) sync(fn func() (full bool, err error)) (bool, error) {
	f.mu.Lock()
	size, sum, broken := f.size, f.sum, f.broken
	f.mu.Unlock()
	full, err := fn()
	if full && err == nil && size > 0 && !broken {
		f.note(size, sum)
	}
	return full, err
}

func (f *notedFile) Sync() error {
	_, err := f.sync(func() (bool, error) { return true, f.File.Sync() })
	return err
}

func (f *notedFile) SyncData() error {
	_, err := f.sync(func() (bool, error) { return true, f.File.SyncData() })
	return err
}

func (f *notedFile) SyncTo(length int64) (bool, error) {
	return f.sync(func() (bool, error) { return f.File.SyncTo(length) })
}
