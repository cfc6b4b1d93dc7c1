package pebble

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"math/bits"

	"github.com/cockroachdb/pebble/v2/sstable"

	"github.com/fluxdb/fluxdb/storage"
)

// A run is a table of the writes of a transaction that did not fit its share of memory. It is a file in the
// folder of tables; its keys are those of the writes, and the value of each is all writes of that key, the
// newest first:
//
//	kind(1)  number(4, BE)  size(uvarint)  value(size)   kind(1)  number(4, BE) ...
//
// It is read by the transaction's iterators, which may be in other goroutines.
type run struct {
	file  *runFile
	from  int32 // number of the first write
	end   int32 // writes from this number on were rolled back
	keys  span  // holds all keys
	level int   // how often its writes were merged
}

// runFile is the file of one run, or of one and what rolling back left of it.
type runFile struct {
	name   string
	reader *sstable.Reader
	filter filter
	point  *runIter // of the transaction's owner; nil until the first Get
}

// runWriter writes a run.
type runWriter struct {
	store  *Store
	name   string
	w      *sstable.Writer
	first  string
	last   []byte
	filter filter
	value  []byte // room for a key's writes
}

// newRun begins a run of about so many keys.
func (s *Store) newRun(keys int) (*runWriter, error) {
	name, w, err := s.createTable(false)
	if err != nil {
		return nil, err
	}
	return &runWriter{store: s, name: name, w: w, filter: newFilter(keys)}, nil
}

// appendWrite adds a write of the key that put follows for.
func appendWrite(value []byte, o own) []byte {
	value = binary.BigEndian.AppendUint32(append(value, byte(o.kind)), uint32(o.at))
	return append(binary.AppendUvarint(value, uint64(len(o.value))), o.value...)
}

// put adds a key and all its writes; keys ascend.
func (r *runWriter) put(key string, writes []byte) error {
	if r.last == nil {
		r.first = string(bytesOf(key))
	}
	r.last = append(r.last[:0], key...)
	r.filter.add(key)
	return r.w.Set(bytesOf(key), writes)
}

// abort removes what was written.
func (r *runWriter) abort() {
	_ = r.w.Close() // it is not wanted, whole or not
	r.store.removeTables([]string{r.name})
}

// finish closes the file and opens it for reading.
func (r *runWriter) finish() (f *runFile, keys span, err error) {
	defer func() {
		if err != nil {
			r.store.removeTables([]string{r.name})
		}
	}()
	if err := r.w.Close(); err != nil {
		return nil, span{}, err
	}
	file, err := r.store.files.Open(r.name)
	if err != nil {
		return nil, span{}, err
	}
	readable, err := sstable.NewSimpleReadable(file)
	if err != nil {
		return nil, span{}, errors.Join(err, file.Close())
	}
	reader, err := sstable.NewReader(context.Background(), readable, r.store.readOptions)
	if err != nil {
		return nil, span{}, errors.Join(err, file.Close())
	}
	r.store.spills.Add(1)
	r.store.spilledBytes.Add(readable.Size())
	return &runFile{name: r.name, reader: reader, filter: r.filter}, span{r.first, string(r.last) + "\x00"}, nil
}

// get returns the newest write of key.
func (r *run) get(key []byte) (o own, found bool, err error) {
	if !r.keys.contains(textOf(key)) || !r.file.filter.has(textOf(key)) {
		return own{}, false, nil
	}
	if r.file.point == nil {
		if r.file.point, err = r.iter(); err != nil {
			return own{}, false, err
		}
	}
	it := r.file.point
	it.end = r.end
	if !it.seekGE(textOf(key)) || it.at.key != textOf(key) {
		return own{}, false, it.failed()
	}
	return it.at, true, nil
}

func (r *run) iter() (*runIter, error) {
	it, err := r.file.reader.NewIter(sstable.NoTransforms, nil, nil, sstable.AssertNoBlobHandles)
	return &runIter{it: it, end: r.end}, wrap(err)
}

// close frees a run and removes its file.
func (f *runFile) close(s *Store) {
	if f.point != nil {
		_ = f.point.close() // it was read, or an error was returned
	}
	_ = f.reader.Close()
	s.removeTables([]string{f.name})
}

// runIter walks the writes of a run.
type runIter struct {
	it     sstable.Iterator
	end    int32 // hides writes from this number on
	at     own
	writes []byte // of the present key, from the one in at on
	err    error
}

func (r *runIter) seekGE(key string) bool {
	kv := r.it.SeekGE(bytesOf(key), 0)
	if kv == nil {
		return false
	}
	value, _, err := kv.Value(nil)
	return r.take(kv.K.UserKey, value, err) || r.next()
}

func (r *runIter) seekLT(key string) bool {
	kv := r.it.Last()
	if key != "" {
		kv = r.it.SeekLT(bytesOf(key), 0)
	}
	if kv == nil {
		return false
	}
	value, _, err := kv.Value(nil)
	return r.take(kv.K.UserKey, value, err) || r.prev()
}

func (r *runIter) next() bool { return r.walk(false) }
func (r *runIter) prev() bool { return r.walk(true) }

// walk moves to the next key that has a write, or the one before. The library keeps the type of its pairs to itself.
func (r *runIter) walk(back bool) bool {
	step := sstable.Iterator.Next
	if back {
		step = sstable.Iterator.Prev
	}
	for r.err == nil {
		kv := step(r.it)
		if kv == nil {
			return false
		}
		value, _, err := kv.Value(nil)
		if r.take(kv.K.UserKey, value, err) {
			return true
		}
	}
	return false
}

// take keeps the newest write of a key that was not rolled back; false when there is none.
func (r *runIter) take(key, writes []byte, err error) bool {
	if err != nil {
		r.err = wrap(err)
		return false
	}
	for len(writes) > 0 {
		size, n := uint64(0), 0
		if len(writes) > 5 {
			size, n = binary.Uvarint(writes[5:])
		}
		if n <= 0 || size > uint64(len(writes)-5-n) {
			r.err = fmt.Errorf("%w: writes of key %x in a run", storage.ErrCorrupt, key)
			return false
		}
		if at := int32(binary.BigEndian.Uint32(writes[1:])); at < r.end {
			value := writes[5+n:][:size]
			r.at, r.writes = own{place{textOf(key), at}, entryKind(writes[0]), textOf(value)}, writes
			return true
		}
		writes = writes[5+n+int(size):]
	}
	return false
}

func (r *runIter) here() own { return r.at }

// failed returns what ended the last move early.
func (r *runIter) failed() error {
	if r.err == nil {
		r.err = wrap(r.it.Error())
	}
	return r.err
}

func (r *runIter) close() error {
	err := r.failed()
	_ = r.it.Close() // it returns the same
	return err
}

// filter is a Bloom filter: ten bits for each key, one in a hundred that are not there passes.
type filter []uint64

const filterBits, filterProbes = 10, 7

var filterSeed = maphash.MakeSeed()

func newFilter(keys int) filter { return make(filter, keys*filterBits/64+1) }

func (f filter) add(key string) {
	h := maphash.String(filterSeed, key)
	for range filterProbes {
		bit := h % uint64(len(f)*64)
		f[bit/64] |= 1 << (bit % 64)
		h = bits.RotateLeft64(h, 21) * filterStep
	}
}

func (f filter) has(key string) bool {
	h := maphash.String(filterSeed, key)
	for range filterProbes {
		bit := h % uint64(len(f)*64)
		if f[bit/64]&(1<<(bit%64)) == 0 {
			return false
		}
		h = bits.RotateLeft64(h, 21) * filterStep
	}
	return true
}

const filterStep = 0x9e3779b97f4a7c15 // odd, its bits in no order
