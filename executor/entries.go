package executor

import (
	"container/heap"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
)

// entrySource yields index entries of several ranges, one at a time.
type entrySource interface {
	// next returns the scan that stands on the next entry, nil at the end. The entry is valid until
	// the call after.
	next() (*engine.IndexScan, error)
	close() error
}

// entryChain reads one range after another.
type entryChain struct {
	op     *indexScanOp
	ranges *rangeList
	scan   *engine.IndexScan // of the present range
	spent  *engine.IndexScan // what the next one is made of, nil where nothing is kept
}

func (c *entryChain) next() (*engine.IndexScan, error) {
	for {
		if c.scan == nil {
			r, ok := c.ranges.next()
			if !ok {
				return nil, nil
			}
			// A long list of values may have no entry at all.
			if err := c.op.x.interrupted(); err != nil {
				return nil, err
			}
			c.scan = c.op.scan(r, c.spent)
		}
		if c.scan.Next() {
			return c.scan, nil
		}
		if err := c.scan.Err(); err != nil {
			return nil, err
		}
		if c.op.parted {
			return nil, nil
		}
		if err := c.close(); err != nil {
			return nil, err
		}
	}
}

func (c *entryChain) close() error {
	if c.scan == nil {
		return nil
	}
	err := c.scan.Close()
	c.scan = nil
	return err
}

// entryMerge merges chains, each of which is in order, by the values of components.
type entryMerge struct {
	chains []*mergedChain // a heap once started
	// components are those compared, with their direction.
	from int
	desc []bool
	// values reads the components of an entry from its document, where the entry does not hold them.
	values  func(scan *engine.IndexScan, dst []document.Value) error
	started bool
}

// mergedChain is a chain with the entry that it stands on.
type mergedChain struct {
	entryChain
	index int // breaks ties
	head  []document.Value
	at    *engine.IndexScan
}

func (m *entryMerge) next() (*engine.IndexScan, error) {
	if !m.started {
		m.started = true
		live := m.chains[:0:0]
		for _, c := range m.chains {
			if err := m.step(c); err != nil {
				return nil, err
			}
			if c.at != nil {
				live = append(live, c)
			}
		}
		m.chains = live
		heap.Init(m)
	} else if len(m.chains) > 0 {
		first := m.chains[0]
		if err := m.step(first); err != nil {
			return nil, err
		}
		if first.at == nil {
			heap.Pop(m)
		} else {
			heap.Fix(m, 0)
		}
	}
	if len(m.chains) == 0 {
		return nil, nil
	}
	return m.chains[0].at, nil
}

// step moves a chain to its next entry and reads what it is compared by.
func (m *entryMerge) step(c *mergedChain) (err error) {
	if c.at, err = c.entryChain.next(); err != nil || c.at == nil {
		return err
	}
	c.head = c.head[:0]
	for i := m.from; i < c.at.Len(); i++ {
		v, exact := c.at.Component(i)
		if !exact {
			if cap(c.head) < c.at.Len() {
				c.head = make([]document.Value, 0, c.at.Len())
			}
			c.head = c.head[:c.at.Len()-m.from]
			return m.values(c.at, c.head)
		}
		c.head = append(c.head, v)
	}
	return nil
}

func (m *entryMerge) close() (err error) {
	for _, c := range m.chains {
		if closeErr := c.close(); err == nil {
			err = closeErr
		}
	}
	return err
}

func (m *entryMerge) Len() int { return len(m.chains) }

func (m *entryMerge) Less(i, j int) bool {
	a, b := m.chains[i], m.chains[j]
	for k := range min(len(a.head), len(b.head)) {
		if c := document.Compare(a.head[k], b.head[k]); c != 0 {
			return (c < 0) != m.desc[k]
		}
	}
	return a.index < b.index
}

func (m *entryMerge) Swap(i, j int) { m.chains[i], m.chains[j] = m.chains[j], m.chains[i] }

func (m *entryMerge) Push(x any) { m.chains = append(m.chains, x.(*mergedChain)) }

func (m *entryMerge) Pop() any {
	last := m.chains[len(m.chains)-1]
	m.chains = m.chains[:len(m.chains)-1]
	return last
}
