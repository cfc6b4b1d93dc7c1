package executor

import (
	"encoding/binary"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
)

// groupOp groups rows in a table. When work memory ends, all groups go to a file, divided by the high bits
// of their hashes, and the table begins anew; after the last row each partition is merged on its own, and divided
// further where it does not fit either.
type groupOp struct {
	node  *planner.Group
	input operator
	x     *execution
	agg   *aggregator
	table *groupTable
	row   []document.Value
	// over says that the present groups outgrew the memory.
	over bool
	// spilled is where groups of the table go, at the present level; nil while all fit.
	spilled *partitions
	level   int
	// pending are the partitions still to be merged, the deepest last.
	pending []pendingPartitions
	bytes   []byte
	built   bool
	at      int // next group of the table to be given out

	prospect *prospect
	crew     *crew
	// partial says that this is the groups of one piece: they do not spill.
	partial bool
	rows    int
}

// pendingPartitions is a set of partitions of which those before next are done.
type pendingPartitions struct {
	*partitions
	next int
}

func (g *groupOp) open(x *execution) error {
	g.x = x
	g.agg = newAggregator(x, g.node.Aggs)
	g.table = newGroupTable(x.memory, g.agg, len(g.node.Keys))
	g.row = make([]document.Value, len(g.node.Keys))
	if err := g.input.open(x); err != nil {
		return err
	}
	if !g.agg.distinct {
		g.prospect = x.survey(g.input)
	}
	return nil
}

func (g *groupOp) next() (bool, error) {
	if !g.built {
		if err := g.build(); err != nil {
			return false, err
		}
		g.built = true
	}
	for g.at == g.table.len() {
		g.at = 0
		g.table.reset()
		if more, err := g.merge(); err != nil || !more {
			return false, err
		}
	}
	for i, k := range g.table.key(g.at) {
		g.x.frame.Vals[g.node.Keys[i].Reg] = k
	}
	err := g.agg.result(g.table.state(g.at))
	g.at++
	return err == nil, err
}

// build reads the input.
func (g *groupOp) build() error {
	for {
		ok, err := g.input.next()
		if err != nil {
			return err
		}
		if !ok {
			if more, err := g.proceed(); err != nil {
				return err
			} else if !more {
				break
			}
			continue
		}
		if err := g.x.interrupted(); err != nil {
			return err
		}
		if err := g.addRow(); err != nil {
			return err
		}
	}
	if err := g.crew.close(); err != nil {
		return err
	}
	for _, set := range g.node.Totals {
		for i := range g.row {
			g.row[i] = document.Null()
		}
		g.row[len(g.row)-1] = document.Int(int64(set))
		if _, err := g.group(g.table.hash(g.row), g.row); err != nil {
			return err
		}
	}
	// The input's memory and iterators are not needed while the groups are given out.
	if err := g.input.close(); err != nil {
		return err
	}
	err := g.agg.drain(len(g.node.Keys), func(a *aggregate, keys []document.Value, v document.Value) error {
		if err := g.x.interrupted(); err != nil {
			return err
		}
		at, err := g.group(g.table.hash(keys), keys)
		if err != nil {
			return err
		}
		grown, err := accumulate(g.table.state(at).accumulators[a.at], v)
		g.account(grown)
		return err
	})
	if err != nil {
		return err
	}
	return g.settle()
}

// addRow adds the frame's row to its group.
func (g *groupOp) addRow() (err error) {
	for i := range g.node.Keys {
		if g.row[i], err = g.node.Keys[i].Expr.Eval(g.x.frame); err != nil {
			return err
		}
	}
	at, err := g.group(g.table.hash(g.row), g.row)
	if err != nil {
		return err
	}
	grown, err := g.agg.add(g.table.state(at), g.row)
	g.account(grown)
	return err
}

// group returns the group with these keys, adding it where it is new.
func (g *groupOp) group(hash uint64, keys []document.Value) (int, error) {
	if g.over {
		if err := g.spill(); err != nil {
			return 0, err
		}
	}
	if at := g.table.find(hash, keys); at >= 0 {
		return at, nil
	}
	at, ok := g.table.add(hash, keys, g.level > maxLevel)
	if !ok {
		if err := g.spill(); err != nil {
			return 0, err
		}
		at, _ = g.table.add(hash, keys, true)
	}
	return at, nil
}

// account takes memory for what accumulators have grown.
func (g *groupOp) account(grown int64) {
	if grown != 0 && !g.table.share.take(grown) {
		g.table.share.must(grown)
		g.over = g.level <= maxLevel
	}
}

// spill moves all groups of the table to partitions of the present level.
func (g *groupOp) spill() (err error) {
	if g.partial {
		return errNoRoom
	}
	g.over = false
	if g.spilled == nil {
		if g.spilled, err = g.x.newPartitions(g.level); err != nil {
			return err
		}
	}
	for at := range g.table.len() {
		if err := g.x.interrupted(); err != nil {
			return err
		}
		hash := g.table.hashes[at]
		g.bytes = binary.LittleEndian.AppendUint64(g.bytes[:0], hash)
		for _, k := range g.table.key(at) {
			g.bytes = document.AppendValue(g.bytes, k)
		}
		g.bytes = g.agg.appendState(g.bytes, g.table.state(at))
		if err := g.spilled.of(hash).append(g.bytes); err != nil {
			return err
		}
	}
	g.table.reset()
	return nil
}

// settle ends the filling of the table: where it did not hold everything, the rest is spilled
// too and merging the partitions is what is left to do.
func (g *groupOp) settle() error {
	if g.spilled == nil {
		return nil
	}
	if err := g.spill(); err != nil {
		return err
	}
	if err := g.spilled.seal(); err != nil {
		return err
	}
	g.pending = append(g.pending, pendingPartitions{g.spilled, 0})
	g.spilled = nil
	return nil
}

// merge fills the table with the groups of the next partition; false after the last one.
func (g *groupOp) merge() (bool, error) {
	for len(g.pending) > 0 {
		p := &g.pending[len(g.pending)-1]
		if p.next == fanOut {
			p.file.remove()
			g.pending = g.pending[:len(g.pending)-1]
			continue
		}
		g.level = p.level + 1
		reader := p.streams[p.next].reader()
		p.next++
		for {
			rec, err := reader.next()
			if err != nil {
				return false, err
			}
			if rec == nil {
				break
			}
			if err := g.mergeGroup(rec); err != nil {
				return false, err
			}
		}
		if err := g.settle(); err != nil {
			return false, err
		}
		if g.table.len() > 0 {
			return true, nil
		}
	}
	return false, nil
}

// mergeGroup adds a spilled group to the table.
func (g *groupOp) mergeGroup(rec []byte) (err error) {
	if err := g.x.interrupted(); err != nil {
		return err
	}
	if len(rec) < 8 {
		return errDamagedRow
	}
	hash, rest := binary.LittleEndian.Uint64(rec), rec[8:]
	for i := range g.row {
		if g.row[i], rest, err = document.ReadValue(rest); err != nil {
			return err
		}
	}
	at, err := g.group(hash, g.row)
	if err != nil {
		return err
	}
	grown, err := g.agg.merge(g.table.state(at), rest)
	g.account(grown)
	return err
}

func (g *groupOp) close() error {
	_ = g.crew.close() // what failed was reported, or was read for nobody
	if g.table != nil {
		g.table.reset()
	}
	g.agg.close()
	if g.spilled != nil {
		g.spilled.file.remove()
	}
	for _, p := range g.pending {
		p.file.remove()
	}
	g.spilled, g.pending = nil, nil
	return g.input.close()
}
