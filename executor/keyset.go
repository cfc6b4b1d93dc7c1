package executor

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
)

// keySet is a set of keys that is asked while it grows. What work memory does not hold lies in runs of a file:
//
//	keys in memory   run (as large)   run (twice as large)   run (4 times)
//
// A run has its keys in the order of their hashes, in segments of which the first hash is known, so that asking it reads one
// segment. Two runs of about one size become one: there are few, and each key is written few times.
type keySet struct {
	x    *execution
	mem  *dedupe
	runs []*keyRun // the largest first
	// share is the memory of what runs keep.
	share share
}

// keyRun is a sealed stream of hash(8) key, in the order of both.
type keyRun struct {
	stream
	firsts []uint64 // the first hash of each segment
	loaded int      // the segment in block, -1 for none
	block  []byte
}

// keySegment is the size of a segment of a run: what is read for one question.
const keySegment = 4 << 10

func (x *execution) newKeySet() *keySet {
	return &keySet{x: x, mem: x.newDedupe(0), share: x.memory.share()}
}

// add reports whether the key is new, and keeps it then.
func (s *keySet) add(key []byte) (added bool, err error) {
	hash := s.mem.hash(key)
	if s.mem.has(hash, key) {
		return false, nil
	}
	if found, err := s.inRuns(hash, key); found || err != nil {
		return false, err
	}
	size := int64(len(key) + dedupeEntrySize)
	if !s.mem.share.take(size) {
		if err := s.spill(); err != nil {
			return false, err
		}
		s.mem.share.must(size)
	}
	s.mem.keep(hash, key)
	return true, nil
}

// has reports whether the key was added.
func (s *keySet) has(key []byte) (bool, error) {
	hash := s.mem.hash(key)
	if s.mem.has(hash, key) {
		return true, nil
	}
	return s.inRuns(hash, key)
}

func (s *keySet) inRuns(hash uint64, key []byte) (bool, error) {
	for _, r := range s.runs {
		if found, err := r.has(hash, key); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// spill moves the keys in memory to a run.
func (s *keySet) spill() error {
	entries := s.mem.entries
	if len(entries) == 0 {
		return nil
	}
	slices.SortFunc(entries, dedupeEntry.compare)
	r, err := s.newRun()
	if err != nil {
		return err
	}
	for i := range entries {
		if err := r.put(entries[i].hash, entries[i].key); err != nil {
			return err
		}
	}
	s.mem.release()
	if err := s.keepRun(r); err != nil {
		return err
	}
	for n := len(s.runs); n > 1 && s.runs[n-2].records <= 2*s.runs[n-1].records; n = len(s.runs) {
		if err := s.merge(s.runs[n-2], s.runs[n-1]); err != nil {
			return err
		}
	}
	return nil
}

func (e dedupeEntry) compare(other dedupeEntry) int {
	return cmp.Or(cmp.Compare(e.hash, other.hash), bytes.Compare(e.key, other.key))
}

func (s *keySet) newRun() (*keyRun, error) {
	file, err := s.x.newSpillFile()
	if err != nil {
		return nil, err
	}
	return &keyRun{stream: stream{file: file, flushAt: keySegment}, loaded: -1}, nil
}

// keepRun ends the writing of a run, which is the smallest now.
func (s *keySet) keepRun(r *keyRun) error {
	s.runs = append(s.runs, r)
	s.share.must(int64(len(r.firsts)) * (8 + 16))
	return r.seal()
}

// merge makes one run of the last two.
func (s *keySet) merge(a, b *keyRun) error {
	r, err := s.newRun()
	if err != nil {
		return err
	}
	from := [2]*keyRun{a, b}
	var readers [2]*streamReader
	var heads [2]dedupeEntry
	next := func(i int) error {
		rec, err := readers[i].next()
		if heads[i] = (dedupeEntry{}); err != nil || rec == nil {
			return err
		}
		heads[i].hash, heads[i].key, err = keyOf(rec)
		return err
	}
	for i := range from {
		readers[i] = from[i].reader()
		if err := next(i); err != nil {
			return err
		}
	}
	for heads[0].key != nil || heads[1].key != nil {
		if err := s.x.interrupted(); err != nil {
			return err
		}
		i := 0
		if heads[0].key == nil || heads[1].key != nil && heads[1].compare(heads[0]) < 0 {
			i = 1
		}
		if err := r.put(heads[i].hash, heads[i].key); err != nil {
			return err
		}
		if err := next(i); err != nil {
			return err
		}
	}
	s.runs = s.runs[:len(s.runs)-2]
	for _, old := range from {
		s.share.give(int64(len(old.firsts)) * (8 + 16))
		old.file.remove()
	}
	return s.keepRun(r)
}

// put adds a key; they come in the order of the run.
func (r *keyRun) put(hash uint64, key []byte) error {
	var text [8]byte
	binary.BigEndian.PutUint64(text[:], hash)
	err := r.append(text[:], key)
	if len(r.firsts) == len(r.segments) {
		r.firsts = append(r.firsts, hash) // append began a segment
	}
	return err
}

// has looks into the segments that may have the hash: most of the time one.
func (r *keyRun) has(hash uint64, key []byte) (bool, error) {
	// Keys of one hash may begin in the segment before the first one that begins with it.
	i := max(sort.Search(len(r.firsts), func(i int) bool { return r.firsts[i] >= hash })-1, 0)
	for ; i < len(r.firsts) && r.firsts[i] <= hash; i++ {
		if err := r.load(i); err != nil {
			return false, err
		}
		for rest := r.block; len(rest) > 0; {
			n, k := binary.Uvarint(rest)
			if k <= 0 || n > uint64(len(rest)-k) {
				return false, errDamagedRow
			}
			h, found, err := keyOf(rest[k : k+int(n)])
			if err != nil {
				return false, err
			}
			if h > hash {
				return false, nil
			}
			if h == hash && bytes.Equal(found, key) {
				return true, nil
			}
			rest = rest[k+int(n):]
		}
	}
	return false, nil
}

// load reads a segment.
func (r *keyRun) load(i int) error {
	if r.loaded == i {
		return nil
	}
	if err := r.file.x.interrupted(); err != nil {
		return err
	}
	r.loaded = -1
	at := r.segments[i]
	if cap(r.block) < at.size {
		r.block = make([]byte, at.size)
	}
	r.file.share.hold(&r.held, cap(r.block))
	r.block = r.block[:at.size]
	if err := r.file.read(r.block, at); err != nil {
		return fmt.Errorf("look a key up: %w", err)
	}
	r.loaded = i
	return nil
}

// keyOf reads a record of a run.
func keyOf(rec []byte) (hash uint64, key []byte, err error) {
	if len(rec) < 8 {
		return 0, nil, errDamagedRow
	}
	return binary.BigEndian.Uint64(rec), rec[8:], nil
}

// close frees everything; a nil one is fine.
func (s *keySet) close() {
	if s == nil {
		return
	}
	for _, r := range s.runs {
		r.file.remove()
	}
	s.runs = nil
	s.share.free()
	s.mem.close()
}
