package planner

import (
	"math"

	"github.com/fluxdb/fluxdb/planner/expr"
)

// Costs are in units of one sequentially scanned document, some 200 ns. The ratios were
// measured on documents of 400 bytes.
const (
	costSeek      = 5.0 // positioning at the start of a range
	costEntry     = 0.4 // reading an index entry
	costFetch     = 3.0 // fetching a document by id, in batches sorted by id
	costFetchNext = 8.0 // fetching a document by id, in index order
	costSort      = 0.1 // comparing two rows in a sort
	costGroup     = 0.5 // finding a row's group in a table

	// plannedDocuments is the least size a collection is planned for: it may
	// grow while the plan is cached.
	plannedDocuments = 1000
	// plannedRows stands for a LIMIT that is a parameter.
	plannedRows = 100
	// plannedValues stands for the length of a list that is a parameter.
	plannedValues = 10
	// doubt is how much later than by even chance the last wanted row may pass a filter.
	doubt = 3
	// risk is how likely too few rows pass it.
	risk = 0.01
	// plannedGroup is how many rows a group is taken to have.
	plannedGroup = 10
)

// Selectivities, the share of a collection that a condition keeps, where
// nothing is known of the values.
const (
	selEqual  = 0.005
	selBound  = 0.2 // one end of a range; both ends keep 4 %
	selPrefix = 0.02
	selNull   = 0.05
	selOther  = 0.5
)

// survey is what choosing an access path looks at: the block's conditions taken apart.
type survey struct {
	*block
	restrictions []restriction
	conditions   []condition // of where
	needs        needs       // of everything else
	documents    int64
}

// condition is what there is to know of a condition of where.
type condition struct {
	share float64 // of the documents that it keeps
	needs needs
}

func (b *block) survey(list []restriction) *survey {
	s := &survey{block: b, restrictions: list, conditions: make([]condition, len(b.where))}
	for i := range s.conditions {
		s.conditions[i].share = 1
		s.conditions[i].needs.add(b.where[i], b.source.doc)
	}
	restricted := make([]bool, len(b.where))
	for i := range s.restrictions {
		r := &s.restrictions[i]
		s.conditions[r.condition].share *= r.selectivity
		restricted[r.condition] = true
	}
	for i := range s.conditions {
		if !restricted[i] {
			s.conditions[i].share = selOther
		}
	}
	for _, e := range b.inputs() {
		s.needs.add(e, b.source.doc)
	}
	return s
}

// weigh estimates rows and cost of a path. An index is taken to have one entry a document.
func (s *survey) weigh(p *path) {
	n := float64(max(s.documents, plannedDocuments))
	kept, read, fetched, ranges := n, n, 1.0, 1.0
	for _, r := range p.served {
		read *= r.selectivity
		ranges *= max(r.ranges, 1)
	}
	keys := p.keys(s.source.collection)
	for i := range s.conditions {
		c := &s.conditions[i]
		kept *= c.share
		if !p.serves(i) && c.needs.within(keys, s.source.collection) {
			fetched *= c.share
		}
	}
	most := p.most()
	kept, read = max(min(kept, most), 1), max(min(read, most), ranges)
	p.rows = kept
	if most > kept {
		p.rows = min(kept, kept/n*float64(max(s.documents, 1)))
	}
	fetched *= read

	run, sorted := s.groupRun(p)
	switch {
	case p.index == nil:
		p.cost = read
	case p.covering:
		p.cost = read * costEntry
	case p.ordered || sorted:
		p.cost = read*costEntry + fetched*costFetchNext
	default:
		p.cost = read*costEntry + fetched*costFetch
	}
	sort := len(s.rowOrder()) > 0 && s.edge == nil && !p.ordered
	switch {
	case s.edge != nil:
		if p.ordered {
			p.cost *= part(1, kept, read)
		}
	case sort || s.distinct || len(s.windows) > 0:
	case !s.grouped:
		p.cost *= part(s.wanted(), kept, read)
	case sorted && run.inOrder && len(s.having) == 0:
		p.cost *= part(s.wanted()*plannedGroup, kept, read)
	}
	if p.index != nil || p.bounds != nil {
		p.cost += costSeek * ranges
	}
	if sort {
		wanted := s.wanted()
		if len(s.windows) > 0 {
			wanted = kept
		}
		p.cost += sortCost(kept, wanted)
	}
	if s.grouped && len(s.keys) > 0 && !sorted {
		p.cost += kept * costGroup
	}
}

// part is how much of a path is read when reading ends with the last wanted row of those kept. Where
// a filter decides when that is, the rows that pass it may stand anywhere, and there may be none.
func part(wanted, kept, read float64) float64 {
	if kept < read {
		return min(1, doubt*wanted/kept+risk)
	}
	return min(1, wanted/kept)
}

// sortCost is the cost of sorting rows, of which only top are wanted.
func sortCost(rows, top float64) float64 {
	return costSort * rows * math.Log2(max(2, min(rows, top)))
}

// wanted returns how many rows LIMIT and OFFSET ask for, +Inf without LIMIT.
func (b *block) wanted() float64 {
	if b.limit == nil {
		return math.Inf(1)
	}
	return planned(b.limit) + planned(b.offset)
}

// planned is the number that an expression of LIMIT or OFFSET stands for.
func planned(e expr.Expr) float64 {
	if e == nil {
		return 0
	}
	v, ok := sample(e)
	if !ok {
		return plannedRows
	}
	return v.AsFloat()
}
