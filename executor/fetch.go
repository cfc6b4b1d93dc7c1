package executor

import (
	"bytes"
	"errors"
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
)

// fetcher reads documents by id in batches and keeps copies of them, since what a transaction returns is
// valid only until its next call.
type fetcher struct {
	x          *execution
	collection *engine.Collection
	// limit is how many bytes of documents a batch holds before it is used up; held is what share
	// holds for the buffers.
	limit int
	share share
	held  int64
	// ordered says that a batch is used up in the order in which it was added. It is read in the
	// order of ids nevertheless, which is cheaper.
	ordered bool

	keys  []byte // the ids as document.AppendID writes them, one after another
	items []fetchItem
	order []int32 // ordered: the places in items in the order of ids
	at    int     // the item that is next
	ready int     // how many have been read, in the order of reading
	data  []byte
	// alone is the present document where it had no room in data. Only an ordered batch has
	// such: what is in data is still to come.
	alone   []byte
	isAlone bool
	dict    *document.Dictionary
	ids     [][]byte // scratch
	// examined counts documents read.
	examined *int64
	// keep is take, the callback of the transaction, made once.
	keep func(i int, rec *document.Record) error
}

// fetchItem is one document of a batch.
type fetchItem struct {
	key, keyEnd   int // in keys
	data, dataEnd int // in data; equal when there is no such document
	inexact       bool
	read          bool
}

// maxBatch is how many documents are fetched at a time. A scan of an index begins with what a LIMIT takes, or with
// firstBatch, and takes four times as many each time.
const (
	maxBatch   = 512
	firstBatch = 16
)

// maxOrderedBatch is the most where the order of rows matters and nobody said how many are wanted.
const maxOrderedBatch = 64

// open makes f fetch documents of a collection from now on. It keeps its buffers.
func (f *fetcher) open(x *execution, c *engine.Collection, ordered bool, examined *int64) {
	if f.keep == nil {
		f.keep = f.take
	}
	*f = fetcher{
		x: x, collection: c, ordered: ordered, examined: examined, share: x.memory.share(),
		keys: f.keys[:0], items: f.items[:0], order: f.order[:0], data: f.data[:0], alone: f.alone[:0], ids: f.ids[:0], keep: f.keep,
	}
}

// size is the memory of the buffers.
func (f *fetcher) size() int { return cap(f.data) + cap(f.alone) + cap(f.keys) }

// close ends the use of f, which keeps its buffers for another statement unless they are too large.
func (f *fetcher) close() {
	if f.x == nil {
		return
	}
	f.share.free()
	keys, items, order, data, alone, ids := f.keys, f.items, f.order, f.data, f.alone, f.ids
	if f.size() > f.x.memory.pool.kept() {
		keys, items, order, data, alone, ids = nil, nil, nil, nil, nil, nil
	}
	*f = fetcher{keys: keys[:0], items: items[:0], order: order[:0], data: data[:0], alone: alone[:0], ids: ids[:0], keep: f.keep}
}

// take keeps a document that the transaction has read.
func (f *fetcher) take(_ int, rec *document.Record) error {
	item, dst := &f.items[f.at], &f.alone
	if !f.isAlone {
		dst = &f.data
		if item = &f.items[f.ready]; f.ordered {
			item = &f.items[f.order[f.ready]]
		}
	}
	f.ready++
	*f.examined++
	item.read, item.data = true, len(*dst)
	if rec != nil {
		f.dict = rec.Dictionary()
		*dst = append(*dst, rec.Data()...)
	}
	if item.dataEnd = len(*dst); len(f.data) >= f.limit {
		return errBatchFull
	}
	return nil
}

var errBatchFull = errors.New("batch full")

// add adds an id to the next batch, all of whose predecessors have been used up.
func (f *fetcher) add(key []byte, inexact bool) {
	if f.at == len(f.items) && f.at > 0 {
		f.keys, f.items, f.order, f.at, f.ready = f.keys[:0], f.items[:0], f.order[:0], 0, 0
	}
	f.items = append(f.items, fetchItem{key: len(f.keys), keyEnd: len(f.keys) + len(key), inexact: inexact})
	f.keys = append(f.keys, key...)
}

// sort decides the order of reading, which is that of ids.
func (f *fetcher) sort() {
	if !f.ordered {
		slices.SortFunc(f.items, func(a, b fetchItem) int {
			return bytes.Compare(f.keys[a.key:a.keyEnd], f.keys[b.key:b.keyEnd])
		})
		return
	}
	f.order = f.order[:0]
	for i := range f.items {
		f.order = append(f.order, int32(i))
	}
	slices.SortFunc(f.order, func(i, j int32) int { return bytes.Compare(f.key(int(i)), f.key(int(j))) })
}

// key returns the id of an item.
func (f *fetcher) key(i int) []byte { return f.keys[f.items[i].key:f.items[i].keyEnd] }

// next sets rec to the next document of the batch, which borrows from the fetcher until the
// next call; false when the batch is used up. Ids without a document are passed over.
func (f *fetcher) next(rec *document.Record) (inexact, ok bool, err error) {
	for f.at < len(f.items) {
		f.isAlone = false
		item := &f.items[f.at]
		if !item.read {
			if err := f.load(); err != nil {
				return false, false, err
			}
		}
		f.at++
		if item.data < item.dataEnd {
			from := f.data
			if f.isAlone {
				from = f.alone
			}
			err := rec.Reset(from[item.data:item.dataEnd:item.dataEnd], f.dict)
			return item.inexact, err == nil, err
		}
	}
	return false, false, nil
}

// load reads documents of the batch from the first unread one until the buffer is full.
func (f *fetcher) load() error {
	f.ids = f.ids[:0]
	switch {
	case f.ordered && f.ready > 0: // the buffer was full
		f.isAlone, f.alone = true, f.alone[:0]
		f.ids = append(f.ids, f.key(f.at))
	case f.ordered:
		if f.emptied(); len(f.order) < len(f.items) {
			f.sort()
		}
		for _, i := range f.order {
			f.ids = append(f.ids, f.key(int(i)))
		}
	default:
		f.emptied()
		for i := f.ready; i < len(f.items); i++ {
			f.ids = append(f.ids, f.key(i))
		}
	}
	err := f.x.tx.GetMany(f.x.ctx, f.collection, f.ids, f.keep)
	f.share.hold(&f.held, f.size())
	if err != nil && !errors.Is(err, errBatchFull) {
		return err
	}
	return nil
}

// emptied makes room for the documents of a batch, a small part of what the statement may hold.
func (f *fetcher) emptied() {
	f.limit = int(min(max(f.x.memory.pool.part()/16, 16<<10), 1<<20))
	f.data = f.data[:0]
	if cap(f.data) > 2*f.limit {
		f.data = nil // it grew for a large document
	}
}
