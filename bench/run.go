package main

import (
	"database/sql"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"time"
)

// bench is one run: each repetition loads both databases afresh and runs every
// row on one after the other, so that drift of the machine meets both.
type bench struct {
	dir     string
	reps    int
	rows    *regexp.Regexp
	in      *input
	results results
}

var targets = []*target{&fluxdbTarget, &sqliteTarget}

// The rows of loading, opening and size; the others are in readWorks, coldWorks and changeWorks.
const (
	rowInsert      = "insert, 100,000 documents a transaction"
	rowInsertTwo   = "insert with two indexes"
	rowBulk        = "insert without statements (driver.Bulk)"
	rowDurable1    = "durable inserts, 1 goroutine"
	rowDurable16   = "durable inserts, 16 goroutines"
	rowBuild       = "build four indexes"
	rowOpen        = "open after a clean close"
	rowCrash       = "open after a crash"
	rowDisk        = "disk with four indexes"
	rowOrdered     = "10 of 100,000 documents by index, ordered ids"
	rowYCSBDurable = "YCSB A durable, 8 goroutines"
)

func (b *bench) run() error {
	for rep := range b.reps {
		began := time.Now()
		if err := b.writes(); err != nil {
			return err
		}
		if err := b.loaded(); err != nil {
			return err
		}
		if err := b.ordered(); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "repetition %d of %d: %.0f s\n", rep+1, b.reps, time.Since(began).Seconds())
	}
	return nil
}

// writes times filling databases of their own.
func (b *bench) writes() error {
	for _, s := range []struct {
		work
		durable bool
		indexes []string
	}{
		{work{rowInsertTwo, perSecond, load}, false, []string{"index age", "index city"}},
		{work{rowBulk, perSecond, loadNative}, false, nil},
		{work{rowDurable1, perSecond, durable(1)}, true, nil},
		{work{rowDurable16, perSecond, durable(16)}, true, nil},
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
			if err := b.time(s.work, d); err != nil {
				return err
			}
			if err := d.remove(); err != nil {
				return err
			}
		}
	}
	return nil
}

// ordered looks documents up whose ids are in the order of insertion.
func (b *bench) ordered() error {
	if !b.rows.MatchString(rowOrdered) {
		return nil
	}
	in := &input{docs: withOrderedIDs(b.in.docs), loop: b.in.loop}
	for _, t := range targets {
		d, err := t.open(b.dir, false)
		if err != nil {
			return err
		}
		if _, err := load(d, in); err != nil {
			return err
		}
		if err := d.run("index group"); err != nil {
			return err
		}
		if err := d.readAll(in); err != nil {
			return err
		}
		w := work{rowOrdered, perSecond, func(d *database, _ *input) (int, error) { return byGroup(d, in) }}
		if err := b.warm(w, d); err != nil {
			return err
		}
		if err := b.time(w, d); err != nil {
			return err
		}
		if err := d.remove(); err != nil {
			return err
		}
	}
	return nil
}

// loaded loads each target, which is a row, and runs all others on it.
func (b *bench) loaded() error {
	var open []*database
	for _, t := range targets {
		d, err := t.open(b.dir, false)
		if err != nil {
			return err
		}
		defer os.RemoveAll(d.dir)
		defer func() { d.DB.Close() }()
		if err := b.time(work{rowInsert, perSecond, load}, d); err != nil {
			return err
		}
		if err := b.time(work{rowBuild, millisecond, buildIndexes}, d); err != nil {
			return err
		}
		open = append(open, d)
	}
	if err := b.readAll(open); err != nil {
		return err
	}
	if err := b.eachWork(readWorks, open, b.warm); err != nil {
		return err
	}
	if err := b.eachWork(coldWorks, open, func(_ work, d *database) error { return d.reopen(false) }); err != nil {
		return err
	}
	for _, d := range open {
		// Here, since loading leaves files that are compacted while the works above run.
		b.results.add(rowDisk, mebibyte, d.name, float64(d.diskSize())/(1<<20))
	}
	opened := work{rowOpen, millisecond, func(d *database, in *input) (int, error) { return 1, d.firstRead(in) }}
	if err := b.eachWork([]work{opened}, open, func(_ work, d *database) error { return d.DB.Close() }); err != nil {
		return err
	}
	if err := b.readAll(open); err != nil {
		return err
	}
	if err := b.eachWork(changeWorks, open, nil); err != nil {
		return err
	}
	ycsbDurable := work{rowYCSBDurable, perSecond, ycsb(50)}
	if err := b.eachWork([]work{ycsbDurable}, open, func(_ work, d *database) error { return d.reopen(true) }); err != nil {
		return err
	}
	opened.name = rowCrash
	return b.eachWork([]work{opened}, open, func(_ work, d *database) error { return d.crash(len(b.in.docs), b.in.loop) })
}

// eachWork runs works in turn, each on all databases, after before if there is one.
func (b *bench) eachWork(works []work, open []*database, before func(work, *database) error) error {
	for _, w := range works {
		if !b.rows.MatchString(w.name) {
			continue
		}
		for _, d := range open {
			if before != nil {
				if err := before(w, d); err != nil {
					return fmt.Errorf("%s: before %s: %w", d.name, w.name, err)
				}
			}
			if err := b.time(w, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// readAll reads every document once by its id, so that what is cached is warm; not where no row is run that needs it.
func (b *bench) readAll(open []*database) error {
	if !slices.ContainsFunc(slices.Concat(readWorks, changeWorks), func(w work) bool { return b.rows.MatchString(w.name) }) {
		return nil
	}
	for _, d := range open {
		if err := d.readAll(b.in); err != nil {
			return fmt.Errorf("%s: read all documents: %w", d.name, err)
		}
	}
	return nil
}

// warm runs a work once without timing it.
func (b *bench) warm(w work, d *database) error {
	_, err := w.run(d, b.in)
	return err
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
	b.results.add(w.name, w.unit, d.name, figure)
	return nil
}

func buildIndexes(d *database, _ *input) (int, error) {
	for _, index := range []string{"index group", "index age", "index email", "index city"} {
		if err := d.run(index); err != nil {
			return 0, err
		}
	}
	return 1, nil
}

// firstRead opens the database and reads a document: some open files only when they are asked.
func (d *database) firstRead(in *input) error {
	if err := d.connect(false); err != nil {
		return err
	}
	var doc sql.RawBytes
	_, err := rows(d.Query(d.sql["point"], in.docs[0].ID))(&doc)
	return err
}
