package pebble

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// lockFile has the library's name for it, so that its own tools respect it.
const lockFile = "LOCK"

// held are the folders that this process has open. The operating system's locks do not keep a process from
// itself, and it loses them when it closes the file once more: so a folder is looked for here before its lock is
// touched. Not by its name, of which it may have several, and others after a rename.
var held struct {
	sync.Mutex
	folders []fs.FileInfo
}

// heldLock is the lock of a folder in held.
type heldLock struct {
	io.Closer
	folder fs.FileInfo
}

// lockFolder locks a folder for this process; lockError says what its error means.
func lockFolder(dir string, files vfs.FS, readOnly bool) (io.Closer, error) {
	name := files.PathJoin(dir, lockFile)
	if files != vfs.Default {
		return lockName(name, files, readOnly)
	}
	folder, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	held.Lock()
	defer held.Unlock()
	if slices.ContainsFunc(held.folders, func(other fs.FileInfo) bool { return os.SameFile(folder, other) }) {
		return nil, &storage.LockedError{Path: dir, PID: os.Getpid()}
	}
	lock, err := lockName(name, files, readOnly)
	if err != nil {
		return nil, err
	}
	held.folders = append(held.folders, folder)
	return heldLock{lock, folder}, nil
}

// lockName locks a file. Who only reads may not be allowed to write it: he still keeps out, and stays out of the way
// of, those who may.
func lockName(name string, files vfs.FS, readOnly bool) (io.Closer, error) {
	lock, err := files.Lock(name)
	if readOnly && (errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission)) {
		return lockToRead(name)
	}
	return lock, err
}

// Close gives the folder back.
func (l heldLock) Close() error {
	held.Lock()
	defer held.Unlock()
	held.folders = slices.DeleteFunc(held.folders, func(other fs.FileInfo) bool { return other == l.folder })
	return l.Closer.Close()
}

// gone reports whether there is certainly no process of this id.
func gone(pid int) bool {
	if pid <= 0 {
		return true
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return true
	}
	defer func() { _ = p.Release() }()
	err = p.Signal(syscall.Signal(0))
	return errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH)
}

// lockError tells a lock that another holds from a folder that can't be locked.
func lockError(dir string, files vfs.FS, err error) error {
	if errors.Is(err, storage.ErrLocked) {
		return err
	}
	taken := errors.Is(err, syscall.EAGAIN) ||
		strings.Contains(err.Error(), "lock held by current process") || strings.Contains(err.Error(), "being used by another process")
	if !taken {
		return fmt.Errorf("lock folder %s: %w", dir, err)
	}
	pid := 0
	if text, err := readFile(files, files.PathJoin(dir, pidFile)); err == nil {
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text))) // 0 is unknown
	}
	if gone(pid) {
		pid = 0 // of an earlier process: one with mode=ro holds the lock, and writes no PID
	}
	return &storage.LockedError{Path: dir, PID: pid}
}
