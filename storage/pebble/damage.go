package pebble

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/fluxdb/fluxdb/storage"
)

// damagedError is damage that the library found. It matches storage.ErrCorrupt, and reads
// without what the library's errors carry for its own logs.
type damagedError struct{ cause error }

func damaged(cause error) error {
	if errors.Is(cause, pebble.ErrDBDoesNotExist) {
		cause = fmt.Errorf("the file that names the current manifest (marker.manifest.*) is missing: %w", cause)
	}
	return &damagedError{cause}
}

func (e *damagedError) Error() string {
	return storage.ErrCorrupt.Error() + ": " + strings.ReplaceAll(e.cause.Error(), "\n<corruption detail carrier>", "")
}

// Unwrap makes errors.Is(err, storage.ErrCorrupt) true.
func (e *damagedError) Unwrap() []error { return []error{storage.ErrCorrupt, e.cause} }

// refusedError is why a store refuses everything: it is damaged. It matches
// storage.ErrUndecided too, since a commit may have been under way when that was found.
type refusedError struct{ cause error }

func (e *refusedError) Error() string {
	return e.cause.Error() + "; everything is refused until the database is opened again"
}

func (e *refusedError) Unwrap() []error { return []error{storage.ErrUndecided, e.cause} }
