package executor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fluxdb/fluxdb/engine"
)

func TestStatementsThatLoseRunAgain(t *testing.T) {
	db := testDatabase(t, Options{})
	tries := 0
	err := db.retry(context.Background(), func(*engine.Tx) error {
		if tries++; tries < 7 {
			return fmt.Errorf("lost: %w", ErrConflict)
		}
		return nil
	})
	if err != nil || tries != 7 {
		t.Errorf("%d tries, %v", tries, err)
	}
	tries = 0
	other := errors.New("other")
	if err := db.retry(context.Background(), func(*engine.Tx) error { tries++; return other }); !errors.Is(err, other) || tries != 1 {
		t.Errorf("an error that is no conflict: %d tries, %v", tries, err)
	}
}

// While a statement holds up all commits, what the engine commits beside it (shapes, fields, sequences,
// ids of collections) must get through.
func TestTheLastTriesMayDoAnything(t *testing.T) {
	db := testDatabase(t, Options{})
	s := db.NewSession()
	defer s.Close()
	mustExec(t, s, `CREATE TABLE t (id INTEGER PRIMARY KEY, doc OBJECT); CREATE COLLECTION c`)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for i, text := range []string{
		`INSERT INTO c VALUES {new: 1, fields: {of: 2}}`, `INSERT INTO t (doc) VALUES ({a: 1})`,
		`CREATE TABLE u (id INTEGER PRIMARY KEY, n INT UNIQUE)`, `TRUNCATE c`, `DROP TABLE t`,
	} {
		tries := 0
		script, err := parse(text)
		if err != nil {
			t.Fatal(err)
		}
		err = db.retry(ctx, func(tx *engine.Tx) error {
			if tries++; tries <= triesBeforeExclusive {
				return ErrConflict
			}
			inner := &Session{db: db, tx: &transaction{tx: tx}}
			_, err := inner.exec(ctx, found{text: text, script: script}, nil)
			return err
		})
		if err != nil || tries != triesBeforeExclusive+1 {
			t.Errorf("%d %s: %d tries, %v", i, text, tries, err)
		}
	}
}

func TestRetriesEnd(t *testing.T) {
	db := testDatabase(t, Options{Timeout: time.Millisecond})
	lose := func(*engine.Tx) error { return ErrConflict }
	if err := db.retry(context.Background(), lose); !errors.Is(err, ErrConflict) {
		t.Errorf("after the timeout: error %v, want ErrConflict", err)
	}
	patient := testDatabase(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	tries := 0
	err := patient.retry(ctx, func(*engine.Tx) error {
		if tries++; tries == 3 {
			cancel()
		}
		return ErrConflict
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: error %v", err)
	}
}

func TestConcurrentStatementsAllGetThrough(t *testing.T) {
	db := testDatabase(t, Options{})
	s := db.NewSession()
	defer s.Close()
	mustExec(t, s, `CREATE COLLECTION c; INSERT INTO c VALUES {_id: 1, n: 0}`)
	const workers, each = 8, 50
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			s := db.NewSession()
			defer s.Close()
			for range each {
				if _, err := s.Exec(context.Background(), `UPDATE c SET n = n + 1`, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := answer(s, `SELECT n FROM c`); got != fmt.Sprintf("[%d]", workers*each) {
		t.Errorf("n is %s, want %d", got, workers*each)
	}
}
