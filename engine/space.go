package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/storage"
)

// space is what is kept in memory of one generation of a collection: how its
// records are read, and what is in them.
type space struct {
	id     uint64
	dict   *document.Dictionary
	prefix []byte // of its documents

	// mu guards the giving out of shapes and field numbers. It is held while they are noted,
	// so nothing that runs within a commit may take it.
	mu      sync.Mutex
	sighted map[uint64]uint8 // how often a structure without a shape was seen
	fields  fieldDictionary
	paths   atomic.Pointer[[][]string] // those of fields, for reading without mu

	// shapeFields gives for each shape, by id - 1, the field number of each slot.
	shapeFields atomic.Pointer[[][]int32]

	live live
}

func newSpace(id uint64, idName string) *space {
	s := &space{id: id, dict: document.NewDictionary(idName), prefix: prefix(tagDocument, id), sighted: map[uint64]uint8{}}
	s.shapeFields.Store(&[][]int32{})
	s.publishPaths()
	return s
}

// publishPaths makes the paths that have a durable number readable without mu.
func (s *space) publishPaths() {
	n := len(s.fields.paths)
	paths := s.fields.paths[:n:n]
	s.paths.Store(&paths)
}

// splitKey takes apart a key with an id.
func splitKey(key []byte) (id uint64, rest []byte, err error) {
	if len(key) < prefixSize {
		return 0, nil, fmt.Errorf("%w: key %x", storage.ErrCorrupt, key)
	}
	return binary.BigEndian.Uint64(key[1:]), key[prefixSize:], nil
}

// load reads the notes and counters of the space.
func (s *space) load(ctx context.Context, txn storage.Txn) error {
	lo, hi := keyRange(tagField, s.id)
	err := s.eachNote(ctx, txn, lo, hi, func(n uint32, value []byte) error { return s.fields.restore(n, value) })
	if err != nil {
		return err
	}
	s.publishPaths()
	lo, hi = keyRange(tagShape, s.id)
	err = s.eachNote(ctx, txn, lo, hi, func(n uint32, value []byte) error {
		shape, err := document.ParseShapeDef(value)
		if err == nil {
			err = s.addShape(n, shape)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.live.load(ctx, txn, s)
}

func (s *space) eachNote(ctx context.Context, txn storage.Txn, lo, hi []byte, fn func(n uint32, value []byte) error) error {
	it := txn.Scan(ctx, storage.ScanOptions{Lower: lo, Upper: hi})
	defer it.Close()
	for it.Next() {
		key := it.Key()
		if len(key) != prefixSize+4 {
			return fmt.Errorf("%w: key %x", storage.ErrCorrupt, key)
		}
		if err := fn(binary.BigEndian.Uint32(key[prefixSize:]), it.Value()); err != nil {
			return corrupt(err)
		}
	}
	return it.Err()
}

// corrupt makes an error about stored bytes match storage.ErrCorrupt.
func corrupt(err error) error {
	if errors.Is(err, storage.ErrCorrupt) {
		return err
	}
	return fmt.Errorf("%w: %w", storage.ErrCorrupt, err)
}
