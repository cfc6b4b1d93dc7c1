package pebble

import "unsafe"

// Sizes of an arena's chunks. Larger texts get memory of their own, so that a
// chunk is never kept for the sake of a small rest.
const (
	minChunk   = 1 << 10
	maxChunk   = 64 << 10
	maxInlined = 4 << 10
)

// arena keeps copies of many small texts in few allocations. What it returned
// is never written again, so it may be shared freely; it lives as long as anything refers to its chunk.
type arena struct {
	chunk []byte
	size  int
}

func (a *arena) copy(text []byte) string {
	n := len(text)
	if n == 0 {
		return ""
	}
	if n > maxInlined {
		return string(text)
	}
	if cap(a.chunk)-len(a.chunk) < n {
		a.size = min(max(2*a.size, minChunk), maxChunk)
		a.chunk = make([]byte, 0, max(a.size, n))
	}
	at := len(a.chunk)
	a.chunk = append(a.chunk, text...)
	return unsafe.String(&a.chunk[at], n)
}

// bytesOf shares a text, which must not be changed.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// textOf shares bytes, which must not be changed while the text is used.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
