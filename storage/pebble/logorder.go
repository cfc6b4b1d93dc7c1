package pebble

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2/batchrepr"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// checkLogs makes sure that the commits in the logs follow one another, as they were numbered when they were written.
// The library replays whatever logs it finds; of two that hold the same number, as one of another database
// may, it makes a table that it then ends the process for.
func checkLogs(dir string, files vfs.FS) error {
	names, err := files.List(dir)
	if err != nil {
		return err
	}
	type log struct {
		name   string
		number uint64
	}
	var logs []log
	for _, name := range names {
		if text, ok := strings.CutSuffix(name, ".log"); ok {
			if n, err := strconv.ParseUint(text, 10, 64); err == nil {
				logs = append(logs, log{name, n})
			}
		}
	}
	slices.SortFunc(logs, func(a, b log) int { return int(int64(a.number - b.number)) })
	next := uint64(0) // the least number of the next commit
	for _, l := range logs {
		if next, err = checkLog(dir, files, l.name, l.number, next); err != nil {
			return err
		}
	}
	return nil
}

// checkLog reads one log up to its first record that is not whole; the library says of the rest what it is.
func checkLog(dir string, files vfs.FS, name string, number, next uint64) (uint64, error) {
	f, err := files.Open(files.PathJoin(dir, name))
	if err != nil {
		return next, err
	}
	defer f.Close()
	r := newRecordReader(record.NewReader, f, number)
	var head [batchrepr.HeaderLen]byte
	for {
		rec, err := r.Next()
		if err == nil {
			_, err = io.ReadFull(rec, head[:])
		}
		if err == nil {
			_, err = io.Copy(io.Discard, rec)
		}
		if err != nil {
			return next, readFailure(name, err)
		}
		h, _ := batchrepr.ReadHeader(head[:])
		if uint64(h.SeqNum) < next {
			return next, fmt.Errorf("%w: file %s in folder %s has commit %d where at least %d was expected: the file is damaged, or another database's",
				storage.ErrCorrupt, name, dir, h.SeqNum, next)
		}
		next = uint64(h.SeqNum) + uint64(h.Count)
	}
}

// readFailure returns an error of the disk; what the log's own format says is left to the library.
func readFailure(name string, err error) error {
	var system syscall.Errno
	if errors.As(err, &system) {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}
