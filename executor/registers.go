package executor

import (
	"encoding/binary"
	"fmt"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// carrier writes the registers of a row to bytes and sets them again: what sorts, tables and
// buffers keep of a row.
//
//	for each document: dictionary(uvarint, 0 is no document), length(uvarint), record
//	for each value: its self-described form
type carrier struct {
	docs, vals []int
	// dicts are the dictionaries that records were written with, one for each
	// collection; a record's number is the index plus one.
	dicts []*document.Dictionary
}

// append appends the frame's registers.
func (c *carrier) append(dst []byte, f *expr.Frame) []byte {
	for _, reg := range c.docs {
		rec := &f.Docs[reg]
		if rec.Data() == nil {
			dst = append(dst, 0)
			continue
		}
		dst = binary.AppendUvarint(dst, uint64(c.dictionary(rec.Dictionary()))+1)
		dst = binary.AppendUvarint(dst, uint64(len(rec.Data())))
		dst = append(dst, rec.Data()...)
	}
	for _, reg := range c.vals {
		dst = document.AppendValue(dst, f.Vals[reg])
	}
	return dst
}

func (c *carrier) dictionary(d *document.Dictionary) int {
	for i := range c.dicts {
		if c.dicts[i] == d {
			return i
		}
	}
	c.dicts = append(c.dicts, d)
	return len(c.dicts) - 1
}

// restore sets the frame's registers from b, which they then borrow from.
func (c *carrier) restore(b []byte, f *expr.Frame) error {
	for _, reg := range c.docs {
		dict, n := binary.Uvarint(b)
		if n <= 0 || dict > uint64(len(c.dicts)) {
			return errDamagedRow
		}
		if b = b[n:]; dict == 0 {
			f.Docs[reg] = document.Record{}
			continue
		}
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return errDamagedRow
		}
		b = b[n:]
		if err := f.Docs[reg].Reset(b[:size:size], c.dicts[dict-1]); err != nil {
			return err
		}
		b = b[size:]
	}
	return restoreValues(b, f, c.vals)
}

// restoreValues sets value registers from b.
func restoreValues(b []byte, f *expr.Frame, regs []int) (err error) {
	for _, reg := range regs {
		if f.Vals[reg], b, err = document.ReadValue(b); err != nil {
			return err
		}
	}
	return nil
}

var errDamagedRow = fmt.Errorf("spill: a row is damaged")
