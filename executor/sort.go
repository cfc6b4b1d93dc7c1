package executor

import (
	"math"

	"github.com/fluxdb/fluxdb/planner"
)

// sortOp orders rows: the least few in a heap where only these are wanted, else all of them in
// memory, or in sorted runs in a file that are merged.
type sortOp struct {
	node  *planner.Sort
	input operator
	x     *execution
	keys  sortKeys
	carry carrier
	// wanted is how many rows are pulled at most.
	wanted int64
	heap   *topRows
	sorter *sorter
	built  bool
	// row is scratch for the row that is made.
	row []byte

	prospect *prospect
	crew     *crew
}

func (s *sortOp) open(x *execution) error {
	s.x = x
	top, err := rowCount("LIMIT", s.node.Top, x.frame, math.MaxInt64)
	if err != nil {
		return err
	}
	offset, err := rowCount("OFFSET", s.node.TopOffset, x.frame, 0)
	if err != nil {
		return err
	}
	s.wanted = top + min(offset, math.MaxInt64-top)
	s.keys = newSortKeys(s.node.Keys)
	s.carry = carrier{docs: s.node.CarryDocs, vals: s.node.CarryVals}
	if err := s.input.open(x); err != nil {
		return err
	}
	if s.wanted <= maxPartialTop {
		s.prospect = x.survey(s.input)
	}
	return nil
}

func (s *sortOp) next() (bool, error) {
	if !s.built {
		if err := s.build(); err != nil {
			return false, err
		}
		s.built = true
	}
	if s.wanted == 0 {
		return false, nil
	}
	s.wanted--
	var row []byte
	var err error
	if s.heap != nil {
		row = s.heap.next()
	} else {
		row, err = s.sorter.next()
	}
	if err != nil || row == nil {
		s.free()
		return false, err
	}
	payload, err := s.keys.payload(row)
	if err == nil {
		err = s.carry.restore(payload, s.x.frame)
	}
	return err == nil, err
}

// build reads the input.
func (s *sortOp) build() error {
	if s.wanted == 0 {
		return nil
	}
	if s.wanted <= maxTopRows {
		s.heap = newTopRows(s.x.memory, &s.keys, int(s.wanted))
	} else {
		s.sorter = newSorter(s.x, &s.keys, s.wanted)
	}
	for {
		ok, err := s.input.next()
		if err != nil {
			return err
		}
		if !ok {
			if more, err := s.proceed(); err != nil {
				return err
			} else if !more {
				break
			}
			continue
		}
		if err := s.x.interrupted(); err != nil {
			return err
		}
		if qualified, err := s.makeRow(); err != nil {
			return err
		} else if !qualified {
			continue
		}
		if err := s.addRow(s.row); err != nil {
			return err
		}
	}
	if err := s.crew.close(); err != nil {
		return err
	}
	// The input's memory and iterators are not needed while the rows are given out.
	if err := s.input.close(); err != nil {
		return err
	}
	if s.heap != nil {
		s.heap.sort()
		return nil
	}
	return s.sorter.sort()
}

// makeRow makes row the frame's, and reports whether it is among the wanted ones so far.
func (s *sortOp) makeRow() (qualified bool, err error) {
	if s.row, err = s.keys.append(s.row[:0], s.x.frame); err != nil {
		return false, err
	}
	if s.heap != nil && !s.heap.qualifies(s.row) {
		return false, nil
	}
	s.row = s.carry.append(s.row, s.x.frame)
	return true, nil
}

// addRow adds a row that qualifies.
func (s *sortOp) addRow(row []byte) error {
	if s.heap != nil {
		if s.heap.add(row) {
			return nil
		}
		if err := s.leaveHeap(); err != nil {
			return err
		}
	}
	return s.sorter.add(row)
}

// leaveHeap goes over to sorting everything: the wanted rows do not fit in memory.
func (s *sortOp) leaveHeap() error {
	heap := s.heap
	s.heap, s.sorter = nil, newSorter(s.x, &s.keys, s.wanted)
	heap.sort()
	for row := heap.next(); row != nil; row = heap.next() {
		if err := s.sorter.add(row); err != nil {
			return err
		}
		heap.drop()
	}
	heap.free()
	return nil
}

func (s *sortOp) free() {
	if s.heap != nil {
		s.heap.free()
	}
	if s.sorter != nil {
		s.sorter.close()
	}
}

func (s *sortOp) close() error {
	_ = s.crew.close() // what failed was reported, or was read for nobody
	s.free()
	return s.input.close()
}
