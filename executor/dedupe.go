package executor

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
)

// dedupe recognizes keys that were seen before. When work memory ends it keeps what it
// has: rows with one of those keys are still recognized, others are put off into partitions of a file,
// each of which is deduplicated on its own after the last row has come.
//
// Keys are the ordered keys of values, since values that are equal have one key, whatever their kinds.
type dedupe struct {
	x     *execution
	level int
	share share
	seed  maphash.Seed
	// slots are indexes into entries plus one, by the low bits of the hash.
	slots   []uint32
	entries []dedupeEntry
	keys    arena
	full    bool
	off     *partitions
	// What next works on: the partition that is read, what is left of it, and its own keys.
	part   int
	reader *streamReader
	inner  *dedupe
}

type dedupeEntry struct {
	hash uint64
	key  []byte
}

// dedupeEntrySize is the memory of an entry, with its slots.
const dedupeEntrySize = 32 + 3*4

type dedupeAnswer uint8

const (
	dedupeNew dedupeAnswer = iota
	dedupeSeen
	// dedupeFull says that the key is none of those kept, and that the row has to be put off.
	dedupeFull
)

func (x *execution) newDedupe(level int) *dedupe {
	return &dedupe{x: x, level: level, share: x.memory.share(), seed: maphash.MakeSeed()}
}

// add answers whether the key is new, and keeps it then.
func (d *dedupe) add(key []byte) dedupeAnswer {
	hash := d.hash(key)
	if d.has(hash, key) {
		return dedupeSeen
	}
	if d.full {
		return dedupeFull
	}
	size := int64(len(key) + dedupeEntrySize)
	if !d.share.take(size) {
		if d.level < maxLevel {
			d.full = true
			return dedupeFull
		}
		d.share.must(size)
	}
	d.keep(hash, key)
	return dedupeNew
}

func (d *dedupe) hash(key []byte) uint64 { return maphash.Bytes(d.seed, key) }

// has reports whether the key is among those kept.
func (d *dedupe) has(hash uint64, key []byte) bool {
	if len(d.slots) == 0 {
		return false
	}
	mask := uint64(len(d.slots) - 1)
	for i := hash & mask; d.slots[i] != 0; i = (i + 1) & mask {
		if e := &d.entries[d.slots[i]-1]; e.hash == hash && bytes.Equal(e.key, key) {
			return true
		}
	}
	return false
}

// keep adds a key that is new, whose memory is accounted.
func (d *dedupe) keep(hash uint64, key []byte) {
	d.entries = append(d.entries, dedupeEntry{hash, d.keys.copy(key)})
	if 4*len(d.entries) > 3*len(d.slots) {
		d.grow()
	} else {
		d.insert(len(d.entries) - 1)
	}
}

func (d *dedupe) insert(entry int) {
	mask := uint64(len(d.slots) - 1)
	i := d.entries[entry].hash & mask
	for d.slots[i] != 0 {
		i = (i + 1) & mask
	}
	d.slots[i] = uint32(entry + 1)
}

func (d *dedupe) grow() {
	d.slots = make([]uint32, max(16, 2*len(d.slots)))
	for i := range d.entries {
		d.insert(i)
	}
}

// putOff keeps a row, which add could not answer for, until the end.
func (d *dedupe) putOff(key, row []byte) (err error) {
	if d.off == nil {
		if d.off, err = d.x.newPartitions(d.level); err != nil {
			return err
		}
	}
	var size [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(size[:], uint64(len(key)))
	// Seeds differ by level, so that the bits that divide here say nothing there.
	return d.off.of(d.hash(key)).append(size[:n], key, row)
}

// next returns the next row that was put off and is new, nil at the end. add must
// not be called any more.
func (d *dedupe) next() ([]byte, error) {
	for {
		if d.inner != nil {
			row, err := d.innerNext()
			if err != nil || row != nil {
				return row, err
			}
			d.inner.close()
			d.inner, d.reader = nil, nil
			d.part++
		}
		if d.off == nil {
			return nil, nil
		}
		if d.part == 0 {
			d.release()
			if err := d.off.seal(); err != nil {
				return nil, err
			}
		}
		if d.part == fanOut {
			d.off.file.remove()
			d.off = nil
			return nil, nil
		}
		d.inner = d.x.newDedupe(d.level + 1)
		d.reader = d.off.streams[d.part].reader()
	}
}

// innerNext returns the next new row of the present partition.
func (d *dedupe) innerNext() ([]byte, error) {
	for d.reader != nil {
		rec, err := d.reader.next()
		if err != nil {
			return nil, err
		}
		if rec == nil {
			d.reader = nil
			break
		}
		if err := d.x.interrupted(); err != nil {
			return nil, err
		}
		size, n := binary.Uvarint(rec)
		if n <= 0 || size > uint64(len(rec)-n) {
			return nil, errDamagedRow
		}
		key, row := rec[n:n+int(size)], rec[n+int(size):]
		switch d.inner.add(key) {
		case dedupeNew:
			return row, nil
		case dedupeFull:
			if err := d.inner.putOff(key, row); err != nil {
				return nil, err
			}
		}
	}
	return d.inner.next()
}

// release frees the keys.
func (d *dedupe) release() {
	d.slots, d.entries, d.keys = nil, nil, arena{}
	d.share.free()
}

// close frees everything; a nil one is fine.
func (d *dedupe) close() {
	if d == nil {
		return
	}
	d.inner.close()
	d.inner, d.reader = nil, nil
	if d.off != nil {
		d.off.file.remove()
		d.off = nil
	}
	d.release()
}
