package executor

// mergeWidth is how many runs are merged at a time: each takes a buffer.
const mergeWidth = 64

// mergeRuns makes the runs few enough to be merged at once, and begins to.
func (s *sorter) mergeRuns() error {
	for len(s.runs) > mergeWidth {
		if err := s.mergePass(); err != nil {
			return err
		}
	}
	var err error
	s.merge, err = newRunMerge(s.keys, s.runs)
	return err
}

// mergePass merges neighbouring runs, which keeps equal rows in order, into a new file.
func (s *sorter) mergePass() error {
	file, err := s.x.newSpillFile()
	if err != nil {
		return err
	}
	old := s.file
	s.file = file
	defer old.remove()
	var merged []*stream
	for from := 0; from < len(s.runs); from += mergeWidth {
		m, err := newRunMerge(s.keys, s.runs[from:min(from+mergeWidth, len(s.runs))])
		if err != nil {
			return err
		}
		run := newStream(file, s.x.memory.buffer(mergeWidth))
		for run.records < s.wanted {
			row, err := m.next()
			if err != nil {
				return err
			}
			if row == nil {
				break
			}
			if err := s.x.interrupted(); err != nil {
				return err
			}
			if err := run.append(row); err != nil {
				return err
			}
		}
		if err := run.seal(); err != nil {
			return err
		}
		merged = append(merged, run)
	}
	s.runs = merged
	return nil
}

// runMerge yields the rows of sorted runs in order: a heap of runs with the least row in front.
type runMerge struct {
	keys *sortKeys
	runs []mergedRun
	// given says that the row in front was given out, and has to be passed first.
	given bool
}

type mergedRun struct {
	reader *streamReader
	order  int // of the run: equal rows of an earlier one came earlier
	row    []byte
	prefix uint64
}

func newRunMerge(keys *sortKeys, runs []*stream) (*runMerge, error) {
	m := &runMerge{keys: keys}
	for i, s := range runs {
		run := mergedRun{reader: s.reader(), order: i}
		if err := run.advance(); err != nil {
			return nil, err
		}
		if run.row != nil {
			m.runs = append(m.runs, run)
		}
	}
	for i := len(m.runs)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
	return m, nil
}

func (r *mergedRun) advance() (err error) {
	if r.row, err = r.reader.next(); err != nil || r.row == nil {
		return err
	}
	r.prefix = rowPrefix(r.row)
	return nil
}

// next returns the next row, valid until the call after; nil at the end.
func (m *runMerge) next() ([]byte, error) {
	if m.given {
		if err := m.runs[0].advance(); err != nil {
			return nil, err
		}
		if last := len(m.runs) - 1; m.runs[0].row == nil {
			m.runs[0] = m.runs[last]
			m.runs = m.runs[:last]
		}
		m.down(0)
	}
	if m.given = len(m.runs) > 0; !m.given {
		return nil, nil
	}
	return m.runs[0].row, nil
}

func (m *runMerge) less(i, j int) bool {
	a, b := &m.runs[i], &m.runs[j]
	if a.prefix != b.prefix {
		return a.prefix < b.prefix
	}
	if c := m.keys.compare(a.row, b.row); c != 0 {
		return c < 0
	}
	return a.order < b.order
}

func (m *runMerge) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(m.runs) {
			return
		}
		if other := child + 1; other < len(m.runs) && m.less(other, child) {
			child = other
		}
		if m.less(i, child) {
			return
		}
		m.runs[i], m.runs[child] = m.runs[child], m.runs[i]
		i = child
	}
}
