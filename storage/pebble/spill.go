package pebble

import (
	"context"
	"fmt"

	"github.com/fluxdb/fluxdb/storage"
)

// mergedRuns is how many runs, each merged equally often, become one. So a transaction reads from a few runs for
// each power of it, and writes each byte once for each.
const mergedRuns = 8

// leastKept is the size up to which range deletes and counters stay in memory, whatever its share is.
const leastKept = 4 << 20

// kept is the size of what a spill leaves in memory.
func (b *buffer) kept() (size int64) {
	for i := range b.ranges {
		size += int64(len(b.ranges[i].lo)+len(b.ranges[i].hi)) + entryOverhead
	}
	for i := range b.addLog {
		size += int64(len(b.addLog[i].key)) + entryOverhead
	}
	return size
}

// spill moves the writes in the log to a run. After an error all are still there.
func (s *Store) spill(b *buffer) error {
	if kept, most := b.kept(), max(s.txnMax/2, leastKept); kept > most {
		return fmt.Errorf("%w: %d bytes of range deletes and counters, expected at most %d", storage.ErrTxnTooLarge, kept, most)
	}
	return tableError("move the writes of a large transaction to the disk", s.spillLog(b))
}

func (s *Store) spillLog(b *buffer) error {
	if len(b.point) > 0 {
		w, err := s.newRun(len(b.point))
		if err != nil {
			return err
		}
		for _, p := range b.sorted() {
			w.value = w.value[:0]
			for at := p.at; at >= 0; at = b.entry(at).prev {
				e := b.entry(at)
				w.value = appendWrite(w.value, own{place{p.key, at}, e.kind, e.value})
			}
			if err := w.put(p.key, w.value); err != nil {
				w.abort()
				return err
			}
		}
		file, keys, err := w.finish()
		if err != nil {
			return err
		}
		b.files = append(b.files, file)
		b.runs = append(b.runs[:len(b.runs):len(b.runs)], run{file: file, from: b.base, end: int32(b.next()), keys: keys})
		if b.spilled.collapsed == nil {
			b.spilled.collapsed = map[string]span{}
		}
		for key := range b.point {
			b.spilled.widen(key)
		}
	}
	b.clearLog(int32(b.next()))
	return s.mergeRuns(b)
}

// clearLog empties the log, which goes on with number next.
func (b *buffer) clearLog(next int32) {
	b.entries, b.base = nil, next
	b.point, b.tree, b.views, b.texts = nil, nil, false, arena{}
	b.bytes = 0
}

// mergeRuns makes one run of the newest ones when enough of one level are there. An error is not one of the
// write that spilled: the runs stay as they are, and the next spill tries again.
func (s *Store) mergeRuns(b *buffer) error {
	from := len(b.runs) - 1
	for from > 0 && b.runs[from-1].level == b.runs[from].level {
		from--
	}
	if len(b.runs)-from < mergedRuns {
		return nil
	}
	old := b.runs[from:]
	merged, err := s.merge(old)
	if err != nil {
		return err
	}
	b.files = append(b.files, merged.file)
	b.runs = append(b.runs[:from:from], merged)
	return s.mergeRuns(b)
}

// merge writes runs, the oldest first, into a new one.
func (s *Store) merge(runs []run) (_ run, err error) {
	bits := 0
	for i := range runs {
		bits += len(runs[i].file.filter) * 64
	}
	w, err := s.newRun(bits / filterBits)
	if err != nil {
		return run{}, err
	}
	defer func() {
		if err != nil {
			w.abort()
		}
	}()
	its := make([]*runIter, len(runs))
	on := make([]bool, len(runs))
	for i := range runs {
		if its[i], err = runs[i].iter(); err != nil {
			return run{}, err
		}
		defer its[i].close()
		on[i] = its[i].seekGE("")
	}
	var key []byte
	for {
		least := -1
		for i, it := range its {
			if on[i] && (least < 0 || it.at.key < its[least].at.key) {
				least = i
			}
		}
		if least < 0 {
			break
		}
		key = append(key[:0], its[least].at.key...)
		w.value = w.value[:0]
		for i := len(its) - 1; i >= 0; i-- { // the newest writes first
			if it := its[i]; on[i] && it.at.key == textOf(key) {
				w.value = append(w.value, it.writes...)
				on[i] = it.next()
			}
		}
		if err := w.put(textOf(key), w.value); err != nil {
			return run{}, err
		}
	}
	for _, it := range its {
		if err := it.failed(); err != nil {
			return run{}, err
		}
	}
	first, last := runs[0], runs[len(runs)-1]
	file, keys, err := w.finish()
	return run{file: file, from: first.from, end: last.end, keys: keys, level: first.level + 1}, err
}

// find looks for the newest write of key in runs.
func find(runs []run, key []byte) (newest own, found bool, err error) {
	for i := len(runs) - 1; i >= 0; i-- {
		if newest, found, err = runs[i].get(key); found || err != nil {
			break
		}
	}
	return newest, found, err
}

// cutRuns undoes the writes from number n on, of which some are in runs.
func (b *buffer) cutRuns(n int32) {
	b.clearLog(n)
	var kept []run
	for _, r := range b.runs {
		if r.from >= n {
			continue
		}
		r.end = min(r.end, n)
		kept = append(kept, r)
	}
	b.runs = kept
}

// free removes the files of all runs.
func (b *buffer) free(s *Store) {
	for _, f := range b.files {
		f.close(s)
	}
}

// writeRuns writes a buffer that has runs as tables.
func (c *change) writeRuns(ctx context.Context, w *buffer) (err error) {
	t := tableWriter{store: c.store, gone: w.cover.spans()}
	defer func() {
		if err != nil {
			t.abort()
		}
	}()
	it := newOwnIter(w.view("", ""), span{}, false)
	defer it.close()
	n := 0
	for it.start(); it.valid; it.step() {
		if n++; n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		key := bytesOf(it.at.key)
		switch {
		case !it.shows(it.at):
		case it.at.kind == entrySet:
			err = t.set(key, bytesOf(it.at.value))
		default:
			err = t.delete(key)
		}
		if err != nil {
			return err
		}
	}
	if it.err != nil {
		return it.err
	}
	c.tables, err = t.finish()
	return err
}
