package executor

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb/document"
)

// TestStatementsShareTheHelpers has many sessions read at once what each alone would have read by two helpers.
func TestStatementsShareTheHelpers(t *testing.T) {
	s := testSession(t)
	spread(t, s, newRand(t), 2000, "even")
	queries := []string{`SELECT VALUE c FROM c`, `SELECT n % 90, COUNT(*), ARRAY_AGG(a) FROM c GROUP BY 1`, `SELECT n, a FROM c ORDER BY b, n LIMIT 50`}
	undivided(s)
	var want [][]string
	for _, query := range queries {
		want = append(want, exactRows(t, s, query))
	}
	helped(s)
	most := s.db.crewing.count() - 1
	var group sync.WaitGroup
	for i := range 12 {
		own := s.db.NewSession()
		t.Cleanup(func() { own.Close() })
		group.Add(1)
		go func() {
			defer group.Done()
			for round := range 6 {
				at := (i + round) % len(queries)
				rows, err := own.Query(context.Background(), queries[at], nil)
				if err != nil {
					t.Error(err)
					return
				}
				var got []string
				for rows.Next() {
					var row []byte
					for _, v := range rows.Values() {
						row = append(document.AppendJSON(row, v, document.Exact), ' ')
					}
					got = append(got, string(row))
					if n := s.db.Stats().Helpers; n > most {
						t.Errorf("%d helpers, expected %d at most", n, most)
						break
					}
				}
				if err := rows.Err(); err != nil {
					t.Error(err)
				}
				rows.Close()
				if diff := cmp.Diff(want[at], got); diff != "" {
					t.Errorf("%s\n(-alone +among others)\n%s", queries[at], diff)
				}
			}
		}()
	}
	group.Wait()
	if n := s.db.Stats().Helpers; n != 0 {
		t.Errorf("%d helpers in the end", n)
	}
}

// TestAStatementWithoutHelpersReadsAlone has others hold all helpers: answers are the same, and do not wait.
func TestAStatementWithoutHelpersReadsAlone(t *testing.T) {
	s := testSession(t)
	spread(t, s, newRand(t), 2000, "even")
	s.db.memory.helpers.Store(2)
	for _, query := range []string{`SELECT COUNT(*), SUM(n) FROM c WHERE n >= 0`, `SELECT o.q, COUNT(*) FROM c GROUP BY o.q`, `SELECT n FROM c ORDER BY n DESC LIMIT 3`, `SELECT n, o FROM c`} {
		undivided(s)
		want := exactRows(t, s, query)
		helped(s)
		if diff := cmp.Diff(want, exactRows(t, s, query)); diff != "" {
			t.Errorf("%s\n(-undivided +without helpers)\n%s", query, diff)
		}
		if plan := strings.Join(exactRows(t, s, "EXPLAIN ANALYZE "+query), "\n"); strings.Contains(plan, " cores,") {
			t.Errorf("%s: read by helpers that there are not:\n%s", query, plan)
		}
	}
	if n := s.db.memory.helpers.Load(); n != 2 {
		t.Errorf("%d helpers, expected the 2 of others", n)
	}
}

// TestRowsGetHelpersLaterAndLendThem has rows begin while others hold all helpers, get some when these are done, and
// give them back while nobody pulls.
func TestRowsGetHelpersLaterAndLendThem(t *testing.T) {
	s := testSession(t)
	spread(t, s, newRand(t), 2000, "even")
	helped(s)
	s.db.crewing.idle = false
	s.db.memory.helpers.Store(2)
	rows, err := s.Query(context.Background(), `SELECT n FROM c`, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	pull := func() {
		for range 200 {
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
		}
	}
	if pull(); helping(rows) {
		t.Error("a helper has read though others hold all")
	}
	s.db.memory.helpers.Store(0)
	if pull(); !helping(rows) {
		t.Error("no helper has read though there are some again")
	}
	rows.sets.cursor.root.(*aheadOp).crew.group.Wait() // until enough was read ahead
	if n := s.db.Stats().Helpers; n != 0 {
		t.Errorf("rows that nobody pulls hold %d helpers", n)
	}
	pull()
}
