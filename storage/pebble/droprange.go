package pebble

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/fluxdb/fluxdb/storage"
)

// drop is a range to remove once no transaction is open that began before
// version was published.
type drop struct {
	lo, hi  []byte
	version uint64
	number  uint64 // of its durable record
}

// DropRange writes down that the range is to go, which a crash does not undo,
// and removes it now or when the last older transaction ends.
func (s *Store) DropRange(ctx context.Context, lo, hi []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	switch {
	case s.opts.ReadOnly:
		return storage.ErrReadOnly
	case len(lo) == 0 || lo[0] < storage.MinKeyByte || len(lo) > maxKeySize || len(hi) > maxKeySize || string(lo) >= string(hi):
		return fmt.Errorf("drop range: [%x, %x) is no range of keys", lo, hi)
	}
	r := &s.reg
	r.mu.Lock()
	r.dropSeq++
	d := drop{lo: append([]byte(nil), lo...), hi: append([]byte(nil), hi...), version: s.version.Load(), number: r.dropSeq}
	r.mu.Unlock()
	record := binary.BigEndian.AppendUint32(nil, uint32(len(lo)))
	record = append(append(record, lo...), hi...)
	batch := s.db.NewBatch()
	if err := batch.Set(dropKey(d.number), record, nil); err != nil {
		return wrap(err)
	}
	if err := s.writeNow(batch, s.write, dropKey(d.number), dropKey(d.number+1)); err != nil {
		return err
	}
	r.mu.Lock()
	r.drops = append(r.drops, d)
	ready := r.readyDrops()
	r.mu.Unlock()
	s.runDrops(ready)
	return s.usable()
}

func dropKey(number uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{ownPrefix, 'd'}, number)
}

// readyDrops takes the drops that no open transaction is older than; r.mu is held.
func (r *registry) readyDrops() (ready []drop) {
	if len(r.drops) == 0 {
		return nil
	}
	oldest := min(r.readers.oldest(nil), r.writers.oldest(nil))
	waiting := r.drops[:0]
	for _, d := range r.drops {
		if d.version <= oldest {
			ready = append(ready, d)
		} else {
			waiting = append(waiting, d)
		}
	}
	r.drops = waiting
	return ready
}

// runDrops removes ranges and their records. Not waiting for the disk is safe: the
// record and the removal are lost or kept together.
func (s *Store) runDrops(ready []drop) {
	for _, d := range ready {
		if s.usable() != nil {
			return // the record stays: the next open goes on
		}
		batch := s.db.NewBatch()
		err := errors.Join(batch.DeleteRange(d.lo, d.hi, nil), batch.Delete(dropKey(d.number), nil))
		if err == nil {
			err = s.writeNow(batch, pebble.NoSync, d.lo, d.hi)
		}
		if err != nil {
			_ = s.fail(err)
			return
		}
	}
	if len(ready) > 0 {
		s.renew()
	}
}

// resumeDrops finishes what was written down before the last close or crash.
func (s *Store) resumeDrops() (err error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: dropKey(0), UpperBound: []byte{ownPrefix, 'd' + 1}})
	if err != nil {
		return wrap(err)
	}
	var ready []drop
	for ok := it.First(); ok; ok = it.Next() {
		v := append([]byte(nil), it.Value()...)
		if len(it.Key()) != 10 || len(v) < 4 || int(binary.BigEndian.Uint32(v)) > len(v)-4 {
			return errors.Join(fmt.Errorf("%w: pending range drop %x", storage.ErrCorrupt, it.Key()), it.Close())
		}
		n := 4 + int(binary.BigEndian.Uint32(v))
		s.reg.dropSeq = binary.BigEndian.Uint64(it.Key()[2:])
		ready = append(ready, drop{lo: v[4:n], hi: v[n:], number: s.reg.dropSeq})
	}
	if err := it.Close(); err != nil {
		return wrap(err)
	}
	if !s.opts.ReadOnly {
		s.runDrops(ready)
	}
	return s.usable()
}
