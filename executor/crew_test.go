package executor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// crewed has a session divide every scan of more than a few documents among three goroutines, of which the
// owner's is idle half of the time.
func crewed(s *Session) {
	s.db.crewing = crewing{after: 5, size: 7, rows: 4, hands: 3, idle: rand.IntN(2) == 0}
}

// helped has helpers read all but the first documents.
func helped(s *Session) {
	crewed(s)
	s.db.crewing.idle = true
}

// undivided has a session divide none.
func undivided(s *Session) { s.db.crewing = crewing{hands: 1} }

// spread fills collection c with n documents whose ids lie evenly, in heaps or in both kinds of keys.
func spread(t testing.TB, s *Session, rng *rand.Rand, n int, ids string) {
	t.Helper()
	mustExec(t, s, `CREATE COLLECTION c`)
	st, err := s.Prepare(context.Background(), `INSERT INTO c VALUES (?)`)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	mustExec(t, s, `BEGIN`)
	for i := range n {
		id := document.Int(int64(i))
		switch {
		case ids == "even" && i == 400:
			id = document.Bool(true)
		case ids == "heaps" && i%10 > 0:
			id = document.Float(1 + float64(i)/1e12)
		case ids == "uuid":
			id = document.NewID()
		case ids == "mixed" && i%3 == 0:
			id = document.NewID()
		case ids == "mixed" && i%3 == 1:
			id = document.String(fmt.Sprintf("id %d", i))
		}
		doc := document.Object([]document.Field{{Name: "_id", Value: id}, {Name: "n", Value: document.Int(int64(i))},
			{Name: "a", Value: randomValue(rng)}, {Name: "b", Value: randomValue(rng)},
			{Name: "o", Value: document.Object([]document.Field{{Name: "p", Value: randomValue(rng)}, {Name: "q", Value: document.Int(int64(rng.IntN(9)))}})}})
		if _, err := st.Exec(context.Background(), []Arg{{Ordinal: 1, Value: doc}}); err != nil {
			t.Fatal(err)
		}
	}
	mustExec(t, s, `COMMIT`)
}

// exactRows returns all rows of a query, in order and exactly as they are.
func exactRows(t testing.TB, s *Session, text string) []string {
	t.Helper()
	rows, err := s.Query(context.Background(), text, nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var row []byte
		for _, v := range rows.Values() {
			row = append(document.AppendJSON(row, v, document.Exact), ' ')
		}
		all = append(all, string(row))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return all
}

// renderedRows returns all rows of a query as the driver does.
func renderedRows(t testing.TB, s *Session, text string) []string {
	t.Helper()
	rows, err := s.Query(context.Background(), text, nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	rows.AcceptJSON()
	var all []string
	for rows.Next() {
		var row []byte
		for _, v := range rows.Values() {
			if v.Kind() == document.KindBytes {
				row = append(append(row, v.AsBytes()...), ' ')
			} else {
				row = append(document.AppendJSON(row, v, document.Plain), ' ')
			}
		}
		all = append(all, string(row))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return all
}

// crewForms are queries that a crew reads; the first verb takes a condition.
var crewForms = []string{
	`SELECT COUNT(*), COUNT(a), MIN(b), MAX(b), SUM(n), GROUP_CONCAT(o.q) FROM c WHERE %s`,
	`SELECT a, COUNT(*), MIN(b), MAX(o.p), AVG(n), ARRAY_AGG(n) FROM c WHERE %s GROUP BY a`,
	`SELECT a, MEDIAN(n), MODE(o.q), BOOL_OR(n > 5), BIT_AND(n), APPROX_COUNT_DISTINCT(n) FROM c WHERE %s GROUP BY a`,
	`SELECT a, ARRAY_AGG(n ORDER BY o.q DESC, b), OBJECT_AGG(o.q, n), ANY_VALUE(b), PERCENTILE_DISC(0.3) WITHIN GROUP (ORDER BY b) FROM c WHERE %s GROUP BY a`,
	`SELECT o.q, COUNT(*) FILTER (WHERE a IS NULL) FROM c WHERE %s GROUP BY o.q`,
	`SELECT n %% 50, COUNT(*) FROM c WHERE %s GROUP BY 1`,
	`SELECT n, COUNT(DISTINCT a) FROM c WHERE %s GROUP BY n`,
	`SELECT a, n FROM c WHERE %s ORDER BY a LIMIT 9`,
	`SELECT VALUE c FROM c WHERE %s ORDER BY o.q DESC, b LIMIT 20 OFFSET 3`,
	`SELECT VALUE c FROM c WHERE %s`,
	`SELECT n, a, o FROM c WHERE %s`,
	`SELECT n, a || 'x' FROM c WHERE %s LIMIT 31 OFFSET 2`,
	`SELECT DISTINCT a FROM c WHERE %s`,
}

// indexForms are queries that an index on a and b covers.
var indexForms = []string{
	`SELECT COUNT(*), COUNT(b), MIN(b), MAX(a), GROUP_CONCAT(b) FROM c WHERE %s`,
	`SELECT a, COUNT(*), MIN(b), ARRAY_AGG(b) FROM c WHERE %s GROUP BY a`,
	`SELECT b, COUNT(*) FROM c WHERE %s GROUP BY b`,
	`SELECT a, b FROM c WHERE %s ORDER BY b LIMIT 9`,
	`SELECT a, b FROM c WHERE %s`,
	`SELECT a || 'x' FROM c WHERE %s LIMIT 31 OFFSET 2`,
}

// sameAlone asks the same of one goroutine and of several, and ends the transaction.
func sameAlone(t *testing.T, s *Session, query string, read func(testing.TB, *Session, string) []string) {
	t.Helper()
	undivided(s)
	want := read(t, s, query)
	crewed(s)
	got := read(t, s, query)
	if s.InTransaction() {
		mustExec(t, s, `ROLLBACK`)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s\n(-alone +crew)\n%s", query, diff)
	}
}

// TestACrewReadsAnIndex asks the same of one goroutine and of several, where an index has all that is asked for. Some of
// its entries, those of arrays and objects, leave the answer to the document.
func TestACrewReadsAnIndex(t *testing.T) {
	for _, values := range []string{"scalars", "all"} {
		t.Run(values, func(t *testing.T) {
			rng := newRand(t)
			s := testSession(t)
			spread(t, s, rng, 500, "even")
			if values == "scalars" {
				mustExec(t, s, `UPDATE c SET a = 'text of n ' || (n % 40), b = n % 9`)
			}
			mustExec(t, s, `CREATE INDEX c_a_b ON c (a, b)`)
			covered := 0
			for round := range 150 {
				where := []string{"a IS NOT NULL OR b IS NULL", "a > 'text of n 2'", "a >= '' AND b < 8", "b > 3 AND a < 'y'", "a > 5"}[rng.IntN(5)]
				query := fmt.Sprintf(indexForms[rng.IntN(len(indexForms))], where)
				if strings.Contains(strings.Join(exactRows(t, s, "EXPLAIN "+query), " "), "Covering") {
					covered++
				}
				if round%2 == 1 {
					mustExec(t, s, `BEGIN; UPDATE c SET a = 'text of all' WHERE n % 7 = 0; DELETE FROM c WHERE n % 11 = 0`)
				}
				sameAlone(t, s, query, exactRows)
			}
			if covered < 40 {
				t.Errorf("%d queries were covered by the index", covered)
			}
		})
	}
}

// TestACrewChangesNoAnswer asks the same of one goroutine and of several: the same rows, in the same order.
func TestACrewChangesNoAnswer(t *testing.T) {
	for _, ids := range []string{"even", "heaps", "uuid", "mixed"} {
		t.Run(ids, func(t *testing.T) {
			rng := newRand(t)
			s := testSession(t)
			spread(t, s, rng, 500, ids)
			begin := []string{``, `BEGIN`, `BEGIN; UPDATE c SET a = 1, added = TRUE WHERE n %% 7 = 0; DELETE FROM c WHERE n %% 11 = 0; INSERT INTO c VALUES {_id: 0.5, n: 1000}`}
			for round := range 120 {
				conditions := make([]string, 1+rng.IntN(2))
				for i := range conditions {
					conditions[i] = randomCondition(rng)
				}
				where := []string{"TRUE", strings.Join(conditions, " OR "), "_id > 20 AND _id < 400", "_id > 0", "n > 20"}[rng.IntN(5)]
				query := fmt.Sprintf(crewForms[rng.IntN(len(crewForms))], where)
				if in := begin[round%3]; in != "" {
					mustExec(t, s, strings.ReplaceAll(in, "%%", "%"))
				}
				read := exactRows
				if rng.IntN(2) == 0 {
					read = renderedRows
				}
				sameAlone(t, s, query, read)
			}
		})
	}
}

// TestACrewReads checks that the tests of this file test something: several goroutines do read.
func TestACrewReads(t *testing.T) {
	s := testSession(t)
	spread(t, s, newRand(t), 2000, "heaps")
	helped(s)
	for _, in := range []string{``, `BEGIN`} {
		for _, query := range []string{
			`SELECT COUNT(*) FROM c WHERE n > 3`, `SELECT o.q, COUNT(*) FROM c GROUP BY o.q`, `SELECT n FROM c ORDER BY o.q LIMIT 3`,
		} {
			mustExec(t, s, in)
			plan := strings.Join(exactRows(t, s, "EXPLAIN ANALYZE "+query), "\n")
			if !strings.Contains(plan, " cores,") {
				t.Errorf("%s: no crew:\n%s", query, plan)
			}
			if !strings.Contains(plan, "documents 2000") {
				t.Errorf("%s: not every document was counted:\n%s", query, plan)
			}
			if s.InTransaction() {
				mustExec(t, s, `ROLLBACK`)
			}
		}
	}
}

// TestACrewReportsTheFirstError has documents that fail on both sides: the error is that of the first one in order.
func TestACrewReportsTheFirstError(t *testing.T) {
	s := testSession(t)
	spread(t, s, newRand(t), 2000, "even")
	mustExec(t, s, `UPDATE c SET a = 'first' WHERE n = 700; UPDATE c SET a = 'second' WHERE n IN (701, 1000, 1900); UPDATE c SET a = 1 WHERE n NOT IN (700, 701, 1000, 1900)`)
	helped(s)
	before := goleak.IgnoreCurrent()
	for _, query := range []string{
		`SELECT SUM(CAST(a AS INT)) FROM c`, `SELECT o.q, SUM(CAST(a AS INT)) FROM c GROUP BY o.q`,
		`SELECT n FROM c ORDER BY CAST(a AS INT) LIMIT 3`, `SELECT CAST(a AS INT) FROM c`, `SELECT n FROM c WHERE CAST(a AS INT) = 2`,
	} {
		rows, err := s.Query(context.Background(), query, nil)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for rows.Next() {
			n++
		}
		if err := rows.Err(); err == nil || !strings.Contains(err.Error(), "first") {
			t.Errorf("%s: error %v, expected that of the first document", query, err)
		}
		if strings.HasPrefix(query, "SELECT CAST") && n != 699 { // document 400 comes last
			t.Errorf("%s: %d rows before the error, expected 699", query, n)
		}
		rows.Close()
		if err := goleak.Find(before); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func TestACrewIsCanceled(t *testing.T) {
	s := testSession(t)
	spread(t, s, newRand(t), 2000, "even")
	helped(s)
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(context.Background())
	rows, err := s.Query(ctx, `SELECT VALUE c FROM c`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
	}
	cancel()
	for n := 0; rows.Next(); n++ {
		if n > 200 {
			t.Fatal("rows go on after the context was canceled")
		}
	}
	if err := rows.Err(); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	rows.Close()
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// TestACrewEndsWithTheDatabase closes the database under open rows.
func TestACrewEndsWithTheDatabase(t *testing.T) {
	s := testSession(t)
	spread(t, s, newRand(t), 2000, "even")
	helped(s)
	before := goleak.IgnoreCurrent()
	rows, err := s.Query(context.Background(), `SELECT VALUE c FROM c`, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
	}
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
	if rows.Next() || !errors.Is(rows.Err(), ErrClosed) {
		t.Errorf("error %v", rows.Err())
	}
}

// TestACrewSpills gives all statements together less memory than the groups or the rows of a sort take.
func TestACrewSpills(t *testing.T) {
	rng := newRand(t)
	s := testSession(t)
	spread(t, s, rng, 3000, "even")
	for _, query := range []string{
		`SELECT n, COUNT(*), MAX(b) FROM c GROUP BY n ORDER BY n`,
		`SELECT n % 300, COUNT(*), ARRAY_AGG(n) FROM c GROUP BY 1 ORDER BY 1`,
		`SELECT n % 300, MEDIAN(n), MODE(a), ARRAY_AGG(n ORDER BY b DESC), OBJECT_AGG(n, a), CORR(n, n), APPROX_COUNT_DISTINCT(b) FROM c GROUP BY 1 ORDER BY 1`,
		`SELECT VALUE c FROM c ORDER BY o.q, n LIMIT 500`,
		`SELECT VALUE c FROM c`,
	} {
		s.db.memory = NewWorkMemory(64 << 20)
		undivided(s)
		want := exactRows(t, s, query)
		for _, memory := range []int64{64 << 20, 256 << 10, 16 << 10, 1 << 10} {
			s.db.memory = NewWorkMemory(memory)
			s.db.crewing = crewing{after: 100, size: 300, rows: 100, hands: 3, idle: rng.IntN(2) == 0}
			if diff := cmp.Diff(want, exactRows(t, s, query)); diff != "" {
				t.Errorf("%s with %d bytes\n(-alone +crew)\n%s", query, memory, diff)
			}
			if used := s.db.memory.used.Load(); used != 0 {
				t.Errorf("%s with %d bytes: %d are held in the end", query, memory, used)
			}
		}
	}
}

// breaking panics on one document.
type breaking struct {
	expr.Expr
	at int64
}

func (b *breaking) Eval(f *expr.Frame) (document.Value, error) {
	v, err := b.Expr.Eval(f)
	if v.Kind() == document.KindInt && v.AsInt() == b.at {
		panic("broken expression")
	}
	return v, err
}

// TestAPanicReachesTheOwner has a helper panic: whoever runs the statement gets it, and nothing is left behind.
func TestAPanicReachesTheOwner(t *testing.T) {
	c := newTestCollection(t)
	for i := range 500 {
		c.insert(t, document.Field{Name: "_id", Value: document.Int(int64(i))}, document.Field{Name: "n", Value: document.Int(int64(i))})
	}
	before := goleak.IgnoreCurrent()
	for range 20 {
		x := c.execution(t)
		x.crewing = &crewing{after: 5, size: 7, hands: 3, idle: true}
		node := &planner.Group{Input: &planner.Scan{Collection: c.def},
			Aggs: []planner.AggCall{aggregateCall(t, "SUM", &breaking{field(t, "n"), 300}, false, 0)}}
		op, err := build(node, x)
		if err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() {
				if r := recover(); r != "broken expression" {
					t.Errorf("recovered %v", r)
				}
				op.close()
			}()
			_, _ = tryRun(op, x, 0)
		}()
		if err := goleak.Find(before); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGroupsAsManyAsDocumentsAreLeftToOne has the owner read on alone where merging costs as much as reading; not where a
// filter leaves a few groups.
func TestGroupsAsManyAsDocumentsAreLeftToOne(t *testing.T) {
	c := newTestCollection(t)
	for i := range 500 {
		c.insert(t, document.Field{Name: "_id", Value: document.Int(int64(i))}, document.Field{Name: "n", Value: document.Int(int64(i))})
	}
	for _, test := range []struct {
		filter expr.Expr
		groups int
		alone  bool
	}{{nil, 500, true}, {&above{field(t, "n"), 494}, 5, false}} {
		x := c.execution(t)
		x.crewing = &crewing{after: 5, size: 64, hands: 2, idle: true}
		node := &planner.Group{Input: &planner.Scan{Collection: c.def, Filter: test.filter}, Keys: []planner.Out{{Reg: 0, Expr: field(t, "n")}}}
		op, err := build(node, x)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(run(t, op, x, 0)); n != test.groups {
			t.Errorf("%d groups, expected %d", n, test.groups)
		}
		if alone := op.(*groupOp).crew.alone; alone != test.alone {
			t.Errorf("%d groups: alone %v", test.groups, alone)
		}
	}
}

// TestRowsBeforeAWriteDoNotSeeIt has a transaction write between opening rows and reading them.
func TestRowsBeforeAWriteDoNotSeeIt(t *testing.T) {
	s := testSession(t)
	spread(t, s, newRand(t), 500, "even")
	helped(s)
	for _, query := range []string{`SELECT COUNT(*), SUM(n) FROM c WHERE n >= 0`, `SELECT o.q, COUNT(*) FROM c GROUP BY o.q`, `SELECT n FROM c`, `SELECT n FROM c ORDER BY n DESC LIMIT 3`} {
		undivided(s)
		want := exactRows(t, s, query)
		helped(s)
		mustExec(t, s, `BEGIN`)
		rows, err := s.Query(context.Background(), query, nil)
		if err != nil {
			t.Fatal(err)
		}
		mustExec(t, s, `INSERT INTO c VALUES {_id: 7.5, n: 5000}; DELETE FROM c WHERE n BETWEEN 100 AND 200; UPDATE c SET n = -1 WHERE n = 300`)
		var got []string
		for rows.Next() {
			var row []byte
			for _, v := range rows.Values() {
				row = append(document.AppendJSON(row, v, document.Exact), ' ')
			}
			got = append(got, string(row))
			if len(got)%50 == 0 {
				mustExec(t, s, fmt.Sprintf(`UPDATE c SET n = -2 WHERE _id = %d`, len(got)+30))
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
		mustExec(t, s, `ROLLBACK`)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n(-before the write +after)\n%s", query, diff)
		}
	}
}

// TestACrewReadsWhatItsTransactionWrote has rows of a transaction that wrote before, some of them in a collection of its own, read by
// helpers while it goes on writing, fails and returns to savepoints.
func TestACrewReadsWhatItsTransactionWrote(t *testing.T) {
	s := testSession(t)
	spread(t, s, newRand(t), 2000, "heaps")
	before := []string{`UPDATE c SET n = n + 5000 WHERE n % 3 = 0; DELETE FROM c WHERE n % 7 = 1; INSERT INTO c VALUES {_id: 1.5, n: -7, o: {q: 3}}`}
	own := []string{`DROP COLLECTION c; CREATE COLLECTION c`}
	for i := range 2000 {
		own = append(own, fmt.Sprintf(`INSERT INTO c VALUES {_id: %d, n: %d, o: {q: %d}}`, i, i, i%9))
	}
	for _, in := range [][]string{before, own} {
		for _, query := range []string{`SELECT n, o FROM c`, `SELECT VALUE c FROM c WHERE n > 100`} {
			mustExec(t, s, `BEGIN`)
			for _, text := range in {
				mustExec(t, s, text)
			}
			undivided(s)
			want := exactRows(t, s, query)
			helped(s)
			rows, err := s.Query(context.Background(), query, nil)
			if err != nil {
				t.Fatal(err)
			}
			writes := []string{`UPDATE c SET n = -1, o = 'new'`, `DELETE FROM c WHERE n % 2 = 0`, `SAVEPOINT s`, `INSERT INTO c VALUES {_id: 2.5, n: 1e9}`, `ROLLBACK TO s`}
			var got []string
			for rows.Next() {
				var row []byte
				for _, v := range rows.Values() {
					row = append(document.AppendJSON(row, v, document.Exact), ' ')
				}
				got = append(got, string(row))
				if len(got)%20 == 3 && len(writes) > 0 {
					mustExec(t, s, writes[0])
					writes = writes[1:]
				}
				if len(got) == 1000 && !helping(rows) {
					t.Errorf("%s\nno helper has read", query)
				}
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			mustExec(t, s, `ROLLBACK`)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s\n%s\n(-before the writes +during them)\n%s", in[0], query, diff)
			}
		}
	}
}

// helping reports whether helpers have read any of the rows.
func helping(rows *Rows) bool { return len(rows.sets.cursor.root.(*aheadOp).crew.hands) > 0 }

// TestRowsOfACrewConflictWithWhatWasReadOnly reads the first rows of many: who writes far behind them is no reason to refuse the commit.
func TestRowsOfACrewConflictWithWhatWasReadOnly(t *testing.T) {
	s := testSession(t)
	spread(t, s, newRand(t), 3000, "heaps")
	mustExec(t, s, `CREATE COLLECTION d`)
	helped(s)
	other := s.db.NewSession()
	defer other.Close()
	for i, write := range []string{`INSERT INTO c VALUES {_id: 5000}`, `UPDATE c SET n = 1 WHERE n = 2990`, `UPDATE c SET n = 1 WHERE n = 51`} {
		mustExec(t, s, `BEGIN; INSERT INTO d VALUES {x: 1}`)
		rows, err := s.Query(context.Background(), `SELECT n FROM c`, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
		}
		if !helping(rows) {
			t.Error("no helper has read")
		}
		rows.Close()
		mustExec(t, other, write)
		if _, err := s.Exec(context.Background(), `COMMIT`, nil); (err != nil) != (i == 2) {
			t.Errorf("after another did %s: %v", write, err)
		}
	}
}

// TestWhatACrewReadConflicts has another session write into what a crew of a transaction has read.
func TestWhatACrewReadConflicts(t *testing.T) {
	s := testSession(t)
	spread(t, s, newRand(t), 500, "even")
	mustExec(t, s, `CREATE COLLECTION d`)
	helped(s)
	other := s.db.NewSession()
	defer other.Close()
	for _, write := range []string{`DELETE FROM c WHERE _id = 0`, `INSERT INTO c VALUES {_id: 250.5}`, `INSERT INTO c VALUES {_id: 1e9}`, `UPDATE c SET n = 1 WHERE _id = 499`, `INSERT INTO c VALUES {_id: -1}`} {
		for _, query := range []string{`SELECT COUNT(*) FROM c WHERE n >= 0`, `SELECT o.q, COUNT(*) FROM c GROUP BY o.q`, `SELECT n FROM c ORDER BY b LIMIT 3`} {
			mustExec(t, s, `BEGIN`)
			exactRows(t, s, query)
			mustExec(t, s, `INSERT INTO d VALUES {x: 1}`)
			mustExec(t, other, write)
			if _, err := s.Exec(context.Background(), `COMMIT`, nil); err == nil {
				t.Errorf("%s committed though another did %s", query, write)
			}
			mustExec(t, other, `DELETE FROM c WHERE n IS MISSING; DELETE FROM c WHERE _id = 0; INSERT INTO c VALUES {_id: 0, n: 0}; UPDATE c SET n = 2 WHERE _id = 499`)
		}
	}
}
