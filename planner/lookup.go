package planner

import (
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// single returns the only aggregate of a block that makes one group of its whole source.
func (b *block) single() *AggCall {
	if b.source == nil || b.never || !b.grouped || len(b.keys) > 0 || b.sets != nil || len(b.aggs) != 1 || b.aggs[0].Filter != nil {
		return nil
	}
	return &b.aggs[0]
}

// countFromCounter recognizes COUNT(*) of a whole collection.
func countFromCounter(b *block) error {
	call := b.single()
	if call == nil || call.Func.Name != "COUNT" || call.Arg != nil || len(b.where) > 0 {
		return nil
	}
	b.lookup = &CountRows{Est: Estimate{Rows: 1, Cost: 1}, Collection: b.source.collection, Out: call.Out}
	return nil
}

// edgeOfIndex recognizes MIN or MAX of the component of an index that follows the ones which
// are bound to values, where these bounds are all of where. Of any other path the
// first row in its order that is not NULL is enough, if an index has that order.
func edgeOfIndex(b *block) error {
	call := b.single()
	if call == nil || call.Func.Name != "MIN" && call.Func.Name != "MAX" {
		return nil
	}
	wanted, ok := b.sourcePath(call.Arg)
	if !ok || wanted.HasWildcard() {
		return nil
	}
	c, most := b.source.collection, call.Func.Name == "MAX"
	edge := &IndexEdge{Est: Estimate{Rows: 1, Cost: costSeek}, Collection: c, Max: most, Out: call.Out}
	if len(b.where) == 0 && isID(c, wanted) {
		b.lookup = edge
		return nil
	}
	list := b.restrictions()
	for _, index := range c.Indexes {
		if multikey(index) {
			continue
		}
		p := &path{index: index}
		p.bounds, p.served = serve(index.Keys, list)
		at := p.equalities()
		if at == len(index.Keys) || !wanted.Equal(index.Keys[at].Path) || !p.mergeable(at) || !b.servedBy(p) || p.ranged() {
			continue
		}
		edge.Index, b.lookup = index, edge
		if at > 0 {
			edge.Bounds = &Bounds{Eq: p.bounds.Eq}
		}
		return nil
	}
	b.edge = &SortKey{Expr: call.Arg, Desc: most, NullsFirst: !most}
	if !b.neverNull([]def.Key{{Path: wanted}}) {
		b.where = append(b.where, &expr.IsNull{X: call.Arg, Not: true})
	}
	return nil
}

// servedBy reports whether the bounds of p guarantee all of where.
func (b *block) servedBy(p *path) bool {
	for i := range b.where {
		if !p.serves(i) {
			return false
		}
	}
	return true
}

// ranged reports whether the bounds of p end with a range that leaves out more than NULL.
func (p *path) ranged() bool {
	return p.bounds != nil && (p.bounds.Row != nil || p.bounds.Upper != nil || p.bounds.Lower != nil && !p.bounds.Lower.NotNull)
}
