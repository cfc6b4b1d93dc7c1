package pebble

import (
	"fmt"
	"strings"
	"sync/atomic"
)

// logger is what Pebble logs to: nothing is printed, and its Fatalf, which by
// default ends the process, is kept as the reason to refuse everything from then on.
type logger struct {
	fatal atomic.Pointer[error]
	fence *fence // shut at the first fatal error: the library goes on as if it had been handled
}

func (l *logger) Infof(string, ...any)  {}
func (l *logger) Errorf(string, ...any) {}

// Fatalf refuses everything for the reason given, which is told without its stack.
func (l *logger) Fatalf(format string, args ...any) {
	l.refuse(fmt.Errorf(strings.ReplaceAll(format, "%+v", "%v"), args...))
}

// refuse remembers the first reason.
func (l *logger) refuse(reason error) {
	l.fatal.CompareAndSwap(nil, &reason)
	l.fence.shut()
}

// failed returns the reason for which the store must refuse work, or nil.
func (l *logger) failed() error {
	if err := l.fatal.Load(); err != nil {
		return *err
	}
	return nil
}
