package expr

import (
	"encoding/binary"

	"github.com/fluxdb/fluxdb/document"
)

// verdict is BOOL_AND where all is set, else BOOL_OR.
type verdict struct {
	all  bool
	any  bool // a condition was met that is not NULL
	seen bool // one that decides: FALSE where all is set, else TRUE
}

func (b *verdict) Add(v document.Value) error {
	if t := truthOf(v); t != unknown {
		b.any = true
		b.seen = b.seen || (t == yes) != b.all
	}
	return nil
}

func (b *verdict) Result() (document.Value, error) {
	if !b.any {
		return document.Null(), nil
	}
	return document.Bool(b.seen != b.all), nil
}

func (b *verdict) Size() int { return 0 }

func (b *verdict) Append(dst []byte) []byte {
	state := byte(0)
	if b.any {
		state |= 1
	}
	if b.seen {
		state |= 2
	}
	return append(dst, state)
}

func (b *verdict) Merge(state []byte) error {
	if len(state) != 1 || state[0] > 3 {
		return errState
	}
	b.any, b.seen = b.any || state[0]&1 != 0, b.seen || state[0]&2 != 0
	return nil
}

// bits64 is BIT_AND and BIT_OR.
type bits64 struct {
	op  ArithOp
	any bool
	all int64
}

func (b *bits64) Add(v document.Value) error {
	if i, ok := wholeNumber(v); ok {
		b.take(i)
	}
	return nil
}

func (b *bits64) take(i int64) {
	switch {
	case !b.any:
		b.any, b.all = true, i
	case b.op == BitAnd:
		b.all &= i
	default:
		b.all |= i
	}
}

func (b *bits64) Result() (document.Value, error) {
	if !b.any {
		return document.Null(), nil
	}
	return document.Int(b.all), nil
}

func (b *bits64) Size() int { return 0 }

func (b *bits64) Append(dst []byte) []byte {
	if !b.any {
		return dst
	}
	return binary.LittleEndian.AppendUint64(dst, uint64(b.all))
}

func (b *bits64) Merge(state []byte) error {
	switch len(state) {
	case 0:
	case 8:
		b.take(int64(binary.LittleEndian.Uint64(state)))
	default:
		return errState
	}
	return nil
}
