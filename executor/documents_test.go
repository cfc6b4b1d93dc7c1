package executor

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestClosingADatabaseEndsAnInsertionOfDocuments(t *testing.T) {
	s := testSession(t, `CREATE COLLECTION c`)
	ctx := context.Background()
	closed := make(chan error)
	i := 0
	n, err := s.InsertDocuments(ctx, "c", Documents{Next: func() (any, error) {
		if i++; i == 3 {
			go func() { closed <- s.db.Close() }()
			for !s.db.closed.Load() { // Close waits for the call in which this is
			}
		}
		if i > 3 {
			return nil, errors.New("the insertion goes on")
		}
		return fmt.Sprintf(`{"_id": %d}`, i), nil
	}})
	if n != 0 || !errors.Is(err, ErrClosed) {
		t.Errorf("%d, %v, want ErrClosed", n, err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
