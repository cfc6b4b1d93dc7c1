package document

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

const (
	each01 = 0x0101010101010101
	each20 = 0x20 * each01
	each80 = 0x80 * each01
	quotes = '"' * each01
	slants = '\\' * each01
)

// special marks, with the high bit of their bytes, those of eight bytes that a JSON string
// may not hold as they are: quotes, backslashes and control characters. Only the lowest mark is sure.
func special(x uint64) uint64 {
	q, b := x^quotes, x^slants
	return ((x-each20)&^x | (q-each01)&^q | (b-each01)&^b) & each80
}

// copyPlain copies s to dst, which is as long, and reports whether no byte of it needs an escape. It looks at
// words that overlap at the end: how many bytes are left over differs from string to string, and a loop over them
// is a branch that the processor can't foresee.
func copyPlain(dst []byte, s string) bool {
	text := unsafe.Slice(unsafe.StringData(s), len(s))
	dst = dst[:len(text)]
	switch n := len(text); {
	case n >= 8:
		var marks uint64
		for i := 0; i+8 < n; i += 8 {
			x := binary.LittleEndian.Uint64(text[i:])
			binary.LittleEndian.PutUint64(dst[i:], x)
			marks |= special(x)
		}
		x := binary.LittleEndian.Uint64(text[n-8:])
		binary.LittleEndian.PutUint64(dst[n-8:], x)
		return marks|special(x) == 0
	case n >= 4:
		a, b := binary.LittleEndian.Uint32(text), binary.LittleEndian.Uint32(text[n-4:])
		binary.LittleEndian.PutUint32(dst, a)
		binary.LittleEndian.PutUint32(dst[n-4:], b)
		return special(uint64(a)|uint64(b)<<32) == 0
	}
	copy(dst, text)
	return run(s, 0, 0) == len(s)
}

// plainRun returns where from i on the first byte is that needs an escape.
func plainRun(s string, i int) int { return run(s, i, 0) }

// asciiRun returns where from i on the first byte is that needs an escape or is not ASCII.
func asciiRun(s string, i int) int { return run(s, i, each80) }

func run(s string, i int, more uint64) int {
	text := unsafe.Slice(unsafe.StringData(s), len(s))
	for ; i+8 <= len(text); i += 8 {
		x := binary.LittleEndian.Uint64(text[i:])
		if marks := special(x) | x&more; marks != 0 {
			return i + bits.TrailingZeros64(marks)/8
		}
	}
	for ; i < len(text); i++ {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x80 && more != 0 {
			return i
		}
	}
	return i
}
