//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package pebble

// offHeap returns n zeroed bytes: of the heap, where nothing else is at hand.
func offHeap(n int) []byte { return make([]byte, n) }

func freeOffHeap([]byte) error { return nil }
