package executor

import (
	"encoding/binary"
	"sort"
)

// windowRows keeps the rows of one partition, which are read by their number. Rows stand in blocks: in memory, and
// beyond the work memory in a file, of which the blocks read last are at hand.
//
//	block: rows one after another, then where each begins (4 bytes LE each), then their number (4 bytes LE)
type windowRows struct {
	x     *execution
	share share
	size  int // of a block, about
	count int64

	blocks []windowBlock
	file   *spillFile
	// tail is the block that is filled: rows without what follows them, and where each begins.
	tail      []byte
	starts    []uint32
	tailFirst int64
	tailHeld  int64

	recent []recentBlock
	clock  int64
}

// windowBlock is a block: in memory, or a part of the file.
type windowBlock struct {
	first int64 // the number of its first row
	data  []byte
	at    segment
}

// windowBlockSize is the memory of a windowBlock.
const windowBlockSize = 48

// recentBlock is a block of the file that was read.
type recentBlock struct {
	block int // -1 is none
	data  []byte
	used  int64
}

// newWindowRows returns an empty partition of which rows are read at so many places at once.
func (x *execution) newWindowRows(places int) *windowRows {
	places = min(max(places, 4), 32)
	r := &windowRows{x: x, share: x.memory.share(), size: x.memory.buffer(2 * places)}
	r.recent = make([]recentBlock, places)
	r.reset()
	return r
}

// reset drops all rows.
func (r *windowRows) reset() {
	if len(r.blocks) > 0 {
		held := windowBlockSize * int64(cap(r.blocks))
		for i := range r.blocks {
			held += int64(cap(r.blocks[i].data))
		}
		r.share.give(held)
		r.blocks = nil
	}
	r.file.remove()
	r.file = nil
	for i := range r.recent {
		r.recent[i].block = -1
	}
	r.tail, r.starts, r.tailFirst, r.count = r.tail[:0], r.starts[:0], 0, 0
}

// add adds a row, which is copied.
func (r *windowRows) add(row []byte) error {
	if len(r.tail) > 0 && len(r.tail)+len(row) > r.size {
		if err := r.finishBlock(); err != nil {
			return err
		}
	}
	r.starts = append(r.starts, uint32(len(r.tail)))
	r.tail = append(r.tail, row...)
	r.count++
	r.share.hold(&r.tailHeld, cap(r.tail)+4*cap(r.starts))
	return nil
}

// finishBlock makes a block of the tail.
func (r *windowRows) finishBlock() error {
	for _, at := range r.starts {
		r.tail = binary.LittleEndian.AppendUint32(r.tail, at)
	}
	r.tail = binary.LittleEndian.AppendUint32(r.tail, uint32(len(r.starts)))
	b := windowBlock{first: r.tailFirst}
	if r.file == nil && r.share.take(int64(len(r.tail))) {
		b.data = append(make([]byte, 0, len(r.tail)), r.tail...)
	} else {
		if r.file == nil {
			file, err := r.x.newSpillFile()
			if err != nil {
				return err
			}
			r.file = file
		}
		at, err := r.file.write(r.tail)
		if err != nil {
			return err
		}
		b.at = at
	}
	if len(r.blocks) == cap(r.blocks) {
		grown := make([]windowBlock, len(r.blocks), max(8, 2*cap(r.blocks)))
		r.share.must(windowBlockSize * int64(cap(grown)-cap(r.blocks)))
		copy(grown, r.blocks)
		r.blocks = grown
	}
	r.blocks = append(r.blocks, b)
	r.tailFirst += int64(len(r.starts))
	r.tail, r.starts = r.tail[:0], r.starts[:0]
	if cap(r.tail) > 4*r.size {
		r.tail = nil // it grew for one large row
	}
	return nil
}

// row returns a row, which is valid until the next call.
func (r *windowRows) row(n int64) ([]byte, error) {
	if n >= r.tailFirst {
		i := int(n - r.tailFirst)
		end := len(r.tail)
		if i+1 < len(r.starts) {
			end = int(r.starts[i+1])
		}
		return r.tail[r.starts[i]:end:end], nil
	}
	i := sort.Search(len(r.blocks), func(i int) bool { return r.blocks[i].first > n }) - 1
	data := r.blocks[i].data
	if data == nil {
		var err error
		if data, err = r.load(i); err != nil {
			return nil, err
		}
	}
	return rowOfBlock(data, int(n-r.blocks[i].first))
}

// rowOfBlock returns row i of a block.
func rowOfBlock(data []byte, i int) ([]byte, error) {
	if len(data) < 4 {
		return nil, errDamagedRow
	}
	rows := len(data) - 4 - 4*int(binary.LittleEndian.Uint32(data[len(data)-4:]))
	if rows < 0 || rows+4*i+8 > len(data) {
		return nil, errDamagedRow
	}
	begin, end := int(binary.LittleEndian.Uint32(data[rows+4*i:])), rows
	if rows+4*i+8 < len(data) {
		end = int(binary.LittleEndian.Uint32(data[rows+4*i+4:]))
	}
	if begin > end || end > rows {
		return nil, errDamagedRow
	}
	return data[begin:end:end], nil
}

// load returns block i of the file, in the place of the one that was not read for the longest time.
func (r *windowRows) load(i int) ([]byte, error) {
	r.clock++
	oldest := &r.recent[0]
	for k := range r.recent {
		b := &r.recent[k]
		if b.block == i {
			b.used = r.clock
			return b.data, nil
		}
		if b.used < oldest.used {
			oldest = b
		}
	}
	if err := r.x.ctx.Err(); err != nil {
		return nil, err
	}
	at := r.blocks[i].at
	held := int64(cap(oldest.data))
	oldest.block = -1
	if cap(oldest.data) < at.size || cap(oldest.data) > 4*max(at.size, r.size) {
		oldest.data = make([]byte, at.size)
		r.share.hold(&held, cap(oldest.data))
	}
	oldest.data = oldest.data[:at.size]
	if err := r.file.read(oldest.data, at); err != nil {
		return nil, err
	}
	oldest.block, oldest.used = i, r.clock
	return oldest.data, nil
}

// close frees everything; a nil one is fine.
func (r *windowRows) close() {
	if r == nil {
		return
	}
	r.file.remove()
	r.file, r.blocks, r.tail, r.starts, r.recent, r.tailHeld, r.count = nil, nil, nil, nil, nil, 0, 0
	r.share.free()
}
