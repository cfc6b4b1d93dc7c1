package executor

import (
	"sync"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
)

// aheadOp yields the result rows of a scan, with the filters and expressions above it. Once many documents were read,
// a crew makes the rows of later pieces ahead of their use: scanned, filtered, evaluated and rendered as JSON.
// Only what is read may be waiting: a few batches.
type aheadOp struct {
	node    planner.Node
	input   operator
	columns []Column
	x       *execution

	prospect *prospect
	crew     *crew
	batch    *batch // given out; nil while rows come from input
}

// streams reports whether a node yields rows as it reads a scan upwards.
func streams(node planner.Node) bool {
	switch n := node.(type) {
	case *planner.Scan:
		return !n.Reverse && (n.Bounds == nil || len(n.Bounds.Eq) == 0)
	case *planner.IndexScan:
		return n.Covering && !n.Reverse && !n.Ordered && (n.Bounds == nil || len(n.Bounds.Eq) == 0)
	case *planner.Filter:
		return streams(n.Input)
	case *planner.Project:
		return streams(n.Input)
	}
	return false
}

func (a *aheadOp) open(x *execution) error {
	a.x = x
	if err := a.input.open(x); err != nil {
		return err
	}
	a.prospect = x.survey(a.input)
	return nil
}

func (a *aheadOp) next() (bool, error) {
	for {
		if a.batch != nil {
			if a.batch.next(a.x.frame.Vals, a.columns) {
				return true, nil
			}
			a.batch.drop()
			a.batch = nil
		} else if ok, err := a.input.next(); ok || err != nil {
			return ok, err
		}
		var result partial
		var more bool
		var err error
		switch {
		case a.crew != nil:
			result, more, err = a.crew.step()
		case a.prospect.paused():
			more = true
			a.crew, err = a.prospect.divide(a.node, a.x.crewing.rows, a.begin(*a.x.json))
		}
		if err != nil || !more {
			return false, err
		}
		if result != nil {
			a.batch = result.(*batch)
		}
	}
}

func (a *aheadOp) close() error {
	if a.batch != nil {
		a.batch.drop()
		a.batch = nil
	}
	_ = a.crew.close() // what failed was reported, or was read for nobody
	return a.input.close()
}

// batch is rows made ahead. Their texts lie in chunks that are used again.
type batch struct {
	x       *execution
	columns []Column
	json    bool
	share   share
	values  []document.Value
	rows    int // not given out yet
	at      int
	records []document.Record // that values are views of
	chunks  [][]byte
	full    int // chunks before it are
	bytes   int
}

const (
	batchChunk = 64 << 10
	// batchBytes is about how much a batch holds.
	batchBytes = 256 << 10
	// batchStep is how much memory it takes at a time: the account is shared.
	batchStep = 16 << 10
)

var batches = sync.Pool{New: func() any { return &batch{} }}

func (a *aheadOp) begin(json bool) func(x *execution) partial {
	return func(x *execution) partial {
		b := batches.Get().(*batch)
		b.x, b.columns, b.json = x, a.columns, json
		b.share = x.memory.share()
		return b
	}
}

// add keeps the columns of the frame's row.
func (b *batch) add() (full bool, err error) {
	b.rows++
	for i := range b.columns {
		v, err := b.keep(b.x.frame.Vals[b.columns[i].Reg])
		if err != nil {
			return false, err
		}
		b.values = append(b.values, v)
	}
	b.bytes += 24 * len(b.columns)
	if short := int64(b.bytes) - b.share.held; short > 0 && !b.share.take(max(short, batchStep)) {
		return false, errNoRoom
	}
	return b.bytes >= batchBytes, nil
}

// keep returns a value that borrows from the batch at most.
func (b *batch) keep(v document.Value) (document.Value, error) {
	switch v.Kind() {
	case document.KindString:
		return document.StringBytes(b.copy(v.AsBytes())), nil
	case document.KindBytes:
		return document.Bytes(b.copy(v.AsBytes())), nil
	case document.KindArray, document.KindObject:
		if b.json {
			return document.Bytes(b.hold(document.AppendJSON(b.room(0), v, document.Plain))), nil
		}
		if rec := v.RecordOf(); rec != nil {
			// Growing leaves the records that values point to where they are.
			b.records = append(b.records, document.Record{})
			own := &b.records[len(b.records)-1]
			err := own.Reset(b.copy(rec.Data()), rec.Dictionary())
			return document.RecordValue(own), err
		}
		b.bytes += int(sizeOf(v))
		return v.Clone(), nil
	}
	return v, nil
}

func (b *batch) copy(text []byte) []byte { return b.hold(append(b.room(len(text)), text...)) }

// room returns the free end of a chunk, with space for n bytes.
func (b *batch) room(n int) []byte {
	for ; b.full < len(b.chunks); b.full++ {
		if c := b.chunks[b.full]; cap(c)-len(c) >= max(n, 1) {
			return c[len(c):]
		}
	}
	b.chunks = append(b.chunks, make([]byte, 0, max(batchChunk, n)))
	return b.chunks[b.full][:0]
}

// hold takes text that was appended to room into the chunk, unless it outgrew it and is its own.
func (b *batch) hold(text []byte) []byte {
	b.bytes += len(text)
	c := &b.chunks[b.full]
	if len(text) > cap(*c)-len(*c) {
		b.full++ // the next text would outgrow it too
		return text
	}
	*c = (*c)[:len(*c)+len(text)]
	return text[:len(text):len(text)]
}

// next sets the registers to the next row; false after the last.
func (b *batch) next(vals []document.Value, columns []Column) bool {
	if b.rows == 0 {
		return false
	}
	b.rows--
	for i := range columns {
		vals[columns[i].Reg] = b.values[b.at+i]
	}
	b.at += len(columns)
	return true
}

// drop frees the batch for another one.
func (b *batch) drop() {
	b.share.free()
	clear(b.values)
	clear(b.records)
	for i := range b.chunks {
		b.chunks[i] = b.chunks[i][:0]
	}
	*b = batch{values: b.values[:0], records: b.records[:0], chunks: b.chunks}
	batches.Put(b)
}
