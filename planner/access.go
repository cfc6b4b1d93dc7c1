package planner

import (
	"fmt"
	"math"
	"slices"

	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// path is one way to read the block's source.
type path struct {
	index  *def.Index // nil reads documents in order of _id
	bounds *Bounds    // nil reads all
	// served are the restrictions that bounds were made from.
	served []*restriction
	// ordered says that what is above relies on order.
	ordered  bool
	order    ordering
	covering bool

	rows   float64 // documents or entries that pass where
	cost   float64
	unused []string // why each other index was not taken

	// What coverFromIndex fills in, see IndexScan.
	covered     []int
	idReg       int
	entryFilter []expr.Expr
	recheck     []expr.Expr
}

// keys are the components in whose order the path reads.
func (p *path) keys(c *def.Collection) []def.Key {
	if p.index == nil {
		return idKeys(c)
	}
	return p.index.Keys
}

// unique reports whether no two documents have the same non-null components.
func (p *path) unique() bool { return p.index == nil || p.index.Unique }

// equalities is how many leading components are bound to values.
func (p *path) equalities() int {
	if p.bounds == nil {
		return 0
	}
	return len(p.bounds.Eq)
}

// most is how many documents the path reads at most: a unique index has one for each
// combination of values.
func (p *path) most() float64 {
	if p.bounds == nil || !p.unique() || p.index != nil && len(p.bounds.Eq) < len(p.index.Keys) || len(p.bounds.Eq) == 0 {
		return math.Inf(1)
	}
	most := 1.0
	for i := range p.bounds.Eq {
		switch eq := &p.bounds.Eq[i]; {
		case eq.Null && p.index != nil && !p.index.NullsNotDistinct:
			return math.Inf(1)
		case eq.List != nil:
			most *= plannedValues
		default:
			most *= float64(max(len(eq.Values), 1))
		}
	}
	return most
}

// point reports whether the path reads one document at most.
func (p *path) point() bool { return p.most() == 1 }

// serves reports whether the bounds guarantee condition i of where.
func (p *path) serves(i int) bool {
	for _, r := range p.served {
		if r.condition == i && r.exact {
			return true
		}
	}
	return false
}

// chooseAccess takes the cheapest way to read the source and removes from where what
// its bounds guarantee.
func chooseAccess(b *block) error {
	if b.source == nil || b.never || b.lookup != nil {
		return nil
	}
	list := b.restrictions()
	explain := b.b.options.Explain
	if !explain && len(b.rowOrder()) == 0 && b.takePoint(list) {
		return nil
	}
	s := b.survey(list)
	best := s.through(nil)
	if len(b.source.collection.Indexes) == 0 && !explain {
		// The counters could not make another way cheaper: they are not read.
		s.weigh(best)
		b.take(best)
		return nil
	}
	stats, err := b.measure()
	if err != nil {
		return err
	}
	s.documents = stats.Documents
	s.weigh(best)
	others := make([]*path, 0, len(b.source.collection.Indexes))
	for _, index := range b.source.collection.Indexes {
		p := s.through(index)
		s.weigh(p)
		if s.usable(p) && p.cost < best.cost {
			best, p = p, best
		}
		if p.index != nil {
			others = append(others, p)
		}
	}
	if explain {
		for _, p := range others {
			best.unused = append(best.unused, name(p.index.Name)+": not used: "+s.whyNot(p, best))
		}
	}
	b.take(best)
	return nil
}

// takePoint takes the primary key where one document is asked for by it, which nothing beats.
func (b *block) takePoint(list []restriction) bool {
	p := &path{idReg: -1, rows: 1, cost: costSeek + 1}
	p.bounds, p.served = serve(p.keys(b.source.collection), list)
	if !p.point() {
		return false
	}
	b.take(p)
	return true
}

// through is the way through an index, nil for the primary key.
func (s *survey) through(index *def.Index) *path {
	p := &path{index: index, idReg: -1}
	keys := p.keys(s.source.collection)
	p.bounds, p.served = serve(keys, s.restrictions)
	if order := s.rowOrder(); len(order) > 0 {
		if o, ok := s.orderedBy(order, keys, p.equalities(), p.unique()); ok && p.mergeable(o.from) {
			p.ordered, p.order = true, o
		}
	}
	p.covering = index != nil && s.covers(p)
	return p
}

// usable reports whether reading through p is another way at all: it has an entry for
// every document, and of the whole array where a path leads to one.
func (s *survey) usable(p *path) bool {
	if multikey(p.index) {
		return false
	}
	if p.bounds != nil || p.ordered || p.covering {
		return true
	}
	_, ok := s.groupRun(p)
	return ok
}

// multikey reports whether an index has an entry for each element of an array rather than one
// for each document.
func multikey(index *def.Index) bool {
	return slices.ContainsFunc(index.Keys, func(key def.Key) bool { return key.Path.HasWildcard() })
}

// maxMerged is how many ranges an ordered scan may merge.
const maxMerged = 64

// mergeable reports whether few enough values bind the components before from.
func (p *path) mergeable(from int) bool {
	ranges := 1
	for i := range from {
		eq := &p.bounds.Eq[i]
		if eq.List != nil {
			return false
		}
		ranges *= max(len(eq.Values), 1)
	}
	return ranges <= maxMerged
}

// take makes p the block's path.
func (b *block) take(p *path) {
	b.path, b.sorted = p, p.ordered && b.edge == nil
	kept := b.where[:0:0]
	for i, cond := range b.where {
		if p.serves(i) {
			p.recheck = append(p.recheck, cond)
		} else {
			kept = append(kept, cond)
		}
	}
	b.where = kept
}

// whyNot says, for EXPLAIN, why the way through an index was not taken.
func (s *survey) whyNot(p, best *path) string {
	first := p.index.Keys[0].Path
	switch {
	case first.HasWildcard():
		return fmt.Sprintf("%s compares single elements of the array", first)
	case !s.usable(p):
		return fmt.Sprintf("no condition or order on %s", first)
	case p.bounds == nil && !p.ordered:
		return fmt.Sprintf("reading all of it would cost %.0f, the chosen way %.0f", p.cost, best.cost)
	}
	return fmt.Sprintf("would cost %.0f, the chosen way %.0f", p.cost, best.cost)
}
