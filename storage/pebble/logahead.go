package pebble

import (
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// aheadFS keeps zeros in logs ahead of what is written. A sync of a file that grew waits for the file
// system's journal too, since the size and the place of the new bytes have to be on the disk; one
// of bytes that were there before waits for these alone, which takes a third less time (ext4, 600 bytes a
// sync). The library's own Preallocate reserves room but leaves the size as it is, which spares nothing.
//
// The library reads zeros as the end of a log, and reuses old logs, whose ends are no better.
type aheadFS struct{ vfs.FS }

const (
	// aheadSize is how many zeros are written at a time: one sync in some hundred is a slow one.
	aheadSize = 256 << 10
	// aheadSyncs is how many bytes may be written from one sync to the next for zeros to be worth their while. Large
	// commits, and those of sync=normal under load, sync so much at once that writing it twice would cost more.
	aheadSyncs = 64 << 10
)

func (a aheadFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := a.FS.Create(name, category)
	if err != nil || !strings.HasSuffix(name, ".log") {
		return f, err
	}
	return &aheadFile{File: f}, nil
}

// ReuseForWrite returns a log as long as it was.
func (a aheadFS) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := a.FS.ReuseForWrite(old, name, category)
	if err != nil || !strings.HasSuffix(name, ".log") {
		return f, err
	}
	log := &aheadFile{File: f}
	if info, err := f.Stat(); err == nil {
		log.end = info.Size() // else it gets zeros again
	}
	return log, nil
}

func (a aheadFS) Unwrap() vfs.FS { return a.FS }

// aheadFile is a log, which the library only appends to.
type aheadFile struct {
	vfs.File
	mu     sync.Mutex // no write may fall among the zeros
	size   int64      // written
	synced int64      // of it, when the last sync began
	end    int64      // of the file
}

func (f *aheadFile) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.File.Write(p)
	f.size += int64(n)
	f.end = max(f.end, f.size)
	return n, err
}

// extend writes zeros where the next sync could reach the end of the file. That it fails is no harm.
func (f *aheadFile) extend() {
	f.mu.Lock()
	defer f.mu.Unlock()
	grown := f.size - f.synced
	f.synced = f.size
	if grown == 0 || grown > aheadSyncs || f.end-f.size >= 2*grown {
		return
	}
	zeros := make([]byte, f.size+aheadSize-f.end)
	n, _ := f.File.WriteAt(zeros, f.end)
	f.end += int64(n)
}

func (f *aheadFile) Sync() error {
	f.extend()
	return f.File.Sync()
}

func (f *aheadFile) SyncData() error {
	f.extend()
	return f.File.SyncData()
}

// Preallocate does nothing: see aheadFS.
func (f *aheadFile) Preallocate(offset, length int64) error { return nil }
