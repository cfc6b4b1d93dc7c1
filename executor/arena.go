package executor

import "github.com/fluxdb/fluxdb/document"

// arena keeps copies of bytes and values in large blocks, all freed at once: a table of a million
// keys is then no work for the garbage collector.
type arena struct {
	block []byte
	// next is the size of the next block.
	next int
}

// Blocks begin small, since most statements keep little.
const (
	arenaFirst = 512
	arenaBlock = 64 << 10
)

// grab returns n bytes of the arena.
func (a *arena) grab(n int) []byte {
	if n > cap(a.block)-len(a.block) {
		a.next = min(max(2*a.next, arenaFirst), arenaBlock)
		if n > a.next/4 && n > arenaFirst {
			return make([]byte, n) // a block of its own wastes nothing
		}
		a.block = make([]byte, 0, max(a.next, n))
	}
	at := len(a.block)
	a.block = a.block[:at+n]
	return a.block[at : at+n : at+n]
}

// copy returns a copy of b.
func (a *arena) copy(b []byte) []byte {
	c := a.grab(len(b))
	copy(c, b)
	return c
}

// value returns a copy of v that borrows from the arena at most, and the memory that it takes.
func (a *arena) value(v document.Value) (document.Value, int64) {
	switch v.Kind() {
	case document.KindString:
		b := a.copy(v.AsBytes())
		return document.StringBytes(b), int64(len(b))
	case document.KindBytes:
		b := a.copy(v.AsBytes())
		return document.Bytes(b), int64(len(b))
	case document.KindArray, document.KindObject:
		return v.Clone(), sizeOf(v)
	}
	return v, 0
}

// sizeOf is the memory that a clone of v takes beyond the value itself.
func sizeOf(v document.Value) int64 {
	const value, field = 24, 40
	switch v.Kind() {
	case document.KindString, document.KindBytes:
		return int64(len(v.AsBytes()))
	case document.KindArray:
		n := int64(0)
		for _, e := range v.AsArray() {
			n += value + sizeOf(e)
		}
		return n
	case document.KindObject:
		n := int64(0)
		for _, f := range v.AsObject() {
			n += field + int64(len(f.Name)) + sizeOf(f.Value)
		}
		return n
	}
	return 0
}

// reset makes the present block free again; what was kept in it must not be used any more.
func (a *arena) reset() { a.block = a.block[:0] }
