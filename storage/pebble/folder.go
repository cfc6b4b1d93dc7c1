package pebble

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// Files of ours in the folder, beside Pebble's.
const (
	markerFile = "FLUXDB" // says that the folder is ours and in which format
	pidFile    = "PID"    // the process that has it open; only the lock decides
)

// storeFormat is the version of the folder's layout and of the store's own keys.
const storeFormat = 1

const markerPrefix = "FluxDB store, format "

// unfinished is the marker of a folder until its database is made. Nothing in it was ever
// acknowledged: the next open begins again.
const unfinished = "FluxDB store, being created\n"

// resolved returns the absolute name of a folder without links, also of one that is about to be created: what a
// link on the way points to may change while the store is open.
func resolved(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	there, missing := dir, ""
	for {
		if real, err := filepath.EvalSymlinks(there); err == nil {
			return filepath.Join(real, missing), nil
		}
		parent := filepath.Dir(there)
		if parent == there {
			return dir, nil
		}
		there, missing = parent, filepath.Join(filepath.Base(there), missing)
	}
}

// claim makes sure that the folder is ours, or empty, and locks it. A fresh one has no
// database yet; finish marks it when it has.
func claim(dir string, files vfs.FS, readOnly bool) (lock io.Closer, fresh bool, err error) {
	info, err := files.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && readOnly:
		return nil, false, fmt.Errorf("no database at %s: mode=ro does not create one: %w", dir, fs.ErrNotExist)
	case errors.Is(err, fs.ErrNotExist):
		if err := makeFolder(dir, files); err != nil {
			return nil, false, fmt.Errorf("create folder: %w", err)
		}
	case err != nil:
		return nil, false, err
	case !info.IsDir():
		return nil, false, foreignError(dir + " is a file, a database is a folder")
	}
	if _, err = checkMarker(dir, files, readOnly); err != nil {
		return nil, false, err // no lock is left in a folder that is not ours
	}
	if lock, err = lockFolder(dir, files, readOnly); err != nil {
		return nil, false, lockError(dir, files, err)
	}
	// Another may have made the database meanwhile, and closed it.
	if fresh, err = checkMarker(dir, files, readOnly); err != nil {
		return nil, false, errors.Join(err, lock.Close())
	}
	if !readOnly {
		// The PID only makes an error message better: failing to write it is no reason to refuse.
		_ = replaceFile(files, dir, pidFile, strconv.Itoa(os.Getpid())+"\n")
	}
	if fresh {
		err := replaceFile(files, dir, markerFile, unfinished)
		if err == nil {
			err = clearFolder(dir, files)
		}
		if err != nil {
			return nil, false, errors.Join(err, lock.Close())
		}
	}
	return lock, fresh, nil
}

// finish marks a folder whose database is made.
func finish(dir string, files vfs.FS) error {
	return replaceFile(files, dir, markerFile, markerPrefix+strconv.Itoa(storeFormat)+"\n")
}

// clearFolder removes what a creation that did not finish left. Names that are not
// the library's stay.
func clearFolder(dir string, files vfs.FS) error {
	names, err := files.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if isLibrarys(name) {
			if err := files.Remove(files.PathJoin(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// isLibrarys reports whether a file of this name is one of the library's, whose numbers have six digits or more.
func isLibrarys(name string) bool {
	const numbered = "[0-9][0-9][0-9][0-9][0-9][0-9]*"
	return slices.ContainsFunc([]string{numbered + ".log", numbered + ".sst", numbered + ".blob", "*.dbtmp", "MANIFEST-*", "OPTIONS-*", "marker.*"}, func(pattern string) bool {
		ours, _ := filepath.Match(pattern, name)
		return ours
	})
}

// makeFolder creates a folder whose name survives a crash: the folders above it are
// synced, up to the first that was there.
func makeFolder(dir string, files vfs.FS) error {
	var above []string
	for path := dir; ; {
		parent := files.PathDir(path)
		above = append(above, parent)
		if _, err := files.Stat(parent); err == nil || parent == path {
			break
		}
		path = parent
	}
	if err := files.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, parent := range above {
		if err := syncFolder(parent, files); err != nil {
			return err
		}
	}
	return nil
}

func syncFolder(dir string, files vfs.FS) error {
	f, err := files.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// checkMarker reads the marker; fresh means that the folder is empty.
func checkMarker(dir string, files vfs.FS, readOnly bool) (fresh bool, err error) {
	text, err := readFile(files, files.PathJoin(dir, markerFile))
	if errors.Is(err, fs.ErrNotExist) {
		names, err := files.List(dir)
		if err != nil {
			return false, err
		}
		for _, name := range names {
			// What a crash between locking and marking an empty folder leaves.
			if name != lockFile && strings.TrimSuffix(name, newSuffix) != pidFile && name != markerFile+newSuffix {
				if _, err := files.Stat(files.PathJoin(dir, markerFile)); err == nil {
					return checkMarker(dir, files, readOnly) // another process has just made it
				}
				return false, foreignError(fmt.Sprintf("folder %s is not empty and not a FluxDB database (it holds %s); nothing was changed", dir, name))
			}
		}
		if readOnly {
			return false, fmt.Errorf("no database in folder %s: mode=ro does not create one: %w", dir, fs.ErrNotExist)
		}
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if string(text) == unfinished {
		if _, err := files.Stat(files.PathJoin(dir, closedFile)); err == nil {
			if now, err := readFile(files, files.PathJoin(dir, markerFile)); err == nil && string(now) != unfinished {
				return checkMarker(dir, files, readOnly) // another process has just finished, and closed it
			}
			return false, fmt.Errorf("%w: %s in folder %s says that the database is being created, and %s that it was closed", storage.ErrCorrupt, markerFile, dir, closedFile)
		}
		if readOnly {
			return false, fmt.Errorf("no database in folder %s: its creation did not finish, and mode=ro does not create one: %w", dir, fs.ErrNotExist)
		}
		return true, nil
	}
	number, ours := strings.CutPrefix(strings.TrimSpace(string(text)), markerPrefix)
	version, err := strconv.Atoi(number)
	switch {
	case !ours || err != nil || version < 1:
		return false, fmt.Errorf("%w: %s in folder %s is damaged: found %q", storage.ErrCorrupt, markerFile, dir, bytes.TrimSpace(text[:min(len(text), 60)]))
	case version > storeFormat:
		return false, fmt.Errorf("%w: %s has store format %d, this build reads up to %d: upgrade FluxDB", storage.ErrFormat, dir, version, storeFormat)
	}
	return false, nil
}

// foreignError is about what was never a database: it matches ErrCorrupt without calling
// somebody's file damaged.
type foreignError string

func (e foreignError) Error() string { return string(e) }

func (e foreignError) Unwrap() error { return storage.ErrCorrupt }

// maxSmallFile is how much is read of a file of ours.
const maxSmallFile = 16 << 20

func readFile(files vfs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSmallFile))
}

// newSuffix names a file that will replace another.
const newSuffix = ".new"

// replaceFile writes a small file, whole or not at all, and makes it durable.
func replaceFile(files vfs.FS, dir, name, text string) error {
	name = files.PathJoin(dir, name)
	f, err := files.Create(name+newSuffix, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("create %s: %w", name, err)
	}
	_, err = f.Write([]byte(text))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := files.Rename(name+newSuffix, name); err != nil {
		return fmt.Errorf("rename to %s: %w", name, err)
	}
	return syncFolder(dir, files)
}
