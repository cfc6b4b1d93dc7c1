package pebble

import (
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// syncInterval is how long sync=normal may keep a commit from the disk.
const syncInterval = 100 * time.Millisecond

// lazyFS is the file system of sync=normal. The library keeps a commit that is not
// synced in the process; so commits do sync, which hands them to the operating
// system, and the Sync of a log file returns at once. The real one follows on a
// timer, and before a log file is closed, so that no log is on the disk without those before it.
// All other files sync as ever.
type lazyFS struct {
	vfs.FS
	failed func(error) // told of a real sync that failed
	turn   sync.Mutex  // held while syncing what is dirty; before mu
	mu     sync.Mutex
	dirty  map[*lazyFile]struct{}
	stop   chan struct{}
	done   chan struct{}
}

// newLazyFS starts the timer.
func newLazyFS(fs vfs.FS, every time.Duration, failed func(error)) *lazyFS {
	l := &lazyFS{FS: fs, failed: failed, dirty: map[*lazyFile]struct{}{}, stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(l.done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				l.syncDirty()
			case <-l.stop:
				return
			}
		}
	}()
	return l
}

// close ends the timer.
func (l *lazyFS) close() {
	close(l.stop)
	<-l.done
}

// syncDirty keeps all syncs that were promised before the call.
func (l *lazyFS) syncDirty() {
	l.turn.Lock()
	defer l.turn.Unlock()
	l.mu.Lock()
	dirty := l.dirty
	l.dirty = map[*lazyFile]struct{}{}
	l.mu.Unlock()
	for f := range dirty {
		f.mu.Lock()
		err := f.syncNow()
		f.mu.Unlock()
		if err != nil {
			l.failed(err)
		}
	}
}

func (l *lazyFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.Create(name, category)
	return l.wrap(name, f), err
}

func (l *lazyFS) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.ReuseForWrite(old, name, category)
	return l.wrap(name, f), err
}

func (l *lazyFS) Unwrap() vfs.FS { return l.FS }

func (l *lazyFS) wrap(name string, f vfs.File) vfs.File {
	if f == nil || !strings.HasSuffix(name, ".log") {
		return f
	}
	return &lazyFile{File: f, fs: l}
}

// lazyFile is a log file.
type lazyFile struct {
	vfs.File
	fs      *lazyFS
	mu      sync.Mutex // held while syncing for real
	pending bool       // a sync was promised
	closed  bool
	err     error // of the first real sync that failed
}

func (f *lazyFile) lazily() error {
	f.mu.Lock()
	fresh, err := !f.pending, f.err
	f.pending = true
	f.mu.Unlock()
	if fresh {
		f.fs.mu.Lock()
		f.fs.dirty[f] = struct{}{}
		f.fs.mu.Unlock()
	}
	return err
}

func (f *lazyFile) Sync() error     { return f.lazily() }
func (f *lazyFile) SyncData() error { return f.lazily() }
func (f *lazyFile) SyncTo(int64) (bool, error) {
	return true, f.lazily()
}

// syncNow keeps a promised sync; f.mu is held.
func (f *lazyFile) syncNow() error {
	if f.closed || !f.pending {
		return nil
	}
	f.pending = false
	if err := f.File.SyncData(); f.err == nil {
		f.err = err
	}
	return f.err
}

// Close syncs what was promised first.
func (f *lazyFile) Close() error {
	f.fs.mu.Lock()
	delete(f.fs.dirty, f)
	f.fs.mu.Unlock()
	f.mu.Lock()
	err := f.syncNow()
	f.closed = true
	closeErr := f.File.Close()
	f.mu.Unlock()
	if err != nil {
		f.fs.failed(err)
		return err
	}
	return closeErr
}
