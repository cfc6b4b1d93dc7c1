package fluxdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/executor"
	"github.com/fluxdb/fluxdb/storage"
	"github.com/fluxdb/fluxdb/storage/pebble"
)

// shared is an engine that one or more handles of this process use.
type shared struct {
	engine *engine.DB
	memory *executor.WorkMemory // of the statements of all handles
	opts   Options
	folder fs.FileInfo // nil for one that is never shared
	users  int         // guarded by openedMu
}

// opened holds the engines of this process that may be shared. They are found by their folder, whichever way its name is
// spelled. The lock is held while one is opened or closed, so that none is opened twice.
var (
	openedMu sync.Mutex
	opened   []*shared
)

// acquire returns the engine of a path, opening it when it is the first user.
func acquire(path string, opts Options) (*shared, error) {
	if path == "" {
		return nil, fmt.Errorf("no path: expected a folder or %q", MemoryPath)
	}
	if opts.Memory != 0 && opts.Memory < MinMemory {
		return nil, fmt.Errorf("option memory: %d bytes, expected at least %d", opts.Memory, MinMemory)
	}
	if path == MemoryPath || opts.Store != nil {
		return openShared(path, opts)
	}
	openedMu.Lock()
	defer openedMu.Unlock()
	if folder, err := os.Stat(path); err == nil {
		for _, sh := range opened {
			if !os.SameFile(folder, sh.folder) {
				continue
			}
			if err := sh.opts.compatible(&opts); err != nil {
				return nil, err
			}
			sh.users++
			return sh, nil
		}
	}
	sh, err := openShared(path, opts)
	if err != nil {
		return nil, err
	}
	if sh.folder, err = os.Stat(path); err != nil {
		return nil, errors.Join(err, sh.engine.Close())
	}
	opened = append(opened, sh)
	return sh, nil
}

func openShared(path string, opts Options) (*shared, error) {
	store := opts.Store
	if store == nil {
		var err error
		if store, err = openStore(path, &opts); err != nil {
			return nil, err
		}
	}
	eng, err := engine.Open(context.Background(), store, engine.Options{Compiler: executor.Compiler(), ReadOnly: opts.ReadOnly})
	if err != nil {
		store.Close()
		return nil, err
	}
	return &shared{engine: eng, memory: executor.NewWorkMemory(eng.WorkMemory()), opts: opts, users: 1}, nil
}

// openStore opens the default store.
func openStore(path string, opts *Options) (storage.Store, error) {
	return pebble.Open(path, pebble.Options{
		InMemory:    path == MemoryPath,
		ReadOnly:    opts.ReadOnly,
		Sync:        pebble.SyncLevel(opts.Sync),
		Memory:      opts.Memory,
		Compression: pebble.Compression(opts.Compression),
		Cached:      engine.CachedKeys(),
	})
}

// release gives the engine back; the last user closes it.
func (sh *shared) release() error {
	openedMu.Lock()
	defer openedMu.Unlock()
	sh.users--
	if sh.users > 0 {
		return nil
	}
	opened = slices.DeleteFunc(opened, func(other *shared) bool { return other == sh })
	return sh.engine.Close()
}

// compatible reports which option of a further open of the same path differs from
// those that the store was opened with. A read-only handle may share a
// writable store, not the other way round.
func (o *Options) compatible(other *Options) error {
	switch {
	case o.ReadOnly && !other.ReadOnly:
		return fmt.Errorf("option mode=rw: the database is open in this process with mode=ro")
	case o.Sync != other.Sync:
		return fmt.Errorf("option sync=%s: the database is open in this process with sync=%s", syncNames[other.Sync], syncNames[o.Sync])
	case o.Compression != other.Compression:
		return fmt.Errorf("option compression=%s: the database is open in this process with compression=%s", compressionNames[other.Compression], compressionNames[o.Compression])
	case o.Memory != other.Memory:
		return fmt.Errorf("option memory=%dB: the database is open in this process with memory=%dB", other.Memory, o.Memory)
	}
	return nil
}

// executorOptions are the options of a handle, as opposed to those of the store.
func (sh *shared) executorOptions(o *Options) executor.Options {
	return executor.Options{
		Star:       executor.Star(o.Star),
		Timeout:    o.timeout(),
		Autocreate: !o.NoAutocreate,
		ReadOnly:   o.ReadOnly,
		Memory:     sh.memory,
	}
}
