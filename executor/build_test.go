package executor

import (
	"fmt"
	"strings"
	"testing"
)

// TestABuildDrawsFromWorkMemory builds an index with the pool to itself, and beside a statement that holds all of it.
func TestABuildDrawsFromWorkMemory(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c`, `BEGIN`)
	const documents = 12_000 // more than are indexed in one transaction
	var text strings.Builder
	for i := range documents {
		if i%1000 == 0 {
			text.Reset()
			text.WriteString(`INSERT INTO c VALUES `)
		}
		fmt.Fprintf(&text, `{_id: %d, a: 'a text of some length %d'}`, i, i*7919%documents)
		if i%1000 < 999 {
			text.WriteString(", ")
		} else {
			mustExec(t, s, text.String())
		}
	}
	mustExec(t, s, `COMMIT`)
	for _, tt := range []struct {
		name         string
		limit, other int64
		files        bool
	}{
		{"alone", 64 << 20, 0, false},
		{"with an equal part", 1 << 20, 500 << 10, true},
		{"beside one that holds all", 1 << 20, 1 << 20, true},
		{"with next to nothing", 16 << 10, 16 << 10, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pool := NewWorkMemory(tt.limit)
			s.db.memory = pool
			other := pool.account()
			defer other.close()
			other.reserve(tt.other, true)
			mustExec(t, s, `CREATE INDEX i ON c (a)`)
			if files := pool.spill.made.Load() > 0; files != tt.files {
				t.Errorf("%d temporary files of %d bytes", pool.spill.made.Load(), pool.spill.written.Load())
			}
			if open, bytes := pool.spill.open.Load(), pool.spill.bytes.Load(); open != 0 || bytes != 0 {
				t.Errorf("%d files of %d bytes are open in the end", open, bytes)
			}
			if used := pool.used.Load(); used != other.granted {
				t.Errorf("%d bytes are lent in the end, the other statement has %d", used, other.granted)
			}
			if got := answer(s, `SELECT COUNT(*), MIN(a), MAX(a) FROM c WHERE a > 'a text of'`); got != `[12000,"a text of some length 0","a text of some length 9999"]` {
				t.Error(got)
			}
			mustExec(t, s, `DROP INDEX i`)
		})
	}
}
