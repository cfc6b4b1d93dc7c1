package fluxdb

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// M is a document as a Go map: {"name": "Ann", "tags": []string{"a"}}.
type M map[string]any

// JSON carries a nested part of a document between a column and a Go value:
// a struct field of type JSON[Address] scans the JSON of an object and, as a
// parameter, is stored as the object. A NULL scans as the zero T.
type JSON[T any] struct {
	V T
}

// Scan implements sql.Scanner for JSON text and NULL.
func (j *JSON[T]) Scan(src any) error {
	var zero T
	j.V = zero
	var text []byte
	switch src := src.(type) {
	case nil:
		return nil
	case []byte:
		text = src
	case string:
		text = []byte(src)
	default:
		// A scalar column: let its JSON form decide whether T can take it.
		var err error
		if text, err = json.Marshal(src); err != nil {
			return fmt.Errorf("scan %T into %T: %w", src, j.V, err)
		}
	}
	if err := json.Unmarshal(text, &j.V); err != nil {
		return fmt.Errorf("scan JSON into %T: %w", j.V, err)
	}
	return nil
}

// Value implements driver.Valuer with the JSON of V as a json.RawMessage, which the
// driver stores as the object, array or scalar that it is, not as text.
func (j JSON[T]) Value() (driver.Value, error) {
	text, err := json.Marshal(j.V)
	if err != nil {
		return nil, fmt.Errorf("JSON of %T: %w", j.V, err)
	}
	return json.RawMessage(text), nil
}

// Wrapped implements document.Wrapper: a document is decoded straight into V.
func (j *JSON[T]) Wrapped() any { return &j.V }

// MarshalJSON implements json.Marshaler: the JSON of V.
func (j JSON[T]) MarshalJSON() ([]byte, error) { return json.Marshal(j.V) }

// UnmarshalJSON implements json.Unmarshaler into V.
func (j *JSON[T]) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &j.V) }
