package engine

import (
	"context"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/storage"
)

// Notes are what outlives any transaction that needed it: shapes, field
// numbers, reserved sequence numbers. They are durable no later than the first
// record that uses them and are never taken back. They are loaded beside the
// transactions (a commit of their own would wait for ever when the transaction
// that needs one is exclusive): each has a key of its own that nobody reads
// before the next open.

// noteSource yields notes in key order.
type noteSource struct {
	keys, values [][]byte
	at           int // counted from 1
}

func (s *noteSource) Next() bool    { s.at++; return s.at <= len(s.keys) }
func (s *noteSource) Key() []byte   { return s.keys[s.at-1] }
func (s *noteSource) Value() []byte { return s.values[s.at-1] }
func (s *noteSource) Err() error    { return nil }

// note writes notes with ascending keys.
func (db *DB) note(ctx context.Context, keys, values [][]byte) error {
	hi := document.KeyLimit(keys[len(keys)-1])
	// Memory follows only if this succeeds, whatever became of the caller's context.
	ctx = context.WithoutCancel(ctx)
	return db.store.Load(ctx, keys[0], hi, &noteSource{keys: keys, values: values})
}

// scanNotes calls fn for all keys of a tag with their id and what follows it.
func scanNotes(ctx context.Context, txn storage.Txn, tag byte, fn func(id uint64, rest, value []byte) error) error {
	it := txn.Scan(ctx, storage.ScanOptions{Lower: []byte{tag}, Upper: []byte{tag + 1}})
	for it.Next() {
		id, rest, err := splitKey(it.Key())
		if err == nil {
			err = fn(id, rest, it.Value())
		}
		if err != nil {
			it.Close()
			return err
		}
	}
	return it.Close()
}
