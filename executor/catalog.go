package executor

import (
	"context"

	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
)

// catalog shows the planner what one transaction sees of the engine.
type catalog struct {
	ctx context.Context
	tx  *engine.Tx
	// sizes are the estimates that were given out.
	sizes []sizeSeen
}

var _ planner.Catalog = (*catalog)(nil)

// Collection resolves a name.
func (c *catalog) Collection(name string) (*engine.Collection, error) {
	return c.tx.Catalog().Collection(name)
}

// Collections lists all.
func (c *catalog) Collections() ([]*engine.Collection, error) {
	return c.tx.Catalog().Collections(), nil
}

// Fields returns the observed fields; the same pointer as long as nothing changed.
func (c *catalog) Fields(col *engine.Collection) (*planner.FieldSet, error) {
	return c.tx.Fields(c.ctx, col)
}

// Stats returns the counters of a collection and remembers them.
func (c *catalog) Stats(col *engine.Collection) (planner.Stats, error) {
	s := planner.Stats{Documents: c.tx.EstimateCount(col)}
	if len(col.Indexes) > 0 {
		s.Entries = make(map[uint64]int64, len(col.Indexes))
		for _, ix := range col.Indexes {
			s.Entries[ix.ID] = c.tx.Entries(col, ix)
		}
	}
	c.sizes = append(c.sizes, sizeSeen{col, s.Documents})
	return s, nil
}

// sizeSeen is how large a collection was when a plan was made.
type sizeSeen struct {
	collection *engine.Collection
	documents  int64
}

// holds reports whether the collection still has that size, give or take a factor
// of four; small ones count as equal.
func (s *sizeSeen) holds(tx *engine.Tx) bool {
	const small = 256
	was, now := max(s.documents, small), max(tx.EstimateCount(s.collection), small)
	return now/4 <= was && was/4 <= now
}
