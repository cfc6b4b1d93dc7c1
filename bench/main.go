// Command bench runs FluxDB beside SQLite on the same documents in one run and
// prints a table of both with their ratio. Machines differ and are noisy: the
// ratio is the figure to compare.
//
//	go run . -n 100000 -reps 3
//	go run . -n 100000 -only 'point|COUNT' -cpu 1
//	go run . -n 1000000 -reps 3 -json figures.json
//	go run . -n 1000000 -budget 64MB
//	go run . -soak 20m
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"time"

	"github.com/fluxdb/fluxdb/bench/gen"
)

func main() {
	n := flag.Int("n", 100_000, "number of documents")
	reps := flag.Int("reps", 3, "repetitions of each row; the median is printed")
	loop := flag.Duration("loop", time.Second, "how long a timed loop runs")
	only := flag.String("only", "", "regular expression of the rows to run")
	flag.IntVar(&memory, "memory", memory, "MiB that either side may use: FluxDB's budget, SQLite's page cache")
	cpu := flag.Int("cpu", 0, "GOMAXPROCS, 0 for all")
	dir := flag.String("dir", "", "where the databases go; a temporary folder by default")
	figures := flag.String("json", "", "file to write all figures to")
	budget := flag.String("budget", "", "run FluxDB alone with this memory budget, as in 64MB, and print its peak memory")
	crash := flag.String("crash", "", "of this target's database in -dir, update documents and die: what the row of a crash runs")
	soaked := flag.Duration("soak", 0, "run writers, readers and an index that comes and goes for so long, and check the outcome; memory by -budget")
	flag.Parse()
	if *cpu > 0 {
		runtime.GOMAXPROCS(*cpu)
	}
	if *crash != "" {
		fail(dieUpdating(*crash, *dir, *n, *loop))
	}
	rows, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: -only:", err)
		os.Exit(2)
	}
	work, err := os.MkdirTemp(*dir, "fluxbench-*")
	if err == nil {
		defer os.RemoveAll(work)
		if *soaked > 0 {
			if *budget == "" {
				*budget = "256MB"
			}
			err = runSoak(work, *soaked, *budget)
		} else if *budget != "" {
			err = runBudget(work, *n, *loop, *budget)
		} else {
			b := &bench{dir: work, reps: *reps, rows: rows, in: &input{docs: generate(*n), loop: *loop}, results: results{rows: map[string]*row{}}}
			if err = b.run(); err == nil {
				err = b.results.report(*n, *reps, *figures)
			}
		}
	}
	if err != nil {
		os.RemoveAll(work)
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

func generate(n int) []gen.Document {
	g := gen.New(1)
	docs := make([]gen.Document, n)
	for i := range docs {
		docs[i] = g.Next()
	}
	return docs
}
