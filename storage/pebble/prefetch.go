//go:build amd64 || arm64

package pebble

import "unsafe"

// prefetchLine has the processor fetch the line of its cache that p lies in, and prefetchRecord 512 bytes from there. They
// are no access: p may be anything, and the memory may be written meanwhile.
//
//go:noescape
func prefetchLine(p unsafe.Pointer)

//go:noescape
func prefetchRecord(p unsafe.Pointer)
