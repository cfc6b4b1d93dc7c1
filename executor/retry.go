package executor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/fluxdb/fluxdb/engine"
)

const (
	// A statement that lost this often runs while other commits wait.
	triesBeforeExclusive = 4
	// firstPause is the mean pause after the first conflict; each further one doubles it.
	firstPause = 200 * time.Microsecond
)

// retry runs a statement in a transaction of its own and commits it, again as long as it
// loses to other transactions, within the timeout.
func (db *Database) retry(ctx context.Context, statement func(tx *engine.Tx) error) error {
	var began time.Time
	for try := 1; ; try++ {
		err := db.once(ctx, try > triesBeforeExclusive, statement)
		if err == nil || !errors.Is(err, ErrConflict) {
			return err
		}
		if began.IsZero() {
			began = time.Now()
		}
		if limit := db.options.Timeout; limit > 0 && time.Since(began) >= limit {
			return fmt.Errorf("gave up after %d tries in %s: %w", try, time.Since(began).Round(time.Millisecond), err)
		}
		db.retries.Add(1)
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// once runs and commits a statement.
func (db *Database) once(ctx context.Context, exclusive bool, statement func(tx *engine.Tx) error) error {
	tx, err := db.begin(ctx, engine.TxOptions{Exclusive: exclusive})
	if err != nil {
		return err
	}
	defer tx.Rollback() // without effect after Commit
	if err := statement(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// pause waits a random time, so that statements that lost to each other do not meet again.
func pause(ctx context.Context, try int) error {
	mean := firstPause << min(try-1, triesBeforeExclusive)
	timer := time.NewTimer(rand.N(2 * mean))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
