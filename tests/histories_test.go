package tests

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
)

// TestConcurrentHistoriesAreSerializable runs random transactions and single statements from several
// connections, while an index comes and goes, and has what they saw checked: those that
// committed, those that were rolled back and those that lost to another one.
// FLUXDB_TEST_HISTORIES is how many histories that are.
func TestConcurrentHistoriesAreSerializable(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	if text := os.Getenv("FLUXDB_TEST_HISTORIES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("FLUXDB_TEST_HISTORIES: %v", err)
		}
		rounds = n
	}
	var sum historyCounts
	for round := range rounds {
		seed := rand.Uint64()
		folder := t.TempDir()
		path, opts := filepath.Join(folder, "db"), fluxdb.Options{Memory: 64 << 20}
		switch round % 4 {
		case 0:
			path = fluxdb.MemoryPath
		case 1:
			opts.Sync = fluxdb.SyncFull
		case 2:
			opts.Sync = fluxdb.SyncNormal
		case 3:
			opts.Sync = fluxdb.SyncOff
		}
		ops, counts := runHistory(t, seed, path, &opts)
		sum.committed, sum.undone, sum.lost = sum.committed+counts.committed, sum.undone+counts.undone, sum.lost+counts.lost
		result := porcupine.CheckOperationsTimeout(historyModel, ops, time.Minute)
		if result != porcupine.Ok {
			t.Errorf("seed %d: the history of %d transactions is %s", seed, len(ops), result)
		}
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d histories: %d transactions committed, %d rolled back, %d lost to another one", rounds, sum.committed, sum.undone, sum.lost)
	if sum.lost == 0 || sum.undone == 0 {
		t.Error("no transaction met another one, or none was rolled back: the test tests nothing")
	}
}

const (
	historyClients      = 8
	historyTransactions = 60 // a client
	// Values are of one of these buckets, so that ranges of values meet some.
	historyBuckets = 8
	historyBucket  = 1_000_000
)

// historyIDs are the _ids of the keys, in order. Some are stored packed, in a region of their own that is empty
// at times, and a range of ids goes through both.
var historyIDs = [historyKeys]string{
	"00", "01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058", "a", "f1890a5d-ac96-474b-bcce-b302099a8057", "z",
}

type historyCounts struct{ committed, undone, lost int }

func runHistory(t *testing.T, seed uint64, path string, opts *fluxdb.Options) (ops []porcupine.Operation, counts historyCounts) {
	t.Helper()
	flux, err := fluxdb.Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer flux.Close()
	db := sql.OpenDB(driver.NewConnector(flux))
	defer db.Close()
	db.SetMaxIdleConns(historyClients)
	mustExec(t, db, "CREATE COLLECTION h; CREATE INDEX h_v ON h (v)")
	began := time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for client := range historyClients {
		c := &historyClient{db: db, rng: rand.New(rand.NewPCG(seed, uint64(client))), number: client}
		wg.Go(func() {
			for range historyTransactions {
				call := time.Since(began).Nanoseconds()
				h, err := c.next()
				back := time.Since(began).Nanoseconds()
				mu.Lock()
				switch {
				case err != nil && !errors.Is(err, fluxdb.ErrConflict):
					t.Errorf("seed %d: %v", seed, err)
				case err != nil:
					h.undone = true
					counts.lost++
				case h.undone:
					counts.undone++
				default:
					counts.committed++
				}
				ops = append(ops, porcupine.Operation{ClientId: client, Input: h, Call: call, Return: back})
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	checkClean(t, flux)
	return ops, counts
}

// historyClient makes transactions, one after another.
type historyClient struct {
	db      *sql.DB
	rng     *rand.Rand
	number  int
	written int // values are written once only
}

// execer is a database or a transaction.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// next runs a transaction, a single statement or a definition.
func (c *historyClient) next() (h history, err error) {
	ctx := context.Background()
	switch n := c.rng.IntN(40); {
	case n == 0:
		_, err := c.db.ExecContext(ctx, "CREATE INDEX IF NOT EXISTS h_v ON h (v)")
		return h, err
	case n == 1:
		_, err := c.db.ExecContext(ctx, "DROP INDEX IF EXISTS h_v")
		return h, err
	case n < 10:
		st := c.step(true)
		for st.kind == stepPut { // which takes two statements
			st = c.step(true)
		}
		err := st.run(ctx, c.db)
		h.steps = append(h.steps, st)
		return h, err
	}
	readOnly := c.rng.IntN(4) == 0
	tx, err := c.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: readOnly})
	if err != nil {
		return h, err
	}
	defer tx.Rollback()
	saved := false
	for range 1 + c.rng.IntN(5) {
		runtime.Gosched() // the others come in between
		if n := c.rng.IntN(10); !readOnly && n < 2 {
			kind, text := stepSave, "SAVEPOINT s"
			if saved && n == 0 {
				kind, text = stepUndo, "ROLLBACK TO s"
			}
			if _, err := tx.ExecContext(ctx, text); err != nil {
				return h, err
			}
			saved = true
			h.steps = append(h.steps, historyStep{kind: kind})
			continue
		}
		st := c.step(!readOnly)
		if err := st.run(ctx, tx); err != nil {
			return h, err // a conflict that a statement met: nothing of it was answered
		}
		h.steps = append(h.steps, st)
	}
	runtime.Gosched()
	if c.rng.IntN(8) == 0 {
		h.undone = true
		return h, tx.Rollback()
	}
	return h, tx.Commit()
}

// step makes up a statement.
func (c *historyClient) step(writes bool) historyStep {
	kinds := []stepKind{stepRead, stepRead, stepRange, stepIndex, stepCount, stepSum, stepMax}
	if writes {
		kinds = append(kinds, stepPut, stepPut, stepPut, stepPut, stepDelete, stepAdd, stepPurge)
	}
	st := historyStep{kind: kinds[c.rng.IntN(len(kinds))], key: c.rng.IntN(historyKeys)}
	bucket := c.rng.IntN(historyBuckets)
	st.lo, st.hi = bucket*historyBucket, (bucket+1+c.rng.IntN(3))*historyBucket-1
	switch st.kind {
	case stepRange:
		st.lo = c.rng.IntN(historyKeys)
		st.hi = st.lo + c.rng.IntN(historyKeys-st.lo)
	case stepPut:
		c.written++
		st.value = bucket*historyBucket + c.number*1000 + c.written
	case stepAdd:
		st.value = historyBucket
	}
	return st
}

// run runs the statement and keeps its answer.
func (st *historyStep) run(ctx context.Context, db execer) (err error) {
	switch st.kind {
	case stepRead:
		if st.got, err = numbers(db.QueryContext(ctx, "SELECT v FROM h WHERE _id = ?", historyIDs[st.key])); st.got == nil {
			st.got = []int{0}
		}
	case stepPut:
		n, err := affected(db.ExecContext(ctx, "UPDATE h SET v = ? WHERE _id = ?", st.value, historyIDs[st.key]))
		if err == nil && n[0] == 0 {
			_, err = db.ExecContext(ctx, "INSERT INTO h VALUES (?)", map[string]any{"_id": historyIDs[st.key], "v": st.value})
		}
		return err
	case stepDelete:
		st.got, err = affected(db.ExecContext(ctx, "DELETE FROM h WHERE _id = ?", historyIDs[st.key]))
	case stepRange:
		st.got, err = numbers(db.QueryContext(ctx, "SELECT _id, v FROM h WHERE _id BETWEEN ? AND ? ORDER BY _id", historyIDs[st.lo], historyIDs[st.hi]))
	case stepIndex:
		st.got, err = numbers(db.QueryContext(ctx, "SELECT _id, v FROM h WHERE v BETWEEN ? AND ? ORDER BY v", st.lo, st.hi))
	case stepCount:
		st.got, err = numbers(db.QueryContext(ctx, "SELECT COUNT(*) FROM h"))
	case stepSum:
		st.got, err = numbers(db.QueryContext(ctx, "SELECT COALESCE(SUM(v), 0) FROM h WHERE v BETWEEN ? AND ?", st.lo, st.hi))
	case stepMax:
		st.got, err = numbers(db.QueryContext(ctx, "SELECT COALESCE(MAX(v), 0) FROM h"))
	case stepAdd:
		st.got, err = affected(db.ExecContext(ctx, "UPDATE h SET v = v + ? WHERE v BETWEEN ? AND ?", st.value, st.lo, st.hi))
	case stepPurge:
		st.got, err = affected(db.ExecContext(ctx, "DELETE FROM h WHERE v BETWEEN ? AND ?", st.lo, st.hi))
	}
	return err
}

func affected(res sql.Result, err error) ([]int, error) {
	if err != nil {
		return nil, err
	}
	n, err := res.RowsAffected()
	return []int{int(n)}, err
}

// numbers returns all columns of all rows, an _id as its key.
func numbers(rows *sql.Rows, err error) (got []int, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	row := make([]any, len(columns))
	for i := range row {
		row[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(row...); err != nil {
			return nil, err
		}
		for _, v := range row {
			switch v := (*v.(*any)).(type) {
			case int64:
				got = append(got, int(v))
			case string:
				got = append(got, slices.Index(historyIDs[:], v))
			default:
				return nil, fmt.Errorf("a column is %v", v)
			}
		}
	}
	return got, rows.Err()
}
