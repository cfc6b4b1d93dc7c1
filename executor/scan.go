package executor

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
)

// scanOp reads documents in the order of _id: all, those of ranges, or single ones by their id.
type scanOp struct {
	node   *planner.Scan
	x      *execution
	actual *planner.Actual

	scan *engine.Scan
	// ranges are those still to be read after scan; nil when there is just scan.
	ranges *rangeList
	// points are the ids still to be read, in order; fetch reads them.
	points []document.Value
	fetch  *fetcher
	batch  int
	key    []byte
	// ids is room for the points of most statements: one value and what else it equals.
	ids [3]document.Value

	dividing
}

func newScan(n *planner.Scan) *scanOp { return &scanOp{node: n, dividing: dividing{left: -1}} }

// reset makes s a new operator, which keeps the buffer.
func (s *scanOp) reset(n *planner.Scan) *scanOp {
	*s = scanOp{node: n, key: s.key[:0], dividing: dividing{left: -1}}
	return s
}

func (s *scanOp) open(x *execution) error {
	s.x, s.actual = x, x.actual(s.node)
	if x.lent != nil {
		s.scan, s.parted = x.lent.(*engine.Scan), true
		s.scan.Fill(&x.frame.Docs[s.node.Doc])
		return nil
	}
	if s.node.Bounds == nil {
		s.begin(nil)
		return nil
	}
	if len(s.node.Bounds.Eq) == 0 {
		b, ok, err := evaluateBounds(s.node.Bounds, x.frame, new(boundsRoom))
		if err == nil && ok {
			s.ranges = newRangeList(b, []bool{s.node.Reverse})
		}
		return err
	}
	points, err := equalities(s.ids[:0], &s.node.Bounds.Eq[0], x.frame)
	if err != nil {
		return err
	}
	if s.points = points; len(points) <= 1 {
		return nil // the statement that there are most of: it needs no batch
	}
	s.batch = 1
	s.fetch = &fetcher{}
	s.fetch.open(x, s.node.Collection, false, &s.actual.Documents)
	return nil
}

// single reports whether an open scan reads one document by its id at most: a copy of it.
func (s *scanOp) single() bool {
	return s.fetch == nil && s.ranges == nil && s.scan == nil
}

func (s *scanOp) next() (bool, error) {
	rec := &s.x.frame.Docs[s.node.Doc]
	for {
		if err := s.x.interrupted(); err != nil {
			return false, err
		}
		ok, err := s.read(rec)
		if err != nil || !ok {
			return false, err
		}
		s.x.work += len(rec.Data()) / workPage
		if s.node.Filter == nil {
			return true, nil
		}
		if ok, err := holds(s.node.Filter, s.x.frame); ok || err != nil {
			return ok, err
		}
	}
}

// begin opens the scan of a range, which reads into the frame.
func (s *scanOp) begin(r *engine.Range) {
	s.scan = s.x.tx.Scan(s.x.ctx, s.node.Collection, r, s.node.Reverse)
	s.scan.Fill(&s.x.frame.Docs[s.node.Doc])
}

// read sets rec to the next document within the bounds.
func (s *scanOp) read(rec *document.Record) (bool, error) {
	switch {
	case s.fetch != nil:
		return s.readPoints(rec)
	case len(s.points) > 0:
		return s.readPoint(rec)
	}
	for {
		if s.scan == nil {
			if s.ranges == nil {
				return false, nil
			}
			r, ok := s.ranges.next()
			if !ok {
				return false, nil
			}
			s.begin(&r)
		}
		if s.left == 0 {
			s.paused = true
			return false, nil
		}
		if s.scan.Next() {
			s.left--
			s.actual.Documents++
			return true, nil
		}
		if err := s.scan.Err(); err != nil {
			return false, err
		}
		if s.parted {
			return false, nil
		}
		if err := s.closeScan(); err != nil {
			return false, err
		}
	}
}

func (s *scanOp) divided() *dividing { return &s.dividing }

func (s *scanOp) whole() partedScan {
	if s.scan == nil || !s.scan.Divisible() || s.ranges != nil && !s.ranges.done {
		return nil
	}
	return s.scan
}

func (s *scanOp) source() (planner.Node, int64) {
	if s.node.Bounds != nil {
		return s.node, 0
	}
	return s.node, s.x.tx.EstimateCount(s.node.Collection)
}

// readPoint sets rec to the only document asked for by its id.
func (s *scanOp) readPoint(rec *document.Record) (bool, error) {
	id := s.points[0]
	s.points = nil
	if document.CheckID(id) != nil { // no document has such an id
		return false, nil //nolint:nilerr // which is an answer
	}
	found, err := s.x.tx.Get(s.x.ctx, s.node.Collection, id)
	s.actual.Documents++
	if err != nil || found == nil {
		return false, err
	}
	s.key = append(s.key[:0], found.Data()...) // what a transaction returns is valid until its next call only
	err = rec.Reset(s.key, found.Dictionary())
	return err == nil, err
}

// readPoints sets rec to the next of several documents asked for by their ids.
func (s *scanOp) readPoints(rec *document.Record) (bool, error) {
	for {
		if _, ok, err := s.fetch.next(rec); ok || err != nil {
			return ok, err
		}
		if len(s.points) == 0 {
			return false, nil
		}
		for n := 0; n < s.batch && len(s.points) > 0; {
			id := s.points[0]
			if last := len(s.points) - 1; s.node.Reverse {
				id, s.points = s.points[last], s.points[:last]
			} else {
				s.points = s.points[1:]
			}
			if document.CheckID(id) != nil {
				continue
			}
			s.key = document.AppendID(s.key[:0], id)
			s.fetch.add(s.key, false)
			n++
		}
		s.batch = min(4*s.batch, maxBatch)
		if !s.node.Ordered {
			s.fetch.sort()
		}
	}
}

func (s *scanOp) closeScan() error {
	if s.scan == nil {
		return nil
	}
	err := s.scan.Close()
	s.scan = nil
	return err
}

func (s *scanOp) close() error {
	if s.fetch != nil {
		s.fetch.close()
		s.fetch = nil
	}
	if s.x != nil && s.x.lent != nil {
		return nil
	}
	return s.closeScan()
}
