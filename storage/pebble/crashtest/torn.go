package crashtest

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"path"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Sector is the size in which a disk writes at least: smaller than what the library writes at once.
const Sector = 512

// Torn is Crash where writes that were not synced are torn: of each file every sector is
// kept or lost by itself, in any order, and so is every new, renamed or removed name.
func (d *Disk) Torn(percent int, rng *rand.Rand) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	clone := func(percent int) *Disk {
		return &Disk{mem: d.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng})}
	}
	for {
		synced, written := clone(0), clone(100)
		out := clone(0)
		was, now := synced.contents(), written.contents()
		if !maps.EqualFunc(was, out.contents(), bytes.Equal) {
			continue // something was synced meanwhile: the two do not belong together
		}
		if len(now) > 0 {
			_ = out.mem.MkdirAll(Path, 0o755) // a disk of memory
		}
		keep := func() bool { return rng.IntN(100) < percent }
		for _, name := range slices.Sorted(maps.Keys(now)) {
			old, there := was[name]
			switch {
			case there && bytes.Equal(old, now[name]) || !there && !keep():
			case !appended(name):
				if !there || keep() { // a file renamed to it, which was synced before, or not
					_ = out.Write(name, now[name])
				}
			default:
				_ = out.Write(name, tear(old, now[name], keep))
			}
		}
		for _, name := range slices.Sorted(maps.Keys(was)) {
			if _, there := now[name]; !there && keep() {
				_ = out.Remove(name)
			}
		}
		return out
	}
}

// appended reports whether files of this name are written from begin to end, and never renamed to.
func appended(name string) bool {
	for _, pattern := range []string{"*.log", "*.sst", "*.blob", "MANIFEST-*", "NOTES", "*.new", "*.dbtmp"} {
		if ok, _ := path.Match(pattern, name); ok {
			return true
		}
	}
	return false
}

// tear keeps some sectors of what was written over old.
func tear(old, written []byte, keep func() bool) []byte {
	out := slices.Clone(old)
	for at := 0; at < len(written); at += Sector {
		if end := min(at+Sector, len(written)); keep() {
			if grow := end - len(out); grow > 0 {
				out = append(out, make([]byte, grow)...)
			}
			copy(out[at:], written[at:end])
		}
	}
	return out
}

// contents returns the files of the store.
func (d *Disk) contents() map[string][]byte {
	names, err := d.Files()
	if err != nil {
		return nil // there is no folder yet
	}
	out := map[string][]byte{}
	for _, name := range names {
		if data, err := d.Read(name); err == nil {
			out[name] = data
		}
	}
	return out
}
