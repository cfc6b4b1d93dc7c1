package executor

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
)

// indexScanOp reads index entries within bounds, and the documents they belong to unless
// the index covers the query.
type indexScanOp struct {
	node   *planner.IndexScan
	x      *execution
	actual *planner.Actual
	// entries is nil when nothing lies within the bounds, or all was read.
	entries entrySource
	// bound is how many components the bounds restrict: where one of them is inexact, Recheck decides.
	bound int
	// paths read the components from a document; made when an entry does not hold them.
	paths []*document.Accessor

	fetch fetcher
	batch int
	// wanted is how many more rows will be pulled at most, 0 when nobody said.
	wanted int64
	chain  entryChain // what entries is, most of the time
	room   boundsRoom
	spent  engine.IndexScan // that of the chain
	dividing
}

func newIndexScan(n *planner.IndexScan) *indexScanOp {
	return &indexScanOp{node: n, batch: 1, dividing: dividing{left: -1}}
}

// reset makes s a new operator, which keeps the buffers; without a node it lets go of what they refer to.
func (s *indexScanOp) reset(n *planner.IndexScan) *indexScanOp {
	s.fetch.close()
	s.node, s.x, s.actual, s.entries, s.bound, s.paths, s.batch, s.wanted = n, nil, nil, nil, 0, nil, 1, 0
	s.dividing = dividing{left: -1}
	if s.chain = (entryChain{}); n == nil {
		s.room = boundsRoom{}
	}
	return s
}

// want is told before open.
func (s *indexScanOp) want(rows int64) { s.wanted = rows }

// path reads component i from a document.
func (s *indexScanOp) path(i int) *document.Accessor {
	if s.paths == nil {
		for _, key := range s.node.Index.Keys {
			s.paths = append(s.paths, document.NewAccessor(key.Path))
		}
	}
	return s.paths[i]
}

func (s *indexScanOp) open(x *execution) error {
	s.x, s.actual = x, x.actual(s.node)
	if x.lent != nil {
		s.fetch.open(x, s.node.Collection, false, &s.actual.Documents)
		s.chain = entryChain{op: s, ranges: &rangeList{done: true}, scan: x.lent.(*engine.IndexScan)}
		s.entries, s.parted = &s.chain, true
		return nil
	}
	b, ok, err := evaluateBounds(s.node.Bounds, x.frame, &s.room)
	if err != nil || !ok {
		return err
	}
	s.bound = b.components()
	desc := s.room.desc[:0]
	for i := range s.node.Index.Keys {
		desc = append(desc, s.node.Index.Keys[i].Desc != s.node.Reverse)
	}
	s.fetch.open(x, s.node.Collection, s.node.Ordered, &s.actual.Documents)
	from := 0
	if s.node.Ordered {
		from = s.node.OrderFrom
	}
	var lists []*rangeList
	if bounds := s.node.Bounds; bounds == nil || bounds.Row == nil {
		lists = b.split(from, desc, &s.room)
	} else {
		s.bound += len(bounds.Row.Values)
		parts, err := rowParts(bounds.Row, b, x.frame)
		if err != nil || len(parts) == 0 {
			return err
		}
		for _, part := range parts {
			lists = append(lists, part.split(from, desc, new(boundsRoom))...)
		}
	}
	if len(lists) == 1 {
		s.chain = entryChain{op: s, ranges: lists[0], spent: &s.spent}
		s.entries = &s.chain
		return nil
	}
	merge := &entryMerge{from: from, desc: desc[from:]}
	merge.values = func(scan *engine.IndexScan, dst []document.Value) error {
		return s.readComponents(scan, from, dst)
	}
	for i, list := range lists {
		merge.chains = append(merge.chains, &mergedChain{entryChain: entryChain{op: s, ranges: list}, index: i})
	}
	s.entries = merge
	return nil
}

// scan opens a scan of a range, of one that is spent if there is any.
func (s *indexScanOp) scan(r engine.Range, spent *engine.IndexScan) *engine.IndexScan {
	return s.x.tx.ScanIndex(s.x.ctx, s.node.Collection, s.node.Index, r,
		engine.ScanOptions{Reverse: s.node.Reverse, Ordered: s.node.Ordered, Spent: spent})
}

func (s *indexScanOp) next() (bool, error) {
	switch {
	case s.entries == nil && s.fetch.at == len(s.fetch.items):
		return false, nil
	case s.node.Covering:
		return s.nextCovered()
	}
	ok, err := s.nextFetched()
	if ok && s.wanted > 0 {
		s.wanted--
	}
	return ok, err
}

// entry moves to the next entry and fills the covered registers. inexact says that the document has
// to answer for it: a component that is restricted or covered is not in the entry as it is.
func (s *indexScanOp) entry() (scan *engine.IndexScan, inexact bool, err error) {
	if err := s.x.interrupted(); err != nil || s.entries == nil {
		return nil, false, err
	}
	if s.left == 0 {
		s.paused = true
		return nil, false, nil
	}
	scan, err = s.entries.next()
	if err != nil || scan == nil {
		return nil, false, err
	}
	s.left--
	s.actual.Entries++
	vals := s.x.frame.Vals
	for i := range s.node.Index.Keys {
		reg := -1
		if i < len(s.node.Covered) {
			reg = s.node.Covered[i]
		}
		if reg < 0 && i >= s.bound {
			continue
		}
		v, exact := scan.Component(i)
		if !exact {
			inexact = true
		} else if reg >= 0 {
			vals[reg] = v
		}
	}
	if s.node.IDReg >= 0 {
		vals[s.node.IDReg] = scan.ID()
	}
	return scan, inexact, nil
}

// nextCovered answers from entries alone, but for inexact ones.
func (s *indexScanOp) nextCovered() (bool, error) {
	f := s.x.frame
	for {
		scan, inexact, err := s.entry()
		if err != nil || scan == nil {
			return false, err
		}
		if inexact {
			if s.x.lent != nil {
				return false, errNoRoom // helpers never call the transaction
			}
			rec := &f.Docs[s.node.Doc]
			s.fetch.add(scan.IDKey(), true)
			if _, ok, err := s.fetch.next(rec); err != nil || !ok {
				if err != nil {
					return false, err
				}
				continue
			}
			if ok, err := s.answer(rec); err != nil || !ok {
				if err != nil {
					return false, err
				}
				continue
			}
		}
		if ok, err := holds(s.node.EntryFilter, f); err != nil || !ok {
			if err != nil {
				return false, err
			}
			continue
		}
		if ok, err := holds(s.node.Filter, f); ok || err != nil {
			return ok, err
		}
	}
}

// answer fills the covered registers from the document of an inexact entry and
// reports whether it lies within the bounds.
func (s *indexScanOp) answer(rec *document.Record) (bool, error) {
	for i, reg := range s.node.Covered {
		if reg >= 0 {
			s.x.frame.Vals[reg] = rec.Lookup(s.path(i))
		}
	}
	if s.node.IDReg >= 0 {
		s.x.frame.Vals[s.node.IDReg] = rec.ID()
	}
	return holds(s.node.Recheck, s.x.frame)
}

// nextFetched reads the documents of the entries that pass.
func (s *indexScanOp) nextFetched() (bool, error) {
	f := s.x.frame
	rec := &f.Docs[s.node.Doc]
	for {
		if err := s.x.interrupted(); err != nil {
			return false, err
		}
		inexact, ok, err := s.fetch.next(rec)
		if err != nil {
			return false, err
		}
		if !ok {
			if more, err := s.collect(); err != nil || !more {
				return false, err
			}
			continue
		}
		s.x.work += len(rec.Data()) / workPage
		if inexact {
			if ok, err = s.answer(rec); ok && err == nil {
				ok, err = holds(s.node.EntryFilter, f)
			}
			if err != nil {
				return false, err
			}
			if !ok {
				continue
			}
		}
		if ok, err := holds(s.node.Filter, f); ok || err != nil {
			return ok, err
		}
	}
}

// collect puts the ids of the next entries that pass into a batch. Where their order matters there mostly
// is a LIMIT: a batch then holds what it takes at least, as every row comes from one document. Without one
// a batch holds a single document until many were read: nobody may want more.
func (s *indexScanOp) collect() (more bool, err error) {
	n := 0
	switch {
	case s.wanted > 0 && (s.node.Ordered || s.actual.Entries == 0):
		s.batch = int(min(s.wanted, maxBatch))
	case !s.node.Ordered && s.actual.Entries == 0:
		s.batch = firstBatch
	}
	for n < s.batch {
		scan, inexact, err := s.entry()
		if err != nil {
			return false, err
		}
		if scan == nil {
			if err := s.closeEntries(); err != nil {
				return false, err
			}
			break
		}
		if !inexact {
			if ok, err := holds(s.node.EntryFilter, s.x.frame); err != nil {
				return false, err
			} else if !ok {
				continue
			}
		}
		s.fetch.add(scan.IDKey(), inexact)
		n++
	}
	s.fetch.sort()
	switch {
	case !s.node.Ordered:
		s.batch = min(4*s.batch, maxBatch)
	case s.wanted == 0 && s.actual.Entries >= maxOrderedBatch:
		s.batch = min(2*s.batch, maxOrderedBatch)
	}
	return n > 0, nil
}

// readComponents reads the components from the first one on of an entry's document. Where
// there is no document any more they are MISSING, and the entry is passed over later.
func (s *indexScanOp) readComponents(scan *engine.IndexScan, first int, dst []document.Value) error {
	for i := range dst {
		dst[i] = document.Missing()
	}
	s.actual.Documents++
	return s.x.tx.GetMany(s.x.ctx, s.node.Collection, [][]byte{scan.IDKey()}, func(_ int, rec *document.Record) error {
		for i := range dst {
			if rec != nil {
				dst[i] = rec.Lookup(s.path(first + i)).Clone()
			}
		}
		return nil
	})
}

func (s *indexScanOp) divided() *dividing { return &s.dividing }

func (s *indexScanOp) whole() partedScan {
	if s.entries != &s.chain || s.chain.scan == nil || !s.chain.scan.Divisible() || !s.chain.ranges.done {
		return nil
	}
	return s.chain.scan
}

func (s *indexScanOp) source() (planner.Node, int64) {
	if s.node.Bounds != nil {
		return s.node, 0
	}
	return s.node, s.x.tx.EstimateCount(s.node.Collection)
}

func (s *indexScanOp) closeEntries() error {
	if s.entries == nil || s.x.lent != nil {
		return nil
	}
	err := s.entries.close()
	s.entries = nil
	return err
}

func (s *indexScanOp) close() error {
	s.fetch.close()
	return s.closeEntries()
}
