package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
)

// bulk inserts documents through a connection of its own, or that of a transaction.
func bulk(ctx context.Context, conn *sql.Conn, collection string, next func() (any, error)) (n int64, err error) {
	err = conn.Raw(func(dc any) error {
		n, err = dc.(driver.Bulk).InsertDocuments(ctx, collection, next)
		return err
	})
	return n, err
}

// list yields documents one after another.
func list(docs ...any) func() (any, error) {
	return func() (any, error) {
		if len(docs) == 0 {
			return nil, io.EOF
		}
		doc := docs[0]
		docs = docs[1:]
		if err, ok := doc.(error); ok {
			return nil, err
		}
		return doc, nil
	}
}

func connection(t *testing.T, db *sql.DB) *sql.Conn {
	t.Helper()
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestDocumentsGoInThroughRaw(t *testing.T) {
	ctx := context.Background()
	db := memory(t)
	conn := connection(t, db)
	i := 0
	buf := []byte{} // the same for each document
	n, err := bulk(ctx, conn, "users", func() (any, error) {
		if i++; i > 1000 {
			return nil, io.EOF
		}
		buf = fmt.Appendf(buf[:0], `{"_id":%d,"address":{"city":"Oslo"}}`, i)
		return buf, nil
	})
	if n != 1000 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if n, err = bulk(ctx, conn, "users", list(address{City: "Rome"}, fluxdb.M{"_id": -1}, `{"_id": 0}`)); n != 3 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if n := one[int](t, db, `SELECT COUNT(*) FROM users WHERE address.city = 'Oslo'`); n != 1000 {
		t.Errorf("%d in Oslo", n)
	}
	if s := one[string](t, db, `SELECT city FROM users WHERE city IS NOT NULL`); s != "Rome" {
		t.Errorf("city %s", s)
	}
}

func TestABulkInsertThatFailsHasDoneNothing(t *testing.T) {
	ctx := context.Background()
	db := memory(t, `CREATE COLLECTION c`)
	conn := connection(t, db)
	broken := errors.New("the source is broken")
	var dup *fluxdb.DuplicateKeyError
	var refused *fluxdb.DocumentError
	if n, err := bulk(ctx, conn, "c", list(`{"_id": 1}`, broken)); n != 0 || !errors.Is(err, broken) || !strings.Contains(err.Error(), "read document 2") {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := bulk(ctx, conn, "c", list(`{"_id": 1}`, `{"_id": 1}`)); n != 0 || !errors.As(err, &dup) || !strings.Contains(err.Error(), "insert into c: document 2: ") || !errors.As(err, &refused) || refused.Number != 2 {
		t.Errorf("%d, %v", n, err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	if n, err := bulk(cancelled, conn, "c", func() (any, error) { cancel(); return `{}`, nil }); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d, %v", n, err)
	}
	if n := one[int](t, db, `SELECT COUNT(*) FROM c`); n != 0 {
		t.Errorf("%d documents", n)
	}
}

func TestABulkInsertJoinsTheOpenTransaction(t *testing.T) {
	ctx := context.Background()
	db := memory(t, `CREATE COLLECTION c`)
	conn := connection(t, db)
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, tx, `INSERT INTO c VALUES {_id: 1}`)
	if n, err := bulk(ctx, conn, "c", list(`{"_id": 2}`, `{"_id": 3}`)); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	// One that fails is undone, and the transaction goes on.
	if _, err := bulk(ctx, conn, "c", list(`{"_id": 4}`, `{"_id": 2}`)); !errors.Is(err, fluxdb.ErrDuplicateKey) {
		t.Errorf("error %v", err)
	}
	if n := one[int](t, tx, `SELECT SUM(_id) FROM c`); n != 6 {
		t.Errorf("the transaction sees %d, want 6", n)
	}
	if n := one[int](t, db, `SELECT COUNT(*) FROM c`); n != 0 {
		t.Errorf("others see %d", n)
	}
	if err := tx.Commit(); err != nil {
		t.Error(err)
	}
	if n := one[int](t, db, `SELECT COUNT(*) FROM c`); n != 3 {
		t.Errorf("%d documents", n)
	}
	reading, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bulk(ctx, conn, "c", list(`{}`)); !errors.Is(err, fluxdb.ErrReadOnly) {
		t.Errorf("in a read-only transaction: %v", err)
	}
	if err := reading.Rollback(); err != nil {
		t.Error(err)
	}
}

func TestABulkInsertThatLosesTellsItsCaller(t *testing.T) {
	ctx := context.Background()
	db := memory(t, `CREATE COLLECTION c`)
	conn := connection(t, db)
	i := 0
	n, err := bulk(ctx, conn, "c", func() (any, error) {
		if i++; i > 2 {
			// Another connection changes what this one has looked up.
			exec(t, db, `INSERT INTO c VALUES {_id: 1}`)
			return nil, io.EOF
		}
		return fmt.Sprintf(`{"_id": %d}`, i), nil
	})
	if n != 0 || !errors.Is(err, fluxdb.ErrConflict) || i != 3 {
		t.Errorf("%d after %d documents, error %v", n, i, err)
	}
	if n := one[int](t, db, `SELECT COUNT(*) FROM c`); n != 1 {
		t.Errorf("%d documents", n)
	}
}
