package pebble

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/fluxdb/fluxdb/storage"
)

// smallLoad is the size up to which Load writes one batch: notes of a few bytes are common.
const smallLoad = 2 << 20

// Load writes the pairs of source: few as one batch, more into tables that are ingested at
// once. Either way all of them or none are there after an error or a crash, and they are durable when it returns,
// as far as the sync level says. The store is not held while the source works: it may use the store itself.
func (s *Store) Load(ctx context.Context, lo, hi []byte, source storage.Source) error {
	if err := s.enter(); err != nil {
		return err
	}
	s.leave()
	if s.opts.ReadOnly {
		return storage.ErrReadOnly
	}
	batch := s.db.NewBatch()
	defer func() { batch.Close() }()
	large := tableWriter{store: s}
	defer large.abort()
	var last []byte
	for n := 0; source.Next(); n++ {
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
		if n%1024 == 0 {
			if err := errors.Join(ctx.Err(), s.usable()); err != nil {
				return err
			}
		}
		var err error
		switch {
		case large.total > 0:
			err = large.set(key, value)
		case batch.Len()+len(key)+len(value) <= smallLoad:
			err = batch.Set(key, value, nil)
		default:
			if err = large.copyFrom(batch); err == nil {
				err = large.set(key, value)
			}
		}
		if err != nil {
			return tableError("load", err)
		}
	}
	if err := source.Err(); err != nil {
		return err
	}
	tables, err := large.finish()
	if err != nil {
		return tableError("load", err)
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if len(tables) > 0 {
		if err := s.beside(lo, hi, func() error { return s.ingest(tables) }); err != nil {
			return err
		}
		large.names = nil
	} else {
		small := batch
		batch = s.db.NewBatch()
		if err := s.writeNow(small, s.write, lo, hi); err != nil {
			return err
		}
	}
	s.renew()
	return nil
}

// copyFrom writes the sets of a batch, which are in order.
func (t *tableWriter) copyFrom(batch *pebble.Batch) error {
	r := batch.Reader()
	for {
		_, key, value, ok, err := r.Next()
		if err != nil || !ok {
			return err
		}
		if err := t.set(key, value); err != nil {
			return err
		}
	}
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
