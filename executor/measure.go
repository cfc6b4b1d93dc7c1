package executor

import (
	"sync/atomic"
	"time"

	"github.com/fluxdb/fluxdb/planner"
)

// measured is an operator whose node's actuals are filled in, for EXPLAIN ANALYZE.
type measured struct {
	operator
	node   planner.Node
	x      *execution
	actual *planner.Actual
}

func (m *measured) open(x *execution) error {
	m.x, m.actual = x, x.actual(m.node)
	defer x.measure(m.actual)()
	return m.operator.open(x)
}

// want passes on what the operator may like to know, so that what is measured is what runs otherwise.
func (m *measured) want(rows int64) {
	if op, ok := m.operator.(wantsRows); ok {
		op.want(rows)
	}
}

func (m *measured) next() (bool, error) {
	defer m.x.measure(m.actual)()
	ok, err := m.operator.next()
	if ok {
		m.actual.Rows++
	}
	return ok, err
}

// actual returns where the counts of a node go. Without ANALYZE nobody reads them.
func (x *execution) actual(node planner.Node) *planner.Actual {
	if x.actuals == nil {
		return x.desk.newActual()
	}
	a := x.actuals[node]
	if a == nil {
		a = &planner.Actual{}
		x.actuals[node] = a
	}
	return a
}

// measure credits what happens until the returned function is called to a node: the
// time to it and, as its caller is measured too, to all above it; stored values of a wrong kind only to
// the node that met them. Nodes that write are measured by it too.
func (x *execution) measure(a *planner.Actual) (done func()) {
	above := x.measuring
	x.credit(a)
	begin := time.Now()
	return func() {
		a.Time += time.Since(begin)
		x.credit(above)
	}
}

// credit gives the wrong kinds counted since the last call to the node that has been
// running, and makes next the one that runs.
func (x *execution) credit(next *planner.Actual) {
	now := atomic.LoadInt64(&x.frame.Run.WrongKind)
	if x.measuring != nil {
		x.measuring.WrongKind += now - x.wrongKind
	}
	x.measuring, x.wrongKind = next, now
}
