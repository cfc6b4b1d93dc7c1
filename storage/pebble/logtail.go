package pebble

import (
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// With sync=normal the library believes that each commit is on the disk. After a power failure
// the last log may have a hole in the 100 ms that were not, with whole commits behind it, and
// the library takes that for damage. It is the loss that was agreed to: the log is cut at
// the hole, which keeps a prefix of the commits.
// A hole before what was really synced is damage, which checkNotes has found before.
//
// syncedFile is there while a store is, or was last, open with sync=normal.
const syncedFile = "SYNCED"

// cutTail cuts the last log at its first hole. It returns false, and changes nothing, when the
// store was not open with sync=normal.
func cutTail(dir string, files vfs.FS) (bool, error) {
	if _, err := files.Stat(files.PathJoin(dir, syncedFile)); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
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
	return true, replaceFile(files, dir, last, string(data[:wholeRecords(data, number)]))
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
