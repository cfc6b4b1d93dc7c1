package pebble

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// closedFile is there while a store is closed, and was closed in order. It is the list of the
// library's files, which the next open compares with the folder:
//
//	FluxDB closed
//	9f03ab41 1251 000005.sst
//	...
//	5d0c8e77
//
// in lines of a sum, a size and a name, and the sum of all lines before the last. The library finds
// damage of tables and of what one says of another; but it takes a broken record of its manifest, and all that
// follow, for one that a crash cut short, and a log for its own whoever wrote it. After a close
// nothing was cut short and no log has anything to say, so that whatever differs is damage.
//
// It must never tell of an older state: it is removed, durably, before anything else is
// changed. Without it the store opens as after a crash.
const closedFile = "CLOSED"

const closedTitle = "FluxDB closed\n"

// edge is how much of a large file's begin and end is summed. At the end of a table stand the sums of
// its parts, at the begin of a log the record that says that it is empty.
const edge = 4 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// markClosed writes the closedFile; the library has its files no longer open. What it removed
// is gone for good first: a power failure may bring back any name that was not.
func markClosed(dir string, files vfs.FS) error {
	if err := syncFolder(dir, files); err != nil {
		return err
	}
	lines, err := listFiles(dir, files)
	if err != nil {
		return err
	}
	text := closedTitle + strings.Join(lines, "")
	return replaceFile(files, dir, closedFile, fmt.Sprintf("%s%08x\n", text, crc32.Checksum([]byte(text), castagnoli)))
}

// checkClosed compares the folder with its closedFile, if there is one. The error matches
// storage.ErrCorrupt and names the file that differs.
func checkClosed(dir string, files vfs.FS) (there bool, err error) {
	text, err := readFile(files, files.PathJoin(dir, closedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	body := text[:bytes.LastIndexByte(bytes.TrimSuffix(text, []byte("\n")), '\n')+1]
	if !strings.HasPrefix(string(body), closedTitle) || string(text[len(body):]) != fmt.Sprintf("%08x\n", crc32.Checksum(body, castagnoli)) {
		return false, fmt.Errorf("%w: %s in folder %s does not agree with its own sum", storage.ErrCorrupt, closedFile, dir)
	}
	found, err := listFiles(dir, files)
	if err != nil {
		return false, err
	}
	want := map[string]string{}
	for line := range strings.Lines(string(body[len(closedTitle):])) {
		want[nameOf(line)] = line
	}
	for _, line := range found {
		name := nameOf(line)
		switch was, ok := want[name]; {
		case !ok:
			return false, fmt.Errorf("%w: file %s in folder %s was not there when the database was closed", storage.ErrCorrupt, name, dir)
		case was != line:
			return false, fmt.Errorf("%w: file %s in folder %s is not what it was when the database was closed: expected sum and size %s, found %s", storage.ErrCorrupt, name, dir, measured(was), measured(line))
		}
		delete(want, name)
	}
	for name := range want {
		return false, fmt.Errorf("%w: file %s in folder %s is missing, it was there when the database was closed", storage.ErrCorrupt, name, dir)
	}
	return true, nil
}

// unmarkClosed removes the closedFile for good.
func unmarkClosed(dir string, files vfs.FS) error {
	if err := files.Remove(files.PathJoin(dir, closedFile)); err != nil {
		return err
	}
	return syncFolder(dir, files)
}

// nameOf and measured are the parts of a line.
func nameOf(line string) string {
	return strings.TrimSuffix(line[strings.LastIndexByte(line, ' ')+1:], "\n")
}
func measured(line string) string { return line[:strings.LastIndexByte(line, ' ')] }

// listFiles returns the lines of the library's files, in the order of their names.
func listFiles(dir string, files vfs.FS) ([]string, error) {
	names, err := files.List(dir)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var lines []string
	for _, name := range names {
		if !isLibrarys(name) {
			continue
		}
		sum, size, err := sumFile(files, files.PathJoin(dir, name), strings.HasPrefix(name, "MANIFEST"))
		if err != nil {
			return nil, fmt.Errorf("sum of %s: %w", name, err)
		}
		lines = append(lines, fmt.Sprintf("%08x %d %s\n", sum, size, name))
	}
	return lines, nil
}

// sumFile sums the whole of a file, or its two edges when it is large.
func sumFile(files vfs.FS, name string, whole bool) (sum uint32, size int64, err error) {
	f, err := files.Open(name)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, 0, err
	}
	size = info.Size()
	parts := []*io.SectionReader{io.NewSectionReader(f, 0, size)}
	if !whole && size > 2*edge {
		parts = []*io.SectionReader{io.NewSectionReader(f, 0, edge), io.NewSectionReader(f, size-edge, edge)}
	}
	hash := crc32.New(castagnoli)
	for _, part := range parts {
		if _, err := io.Copy(hash, part); err != nil {
			return 0, 0, err
		}
	}
	return hash.Sum32(), size, nil
}
