package executor

import (
	"fmt"
	"testing"
)

// Statements that change what is joined with other sources change each document once, whether or not there is
// memory to remember all of them.
func TestJoinedChangesWithLittleMemory(t *testing.T) {
	s := testSession(t, "CREATE COLLECTION a", "CREATE TABLE b (id INTEGER PRIMARY KEY, k INTEGER, pad TEXT)", "BEGIN")
	for i := range 1200 {
		mustExec(t, s, fmt.Sprintf("INSERT INTO a VALUES {_id: %d, k: %d, pad: 'padding of a %d'}", i, i%300, i))
		if i%3 == 0 {
			mustExec(t, s, fmt.Sprintf("INSERT INTO b VALUES (%d, %d, 'padding of b %d')", i, i%300, i))
		}
	}
	mustExec(t, s, "COMMIT")
	changes := []string{
		"UPDATE a SET n = b.k + 1, pad = a.pad || b.k FROM b WHERE b.k = a.k",
		"UPDATE a SET n = a._id, k = a.k + 1 FROM b WHERE b.k < 9",
		"DELETE FROM a USING b WHERE b.k = a.k",
		"DELETE FROM a USING a AS o, b WHERE o.k = a.k AND o._id < a._id AND b.k = o.k",
	}
	const sum = "SELECT COUNT(*), SUM(_id), SUM(k), SUM(n), COUNT(n), MAX(pad), MIN(pad) FROM a"
	run := func(change string) string {
		mustExec(t, s, "BEGIN")
		defer mustExec(t, s, "ROLLBACK")
		mustExec(t, s, change)
		return answer(s, sum)
	}
	want := map[string]string{}
	for _, change := range changes {
		want[change] = run(change)
	}
	s.db.memory = NewWorkMemory(32 << 10)
	for _, change := range changes {
		made := s.db.memory.spill.made.Load()
		if got := run(change); got != want[change] {
			t.Errorf("%s: %s with much memory, %s with little", change, want[change], got)
		}
		if s.db.memory.spill.made.Load() == made {
			t.Errorf("%s made no temporary file", change)
		}
	}
	if n := s.db.memory.spill.open.Load(); n != 0 {
		t.Errorf("%d temporary files are left", n)
	}
	if n := s.db.memory.used.Load(); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}
