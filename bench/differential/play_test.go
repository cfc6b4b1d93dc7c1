package differential

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// play makes two tables and does random things to them.
func play(p *pair, rng *rand.Rand) {
	g := expressions{Rand: rng}
	var tables []*table
	for _, name := range []string{"t1", "t2"} {
		t, text := newTable(g, name)
		p.exec(text)
		tables = append(tables, t)
		for range 12 {
			text, args := g.insert(t)
			p.exec(text, args...)
		}
	}
	var open []string // savepoints of the open transaction, the first is the transaction itself
	for range 220 {
		t := tables[g.IntN(len(tables))]
		switch g.IntN(24) {
		case 0:
			p.exec(g.index(t))
		case 1, 2:
			g.change(p, g.insert, t)
		case 3:
			g.change(p, g.update, t)
		case 4:
			g.change(p, g.remove, t)
		case 9:
			text, args := g.updateFrom(t, tables[g.IntN(len(tables))])
			if g.IntN(3) == 0 {
				text += " RETURNING " + g.pick("*", t.name+".a, "+t.name+".c || 'x'")
				p.log = append(p.log, text+argText(args))
				p.query(text, false, args...)
			} else {
				p.exec(text, args...)
			}
			p.query("SELECT * FROM "+t.name, false)
		case 8: // a table that comes and goes
			p.exec(g.pick("CREATE TABLE t3 (a INTEGER)", "CREATE TABLE IF NOT EXISTS t3 (a INTEGER)", "DROP TABLE t3", "INSERT INTO t3 VALUES (1), (2)", "DELETE FROM t3"))
			p.query("SELECT a FROM t3", false)
		case 5, 6, 7:
			var text string
			text, open = g.transaction(open)
			p.exec(text)
			p.query("SELECT * FROM "+t.name+" ORDER BY "+strings.Join(t.key, ", "), true)
		default:
			var args []any
			g.args = &args
			var text string
			var ordered bool
			switch g.IntN(7) {
			case 0, 1:
				text, ordered = g.joined(tables)
			case 2:
				text, ordered = g.compound(tables)
			case 3, 4:
				text = g.windowed(tables)
			default:
				text, ordered = g.selection(t)
			}
			text, args = placed(text, args)
			g.args = nil
			p.query(text, ordered, args...)
		}
		if p.differences > 3 {
			return
		}
	}
}

// change runs a statement that makes, may be with RETURNING, and compares what the table then holds.
func (g expressions) change(p *pair, makes func(*table) (string, []any), t *table) {
	text, args := makes(t)
	if g.IntN(3) == 0 {
		text += " RETURNING " + g.pick("*", "a, b", "c || 'x', a + 1")
		p.log = append(p.log, text+argText(args))
		p.query(text, false, args...)
	} else {
		p.exec(text, args...)
	}
	p.query("SELECT * FROM "+t.name, false)
}

// transaction goes a step into a transaction or out of it, and returns the savepoints then open.
func (g expressions) transaction(open []string) (string, []string) {
	n := len(open)
	if n == 0 {
		return g.pick("BEGIN", "BEGIN TRANSACTION"), []string{""}
	}
	at := g.IntN(n)
	switch {
	case at == 0 && g.IntN(3) > 0:
		name := fmt.Sprintf("s%d", g.IntN(3)) // names may stand for several, the last one counts
		return "SAVEPOINT " + name, append(open, name)
	case at == 0:
		return g.pick("COMMIT", "ROLLBACK", "END"), nil
	}
	last := n - 1
	for open[last] != open[at] {
		last--
	}
	if g.IntN(2) == 0 {
		return g.pick("ROLLBACK TO ", "ROLLBACK TO SAVEPOINT ") + open[at], open[:last+1]
	}
	return g.pick("RELEASE ", "RELEASE SAVEPOINT ") + open[at], open[:last]
}
