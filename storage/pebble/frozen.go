package pebble

import (
	"context"
	"errors"

	"github.com/fluxdb/fluxdb/storage"
)

// frozen reads a transaction as it was when View was called: the snapshot never changes, and the
// view holds the own writes of then.
type frozen struct {
	txn *txn
	own *view // nil when nothing had been written
}

// View returns a reader of the present state.
func (t *txn) View() storage.Reader {
	f := &frozen{txn: t}
	if t.use(context.Background()) == nil {
		defer t.leave()
		f.own = t.writes.view("", "")
	}
	return f
}

// Get reads one key.
func (f *frozen) Get(ctx context.Context, key []byte) ([]byte, error) {
	if err := f.txn.use(ctx); err != nil {
		return nil, err
	}
	defer f.txn.leave()
	return f.get(key, false)
}

func (f *frozen) get(key []byte, more bool) ([]byte, error) {
	t := f.txn
	t.releaseValue()
	if !t.readOnly {
		t.readKey(key)
	}
	if f.own != nil {
		switch value, deleted, found, err := f.own.get(key); {
		case err != nil:
			return nil, err
		case deleted:
			return nil, storage.ErrNotFound
		case found:
			return bytesOf(value), nil
		}
	}
	return t.committed(key, more)
}

// MultiGet reads many keys.
func (f *frozen) MultiGet(ctx context.Context, keys [][]byte, fn func(i int, value []byte, found bool) error) error {
	for i, key := range keys {
		if err := f.txn.use(ctx); err != nil {
			return err
		}
		if i%fetchAhead == 0 {
			f.txn.store.fetchAhead(keys[i:])
		}
		value, err := f.get(key, len(keys) > 1)
		f.txn.leave()
		found := err == nil
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if err := fn(i, value, found); err != nil {
			return err
		}
	}
	return nil
}

// Scan opens an iterator.
func (f *frozen) Scan(ctx context.Context, opts storage.ScanOptions) storage.Iter {
	return f.txn.scanKeys(ctx, opts, f)
}
