//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package pebble

import "syscall"

// offHeap returns n zeroed bytes that the garbage collector knows nothing of. The operating system gives
// them as they are used; where it refuses, they come from the heap.
func offHeap(n int) (memory []byte) {
	memory, err := syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return make([]byte, n)
	}
	return memory
}

// freeOffHeap gives memory of offHeap back.
func freeOffHeap(memory []byte) error {
	if err := syscall.Munmap(memory); err != syscall.EINVAL {
		return err
	}
	return nil // it is the heap's
}
