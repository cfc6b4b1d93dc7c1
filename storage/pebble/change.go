package pebble

import (
	"context"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// change is what a commit writes: a batch, which goes through the log and the memtable, or tables that
// the library takes as they are. A batch is quicker while it is small and syncs with others; tables
// write each byte once.
type change struct {
	store   *Store
	batch   *pebble.Batch
	tables  []string
	applied bool // the batch went to the library
}

// build makes the change that a buffer holds, all but its counters. Range deletes come first: a
// write hidden by a later one is left out. Writes are in order, which more than halves the time the
// library takes for a batch under the commit mutex.
func (c *change) build(ctx context.Context, w *buffer) error {
	if w.bytes < c.store.ingestFrom && len(w.runs) == 0 {
		c.batch = c.store.db.NewBatchWithSize(int(min(w.bytes+64, 1<<30)))
		for _, r := range w.ranges {
			if err := c.batch.DeleteRange(bytesOf(r.lo), bytesOf(r.hi), nil); err != nil {
				return wrap(err)
			}
		}
		return wrap(fill(ctx, w, w.sorted(), c.set, c.delete))
	}
	if len(w.runs) > 0 {
		return tableError("commit", c.writeRuns(ctx, w))
	}
	return tableError("commit", c.writeTables(ctx, w))
}

// ingestSize is the size of a transaction's writes from which they go in as tables: measured, from
// there on they take less of the processors than a batch does in the log, the memtable and compactions.
const ingestSize = 32 << 20

// partSize is how many bytes of a large change one core writes at a time.
const partSize = 16 << 20

// part is a range of keys and what a buffer writes there; an empty hi is unbounded.
type part struct {
	span
	places []place
	names  []string // of the tables it became
}

// writeTables writes the buffer as tables, its parts on all cores.
func (c *change) writeTables(ctx context.Context, w *buffer) error {
	gone := w.cover.spans()
	parts := w.parts()
	err := parallel(parts, func(p *part) error {
		t := tableWriter{store: c.store, gone: p.clip(gone)}
		err := fill(ctx, w, p.places, t.set, t.delete)
		if err == nil {
			p.names, err = t.finish()
		}
		if err != nil {
			t.abort()
		}
		return err
	})
	for _, p := range parts {
		c.tables = append(c.tables, p.names...)
	}
	return err // what was written is removed at the end
}

// parts divides the buffer's writes.
func (b *buffer) parts() (parts []*part) {
	places := b.sorted()
	size, from := int64(0), 0
	p := &part{}
	for i, at := range places {
		if size >= partSize {
			p.hi, p.places = at.key, places[from:i]
			parts = append(parts, p)
			p = &part{span: span{lo: at.key}}
			size, from = 0, i
		}
		size += b.entry(at.at).size()
	}
	p.places = places[from:]
	return append(parts, p)
}

// clip returns the parts of spans, which are in order and apart, that lie in s.
func (s span) clip(spans []span) (out []span) {
	for _, sp := range spans {
		if s.overlaps(sp) {
			sp.lo = max(sp.lo, s.lo)
			if s.hi != "" {
				sp.hi = min(sp.hi, s.hi)
			}
			out = append(out, sp)
		}
	}
	return out
}

func (c *change) set(key, value []byte) error { return c.batch.Set(key, value, nil) }
func (c *change) delete(key []byte) error     { return c.batch.Delete(key, nil) }

// fill calls set and delete with what the buffer writes at places.
func fill(ctx context.Context, w *buffer, places []place, set func(key, value []byte) error, remove func(key []byte) error) error {
	for i, p := range places {
		if i%1024 == 1023 && ctx.Err() != nil {
			return ctx.Err()
		}
		e := w.entry(p.at)
		var err error
		switch {
		case w.cover != nil && w.cover.newest(p.key) > int(p.at):
		case e.kind == entrySet:
			err = set(bytesOf(p.key), bytesOf(e.value))
		default:
			err = remove(bytesOf(p.key))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// count adds the counters' new values; s.mu is held. One that is 0 is removed. All counters lie below all keys: as a
// table, their last one overlaps no other. It may fail, on a full disk, and nothing has happened then.
func (c *change) count(sums map[string]int64) error {
	if c.batch != nil {
		return wrap(c.setCounters(sums))
	}
	counters := tableWriter{store: c.store}
	err := counters.setCounters(sums)
	var last []string
	if err == nil {
		last, err = counters.finish()
	}
	if err != nil {
		counters.abort()
	}
	c.tables = append(c.tables, last...)
	return tableError("commit", err)
}

// slowBatch is the size of a batch from which on applying it takes about a millisecond.
const slowBatch = 256 << 10

// slow reports whether applying the change takes so long that others should not wait for it.
func (c *change) slow() bool { return c.batch == nil || c.batch.Len() >= slowBatch }

// apply writes the change, without waiting for the disk where it is a batch; s.mu is held. After an error the
// store refuses everything.
func (c *change) apply() error {
	s := c.store
	switch {
	case c.batch == nil:
		if err := s.ingest(c.tables); err != nil {
			return err
		}
		c.tables = nil
		return nil
	case c.batch.Empty():
		return nil
	}
	c.applied = true
	return s.apply(c.batch, s.write)
}

// setCounters adds counters to the batch.
func (c *change) setCounters(sums map[string]int64) error {
	for key, n := range sums {
		if n == 0 {
			if err := c.batch.Delete(counterKey(bytesOf(key)), nil); err != nil {
				return err
			}
			continue
		}
		op := c.batch.SetDeferred(1+len(key), 8)
		op.Key[0] = counterPrefix
		copy(op.Key[1:], key)
		binary.LittleEndian.PutUint64(op.Value, uint64(n))
		if err := op.Finish(); err != nil {
			return err
		}
	}
	return nil
}

// setCounters writes counters.
func (t *tableWriter) setCounters(sums map[string]int64) error {
	var value [8]byte
	for _, key := range slices.Sorted(maps.Keys(sums)) {
		var err error
		if n := sums[key]; n == 0 {
			err = t.delete(counterKey(bytesOf(key)))
		} else {
			binary.LittleEndian.PutUint64(value[:], uint64(n))
			err = t.set(counterKey(bytesOf(key)), value[:])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// end waits for the disk, unless err has ended the commit, and frees what the change holds.
func (c *change) end(err error) error {
	s := c.store
	if c.applied && err == nil && s.write.Sync {
		if err = c.batch.SyncWait(); err == nil {
			err = s.usable()
		} else {
			err = s.fail(err)
		}
	}
	if c.batch != nil && (!c.applied || err == nil) {
		c.batch.Close() // one that failed may still be in the library's hands
	}
	s.removeTables(c.tables)
	return err
}
