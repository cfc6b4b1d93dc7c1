package tests

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
)

// history is one committed transaction: what it read and wrote, in the order it did.
type history struct {
	steps []historyStep
}

// historyStep is a read or write of one key, or a sum over all.
type historyStep struct {
	kind  byte // 'r' read, 'w' write, 's' sum
	key   int
	value int // read, written or summed
}

// historyModel takes the whole database as one object on which a transaction is one operation: a
// history is linearizable in it exactly if the transactions are strictly serializable.
var historyModel = porcupine.Model{
	Init: func() any { return map[int]int{} },
	Step: func(state, input, _ any) (bool, any) {
		now := maps.Clone(state.(map[int]int))
		for _, st := range input.(history).steps {
			switch st.kind {
			case 'r':
				if now[st.key] != st.value {
					return false, state
				}
			case 'w':
				now[st.key] = st.value
			case 's':
				sum := 0
				for _, v := range now {
					sum += v
				}
				if sum != st.value {
					return false, state
				}
			}
		}
		return true, now
	},
	Equal: func(a, b any) bool { return maps.Equal(a.(map[int]int), b.(map[int]int)) },
}

// TestConcurrentHistoriesAreSerializable runs random transactions from several connections, on
// few keys so that they meet, and has what the committed ones saw checked.
func TestConcurrentHistoriesAreSerializable(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	committed, lost := 0, 0
	for round := range rounds {
		seed := rand.Uint64()
		ops, conflicts := runHistory(t, seed, []string{fluxdb.MemoryPath, filepath.Join(t.TempDir(), fmt.Sprint(round))}[round%2])
		committed, lost = committed+len(ops), lost+conflicts
		result := porcupine.CheckOperationsTimeout(historyModel, ops, 20*time.Second)
		if result != porcupine.Ok {
			t.Errorf("seed %d: the history of %d transactions is %s", seed, len(ops), result)
		}
	}
	t.Logf("%d histories, %d transactions committed, %d lost to another one", rounds, committed, lost)
	if lost == 0 {
		t.Error("no transaction met another one: the test tests nothing")
	}
}

const (
	historyClients      = 5
	historyTransactions = 40 // a client
	historyKeys         = 4
)

func runHistory(t *testing.T, seed uint64, path string) (ops []porcupine.Operation, conflicts int) {
	t.Helper()
	flux, err := fluxdb.Open(path, &fluxdb.Options{Sync: fluxdb.SyncOff})
	if err != nil {
		t.Fatal(err)
	}
	defer flux.Close()
	db := sql.OpenDB(driver.NewConnector(flux))
	defer db.Close()
	mustExec(t, db, "CREATE COLLECTION h; CREATE INDEX h_v ON h (v)")
	began := time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for client := range historyClients {
		rng := rand.New(rand.NewPCG(seed, uint64(client)))
		wg.Go(func() {
			for n := range historyTransactions {
				call := time.Since(began).Nanoseconds()
				h, err := historyTransaction(db, rng, client*1000+n+1)
				back := time.Since(began).Nanoseconds()
				mu.Lock()
				switch {
				case err == nil:
					ops = append(ops, porcupine.Operation{ClientId: client, Input: h, Call: call, Return: back})
				case errors.Is(err, fluxdb.ErrConflict):
					conflicts++
				default:
					t.Errorf("seed %d: %v", seed, err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	checkClean(t, flux)
	return slices.Clip(ops), conflicts
}

// historyTransaction reads and writes a few keys; value is written nowhere else.
func historyTransaction(db *sql.DB, rng *rand.Rand, value int) (h history, err error) {
	ctx := context.Background()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: rng.IntN(4) == 0})
	if err != nil {
		return h, err
	}
	defer tx.Rollback()
	for range 1 + rng.IntN(4) {
		st := historyStep{key: rng.IntN(historyKeys)}
		switch rng.IntN(4) {
		case 0, 1:
			st.kind = 'r'
			err = tx.QueryRowContext(ctx, "SELECT v FROM h WHERE _id = ?", st.key).Scan(&st.value)
			if errors.Is(err, sql.ErrNoRows) {
				err = nil
			}
		case 2:
			st.kind = 's'
			query := "SELECT COALESCE(SUM(v), 0) FROM h"
			if rng.IntN(2) == 0 {
				query += " WHERE v > 0" // through the index
			}
			err = tx.QueryRowContext(ctx, query).Scan(&st.value)
		default:
			st.kind, st.value = 'w', value
			err = historyWrite(ctx, tx, st)
			if errors.Is(err, fluxdb.ErrReadOnly) {
				continue
			}
		}
		if err != nil {
			return h, err
		}
		h.steps = append(h.steps, st)
	}
	return h, tx.Commit()
}

func historyWrite(ctx context.Context, tx *sql.Tx, st historyStep) error {
	res, err := tx.ExecContext(ctx, "UPDATE h SET v = ? WHERE _id = ?", st.value, st.key)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO h VALUES (?)", map[string]any{"_id": st.key, "v": st.value})
	return err
}

// TestTheModelFindsALostUpdate shows that the checker would find one.
func TestTheModelFindsALostUpdate(t *testing.T) {
	read := func(v int) historyStep { return historyStep{kind: 'r', key: 1, value: v} }
	write := func(v int) historyStep { return historyStep{kind: 'w', key: 1, value: v} }
	ops := []porcupine.Operation{
		{ClientId: 0, Input: history{[]historyStep{read(0), write(1)}}, Call: 0, Return: 10},
		{ClientId: 1, Input: history{[]historyStep{read(0), write(2)}}, Call: 1, Return: 9},
	}
	if porcupine.CheckOperations(historyModel, ops) {
		t.Error("two transactions that both read 0 before writing are called serializable")
	}
	ops[1].Input = history{[]historyStep{read(1), write(2)}}
	if !porcupine.CheckOperations(historyModel, ops) {
		t.Error("one after the other is called not serializable")
	}
}
