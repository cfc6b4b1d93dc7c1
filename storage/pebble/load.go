package pebble

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/fluxdb/fluxdb/storage"
)

// loadBatch is how many bytes Load writes at a time.
const loadBatch = 4 << 20

// Load writes the pairs of source in batches and makes them durable at the end. The store
// is not held while the source works: it may use the store itself.
func (s *Store) Load(ctx context.Context, lo, hi []byte, source storage.Source) error {
	if err := s.enter(); err != nil {
		return err
	}
	s.leave()
	if s.opts.ReadOnly {
		return storage.ErrReadOnly
	}
	batch := s.db.NewBatch()
	var last []byte
	for source.Next() {
		key, value := source.Key(), source.Value()
		switch {
		case len(key) == 0 || key[0] < storage.MinKeyByte || len(key) > maxKeySize || len(value) > maxValueSize:
			return fmt.Errorf("load: key %x of %d bytes with a value of %d bytes: expected a first byte of at least %#x, at most %d bytes and %d", key[:min(len(key), 64)], len(key), len(value), storage.MinKeyByte, maxKeySize, maxValueSize)
		case string(key) < string(lo) || hi != nil && string(key) >= string(hi):
			return fmt.Errorf("load: key %x lies outside [%x, %x)", key, lo, hi)
		case last != nil && string(key) <= string(last):
			return fmt.Errorf("load: key %x follows %x: expected ascending keys", key, last)
		}
		last = append(last[:0], key...)
		if err := batch.Set(key, value, nil); err != nil {
			return wrap(err)
		}
		if batch.Len() >= loadBatch {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := s.enter(); err != nil {
				return err
			}
			err := s.writeNow(batch, pebble.NoSync, lo, hi)
			s.leave()
			if err != nil {
				return err
			}
			batch = s.db.NewBatch()
		}
	}
	if err := source.Err(); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := batch.LogData(nil, nil); err != nil { // never empty: it makes those before it durable
		return wrap(err)
	}
	if err := s.writeNow(batch, s.write, lo, hi); err != nil {
		return err
	}
	s.renew()
	return nil
}

// writeNow applies a batch that is no transaction's and changes keys of [lo, hi), waits for it as opts say
// and closes it.
func (s *Store) writeNow(batch *pebble.Batch, opts *pebble.WriteOptions, lo, hi []byte) error {
	if err := s.beside(lo, hi, func() error { return s.apply(batch, opts) }); err != nil {
		return err
	}
	if opts.Sync {
		if err := batch.SyncWait(); err != nil {
			return s.fail(err)
		}
	}
	return wrap(batch.Close())
}

// apply writes a batch to the log and the memtable. With opts.Sync the caller waits with
// batch.SyncWait. This is the one place that knows of the library's way to wait
// later, which it calls experimental.
func (s *Store) apply(batch *pebble.Batch, opts *pebble.WriteOptions) error {
	returned := false
	err := guarded(func() (err error) {
		if opts.Sync {
			err = s.db.ApplyNoSyncWait(batch, opts)
		} else {
			err = s.db.Apply(batch, opts)
		}
		returned = true
		return err
	})
	if !returned {
		s.stuck.Store(true) // it panics, with its locks held, when its log has failed before
	}
	if err != nil {
		return s.fail(err)
	}
	if reason := s.log.failed(); reason != nil { // a failed commit is only told to the logger
		return s.fail(reason)
	}
	return nil
}
