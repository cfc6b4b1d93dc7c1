package pebble

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// fence is the file system that the library gets. The library is not made for a disk that
// fails: it panics with its locks held or not held, which can end the process, repeats a failed
// flush without a pause, and lets commits wait for one that never ends. So it never sees a
// failed write: the fence tells the store, which from then on refuses its callers, and is
// shut. What is on the disk stays what the next open can recover from, and what the library
// still writes, syncs, renames or removes goes into a void of memory and succeeds.
//
// The store refuses before the fence is shut, so nothing that succeeded in the void is
// ever acknowledged.
//
// It also keeps the library from locking the folder, which Open has done already.
type fence struct {
	vfs.FS
	failed func(error) // makes the store refuse, and calls shut
	void   *vfs.MemFS
	closed atomic.Bool
	once   sync.Once
	down   chan struct{} // closed with the fence
	// logSyncs counts the syncs of log files.
	logSyncs atomic.Uint64
}

func newFence(files vfs.FS, failed func(error)) *fence {
	return &fence{FS: files, failed: failed, void: vfs.NewMem(), down: make(chan struct{})}
}

func (f *fence) shut() {
	f.closed.Store(true)
	f.once.Do(func() { close(f.down) })
}

// write does something that changes the disk, or not, when the fence is shut. done is false
// when it went into the void. The library must not see either that a file cannot be made because
// the folder is gone.
func (f *fence) write(fn func() error) (done bool, err error) {
	if f.closed.Load() {
		return false, nil
	}
	if err := fn(); err != nil {
		f.failed(err)
		return false, nil
	}
	return true, nil
}

// open is write for what returns a file.
func (f *fence) open(name string, category vfs.DiskWriteCategory, fn func() (vfs.File, error)) (file vfs.File, err error) {
	done, err := f.write(func() (err error) {
		file, err = fn()
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case done:
		return &fencedFile{File: file, fence: f, name: name, log: strings.HasSuffix(name, ".log")}, nil
	}
	return f.inVoid(name)
}

// inVoid makes a file in the void.
func (f *fence) inVoid(name string) (vfs.File, error) {
	if err := f.void.MkdirAll(f.void.PathDir(name), 0o755); err != nil {
		return nil, err
	}
	return f.void.Create(name, vfs.WriteCategoryUnspecified)
}

// copyToVoid makes a file in the void that begins with size bytes of another one, all of it when size is
// negative: what the library has written it must be able to read, else it repeats a flush for ever.
func (f *fence) copyToVoid(old, name string, size int64) (vfs.File, error) {
	from, err := f.Open(old)
	if err != nil {
		return f.inVoid(name) // what the disk does not give is lost
	}
	defer from.Close()
	info, err := from.Stat()
	if err == nil && size < 0 {
		size = info.Size()
	}
	to, err := f.inVoid(name)
	if err == nil {
		_, _ = io.Copy(to, io.NewSectionReader(from, 0, size))
	}
	return to, err
}

func (f *fence) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return f.open(name, category, func() (vfs.File, error) { return f.FS.Create(name, category) })
}

func (f *fence) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return f.open(name, category, func() (vfs.File, error) { return f.FS.OpenReadWrite(name, category, opts...) })
}

func (f *fence) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return f.open(name, category, func() (vfs.File, error) { return f.FS.ReuseForWrite(old, name, category) })
}

func (f *fence) OpenDir(name string) (vfs.File, error) {
	file, err := f.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &fencedFile{File: file, fence: f}, nil
}

// Open looks into the void first, once there is one.
func (f *fence) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	if f.closed.Load() {
		if file, err := f.void.Open(name, opts...); !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	if !isBlob(name) {
		return f.FS.Open(name, opts...)
	}
	file, err := openBlob(f.FS, name, opts)
	if errors.Is(err, storage.ErrCorrupt) {
		f.failed(err)
	}
	return file, err
}

func (f *fence) Stat(name string) (vfs.FileInfo, error) {
	if f.closed.Load() {
		if info, err := f.void.Stat(name); err == nil && !info.IsDir() {
			return info, nil
		}
	}
	return f.FS.Stat(name)
}

func (f *fence) change(fn func() error) error {
	_, err := f.write(fn)
	return err
}

// changeName is change where the library asks whether a name is there or not.
func (f *fence) changeName(fn func() error) (answer error) {
	err := f.change(func() error {
		err := fn()
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
			answer, err = err, nil
		}
		return err
	})
	if err != nil {
		return err
	}
	return answer
}

// rename does what gives a file another name, or copies it when the fence is shut.
func (f *fence) rename(old, name string, change func(func() error) error, fn func() error) error {
	if err := change(fn); err != nil || !f.closed.Load() {
		return err
	}
	to, err := f.copyToVoid(old, name, -1)
	if err != nil {
		return err
	}
	return to.Close()
}

func (f *fence) Link(old, name string) error {
	return f.rename(old, name, f.changeName, func() error { return f.FS.Link(old, name) })
}

func (f *fence) Rename(old, name string) error {
	return f.rename(old, name, f.change, func() error { return f.FS.Rename(old, name) })
}

func (f *fence) Remove(name string) error {
	return f.changeName(func() error { return f.FS.Remove(name) })
}

func (f *fence) RemoveAll(name string) error {
	return f.changeName(func() error { return f.FS.RemoveAll(name) })
}

func (f *fence) MkdirAll(name string, mode os.FileMode) error {
	return f.change(func() error { return f.FS.MkdirAll(name, mode) })
}

type unlocked struct{}

func (unlocked) Close() error { return nil }

// Lock does nothing: the folder is locked.
func (f *fence) Lock(string) (io.Closer, error) { return unlocked{}, nil }

func (f *fence) Unwrap() vfs.FS { return f.FS }

// fencedFile is a file on the disk. From the first write that does not get there it goes on
// in the void, with what was written before.
type fencedFile struct {
	vfs.File
	fence *fence
	name  string
	log   bool
	size  int64    // written to the disk
	void  vfs.File // nil before
}

func (f *fencedFile) Write(p []byte) (n int, err error) {
	done, err := f.fence.write(func() (err error) {
		n, err = f.File.Write(p)
		return err
	})
	if done {
		f.size += int64(n)
		return n, err
	}
	if f.void == nil {
		if f.log {
			f.size = 0 // nobody reads a log
		}
		if f.void, err = f.fence.copyToVoid(f.name, f.name, f.size); err != nil {
			return 0, err
		}
	}
	return f.void.Write(p)
}

func (f *fencedFile) WriteAt(p []byte, at int64) (n int, err error) {
	done, err := f.fence.write(func() (err error) {
		n, err = f.File.WriteAt(p, at)
		return err
	})
	if !done {
		n = len(p)
	}
	return n, err
}

// Preallocate may fail: it only makes writing quicker.
func (f *fencedFile) Preallocate(offset, length int64) error {
	if f.fence.closed.Load() {
		return nil
	}
	return f.File.Preallocate(offset, length)
}

func (f *fencedFile) Sync() error {
	f.count()
	return f.fence.change(f.File.Sync)
}

func (f *fencedFile) SyncData() error {
	f.count()
	return f.fence.change(f.File.SyncData)
}

func (f *fencedFile) count() {
	if f.log {
		f.fence.logSyncs.Add(1)
	}
}

func (f *fencedFile) SyncTo(length int64) (full bool, err error) {
	done, err := f.fence.write(func() (err error) {
		full, err = f.File.SyncTo(length)
		return err
	})
	return full || !done, err
}

// Close of a file that was written may tell of a write that failed.
func (f *fencedFile) Close() error {
	if err := f.File.Close(); err != nil && !f.fence.closed.Load() {
		f.fence.failed(err)
	}
	return nil
}
