package executor

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/planner"
)

// countOp yields the number of documents of a collection, read from its counter.
type countOp struct {
	node *planner.CountRows
	x    *execution
	done bool
}

func (c *countOp) open(x *execution) error {
	c.x = x
	return nil
}

func (c *countOp) next() (bool, error) {
	if c.done {
		return false, nil
	}
	c.done = true
	n, err := c.x.tx.Count(c.x.ctx, c.node.Collection)
	c.x.frame.Vals[c.node.Out] = document.Int(n)
	return err == nil, err
}

func (c *countOp) close() error { return nil }

// edgeOp yields the least or greatest non-null value of an index component, or of _id.
type edgeOp struct {
	node   *planner.IndexEdge
	x      *execution
	actual *planner.Actual
	done   bool
}

func (e *edgeOp) open(x *execution) error {
	e.x, e.actual = x, x.actual(e.node)
	return nil
}

func (e *edgeOp) next() (bool, error) {
	if e.done {
		return false, nil
	}
	e.done = true
	v, err := e.edge()
	e.x.frame.Vals[e.node.Out] = v
	return err == nil, err
}

func (e *edgeOp) edge() (document.Value, error) {
	if e.node.Index == nil {
		return e.idEdge()
	}
	b, ok, err := evaluateBounds(e.node.Bounds, e.x.frame, new(boundsRoom))
	if err != nil || !ok {
		return document.Null(), err
	}
	b.tail = []interval{{lower: &engine.Limit{Value: document.Null()}}}
	at := len(b.eq)
	// One value bound to a component may be several places (`flag = 1`): the edge is the best of theirs.
	best := document.Null()
	ranges := newRangeList(b, make([]bool, at+1))
	for {
		r, ok := ranges.next()
		if !ok {
			return best, nil
		}
		v, err := e.rangeEdge(r, at)
		if err != nil {
			return document.Null(), err
		}
		if !v.IsNull() && (best.IsNull() || (document.Compare(v, best) > 0) == e.node.Max) {
			best = v
		}
	}
}

// rangeEdge returns the edge of component at within one range.
func (e *edgeOp) rangeEdge(r engine.Range, at int) (document.Value, error) {
	key := e.node.Index.Keys[at]
	scan := e.x.tx.ScanIndex(e.x.ctx, e.node.Collection, e.node.Index, r,
		engine.ScanOptions{Reverse: e.node.Max != key.Desc, Ordered: true})
	defer scan.Close()
	for scan.Next() {
		e.actual.Entries++
		if v, ok, err := e.component(scan, at, r); ok || err != nil {
			return v, err
		}
		if err := e.x.interrupted(); err != nil {
			return document.Null(), err
		}
	}
	return document.Null(), scan.Err()
}

// component returns component at of an entry; ok is false when the entry, whose components before are inexact, lies
// outside the range.
func (e *edgeOp) component(scan *engine.IndexScan, at int, r engine.Range) (v document.Value, ok bool, err error) {
	exact := true
	for i := range at + 1 {
		component, same := scan.Component(i)
		exact = exact && same
		if i == at && exact {
			return component.Clone(), true, nil
		}
	}
	e.actual.Documents++
	err = e.x.tx.GetMany(e.x.ctx, e.node.Collection, [][]byte{scan.IDKey()}, func(_ int, rec *document.Record) error {
		if rec == nil {
			return nil
		}
		ok = true
		for i := range at {
			ok = ok && document.Equal(rec.Lookup(document.NewAccessor(e.node.Index.Keys[i].Path)), r.Eq[i])
		}
		v = rec.Lookup(document.NewAccessor(e.node.Index.Keys[at].Path)).Clone()
		return nil
	})
	return v, ok, err
}

// idEdge returns the least or greatest _id.
func (e *edgeOp) idEdge() (document.Value, error) {
	scan := e.x.tx.Scan(e.x.ctx, e.node.Collection, nil, e.node.Max)
	defer scan.Close()
	if !scan.Next() {
		return document.Null(), scan.Err()
	}
	e.actual.Documents++
	return scan.Record().ID().Clone(), nil
}

func (e *edgeOp) close() error { return nil }
