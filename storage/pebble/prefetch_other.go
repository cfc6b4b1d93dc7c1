//go:build !amd64 && !arm64

package pebble

import "unsafe"

func prefetchLine(unsafe.Pointer)   {}
func prefetchRecord(unsafe.Pointer) {}
