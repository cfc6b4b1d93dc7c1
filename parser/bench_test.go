//go:build !race

// Under the race detector pools drop what is put into them at random.

package parser

import (
	"fmt"
	"strings"
	"testing"
)

const pointSelect = "SELECT name, address.city FROM users WHERE _id = ?"

// rows makes an INSERT of n rows with five values each.
func manyRows(n int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO users (name, age, score, city, active) VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "('name %d', %d, %d.5, 'city', TRUE)", i, i%90, i)
	}
	return b.String()
}

func manyDocuments(n int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO users VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, `{"name": "name %d", "age": %d, "address": {"city": "x\ny", "zip": [1, 2]}, "active": true}`, i, i%90)
	}
	return b.String()
}

func benchmark(b *testing.B, text string) {
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Parse(text, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPointSelect(b *testing.B) { benchmark(b, pointSelect) }

func BenchmarkSelect(b *testing.B) {
	benchmark(b, "SELECT u.name, u.address.city AS city, COUNT(*) AS n FROM users u WHERE u.age >= 18 AND u.city IN ('Rome', 'Oslo') AND NOT u.name LIKE 'A%' GROUP BY u.name, u.address.city HAVING COUNT(*) > 1 ORDER BY n DESC LIMIT 10")
}

func BenchmarkUpdate(b *testing.B) {
	benchmark(b, "UPDATE users SET age = age + 1, address.city = 'Rome' WHERE _id = ?")
}

func BenchmarkInsertOneRow(b *testing.B) { benchmark(b, manyRows(1)) }

func BenchmarkInsert1000Rows(b *testing.B) { benchmark(b, manyRows(1000)) }

func BenchmarkInsert1000Documents(b *testing.B) { benchmark(b, manyDocuments(1000)) }

func BenchmarkCreateTable(b *testing.B) {
	benchmark(b, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, address.city TEXT DEFAULT 'Rome', UNIQUE (name))")
}

func BenchmarkCommit(b *testing.B) { benchmark(b, "COMMIT") }

func BenchmarkFormat(b *testing.B) {
	e, err := ParseExpr("u.age >= 18 AND u.city IN ('Rome', 'Oslo') AND NOT u.name LIKE 'A%'")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		Format(e)
	}
}

func BenchmarkLift(b *testing.B) {
	for name, text := range map[string]string{
		"point read":   `SELECT VALUE u FROM users u WHERE _id = '0190f5fe-7c00-7a22-8000-1234567890ab'`,
		"point update": `UPDATE users SET age = 33, address.city = 'Rome' WHERE _id = 'x'`,
		"insert":       manyRows(1),
	} {
		b.Run(name, func(b *testing.B) {
			var l Lifter
			b.ReportAllocs()
			for b.Loop() {
				if !l.Lift(text) {
					b.Fatal("nothing was lifted")
				}
			}
		})
	}
}

func TestFrequentStatementsAllocateLittle(t *testing.T) {
	for text, most := range map[string]float64{pointSelect: 24, manyRows(1000): 5000} {
		got := testing.AllocsPerRun(10, func() {
			if _, err := Parse(text, Limits{}); err != nil {
				t.Fatal(err)
			}
		})
		if got > most {
			t.Errorf("%.30s: %.0f allocations, expected at most %.0f", text, got, most)
		}
	}
}
