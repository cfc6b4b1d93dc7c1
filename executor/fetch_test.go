package executor

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

// TestOrderedFetch reads documents in the order of an index, in batches and beyond what a batch has room for.
func TestOrderedFetch(t *testing.T) {
	for _, size := range []int{10, 150_000} {
		s := testSession(t, `CREATE COLLECTION c; CREATE INDEX c_n ON c (n)`)
		const docs = 24
		text := strings.Repeat("x", size)
		for i := range docs {
			mustExec(t, s, `INSERT INTO c VALUES {_id: ?, n: ?, text: ?}`, Arg{Ordinal: 1, Value: document.Int(int64(i * 7 % docs))},
				Arg{Ordinal: 2, Value: document.Int(int64(i))}, Arg{Ordinal: 3, Value: document.String(text)})
		}
		for _, query := range []string{
			`SELECT n, text FROM c WHERE n >= 0 ORDER BY n LIMIT 20`,
			`SELECT n, text FROM c WHERE n >= 0 ORDER BY n LIMIT 15 OFFSET 5`,
			`SELECT n, text FROM c WHERE n >= 0 AND text LIKE 'x%' AND _id % 3 <> 1 ORDER BY n LIMIT 9`,
			`SELECT n, text FROM c WHERE n >= 0 ORDER BY n`,
		} {
			rows, err := s.Query(t.Context(), query, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []int64
			for rows.Next() {
				v := rows.Values()
				got = append(got, v[0].AsInt())
				if v[1].AsString() != text {
					t.Fatalf("%s: another document's text", query)
				}
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			for i := range int64(docs) {
				switch {
				case strings.Contains(query, "LIMIT 20") && i >= 20,
					strings.Contains(query, "OFFSET") && (i < 5 || i >= 20),
					strings.Contains(query, "LIKE") && (i*7%docs%3 == 1 || len(want) == 9):
				default:
					want = append(want, i)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s, text of %d bytes: %v, expected %v", query, size, got, want)
			}
		}
	}
}

// TestInterleavedRows has the rows of one session take turns: each has its own desk while it is open.
func TestInterleavedRows(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION users`)
	mustExec(t, s, `BEGIN`)
	for i := range 600 {
		mustExec(t, s, `INSERT INTO users VALUES {_id: ?, name: 'Ann'}`, Arg{Ordinal: 1, Value: document.Int(int64(i))})
	}
	mustExec(t, s, `COMMIT; BEGIN`)
	ids := func(rows *Rows, n int) (got []int64) {
		for range n {
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
			got = append(got, rows.Values()[0].AsInt())
		}
		return got
	}
	query := func(text string) *Rows {
		rows, err := s.Query(t.Context(), text, nil)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	query(`SELECT _id FROM users WHERE _id = 1`).Close()
	a, b := query(`SELECT _id FROM users WHERE _id >= 100`), query(`SELECT _id FROM users WHERE _id >= 200`)
	if got := fmt.Sprint(ids(a, 2), ids(b, 2)); got != "[100 101] [200 201]" {
		t.Error(got)
	}
	b.Close()
	b.Close()
	c := query(`SELECT _id FROM users WHERE _id >= 300`)
	mustExec(t, s, `UPDATE users SET name = 'Eve' WHERE _id = 500`)
	d := query(`SELECT _id FROM users WHERE _id IN (400, 401)`)
	if got := fmt.Sprint(ids(a, 2), ids(c, 2), ids(d, 2), ids(a, 1)); got != "[102 103] [300 301] [400 401] [104]" {
		t.Error(got)
	}
	mustExec(t, s, `ROLLBACK`)
}
