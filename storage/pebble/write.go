package pebble

import (
	"context"
	"fmt"

	"github.com/fluxdb/fluxdb/storage"
)

// writable enters a call that writes size bytes, having made room for them in memory.
func (t *txn) writable(key []byte, size int) error {
	if err := t.use(context.Background()); err != nil {
		return err
	}
	var err error
	switch {
	case t.readOnly:
		err = storage.ErrReadOnly
	case len(key) == 0 || key[0] < storage.MinKeyByte:
		err = fmt.Errorf("key %x: expected a first byte of at least %#x", key[:min(len(key), 64)], storage.MinKeyByte)
	case len(key) > maxKeySize:
		err = fmt.Errorf("key of %d bytes: expected at most %d", len(key), maxKeySize)
	case t.writes.next() >= maxEntries:
		err = fmt.Errorf("%w: it has %d writes", storage.ErrTxnTooLarge, maxEntries)
	default:
		err = t.makeRoom(size)
	}
	if err != nil {
		t.leave()
	}
	return err
}

// Set stores a value in the buffer.
func (t *txn) Set(key, value []byte) error {
	if err := t.writable(key, len(key)+len(value)); err != nil {
		return err
	}
	defer t.leave()
	if len(value) > maxValueSize {
		return fmt.Errorf("value of %d bytes: expected at most %d", len(value), maxValueSize)
	}
	t.writes.write(entrySet, key, value)
	return nil
}

// Delete removes a key in the buffer.
func (t *txn) Delete(key []byte) error {
	if err := t.writable(key, len(key)); err != nil {
		return err
	}
	defer t.leave()
	t.writes.write(entryDelete, key, nil)
	return nil
}

// DeleteRange removes a range in the buffer; one that is empty is no error.
func (t *txn) DeleteRange(lo, hi []byte) error {
	if err := t.writable(lo, len(lo)+len(hi)); err != nil {
		return err
	}
	defer t.leave()
	switch {
	case len(hi) > maxKeySize:
		return fmt.Errorf("key of %d bytes: expected at most %d", len(hi), maxKeySize)
	case string(lo) < string(hi):
		t.writes.deleteRange(lo, hi)
	}
	return nil
}

// Add adds to a counter in the buffer.
func (t *txn) Add(key []byte, delta int64) error {
	if err := t.writable([]byte{storage.MinKeyByte}, len(key)); err != nil {
		return err
	}
	defer t.leave()
	switch {
	case len(key) > maxKeySize:
		return fmt.Errorf("counter key of %d bytes: expected at most %d", len(key), maxKeySize)
	case delta != 0:
		t.writes.add(key, delta)
	}
	return nil
}

// Ingest takes sorted runs into the write buffer, all or nothing.
func (t *txn) Ingest(runs ...storage.Source) error {
	before := t.Savepoint()
	for _, run := range runs {
		for run.Next() {
			if err := t.Set(run.Key(), run.Value()); err != nil {
				return t.undo(before, err)
			}
		}
		if err := run.Err(); err != nil {
			return t.undo(before, err)
		}
	}
	return nil
}

// undo goes back to a savepoint because of an error, which it returns.
func (t *txn) undo(savepoint int, err error) error {
	if rollback := t.RollbackTo(savepoint); rollback != nil {
		return fmt.Errorf("%w; undo: %w", err, rollback)
	}
	return err
}

// Savepoint marks the present state of the buffer.
func (t *txn) Savepoint() int {
	if t.readOnly || !t.enter() {
		return 0
	}
	defer t.leave()
	return t.writes.savepoint()
}

// RollbackTo returns to a savepoint.
func (t *txn) RollbackTo(savepoint int) error {
	if err := t.use(context.Background()); err != nil {
		return err
	}
	defer t.leave()
	writes := 0
	if !t.readOnly {
		writes = t.writes.next()
	}
	if savepoint < 0 || savepoint > writes {
		return fmt.Errorf("savepoint %d is not of this transaction, which has %d writes", savepoint, writes)
	}
	if !t.readOnly {
		t.rollbackTo(savepoint)
		t.settle()
	}
	return nil
}
