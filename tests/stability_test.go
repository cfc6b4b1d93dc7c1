package tests

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
)

const (
	stableDocuments = 1000
	stableReaders   = 4
	stableWriters   = 3
)

// stableQueries read what writers change, in every way there is. Those of one group must agree with one another too.
var stableQueries = [][]string{
	{"SELECT _id, n, body FROM s"},
	{"SELECT _id, n, body FROM s ORDER BY _id"},
	{"SELECT COUNT(*) FROM s", "SELECT COUNT(*) FROM s WHERE n >= 0", "SELECT COUNT(n) FROM s"},
	{"SELECT SUM(n) FROM s", "SELECT SUM(n) FROM s WHERE n >= 0"},
	{"SELECT MIN(n), MAX(n) FROM s"},
	{"SELECT VALUE s FROM s WHERE n BETWEEN 100 AND 120 ORDER BY n, _id", "SELECT VALUE s FROM s WHERE n + 0 BETWEEN 100 AND 120 ORDER BY n, _id"},
	{"SELECT n, COUNT(*) FROM s GROUP BY n ORDER BY n"},
	{"SELECT _id, n FROM s ORDER BY n DESC, _id LIMIT 10"},
	{"SELECT * FROM s WHERE _id IN (1, 5, 77, 900, 100000) ORDER BY _id", "SELECT * FROM s WHERE _id = 1 OR _id = 5 OR _id + 0 IN (77, 900, 100000) ORDER BY _id"},
	{"SELECT * FROM gone ORDER BY _id", "SELECT * FROM gone WHERE k >= 0 ORDER BY _id"},
}

// TestSnapshotsAreStableUnderLoad has transactions ask the same again and again while documents are
// written, indexes built and dropped, collections dropped and made again, files flushed and compacted.
func TestSnapshotsAreStableUnderLoad(t *testing.T) {
	for _, mode := range []string{"memory", "disk"} {
		t.Run(mode, func(t *testing.T) {
			path := fluxdb.MemoryPath
			if mode == "disk" {
				path = filepath.Join(t.TempDir(), "db")
			}
			// A small budget: the writers' documents pass through many memtables.
			flux, err := fluxdb.Open(path, &fluxdb.Options{Memory: 64 << 20, Sync: fluxdb.SyncOff})
			if err != nil {
				t.Fatal(err)
			}
			defer flux.Close()
			db := sql.OpenDB(driver.NewConnector(flux))
			defer db.Close()
			mustExec(t, db, "CREATE COLLECTION s; CREATE INDEX s_n ON s (n); CREATE COLLECTION gone; CREATE INDEX gone_k ON gone (k); INSERT INTO gone VALUES {_id: 1, k: 1}")
			for i := range stableDocuments {
				mustExec(t, db, "INSERT INTO s VALUES (?)", stableDocument(i, i))
			}
			work := 120
			if testing.Short() {
				work = 40
			}
			l := &stableLoad{t: t, db: db, work: work}
			l.run()
			t.Logf("%d snapshots gave %d answers, %d commits lost to another one", l.snapshots.Load(), l.answers.Load(), l.lost.Load())
			if files, _ := filepath.Glob(filepath.Join(path, "*.sst")); len(files) == 0 && mode == "disk" {
				t.Error("nothing was flushed: no reader met a flush or a compaction")
			}
			checkClean(t, flux)
		})
	}
}

func stableDocument(id, n int) map[string]any {
	return map[string]any{"_id": id, "n": n % 500, "body": strings.Repeat(fmt.Sprint(n, " "), 1000)}
}

// stableLoad runs readers as long as writers have something to do.
type stableLoad struct {
	t       *testing.T
	db      *sql.DB
	work    int // of a writer
	writing atomic.Int64

	snapshots, answers, lost atomic.Int64
}

func (l *stableLoad) run() {
	var wg sync.WaitGroup
	l.writing.Store(stableWriters + 1)
	start := func(name string, task func(rng *rand.Rand) error, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 1))
		wg.Go(func() {
			if err := task(rng); err != nil {
				l.t.Errorf("%s: %v", name, err)
			}
		})
	}
	for i := range stableWriters {
		start("writer", func(rng *rand.Rand) error {
			defer l.writing.Add(-1)
			return l.write(rng)
		}, uint64(i))
	}
	start("definitions", func(*rand.Rand) error {
		defer l.writing.Add(-1)
		return l.define()
	}, 0)
	for i := range stableReaders {
		start("reader", func(rng *rand.Rand) error {
			for again := true; again; again = l.writing.Load() > 0 {
				// The first stays open all the time, the others begin anew every now and then; one in
				// two has written something itself.
				if err := l.read(rng, i == 0, i%2 == 1); err != nil {
					return err
				}
			}
			return nil
		}, uint64(100+i))
	}
	wg.Wait()
}

// write changes documents in every way.
func (l *stableLoad) write(rng *rand.Rand) error {
	for i := range l.work {
		id := rng.IntN(stableDocuments)
		var err error
		switch rng.IntN(6) {
		case 0:
			_, err = l.db.Exec("DELETE FROM s WHERE _id = ?", id)
		case 1:
			_, err = l.db.Exec("UPDATE s SET n = (n + 1) % 500 WHERE n BETWEEN ? AND ?", id%500, id%500+2)
		case 2:
			_, err = l.db.Exec("UPDATE s SET extra = ? WHERE _id = ?", i, id)
		case 3:
			_, err = l.db.Exec("INSERT INTO s VALUES {n: ?}", id%500)
		default:
			err = l.writeMany(rng)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *stableLoad) writeMany(rng *rand.Rand) error {
	tx, err := l.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for range 20 {
		id := rng.IntN(stableDocuments)
		if _, err := tx.Exec("DELETE FROM s WHERE _id = ?", id); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO s VALUES (?)", stableDocument(id, rng.IntN(100_000))); err != nil {
			return err
		}
	}
	if err = tx.Commit(); errors.Is(err, fluxdb.ErrConflict) {
		l.lost.Add(1)
		return nil
	}
	return err
}

// define builds and drops indexes, and gives a collection new generations.
func (l *stableLoad) define() error {
	for i := range l.work / 8 {
		for _, text := range []string{
			"CREATE INDEX s_body ON s (body, n)", "DROP INDEX s_n", "CREATE INDEX s_n ON s (n)", "DROP INDEX s_body",
			"TRUNCATE gone", fmt.Sprintf("INSERT INTO gone VALUES {_id: 1, k: %d}, {_id: 2, k: 1, field%d: 0}", i, i),
			"DROP COLLECTION gone", "CREATE COLLECTION gone", "CREATE INDEX gone_k ON gone (k)",
			fmt.Sprintf("INSERT INTO gone VALUES {_id: 1, k: %d}", 1000+i),
		} {
			if _, err := l.db.Exec(text); err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
		}
	}
	return nil
}

// read asks in one transaction until the writers are done, or a few times.
func (l *stableLoad) read(rng *rand.Rand, toTheEnd, own bool) error {
	tx, err := l.db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: !own})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	l.snapshots.Add(1)
	if own {
		if _, err := tx.Exec("UPDATE s SET n = 499, mine = TRUE WHERE _id BETWEEN 1 AND 9; DELETE FROM s WHERE _id BETWEEN 70 AND 80"); err != nil {
			return err
		}
	}
	ids := rng.Perm(stableDocuments)[:100]
	first := map[string]string{}
	for round := 0; round < 4 || toTheEnd && l.writing.Load() > 0; round++ {
		for _, group := range stableQueries {
			for i, query := range group {
				answer, err := digest(tx.Query(query))
				if errors.Is(err, fluxdb.ErrUnknownCollection) {
					answer, err = "no collection", nil // between its drop and its return
				}
				if err != nil {
					return fmt.Errorf("%s: %w", query, err)
				}
				l.compare(first, group[0], query, answer, round, i)
			}
		}
		for _, id := range ids {
			query := fmt.Sprint("SELECT VALUE s FROM s WHERE _id = ", id)
			answer, err := digest(tx.Query(query))
			if err != nil {
				return fmt.Errorf("%s: %w", query, err)
			}
			l.compare(first, query, query, answer, round, 0)
		}
	}
	return nil
}

func (l *stableLoad) compare(first map[string]string, key, query, answer string, round, i int) {
	l.answers.Add(1)
	if was, ok := first[key]; !ok {
		first[key] = answer
	} else if was != answer {
		l.t.Errorf("%s: round %d, query %d of its group: was %s, is %s", query, round, i, was, answer)
	}
}

var digestSeed = maphash.MakeSeed()

// digest sums rows up: their number and a hash of all columns.
func digest(rows *sql.Rows, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	row := make([]any, len(columns))
	for i := range row {
		row[i] = new(sql.RawBytes)
	}
	var hash maphash.Hash
	hash.SetSeed(digestSeed)
	n := 0
	for ; rows.Next(); n++ {
		if err := rows.Scan(row...); err != nil {
			return "", err
		}
		for _, v := range row {
			text := *v.(*sql.RawBytes)
			fmt.Fprint(&hash, len(text), " ")
			hash.Write(text)
		}
	}
	return fmt.Sprintf("%d rows %x", n, hash.Sum64()), rows.Err()
}
