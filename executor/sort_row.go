package executor

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// A row in a sort is bytes:
//
//	length of the key (4 bytes LE, the top bit says that a part of it was cut), key, payload
//
// The key is made of ordered keys, so that rows compare as bytes. Where a value was cut
// (it has over a kilobyte) two keys may tell nothing: the payload of such a row begins with
// the values themselves, self-described.
const (
	rowHead = 4
	cutFlag = 1 << 31
)

// sortKeys makes and compares the keys of rows.
type sortKeys struct {
	keys   []planner.SortKey
	values []document.Value // of the row whose key was made last
}

// append appends head and key of the frame's row, and the values where the key is cut.
func (k *sortKeys) append(dst []byte, f *expr.Frame) (row []byte, err error) {
	begin := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	anyCut := false
	for i := range k.keys {
		key := &k.keys[i]
		v, err := key.Expr.Eval(f)
		if err != nil {
			return dst, err
		}
		if key.NoCase && v.Kind() == document.KindString {
			v = document.String(strings.ToLower(v.AsString()))
		}
		k.values[i] = v
		if key.NullsFirst == key.Desc {
			// NULL does not stand where the direction puts it: a byte in front says where.
			dst = append(dst, b2i(v.IsNull() != key.NullsFirst))
		}
		var cut bool
		dst, cut = document.AppendKey(dst, v, key.Desc)
		anyCut = anyCut || cut
	}
	head := uint32(len(dst) - begin - rowHead)
	if anyCut {
		head |= cutFlag
		for _, v := range k.values {
			dst = document.AppendValue(dst, v)
		}
	}
	binary.LittleEndian.PutUint32(dst[begin:], head)
	return dst, nil
}

func b2i(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// rowKey returns the key of a row, whether it was cut, and what follows.
func rowKey(row []byte) (key []byte, cut bool, rest []byte) {
	head := binary.LittleEndian.Uint32(row)
	end := rowHead + int(head&^cutFlag)
	return row[rowHead:end], head&cutFlag != 0, row[end:]
}

// payload returns what follows the key, and its values.
func (k *sortKeys) payload(row []byte) ([]byte, error) {
	_, cut, rest := rowKey(row)
	if !cut {
		return rest, nil
	}
	return k.read(k.values, rest)
}

// read reads the values of a cut key.
func (k *sortKeys) read(dst []document.Value, b []byte) (rest []byte, err error) {
	for i := range dst {
		if dst[i], b, err = document.ReadValue(b); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// compare orders two rows by their keys.
func (k *sortKeys) compare(a, b []byte) int {
	keyA, cutA, restA := rowKey(a)
	keyB, cutB, restB := rowKey(b)
	if !cutA || !cutB {
		// A whole component is never the beginning of another: the first difference decides.
		return bytes.Compare(keyA, keyB)
	}
	return k.compareValues(restA, restB)
}

// compareValues orders two rows of which both have cut keys.
func (k *sortKeys) compareValues(a, b []byte) int {
	x, y := make([]document.Value, len(k.keys)), make([]document.Value, len(k.keys))
	if _, err := k.read(x, a); err != nil {
		return 0 // this process wrote it: reading the row reports the damage
	}
	if _, err := k.read(y, b); err != nil {
		return 0
	}
	for i := range k.keys {
		key := &k.keys[i]
		if x[i].IsNull() != y[i].IsNull() {
			if x[i].IsNull() == key.NullsFirst {
				return -1
			}
			return 1
		}
		if c := document.Compare(x[i], y[i]); c != 0 {
			if key.Desc {
				return -c
			}
			return c
		}
	}
	return 0
}

// rowPrefix returns the first bytes of a row's key as a number of the same order.
func rowPrefix(row []byte) uint64 {
	key, _, _ := rowKey(row)
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var b [8]byte
	copy(b[:], key)
	return binary.BigEndian.Uint64(b[:])
}

func newSortKeys(keys []planner.SortKey) sortKeys {
	return sortKeys{keys: keys, values: make([]document.Value, len(keys))}
}
