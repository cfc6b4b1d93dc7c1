package crashtest

import (
	"errors"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Clone returns a copy of the disk as the operating system sees it, whether synced or not: what
// the end of a process leaves.
func (d *Disk) Clone() *Disk { return d.Crash(100, rand.New(rand.NewPCG(0, 0))) }

// Files returns the names of the files of the store, sorted.
func (d *Disk) Files() ([]string, error) {
	names, err := d.mem.List(Path)
	slices.Sort(names)
	return names, err
}

// Read returns the content of a file of the store.
func (d *Disk) Read(name string) ([]byte, error) {
	f, err := d.mem.Open(d.mem.PathJoin(Path, name))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	return data, errors.Join(err, f.Close())
}

// Write makes a file of the store, or replaces it.
func (d *Disk) Write(name string, data []byte) error {
	f, err := d.mem.Create(d.mem.PathJoin(Path, name), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// Remove removes a file of the store.
func (d *Disk) Remove(name string) error { return d.mem.Remove(d.mem.PathJoin(Path, name)) }
