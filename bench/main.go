// Command bench runs FluxDB beside SQLite on the same documents in one run and
// prints a table of both with their ratio. Machines differ and are noisy: the
// ratio is the figure to compare.
//
//	go run . -n 100000 -reps 3
//	go run . -n 100000 -only 'point|COUNT' -cpu 1
//	go run . -n 1000000 -budget 64MB
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"time"

	"github.com/fluxdb/fluxdb/bench/gen"
)

func main() {
	n := flag.Int("n", 100_000, "number of documents")
	reps := flag.Int("reps", 3, "repetitions of each row; the median is printed")
	loop := flag.Duration("loop", 2*time.Second, "how long a timed loop runs")
	only := flag.String("only", "", "regular expression of the rows to run")
	cpu := flag.Int("cpu", 0, "GOMAXPROCS, 0 for all")
	dir := flag.String("dir", "", "where the databases go; a temporary folder by default")
	budget := flag.String("budget", "", "run FluxDB alone with this memory budget, as in 64MB, and print its peak memory")
	flag.Parse()
	if *cpu > 0 {
		runtime.GOMAXPROCS(*cpu)
	}
	rows, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: -only:", err)
		os.Exit(2)
	}
	work, err := os.MkdirTemp(*dir, "fluxbench-*")
	if err == nil {
		defer os.RemoveAll(work)
		if *budget != "" {
			err = runBudget(work, *n, *loop, *budget)
		} else {
			b := &bench{dir: work, reps: *reps, rows: rows, in: &input{docs: generate(*n), loop: *loop}, results: map[string]*row{}}
			err = b.run()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func generate(n int) []gen.Document {
	g := gen.New(1)
	docs := make([]gen.Document, n)
	for i := range docs {
		docs[i] = g.Next()
	}
	return docs
}

// bench is one run: each repetition loads both databases afresh and runs every
// row on one after the other, so that drift of the machine meets both.
type bench struct {
	dir     string
	reps    int
	rows    *regexp.Regexp
	in      *input
	order   []string
	results map[string]*row
}

// row collects the figures of one work, for each target.
type row struct {
	unit    unit
	figures map[string][]float64
}

var targets = []*target{&fluxdbTarget, &sqliteTarget}

func (b *bench) run() error {
	for rep := range b.reps {
		fmt.Fprintf(os.Stderr, "repetition %d of %d\n", rep+1, b.reps)
		if err := b.writes(); err != nil {
			return err
		}
		if err := b.reads(); err != nil {
			return err
		}
	}
	b.report()
	return nil
}

// writes times loading fresh databases in several ways.
func (b *bench) writes() error {
	type setup struct {
		name    string
		durable bool
		indexes []string
		run     func(*database, *input) (int, error)
	}
	for _, s := range []setup{
		{"insert, 100,000 documents a transaction", false, nil, load},
		{"the same with two indexes", false, []string{"index age", "index city"}, load},
		{"durable inserts, 1 goroutine", true, nil, durable(1)},
		{"durable inserts, 16 goroutines", true, nil, durable(16)},
	} {
		if !b.rows.MatchString(s.name) {
			continue
		}
		for _, t := range targets {
			d, err := t.open(b.dir, s.durable)
			if err != nil {
				return err
			}
			for _, index := range s.indexes {
				if err := d.run(index); err != nil {
					return err
				}
			}
			if err := b.time(work{s.name, perSecond, s.run}, d); err != nil {
				return err
			}
			if err := d.DB.Close(); err != nil {
				return err
			}
			if err := os.RemoveAll(d.dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// reads loads each target once, builds its indexes and runs every other row.
func (b *bench) reads() error {
	var open []*database
	for _, t := range targets {
		d, err := t.open(b.dir, false)
		if err != nil {
			return err
		}
		defer os.RemoveAll(d.dir)
		defer func() { d.DB.Close() }()
		if _, err := load(d, b.in); err != nil {
			return err
		}
		build := work{"build four indexes", millisecond, func(d *database, _ *input) (int, error) {
			for _, index := range []string{"index group", "index age", "index email", "index city"} {
				if err := d.run(index); err != nil {
					return 0, err
				}
			}
			return 1, nil
		}}
		if err := b.time(build, d); err != nil {
			return err
		}
		reopen := work{"open after a clean close", millisecond, func(d *database, _ *input) (int, error) { return 1, nil }}
		if err := d.DB.Close(); err != nil {
			return err
		}
		reopen.run = func(d *database, _ *input) (int, error) { return 1, d.reopen(false) }
		if err := b.time(reopen, d); err != nil {
			return err
		}
		open = append(open, d)
	}
	if err := b.all(readWorks, open); err != nil {
		return err
	}
	for _, d := range open {
		// Here, since loading leaves files that are compacted while the works above run.
		b.add("disk with four indexes, MiB", millisecond, d.name, float64(d.diskSize())/(1<<20))
	}
	return b.all(changeWorks, open)
}

// all runs works in turn, each on all databases.
func (b *bench) all(works []work, open []*database) error {
	for _, w := range works {
		if !b.rows.MatchString(w.name) {
			continue
		}
		for _, d := range open {
			if err := b.time(w, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// time runs a work once and keeps its figure.
func (b *bench) time(w work, d *database) error {
	runtime.GC()
	began := time.Now()
	units, err := w.run(d, b.in)
	took := time.Since(began)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", d.name, w.name, err)
	}
	var figure float64
	switch w.unit {
	case perSecond:
		figure = float64(units) / took.Seconds()
	case nsPerDoc:
		figure = float64(took.Nanoseconds()) / float64(units)
	case millisecond:
		figure = float64(took.Microseconds()) / 1000
	}
	b.add(w.name, w.unit, d.name, figure)
	return nil
}

func (b *bench) add(name string, u unit, target string, figure float64) {
	r := b.results[name]
	if r == nil {
		r = &row{unit: u, figures: map[string][]float64{}}
		b.results[name] = r
		b.order = append(b.order, name)
	}
	r.figures[target] = append(r.figures[target], figure)
}

// report prints the table; a ratio over 1 is in FluxDB's favour.
func (b *bench) report() {
	fmt.Printf("%d documents, %d repetitions (medians), GOMAXPROCS %d\n\n", len(b.in.docs), b.reps, runtime.GOMAXPROCS(0))
	fmt.Printf("| %-46s | %12s | %12s | ratio |\n|%s|%s|%s|%s|\n", "work", "FluxDB", "SQLite", dashes(48), dashes(14), dashes(14), dashes(7))
	for _, name := range b.order {
		r := b.results[name]
		flux, lite := median(r.figures["FluxDB"]), median(r.figures["SQLite"])
		ratio := flux / lite
		if r.unit != perSecond {
			ratio = lite / flux
		}
		suffix := map[unit]string{perSecond: "/s", nsPerDoc: "ns", millisecond: "ms"}[r.unit]
		if name == "disk with four indexes, MiB" {
			suffix = ""
		}
		fmt.Printf("| %-46s | %12s | %12s | %5.2f |\n", name, number(flux)+suffix, number(lite)+suffix, ratio)
	}
}

func median(figures []float64) float64 {
	slices.Sort(figures)
	return figures[len(figures)/2]
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

func dashes(n int) string {
	return fmt.Sprintf("%.*s", n, "------------------------------------------------------------")
}
