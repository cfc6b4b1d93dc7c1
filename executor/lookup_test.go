package executor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/parser"
	"github.com/fluxdb/fluxdb/planner"
)

// outcome is all that a text shows: columns, rows, notices, error and result.
func outcome(s *Session, f found, err error) string {
	var out strings.Builder
	var r *Rows
	if err == nil {
		r, err = s.query(context.Background(), f, nil)
	}
	if err != nil {
		return "error: " + err.Error()
	}
	for {
		for _, c := range r.Columns() {
			fmt.Fprintf(&out, "%s %s %v, ", c.Name, c.Type, c.Nullable)
		}
		fmt.Fprintf(&out, "%q\n", r.Notices())
		for r.Next() {
			fmt.Fprintf(&out, "%s\n", document.AppendJSON(nil, document.Array(r.Values()), document.Exact))
		}
		if !r.NextResultSet() {
			break
		}
	}
	fmt.Fprintf(&out, "%d %s %v", r.sets.result.RowsAffected, document.AppendJSON(nil, r.sets.result.LastInsertID, document.Exact), r.Err())
	r.Close()
	return out.String()
}

// shared runs a text as a session does.
func shared(s *Session, text string) string {
	f, err := s.db.lookup(&s.lifter, text)
	return outcome(s, f, err)
}

// alone runs a text by a script of its own.
func alone(s *Session, text string) string {
	script, err := parse(text)
	return outcome(s, found{text: text, script: script}, err)
}

// sibling returns a text of the same key with other literals; false for one that has no such.
func sibling(text string) (string, bool) {
	var l parser.Lifter
	if !l.Lift(text) {
		return "", false
	}
	var out strings.Builder
	for i := 0; i < len(l.Key); i++ {
		if l.Key[i] != 0xFF {
			out.WriteByte(l.Key[i])
			continue
		}
		i++
		if l.Key[i] == 'l' {
			i++
			fmt.Fprint(&out, uint64(1)<<max(int(l.Key[i])-1, 0)&^uint64(boolInt(l.Key[i] == 0)))
			continue
		}
		out.WriteString(map[byte]string{'i': "77", 'n': "-77", 'b': "1", 'm': "-1", 'f': "7.5", 'h': "-7.5", 'g': "1.0",
			'k': "-0.0", 's': "'other'", 't': "'2001-02-03'", 'j': `"other"`}[l.Key[i]])
	}
	return out.String(), true
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestASharedPlanAnswersAsOneOfTheTextAlone runs every statement of the behaviour files by the script of
// a text with other literals, and beside it alone.
func TestASharedPlanAnswersAsOneOfTheTextAlone(t *testing.T) {
	files, err := filepath.Glob("../tests/testdata/*/*")
	if err != nil || len(files) == 0 {
		t.Fatal("no behaviour files", err)
	}
	lifted := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		one, other := testSession(t), testSession(t)
		for _, block := range strings.Split(string(content), "\n\n") {
			text, _, _ := strings.Cut(block, "\n----")
			command, text, _ := strings.Cut(text, "\n")
			if !strings.HasPrefix(command, "run") || strings.Contains(command, "conn=") || strings.Contains(text, "ANALYZE") {
				continue
			}
			texts := []string{text}
			if statements, err := parser.Parse(text, parser.Limits{}); err == nil {
				texts = nil
				for _, st := range statements {
					texts = append(texts, text[st.Info().Start:st.Info().End])
				}
			}
			for _, text := range texts {
				if like, ok := sibling(text); ok {
					if _, err := one.db.lookup(&one.lifter, like); err == nil {
						if f, _ := one.db.lookup(&one.lifter, text); f.script.literals > 0 && f.script.text != text {
							lifted++
						}
					}
				}
				if diff := cmp.Diff(mask(alone(other, text)), mask(shared(one, text))); diff != "" {
					t.Errorf("%s: %s\n%s", file, text, diff)
				}
			}
		}
	}
	if lifted < 50 {
		t.Errorf("only %d statements were run by the script of another text", lifted)
	}
}

// mask hides generated ids and the time.
func mask(s string) string {
	words := strings.Split(s, `"`)
	for i, w := range words {
		if len(w) == 36 && w[8] == '-' && w[14] == '7' || len(w) > 19 && strings.HasPrefix(w, "20") && w[10] == 'T' && strings.HasSuffix(w, "Z") && len(w) > 25 {
			words[i] = "?"
		}
	}
	return strings.Join(words, `"`)
}

// TestRandomSharedPlansAnswerAsThoseOfTheTextAlone compares over random conditions with the values that
// comparisons have rules of their own for.
func TestRandomSharedPlansAnswerAsThoseOfTheTextAlone(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	setup := []string{
		`CREATE COLLECTION c; CREATE INDEX c_a ON c (a, b); CREATE INDEX c_b ON c (b)`,
		`CREATE TABLE d (id INTEGER PRIMARY KEY, a INTEGER, b TEXT, t TIMESTAMP, f BOOLEAN); CREATE INDEX d_t ON d (t, a); CREATE INDEX d_f ON d (f)`,
	}
	one, other := testSession(t, setup...), testSession(t, setup...)
	values := []string{`0`, `1`, `-1`, `2`, `7`, `1.0`, `0.0`, `-0.0`, `2.5`, `'x'`, `''`, `'it''s'`, `'2024-05-01'`, `'2024-05-01T00:00:00Z'`,
		`'2'`, `9007199254740993`, `-9223372036854775808`, `TRUE`, `NULL`, `TIMESTAMP '2024-05-01'`}
	value := func() string { return values[rng.IntN(len(values))] }
	fields := []string{`a`, `b`, `_id`, `o.p`}
	field := func() string { return fields[rng.IntN(len(fields))] }
	var condition func(depth int) string
	condition = func(depth int) string {
		switch n := rng.IntN(8); {
		case n == 0 && depth > 0:
			return condition(depth-1) + ` AND ` + condition(depth-1)
		case n == 1 && depth > 0:
			return `(` + condition(depth-1) + ` OR ` + condition(depth-1) + `)`
		case n == 2 && depth > 0:
			return `NOT (` + condition(depth-1) + `)`
		case n == 3:
			return field() + ` BETWEEN ` + value() + ` AND ` + value()
		case n == 4:
			return field() + ` IN (` + value() + `, ` + value() + `)`
		case n == 5:
			return value() + ` <= ` + field()
		}
		return field() + []string{` = `, ` <> `, ` < `, ` <= `, ` > `, ` >= `}[rng.IntN(6)] + value()
	}
	order := func() string {
		return []string{``, ` ORDER BY a, _id`, ` ORDER BY b, a, _id LIMIT 4`, ` ORDER BY b DESC, a, _id LIMIT ` + fmt.Sprint(rng.IntN(5)), ` LIMIT 3 OFFSET 1`}[rng.IntN(5)]
	}
	lifted := 0
	for i := range 3000 {
		var text string
		switch fields = fields[:4]; rng.IntN(8) {
		case 0:
			text = fmt.Sprintf(`INSERT INTO c VALUES {_id: %d, a: %s, "b": %s, o: {p: [%s, "x"]}}`, i, value(), value(), value())
		case 1:
			text = fmt.Sprintf(`INSERT INTO d (id, a, b, t, f) VALUES (%d, %s, %s, %s, %s)`, i, value(), value(), value(), value())
		case 2:
			text = fmt.Sprintf(`UPDATE c SET a = %s, o.q = {r: %s} WHERE %s RETURNING _id, a + 1`, value(), value(), condition(1))
		case 3:
			text = fmt.Sprintf(`DELETE FROM c WHERE %s AND _id > %d RETURNING _id`, condition(1), i-3)
		case 4, 5:
			text = `SELECT * FROM c WHERE ` + condition(2) + order()
		default:
			text = strings.NewReplacer(`o.p`, `t`, `_id`, `f`).Replace(`SELECT *, 1 FROM d WHERE ` + condition(2))
		}
		if like, ok := sibling(text); ok && rng.IntN(2) == 0 {
			if _, err := one.db.lookup(&one.lifter, like); err != nil {
				t.Fatal(like, err)
			}
		}
		if f, err := one.db.lookup(&one.lifter, text); err == nil && f.script.literals > 0 && f.script.text != text {
			lifted++
		}
		if diff := cmp.Diff(alone(other, text), shared(one, text)); diff != "" {
			t.Fatalf("%s\n%s", text, diff)
		}
	}
	if lifted < 500 {
		t.Errorf("only %d statements were run by the script of another text", lifted)
	}
}

func TestTextsThatDifferInLiteralsShareOnePlan(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c; INSERT INTO c VALUES {_id: 1, a: 'x'}, {_id: 2, a: 'y'}`)
	first := cachedScript(t, s, `SELECT a FROM c WHERE _id = 5`)
	for text, want := range map[string]string{
		`SELECT a FROM c WHERE _id = 7`: ``, `SELECT a FROM c WHERE _id = 2`: `["y"]`, `SELECT a FROM c WHERE _id = 8`: ``,
	} {
		for range 3 { // by its key, and then by an entry of its own
			if got := answer(s, text); got != want {
				t.Errorf("%s: %s, want %s", text, got, want)
			}
		}
		if cachedScript(t, s, text) != first {
			t.Errorf("%s has a script of its own", text)
		}
		if e, _ := s.db.cache.get(text); e == nil || e.script != first {
			t.Errorf("%s was run often, and has no entry", text)
		}
	}
	if first.plans[0].Load() == nil {
		t.Error("the plan was not kept")
	}
	// Another kind of literal is another text.
	if got := answer(s, `SELECT a FROM c WHERE _id = '2'`); got != `` || cachedScript(t, s, `SELECT a FROM c WHERE _id = '2'`) == first {
		t.Errorf("a string shares the plan of a number: %s", got)
	}
	answer(s, `SELECT a, 1 FROM c WHERE _id = 9`)
	prepared, err := s.Prepare(context.Background(), `SELECT a, 1 FROM c WHERE _id = 2`)
	if err != nil {
		t.Fatal(err)
	}
	answer(s, `SELECT a, 1 FROM c WHERE _id = 1`) // the lifter's buffer is used again
	rows, err := prepared.Query(context.Background(), nil)
	if err != nil || !rows.Next() || rows.Values()[0].AsString() != "y" {
		t.Errorf("a prepared text lost its literal: %v", err)
	}
	rows.Close()
}

// TestASharedPlanIsAsGood compares the nodes of plans: what the planner knows of a literal's value it knows
// of all that share its key.
func TestASharedPlanIsAsGood(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c; CREATE INDEX c_ab ON c (a, b); CREATE INDEX c_b ON c (b)`,
		`CREATE TABLE d (id INTEGER PRIMARY KEY, t TIMESTAMP, n INTEGER); CREATE INDEX d_t ON d (t, n)`)
	mustExec(t, s, `BEGIN`)
	for i := range 2000 {
		mustExec(t, s, fmt.Sprintf(`INSERT INTO c VALUES {a: %d, b: %d, c: 'x'}`, i%50, i))
	}
	mustExec(t, s, `COMMIT`)
	texts := []string{
		`SELECT a FROM c WHERE a = 7 ORDER BY a, b`, `SELECT a FROM c WHERE a = 1 ORDER BY a, b`, `SELECT a FROM c WHERE a = 1.0 ORDER BY a, b`,
		`SELECT a FROM c WHERE a = 7 ORDER BY b, a`, `SELECT a FROM c WHERE a = 1 ORDER BY b, a`, `SELECT a FROM c WHERE a = 'x' ORDER BY b, a`, `SELECT a FROM c WHERE a = '2024-05-01' ORDER BY b, a`,
		`SELECT a FROM c WHERE a = 'x' ORDER BY a, b LIMIT 10`, `SELECT a FROM c WHERE a = '2024-05-01' ORDER BY a, b LIMIT 10`,
		`SELECT a FROM c WHERE a > 7 AND a <= 9 AND c = 'x'`, `SELECT a FROM c WHERE a IN (2, 3, 'x') AND b BETWEEN 5 AND 9`,
		`SELECT a FROM c WHERE c = 'x' ORDER BY b LIMIT 5`, `SELECT a FROM c WHERE c = 'x' ORDER BY b LIMIT 100000`,
		`SELECT n FROM d WHERE t = '2024-05-01' AND n > 5 ORDER BY t, n`, `SELECT n FROM d WHERE id = 7`, `SELECT n FROM d WHERE id = '7'`,
		`UPDATE c SET c = 'y' WHERE _id = 'k'`, `DELETE FROM c WHERE b = 7 AND c = 'x'`,
	}
	for _, text := range texts {
		f, err := s.db.lookup(&s.lifter, text)
		if err != nil || f.script.literals == 0 {
			t.Fatalf("%s is not shared: %v", text, err)
		}
		own, err := parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(shape(t, s, own), shape(t, s, f.script)); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
	}
}

// shape prints the plan of a script with all literals and parameters alike.
func shape(t *testing.T, s *Session, script *script) []string {
	tx, own, err := s.snapshot(context.Background())
	if err != nil || !own {
		t.Fatal(err)
	}
	defer tx.Rollback()
	plan, err := s.db.plan(context.Background(), tx, script, 0)
	if err != nil {
		t.Fatal(err)
	}
	lines := planner.Explain(plan, nil)
	for i := range lines {
		lines[i] = regexp.MustCompile(`= (TIMESTAMP )?('[^']*'|[0-9.]+|\?[0-9])|'[^']*'|\?[0-9]|[0-9][0-9.]*`).ReplaceAllString(lines[i], "_")
	}
	return append(lines, fmt.Sprint(plan.Root.Estimate()))
}

func TestAnErrorTellsOfItsOwnText(t *testing.T) {
	s := testSession(t, `CREATE TABLE t (a INTEGER, b TEXT)`)
	for _, text := range []string{`SELECT a FROM t WHERE b = 'x' AND nope = 1`, `SELECT a FROM t WHERE b = 'a longer one' AND nope = 1`} {
		want := fmt.Sprintf("column %d", strings.Index(text, "nope")+1)
		if got := answer(s, text); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestTextsRunOnceDropNoOthers(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c`)
	entries := func() (n int) {
		for i := range s.db.cache.shards {
			n += len(s.db.cache.shards[i].entries)
		}
		return n
	}
	answer(s, `SELECT a FROM c WHERE a = 2 AND COALESCE(b = 2, TRUE)`)
	answer(s, `SELECT a FROM c WHERE a = 2`)
	before := entries()
	for i := range 1000 {
		answer(s, fmt.Sprintf(`SELECT a FROM c WHERE a = %d`, i+2))
		answer(s, fmt.Sprintf(`SELECT a FROM c WHERE a = %d AND COALESCE(b = 2, TRUE)`, i+2))
		answer(s, fmt.Sprintf(`INSERT INTO c VALUES ('%s')`, strings.Repeat("x", maxCachedText)))
	}
	if after := entries(); after > before+2 {
		t.Errorf("%d entries after texts that were run once, %d before", after, before)
	}
}

func TestALiftedKeyIsNoText(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c`)
	answer(s, `SELECT a FROM c WHERE a = 2`)
	if got := answer(s, "SELECT a FROM c WHERE a = \xffi"); !strings.Contains(got, "not valid UTF-8") {
		t.Errorf("the key of a text was taken for one: %s", got)
	}
}
