package pebble

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// notesFile says of the two newest manifests how many bytes are on the disk for sure, and their
// sum. The library takes a broken record of its manifest, and all that follow, for one that a
// crash cut short; within what was synced nothing was, and the next open can tell.
//
// Each manifest has a line of its own, since a crash leaves either one as the current: two lines of
// noteSize bytes, filled up with blanks, that end with a sum of their own.
//
//	MANIFEST-000012 4711 9f03ab41 5d0c8e77
//
// A line is written after the sync that it tells of and not synced itself. That it gets to the
// disk later, or never, is safe: it then says less than is true. It must never be that of another file of
// the same name, which a crash may let come about: whoever opens the store first removes, durably, all
// but the line of the current manifest.
const (
	notesFile = "NOTES"
	noteSize  = 64
)

// manifestFS keeps the notesFile while the library writes its manifests.
type manifestFS struct {
	vfs.FS
	mu    sync.Mutex
	notes vfs.File
	line  int // where the next manifest is noted
}

// checkManifest compares the current manifest with what is noted of it; used is its line,
// -1 when it has none.
func checkManifest(dir string, files vfs.FS) (used int, err error) {
	desc, err := pebble.Peek(dir, files)
	if err != nil || !desc.Exists {
		return -1, nil // the library says it better
	}
	text, err := readFile(files, files.PathJoin(dir, notesFile))
	if err != nil {
		return -1, nil // a store that has none yet
	}
	name := files.PathBase(desc.ManifestFilename)
	for used := range 2 {
		note, size, sum := string(text[min(used*noteSize, len(text)):min((used+1)*noteSize, len(text))]), int64(0), uint32(0)
		if n, _ := fmt.Sscanf(note, name+" %d %x", &size, &sum); n != 2 || note != noteOf(name, size, sum) {
			continue
		}
		f, err := files.Open(files.PathJoin(dir, name))
		if err != nil {
			return -1, nil // the library says it better
		}
		defer f.Close()
		hash := crc32.New(castagnoli)
		n, err := io.Copy(hash, io.NewSectionReader(f, 0, size))
		switch {
		case err != nil:
			return -1, fmt.Errorf("read %s: %w", name, err)
		case n < size:
			return -1, fmt.Errorf("%w: %s in folder %s has %d bytes, %d were synced", storage.ErrCorrupt, name, dir, n, size)
		case hash.Sum32() != sum:
			return -1, fmt.Errorf("%w: %s in folder %s is damaged within the %d bytes that were synced", storage.ErrCorrupt, name, dir, size)
		}
		return used, nil
	}
	return -1, nil
}

// noteOf returns the line for a manifest.
func noteOf(name string, size int64, sum uint32) string {
	text := fmt.Sprintf("%s %d %08x", name, size, sum)
	text = fmt.Sprintf("%s %08x", text, crc32.Checksum([]byte(text), castagnoli))
	return text + strings.Repeat(" ", max(0, noteSize-1-len(text))) + "\n"
}

// newManifestFS opens the notesFile with only the line of the current manifest; used is its
// number, and -1 when it has none.
func newManifestFS(dir string, files vfs.FS, used int) (*manifestFS, error) {
	name := files.PathJoin(dir, notesFile)
	text, err := readFile(files, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w", notesFile, err)
	}
	want := bytes.Repeat([]byte(" "), 2*noteSize)
	if used >= 0 {
		copy(want[used*noteSize:], text[used*noteSize:][:noteSize])
	}
	notes, err := files.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
	if err == nil && !bytes.Equal(text, want) {
		_, err = notes.WriteAt(want, 0)
		err = errors.Join(err, notes.Sync())
		if err != nil {
			err = errors.Join(err, notes.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", notesFile, err)
	}
	return &manifestFS{FS: files, notes: notes, line: (used + 1) % 2}, nil
}

func (m *manifestFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := m.FS.Create(name, category)
	if base := m.PathBase(name); err == nil && strings.HasPrefix(base, "MANIFEST-") {
		m.mu.Lock()
		defer m.mu.Unlock()
		f = &manifestFile{File: f, fs: m, name: base, at: int64(m.line) * noteSize}
		m.line = 1 - m.line
	}
	return f, err
}

func (m *manifestFS) Unwrap() vfs.FS { return m.FS }

// manifestFile is a manifest being written, which the library only appends to.
type manifestFile struct {
	vfs.File
	fs   *manifestFS
	name string
	at   int64 // of its line
	mu   sync.Mutex
	size int64
	sum  uint32
}

func (f *manifestFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.size += int64(n)
	f.sum = crc32.Update(f.sum, castagnoli, p[:n])
	return n, err
}

// sync notes what was written before the sync. A note that fails leaves the one before.
func (f *manifestFile) sync(fn func() (full bool, err error)) (bool, error) {
	f.mu.Lock()
	size, sum := f.size, f.sum
	f.mu.Unlock()
	full, err := fn()
	if full && err == nil {
		_, _ = f.fs.notes.WriteAt([]byte(noteOf(f.name, size, sum)), f.at)
	}
	return full, err
}

func (f *manifestFile) Sync() error {
	_, err := f.sync(func() (bool, error) { return true, f.File.Sync() })
	return err
}

func (f *manifestFile) SyncData() error {
	_, err := f.sync(func() (bool, error) { return true, f.File.SyncData() })
	return err
}

func (f *manifestFile) SyncTo(length int64) (bool, error) {
	return f.sync(func() (bool, error) { return f.File.SyncTo(length) })
}
