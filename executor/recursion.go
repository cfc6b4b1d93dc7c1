package executor

import (
	"fmt"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
)

// maxRounds is how many rounds a recursive query may take: one that does not end would otherwise fill the disk.
const maxRounds = 1_000_000

// recursionOp yields the rows of a recursive query, round by round.
type recursionOp struct {
	node *planner.Recursion
	x    *execution
	now  operator // what yields the rows of this round
	regs []int    // where they stand
	// made are the rows of this round, which the one after reads; last are those that this one reads.
	made, last *rowBuffer
	seen       *keySet // nil with ALL
	key        []byte
	rounds     int
}

func (r *recursionOp) open(x *execution) (err error) {
	r.x = x
	if !r.node.All {
		r.seen = x.newKeySet()
	}
	r.made = x.newRowBuffer(nil, r.node.Regs)
	r.now, err = open(r.node.First, x)
	r.regs = r.node.Regs
	return err
}

func (r *recursionOp) next() (bool, error) {
	for r.now != nil {
		if err := r.x.interrupted(); err != nil {
			return false, err
		}
		ok, err := r.now.next()
		if err != nil {
			return false, err
		}
		if !ok {
			if err := r.turn(); err != nil {
				return false, err
			}
			continue
		}
		vals := r.x.frame.Vals
		for i, reg := range r.regs {
			vals[r.node.Regs[i]] = vals[reg]
		}
		if r.seen != nil {
			r.key = r.key[:0]
			for _, reg := range r.node.Regs {
				r.key, _ = document.AppendKey(r.key, vals[reg], false)
			}
			if added, err := r.seen.add(r.key); err != nil {
				return false, err
			} else if !added {
				continue
			}
		}
		return true, r.made.add()
	}
	return false, nil
}

// turn begins the next round; none after one without rows.
func (r *recursionOp) turn() (err error) {
	if err := r.now.close(); err != nil {
		return err
	}
	r.now = nil
	r.last.close()
	r.last, r.made = r.made, r.x.newRowBuffer(nil, r.node.Regs)
	if r.last.empty() {
		return nil
	}
	if r.rounds++; r.rounds > maxRounds {
		return fmt.Errorf("a recursive query did not end after %d rounds: it needs a condition that ends it, or a LIMIT", maxRounds)
	}
	if err := r.last.seal(); err != nil {
		return err
	}
	r.x.works[r.node.Work] = r.last
	r.regs = r.node.StepRegs
	r.now, err = open(r.node.Step, r.x)
	return err
}

func (r *recursionOp) close() error {
	r.made.close()
	r.last.close()
	r.seen.close()
	if r.now == nil {
		return nil
	}
	err := r.now.close()
	r.now = nil
	return err
}

// workScanOp reads the rows of the last round of a recursive query.
type workScanOp struct {
	node *planner.WorkScan
	x    *execution
	rows *rowReader
}

func (w *workScanOp) open(x *execution) error {
	w.x = x
	w.rows = x.works[w.node.Work].scan(w.node.Regs, x.frame)
	return nil
}

func (w *workScanOp) next() (bool, error) {
	if err := w.x.interrupted(); err != nil {
		return false, err
	}
	return w.rows.next()
}

func (w *workScanOp) close() error { return nil }
