package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/fluxdb/fluxdb/index"
	"github.com/fluxdb/fluxdb/storage"
)

// Report is what Check found.
type Report struct {
	Collections, Documents, IndexEntries int64
	// Problems are what does not agree, empty for a sound database. After
	// maxProblems the rest is left out.
	Problems []string
}

const maxProblems = 100

// Check reads a whole snapshot of the database and compares documents, indexes
// and counters with one another, in bounded memory. The error says why it could not be finished.
func Check(ctx context.Context, db *DB) (*Report, error) {
	t, err := db.Begin(ctx, TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer t.Rollback()
	c := &checker{t: t, report: &Report{}, counts: map[counterID]int64{}}
	owners := map[uint64]bool{}
	for _, coll := range t.catalog.Collections() {
		e := t.catalog.entries[coll.Name]
		owners[e.ID] = true
		for _, x := range slices.Concat(e.indexes, e.building) {
			owners[x.Def.ID] = true
		}
		if err := c.collection(ctx, e); err != nil {
			return nil, fmt.Errorf("check collection %s: %w", e.Name, err)
		}
	}
	if err := c.strayCounters(ctx, owners); err != nil {
		return nil, err
	}
	return c.report, nil
}

type checker struct {
	t      *Tx
	report *Report
	counts map[counterID]int64 // recounted, of the present collection
	sums   []entrySum          // of the entries its documents should have, by index
	entry  index.Entry
}

func (c *checker) problem(format string, args ...any) {
	switch n := len(c.report.Problems); {
	case n < maxProblems:
		c.report.Problems = append(c.report.Problems, fmt.Sprintf(format, args...))
	case n == maxProblems:
		c.report.Problems = append(c.report.Problems, "and more")
	}
}

func (c *checker) collection(ctx context.Context, e *entry) error {
	clear(c.counts)
	c.sums = make([]entrySum, len(e.indexes))
	c.report.Collections++
	err := c.eachDocument(ctx, e, func(v *version) error {
		c.report.Documents++
		if err := v.rec.Verify(); err != nil {
			c.problem("collection %s: document %x: %v", e.Name, v.idKey(), err)
		}
		c.count(e, v)
		for i, x := range e.indexes {
			x.Entry(&c.entry, &v.rec, v.idKey(), v.idKind)
			c.sums[i].add(c.entry.Key, c.entry.Value)
			c.counts[counterID{x.Def.ID, countEntries, 0}]++
			if c.entry.Array {
				c.counts[counterID{x.Def.ID, countArrays, 0}]++
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, x := range e.indexes {
		if err := c.index(ctx, e, x, c.sums[i]); err != nil {
			return err
		}
	}
	return c.compareCounters(ctx, e)
}

// eachDocument calls fn for each document that can be read and stands under its
// own _id. The others are problems.
func (c *checker) eachDocument(ctx context.Context, e *entry, fn func(v *version) error) error {
	lo, hi := keyRange(tagDocument, e.ID)
	it := c.t.txn.Scan(ctx, storage.ScanOptions{Lower: lo, Upper: hi})
	defer it.Close()
	w := &writer{entry: e}
	var v version
	for it.Next() {
		err := v.take(ctx, w, it.Value())
		if err == nil && !bytes.Equal(v.key, it.Key()) {
			err = fmt.Errorf("its _id has the key %x", v.idKey())
		}
		if err != nil {
			c.problem("collection %s: document %x: %v", e.Name, it.Key()[prefixSize:], err)
			continue
		}
		if err := fn(&v); err != nil {
			return err
		}
	}
	return it.Err()
}

// count adds a document to the recounted counters.
func (c *checker) count(e *entry, v *version) {
	c.counts[counterID{e.ID, countDocuments, 0}]++
	if v.packed {
		c.counts[counterID{e.ID, countPacked, 0}]++
	}
	if v.text {
		c.counts[counterID{e.ID, countText, 0}]++
	}
	if shape := v.rec.Shape(); shape != nil {
		c.counts[counterID{e.ID, countShape, shape.ID()}]++
	}
	for _, n := range v.fields {
		if n >= 0 {
			c.counts[counterID{e.ID, countField, uint32(n)}] += v.weight()
		}
	}
}

// compareCounters compares the counters of a collection and its indexes with what was
// recounted, and the fields of memory with them.
func (c *checker) compareCounters(ctx context.Context, e *entry) error {
	owners := []uint64{e.ID}
	for _, x := range e.indexes {
		owners = append(owners, x.Def.ID)
	}
	for _, owner := range owners {
		lo, hi := counterRange(owner)
		err := c.t.txn.ScanCounters(ctx, lo, hi, func(key []byte, n int64) error {
			id, ok := parseCounter(key)
			if !ok {
				c.problem("collection %s: counter %x", e.Name, key)
				return nil
			}
			if want := c.counts[id]; n != want {
				c.problem("collection %s: counter %c of %d (%d) is %d, recounted %d", e.Name, id.kind, id.owner, id.number, n, want)
			}
			delete(c.counts, id)
			return nil
		})
		if err != nil {
			return err
		}
	}
	for id, want := range c.counts {
		if want != 0 {
			c.problem("collection %s: counter %c of %d (%d) is missing, recounted %d", e.Name, id.kind, id.owner, id.number, want)
		}
	}
	return c.compareFields(ctx, e)
}

func (c *checker) compareFields(ctx context.Context, e *entry) error {
	known, err := c.t.Fields(ctx, e.Collection)
	if err != nil {
		return err
	}
	exact, err := c.t.exactFields(ctx, e, fieldCounts{})
	if err != nil {
		return err
	}
	if !equalSets(known, exact) {
		c.problem("collection %s: its fields in memory are %v, by the counters %v", e.Name, known.Names, exact.Names)
	}
	return nil
}

// strayCounters looks for counters of what is not there.
func (c *checker) strayCounters(ctx context.Context, owners map[uint64]bool) error {
	return c.t.txn.ScanCounters(ctx, nil, nil, func(key []byte, n int64) error {
		if id, ok := parseCounter(key); n != 0 && (!ok || !owners[id.owner]) {
			c.problem("counter %x is %d and belongs to nothing", key, n)
		}
		return nil
	})
}
