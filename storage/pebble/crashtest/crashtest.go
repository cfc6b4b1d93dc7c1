// Package crashtest opens stores on a file system in memory that can crash: a clone of it
// is a disk as a power failure at that moment may leave it. It also injects
// input and output errors. It is for tests.
package crashtest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// Path is where the store lies on the disk.
const Path = "db"

// Disk is a file system in memory.
type Disk struct {
	mem                     *vfs.MemFS
	beforeWrite, beforeRead atomic.Pointer[func(n int64) error]

	ops   atomic.Int64
	reads atomic.Int64
	room  atomic.Int64 // bytes that may be written, and one more; 0 is no limit
	mu    sync.Mutex   // of one crash at a time
}

// New returns an empty disk.
func New() *Disk { return &Disk{mem: vfs.NewCrashableMem()} }

// Open opens the store on the disk; FS and InMemory of opts are overridden.
func (d *Disk) Open(opts pebble.Options) (storage.Store, error) {
	opts.FS, opts.InMemory = &countingFS{FS: d.mem, disk: d}, false
	return pebble.Open(Path, opts)
}

// Crash returns the disk as a crash now may leave it: what was synced, and each
// other write with a probability of percent.
func (d *Disk) Crash(percent int, rng *rand.Rand) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &Disk{mem: d.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng})}
}

// List returns the names in a folder; none where there is no such folder.
func (d *Disk) List(dir string) []string {
	names, err := d.mem.List(dir)
	if err != nil {
		return nil
	}
	return names
}

// Writes returns how many operations have changed the disk so far.
func (d *Disk) Writes() int64 { return d.ops.Load() }

// ErrInjected is an error of the disk that a test injected.
var ErrInjected error = fmt.Errorf("injected: %w", syscall.EIO)

// BeforeWrite has fn called before each operation that changes the disk, with the number of the operation, from 1; an
// error of fn is the operation's, which is then not done. nil calls nothing.
func (d *Disk) BeforeWrite(fn func(n int64) error) { d.beforeWrite.Store(&fn) }

// BeforeRead is BeforeWrite for reading from files.
func (d *Disk) BeforeRead(fn func(n int64) error) { d.beforeRead.Store(&fn) }

func (d *Disk) change() error {
	n := d.ops.Add(1)
	if fn := d.beforeWrite.Load(); fn != nil && *fn != nil {
		return (*fn)(n)
	}
	return nil
}

// Room limits how many bytes may be written from now on; a negative number is no limit.
func (d *Disk) Room(bytes int64) { d.room.Store(max(0, bytes+1)) }

// fill takes room for a write, or as much as there is.
func (d *Disk) fill(size int) (fits int, err error) {
	for {
		room := d.room.Load()
		if room == 0 {
			return size, nil
		}
		fits = int(min(int64(size), room-1))
		if d.room.CompareAndSwap(room, room-int64(fits)) {
			break
		}
	}
	if fits < size {
		return fits, syscall.ENOSPC
	}
	return fits, nil
}

// Reads returns how many reads there were so far.
func (d *Disk) Reads() int64 { return d.reads.Load() }

func (d *Disk) read() error {
	n := d.reads.Add(1)
	if fn := d.beforeRead.Load(); fn != nil && *fn != nil {
		return (*fn)(n)
	}
	return nil
}

// countingFS reports each operation that changes the disk.
type countingFS struct {
	vfs.FS
	disk *Disk
}

func (c *countingFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := c.disk.change(); err != nil {
		return nil, err
	}
	return c.file(c.FS.Create(name, category))
}

func (c *countingFS) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return c.file(c.FS.OpenReadWrite(name, category, opts...))
}

func (c *countingFS) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := c.disk.change(); err != nil {
		return nil, err
	}
	c.disk.mu.Lock() // as in Link
	defer c.disk.mu.Unlock()
	return c.file(c.FS.ReuseForWrite(old, name, category))
}

func (c *countingFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	return c.file(c.FS.Open(name, opts...))
}

func (c *countingFS) OpenDir(name string) (vfs.File, error) { return c.file(c.FS.OpenDir(name)) }

func (c *countingFS) Remove(name string) error {
	if err := c.disk.change(); err != nil {
		return err
	}
	return c.FS.Remove(name)
}

func (c *countingFS) Rename(old, name string) error {
	if err := c.disk.change(); err != nil {
		return err
	}
	return c.FS.Rename(old, name)
}

func (c *countingFS) Link(old, name string) error {
	if err := c.disk.change(); err != nil {
		return err
	}
	// MemFS locks its clone lock twice here, and in ReuseForWrite: a crash in between would wait
	// for ever, and the second lock for it.
	c.disk.mu.Lock()
	defer c.disk.mu.Unlock()
	return c.FS.Link(old, name)
}

func (c *countingFS) MkdirAll(name string, mode os.FileMode) error {
	if err := c.disk.change(); err != nil {
		return err
	}
	return c.FS.MkdirAll(name, mode)
}

func (c *countingFS) Unwrap() vfs.FS { return c.FS }

func (c *countingFS) file(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &countingFile{File: f, disk: c.disk}, nil
}

type countingFile struct {
	vfs.File
	disk *Disk
}

func (f *countingFile) Read(p []byte) (int, error) {
	if err := f.disk.read(); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

func (f *countingFile) ReadAt(p []byte, at int64) (int, error) {
	if err := f.disk.read(); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, at)
}

func (f *countingFile) Write(p []byte) (int, error) {
	if err := f.disk.change(); err != nil {
		return 0, err
	}
	fits, full := f.disk.fill(len(p))
	n, err := f.File.Write(p[:fits])
	if err == nil {
		err = full
	}
	return n, err
}

func (f *countingFile) WriteAt(p []byte, at int64) (int, error) {
	if err := f.disk.change(); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, at)
}

func (f *countingFile) Sync() error {
	if err := f.disk.change(); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *countingFile) SyncData() error {
	if err := f.disk.change(); err != nil {
		return err
	}
	return f.File.SyncData()
}

func (f *countingFile) SyncTo(n int64) (bool, error) {
	if err := f.disk.change(); err != nil {
		return false, err
	}
	return f.File.SyncTo(n)
}
