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
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
)

// leaksEnv is how many operations TestNothingIsLeftOver does.
const leaksEnv = "FLUXDB_TEST_LEAK_OPERATIONS"

const (
	leakDocuments = 11_000 // too many for an index to be built in one transaction
	leakWorkers   = 4
	leakHeap      = 6 << 20 // bytes by which the heap may differ
)

// TestNothingIsLeftOver does many operations of every kind, most of them ended in some unusual way, and looks
// at what is open, held and stored in temporary files before and after.
func TestNothingIsLeftOver(t *testing.T) {
	operations := 1_500
	if text := os.Getenv(leaksEnv); text != "" {
		var err error
		if operations, err = strconv.Atoi(text); err != nil {
			t.Fatalf("%s: %v", leaksEnv, err)
		}
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	t.Setenv("TMPDIR", t.TempDir())
	quiet := goleak.IgnoreCurrent()
	path := filepath.Join(t.TempDir(), "db")
	flux, err := fluxdb.Open(path, &fluxdb.Options{Memory: 16 << 20, Sync: fluxdb.SyncOff})
	if err != nil {
		t.Fatal(err)
	}
	defer flux.Close()
	l := &leakTest{t: t, flux: flux, db: sql.OpenDB(driver.NewConnector(flux)), path: path}
	defer l.db.Close()
	l.fill()
	opened := l.look()
	l.run(seed, 400) // what is cached is cached now
	before := l.look()
	l.run(seed+1, operations)
	after := l.look()
	if after.others != opened.others {
		t.Errorf("open files: at first %s\nnow %s", opened.others, after.others)
	}
	if after.heap > before.heap+leakHeap {
		t.Errorf("the heap has %d bytes, before %d", after.heap, before.heap)
	}
	checkClean(t, flux)
	if err := errors.Join(l.db.Close(), flux.Close()); err != nil {
		t.Error(err)
	}
	if err := goleak.Find(quiet); err != nil {
		t.Error(err)
	}
	if inside, _ := openFiles(path); inside > 0 {
		t.Errorf("%d files of the closed database are open", inside)
	}
	for kind := range leakOperations {
		if l.done[kind].Load() == 0 && operations >= 1_500 {
			t.Errorf("operation %d was never done", kind)
		}
	}
}

type leakTest struct {
	t    *testing.T
	flux *fluxdb.DB
	db   *sql.DB
	path string
	done [32]atomic.Int64 // by operation
}

func (l *leakTest) fill() {
	mustExec(l.t, l.db, "CREATE COLLECTION c")
	mustExec(l.t, l.db, "CREATE INDEX c_k ON c (k)")
	pad := strings.Repeat("x", 300)
	for from := 0; from < leakDocuments; from += 1000 {
		docs := make([]any, 0, 1000)
		for i := from; i < min(from+1000, leakDocuments); i++ {
			docs = append(docs, map[string]any{"_id": i, "k": i % 100, "n": i, "pad": pad})
		}
		mustExec(l.t, l.db, "INSERT INTO c VALUES (?)"+strings.Repeat(", (?)", len(docs)-1), docs...)
	}
}

// leftOver is what is there when nobody uses the database.
type leftOver struct {
	heap   uint64
	others string // open files beside the database's own
}

// look looks at what there is, and reports what should not be.
func (l *leakTest) look() leftOver {
	l.t.Helper()
	l.db.SetMaxIdleConns(-1)
	defer l.db.SetMaxIdleConns(leakWorkers)
	st := l.flux.Stats()
	if st.ReadTransactions+st.WriteTransactions+st.Iterators+st.Rows+st.Sessions+st.TempFiles+st.IndexesBuilding > 0 || st.TempSize > 0 || st.OldestAge > 0 {
		l.t.Errorf("left open: %+v", st)
	}
	for _, share := range st.Memory {
		if (share.Name == "work memory" || share.Name == "write buffers") && share.Used != 0 || share.Used > share.Limit+share.Limit/8 {
			l.t.Errorf("%s holds %d of %d bytes", share.Name, share.Used, share.Limit)
		}
	}
	if st.Collections != 1 || st.Indexes != 1 {
		l.t.Errorf("%d collections, %d indexes", st.Collections, st.Indexes)
	}
	if names, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(names) > 0 {
		l.t.Errorf("temporary files %v, %v", names, err)
	}
	runtime.GC()
	runtime.GC() // what pools keep survives one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	_, others := openFiles(l.path)
	return leftOver{m.HeapAlloc, others}
}

// openFiles returns how many files of a folder the process has open, and the names of all others; none
// where the system does not tell.
func openFiles(folder string) (inside int, others string) {
	links, _ := os.ReadDir("/proc/self/fd")
	count := map[string]int{}
	for _, link := range links {
		target, err := os.Readlink("/proc/self/fd/" + link.Name())
		switch {
		case err != nil: // that of reading the list
		case strings.HasPrefix(target, folder):
			inside++
		case !strings.HasPrefix(target, "anon_inode:") && !strings.HasPrefix(target, "/proc/"):
			count[target]++
		}
	}
	return inside, fmt.Sprint(count)
}

func (l *leakTest) run(seed uint64, operations int) {
	var wg sync.WaitGroup
	for w := range leakWorkers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(w)))
			for range operations / leakWorkers {
				kind := rng.IntN(len(leakOperations))
				if kind >= len(leakOperations)-rareOperations && rng.IntN(10) > 0 {
					kind = rng.IntN(len(leakOperations) - rareOperations)
				}
				if err := leakOperations[kind](l, rng); err != nil {
					l.t.Errorf("operation %d: %v", kind, err)
				}
				l.done[kind].Add(1)
			}
		})
	}
	wg.Wait()
}

// rareOperations are how many at the end of the list take longer and are done less often.
const rareOperations = 5

// leakOperations are what a program may do, and how it may end.
var leakOperations = [...]func(l *leakTest, rng *rand.Rand) error{
	func(l *leakTest, rng *rand.Rand) error { // insert and delete
		id := leakDocuments + rng.IntN(1000)
		_, err := l.db.Exec("INSERT INTO c VALUES {_id: ?, k: ?, n: ?}", id, id%100, id)
		if errors.Is(err, fluxdb.ErrDuplicateKey) {
			_, err = l.db.Exec("DELETE FROM c WHERE _id = ?", id)
		}
		return err
	},
	func(l *leakTest, rng *rand.Rand) error { // update, with rows that nobody reads
		rows, err := l.db.Query("UPDATE c SET k = ? WHERE _id = ? RETURNING *", rng.IntN(100), rng.IntN(leakDocuments))
		if err == nil {
			rows.Close()
		}
		return err
	},
	func(l *leakTest, rng *rand.Rand) error { // a query by index, read in part
		rows, err := l.db.Query("SELECT * FROM c WHERE k = ? ORDER BY n", rng.IntN(100))
		if err != nil {
			return err
		}
		for range rng.IntN(50) {
			rows.Next()
		}
		return errors.Join(rows.Err(), rows.Close())
	},
	func(l *leakTest, rng *rand.Rand) error { // a query that is cancelled while it is read
		ctx, cancel := context.WithCancel(context.Background())
		rows, err := l.db.QueryContext(ctx, "SELECT * FROM c")
		if err != nil {
			cancel()
			return err
		}
		for range rng.IntN(20) {
			rows.Next()
		}
		cancel()
		for rows.Next() { // database/sql closes them by itself
		}
		return expected(errors.Join(rows.Err(), rows.Close()), context.Canceled)
	},
	func(l *leakTest, rng *rand.Rand) error { // rows that are never closed, in a transaction that ends
		tx, err := l.db.Begin()
		if err != nil {
			return err
		}
		rows, err := tx.Query("SELECT * FROM c WHERE k >= ?", rng.IntN(100))
		if err == nil {
			rows.Next()
		}
		if _, writes := tx.Exec("UPDATE c SET n = n + 1 WHERE _id = ?", rng.IntN(leakDocuments)); writes != nil {
			err = errors.Join(err, writes)
		}
		if rng.IntN(2) == 0 {
			return errors.Join(err, tx.Rollback())
		}
		return errors.Join(err, expected(tx.Commit(), fluxdb.ErrConflict))
	},
	func(l *leakTest, rng *rand.Rand) error { // rows and a transaction that a session is closed with
		ctx := context.Background()
		s := l.flux.NewSession()
		_, err := s.Exec(ctx, "BEGIN; INSERT INTO c VALUES {n: 1}; SAVEPOINT a", nil)
		for range 3 {
			rows, queryErr := s.Query(ctx, "SELECT * FROM c ORDER BY n LIMIT 5", nil)
			if err = errors.Join(err, queryErr); queryErr == nil {
				rows.Next()
			}
		}
		return errors.Join(err, s.Close())
	},
	func(l *leakTest, rng *rand.Rand) error { // statements that fail
		for _, text := range []string{
			"SELEC 1", "SELECT * FROM nowhere", "INSERT INTO c VALUES {_id: 1}", "SELECT 9223372036854775807 + n FROM c",
			"UPDATE c SET k = CAST(pad AS INTEGER)", "DELETE FROM c WHERE k = 3 RETURNING CAST('a' AS INTEGER)", "COMMIT",
		} {
			rows, err := l.db.Query(text)
			if err == nil {
				for rows.Next() {
				}
				err = errors.Join(rows.Err(), rows.Close())
			}
			if err == nil {
				return fmt.Errorf("%s: no error", text)
			}
		}
		return nil
	},
	func(l *leakTest, rng *rand.Rand) error { // a transaction that is rolled back, in parts and whole
		tx, err := l.db.Begin()
		if err != nil {
			return err
		}
		for _, text := range []string{"UPDATE c SET n = 0 WHERE k = 5", "SAVEPOINT a", "DELETE FROM c WHERE k = 6", "ROLLBACK TO a"} {
			if _, execErr := tx.Exec(text); execErr != nil {
				err = errors.Join(err, execErr)
			}
		}
		return errors.Join(err, tx.Rollback())
	},
	func(l *leakTest, rng *rand.Rand) error { // a statement that is prepared and not closed
		conn, err := l.db.Conn(context.Background())
		if err != nil {
			return err
		}
		stmt, err := conn.PrepareContext(context.Background(), fmt.Sprintf("SELECT n + %d FROM c WHERE _id = ?", rng.IntN(10_000)))
		if err == nil {
			var n int
			err = expected(stmt.QueryRow(rng.IntN(leakDocuments)).Scan(&n), sql.ErrNoRows)
		}
		return errors.Join(err, conn.Close())
	},
	// Those that follow are rare.
	func(l *leakTest, rng *rand.Rand) error { // a sort that spills, read in part
		rows, err := l.db.Query("SELECT * FROM c ORDER BY pad, n DESC")
		if err != nil {
			return err
		}
		for range rng.IntN(100) {
			rows.Next()
		}
		return errors.Join(rows.Err(), rows.Close())
	},
	func(l *leakTest, rng *rand.Rand) error { // a grouping that spills, and is cancelled sooner or later
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rng.IntN(30))*time.Millisecond)
		defer cancel()
		rows, err := l.db.QueryContext(ctx, "SELECT pad || n, COUNT(*), ARRAY_AGG(DISTINCT k) FROM c GROUP BY pad || n")
		if err == nil {
			for rows.Next() {
			}
			err = errors.Join(rows.Err(), rows.Close())
		}
		return expected(err, context.DeadlineExceeded)
	},
	func(l *leakTest, rng *rand.Rand) error { // definitions
		name := fmt.Sprintf("d%d", rng.Uint64())
		_, err := l.db.Exec(fmt.Sprintf(`CREATE COLLECTION %[1]s; CREATE INDEX %[1]s_a ON %[1]s (a);
			INSERT INTO %[1]s VALUES {a: 1}, {a: 2}; DROP INDEX %[1]s_a; DROP COLLECTION %[1]s`, name))
		return err
	},
	func(l *leakTest, rng *rand.Rand) error { // an index whose building is cancelled, or which is dropped
		name := fmt.Sprintf("i%d", rng.Uint64())
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rng.IntN(60))*time.Millisecond)
		defer cancel()
		_, err := l.db.ExecContext(ctx, fmt.Sprintf("CREATE INDEX %s ON c (n, pad)", name))
		if err == nil {
			_, err = l.db.Exec("DROP INDEX " + name)
		}
		return expected(err, context.DeadlineExceeded)
	},
	func(l *leakTest, rng *rand.Rand) error { // another handle, which is closed while it is used
		other, err := fluxdb.Open(l.path, &fluxdb.Options{Memory: 16 << 20, Sync: fluxdb.SyncOff})
		if err != nil {
			return err
		}
		s := other.NewSession()
		rows, err := s.Query(context.Background(), "SELECT * FROM c ORDER BY pad", nil)
		if err == nil {
			rows.Next()
		}
		return errors.Join(err, other.Close())
	},
}

// expected returns err unless it is one that may come.
func expected(err, may error) error {
	if errors.Is(err, may) {
		return nil
	}
	return err
}
