package executor

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
)

func TestACrewEndsWithItsRows(t *testing.T) {
	s := testSession(t)
	spread(t, s, newRand(t), 2000, "even")
	helped(s)
	before := goleak.IgnoreCurrent()
	for _, n := range []int{0, 1, 5, 40, 700} {
		rows, err := s.Query(context.Background(), `SELECT VALUE c FROM c`, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range n {
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		if err := goleak.Find(before); err != nil {
			t.Fatalf("closed after %d rows: %v", n, err)
		}
		if used := s.db.memory.used.Load(); used != 0 {
			t.Errorf("closed after %d rows: %d bytes of work memory are held", n, used)
		}
	}
}

func TestFewRowsNeedNoCrew(t *testing.T) {
	s := testSession(t)
	spread(t, s, newRand(t), 300, "even")
	s.db.crewing = crewing{after: 100, size: 50, rows: 20, hands: 3}
	rows, err := s.Query(context.Background(), `SELECT VALUE c FROM c`, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for range 100 {
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
	}
	ahead := rows.sets.cursor.root.(*aheadOp)
	if ahead.crew != nil {
		t.Error("the first hundred rows are read by a crew")
	}
	if rows.Next(); ahead.crew == nil || len(ahead.crew.hands) != 2 {
		t.Error("the row after the first hundred is read by one goroutine")
	}
}

// TestABatchKeepsNothingBorrowed overwrites what rows were made from.
func TestABatchKeepsNothingBorrowed(t *testing.T) {
	c := newTestCollection(t)
	c.insert(t, document.Field{Name: "_id", Value: document.Int(1)}, document.Field{Name: "s", Value: document.String("hello")})
	x := c.execution(t)
	scan := newScan(&planner.Scan{Collection: c.def})
	if err := scan.open(x); err != nil {
		t.Fatal(err)
	}
	defer scan.close()
	if ok, err := scan.next(); !ok {
		t.Fatal(err)
	}
	for _, json := range []bool{false, true} {
		var stored, text []byte
		stored = append(stored, x.frame.Docs[0].Data()...)
		text = append(text, "some text"...)
		var rec document.Record
		if err := rec.Reset(stored, x.frame.Docs[0].Dictionary()); err != nil {
			t.Fatal(err)
		}
		vals := x.frame.Vals
		vals[0], vals[1], vals[2] = document.RecordValue(&rec), document.StringBytes(text), document.Bytes(text)
		vals[3] = document.Array([]document.Value{document.StringBytes(text)})
		columns := []Column{{Reg: 0}, {Reg: 1}, {Reg: 2}, {Reg: 3}}
		want := rowText(vals)
		b := (&aheadOp{columns: columns}).begin(json)(x).(*batch)
		if _, err := b.add(); err != nil {
			t.Fatal(err)
		}
		for i := range stored {
			stored[i] = '#'
		}
		for i := range text {
			text[i] = '#'
		}
		clear(vals)
		if !b.next(vals, columns) || b.next(vals, columns) {
			t.Error("one row was added")
		}
		if json {
			vals[0], vals[3] = parsed(t, vals[0]), parsed(t, vals[3])
		}
		if got := rowText(vals); got != want {
			t.Errorf("JSON %v: %s, expected %s", json, got, want)
		}
		b.drop()
	}
}

func rowText(vals []document.Value) string { return text(vals[:4]) }

// parsed returns what the JSON in bytes says.
func parsed(t testing.TB, v document.Value) document.Value {
	t.Helper()
	out, err := document.ParseJSON(v.AsBytes())
	if err != nil {
		t.Fatal(err)
	}
	return out
}
