package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// results collects the figures of all rows, in the order in which they first came.
type results struct {
	order []string
	rows  map[string]*row
}

// row collects the figures of one work, for each target.
type row struct {
	unit    unit
	figures map[string][]float64
}

func (r *results) add(name string, u unit, target string, figure float64) {
	if r.rows[name] == nil {
		r.rows[name] = &row{unit: u, figures: map[string][]float64{}}
		r.order = append(r.order, name)
	}
	r.rows[name].figures[target] = append(r.rows[name].figures[target], figure)
}

// ratio is over 1 in FluxDB's favour.
func (r *row) ratio() float64 {
	flux, lite := median(r.figures["FluxDB"]), median(r.figures["SQLite"])
	if r.unit == perSecond {
		return flux / lite
	}
	return lite / flux
}

// goal is what a row should reach at least: a ratio, or a figure of FluxDB's alone.
type goal struct{ ratio, figure float64 }

var goals = map[string]goal{
	rowInsert:      {ratio: 1.3},
	rowInsertTwo:   {ratio: 1.5},
	rowBulk:        {ratio: 1.3},
	rowDurable1:    {ratio: 0.75},
	rowDurable16:   {ratio: 4},
	rowBuild:       {ratio: 1},
	rowOpen:        {figure: 15},
	rowCrash:       {figure: 2000},
	rowDisk:        {ratio: 1},
	rowYCSBDurable: {ratio: 1.3},
	rowOrdered:     {ratio: 1.3},

	"point read, 1 goroutine":                      {ratio: 1.2},
	"point read, 8 goroutines":                     {ratio: 1.5},
	"point read, fresh literals":                   {ratio: 1.2},
	"10 whole documents by index, random ids":      {ratio: 1.3},
	"1.25 % by index, documents":                   {ratio: 1.1},
	"indexed range + ORDER BY + LIMIT 10, queries": {ratio: 1.3},
	"COUNT, nested field, no index":                {ratio: 8},
	"COUNT, nested field, no index, one core":      {figure: 150},
	"GROUP BY country":                             {ratio: 15},
	"GROUP BY country, one core":                   {figure: 200},
	"window functions over countries":              {ratio: 2},
	"ORDER BY balance DESC LIMIT 10, no index":     {ratio: 6},
	"all documents out, rows":                      {ratio: 1},
	"all documents out, into Go structs":           {ratio: 3},
	"YCSB C, 8 goroutines":                         {ratio: 1.3},
	"YCSB B, 8 goroutines":                         {ratio: 3},
	"YCSB A, 8 goroutines":                         {ratio: 4},
	"update by id in transactions of 500":          {ratio: 2},
	"update 10 %":                                  {ratio: 1.5},
	"delete 10 %":                                  {ratio: 2},
}

// text is the goal of a row of a unit, and whether it is missed.
func (g goal) text(r *row) string {
	var text string
	missed := false
	switch {
	case g.ratio > 0:
		text, missed = fmt.Sprintf("%.2f", g.ratio), r.ratio() < g.ratio
	case g.figure > 0:
		text, missed = number(g.figure)+r.unit.suffix(), median(r.figures["FluxDB"]) > g.figure
	}
	if missed {
		text += " missed"
	}
	return text
}

// report prints the table and writes all figures to a file if it is named.
func (r *results) report(documents, reps int, file string) error {
	fmt.Printf("%d documents, %d repetitions: medians (least to greatest), GOMAXPROCS %d\n\n", documents, reps, runtime.GOMAXPROCS(0))
	line := "| %-46s | %12s | %12s | %5s | %13s | %21s | %21s |\n"
	fmt.Printf(line, "work", "FluxDB", "SQLite", "ratio", "goal", "FluxDB from to", "SQLite from to")
	fmt.Printf("|%s|%s|%s|%s|%s|%s|%s|\n", dashes(48), dashes(14), dashes(14), dashes(7), dashes(15), dashes(23), dashes(23))
	for _, name := range r.order {
		row := r.rows[name]
		cell := func(target string) string { return number(median(row.figures[target])) + row.unit.suffix() }
		span := func(target string) string {
			f := row.figures[target]
			return number(slices.Min(f)) + " - " + number(slices.Max(f))
		}
		fmt.Printf(line, name, cell("FluxDB"), cell("SQLite"), fmt.Sprintf("%.2f", row.ratio()), goals[name].text(row), span("FluxDB"), span("SQLite"))
	}
	if file == "" {
		return nil
	}
	type figures struct {
		Work   string    `json:"work"`
		Unit   string    `json:"unit"`
		FluxDB []float64 `json:"fluxdb"`
		SQLite []float64 `json:"sqlite"`
		Ratio  float64   `json:"ratio"`
	}
	all := struct {
		Documents  int       `json:"documents"`
		GOMAXPROCS int       `json:"gomaxprocs"`
		Go         string    `json:"go"`
		Rows       []figures `json:"rows"`
	}{documents, runtime.GOMAXPROCS(0), runtime.Version(), nil}
	for _, name := range r.order {
		row := r.rows[name]
		all.Rows = append(all.Rows, figures{name, strings.TrimSpace(row.unit.suffix()), row.figures["FluxDB"], row.figures["SQLite"], row.ratio()})
	}
	text, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

func (u unit) suffix() string {
	return map[unit]string{perSecond: "/s", nsPerDoc: " ns/doc", millisecond: " ms", mebibyte: " MiB"}[u]
}

// median sorts a copy: the file has the figures in the order of the repetitions.
func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[len(sorted)/2]
}

func number(f float64) string {
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 1:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.3f", f)
}

func dashes(n int) string { return strings.Repeat("-", n) }
