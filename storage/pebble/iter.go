package pebble

import (
	"context"
	"errors"
	"strings"

	"github.com/fluxdb/fluxdb/storage"
)

// iter walks the store's keys and, when there is a view, the transaction's own
// writes merged into them, the latter hiding the former.
//
// Its user alone touches its fields, within the gate; who shuts the gate may then only release.
type iter struct {
	gate
	ctx     context.Context
	txn     *txn
	base    pooledIter // empty once released
	after   *iter      // among the open ones of txn
	before  *iter
	own     *ownIter // nil without own writes in the range
	bounds  span     // of a writing transaction
	key     []byte   // of the present entry
	value   []byte
	reverse bool
	values  bool // Value will be called
	notes   bool // what is read joins the transaction's read set
	started bool
	atOwn   bool // the present entry is an own write
	ended   bool // there is no present entry: the range was read to its end
	whole   bool // the range was read to its end at some time
	steps   uint8
	seeks   span // what was read before the last Seek, when sought
	sought  bool
	err     error
}

func (it *iter) Next() bool {
	if !it.enter() {
		return it.over()
	}
	ok := it.next() && it.load()
	it.leave()
	return ok
}

// over is the answer of a shut gate.
func (it *iter) over() bool {
	if it.err == nil {
		it.err = storage.ErrClosed
	}
	return false
}

// tick looks at the context and the store every 256 steps.
func (it *iter) tick() bool {
	if it.steps++; it.steps != 0 {
		return true
	}
	err := it.txn.store.poisoned()
	if err == nil {
		err = it.ctx.Err()
	}
	if err != nil {
		it.fail(err)
	}
	return err == nil
}

func (it *iter) next() bool {
	if it.ended || !it.tick() {
		return false
	}
	if it.own == nil {
		var ok bool
		switch {
		case it.started && !it.reverse:
			ok = it.base.Next()
		case it.started:
			ok = it.base.Prev()
		case it.reverse:
			ok = it.base.Last()
		default:
			ok = it.base.First()
		}
		it.started = true
		return ok || it.end()
	}
	switch {
	case !it.started:
		it.started = true
		if it.reverse {
			it.base.Last()
		} else {
			it.base.First()
		}
		it.own.start()
	case it.atOwn:
		it.own.step()
	default:
		it.stepBase()
	}
	return it.settle()
}

func (it *iter) stepBase() {
	if it.reverse {
		it.base.Prev()
	} else {
		it.base.Next()
	}
}

// settle finds the next visible entry from where base and own stand.
func (it *iter) settle() bool {
	for it.tick() {
		c := 0
		switch {
		case it.own.err != nil:
			it.fail(it.own.err)
			return false
		case !it.base.Valid() && (!it.own.valid || it.base.Error() != nil):
			return it.end()
		case !it.base.Valid():
			c = 1
		case !it.own.valid:
			c = -1
		default:
			c = strings.Compare(textOf(it.base.Key()), it.own.at.key)
			if it.reverse {
				c = -c
			}
		}
		if c < 0 {
			if it.own.hidden(it.base.Key()) {
				it.stepBase()
				continue
			}
			it.atOwn = false
			return true
		}
		if c == 0 {
			it.stepBase() // hidden by the own write
			if err := it.base.Error(); err != nil {
				return it.end()
			}
		}
		if it.own.visible() {
			it.atOwn = true
			return true
		}
		it.own.step()
	}
	return false
}

// Seek moves to a key. What lies between here and there counts as read:
// exact enough, and simple.
func (it *iter) Seek(key []byte) bool {
	if !it.enter() {
		return it.over()
	}
	defer it.leave()
	if it.err != nil {
		return false
	}
	if it.notes {
		it.seeks, it.sought = it.read()
	}
	it.ended, it.started = false, true
	if it.reverse {
		it.base.SeekLT(append(append(make([]byte, 0, len(key)+1), key...), 0))
	} else {
		it.base.SeekGE(key)
	}
	if it.own != nil {
		it.own.seek(string(key))
		return it.settle() && it.load()
	}
	return (it.base.Valid() || it.end()) && it.load()
}

// load keeps the present entry.
func (it *iter) load() bool {
	if it.atOwn {
		it.key, it.value = bytesOf(it.own.at.key), bytesOf(it.own.at.value)
		return true
	}
	it.key = it.base.Key()
	if it.values {
		var err error
		if it.value, err = it.base.ValueAndErr(); err != nil {
			it.fail(wrap(err))
			return false
		}
	}
	return true
}

// end notes that the range was read to its end.
func (it *iter) end() bool {
	it.ended, it.whole, it.key, it.value = true, true, nil, nil
	if err := it.base.Error(); err != nil {
		it.fail(wrap(err))
	}
	return false
}

func (it *iter) fail(err error) {
	it.ended, it.whole, it.key, it.value = true, true, nil, nil
	if it.err == nil {
		it.err = err
	}
}

// Key is the key of the present entry, nil when there is none. Key and Value are kept by
// the move that found them, so that they are safe beside a store that closes.
func (it *iter) Key() []byte { return it.key }

// Value is the value of the present entry.
func (it *iter) Value() []byte { return it.value }

// Err returns what ended the iteration early.
func (it *iter) Err() error { return it.err }

// read returns what of its range the iterator has read; ok is false when nothing.
func (it *iter) read() (read span, ok bool) {
	switch {
	case !it.started:
		return span{}, false
	case it.whole:
		return it.bounds, true
	}
	read = it.bounds
	if it.reverse {
		read.lo = string(it.key)
		if it.sought {
			read.lo = min(read.lo, it.seeks.lo)
		}
	} else {
		read.hi = string(it.key) + "\x00"
		if it.sought {
			read.hi = max(read.hi, it.seeks.hi)
		}
	}
	return read, true
}

// Close releases the iterator and takes what it read into the transaction's read set.
func (it *iter) Close() error {
	if it.shut() {
		it.txn.mu.Lock()
		it.release()
		it.txn.mu.Unlock()
	}
	if errors.Is(it.err, storage.ErrClosed) {
		return nil // that the store closed under it is none of Close
	}
	return it.err
}

// release gives back what the iterator holds; the gate is shut and txn.mu held.
func (it *iter) release() {
	if it.base.Iterator == nil {
		return
	}
	if it.notes {
		if read, ok := it.read(); ok {
			it.txn.reads.addSpan(read.lo, read.hi)
		}
	}
	if it.own != nil {
		if err := it.own.close(); err != nil && it.err == nil {
			it.err = err
		}
	}
	it.txn.store.giveBack(it.txn.snap, it.base)
	it.base = pooledIter{}
	it.txn.store.counts.iters.Add(-1)
	it.txn.forget(it)
}
