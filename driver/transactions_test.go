package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/fluxdb/fluxdb"
)

func begin(t testing.TB, db *sql.DB, opts *sql.TxOptions) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback() }) // without effect after Commit
	return tx
}

func TestCommitAndRollback(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	tx := begin(t, db, nil)
	exec(t, tx, `INSERT INTO c VALUES {_id: 1}`)
	if n := one[int](t, tx, `SELECT COUNT(*) FROM c`); n != 1 {
		t.Errorf("the transaction sees %d of its own documents", n)
	}
	if n := one[int](t, db, `SELECT COUNT(*) FROM c`); n != 0 {
		t.Errorf("others see %d documents before the commit", n)
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
	tx = begin(t, db, &sql.TxOptions{Isolation: sql.LevelReadUncommitted})
	exec(t, tx, `INSERT INTO c VALUES {_id: 2}`)
	if err := tx.Commit(); err != nil {
		t.Error(err)
	}
	if err := tx.Commit(); !errors.Is(err, sql.ErrTxDone) {
		t.Errorf("second commit: %v", err)
	}
	if n := one[int](t, db, `SELECT _id FROM c`); n != 2 {
		t.Errorf("_id %d, want 2", n)
	}
}

func TestTheLoserOfTwoTransactionsGetsErrConflict(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`, `INSERT INTO c VALUES {_id: 1, n: 0}`)
	a, b := begin(t, db, nil), begin(t, db, nil)
	for _, tx := range []*sql.Tx{a, b} {
		n := one[int](t, tx, `SELECT n FROM c WHERE _id = 1`)
		exec(t, tx, `UPDATE c SET n = ? WHERE _id = 1`, n+1)
	}
	if err := a.Commit(); err != nil {
		t.Errorf("first commit: %v", err)
	}
	if err := b.Commit(); !errors.Is(err, fluxdb.ErrConflict) {
		t.Errorf("second commit: error %v, want ErrConflict", err)
	}
	if n := one[int](t, db, `SELECT n FROM c`); n != 1 {
		t.Errorf("n = %d, want 1: nothing of the loser was applied", n)
	}
}

func TestAFailedStatementIsUndoneAlone(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`, `CREATE UNIQUE INDEX c_u ON c (u)`)
	tx := begin(t, db, nil)
	exec(t, tx, `INSERT INTO c VALUES {_id: 1, u: 1}`)
	if _, err := tx.Exec(`INSERT INTO c VALUES {_id: 2, u: 2}, {_id: 3, u: 1}`); !errors.Is(err, fluxdb.ErrDuplicateKey) {
		t.Fatalf("error %v, want ErrDuplicateKey", err)
	}
	exec(t, tx, `INSERT INTO c VALUES {_id: 4, u: 2}`)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := one[int](t, db, `SELECT SUM(_id) FROM c`); got != 5 {
		t.Errorf("ids add up to %d, want 5", got)
	}
}

func TestReadOnlyTransactionsRefuseWrites(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	tx := begin(t, db, &sql.TxOptions{ReadOnly: true})
	for _, text := range []string{`INSERT INTO c VALUES {a: 1}`, `CREATE COLLECTION d`, `TRUNCATE c`, `UPDATE c SET a = 1`} {
		if _, err := tx.Exec(text); !errors.Is(err, fluxdb.ErrReadOnly) {
			t.Errorf("%s: error %v, want ErrReadOnly", text, err)
		}
	}
	exec(t, db, `INSERT INTO c VALUES {a: 1}`)
	if n := one[int](t, tx, `SELECT COUNT(*) FROM c`); n != 0 {
		t.Errorf("the snapshot moved: %d documents", n)
	}
	if err := tx.Commit(); err != nil {
		t.Errorf("a read-only transaction never loses: %v", err)
	}
}

func TestATextualBeginEndsWithTheConnectionsUse(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	exec(t, conn, `BEGIN`)
	exec(t, conn, `INSERT INTO c VALUES {_id: 1}`)
	if n := one[int](t, conn, `SELECT COUNT(*) FROM c`); n != 1 {
		t.Errorf("the transaction sees %d documents", n)
	}
	conn.Close()
	if n := one[int](t, db, `SELECT COUNT(*) FROM c`); n != 0 {
		t.Errorf("%d documents of a transaction that nobody committed", n)
	}
	if _, err := db.Exec(`COMMIT`); err == nil {
		t.Error("the next user of the connection is in the transaction")
	}
}

func TestATransactionEndsWithItsContext(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	db.SetMaxOpenConns(1)
	ctx, cancel := context.WithCancel(context.Background())
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, tx, `INSERT INTO c VALUES {_id: 1}`)
	cancel()
	// With one connection, this waits until the transaction has given it back.
	if n := one[int](t, db, `SELECT COUNT(*) FROM c`); n != 0 {
		t.Errorf("%d documents", n)
	}
	if err := tx.Commit(); err == nil {
		t.Error("a cancelled transaction was committed")
	}
}

func TestRowsOpenWhileTheTransactionWrites(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	tx := begin(t, db, nil)
	for range 300 {
		exec(t, tx, `INSERT INTO c VALUES {n: 1}`)
	}
	rows, err := tx.Query(`SELECT _id FROM c`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	seen := 0
	for rows.Next() {
		if seen++; seen == 100 {
			// The rows show the state at their statement, whatever is written meanwhile.
			exec(t, tx, `INSERT INTO c VALUES {n: 2}, {n: 2}`)
			exec(t, tx, `DELETE FROM c WHERE n = 1`)
		}
	}
	if err := rows.Err(); err != nil || seen != 300 {
		t.Errorf("%d rows, %v, want 300", seen, err)
	}
}

func TestRowsOpenWhileTheTransactionEnds(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`, `INSERT INTO c VALUES {n: 1}, {n: 1}, {n: 1}`)
	for _, end := range []func(*sql.Tx) error{(*sql.Tx).Commit, (*sql.Tx).Rollback} {
		tx := begin(t, db, nil)
		rows, err := tx.Query(`SELECT _id FROM c`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		rows.Next()
		if err := end(tx); err != nil {
			t.Error(err)
		}
		for rows.Next() {
		}
		if err := rows.Err(); err == nil {
			t.Error("the rows outlived their transaction")
		}
		if n := one[int](t, db, `SELECT COUNT(*) FROM c`); n != 3 {
			t.Errorf("%d documents", n)
		}
	}
}

func TestCancelDuringALongQuery(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	tx := begin(t, db, nil)
	for i := range 2000 {
		exec(t, tx, `INSERT INTO c VALUES {_id: ?, n: ?}`, i, i%7)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`SELECT n FROM c`, `SELECT n FROM c WHERE n = 100`, `SELECT n, COUNT(*) FROM c GROUP BY n`,
		`SELECT n FROM c ORDER BY n, _id DESC`, `SELECT DISTINCT n FROM c`, `UPDATE c SET n = n + 1`, `DELETE FROM c`,
	} {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := queryError(ctx, db, text); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want context.Canceled", text, err)
		}
	}
	// Cancelled between two rows: they end, and the connection is good.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	rows, err := db.QueryContext(ctx, `SELECT n FROM c`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		if n++; n == 10 {
			cancel()
		}
	}
	if err := rows.Err(); n == 2000 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d rows, error %v, want context.Canceled", n, err)
	}
	if n := one[int](t, db, `SELECT COUNT(*) FROM c`); n != 2000 {
		t.Errorf("%d documents, want 2000", n)
	}
}

func TestSavepoints(t *testing.T) {
	db := memory(t, `CREATE COLLECTION c`)
	tx := begin(t, db, nil)
	sum := func() int { t.Helper(); return one[int](t, tx, `SELECT COALESCE(SUM(_id), 0) FROM c`) }
	exec(t, tx, `INSERT INTO c VALUES {_id: 1}; SAVEPOINT s; INSERT INTO c VALUES {_id: 2}; SAVEPOINT s; INSERT INTO c VALUES {_id: 4}`)
	exec(t, tx, `ROLLBACK TO s`) // the inner one, which stays
	if n := sum(); n != 3 {
		t.Errorf("sum %d, want 3", n)
	}
	exec(t, tx, `INSERT INTO c VALUES {_id: 8}; ROLLBACK TO SAVEPOINT s; RELEASE s; ROLLBACK TO s`) // now the outer one
	if n := sum(); n != 1 {
		t.Errorf("sum %d, want 1", n)
	}
	exec(t, tx, `RELEASE SAVEPOINT s`)
	if _, err := tx.Exec(`ROLLBACK TO s`); err == nil {
		t.Error("a released savepoint was found")
	}
	if err := tx.Commit(); err != nil {
		t.Error(err)
	}
}
