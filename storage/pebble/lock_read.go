//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package pebble

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// lockToRead takes a lock that others may have beside, but none with one to write. Where there is no lock to take,
// since the file is not there or can't be read, nobody is kept out.
func lockToRead(name string) (io.Closer, error) {
	f, err := os.Open(name)
	if err != nil {
		return unlocked{}, nil //nolint:nilerr // what can't be locked can be read all the same
	}
	err = syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_RDLCK, Whence: io.SeekStart})
	if errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EAGAIN) {
		return nil, errors.Join(syscall.EAGAIN, f.Close())
	}
	return f, nil
}
