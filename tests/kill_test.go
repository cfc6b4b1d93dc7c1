package tests

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fluxdb/fluxdb"
	_ "github.com/fluxdb/fluxdb/driver"
)

// killEnv makes the test binary a writing child on the database at its value.
const killEnv = "FLUXDB_TEST_KILL_CHILD"

// killsEnv is how often TestKillLosesNoAcknowledgedCommit kills its child.
const killsEnv = "FLUXDB_TEST_KILLS"

// children are what the test binary is, instead of the tests, when it is started with
// the environment variable of that name, whose value is the argument.
var children = map[string]func(argument string) error{killEnv: writeUntilKilled, holdEnv: holdOpen, raceEnv: openRacing}

func TestMain(m *testing.M) {
	for env, child := range children {
		argument := os.Getenv(env)
		if argument == "" {
			continue
		}
		if err := child(argument); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// The library leaves the goroutine of a file that it could not write; tests here have disks fail.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/cockroachdb/pebble/v2/sstable/blob.(*FileWriter).drainWriteQueue"),
		goleak.IgnoreAnyFunction("github.com/cockroachdb/pebble/v2/sstable.(*RawColumnWriter).drainWriteQueue"))
}

// killWriters is how many goroutines of the child write.
const killWriters = 4

// writeUntilKilled commits transactions from several goroutines and prints each
// writer's and transaction's number once it is acknowledged. A transaction inserts two documents
// that belong together and moves one unit between two accounts.
func writeUntilKilled(dsn string) error {
	db, err := sql.Open("fluxdb", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxIdleConns(killWriters)
	errs := make(chan error, killWriters+len(killLoops))
	for _, loop := range killLoops {
		go func() {
			for n := 0; ; n++ {
				if err := loop(db, n); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	var out sync.Mutex
	for w := range killWriters {
		go func() {
			for n := 0; ; n++ {
				if err := transfer(db, w, n); err != nil {
					errs <- fmt.Errorf("writer %d: %w", w, err)
					return
				}
				out.Lock()
				fmt.Println(w, n)
				out.Unlock()
			}
		}()
	}
	return <-errs
}

// killBatch is how many documents the large transactions write; bulkSize is more than are indexed in
// one transaction.
const (
	killBatch = 300
	bulkSize  = 10_050
)

// killLoops run beside the writers: indexes built and dropped, on few documents and on many, collections
// made, cleared and dropped, and transactions that write much.
var killLoops = []func(db *sql.DB, n int) error{
	func(db *sql.DB, n int) error {
		if err := execRetry(db, "CREATE INDEX IF NOT EXISTS bulk_n ON bulk (n)"); err != nil {
			return err
		}
		return execRetry(db, "DROP INDEX bulk_n")
	},
	func(db *sql.DB, n int) error {
		return execRetry(db, fmt.Sprintf(`BEGIN; CREATE COLLECTION IF NOT EXISTS scratch; INSERT INTO scratch VALUES {n: %d}; COMMIT;
			CREATE INDEX IF NOT EXISTS scratch_n ON scratch (n); TRUNCATE scratch; INSERT INTO scratch VALUES {n: 1}; DROP COLLECTION scratch`, n))
	},
	func(db *sql.DB, n int) error {
		values := make([]string, killBatch)
		for i := range values {
			values[i] = fmt.Sprintf("{_id: %d, run: %d, n: %d, pad: '%0200d'}", i, os.Getpid(), n, i)
		}
		return execRetry(db, "BEGIN; DELETE FROM batch; INSERT INTO batch VALUES "+strings.Join(values, ", ")+"; COMMIT")
	},
}

// execRetry runs a text until it does not lose to another transaction.
func execRetry(db *sql.DB, text string) error {
	for {
		if _, err := db.Exec(text); !errors.Is(err, fluxdb.ErrConflict) {
			return err
		}
	}
}

func transfer(db *sql.DB, w, n int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	run := os.Getpid()
	for half := range 2 {
		id := fmt.Sprintf("%d-%d-%d-%d", run, w, n, half)
		if _, err := tx.Exec("INSERT INTO log VALUES (?)", map[string]any{"_id": id, "run": run, "w": w, "n": n, "half": half}); err != nil {
			return err
		}
	}
	for i, delta := range []int{-1, 1} {
		if _, err := tx.Exec("UPDATE accounts SET balance = balance + ? WHERE _id = ?", delta, 2*w+i); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// TestKillLosesNoAcknowledgedCommit kills a writing process again and again. After each time
// every acknowledged transaction must be there, none in part, and the check clean.
func TestKillLosesNoAcknowledgedCommit(t *testing.T) {
	kills := 10
	if text := os.Getenv(killsEnv); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatalf("%s: %v", killsEnv, err)
		}
	} else if testing.Short() {
		kills = 3
	}
	path := filepath.Join(t.TempDir(), "db")
	db, err := sql.Open("fluxdb", path)
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, db, "CREATE COLLECTION log; CREATE COLLECTION accounts; CREATE INDEX log_run ON log (run, w, n); CREATE COLLECTION batch; CREATE INDEX batch_n ON batch (n); CREATE COLLECTION bulk")
	values := make([]string, bulkSize)
	for i := range values {
		values[i] = fmt.Sprintf("{_id: %d, n: %d}", i, i%100)
	}
	mustExec(t, db, "INSERT INTO bulk VALUES "+strings.Join(values, ", "))
	for i := range 2 * killWriters {
		mustExec(t, db, "INSERT INTO accounts VALUES (?)", map[string]any{"_id": i, "balance": 1000})
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	for i := range kills {
		// The end of a process loses nothing with sync=normal either.
		run, acks := killOnce(t, fmt.Sprintf("file:%s?sync=%s", path, []string{"full", "normal"}[i%2]))
		for _, n := range acks {
			acknowledged += n
		}
		verifyKilled(t, path, run, acks)
	}
	t.Logf("%d kills, %d commits acknowledged, none lost, none partial", kills, acknowledged)
}

// killOnce runs the child, kills it after some acknowledgements and returns its
// process id and how many commits of each writer it acknowledged.
func killOnce(t *testing.T, dsn string) (run int, acks [killWriters]int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), killEnv+"="+dsn)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	after := 1 + rand.IntN(150)
	lines := bufio.NewScanner(stdout)
	for seen := 0; lines.Scan(); seen++ {
		var w, n int
		// The last line may be cut off by the kill: it is then no acknowledgement.
		if _, err := fmt.Sscanf(lines.Text(), "%d %d", &w, &n); err == nil && strings.Count(lines.Text(), " ") == 1 {
			acks[w] = max(acks[w], n) // a cut number is only smaller
			if n == acks[w] {
				acks[w] = n + 1
			}
		}
		if seen == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child ended before it was killed")
	}
	return cmd.Process.Pid, acks
}

func verifyKilled(t *testing.T, path string, run int, acks [killWriters]int) {
	t.Helper()
	flux, err := fluxdb.Open(path, nil)
	if err != nil {
		t.Fatalf("open after a kill: %v", err)
	}
	defer flux.Close()
	checkClean(t, flux)
	db, err := sql.Open("fluxdb", path) // shares the engine
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var documents, generations, bulk int
	if err := db.QueryRow("SELECT COUNT(*), COUNT(DISTINCT run * 1000000 + n) FROM batch").Scan(&documents, &generations); err != nil {
		t.Fatal(err)
	}
	if documents != generations*killBatch || generations > 1 {
		t.Errorf("run %d: a batch of %d documents of %d transactions", run, documents, generations)
	}
	if err := db.QueryRow("SELECT COUNT(*) FROM bulk WHERE n >= 0").Scan(&bulk); err != nil || bulk != bulkSize {
		t.Errorf("run %d: %d documents of bulk, %v", run, bulk, err)
	}
	for w, want := range acks {
		var halves, transactions, last int
		row := db.QueryRow("SELECT COUNT(*), COUNT(DISTINCT n), COALESCE(MAX(n), -1) FROM log WHERE run = ? AND w = ?", run, w)
		if err := row.Scan(&halves, &transactions, &last); err != nil {
			t.Fatal(err)
		}
		if halves != 2*transactions {
			t.Errorf("run %d, writer %d: %d documents of %d transactions: one is there in part", run, w, halves, transactions)
		}
		if transactions < want || last+1 != transactions {
			t.Errorf("run %d, writer %d: %d transactions up to %d, %d were acknowledged", run, w, transactions, last, want)
		}
		var sum, moved, logged int
		if err := db.QueryRow("SELECT SUM(balance), MAX(balance) - 1000 FROM accounts WHERE _id IN (?, ?)", 2*w, 2*w+1).Scan(&sum, &moved); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRow("SELECT COUNT(*) FROM log WHERE w = ? AND half = 0", w).Scan(&logged); err != nil {
			t.Fatal(err)
		}
		if sum != 2000 || moved != logged {
			t.Errorf("writer %d: balances sum to %d and moved %d, the log has %d", w, sum, moved, logged)
		}
	}
}

func mustExec(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
