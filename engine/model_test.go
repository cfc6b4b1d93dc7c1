package engine_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/engine/enginetest"
	"github.com/fluxdb/fluxdb/index/def"
)

var modelIndexes = []string{"a", "a desc", "o.a, b desc", "b desc, a, d", "d"}

// TestRandomOperationsAgreeWithAModel runs random transactions on one collection, comparing
// documents, order, fields, counts and index scans with a model, in the middle of
// transactions and after them.
func TestRandomOperationsAgreeWithAModel(t *testing.T) {
	r := newRand(t)
	for range 6 {
		db := enginetest.Open(t, engine.Options{})
		create(t, db, def.Collection{Name: "c", Open: true})
		committed := &model{docs: map[string]document.Value{}, indexes: map[string]def.Index{}}
		for range 12 {
			tx := begin(t, db)
			m := committed.clone()
			run := &modelRun{t: t, r: r, tx: tx, m: m}
			for range 1 + r.IntN(60) {
				run.step()
				if t.Failed() {
					return
				}
			}
			run.compare()
			if r.IntN(4) == 0 {
				tx.Rollback()
				continue
			}
			commit(t, tx)
			committed = run.m
			(&modelRun{t: t, r: r, tx: begin(t, db), m: committed}).compare()
			enginetest.Check(ctx, t, db)
			if t.Failed() {
				return
			}
		}
	}
}

type modelRun struct {
	t     *testing.T
	r     *rand.Rand
	tx    *engine.Tx
	m     *model
	saved []savedModel
}

type savedModel struct {
	point engine.Savepoint
	m     *model
}

func (run *modelRun) c() *def.Collection { return collection(run.t, run.tx, "c") }

func (run *modelRun) step() {
	r, m, tx, t := run.r, run.m, run.tx, run.t
	switch n := r.IntN(40); {
	case n < 16:
		doc := randomDocument(r, randomID(r))
		bad := m.violates(doc, "")
		_, err := tx.Insert(ctx, run.c(), doc)
		if run.agree("insert", bad, err) {
			m.docs[idOf(doc)] = doc
		}
	case n < 24 && len(m.docs) > 0:
		old := m.sorted()[r.IntN(len(m.docs))]
		rec, err := tx.Get(ctx, run.c(), old.Get("_id"))
		must(t, err)
		id := old.Get("_id")
		if r.IntN(4) == 0 {
			id = randomID(r)
		}
		doc := randomDocument(r, id)
		bad := m.violates(doc, idOf(old))
		_, err = tx.Update(ctx, run.c(), rec, doc)
		if run.agree("update", bad, err) {
			delete(m.docs, idOf(old))
			m.docs[idOf(doc)] = doc
		}
	case n < 31 && len(m.docs) > 0:
		old := m.sorted()[r.IntN(len(m.docs))]
		rec, err := tx.Get(ctx, run.c(), old.Get("_id"))
		must(t, err)
		must(t, tx.Delete(ctx, run.c(), rec))
		delete(m.docs, idOf(old))
	case n < 33:
		run.saved = append(run.saved, savedModel{tx.Savepoint(), m.clone()})
	case n < 35 && len(run.saved) > 0:
		i := r.IntN(len(run.saved))
		must(t, tx.RollbackTo(run.saved[i].point))
		run.m = run.saved[i].m.clone()
		run.saved = run.saved[:i+1]
	case n < 37:
		run.toggleIndex()
	case n == 37 && r.IntN(8) == 0:
		must(t, tx.Truncate(ctx, run.c()))
		m.docs = map[string]document.Value{}
	case n == 38 && r.IntN(8) == 0:
		must(t, tx.DropCollection(ctx, run.c()))
		must(t, tx.CreateCollection(ctx, def.Collection{Name: "c", Open: true}))
		m.docs, m.indexes = map[string]document.Value{}, map[string]def.Index{}
	case n == 39:
		run.compare()
	}
}

// agree reports whether the write was done, and fails where it should not have been.
func (run *modelRun) agree(what string, bad bool, err error) bool {
	run.t.Helper()
	if bad != errors.Is(err, engine.ErrDuplicateKey) || !bad && err != nil {
		run.t.Errorf("%s: got %v, a duplicate: %v", what, err, bad)
	}
	return err == nil
}

func (run *modelRun) toggleIndex() {
	n := run.r.IntN(len(modelIndexes) + 1)
	ix := def.Index{Name: "unique", Unique: true, Keys: keys(run.t, "u"), NullsNotDistinct: false}
	if n < len(modelIndexes) {
		ix = def.Index{Name: fmt.Sprint("ix", n), Keys: keys(run.t, modelIndexes[n])}
	}
	if old, there := run.m.indexes[ix.Name]; there {
		_, made, err := run.tx.Catalog().Index(old.Name)
		must(run.t, err)
		must(run.t, run.tx.DropIndex(ctx, run.c(), made))
		delete(run.m.indexes, ix.Name)
		return
	}
	bad := false
	for _, a := range run.m.docs {
		for _, b := range run.m.docs {
			bad = bad || ix.Unique && idOf(a) != idOf(b) && equalOn(ix, a, b)
		}
	}
	point := run.tx.Savepoint()
	if run.agree("create index", bad, run.tx.CreateIndex(ctx, run.c(), ix)) {
		run.m.indexes[ix.Name] = ix
		return
	}
	must(run.t, run.tx.RollbackTo(point))
}

func (run *modelRun) compare() {
	t, tx, c := run.t, run.tx, run.c()
	t.Helper()
	docs := run.m.sorted()
	n, err := tx.Count(ctx, c)
	must(t, err)
	want(t, n, int64(len(docs)))
	want(t, tx.EstimateCount(c), int64(len(docs)))
	set, err := tx.Fields(ctx, c)
	must(t, err)
	again, err := tx.Fields(ctx, c)
	must(t, err)
	if set != again {
		t.Error("Fields gives another pointer though nothing changed")
	}
	names, leaves := run.m.leaves()
	got := slices.Sorted(slices.Values(set.Names))
	want(t, got, names)
	got = slices.Sorted(slices.Values(set.Leaves))
	want(t, got, leaves)
	for range 8 {
		r := randomRange(run.r, 1, func() document.Value { return randomID(run.r) })
		var expected []document.Value
		for _, d := range docs {
			if holds(r, []document.Value{d.Get("_id")}) {
				expected = append(expected, d)
			}
		}
		run.compareScan(&r, expected)
	}
	run.compareScan(nil, docs)
	for _, name := range slices.Sorted(maps.Keys(run.m.indexes)) {
		run.compareIndex(run.m.indexes[name])
	}
}

func (run *modelRun) compareScan(r *engine.Range, expected []document.Value) {
	run.t.Helper()
	reverse := run.r.IntN(2) == 0
	if reverse {
		slices.Reverse(expected)
		defer slices.Reverse(expected)
	}
	scan := run.tx.Scan(ctx, run.c(), r, reverse)
	i := 0
	for ; scan.Next(); i++ {
		if i == len(expected) || !document.Identical(scan.Record().Decode(), expected[i]) {
			run.t.Errorf("scan %+v reverse %v: document %d is %s", r, reverse, i, text(scan.Record()))
			break
		}
	}
	must(run.t, scan.Close())
	if i < len(expected) && !run.t.Failed() {
		run.t.Errorf("scan %+v: %d documents, expected %d", r, i, len(expected))
	}
}

func (run *modelRun) compareIndex(ix def.Index) {
	t, tx := run.t, run.tx
	t.Helper()
	_, made, err := tx.Catalog().Index(ix.Name)
	must(t, err)
	want(t, tx.Entries(run.c(), made), int64(len(run.m.docs)))
	for i := range 8 {
		var r engine.Range
		if i > 0 {
			r = randomRange(run.r, len(ix.Keys), func() document.Value { return randomValue(run.r, 1) })
		}
		var expected []document.Value
		for _, d := range run.m.docs {
			if holds(r, components(ix, d)) {
				expected = append(expected, d)
			}
		}
		slices.SortFunc(expected, func(a, b document.Value) int { return inOrder(ix, a, b) })
		opts := engine.ScanOptions{Reverse: run.r.IntN(2) == 0, Ordered: true}
		if opts.Reverse {
			slices.Reverse(expected)
		}
		run.compareEntries(ix, made, r, opts, expected)
	}
}

func (run *modelRun) compareEntries(ix def.Index, made *def.Index, r engine.Range, opts engine.ScanOptions, expected []document.Value) {
	t := run.t
	t.Helper()
	scan := run.tx.ScanIndex(ctx, run.c(), made, r, opts)
	defer scan.Close()
	var got []document.Value
	for scan.Next() {
		doc := run.m.docs[string(scan.IDKey())]
		values, inexact := components(ix, doc), false
		for i := range scan.Len() {
			v, exact := scan.Component(i)
			inexact = inexact || !exact
			if exact && !document.Identical(v, values[i]) {
				t.Errorf("index %s: component %d is %v, the document has %v", ix.Name, i, v, values[i])
			}
		}
		if id := scan.ID(); !document.Identical(id, doc.Get("_id")) {
			t.Errorf("index %s: the _id is %v, the document has %v", ix.Name, id, doc.Get("_id"))
		}
		if inexact && !holds(r, values) {
			continue // what a caller checks again
		}
		got = append(got, doc.Get("_id"))
	}
	must(t, scan.Err())
	ok := slices.EqualFunc(got, expected, func(id, doc document.Value) bool { return document.Identical(id, doc.Get("_id")) })
	if !ok {
		t.Errorf("index %s %+v %+v:\ngot  %s\nwant %s", ix.Name, r, opts, showIDs(got), showDocs(ix, expected))
	}
}

func showIDs(ids []document.Value) string {
	return string(document.AppendJSON(nil, document.Array(ids), document.Exact))
}

func showDocs(ix def.Index, docs []document.Value) string {
	var ids []document.Value
	for _, d := range docs {
		ids = append(ids, d.Get("_id"), document.Array(components(ix, d)))
	}
	s := showIDs(ids)
	return s[:min(len(s), 2000)]
}
