package pebble

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// Large values lie in files of their own. The library panics, also in the background, when it
// comes to open one that is missing or whose footer is damaged. So they are counted before
// anything is read or compacted, and the footer is looked at before the library opens it.

const blobSuffix = ".blob"

// checkBlobs finds files of large values that are missing or cut.
func checkBlobs(db *pebble.DB, dir string, files vfs.FS) error {
	version := db.DebugCurrentVersion()
	for blob := range version.BlobFiles.All() {
		name := blob.Physical.FileNum.String() + blobSuffix
		switch info, err := files.Stat(files.PathJoin(dir, name)); {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%w: file %s in folder %s is missing", storage.ErrCorrupt, name, dir)
		case err != nil:
			return err
		case uint64(info.Size()) != blob.Physical.Size:
			return fmt.Errorf("%w: file %s in folder %s has %d bytes, expected %d", storage.ErrCorrupt, name, dir, info.Size(), blob.Physical.Size)
		}
	}
	return nil
}

// blobFooter is the size of the footer, which begins with the sum of the rest.
const blobFooter = 38

// openBlob opens a file of large values whose footer is whole. Its errors are none
// that the library takes for damage.
func openBlob(files vfs.FS, name string, opts []vfs.OpenOption) (vfs.File, error) {
	f, err := files.Open(name, opts...)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: file %s is missing", storage.ErrCorrupt, name)
	}
	if err != nil {
		return nil, err
	}
	if err := checkFooter(f, name); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func checkFooter(f vfs.File, name string) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var footer [blobFooter]byte
	if info.Size() < blobFooter {
		return fmt.Errorf("%w: file %s has %d bytes, its footer alone has %d", storage.ErrCorrupt, name, info.Size(), blobFooter)
	}
	if _, err := f.ReadAt(footer[:], info.Size()-blobFooter); err != nil {
		return err
	}
	sum := crc32.Checksum(footer[4:], castagnoli)
	if sum = (sum>>15 | sum<<17) + 0xa282ead8; sum != binary.LittleEndian.Uint32(footer[:]) {
		return fmt.Errorf("%w: footer of file %s", storage.ErrCorrupt, name)
	}
	return nil
}

func isBlob(name string) bool { return strings.HasSuffix(name, blobSuffix) }
