package engine

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/fluxdb/fluxdb/document"
)

// The field dictionary of a collection numbers the leaf paths of its documents in the
// order they were first seen: the names of nested objects and the leaf's own, nested
// objects taken apart to depth maxLeafDepth, arrays and empty objects being leaves.
//
// So that documents with data as keys cannot make it grow without bound, it holds at most maxLeafPaths
// paths; a further one of several names counts as its top-level field, and
// beyond maxFieldPaths a new top-level name, or one longer than maxPathSize bytes, counts as one
// of the others, which have one number together: as long as there are some nobody
// can say what `*` stands for. Once full the dictionary stays full, so
// a document counts the same when it comes and when it goes.
const (
	maxLeafPaths  = 4096
	maxFieldPaths = 8192
	fieldOthers   = maxFieldPaths // a number that no path gets
	maxPathSize   = 1024 + 2      // of a name of 1,024 bytes, with its length
	maxLeafDepth  = 4
)

// fieldDictionary is guarded by its space's mu once the space is in use.
type fieldDictionary struct {
	numbers map[string]int32 // by encoded path
	paths   [][]string       // by number
	scratch []byte
}

// encodePath appends the stored form of a path: length (uvarint) and bytes of each name.
func encodePath(dst []byte, path []string) []byte {
	for _, name := range path {
		dst = append(binary.AppendUvarint(dst, uint64(len(name))), name...)
	}
	return dst
}

func decodePath(b []byte) (path []string, ok bool) {
	for len(b) > 0 {
		n, k := binary.Uvarint(b)
		if k <= 0 || n > uint64(len(b)-k) {
			return nil, false
		}
		path = append(path, string(b[k:k+int(n)]))
		b = b[k+int(n):]
	}
	return path, len(path) > 0
}

// restore takes in a stored path.
func (d *fieldDictionary) restore(n uint32, value []byte) error {
	path, ok := decodePath(value)
	if !ok || int(n) != len(d.paths) {
		return fmt.Errorf("field %d of %d", n, len(d.paths))
	}
	d.add(path)
	return nil
}

func (d *fieldDictionary) add(path []string) {
	if d.numbers == nil {
		d.numbers = map[string]int32{}
	}
	d.numbers[string(encodePath(nil, path))] = int32(len(d.paths))
	d.paths = append(d.paths, path)
}

// find returns the number of a path, or what it would be counted as: room says
// that it may still get a number of its own.
func (d *fieldDictionary) find(path []string) (n int32, counted []string, room bool) {
	for {
		d.scratch = encodePath(d.scratch[:0], path)
		if n, ok := d.numbers[string(d.scratch)]; ok {
			return n, path, false
		}
		most := maxFieldPaths
		if len(path) > 1 {
			most = maxLeafPaths
		}
		switch {
		case len(d.paths) < most && len(d.scratch) <= maxPathSize:
			return slotWithout, path, true
		case len(path) == 1:
			return fieldOthers, path, false
		}
		path = path[:1]
	}
}

// number returns what a path counts as.
func (d *fieldDictionary) number(path []string) int32 {
	n, _, _ := d.find(path)
	return n
}

// allot returns the numbers of paths, giving new ones to those that are new unless db is nil.
// s.mu is held. The result is valid until the next call.
func (s *space) allot(ctx context.Context, db *DB, paths [][]string) ([]int32, error) {
	d := &s.fields
	var keys, values [][]byte
	before := len(d.paths)
	for _, path := range paths {
		_, path, room := d.find(path)
		if !room || db == nil {
			continue
		}
		own := make([]string, len(path))
		for i, name := range path {
			own[i] = string(append([]byte(nil), name...)) // names may borrow from a record
		}
		keys = append(keys, numbered(tagField, s.id, uint32(len(d.paths))))
		values = append(values, encodePath(nil, own))
		d.add(own)
	}
	if len(keys) > 0 {
		if err := db.note(ctx, keys, values); err != nil {
			for _, path := range d.paths[before:] {
				delete(d.numbers, string(encodePath(nil, path)))
			}
			d.paths = d.paths[:before]
			return nil, fmt.Errorf("note fields: %w", err)
		}
		s.publishPaths()
	}
	numbers := make([]int32, len(paths))
	for i, path := range paths {
		numbers[i] = d.number(path)
	}
	return numbers, nil
}

// leafPaths returns the paths of the leaves of a document that is stored self-described.
func leafPaths(rec *document.Record) [][]string {
	fields := rec.Decode().AsObject()
	if len(fields) > 0 {
		fields = fields[1:] // _id
	}
	return appendLeaves(nil, nil, fields)
}

func appendLeaves(out [][]string, around []string, fields []document.Field) [][]string {
	for i := range fields {
		f := &fields[i]
		path := append(around[:len(around):len(around)], f.Name)
		if inner := f.Value.AsObject(); len(inner) > 0 && len(around) < maxLeafDepth {
			out = appendLeaves(out, path, inner)
			continue
		}
		out = append(out, path)
	}
	return out
}
