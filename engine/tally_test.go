package engine

import "testing"

// A transaction of many statements remembers no more than the savepoints that are left.
func TestTalliesForgetSavepoints(t *testing.T) {
	var all tallies
	var ref tallyRef
	add := func(n int64) { all.add(&ref, counterID{1, countDocuments, 0}, nil, n) }
	for range 1000 {
		all.savepoint()
		add(1)
		all.forget()
	}
	if len(all.log) != 0 || all.value(ref) != 1000 {
		t.Errorf("%d changes are remembered, the value is %d", len(all.log), all.value(ref))
	}
	here := all.savepoint()
	add(5)
	later := all.savepoint()
	add(7)
	all.rollbackTo(later)
	if n := all.value(ref); n != 1005 {
		t.Errorf("at the second savepoint: %d", n)
	}
	all.rollbackTo(here)
	if n := all.value(ref); n != 1000 {
		t.Errorf("at the first savepoint: %d", n)
	}
}
