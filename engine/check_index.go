package engine

import (
	"bytes"
	"context"
	"hash/maphash"
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index"
)

// An index is compared with its documents by sums: those of the hashes of all entries that
// the documents should have, and of all entries there are, each of 128 bits. A
// million random look-ups would take minutes where two scans take a second.
// Only when the sums differ are entries looked up one by one, to name them.

// entrySum is the sum of entries in any order.
type entrySum struct {
	entries int64
	a, b    uint64
}

var sumSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func (s *entrySum) add(key, value []byte) {
	s.entries++
	s.a += maphash.Bytes(sumSeeds[0], key) * (maphash.Bytes(sumSeeds[0], value) | 1)
	s.b += maphash.Bytes(sumSeeds[1], key) * (maphash.Bytes(sumSeeds[1], value) | 1)
}

// index compares an index with what its documents should have.
func (c *checker) index(ctx context.Context, e *entry, x *indexState, want entrySum) error {
	var got entrySum
	wellFormed := true
	scan := x.Scan(ctx, c.t.txn, &Range{}, index.ScanOptions{})
	defer scan.Close()
	for scan.Next() {
		got.add(scan.Key(), scan.Value())
		if !scan.Verify() {
			break
		}
	}
	if err := scan.Err(); err != nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.problem("collection %s: %v", e.Name, err)
		wellFormed = false
	}
	c.report.IndexEntries += got.entries
	if got == want {
		return nil
	}
	c.problem("collection %s: index %s has %d entries, the documents have %d, or others", e.Name, x.Def.Name, got.entries, want.entries)
	if err := c.missingEntries(ctx, e, x); err != nil || !wellFormed {
		return err
	}
	return c.strayEntries(ctx, e, x)
}

// lookedUp is how many entries are looked up together, in the order of their keys.
const lookedUp = 8192

// missingEntries names the documents whose entry is not there or not as it should be.
func (c *checker) missingEntries(ctx context.Context, e *entry, x *indexState) error {
	type wanted struct{ key, value, id []byte }
	var batch []wanted
	flush := func() error {
		slices.SortFunc(batch, func(a, b wanted) int { return bytes.Compare(a.key, b.key) })
		for _, want := range batch {
			value, found, err := c.t.get(ctx, want.key)
			switch {
			case err != nil:
				return err
			case !found:
				c.problem("collection %s: index %s has no entry of document %x", e.Name, x.Def.Name, want.id)
			case !bytes.Equal(value, want.value):
				c.problem("collection %s: index %s: entry of document %x has the value %x, expected %x", e.Name, x.Def.Name, want.id, value, want.value)
			}
		}
		batch = batch[:0]
		return nil
	}
	err := c.eachDocument(ctx, e, func(v *version) error {
		var own index.Entry
		x.Entry(&own, &v.rec, v.idKey(), v.idKind)
		batch = append(batch, wanted{own.Key, own.Value, bytes.Clone(v.idKey())})
		if len(batch) == lookedUp {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// strayEntries names the entries that are no document's.
func (c *checker) strayEntries(ctx context.Context, e *entry, x *indexState) error {
	scan := x.Scan(ctx, c.t.txn, &Range{}, index.ScanOptions{})
	defer scan.Close()
	for scan.Next() {
		id := bytes.Clone(scan.IDKey())
		data, found, err := c.t.get(ctx, append(e.space.prefix[:prefixSize:prefixSize], id...))
		if err != nil {
			return err
		}
		// A document that cannot be read was a problem before.
		var rec document.Record
		if found && rec.Reset(data, e.space.dict) == nil {
			x.Entry(&c.entry, &rec, id, document.KindByteID(rec.ID()))
			if bytes.Equal(c.entry.Key, scan.Key()) {
				continue
			}
		}
		c.problem("collection %s: index %s: entry %x is no document's", e.Name, x.Def.Name, scan.Key())
	}
	return scan.Err()
}
