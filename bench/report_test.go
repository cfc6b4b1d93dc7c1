package main

import (
	"slices"
	"testing"
)

func TestEveryRowButTheColdOnesHasAGoal(t *testing.T) {
	names := []string{rowInsert, rowInsertTwo, rowBulk, rowDurable1, rowDurable16, rowBuild, rowOpen, rowCrash, rowDisk, rowOrdered, rowYCSBDurable}
	for _, w := range slices.Concat(readWorks, changeWorks) {
		names = append(names, w.name)
	}
	for _, name := range names {
		if goals[name] == (goal{}) {
			t.Errorf("%s: no goal", name)
		}
	}
	if len(goals) != len(names) {
		t.Errorf("%d goals of %d rows", len(goals), len(names))
	}
}

func TestRatiosAndGoalsAreInFavourOfFluxDB(t *testing.T) {
	for _, tt := range []struct {
		unit   unit
		figure []float64 // FluxDB's, SQLite's
		goal   goal
		ratio  float64
		text   string
	}{
		{perSecond, []float64{200, 100}, goal{ratio: 2}, 2, "2.00"},
		{perSecond, []float64{200, 100}, goal{ratio: 2.1}, 2, "2.10 missed"},
		{nsPerDoc, []float64{100, 400}, goal{ratio: 5}, 4, "5.00 missed"},
		{millisecond, []float64{14, 1}, goal{figure: 15}, 1. / 14, "15.0 ms"},
		{millisecond, []float64{16, 1}, goal{figure: 15}, 1. / 16, "15.0 ms missed"},
		{mebibyte, []float64{10, 30}, goal{}, 3, ""},
	} {
		r := &row{unit: tt.unit, figures: map[string][]float64{"FluxDB": tt.figure[:1], "SQLite": tt.figure[1:]}}
		if got := r.ratio(); got != tt.ratio {
			t.Errorf("%+v: ratio %v", tt, got)
		}
		if got := tt.goal.text(r); got != tt.text {
			t.Errorf("%+v: goal %q", tt, got)
		}
	}
	if got := median([]float64{3, 1, 2}); got != 2 {
		t.Errorf("median of 3 1 2 is %v", got)
	}
}
