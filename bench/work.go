package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fluxdb/fluxdb/bench/gen"
)

// work is one row of the table. It runs on an open database and returns how many
// units it did; the harness times it.
type work struct {
	name string
	unit unit
	run  func(d *database, in *input) (units int, err error)
}

// unit is what a row is counted in.
type unit uint8

const (
	perSecond   unit = iota // higher is better
	nsPerDoc                // lower is better
	millisecond             // lower is better
	mebibyte                // lower is better
)

// input is what all works share: the documents and how long a timed loop runs.
type input struct {
	docs []gen.Document
	loop time.Duration
}

// readWorks run on the loaded database with its four indexes, in this order. Each runs once before it
// is timed: what is cached is warm.
var readWorks = []work{
	{"point read, 1 goroutine", perSecond, pointReads(1)},
	{"point read, 8 goroutines", perSecond, pointReads(8)},
	{"point read, fresh literals", perSecond, freshLiterals},
	{"10 whole documents by index, random ids", perSecond, byGroup},
	{"1.25 % by index, documents", perSecond, byAge},
	{"indexed range + ORDER BY + LIMIT 10, queries", perSecond, rangeLimit},
	{"COUNT, nested field, no index", nsPerDoc, scan("count nested")},
	{"COUNT, nested field, no index, one core", nsPerDoc, oneCore(scan("count nested"))},
	{"GROUP BY country", nsPerDoc, scan("group by")},
	{"GROUP BY country, one core", nsPerDoc, oneCore(scan("group by"))},
	{"window functions over countries", nsPerDoc, scan("windows")},
	{"ORDER BY balance DESC LIMIT 10, no index", millisecond, whole("top 10")},
	{"all documents out, rows", perSecond, scan("all")},
	{"all documents out, into Go structs", perSecond, structs},
	{"YCSB C, 8 goroutines", perSecond, ycsb(100)},
}

// coldWorks come after them, each on a database that was just opened: nothing is cached but by the operating
// system. They do a fixed number of operations, few enough that hardly anything is read twice.
var coldWorks = []work{
	{"cold: point read, 1 goroutine", perSecond, cold("point", 50, func(in *input) any { return in.docs[rand.IntN(len(in.docs))].ID })},
	{"cold: 10 whole documents by index, random ids", perSecond, cold("by group", 500, func(in *input) any { return rand.IntN(len(in.docs) / 10) })},
	{"cold: 1.25 % by index, queries", perSecond, cold("by age", 50_000, func(*input) any { return 18 + rand.IntN(gen.Ages) })},
	{"cold: indexed range + ORDER BY + LIMIT 10", perSecond, cold("range", 2000, func(*input) any { return 18 + rand.IntN(gen.Ages) })},
	{"cold: COUNT, nested field, no index", nsPerDoc, scan("count nested")},
	{"cold: all documents out, rows", perSecond, scan("all")},
}

// changeWorks follow.
var changeWorks = []work{
	{"YCSB B, 8 goroutines", perSecond, ycsb(95)},
	{"YCSB A, 8 goroutines", perSecond, ycsb(50)},
	{"update by id in transactions of 500", perSecond, updateByID},
	{"update 10 %", millisecond, execute("update tenth")},
	{"delete 10 %", millisecond, execute("delete tenth")},
}

// loadBatch is how many documents one transaction of load inserts: what fits a transaction's
// share of the memory budget, also with two indexes.
const loadBatch = 100_000

// load inserts all documents with one prepared statement a transaction.
func load(d *database, in *input) (int, error) {
	for docs := range slices.Chunk(in.docs, loadBatch) {
		if err := insertAll(d, docs); err != nil {
			return 0, err
		}
	}
	return len(in.docs), nil
}

func insertAll(d *database, docs []gen.Document) error {
	tx, err := d.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	stmt, err := tx.Prepare(d.sql["insert"])
	if err != nil {
		return err
	}
	defer stmt.Close()
	for i := range docs {
		if _, err := stmt.Exec(docs[i].JSON); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// durable inserts one document a commit from n goroutines until the time is up.
func durable(n int) func(*database, *input) (int, error) {
	return func(d *database, in *input) (int, error) {
		var next atomic.Int64
		return parallel(n, in.loop, func(ctx context.Context) func() (int, error) {
			return func() (int, error) {
				i := next.Add(1) - 1
				if i >= int64(len(in.docs)) {
					return 0, errDone
				}
				_, err := d.Exec(d.sql["insert"], in.docs[i].JSON)
				return 1, err
			}
		})
	}
}

// readAll reads every document once by its id.
func (d *database) readAll(in *input) error {
	stmt, err := d.Prepare(d.sql["point"])
	if err != nil {
		return err
	}
	defer stmt.Close()
	for i := range in.docs {
		var doc sql.RawBytes
		if _, err := rows(stmt.Query(in.docs[i].ID))(&doc); err != nil {
			return err
		}
	}
	return nil
}

func pointReads(n int) func(*database, *input) (int, error) {
	return func(d *database, in *input) (int, error) {
		stmt, err := d.Prepare(d.sql["point"])
		if err != nil {
			return 0, err
		}
		defer stmt.Close()
		return parallel(n, in.loop, func(context.Context) func() (int, error) {
			var doc sql.RawBytes
			return func() (int, error) {
				return rows(stmt.Query(in.docs[rand.IntN(len(in.docs))].ID))(&doc)
			}
		})
	}
}

func freshLiterals(d *database, in *input) (int, error) {
	return parallel(1, in.loop, func(context.Context) func() (int, error) {
		var doc sql.RawBytes
		return func() (int, error) {
			return rows(d.Query(fmt.Sprintf(d.sql["literal"], in.docs[rand.IntN(len(in.docs))].ID)))(&doc)
		}
	})
}

// queries runs a prepared query with one argument until the time is up and
// counts queries, or rows.
func queries(d *database, in *input, name string, countRows bool, arg func() any) (int, error) {
	stmt, err := d.Prepare(d.sql[name])
	if err != nil {
		return 0, err
	}
	defer stmt.Close()
	return parallel(1, in.loop, func(context.Context) func() (int, error) {
		var doc sql.RawBytes
		return func() (int, error) {
			n, err := rows(stmt.Query(arg()))(&doc)
			if !countRows {
				n = 1
			}
			return n, err
		}
	})
}

// withOrderedIDs returns the first documents under version 7 UUIDs: those of a group lie together, as
// those do whose ids the database makes.
func withOrderedIDs(docs []gen.Document) []gen.Document {
	docs = slices.Clone(docs[:min(len(docs), loadBatch)])
	for i := range docs {
		const begin = len(`{"_id":"`)
		docs[i].ID = fmt.Sprintf("01890a5d-%04x-7%03x-8%03x-%012x", i>>16, i>>4&0xFFF, i&0xF, i)
		docs[i].JSON = docs[i].JSON[:begin] + docs[i].ID + docs[i].JSON[begin+len(docs[i].ID):]
	}
	return docs
}

func byGroup(d *database, in *input) (int, error) {
	return queries(d, in, "by group", false, func() any { return rand.IntN(len(in.docs) / 10) })
}

// cold runs a query once for every so many documents, and counts queries.
func cold(name string, every int, arg func(*input) any) func(*database, *input) (int, error) {
	return func(d *database, in *input) (int, error) {
		stmt, err := d.Prepare(d.sql[name])
		if err != nil {
			return 0, err
		}
		defer stmt.Close()
		var doc sql.RawBytes
		n := max(1, len(in.docs)/every)
		for range n {
			if _, err := rows(stmt.Query(arg(in)))(&doc); err != nil {
				return 0, err
			}
		}
		return n, nil
	}
}

// oneCore runs a work on one core.
func oneCore(run func(*database, *input) (int, error)) func(*database, *input) (int, error) {
	return func(d *database, in *input) (int, error) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		return run(d, in)
	}
}

func byAge(d *database, in *input) (int, error) {
	return queries(d, in, "by age", true, func() any { return 18 + rand.IntN(gen.Ages) })
}

func rangeLimit(d *database, in *input) (int, error) {
	return queries(d, in, "range", false, func() any { return 18 + rand.IntN(gen.Ages) })
}

// scan runs a query that reads every document, once; its units are documents.
func scan(name string) func(*database, *input) (int, error) {
	return func(d *database, in *input) (int, error) {
		_, err := query(d, name)
		return len(in.docs), err
	}
}

// whole runs a query once.
func whole(name string) func(*database, *input) (int, error) {
	return func(d *database, _ *input) (int, error) {
		_, err := query(d, name)
		return 1, err
	}
}

func execute(name string) func(*database, *input) (int, error) {
	return func(d *database, _ *input) (int, error) { return 1, d.run(name) }
}

func updateByID(d *database, in *input) (int, error) {
	return parallel(1, in.loop, func(context.Context) func() (int, error) {
		return func() (int, error) {
			tx, err := d.Begin()
			if err != nil {
				return 0, err
			}
			defer tx.Rollback()
			stmt, err := tx.Prepare(d.sql["update by id"])
			if err != nil {
				return 0, err
			}
			defer stmt.Close()
			for range 500 {
				if _, err := stmt.Exec(rand.Float64(), in.docs[rand.IntN(len(in.docs))].ID); err != nil {
					return 0, err
				}
			}
			return 500, tx.Commit()
		}
	})
}

// ycsb mixes point reads with updates by id, read percent of the former, over a
// uniform choice of documents, from 8 goroutines.
func ycsb(read int) func(*database, *input) (int, error) {
	return func(d *database, in *input) (int, error) {
		point, err := d.Prepare(d.sql["point"])
		if err != nil {
			return 0, err
		}
		defer point.Close()
		update, err := d.Prepare(d.sql["update by id"])
		if err != nil {
			return 0, err
		}
		defer update.Close()
		return parallel(8, in.loop, func(context.Context) func() (int, error) {
			var doc sql.RawBytes
			return func() (int, error) {
				id := in.docs[rand.IntN(len(in.docs))].ID
				if rand.IntN(100) < read {
					return rows(point.Query(id))(&doc)
				}
				_, err := update.Exec(rand.Float64(), id)
				return 1, err
			}
		})
	}
}

// errDone ends a timed loop early.
var errDone = fmt.Errorf("no input left")

// parallel runs n workers until the time is up and adds what each step returned.
func parallel(n int, loop time.Duration, worker func(ctx context.Context) func() (int, error)) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), loop)
	defer cancel()
	var total atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, n)
	for range n {
		wg.Go(func() {
			step := worker(ctx)
			for ctx.Err() == nil {
				units, err := step()
				total.Add(int64(units))
				if err != nil {
					if err != errDone {
						errs <- err
					}
					return
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return 0, err
	default:
		return int(total.Load()), nil
	}
}

// rows drains a query of one column and counts its rows.
func rows(rs *sql.Rows, err error) func(dst *sql.RawBytes) (int, error) {
	return func(dst *sql.RawBytes) (int, error) {
		if err != nil {
			return 0, err
		}
		defer rs.Close()
		n := 0
		for ; rs.Next(); n++ {
			if err := rs.Scan(dst); err != nil {
				return n, err
			}
		}
		return n, rs.Err()
	}
}

// query runs a named query of any columns and counts its rows.
func query(d *database, name string) (int, error) {
	rs, err := d.Query(d.sql[name])
	if err != nil {
		return 0, fmt.Errorf("%s: %s: %w", d.name, name, err)
	}
	defer rs.Close()
	cols, err := rs.Columns()
	if err != nil {
		return 0, err
	}
	dst := make([]any, len(cols))
	for i := range dst {
		dst[i] = new(sql.RawBytes)
	}
	n := 0
	for ; rs.Next(); n++ {
		if err := rs.Scan(dst...); err != nil {
			return n, err
		}
	}
	return n, rs.Err()
}
