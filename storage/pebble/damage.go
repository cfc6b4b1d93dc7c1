package pebble

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

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

// advised adds what to do to an error that does not say it.
func advised(err error) error {
	var foreign foreignError
	switch {
	case err == nil, errors.As(err, &foreign):
		return err
	case errors.Is(err, storage.ErrCorrupt):
		return fmt.Errorf("%w; restore the folder from a backup", err)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w; free some space first", err)
	}
	return err
}
