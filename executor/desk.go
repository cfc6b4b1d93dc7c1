package executor

import (
	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// desk is what one run of a small plan needs, in one allocation. A session keeps that of a statement that is
// done for the next one, with the buffers of its operators. Nobody holds on to anything of it: rows are valid until
// the next is asked for, and a cursor lets go of its desk when it is closed.
type desk struct {
	x      execution
	frame  expr.Frame
	docs   [2]document.Record
	vals   [8]document.Value
	actual planner.Actual

	// The operators that most plans have one of, and which of them this run uses.
	scan    scanOp
	index   indexScanOp
	project projectOp
	limit   limitOp
	used    struct{ actual, scan, index, project, limit bool }

	// What a statement that writes needs.
	modifier modifier
	set      [4]document.Value
	leaves   [4]document.LeafValue
}

// maxKept is how many bytes of buffers a desk may keep at most.
const maxKept = 512 << 10

// clear lets go of what the run referred to.
func (d *desk) clear() {
	kept := maxKept
	if d.x.memory != nil {
		kept = d.x.memory.pool.kept()
	}
	clear(d.docs[:])
	clear(d.vals[:])
	d.frame = expr.Frame{}
	d.x = execution{}
	if d.modifier.x != nil {
		d.modifier = modifier{}
		clear(d.set[:])
		clear(d.leaves[:])
	}
	if d.used.scan {
		if cap(d.scan.key) > kept {
			d.scan.key = nil
		}
		d.scan.reset(nil)
	}
	if d.used.index {
		d.index.reset(nil)
	}
	d.used = struct{ actual, scan, index, project, limit bool }{}
}

// values returns room for n values, for one statement that writes.
func (d *desk) values(n int) []document.Value {
	if n > len(d.set) {
		return make([]document.Value, n)
	}
	return d.set[:n]
}

// newScan returns an operator for a node: that of the desk, if it is not in use.
func (d *desk) newScan(n *planner.Scan) *scanOp {
	if d == nil || d.used.scan {
		return newScan(n)
	}
	d.used.scan = true
	return d.scan.reset(n)
}

func (d *desk) newIndexScan(n *planner.IndexScan) *indexScanOp {
	if d == nil || d.used.index {
		return newIndexScan(n)
	}
	d.used.index = true
	return d.index.reset(n)
}

func (d *desk) newProject(n *planner.Project, input operator) *projectOp {
	if d == nil || d.used.project {
		return &projectOp{node: n, input: input}
	}
	d.used.project = true
	d.project = projectOp{node: n, input: input}
	return &d.project
}

func (d *desk) newLimit(n *planner.Limit, input operator) *limitOp {
	if d == nil || d.used.limit {
		return &limitOp{node: n, input: input}
	}
	d.used.limit = true
	d.limit = limitOp{node: n, input: input}
	return &d.limit
}

// newActual returns counts that nobody reads.
func (d *desk) newActual() *planner.Actual {
	if d == nil || d.used.actual {
		return &planner.Actual{}
	}
	d.used.actual = true
	d.actual = planner.Actual{}
	return &d.actual
}

// execution makes the desk's execution one of plan.
func (d *desk) execution(plan *planner.Plan, run *expr.Run) *execution {
	docs, vals := d.docs[:0], d.vals[:0]
	if plan.Docs > len(d.docs) {
		docs = make([]document.Record, plan.Docs)
	}
	if plan.Vals > len(d.vals) {
		vals = make([]document.Value, plan.Vals)
	}
	d.frame = expr.Frame{Docs: docs[:plan.Docs], Vals: vals[:plan.Vals], Run: run}
	d.x = execution{desk: d, frame: &d.frame}
	if plan.Works > 0 {
		d.x.works = map[int]*rowBuffer{}
	}
	if len(plan.Subplans) > 0 {
		d.frame.Subqueries = newSubqueries(&d.x, plan)
	}
	return &d.x
}
