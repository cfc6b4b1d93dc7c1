package engine_test

import (
	"slices"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/engine/enginetest"
	"github.com/fluxdb/fluxdb/index/def"
)

// TestPartsOfAScanAreTheScan cuts scans at random places, and their parts again, and reads the parts with another scan.
func TestPartsOfAScanAreTheScan(t *testing.T) {
	r := newRand(t)
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	tx := begin(t, db)
	c := collection(t, tx, "c")
	var heap, even []document.Value
	for i := range 300 {
		heap = append(heap, document.Float(1+float64(i)/1e13), document.Int(int64(i+2)))
		even = append(even, document.NewID())
	}
	divided := 0
	for round := range 60 {
		ids := even
		if round%2 == 1 {
			ids = heap
		}
		mark := tx.Savepoint()
		n := r.IntN(len(ids) + 1)
		for _, i := range r.Perm(len(ids))[:n] {
			if _, err := tx.Insert(ctx, c, document.Object([]document.Field{{Name: "_id", Value: ids[i]}})); err != nil {
				t.Fatal(err)
			}
		}
		var bounds *engine.Range
		if round%4 == 1 { // a range of packed ids is one of two kinds of keys
			bounds = &engine.Range{Lower: &engine.Limit{Value: ids[r.IntN(len(ids))], Inclusive: r.IntN(2) == 0}}
		}
		var want, got []string
		whole := tx.Scan(ctx, c, bounds, false)
		for whole.Next() {
			want = append(want, text(whole.Record()))
		}
		must(t, whole.Close())

		first := tx.Scan(ctx, c, bounds, false)
		if !first.Divisible() {
			t.Fatal("a scan of ids of one kind is not divisible")
		}
		second := first.Another(ctx, tx)
		must(t, first.Reach(ctx, tx))
		// read reads a part, which it cuts after some documents, and then the parts that this gave.
		var read func(s *engine.Scan, steps int)
		read = func(s *engine.Scan, steps int) {
			for s.Next() {
				got = append(got, text(s.Record()))
				if steps--; steps == 0 {
					if left := s.Left(10); left < 0 {
						t.Errorf("%f documents are left", left)
					}
					parts := s.Cut(1 + r.IntN(6))
					divided += len(parts)
					if s.Next() {
						t.Error("a scan goes on where it was cut")
					}
					for _, p := range parts {
						second.Enter(p)
						read(second, 1+r.IntN(40))
					}
					return
				}
			}
		}
		read(first, 1+r.IntN(20))
		if !slices.Equal(want, got) {
			t.Fatalf("round %d: %d documents\n%v\n%d in parts\n%v", round, len(want), want, len(got), got)
		}
		must(t, first.Close())
		must(t, second.Close())
		must(t, tx.RollbackTo(mark))
	}
	if divided < 500 {
		t.Errorf("only %d parts", divided)
	}
}

func TestScansThatAreNotCut(t *testing.T) {
	db := enginetest.Open(t, engine.Options{})
	create(t, db, def.Collection{Name: "c", Open: true})
	tx := begin(t, db)
	c := collection(t, tx, "c")
	for _, id := range []document.Value{document.NewID(), document.String("text")} {
		if _, err := tx.Insert(ctx, c, document.Object([]document.Field{{Name: "_id", Value: id}})); err != nil {
			t.Fatal(err)
		}
	}
	merging, reverse := tx.Scan(ctx, c, nil, false), tx.Scan(ctx, c, nil, true)
	if merging.Divisible() || reverse.Divisible() {
		t.Error("a scan that merges two kinds of ids, or reads downwards, can be cut")
	}
	must(t, merging.Close())
	must(t, reverse.Close())
}
