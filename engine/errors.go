package engine

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fluxdb/fluxdb/document"
)

var (
	// ErrDuplicateKey is matched by a DuplicateKeyError.
	ErrDuplicateKey = errors.New("duplicate key")
	// ErrUnknownCollection is matched by an UnknownCollectionError.
	ErrUnknownCollection = errors.New("unknown collection")
	// ErrUnknownIndex is matched by an UnknownIndexError.
	ErrUnknownIndex = errors.New("unknown index")
	// ErrCollectionExists is returned when a collection of exactly this name exists.
	ErrCollectionExists = errors.New("collection exists")
	// ErrIndexExists is returned when an index of this name exists; index names are the database's.
	ErrIndexExists = errors.New("index exists")
	// ErrConstraint is returned when an index that belongs to a constraint is dropped.
	ErrConstraint = errors.New("index belongs to a constraint")
	// ErrInvalidDefinition is matched by errors about a definition that cannot be.
	ErrInvalidDefinition = errors.New("invalid definition")
	// ErrNested is returned when a write transaction is begun inside an
	// expression or hook that runs within another one.
	ErrNested = errors.New("write transaction within another one")
	// ErrTooManyDocuments is returned when an index is created inside a
	// transaction on a collection that is too large for it.
	ErrTooManyDocuments = errors.New("too many documents to create an index inside a transaction")
)

// DuplicateKeyError says which value a document has that another one has already.
type DuplicateKeyError struct {
	Collection string
	Index      string         // the primary key's name for a duplicate _id
	Value      document.Value // an array of the components when there are several

	holder []byte // the key of the document that has it
}

func (e *DuplicateKeyError) Error() string {
	value := document.AppendJSON(nil, e.Value, document.Plain)
	if len(value) > 100 {
		value = append(value[:97], "..."...)
	}
	return fmt.Sprintf("collection %s: duplicate key in %s: %s", e.Collection, e.Index, value)
}

// Unwrap makes errors.Is(err, ErrDuplicateKey) true.
func (e *DuplicateKeyError) Unwrap() error { return ErrDuplicateKey }

// UnknownCollectionError names a collection that is not there.
type UnknownCollectionError struct {
	Name    string
	Nearest string // a name much like it, or ""
	// Ambiguous are names that differ from Name and one another in case only.
	Ambiguous []string
}

func (e *UnknownCollectionError) Error() string {
	switch {
	case len(e.Ambiguous) > 0:
		return fmt.Sprintf("unknown collection %s: it could be %s", e.Name, strings.Join(e.Ambiguous, " or "))
	case e.Nearest != "":
		return fmt.Sprintf("unknown collection %s: did you mean %s?", e.Name, e.Nearest)
	}
	return "unknown collection " + e.Name
}

// Unwrap makes errors.Is(err, ErrUnknownCollection) true.
func (e *UnknownCollectionError) Unwrap() error { return ErrUnknownCollection }

// UnknownIndexError names an index that is not there.
type UnknownIndexError struct {
	Name    string
	Nearest string
}

func (e *UnknownIndexError) Error() string {
	if e.Nearest != "" {
		return fmt.Sprintf("unknown index %s: did you mean %s?", e.Name, e.Nearest)
	}
	return "unknown index " + e.Name
}

// Unwrap makes errors.Is(err, ErrUnknownIndex) true.
func (e *UnknownIndexError) Unwrap() error { return ErrUnknownIndex }

// invalidField is a *document.ValueError with the collection it happened in.
type invalidField struct {
	collection string
	value      *document.ValueError
}

func (e *invalidField) Error() string {
	if e.value.Path == "" {
		return fmt.Sprintf("collection %s: expected %s, found %s", e.collection, e.value.Expected, e.value.Found)
	}
	return fmt.Sprintf("collection %s: field %s: expected %s, found %s", e.collection, e.value.Path, e.value.Expected, e.value.Found)
}

func (e *invalidField) Unwrap() error { return e.value }

// invalid names the collection of an error about a document.
func invalid(collection string, err error) error {
	var value *document.ValueError
	if errors.As(err, &value) {
		return &invalidField{collection, value}
	}
	return fmt.Errorf("collection %s: %w", collection, err)
}

func invalidDefinition(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidDefinition, fmt.Sprintf(format, args...))
}
