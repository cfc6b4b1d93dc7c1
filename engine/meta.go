package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/fluxdb/fluxdb/storage"
)

// The metadata value:
//
//	magic(8)  format version(4)  required features(8)  optional features(8)  crc32 of all before(4)
//
// Whoever does not know a required feature must not open the database; optional
// ones may be ignored. A bit is never used for something else.
const (
	magic         = "FluxDB\r\n"
	formatVersion = 1
	metaSize      = len(magic) + 4 + 8 + 8 + 4

	knownRequired = 0
)

func appendMeta(dst []byte, version uint32, required, optional uint64) []byte {
	begin := len(dst)
	dst = binary.BigEndian.AppendUint32(append(dst, magic...), version)
	dst = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, required), optional)
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[begin:]))
}

// checkMeta reports why this build cannot open a database with this metadata.
func checkMeta(b []byte) error {
	if len(b) < metaSize || string(b[:len(magic)]) != magic {
		return fmt.Errorf("%w: metadata is not that of a FluxDB database", storage.ErrCorrupt)
	}
	body, sum := b[:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if crc32.ChecksumIEEE(body) != sum {
		return fmt.Errorf("%w: checksum of the metadata", storage.ErrCorrupt)
	}
	fields := b[len(magic):]
	version, required := binary.BigEndian.Uint32(fields), binary.BigEndian.Uint64(fields[4:])
	switch {
	case version > formatVersion:
		return fmt.Errorf("%w: the database has format %d, this build reads up to %d: upgrade FluxDB", storage.ErrFormat, version, formatVersion)
	case required&^knownRequired != 0:
		return fmt.Errorf("%w: the database needs features %#x that this build does not know: upgrade FluxDB", storage.ErrFormat, required&^uint64(knownRequired))
	case len(b) != metaSize || version == 0:
		return fmt.Errorf("%w: metadata of %d bytes, version %d", storage.ErrCorrupt, len(b), version)
	}
	return nil
}

// prepareStore checks the metadata of a store and writes it to a fresh one.
func prepareStore(ctx context.Context, store storage.Store, readOnly bool) error {
	meta, err := store.Get(ctx, []byte{tagMeta})
	if err == nil {
		return checkMeta(meta)
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	txn, err := store.Begin(ctx, storage.TxnOptions{ReadOnly: readOnly})
	if err != nil {
		return err
	}
	defer txn.Rollback()
	it := txn.Scan(ctx, storage.ScanOptions{KeysOnly: true, Limit: 1})
	used := it.Next()
	if err := it.Close(); err != nil {
		return err
	}
	switch {
	case used:
		return fmt.Errorf("%w: the store holds data and no metadata", storage.ErrCorrupt)
	case readOnly:
		return fmt.Errorf("%w: there is no database to open, and mode=ro makes none", storage.ErrReadOnly)
	}
	if err := txn.Set([]byte{tagMeta}, appendMeta(nil, formatVersion, 0, 0)); err != nil {
		return err
	}
	return txn.Commit(ctx)
}
