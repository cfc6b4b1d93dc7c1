package pebble

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// With sync=normal the library believes that each commit is on the disk. After a power failure
// the last log may have a hole in the 100 ms that were not, with whole commits behind it, and
// the library takes that for damage. It is the loss that was agreed to: the log is cut at
// the hole, which keeps a prefix of the commits. A hole before what was really synced is damage.
//
// syncedFile says how far: the name of a log and how many of its bytes were synced for sure. It
// is there while a store is, or was last, open with sync=normal.
const syncedFile = "SYNCED"

const syncedSize = 64 // of the text, filled up with blanks

// noteSynced writes down that size bytes of a log are on the disk. That it gets there
// itself later, or never, is safe: it then says less than is true.
func noteSynced(f vfs.File, log string, size int64) error {
	text := fmt.Sprintf("%s %d", filepath.Base(log), size)
	_, err := f.WriteAt([]byte(text+strings.Repeat(" ", max(0, syncedSize-len(text)))), 0)
	return err
}

// cutTail cuts the last log at its first hole. It returns false, and changes nothing, when the
// store was not open with sync=normal.
func cutTail(dir string, files vfs.FS) (bool, error) {
	text, err := readFile(files, files.PathJoin(dir, syncedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	names, err := files.List(dir)
	if err != nil {
		return false, err
	}
	last, number := "", uint64(0)
	for _, name := range names {
		if n, err := strconv.ParseUint(strings.TrimSuffix(name, ".log"), 10, 64); err == nil && strings.HasSuffix(name, ".log") && n >= number {
			last, number = name, n
		}
	}
	if last == "" {
		return false, nil
	}
	f, err := files.Open(files.PathJoin(dir, last))
	if err != nil {
		return false, err
	}
	data, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return false, err
	}
	size := wholeRecords(data, number)
	if fields := strings.Fields(string(text)); len(fields) == 2 && fields[0] == last {
		if synced, err := strconv.ParseInt(fields[1], 10, 64); err != nil || size < synced && !endsAt(data, size, synced) {
			return false, fmt.Errorf("%w: log %s is damaged at byte %d, of %s bytes that were synced", storage.ErrCorrupt, last, size, fields[1])
		}
	}
	return true, replaceFile(files, dir, last, string(data[:size]))
}

// endsAt reports whether nothing but filling lies between the records' end and what was synced.
func endsAt(data []byte, size, synced int64) bool {
	rest := data[size:min(int64(len(data)), max(synced, size))]
	return !slices.ContainsFunc(rest, func(b byte) bool { return b != 0 })
}

// wholeRecords returns the size of the log up to its first record that is not whole.
func wholeRecords(data []byte, number uint64) (size int64) {
	r := newRecordReader(record.NewReader, strings.NewReader(textOf(data)), number)
	for {
		rec, err := r.Next()
		if err != nil {
			return size
		}
		if _, err := io.Copy(io.Discard, rec); err != nil {
			return size
		}
		size = r.Offset()
	}
}

// newRecordReader names the library's type of a log number, which it keeps to itself.
func newRecordReader[N ~uint64](open func(io.Reader, N) *record.Reader, r io.Reader, number uint64) *record.Reader {
	return open(r, N(number))
}
